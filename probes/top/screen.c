#include "probes/top/screen.h"

#include <curses.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/message.h"
#include "probes/top/frame.h"
#include "probes/top/keys.h"

enum colour { COLOUR_GOOD = 1, COLOUR_MEDIUM, COLOUR_BAD };

static void use_colours(void)
{
	const char *refused = getenv("NO_COLOR");

	if ((refused && refused[0]) || !has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(COLOUR_GOOD, COLOR_GREEN, -1);
	init_pair(COLOUR_MEDIUM, COLOR_YELLOW, -1);
	init_pair(COLOUR_BAD, COLOR_RED, -1);
}

bool screen_open(void)
{
	if (!newterm(NULL, stdout, stdin)) {
		message_error("could not take over the terminal: ncurses does not know it");
		return false;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	use_colours();
	return true;
}

void screen_close(void)
{
	endwin();
	delscreen(set_term(NULL));
}

size_t screen_columns(void)
{
	return COLS < FRAME_MOST_COLUMNS ? (size_t)COLS : FRAME_MOST_COLUMNS;
}

static attr_t attributes_of(enum line_style style)
{
	attr_t colour[] = { 0, 0, 0, 0 };

	if (COLOR_PAIRS > COLOUR_BAD)
		for (int i = COLOUR_GOOD; i <= COLOUR_BAD; i++)
			colour[i] = (attr_t)COLOR_PAIR(i);
	switch (style) {
	case STYLE_TITLE:
		return A_BOLD;
	case STYLE_GOOD:
		return A_BOLD | colour[COLOUR_GOOD];
	case STYLE_MEDIUM:
		return A_BOLD | colour[COLOUR_MEDIUM];
	case STYLE_BAD:
	case STYLE_REMARK:
		return A_BOLD | colour[COLOUR_BAD];
	case STYLE_COLUMNS:
		return A_REVERSE;
	case STYLE_NOTE:
		return colour[COLOUR_MEDIUM];
	case STYLE_ROW_BAD:
		return colour[COLOUR_BAD];
	case STYLE_ROW_DIM:
		return A_DIM;
	default:
		return A_NORMAL;
	}
}

static void draw_line(int y, enum line_style style, const char *text)
{
	attr_t attributes = attributes_of(style);

	move(y, 0);
	attrset(attributes);
	/* The columns' titles are a bar from side to side. */
	if (style == STYLE_COLUMNS)
		hline(' ' | A_REVERSE, COLS);
	addnstr(text, -1);
	attrset(A_NORMAL);
}

size_t screen_page(const struct frame *frame)
{
	size_t taken = frame->fixed + 1;

	return (size_t)LINES > taken ? (size_t)LINES - taken : 1;
}

static void draw_frame(const struct frame *frame, struct wishes *wishes)
{
	size_t page = screen_page(frame), rest = frame->count - frame->fixed;
	size_t most = rest > page ? rest - page : 0;
	size_t shown;

	if (wishes->scroll > most)
		wishes->scroll = most;
	for (size_t i = 0; i < frame->fixed && (int)i < LINES - 1; i++)
		draw_line((int)i, frame->lines[i].style, frame->lines[i].text);
	shown = rest - wishes->scroll < page ? rest - wishes->scroll : page;
	for (size_t i = 0; i < shown; i++) {
		const struct frame_line *line = &frame->lines[frame->fixed + wishes->scroll + i];
		int y = (int)(frame->fixed + i);

		if (y < LINES - 1)
			draw_line(y, line->style, line->text);
	}
}

static void draw_help(void)
{
	draw_line(0, STYLE_TITLE, "fairport-top: keys");
	for (int i = 0; keys_help[i] && i + 2 < LINES - 1; i++)
		draw_line(i + 2, STYLE_PLAIN, keys_help[i]);
}

void screen_draw(const struct frame *frame, struct wishes *wishes)
{
	char footer[KEYS_TEXT];

	erase();
	if (wishes->help)
		draw_help();
	else
		draw_frame(frame, wishes);
	move(LINES - 1, 0);
	attrset(A_DIM);
	addnstr(keys_footer(footer, wishes, COLS > 1 ? (size_t)COLS - 1 : 1), -1);
	attrset(A_NORMAL);
	refresh();
}

void screen_resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
	clearok(stdscr, TRUE);
}

int screen_key(void)
{
	int key = getch();

	switch (key) {
	case ERR:
		return -1;
	case KEY_UP:
		return KEY_OF_UP;
	case KEY_DOWN:
		return KEY_OF_DOWN;
	case KEY_PPAGE:
		return KEY_OF_PAGE_UP;
	case KEY_NPAGE:
		return KEY_OF_PAGE_DOWN;
	case KEY_HOME:
		return KEY_OF_HOME;
	case KEY_END:
		return KEY_OF_END;
	default:
		return key;
	}
}

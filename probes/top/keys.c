#include "probes/top/keys.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"

/* The steps of + and -. */
static const uint64_t intervals[] = {
	100 * NS_PER_MS,    200 * NS_PER_MS,    500 * NS_PER_MS,
	NS_PER_SECOND,      2 * NS_PER_SECOND,  5 * NS_PER_SECOND,
	10 * NS_PER_SECOND, 30 * NS_PER_SECOND, 60 * NS_PER_SECOND,
};

#define STEPS (sizeof(intervals) / sizeof(intervals[0]))

const char *const keys_help[] = {
	"  q             quit",
	"  p or space    pause: the view stays, counting goes on",
	"  s or >        sort by the next of slot, pid, command, share, rate, queue,",
	"                drops, flows; < by the one before",
	"  r             reverse the order",
	"  + or -        a longer or shorter interval",
	"  arrows, page up, page down, home, end    scroll",
	"  h or ?        this help, and back",
	"",
	"  SHARE, FLOWS and the verdict are of the last ten intervals, all that is per",
	"  second of the last one; FULL is the queue's share of its buffer (TCP: of the",
	"  backlog), PAST the rates of the last intervals, the latest on the right.",
	"",
	"  In front of a member:  T its process is stopped   ! nobody reads it",
	"  ? no process has it    x closed    + new    c connected, takes from its peer",
	NULL,
};

static uint64_t longer(uint64_t interval)
{
	for (size_t i = 0; i < STEPS; i++)
		if (intervals[i] > interval)
			return intervals[i];
	return interval;
}

static uint64_t shorter(uint64_t interval)
{
	for (size_t i = STEPS; i > 0; i--)
		if (intervals[i - 1] < interval)
			return intervals[i - 1];
	return interval;
}

static size_t up(size_t scroll, size_t lines)
{
	return scroll > lines ? scroll - lines : 0;
}

static bool scroll(struct wishes *wishes, int key, size_t page)
{
	/* The screen knows where the end is. */
	switch (key) {
	case KEY_OF_UP:
	case 'k':
		wishes->scroll = up(wishes->scroll, 1);
		return true;
	case KEY_OF_DOWN:
	case 'j':
		wishes->scroll++;
		return true;
	case KEY_OF_PAGE_UP:
		wishes->scroll = up(wishes->scroll, page);
		return true;
	case KEY_OF_PAGE_DOWN:
		wishes->scroll += page;
		return true;
	case KEY_OF_HOME:
		wishes->scroll = 0;
		return true;
	case KEY_OF_END:
		wishes->scroll = SIZE_MAX / 2;
		return true;
	default:
		return false;
	}
}

bool keys_press(struct wishes *wishes, int key, size_t page)
{
	switch (key) {
	case 'q':
	case 'Q':
		wishes->quit = true;
		return true;
	case 'p':
	case ' ':
		wishes->paused = !wishes->paused;
		return true;
	case 's':
	case '>':
		wishes->sort = (wishes->sort + 1) % SORT_KEYS;
		return true;
	case '<':
		wishes->sort = (wishes->sort + SORT_KEYS - 1) % SORT_KEYS;
		return true;
	case 'r':
		wishes->reverse = !wishes->reverse;
		return true;
	case '+':
	case '=':
		wishes->interval = longer(wishes->interval);
		return true;
	case '-':
		wishes->interval = shorter(wishes->interval);
		return true;
	case 'h':
	case '?':
		wishes->help = !wishes->help;
		return true;
	default:
		return scroll(wishes, key, page);
	}
}

const char *keys_footer(char buffer[static KEYS_TEXT], const struct wishes *wishes, size_t width)
{
	snprintf(buffer, KEYS_TEXT, "q quit  p %s  s sort: %s%s  r reverse  +- interval  h help",
		 wishes->paused ? "go on" : "pause", sort_names[wishes->sort],
		 wishes->reverse ? ", reversed" : "");
	if (strlen(buffer) > width)
		snprintf(buffer, KEYS_TEXT, "q quit  p %s  s sort: %s%s  h help",
			 wishes->paused ? "go on" : "pause", sort_names[wishes->sort],
			 wishes->reverse ? ", reversed" : "");
	if (strlen(buffer) > width)
		buffer[width] = '\0';
	return buffer;
}

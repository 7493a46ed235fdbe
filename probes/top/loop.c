#include "probes/top/loop.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/signals.h"
#include "probes/top/frame.h"
#include "probes/top/history.h"
#include "probes/top/keys.h"
#include "probes/top/lines.h"
#include "probes/top/model.h"
#include "probes/top/options.h"
#include "probes/top/screen.h"
#include "probes/top/source.h"

struct loop {
	struct source *source;
	const struct top_options *options;
	bool screen, over;
	int signal_fd, resize_fd;
	struct history history;
	struct view view;
	struct frame frame;
	struct look look;
	struct wishes wishes;
	uint64_t next, end; /* of the next reading, and of everything */
	char subject[PORTS_TEXT];
};

/* Shows the view that there is, in the order and the size of now. */
static int show(struct loop *loop)
{
	int error;

	loop->look.width = loop->screen ? screen_columns() : LINES_COLUMNS;
	loop->look.paused = loop->wishes.paused;
	loop->look.interval = loop->wishes.interval;
	view_sort(&loop->view, loop->wishes.sort, loop->wishes.reverse);
	error = frame_make(&loop->frame, &loop->view, &loop->look);
	if (error)
		return error;
	if (loop->screen)
		screen_draw(&loop->frame, &loop->wishes);
	/* The first reading has nothing to be compared with. */
	else if (loop->view.readings > 1)
		lines_print(&loop->frame);
	return 0;
}

static int renew_view(struct loop *loop)
{
	view_free(&loop->view);
	return view_make(&loop->view, &loop->history, ports_empty(&loop->options->ports));
}

static int take_reading(struct loop *loop, const char **step)
{
	struct reading reading;
	int error = source_read(loop->source, &reading, step);

	if (!error)
		error = history_add(&loop->history, &reading);
	reading_free(&reading);
	if (!error && !loop->wishes.paused)
		error = renew_view(loop);
	return error ? error : show(loop);
}

static int press(struct loop *loop, int key)
{
	struct wishes before = loop->wishes;
	int error = 0;

	if (!keys_press(&loop->wishes, key, screen_page(&loop->frame)))
		return 0;
	loop->over |= loop->wishes.quit;
	if (loop->wishes.interval != before.interval)
		loop->next = clock_now() + loop->wishes.interval;
	if (before.paused && !loop->wishes.paused)
		error = renew_view(loop);
	return error ? error : show(loop);
}

static int handle_terminal(struct loop *loop, short events)
{
	int key, error = 0;

	/* The terminal is gone. */
	if (events & (POLLHUP | POLLERR | POLLNVAL))
		loop->over = true;
	while (!loop->over && !error && (key = screen_key()) >= 0)
		error = press(loop, key);
	return error;
}

/* Waits for what comes first, and does what it asks for. */
static int wait_for_next(struct loop *loop, const char **step)
{
	struct pollfd waits[] = {
		{ .fd = loop->signal_fd, .events = POLLIN },
		{ .fd = loop->screen ? loop->resize_fd : -1, .events = POLLIN },
		{ .fd = loop->screen ? STDIN_FILENO : -1, .events = POLLIN },
	};
	uint64_t until = clock_earlier(loop->next, loop->end);
	struct timespec timeout = clock_left(until);
	int ready = ppoll(waits, sizeof(waits) / sizeof(waits[0]), &timeout, NULL), error = 0;

	*step = "draw";
	if (ready > 0 && waits[0].revents && signals_next(loop->signal_fd))
		loop->over = true;
	if (ready > 0 && waits[1].revents && signals_next(loop->resize_fd)) {
		screen_resize();
		error = show(loop);
	}
	if (!error && ready > 0 && waits[2].revents)
		error = handle_terminal(loop, waits[2].revents);
	if (error || loop->over || clock_now() < until)
		return error;
	loop->over = clock_now() >= loop->end;
	/* On a fixed schedule; intervals that were missed are left out. */
	while (loop->next <= clock_now())
		loop->next += loop->wishes.interval;
	return take_reading(loop, step);
}

static void prepare(struct loop *loop)
{
	const struct top_options *options = loop->options;

	loop->wishes = (struct wishes){ .sort = options->sort, .interval = options->interval };
	loop->look = (struct look){
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
		.drawn = loop->screen,
		.tier = source_tier(loop->source),
		.flows = source_has_flows(loop->source),
		.subject = ports_empty(&options->ports)
				   ? NULL
				   : ports_text(loop->subject, &options->ports),
	};
	loop->next = clock_now() + options->interval;
	loop->end = options->duration ? clock_now() + options->duration : UINT64_MAX;
}

int loop_run(struct source *source, const struct top_options *options, bool screen, int signal_fd,
	     int resize_fd, const char **step)
{
	struct loop loop = {
		.source = source,
		.options = options,
		.screen = screen,
		.signal_fd = signal_fd,
		.resize_fd = resize_fd,
	};
	int error;

	prepare(&loop);
	error = take_reading(&loop, step);
	while (!error && !loop.over)
		error = wait_for_next(&loop, step);
	frame_free(&loop.frame);
	view_free(&loop.view);
	history_free(&loop.history);
	return error;
}

/* fairport-top: shows who gets what on a port, as it happens. */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/exit.h"
#include "common/message.h"
#include "common/record.h"
#include "common/signals.h"
#include "probes/sockets/sockets.h"
#include "probes/top/loop.h"
#include "probes/top/options.h"
#include "probes/top/screen.h"
#include "probes/top/source.h"

/* A descriptor that tells when the size of the terminal changes; -1, after a message: none. */
static int open_resizes(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		message_error("could not open a signal descriptor: %s", strerror(errno));
	return fd;
}

static int tell_lost(struct source *source)
{
	uint64_t lost = source_lost(source);

	if (lost == 0)
		return EXIT_DONE;
	message_error("%" PRIu64 " events were not counted: there was no room for them, or the "
		      "kernel left them out",
		      lost);
	return EXIT_INCOMPLETE;
}

/* Shows what SOURCE has until the end. Returns an exit status. */
static int show(struct source *source, const struct top_options *options, int signal_fd,
		int resize_fd)
{
	bool screen = !options->lines && screen_possible();
	char subject[PORTS_TEXT];
	const char *step = "draw";
	int error, lost;

	record_ready(options->ready_fd, "watching %s",
		     options->ports.text ? ports_text(subject, &options->ports) : "all groups");
	if (screen && !screen_open())
		return EXIT_CANNOT_RUN;
	error = loop_run(source, options, screen, signal_fd, resize_fd, &step);
	if (screen)
		screen_close();
	/* From here on nothing waits; a second signal ends the process at once. */
	signals_restore();
	signal(SIGPIPE, SIG_IGN);
	if (error)
		message_error("could not %s: %s", step, strerror(-error));
	lost = tell_lost(source);
	return error ? EXIT_INCOMPLETE : lost;
}

static int run(const struct top_options *options)
{
	struct source *source;
	int signal_fd, resize_fd, status;

	if (!sockets_enter_namespace(options->netns))
		return EXIT_CANNOT_RUN;
	signal_fd = signals_open(0);
	if (signal_fd < 0)
		return EXIT_CANNOT_RUN;
	resize_fd = open_resizes();
	if (resize_fd < 0)
		return EXIT_CANNOT_RUN;
	source = source_open(options, &status);
	if (!source)
		return status;
	status = show(source, options, signal_fd, resize_fd);
	source_close(source);
	return status;
}

int main(int argc, char **argv)
{
	struct top_options options;
	char *ports_text;
	int status;

	setlocale(LC_CTYPE, "");
	message_program(top_program.name);
	if (options_go_on(top_options_parse(&options, argc, argv, &ports_text), &status)) {
		message_level(options.quiet, options.verbose);
		status = message_close_output(run(&options));
	}
	free(ports_text);
	return status;
}

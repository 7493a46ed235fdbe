#include "receiver/stdin.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exit.h"
#include "common/lp_stream.h"
#include "common/message.h"
#include "common/record.h"
#include "common/signals.h"
#include "receiver/account.h"
#include "receiver/lines.h"
#include "receiver/options.h"
#include "receiver/sinks/sink.h"
#include "receiver/sinks/wait.h"
#include "receiver/stdin_report.h"

#define LONGEST_LINE   ((size_t)1 << 20)
#define LARGEST_STRICT ((size_t)64 << 20)

struct reader {
	const struct receive_options *options;
	struct ndjson records;
	struct stdin_result result;
	struct lines lines;
	struct lp_stream stream;
	uint64_t received; /* when the last piece was read, ns since 1970 */
	int signal_fd;
	bool done;    /* nothing more is to be read */
	bool refused; /* with --strict: not all lines are good */
	bool signalled;
	bool sink_ready; /* what it waits for has happened */
	struct stdin_progress progress;
};

static void stop(struct reader *reader, const char *reason)
{
	reader->done = true;
	reader->result.reason = reason;
}

/* A line of the protocol may be several of the text: there the column counts in the last one. */
static void on_rejected(void *context, const struct lp_cursor *cursor, const struct lp_error *error)
{
	struct reader *reader = context;
	uint64_t number = reader->stream.number;
	const char *start = cursor->line, *place = start + error->column - 1;

	for (const char *at = start; at < place; at++)
		if (*at == '\n') {
			number++;
			start = at + 1;
		}
	reader->result.told++;
	message_error("%" PRIu64 ":%td: %s", number, place - start + 1, error->reason);
}

static enum lp_result next_line(struct reader *reader, struct lp_cursor *cursor,
				struct lp_error *error)
{
	struct lines *lines = &reader->lines;
	enum lp_result result = lp_stream_next(&reader->stream, cursor, &lines->point, error);

	return lines_finish_point(lines, cursor, result, error);
}

/* Takes what has come, line by line as the sink has room. Whether that is all of it. */
static bool take_lines(struct reader *reader)
{
	while (lines_have_room(&reader->lines)) {
		struct lp_cursor cursor;
		struct lp_error error;
		enum lp_result result = next_line(reader, &cursor, &error);

		if (result == LP_END)
			return true;
		if (reader->refused)
			lines_refuse_one(&reader->lines, &cursor, result, &error);
		else
			lines_take_one(&reader->lines, &cursor, result, &error, reader->received);
	}
	return false;
}

/* With --strict, when the input has ended: whether all of its lines are good. */
static bool all_are_good(struct reader *reader)
{
	struct lp_cursor cursor;
	struct lp_error error;
	enum lp_result result;

	do
		result = next_line(reader, &cursor, &error);
	while (result == LP_POINT);
	lp_stream_rewind(&reader->stream);
	return result == LP_END;
}

static void end_input(struct reader *reader)
{
	lp_stream_end(&reader->stream);
	if (reader->options->strict)
		reader->refused = !all_are_good(reader);
}

static void fail_to_read(struct reader *reader, int error)
{
	if (error == -EMSGSIZE) {
		message_error("could not read standard input: it is larger than 64 MiB");
		message_hint("--strict needs all of it at once; without, good lines are taken");
	} else {
		message_error("could not read standard input: %s", strerror(-error));
	}
	reader->result.failed = true;
	stop(reader, "failed");
}

/* Reads once. */
static void fill(struct reader *reader)
{
	struct received *counts = &reader->result.account->counts;
	size_t room;
	ssize_t got;
	char *to;
	int error = lp_stream_room(&reader->stream, &to, &room);

	if (error) {
		fail_to_read(reader, error);
		return;
	}
	got = read(STDIN_FILENO, to, room);
	if (got < 0 && errno != EINTR && errno != EAGAIN)
		fail_to_read(reader, -errno);
	else if (got == 0)
		end_input(reader);
	if (got <= 0)
		return;
	lp_stream_add(&reader->stream, (size_t)got);
	counter_add(&counts->bytes, (uint64_t)got);
	counter_add(&counts->receive_calls, 1);
	reader->received = clock_wall();
}

/* Waits for more input, if INPUT, for the sink and for signals. */
static void wait_and_read(struct reader *reader, bool input, uint64_t limit)
{
	struct pollfd fds[] = { [1] = { .fd = reader->signal_fd, .events = POLLIN },
				[2] = { .fd = input ? STDIN_FILENO : -1, .events = POLLIN } };

	sink_poll(reader->lines.ops, reader->lines.sink, fds, 3, limit);
	reader->sink_ready = fds[0].revents != 0;
	reader->signalled = fds[1].revents && signals_next(reader->signal_fd);
	if (reader->signalled)
		stop(reader, "interrupted");
	else if (fds[2].revents)
		fill(reader);
}

static void serve_sink(struct reader *reader)
{
	const struct sink_ops *ops = reader->lines.ops;

	ops->service(reader->lines.sink, clock_now(), reader->sink_ready);
	reader->sink_ready = false;
	/* It has failed, and said why. */
	if (!lines_have_room(&reader->lines) && !ops->busy(reader->lines.sink))
		stop(reader, "failed");
}

/* To the end of the input. With --strict it is all read before any of it is taken. */
static void read_input(struct reader *reader)
{
	while (!reader->done) {
		bool reads_only = reader->options->strict && !reader->stream.ended;
		bool all_taken = reads_only || take_lines(reader);
		uint64_t limit = stdin_progress(&reader->progress, &reader->result);

		serve_sink(reader);
		if (reader->done)
			return;
		if (!all_taken && lines_have_room(&reader->lines))
			limit = 0;
		if (all_taken && reader->stream.ended)
			stop(reader, "end of input");
		else
			wait_and_read(reader, all_taken, limit);
	}
}

/* A first signal lets the sink finish, a second one does not. */
static void finish_sink(struct reader *reader)
{
	const struct sink_ops *ops = reader->lines.ops;
	/* Standard input can wait for the sink: a limit is set by whoever is in a hurry. */
	uint64_t limit = reader->signalled ? clock_now() + SINK_FLUSH_LIMIT : UINT64_MAX;

	while (!sink_drain(ops, reader->lines.sink, reader->signal_fd, limit) &&
	       !reader->signalled) {
		reader->signalled = signals_next(reader->signal_fd) != 0;
		limit = clock_now() + SINK_FLUSH_LIMIT;
	}
	ops->close(reader->lines.sink);
}

static bool open_reader(struct reader *reader)
{
	const struct receive_options *options = reader->options;
	const struct sink_ops *ops = sink_by_index(options->sink);
	struct sink_start start = { .options = options, .account = reader->result.account };

	reader->lines.rejected = on_rejected;
	reader->lines.context = reader;
	reader->signal_fd = signals_open(0);
	if (reader->signal_fd < 0 || !ops->prepare(options, &start.shared))
		return false;
	if (!lp_stream_open(&reader->stream, LONGEST_LINE, options->strict ? LARGEST_STRICT : 0)) {
		message_error("out of memory");
		return false;
	}
	return lines_open(&reader->lines, &start);
}

static int run(struct reader *reader)
{
	uint64_t started = clock_now();

	stdin_progress_begin(&reader->progress, reader->options);
	read_input(reader);
	finish_sink(reader);
	message_progress_end();
	/* Nothing is left but to tell, which somebody may never read. */
	signals_let_end();
	reader->result.elapsed = clock_now() - started;
	return stdin_report(&reader->result, reader->options, &reader->records);
}

int stdin_run(const struct receive_options *options, int argc, char **argv)
{
	static struct reader reader;
	static struct account account;
	int status;

	reader.options = options;
	reader.result.account = &account;
	if (!open_reader(&reader) ||
	    !record_open(&reader.records, options->json, "receive", options->run))
		return EXIT_CANNOT_RUN;
	stdin_report_header(options, &reader.records, argc, argv);
	status = run(&reader);
	if (!record_close(&reader.records))
		status = EXIT_INCOMPLETE;
	lp_stream_close(&reader.stream);
	return status;
}

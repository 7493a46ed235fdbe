#include "probes/probe/counting.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/exit.h"
#include "common/message.h"
#include "common/record.h"
#include "common/signals.h"
#include "probes/probe/options.h"
#include "probes/probe/report.h"
#include "probes/probe/watch.h"

static bool on_interval(void *context, const struct sample *now, const struct sample *delta,
			uint64_t elapsed, uint64_t interval)
{
	struct counting *counting = context;
	struct account account = { .source = &counting->source,
				   .now = now,
				   .balance = balance_of(&counting->source, now),
				   .elapsed = elapsed,
				   .interval = interval };
	int error = view_make(&account.view, delta, now, counting->options);

	if (error) {
		counting->error = error;
		return false;
	}
	counting->unbalanced |= account.balance.wrong;
	record_interval(&counting->records, &account);
	if (counting->text && !counting->options->quiet)
		print_interval(&account);
	metrics_interval(&counting->metrics, &account.view);
	view_free(&account.view);
	return counting->text ? !ferror(stdout) : !counting->records.error;
}

/* Says what is missing from the counts; true when something is. */
static bool tell_lost(const struct counting *counting, const struct tap_lost *lost)
{
	if (lost->sockets)
		message_error("%" PRIu64 " sockets found no room among the %d that can be told",
			      lost->sockets, TAP_MEMBERS - TAP_FIRST);
	if (lost->events) {
		message_error("lost %" PRIu64 " events: there is room for %d sockets, and %d "
			      "combinations of thread, socket and call",
			      lost->events, TAP_MEMBERS - TAP_FIRST, TAP_ROWS - 1);
		message_hint("a port with so many short-lived sockets is best watched for a "
			     "shorter time (--duration)");
	}
	if (lost->missed)
		message_error("missed up to %" PRIu64 " events that the kernel did not hand over",
			      lost->missed);
	if (lost->evicted)
		message_warning("%" PRIu64 " flows had to make room for others: there are more "
				"than %d at once",
				lost->evicted, TAP_FLOWS);
	if (counting->unbalanced)
		message_error("what arrived is not what was taken, dropped and queued: the counts "
			      "are not to be trusted");
	return lost->events || lost->sockets || lost->missed || counting->unbalanced;
}

static int report(struct counting *counting, const struct watch_result *result)
{
	struct account account = { .source = &counting->source,
				   .now = &result->totals,
				   .balance = balance_of(&counting->source, &result->totals),
				   .elapsed = result->elapsed };
	struct tap_lost lost = { 0 };
	struct flow_list flows;
	int error = flow_list_read(&flows, &counting->source);
	int status = EXIT_DONE;

	if (!error)
		error = view_make(&account.view, &result->totals, &result->totals,
				  counting->options);
	if (counting->source.tap)
		lost = tap_lost(counting->source.tap);
	if (!error)
		record_totals(&counting->records, &account, result, &flows, &lost);
	if (!error && counting->text)
		print_totals(&account, &flows);
	if (error || counting->error) {
		message_error("could not report all: %s",
			      strerror(error ? -error : -counting->error));
		status = EXIT_INCOMPLETE;
	}
	if (tell_lost(counting, &lost))
		status = EXIT_INCOMPLETE;
	view_free(&account.view);
	flow_list_free(&flows);
	return status;
}

int counting_run(struct counting *counting, struct openmetrics *server, int signal_fd)
{
	const struct probe_options *options = counting->options;
	/* Records in a file do not wait for a reader. */
	struct watch_listener listener = { on_interval, counting, STDOUT_FILENO };
	struct watch_result result;
	char ports[PORTS_TEXT];
	int error, status;

	if (counting->text)
		print_parameters(&counting->source);
	record_ready(options->ready_fd, "watching %s", ports_text(ports, &counting->source.ports));
	error = watch(&counting->source, server, signal_fd, &listener, &result);
	/* From here on nothing waits; a second signal ends the process at once. */
	signals_restore();
	signal(SIGPIPE, SIG_IGN);
	if (error)
		message_error("could not read the counters from the kernel: %s", strerror(-error));
	status = report(counting, &result);
	sample_free(&result.totals);
	return error ? EXIT_INCOMPLETE : status;
}

/* fairport-probe: counts in the kernel what each process receives on a UDP port. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "common/signals.h"
#include "probes/host.h"
#include "probes/options.h"
#include "probes/receptions.h"
#include "probes/report.h"
#include "probes/table.h"
#include "probes/watch.h"

struct output {
	const struct probe_options *options;
	struct ndjson records;
	bool text; /* results go to standard output as text */
};

static void on_interval(void *context, const struct table *delta, uint64_t elapsed,
			uint64_t interval)
{
	struct output *output = context;

	record_interval(&output->records, delta, elapsed, interval);
	if (output->text && !output->options->quiet)
		print_interval(delta, elapsed, interval);
}

/* Says what is missing from the counts; true when something is. */
static bool tell_lost(struct receptions_lost lost)
{
	if (lost.lost_events) {
		message_error("lost %" PRIu64
			      " events: the counters have room for %d pairs of process "
			      "and socket",
			      lost.lost_events, RECEPTION_KEYS);
		message_hint(
			"a port with so many short-lived sockets is best watched for a shorter "
			"time (--duration)");
	}
	if (lost.missed_events)
		message_error("missed up to %" PRIu64 " events that the kernel did not hand over",
			      lost.missed_events);
	return lost.lost_events || lost.missed_events;
}

static int report(struct output *output, const struct table *totals,
		  const struct watch_result *result, struct receptions_lost lost)
{
	int status = EXIT_DONE;

	record_totals(&output->records, totals, result, &lost);
	if (output->text)
		print_totals(totals, output->options, result);
	if (tell_lost(lost))
		status = EXIT_INCOMPLETE;
	if (!record_close(&output->records))
		status = EXIT_INCOMPLETE;
	return status;
}

/* Counts until the end and reports. Returns an exit status. */
static int count(struct output *output, struct receptions *receptions, int signal_fd)
{
	const struct probe_options *options = output->options;
	struct watch_listener listener = { on_interval, output };
	struct watch_result result;
	struct table totals = { 0 };
	int error, status;

	if (output->text)
		print_parameters(options);
	record_ready(options->ready_fd, "counting receptions on UDP port %" PRIu64, options->port);
	error = watch(receptions, options, signal_fd, &listener, &totals, &result);
	/* From here on nothing waits; a second signal ends the process at once. */
	signals_restore();
	signal(SIGPIPE, SIG_IGN);
	if (error)
		message_error("could not read the counters from the kernel: %s", strerror(-error));
	status = report(output, &totals, &result, receptions_lost(receptions));
	table_free(&totals);
	return error ? EXIT_INCOMPLETE : status;
}

int main(int argc, char **argv)
{
	struct probe_options options;
	struct output output = { .options = &options };
	struct receptions *receptions;
	char run_id[RECORD_RUN_ID];
	const char *step;
	uint32_t netns = 0;
	int signal_fd, error, status;

	message_program(probe_program.name);
	if (!options_go_on(probe_options_parse(&options, argc, argv), &status))
		return status;
	message_level(options.quiet, options.verbose);
	if (!options.run)
		options.run = record_run_id(run_id);
	error = host_netns(&netns);
	if (error) {
		message_error("could not read /proc/self/ns/net: %s", strerror(-error));
		return EXIT_CANNOT_RUN;
	}
	signal_fd = signals_open(0);
	if (signal_fd < 0)
		return EXIT_CANNOT_RUN;
	error = receptions_open(&receptions, (uint16_t)options.port, netns, &step);
	if (error)
		return host_explain(step, error);
	if (!record_open(&output.records, options.json, "probe", options.run)) {
		receptions_close(receptions);
		return EXIT_CANNOT_RUN;
	}
	output.text = record_leaves_stdout(&output.records);
	record_header(&output.records, &options, netns, argc, argv);
	status = count(&output, receptions, signal_fd);
	receptions_close(receptions);
	return message_close_output(status);
}

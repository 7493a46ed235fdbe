/* fairport-probe: counts in the kernel who gets what on a port. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/openmetrics/server.h"
#include "common/record.h"
#include "common/signals.h"
#include "probes/probe/metrics.h"
#include "probes/probe/options.h"
#include "probes/probe/report.h"
#include "probes/probe/source.h"
#include "probes/probe/watch.h"
#include "probes/tap/host.h"

struct probe {
	const struct probe_options *options;
	struct source source;
	struct metrics metrics;
	struct ndjson records;
	bool text;       /* results go to standard output as text */
	bool unbalanced; /* once arrivals were not what became of them */
	int error;
};

static bool on_interval(void *context, const struct sample *now, const struct sample *delta,
			uint64_t elapsed, uint64_t interval)
{
	struct probe *probe = context;
	struct account account = {
		.source = &probe->source, .now = now, .elapsed = elapsed, .interval = interval
	};
	int error = view_make(&account.view, delta, now, probe->options);

	if (error) {
		probe->error = error;
		return false;
	}
	probe->unbalanced |= balance_of(&probe->source, now).wrong;
	record_interval(&probe->records, &account);
	if (probe->text && !probe->options->quiet)
		print_interval(&account);
	metrics_interval(&probe->metrics, &account.view);
	view_free(&account.view);
	return probe->text ? !ferror(stdout) : !probe->records.error;
}

/* Says what is missing from the counts; true when something is. */
static bool tell_lost(const struct probe *probe, const struct tap_lost *lost)
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
	if (probe->unbalanced)
		message_error("what arrived is not what was taken, dropped and queued: the counts "
			      "are not to be trusted");
	return lost->events || lost->sockets || lost->missed || probe->unbalanced;
}

static int report(struct probe *probe, const struct watch_result *result)
{
	struct account account = { .source = &probe->source,
				   .now = &result->totals,
				   .elapsed = result->elapsed };
	struct tap_lost lost = { 0 };
	struct flow_list flows;
	int error = flow_list_read(&flows, &probe->source);
	int status = EXIT_DONE;

	if (!error)
		error = view_make(&account.view, &result->totals, &result->totals, probe->options);
	if (probe->source.tap)
		lost = tap_lost(probe->source.tap);
	if (!error)
		record_totals(&probe->records, &account, result, &flows, &lost);
	if (!error && probe->text)
		print_totals(&account, &flows);
	if (error || probe->error) {
		message_error("could not report all: %s", strerror(error ? -error : -probe->error));
		status = EXIT_INCOMPLETE;
	}
	if (tell_lost(probe, &lost))
		status = EXIT_INCOMPLETE;
	view_free(&account.view);
	flow_list_free(&flows);
	return status;
}

/* Counts until the end and reports. Returns an exit status. */
static int count(struct probe *probe, struct openmetrics *server, int signal_fd)
{
	const struct probe_options *options = probe->options;
	/* Records in a file do not wait for a reader. */
	struct watch_listener listener = { on_interval, probe, STDOUT_FILENO };
	struct watch_result result;
	char ports[PORTS_TEXT];
	int error, status;

	if (probe->text)
		print_parameters(&probe->source);
	record_ready(options->ready_fd, "watching %s", ports_text(ports, &probe->source.ports));
	error = watch(&probe->source, server, signal_fd, &listener, &result);
	/* From here on nothing waits; a second signal ends the process at once. */
	signals_restore();
	signal(SIGPIPE, SIG_IGN);
	if (error)
		message_error("could not read the counters from the kernel: %s", strerror(-error));
	status = report(probe, &result);
	sample_free(&result.totals);
	return error ? EXIT_INCOMPLETE : status;
}

/* Everything between the options and the end. */
static int run(struct probe *probe, uint32_t netns, int argc, char **argv)
{
	const struct probe_options *options = probe->options;
	struct openmetrics_source metrics = { "fairport-probe", metrics_write, &probe->metrics };
	struct openmetrics *server = NULL;
	int signal_fd = signals_open(0), status;

	if (signal_fd < 0)
		return EXIT_CANNOT_RUN;
	status = source_open(&probe->source, options, netns);
	if (status != EXIT_DONE)
		goto cleanup;
	status = EXIT_CANNOT_RUN;
	metrics_start(&probe->metrics, &probe->source);
	if (options->openmetrics.text) {
		server = openmetrics_open(&options->openmetrics, &metrics);
		if (!server)
			goto cleanup;
	}
	if (!record_open(&probe->records, options->json, "probe", options->run))
		goto cleanup;
	probe->text = record_leaves_stdout(&probe->records);
	record_header(&probe->records, &probe->source, netns, openmetrics_port(server), argc, argv);
	status = count(probe, server, signal_fd);
	if (!record_close(&probe->records) && status == EXIT_DONE)
		status = EXIT_INCOMPLETE;
cleanup:
	openmetrics_close(server);
	metrics_end(&probe->metrics);
	source_close(&probe->source);
	return status;
}

int main(int argc, char **argv)
{
	struct probe_options options;
	struct probe probe = { .options = &options };
	char run_id[RECORD_RUN_ID];
	uint32_t netns = 0;
	int error, status;

	message_program(probe_program.name);
	if (!options_go_on(probe_options_parse(&options, argc, argv), &status))
		return status;
	message_level(options.quiet, options.verbose);
	if (!options.run)
		options.run = record_run_id(run_id);
	if (!sockets_enter_namespace(options.netns))
		return EXIT_CANNOT_RUN;
	error = host_netns(&netns);
	if (error) {
		message_error("could not read /proc/self/ns/net: %s", strerror(-error));
		return EXIT_CANNOT_RUN;
	}
	return message_close_output(run(&probe, netns, argc, argv));
}

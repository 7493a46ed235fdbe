/* fairport-probe: counts in the kernel who gets what on a port. */
#include <string.h>

#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/openmetrics/server.h"
#include "common/record.h"
#include "common/signals.h"
#include "probes/probe/counting.h"
#include "probes/probe/options.h"
#include "probes/probe/report.h"
#include "probes/tap/host.h"

/* Everything between the options and the end. */
static int run(struct counting *counting, uint32_t netns, int argc, char **argv)
{
	const struct probe_options *options = counting->options;
	struct openmetrics_source metrics = { "fairport-probe", metrics_write, &counting->metrics };
	struct openmetrics *server = NULL;
	int signal_fd = signals_open(0), status;

	if (signal_fd < 0)
		return EXIT_CANNOT_RUN;
	status = source_open(&counting->source, options, netns);
	if (status != EXIT_DONE)
		goto cleanup;
	status = EXIT_CANNOT_RUN;
	metrics_start(&counting->metrics, &counting->source);
	if (options->openmetrics.text) {
		server = openmetrics_open(&options->openmetrics, &metrics);
		if (!server)
			goto cleanup;
	}
	if (!record_open(&counting->records, options->json, "probe", options->run))
		goto cleanup;
	counting->text = record_leaves_stdout(&counting->records);
	record_header(&counting->records, &counting->source, netns, openmetrics_port(server), argc,
		      argv);
	status = counting_run(counting, server, signal_fd);
	if (!record_close(&counting->records) && status == EXIT_DONE)
		status = EXIT_INCOMPLETE;
cleanup:
	openmetrics_close(server);
	metrics_end(&counting->metrics);
	source_close(&counting->source);
	return status;
}

int main(int argc, char **argv)
{
	struct probe_options options;
	struct counting counting = { .options = &options };
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
	return message_close_output(run(&counting, netns, argc, argv));
}

/* fairport-fake: sends InfluxDB line protocol over UDP from chosen source sockets. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/address.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "common/signals.h"
#include "faker/options.h"
#include "faker/report.h"
#include "faker/run.h"

struct output {
	const struct fake_options *options;
	struct ndjson records;
	bool text;     /* results go to standard output as text */
	bool progress; /* standard error is a terminal */
};

static void on_interval(void *context, const struct sent *delta, const struct sent *total,
			uint64_t elapsed, uint64_t delta_ns)
{
	struct output *output = context;

	report_interval(&output->records, delta, elapsed, delta_ns);
	if (output->progress)
		report_progress(output->options, delta, total, elapsed, delta_ns);
}

/* Resolves where to send to and from, and refuses what could harm or cannot work. */
static bool check_addresses(const struct fake_options *options, struct address *target,
			    struct address_range *range)
{
	const char *why;

	*range = (struct address_range){ .size = 0 };
	if (address_resolve_target(target, options->target, &why) != 0) {
		message_error("invalid target \"%s\": %s", options->target, why);
		return false;
	}
	if (!options->allow_public && !address_is_private(target)) {
		message_error("target \"%s\" is neither loopback nor private", options->target);
		message_hint("load belongs on hosts that expect it; if this one does, add "
			     "--allow-public");
		return false;
	}
	if (!options->source_addr)
		return true;
	if (address_range_parse(range, options->source_addr, &why) != 0) {
		message_error("invalid value \"%s\" for --source-addr: %s", options->source_addr,
			      why);
		return false;
	}
	if (range->first.any.sa_family != target->any.sa_family) {
		message_error("--source-addr %s and target %s are of different families",
			      options->source_addr, options->target);
		return false;
	}
	return true;
}

static int finish(struct output *output, const struct address *target, const struct result *result)
{
	bool failed = result->reason == STOP_FAILED || report_unheard(result);
	int status = failed ? EXIT_INCOMPLETE : EXIT_DONE;

	message_progress_end();
	report_summary(&output->records, output->options, result);
	if (output->text)
		report_text(output->options, result);
	report_problems(output->options, target, result);
	if (!record_close(&output->records))
		status = EXIT_INCOMPLETE;
	return status;
}

int main(int argc, char **argv)
{
	struct fake_options options;
	struct output output = { .options = &options };
	struct run_progress progress = { on_interval, &output };
	struct address target;
	struct address_range range;
	char run_id[RECORD_RUN_ID];
	static struct result result;
	int signal_fd, error, status;

	message_program(fake_program.name);
	if (!options_go_on(fake_options_parse(&options, argc, argv), &status))
		return status;
	message_level(options.quiet, options.verbose);
	if (!check_addresses(&options, &target, &range))
		return EXIT_CANNOT_RUN;
	if (!options.run)
		options.run = record_run_id(run_id);
	if (!record_open(&output.records, options.json, "fake", options.run))
		return EXIT_CANNOT_RUN;
	output.text = record_leaves_stdout(&output.records);
	output.progress = !options.quiet && isatty(STDERR_FILENO);
	signal_fd = signals_open(0);
	if (signal_fd < 0)
		return EXIT_CANNOT_RUN;
	report_header(&output.records, &options, &target, argc, argv);
	if (output.text)
		report_parameters(&options, &target);
	error = run_faker(&options, &target, &range, signal_fd, &progress, &result);
	if (error) {
		message_error("could not open a socket to %s: %s", options.target,
			      strerror(-error));
		report_hint(-error, &options);
		return EXIT_CANNOT_RUN;
	}
	return message_close_output(finish(&output, &target, &result));
}

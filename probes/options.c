#include "probes/options.h"

static const struct option_row rows[] = {
	{ .name = "port",
	  .letter = 'p',
	  .kind = OPTION_NUMBER,
	  .offset = offsetof(struct probe_options, port),
	  .metavar = "PORT",
	  .least = 1,
	  .most = 65535,
	  .heading = "What to count",
	  .help = "local UDP port in this network namespace (needed)" },
	{ .name = "duration",
	  .letter = 'd',
	  .kind = OPTION_DURATION,
	  .offset = offsetof(struct probe_options, duration),
	  .metavar = "DURATION",
	  .least = 10000000,
	  .help = "stop after this time (default: no limit)" },
	OPTIONS_RECORDS(struct probe_options),
	OPTION_INTERVAL(struct probe_options),
	OPTION_READY(struct probe_options),
	OPTIONS_MESSAGES(struct probe_options),
	OPTIONS_END,
};

const struct program probe_program = {
	.name = "fairport-probe",
	.summary = "counts in the kernel what each process receives on a UDP port.",
	.usage = "--port PORT [options]",
	.rows = rows,
	.examples =
		"  # who receives on port 8089, and with which calls? ^C ends\n"
		"  fairport-probe --port 8089\n"
		"  # ten seconds, the final table only\n"
		"  fairport-probe --port 8089 --duration 10s --quiet\n"
		"  # records four times a second, for the analysis of a run\n"
		"  fairport-probe --port 8089 --interval 250ms --json probe.ndjson --run lab-7\n",
};

enum options_result probe_options_parse(struct probe_options *options, int argc, char **argv)
{
	int first;
	enum options_result result = options_parse(&probe_program, options, argc, argv, &first);

	if (result != OPTIONS_RUN)
		return result;
	if (argc > first)
		return options_refuse(&probe_program, "unexpected argument \"%s\"", argv[first]);
	if (options->port == 0)
		return options_refuse(
			&probe_program,
			"the port is missing (expected --port PORT, e.g. --port 8089)");
	return OPTIONS_RUN;
}

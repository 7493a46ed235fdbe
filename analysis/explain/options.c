#include "analysis/explain/options.h"

#define ROW(member) .offset = offsetof(struct explain_options, member)

static const struct option_row rows[] = {
	OBSERVE_ROWS(struct explain_options),
	OPTION_TOLERANCE(struct explain_options, "Analysis"),
	{ .name = "json",
	  .kind = OPTION_TEXT,
	  ROW(json),
	  .metavar = "FILE",
	  .heading = "Output",
	  .help = "write all of it to FILE as one JSON object\n(-: standard output, instead of the "
		  "text)" },
	OBSERVE_READY(struct explain_options),
	OPTIONS_MESSAGES(struct explain_options),
	OPTIONS_END,
};

const struct program explain_program = {
	.name = "fairport-explain",
	.summary = "says why workers get what they get, and what to change.",
	.usage = "--port PORT | DIR [options]",
	.rows = rows,
	.examples = "  # a server that runs, whatever it is written in (as root)\n"
		    "  fairport-explain --port 8089\n"
		    "  # longer, in a container, and kept for later\n"
		    "  fairport-explain --port 53 --netns 4711 --duration 1m --keep seen\n"
		    "  # what a run or an earlier look shows; its causes for a script\n"
		    "  fairport-explain seen --json - | jq -r .distribution.causes[].cause\n",
};

enum options_result explain_options_parse(struct explain_options *options, int argc, char **argv)
{
	int first;
	enum options_result result = options_parse(&explain_program, options, argc, argv, &first);

	if (result != OPTIONS_RUN)
		return result;
	options->directory = first < argc ? argv[first] : NULL;
	if (argc - first > 1)
		return options_refuse(&explain_program, "unexpected argument \"%s\"",
				      argv[first + 1]);
	if (!options->directory && !options->watch.ports.text)
		return options_refuse(&explain_program,
				      "what to explain is missing (expected --port PORT, e.g. "
				      "--port 8089, or the directory of a run)");
	if (options->directory && options->watch.ports.text)
		return options_refuse(&explain_program,
				      "--port and a directory exclude each other");
	if (options->directory && observe_only_live(&options->watch))
		return options_refuse(&explain_program, "--%s needs --port",
				      observe_only_live(&options->watch));
	return OPTIONS_RUN;
}

#include "analysis/options.h"

#define ROW(member) .offset = offsetof(struct report_options, member)

static const char *const plots_names[] = {
	[PLOTS_AUTO] = "auto",
	[PLOTS_NONE] = "none",
	NULL,
};

static const struct option_row rows[] = {
	{ .name = "tolerance",
	  .letter = 't',
	  .kind = OPTION_NUMBER,
	  ROW(tolerance),
	  .metavar = "PERCENT",
	  .fallback = "10",
	  .most = 1000,
	  .heading = "Analysis",
	  .help = "\"even\" is when the busiest worker has at most this\nmuch more than the mean" },
	{ .name = "plots",
	  .kind = OPTION_CHOICE,
	  ROW(plots),
	  .choices = plots_names,
	  .metavar = "WHICH",
	  .fallback = "auto",
	  .heading = "Output",
	  .help = "auto: draw DIR/plots/*.svg and *.png where gnuplot\nis found; none" },
	OPTIONS_MESSAGES(struct report_options),
	OPTIONS_END,
};

const struct program report_program = {
	.name = "fairport-report",
	.summary = "says what a run shows: who got what, why, and what is lost.",
	.usage = "DIR [options]",
	.rows = rows,
	.examples = "  # what 'fairport run' left behind: a table, summary.json and pictures\n"
		    "  fairport-report runs/20260131T235959Z-4711-skewed\n"
		    "  # stricter about \"even\", and without pictures\n"
		    "  fairport-report runs/mine --tolerance 3 --plots none\n"
		    "  # a number for a script\n"
		    "  fairport-report -q runs/mine >mine.txt\n"
		    "  jq .distribution.max_share runs/mine/summary.json\n",
};

enum options_result report_options_parse(struct report_options *options, int argc, char **argv)
{
	int first;
	enum options_result result = options_parse(&report_program, options, argc, argv, &first);

	if (result != OPTIONS_RUN)
		return result;
	if (argc - first < 1)
		return options_refuse(&report_program,
				      "the directory of the run is missing (expected DIR)");
	if (argc - first > 1)
		return options_refuse(&report_program, "unexpected argument \"%s\"",
				      argv[first + 1]);
	options->directory = argv[first];
	return OPTIONS_RUN;
}

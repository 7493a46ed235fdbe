#include "analysis/report/options.h"

#include <string.h>

#define BY_SCENARIO 1 /* of by_names */

#define ROW(member) .offset = offsetof(struct report_options, member)

static const char *const plots_names[] = {
	[PLOTS_AUTO] = "auto",
	[PLOTS_NONE] = "none",
	NULL,
};

/* In the order of enum compare_by. */
static const char *const by_names[] = { "name", "scenario", "version", "host", "kernel", NULL };

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
	{ .name = "html",
	  .kind = OPTION_TEXT,
	  ROW(html),
	  .metavar = "FILE",
	  .help = "where the report as a page goes; -: standard output,\n"
		  "none: nowhere (default: DIR/report.html)" },
	{ .name = "markdown",
	  .kind = OPTION_TEXT,
	  ROW(markdown),
	  .metavar = "FILE",
	  .help = "where the report for a pull request goes; likewise\n"
		  "(default: DIR/report.md)" },
	{ .name = "against",
	  .kind = OPTION_TEXT,
	  ROW(against),
	  .metavar = "DIR",
	  .heading = "Several runs",
	  .help = "compare with the runs in DIR: they are A" },
	{ .name = "key",
	  .kind = OPTION_TEXT,
	  ROW(keys),
	  .metavar = "KEY,...",
	  .help = "numbers of summary.json to compare or to show\nover time (default: those of "
		  "interest)" },
	{ .name = "by",
	  .kind = OPTION_CHOICE,
	  ROW(by),
	  .choices = by_names,
	  .metavar = "WHAT",
	  .fallback = "name",
	  .help = "what repeats have in common: name, scenario,\n"
		  "version, host or kernel; of --history, name is version" },
	{ .name = "out",
	  .kind = OPTION_TEXT,
	  ROW(out),
	  .metavar = "DIR",
	  .help = "where pictures of several runs go, and\ncomparison.json" },
	{ .name = "store",
	  .kind = OPTION_TEXT,
	  ROW(store),
	  .metavar = "CONNINFO",
	  .secret = true,
	  .heading = "History",
	  .help = "keep the run in this PostgreSQL database" },
	{ .name = "history",
	  .kind = OPTION_TEXT,
	  ROW(history),
	  .metavar = "CONNINFO",
	  .secret = true,
	  .help = "show the runs kept there; takes no DIR" },
	{ .name = "scenario",
	  .kind = OPTION_TEXT,
	  ROW(scenario),
	  .metavar = "NAME",
	  .help = "with --history: only runs of this scenario" },
	OPTIONS_MESSAGES(struct report_options),
	OPTIONS_END,
};

const struct program report_program = {
	.name = "fairport-report",
	.summary = "says what a run shows: who got what, why, and what is lost.",
	.usage = "DIR... [options]",
	.rows = rows,
	.examples = "  # what 'fairport run' left behind: a table, summary.json and pictures\n"
		    "  fairport-report runs/20260131T235959Z-4711-skewed\n"
		    "  # stricter about \"even\", and without pictures\n"
		    "  fairport-report runs/mine --tolerance 3 --plots none\n"
		    "  # a comment for a pull request\n"
		    "  fairport-report -q runs/mine --markdown - >>\"$GITHUB_STEP_SUMMARY\"\n",
};

enum options_result report_options_parse(struct report_options *options, int argc, char **argv)
{
	int first;
	enum options_result result = options_parse(&report_program, options, argc, argv, &first);

	if (result != OPTIONS_RUN)
		return result;
	options->directories = (const char *const *)argv + first;
	options->count = (size_t)(argc - first);
	if (options->history && options->count)
		return options_refuse(&report_program,
				      "unexpected argument \"%s\": --history takes no DIR",
				      argv[first]);
	if (options->history && options->by == BY_SCENARIO)
		return options_refuse(&report_program,
				      "--history is of each scenario by itself (expected --by "
				      "version, host or kernel)");
	if (options->scenario && !options->history)
		return options_refuse(&report_program, "--scenario goes with --history");
	if (!options->history && options->count == 0)
		return options_refuse(&report_program,
				      "the directory of the run is missing (expected DIR)");
	if (options->store && (options->history || report_options_compare(options)))
		return options_refuse(&report_program, "--store takes one run at a time");
	if (options->html && options->markdown && strcmp(options->html, "-") == 0 &&
	    strcmp(options->markdown, "-") == 0)
		return options_refuse(&report_program,
				      "--html and --markdown cannot both go to standard output");
	return OPTIONS_RUN;
}

bool report_options_compare(const struct report_options *options)
{
	return options->count > 1 || options->against;
}

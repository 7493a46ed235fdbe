#include "analysis/report/options.h"

#include <string.h>

#define ROW(member)    .offset = offsetof(struct report_options, member)
#define PARSED(member) ROW(member), .size = sizeof(((struct report_options *)0)->member)

static const char *const plots_names[] = {
	[PLOTS_AUTO] = "auto",
	[PLOTS_NONE] = "none",
	NULL,
};

static const struct option_row rows[] = {
	OPTION_TOLERANCE(struct report_options, "Analysis"),
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
	  .help = "where the page goes; -: standard output, none:\nnowhere "
		  "(default: DIR/report.html; of several runs,\ncomparison.html in --out)" },
	{ .name = "markdown",
	  .kind = OPTION_TEXT,
	  ROW(markdown),
	  .metavar = "FILE",
	  .help = "where the text for a pull request goes; likewise\n"
		  "(default: DIR/report.md, comparison.md)" },
	{ .name = "against",
	  .kind = OPTION_TEXT,
	  ROW(against),
	  .metavar = "DIR",
	  .heading = "Several runs",
	  .help = "compare with the runs in DIR: they are A" },
	{ .name = "key",
	  .kind = OPTION_PARSED,
	  PARSED(keys),
	  .parse = key_list_parse,
	  .repeats = true,
	  .metavar = "KEY[,..]",
	  .help = "numbers of summary.json to compare or to show\nover time; may be given again "
		  "(default: those of\ninterest)" },
	{ .name = "by",
	  .kind = OPTION_PARSED,
	  PARSED(by),
	  .parse = grouping_parse,
	  .metavar = "WHAT",
	  .fallback = "name",
	  .help = "what repeats have in common: name, scenario,\n"
		  "version, host, kernel, or a label; of --history,\nname is version" },
	{ .name = "out",
	  .kind = OPTION_TEXT,
	  ROW(out),
	  .metavar = "DIR",
	  .help = "where all files about several runs go: a page,\nMarkdown, pictures, "
		  "comparison.json" },
	{ .name = "store",
	  .kind = OPTION_TEXT,
	  ROW(store),
	  .metavar = "CONNINFO",
	  .secret = true,
	  .heading = "History",
	  .help = "keep the run in this PostgreSQL database" },
	OPTION_LABELS(struct report_options,
		      "say this of the run that is kept, e.g.\nversion=1.4.2; once for each key"),
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
		    "  # two sides, repeated in turns: text, a page, Markdown, JSON, a picture\n"
		    "  fairport-report before after --out comparison\n"
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
	if (options->history && options->by.kind == GROUPING_SCENARIO)
		return options_refuse(&report_program,
				      "--history is of each scenario by itself (expected --by "
				      "version, host, kernel or a label)");
	if (options->history && (options->html || options->markdown))
		return options_refuse(&report_program,
				      "--history writes no documents (expected --out DIR alone)");
	if (options->labels.count && !options->store)
		return options_refuse(&report_program, "--label goes with --store");
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

const char *report_options_keys(const struct report_options *options)
{
	return options->keys.text ? options->keys.all : NULL;
}

enum options_result report_options_single(const struct report_options *options)
{
	const char *name = options->keys.text                  ? "--key"
			   : options->out                      ? "--out"
			   : options->by.kind != GROUPING_NAME ? "--by"
							       : NULL;

	if (!name)
		return OPTIONS_RUN;
	return options_refuse(&report_program, "%s is of several runs, and %s is one", name,
			      options->directories[0]);
}

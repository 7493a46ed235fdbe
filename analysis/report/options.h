/* The command line of fairport-report. */
#ifndef FAIRPORT_ANALYSIS_REPORT_OPTIONS_H
#define FAIRPORT_ANALYSIS_REPORT_OPTIONS_H

#include "analysis/history/grouping.h"
#include "analysis/report/key_list.h"
#include "common/labels.h"
#include "common/options.h"

enum plots_choice { PLOTS_AUTO, PLOTS_NONE };

struct report_options {
	const char *const *directories; /* of runs, as given */
	size_t count;
	uint64_t tolerance; /* per cent that the busiest may be above the mean */
	size_t plots;       /* enum plots_choice */
	/* Where documents go; NULL: into the directory. "-": standard output, "none": nowhere. */
	const char *html, *markdown;
	const char *against, *out; /* of several runs; NULL: not given */
	struct key_list keys;
	const char *store, *history, *scenario; /* likewise; the first two are conninfos */
	struct grouping by;
	struct labels labels; /* for --store */
	bool quiet, verbose;
};

extern const struct program report_program;

/* Whether these ask for a comparison of runs. */
bool report_options_compare(const struct report_options *options);

/* The keys that were given, NULL: none. */
const char *report_options_keys(const struct report_options *options);

/* Once it is known that there is one run: refuses what is of several. */
enum options_result report_options_single(const struct report_options *options);

enum options_result report_options_parse(struct report_options *options, int argc, char **argv);

#endif

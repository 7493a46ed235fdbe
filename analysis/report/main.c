/* fairport-report: what a run shows, how several compare, and what became of them over time. */
#include <stdio.h>

#include <gsl/gsl_errno.h>

#include "analysis/compare/compare_runs.h"
#include "analysis/compare/compare_show.h"
#include "analysis/compare/compared.h"
#include "analysis/history/history.h"
#include "analysis/report/options.h"
#include "analysis/report/single.h"
#include "common/message.h"

static int show_history(const struct report_options *options)
{
	return history_show(&(struct history_options){ .conninfo = options->history,
						       .scenario = options->scenario,
						       .keys = report_options_keys(options),
						       .directory = options->out,
						       .by = options->by });
}

static struct compare_options several(const struct report_options *options)
{
	return (struct compare_options){ .directories = options->directories,
					 .count = options->count,
					 .against = options->against,
					 .keys = report_options_keys(options),
					 .by = options->by,
					 .tolerance = (double)options->tolerance / 100,
					 .no_plots = options->plots == PLOTS_NONE,
					 .out = options->out,
					 .html = options->html,
					 .markdown = options->markdown };
}

int main(int argc, char **argv)
{
	struct report_options options;
	struct compare_options compare;
	int status;

	message_program(report_program.name);
	if (!options_go_on(report_options_parse(&options, argc, argv), &status))
		return status;
	message_level(options.quiet, options.verbose);
	/* Functions return what they can; the default would abort(3). */
	gsl_set_error_handler_off();
	compare = several(&options);
	if (options.history)
		status = show_history(&options);
	else if (compare_wanted(&compare))
		status = compare_show(&compare);
	else if (options_go_on(report_options_single(&options), &status))
		status = report_run(&options);
	return message_close_output(status);
}

/* fairport-report: joins the streams of one run and says what they show. */
#include <stdio.h>
#include <string.h>

#include <gsl/gsl_errno.h>

#include "analysis/analysis.h"
#include "analysis/expect.h"
#include "analysis/options.h"
#include "analysis/plots.h"
#include "analysis/run.h"
#include "analysis/summary.h"
#include "analysis/text.h"
#include "common/exit.h"
#include "common/message.h"

struct outcome {
	struct expect_result expected;
	enum plots_result plots;
	bool written;
};

/* Files and text of a run that is read and analysed; false when out of memory. */
static bool deliver(const struct report_options *options, const struct run *run,
		    const struct analysis *analysis, struct outcome *outcome)
{
	json_t *summary = summary_build(run, analysis);
	int error;

	if (!summary)
		return false;
	analysis_warn(analysis, run);
	outcome->expected = expect_evaluate(summary, json_object_get(run->manifest, "expect"),
					    run->interrupted);
	error = summary_write(summary, run->directory);
	outcome->written = error == 0;
	if (error)
		message_error("could not write %s/summary.json: %s", run->directory,
			      strerror(-error));
	json_decref(summary);
	outcome->plots =
		options->plots == PLOTS_AUTO ? plots_draw(run, analysis) : PLOTS_NO_GNUPLOT;
	text_workers(run, analysis);
	text_accounts(run, analysis);
	text_verdict(run, analysis);
	text_outcome(run, &outcome->expected, outcome->written, outcome->plots == PLOTS_DRAWN);
	return true;
}

static int report(const struct report_options *options)
{
	int status = EXIT_CANNOT_RUN;
	struct outcome outcome;
	struct analysis analysis;
	struct run run;

	if (!run_load(&run, options->directory))
		goto cleanup;
	if (analysis_make(&analysis, &run, (double)options->tolerance / 100) != 0 ||
	    !deliver(options, &run, &analysis, &outcome)) {
		message_error("out of memory");
		goto cleanup;
	}
	if (outcome.expected.failed)
		status = EXIT_EXPECTATION;
	else if (run.incomplete || run.interrupted || !outcome.written ||
		 outcome.plots == PLOTS_FAILED || analysis_contradicts(&analysis))
		status = EXIT_INCOMPLETE;
	else
		status = EXIT_DONE;
cleanup:
	run_free(&run);
	return status;
}

int main(int argc, char **argv)
{
	struct report_options options;
	int status;

	message_program(report_program.name);
	if (!options_go_on(report_options_parse(&options, argc, argv), &status))
		return status;
	message_level(options.quiet, options.verbose);
	/* Functions return what they can; the default would abort(3). */
	gsl_set_error_handler_off();
	return message_close_output(report(&options));
}

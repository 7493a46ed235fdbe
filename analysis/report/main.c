/* fairport-report: joins the streams of one run and says what they show. */
#include <stdio.h>
#include <string.h>

#include <gsl/gsl_errno.h>

#include "analysis/analysis.h"
#include "analysis/compare/compare_runs.h"
#include "analysis/compare/compared.h"
#include "analysis/expect.h"
#include "analysis/history/cost.h"
#include "analysis/history/facts.h"
#include "analysis/history/history.h"
#include "analysis/history/store.h"
#include "analysis/report/document.h"
#include "analysis/report/options.h"
#include "analysis/report/report.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "analysis/summary.h"
#include "analysis/text.h"
#include "common/exit.h"
#include "common/message.h"

/* Writes the documents and adds the names of those in the run's directory to FILES. */
static void write_documents(const struct report_options *options, struct report *report,
			    char *files, size_t size)
{
	const struct document documents[] = {
		{ "report.html", options->html, document_html },
		{ "report.md", options->markdown, document_markdown },
	};

	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		size_t used = strlen(files);

		if (!document_is_wanted(&documents[i]))
			continue;
		if (!document_write(&documents[i], report))
			report->written = false;
		else if (!documents[i].where)
			snprintf(files + used, size - used, "%s%s", used ? ", " : "",
				 documents[i].name);
	}
}

/* Whether standard output is a document's. */
static bool is_document(const struct report_options *options)
{
	return (options->html && strcmp(options->html, "-") == 0) ||
	       (options->markdown && strcmp(options->markdown, "-") == 0);
}

static void write_files(const struct report_options *options, struct report *report, char *files,
			size_t size)
{
	const struct document page = { .where = options->html };
	bool has_page = document_is_wanted(&page);
	int error = summary_write(report->summary, report->run->directory);

	report->written = error == 0;
	if (error)
		message_error("could not write %s/summary.json: %s", report->run->directory,
			      strerror(-error));
	snprintf(files, size, "%s", error ? "" : "summary.json");
	plots_draw(&report->plots, report->run, report->analysis,
		   options->plots == PLOTS_NONE ? PLOTS_DATA_ONLY
		   : has_page                   ? PLOTS_WITH_PAGE
						: PLOTS_FILES);
	write_documents(options, report, files, size);
	plots_tidy(report->run);
	if (report->plots.result == PLOTS_DRAWN)
		snprintf(files + strlen(files), size - strlen(files), "%splots/*.svg, plots/*.png",
			 *files ? ", " : "");
}

/* Keeps the run, as summary.json has it, in the database. */
static bool keep(const char *conninfo, const struct report *report)
{
	struct run_facts facts;
	bool kept;

	if (facts_of(&facts, report->run, report->summary) != 0) {
		message_error("out of memory");
		return false;
	}
	kept = store_run(conninfo, &facts, report->summary);
	facts_free(&facts);
	return kept;
}

/* Files and text of a run that is read and analysed; false when out of memory. */
static bool deliver(const struct report_options *options, struct report *report)
{
	const struct run *run = report->run;
	char files[128];

	report->summary = summary_build(run, report->analysis);
	if (!report->summary)
		return false;
	if (cost_add(report->summary, run->directory) != 0)
		message_warning("%s: what the processes cost could not be read", run->directory);
	analysis_warn(report->analysis, run);
	report->expected =
		expect_evaluate(report->summary, json_object_get(run->manifest, "expect"),
				run->interrupted);
	write_files(options, report, files, sizeof(files));
	if (options->store && !keep(options->store, report))
		report->written = false;
	if (is_document(options))
		return true;
	text_workers(run, report->analysis);
	text_accounts(run, report->analysis);
	text_verdict(run, report->analysis);
	text_outcome(run, &report->expected, files);
	return true;
}

static int status_of(const struct report *report)
{
	const struct run *run = report->run;

	if (report->expected.failed)
		return EXIT_EXPECTATION;
	if (run->incomplete || run->interrupted || !report->written ||
	    report->plots.result == PLOTS_FAILED || analysis_contradicts(report->analysis))
		return EXIT_INCOMPLETE;
	return EXIT_DONE;
}

static int report(const struct report_options *options)
{
	int status = EXIT_CANNOT_RUN;
	struct analysis analysis;
	struct run run;
	struct report report = { .run = &run, .analysis = &analysis, .anchor = "" };

	if (!run_load(&run, options->directories[0]))
		goto cleanup;
	if (analysis_make(&analysis, &run, (double)options->tolerance / 100) != 0 ||
	    !deliver(options, &report))
		message_error("out of memory");
	else
		status = status_of(&report);
	json_decref(report.summary);
cleanup:
	run_free(&run);
	return status;
}

static int show_history(const struct report_options *options)
{
	static const size_t by[] = {
		[COMPARE_BY_NAME] = HISTORY_BY_VERSION,
		[COMPARE_BY_VERSION] = HISTORY_BY_VERSION,
		[COMPARE_BY_HOST] = HISTORY_BY_HOST,
		[COMPARE_BY_KERNEL] = HISTORY_BY_KERNEL,
	};

	return history_show(&(struct history_options){ .conninfo = options->history,
						       .scenario = options->scenario,
						       .keys = options->keys,
						       .directory = options->out,
						       .by = by[options->by] });
}

static struct compare_options several(const struct report_options *options)
{
	return (struct compare_options){ .directories = options->directories,
					 .count = options->count,
					 .against = options->against,
					 .keys = options->keys,
					 .by = options->by,
					 .tolerance = (double)options->tolerance / 100,
					 .pictures = options->out };
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
	else
		status = report(&options);
	return message_close_output(status);
}

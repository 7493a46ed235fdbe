#include "analysis/report/single.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/expect.h"
#include "analysis/history/cost.h"
#include "analysis/history/facts.h"
#include "analysis/history/store.h"
#include "analysis/read/stream.h"
#include "analysis/report/document.h"
#include "analysis/report/html.h"
#include "analysis/report/markdown.h"
#include "analysis/report/options.h"
#include "analysis/report/report.h"
#include "analysis/read/run_load.h"
#include "analysis/run.h"
#include "analysis/summary.h"
#include "analysis/text.h"
#include "common/exit.h"
#include "common/message.h"

/* Writes the documents and adds the names of those in the run's directory to FILES. */
static void write_documents(const struct report_options *options, struct report *report,
			    char *files, size_t size)
{
	const char *directory = report->run->directory;
	const struct document documents[] = {
		{ "report.html", options->html, html_report },
		{ "report.md", options->markdown, markdown_report },
	};

	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		size_t used = strlen(files);

		if (!document_is_wanted(&documents[i], directory))
			continue;
		if (!document_write(&documents[i], directory, report))
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

static void tell_unwritten(const char *directory, int error)
{
	message_error("could not write %s/summary.json: %s", directory, strerror(-error));
	if (error == -EACCES || error == -EPERM || error == -EROFS)
		message_hint(
			"a report stands beside its records: copy them to a directory that you may "
			"write, or see 'fairport explain DIR', which writes nothing");
}

static void write_files(const struct report_options *options, struct report *report, char *files,
			size_t size)
{
	const struct document page = { .where = options->html };
	bool has_page = document_is_wanted(&page, report->run->directory);
	int error = summary_write(report->summary, report->run->directory);

	report->written = error == 0;
	if (error)
		tell_unwritten(report->run->directory, error);
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
	if (!report->summary || facts_label(report->summary, &options->labels) != 0)
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
	text_figures(report->analysis);
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

int report_run(const struct report_options *options)
{
	int status = EXIT_CANNOT_RUN;
	struct analysis analysis;
	struct run run;
	struct report report = { .run = &run, .analysis = &analysis };

	if (!run_load(&run, options->directories[0]))
		goto cleanup;
	if (analysis_make(&analysis, &run, (double)options->tolerance / 100) != 0) {
		message_error("out of memory");
		goto cleanup;
	}
	if (deliver(options, &report))
		status = status_of(&report);
	else
		message_error("out of memory");
	json_decref(report.summary);
	analysis_free(&analysis);
cleanup:
	run_free(&run);
	return status;
}

/* fairport-explain: why the workers of a port get what they get, and what to change. */
#include <stdio.h>
#include <string.h>

#include <gsl/gsl_errno.h>

#include "analysis/analysis.h"
#include "analysis/explain/explanation.h"
#include "analysis/explain/options.h"
#include "analysis/observe/observe.h"
#include "analysis/read/run_load.h"
#include "analysis/run.h"
#include "common/exit.h"
#include "common/message.h"

/* Returns an exit status. */
static int deliver(const struct explain_options *options, struct explanation *explanation)
{
	const char *json = options->json;
	bool text = !json || strcmp(json, "-") != 0;
	int error;

	if (text)
		explanation_print(explanation);
	error = json ? explanation_record(explanation, json) : 0;
	/* Of standard output it is said at the end. */
	if (error && text)
		message_error("could not write %s: %s", json, strerror(-error));
	return error ? EXIT_INCOMPLETE : EXIT_DONE;
}

/* Of a run that is loaded, as far as it could be. */
static int explain(const struct explain_options *options, const struct run *run, const char *place,
		   bool interrupted)
{
	struct explanation explanation = { .run = run, .place = place };
	struct analysis analysis;
	bool incomplete = run->incomplete || run->blind;
	int status;

	if (run->blind) {
		causes_find(&explanation.causes, NULL, run);
	} else if (analysis_make(&analysis, run, (double)options->tolerance / 100) != 0) {
		message_error("out of memory");
		return EXIT_CANNOT_RUN;
	} else {
		explanation.analysis = &analysis;
		explanation.causes = analysis.causes;
		analysis_warn(&analysis, run);
		incomplete |= run->interrupted || analysis_contradicts(&analysis);
	}
	if (evidence_gather(&explanation.evidence, explanation.analysis, run, interrupted) == 0) {
		status = deliver(options, &explanation);
	} else {
		message_error("out of memory");
		status = EXIT_CANNOT_RUN;
	}
	if (explanation.analysis)
		analysis_free(&analysis);
	return status == EXIT_DONE && incomplete ? EXIT_INCOMPLETE : status;
}

static int explain_run(const struct explain_options *options)
{
	int status = EXIT_CANNOT_RUN;
	struct run run;

	if (run_load_any(&run, options->directory))
		status = explain(options, &run, options->directory, false);
	run_free(&run);
	return status;
}

static int explain_ports(const struct explain_options *options)
{
	struct observation seen;
	char place[PORTS_TEXT];
	struct run run;
	bool loaded;
	int status = observe(&seen, &options->watch);

	if (status != EXIT_DONE)
		return status;
	loaded = run_load_any(&run, seen.directory);
	observe_end(&seen);
	status = loaded ? explain(options, &run, ports_text(place, &options->watch.ports),
				  seen.interrupted)
			: EXIT_CANNOT_RUN;
	run_free(&run);
	return status;
}

int main(int argc, char **argv)
{
	struct explain_options options;
	int status;

	message_program(explain_program.name);
	if (!options_go_on(explain_options_parse(&options, argc, argv), &status))
		return status;
	message_level(options.quiet, options.verbose);
	/* Functions return what they can; the default would abort(3). */
	gsl_set_error_handler_off();
	return message_close_output(options.directory ? explain_run(&options)
						      : explain_ports(&options));
}

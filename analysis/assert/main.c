/* fairport-assert: checks claims about a run or a live port. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <gsl/gsl_errno.h>

#include "analysis/analysis.h"
#include "analysis/assert/claim.h"
#include "analysis/assert/options.h"
#include "analysis/assert/output.h"
#include "analysis/observe/observe.h"
#include "analysis/read/run_load.h"
#include "analysis/run.h"
#include "analysis/summary.h"
#include "common/exit.h"
#include "common/message.h"

static int check_claims(const struct subject *subject, const struct invocation *invocation)
{
	const struct assert_options *options = invocation->options;
	struct result *list = calloc(options->claim_count, sizeof(*list));
	struct results results = { .list = list, .count = options->claim_count };
	int status = EXIT_CANNOT_RUN;
	char port[PORTS_TEXT];

	if (!list) {
		message_error("out of memory");
		return status;
	}
	for (size_t i = 0; i < results.count; i++) {
		if (!claim_check(&list[i], &options->claims[i], subject))
			goto cleanup;
		results.of[list[i].outcome]++;
	}
	results.subject =
		options->directory ? options->directory : ports_text(port, &options->watch.ports);
	status = output_deliver(&results, subject->run, invocation);
cleanup:
	free(list);
	return status;
}

/* What is not told of by the claims is told at least. */
static void warn_elsewhere(const struct elsewhere *elsewhere)
{
	char text[ELSEWHERE_TEXT];

	if (elsewhere->sockets == 0)
		return;
	message_warning("%s; claims are about the group that got most",
			elsewhere_text(text, elsewhere));
	if (elsewhere->matters)
		message_hint("watch one port at a time, with a fairport-assert for each");
}

/* KNOWN is what is known beside the records; SEEN is what they were made by, NULL: a run. */
static int check_run(const char *directory, const struct subject *known, struct observation *seen,
		     const struct invocation *invocation)
{
	const struct assert_options *options = invocation->options;
	double tolerance = (double)options->tolerance / 100;
	int status = EXIT_CANNOT_RUN;
	struct subject subject = *known;
	struct analysis analysis = { .tolerance = tolerance };
	json_t *summary = NULL;
	struct run run;
	bool loaded = seen ? run_load_any(&run, directory) : run_load(&run, directory);

	if (seen)
		observe_end(seen);
	if (!loaded)
		goto cleanup;
	/* For want of privileges, as was said when the watching began. */
	if (run.blind) {
		message_error("nothing can be claimed: who received what could not be counted");
		status = EXIT_HOST_CANNOT;
		goto cleanup;
	}
	if (analysis_make(&analysis, &run, tolerance) != 0 ||
	    !(summary = summary_build(&run, &analysis))) {
		message_error("out of memory");
		goto cleanup;
	}
	subject.run = &run;
	subject.analysis = &analysis;
	subject.summary = summary;
	subject.tolerance = tolerance;
	subject.budget = options->budget.value;
	subject.elsewhere = elsewhere_find(&run);
	warn_elsewhere(&subject.elsewhere);
	status = check_claims(&subject, invocation);
cleanup:
	json_decref(summary);
	analysis_free(&analysis);
	run_free(&run);
	return status;
}

static int check_ports(const struct invocation *invocation)
{
	const struct assert_options *options = invocation->options;
	struct subject subject = { .run = NULL };
	struct resets before = { .sent = 0 };
	struct observation seen;
	bool known = resets_read(&before, options->watch.netns);
	int status = observe(&seen, &options->watch);

	if (status != EXIT_DONE)
		return status;
	subject.interrupted = seen.interrupted;
	subject.resets_known = known && resets_read(&subject.resets, options->watch.netns);
	subject.resets.sent -= before.sent;
	subject.resets.broken -= before.broken;
	subject.resets.failed -= before.failed;
	return check_run(seen.directory, &subject, &seen, invocation);
}

int main(int argc, char **argv)
{
	struct assert_options options;
	struct invocation invocation = { &options, argc, argv };
	struct subject subject = { .run = NULL };
	int status;

	message_program(assert_program.name);
	if (options_go_on(assert_options_parse(&options, argc, argv), &status)) {
		message_level(options.quiet, options.verbose);
		signal(SIGPIPE, SIG_IGN);
		/* Functions return what they can; the default would abort(3). */
		gsl_set_error_handler_off();
		status = message_close_output(
			options.directory
				? check_run(options.directory, &subject, NULL, &invocation)
				: check_ports(&invocation));
	}
	assert_options_free(&options);
	return status;
}

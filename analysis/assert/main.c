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

/* Whether it is for want of privileges that nothing is known of who received what. */
static bool is_uncounted(const struct run *run)
{
	for (size_t i = 0; i < run->observed.member_count; i++)
		if (run->observed.members[i].packets != OBSERVED_UNKNOWN)
			return false;
	return run->observed.member_count > 0;
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

/* KNOWN is what is known beside the records. */
static int check_run(const char *directory, const struct subject *known,
		     const struct invocation *invocation)
{
	const struct assert_options *options = invocation->options;
	double tolerance = (double)options->tolerance / 100;
	int status = EXIT_CANNOT_RUN;
	struct subject subject = *known;
	struct analysis analysis;
	json_t *summary = NULL;
	struct run run;

	if (!run_load(&run, directory)) {
		if (options->watch.ports.text && is_uncounted(&run))
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
	status = check_run(seen.directory, &subject, invocation);
	observe_end(&seen);
	return status;
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
			options.directory ? check_run(options.directory, &subject, &invocation)
					  : check_ports(&invocation));
	}
	assert_options_free(&options);
	return status;
}

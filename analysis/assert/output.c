#include "analysis/assert/output.h"

#include <string.h>

#include "analysis/assert/decide.h"
#include "analysis/assert/options.h"
#include "analysis/run.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/record.h"

static int status_of(const struct results *results)
{
	if (results->of[OUTCOME_NOT_OK])
		return EXIT_EXPECTATION;
	return results->of[OUTCOME_INCONCLUSIVE] ? EXIT_INCOMPLETE : EXIT_DONE;
}

int output_deliver(const struct results *results, const struct run *run,
		   const struct invocation *invocation)
{
	const struct assert_options *options = invocation->options;
	const char *id = options->run ? options->run : run_text(run, "run");
	char made[RECORD_RUN_ID];
	int error = options->junit ? output_junit(results, options->junit) : 0;
	bool recorded = output_records(results, invocation, id ? id : record_run_id(made));

	if (error)
		message_error("could not write %s: %s", options->junit, strerror(-error));
	if (options->tap)
		output_tap(results);
	else if (assert_options_text(options))
		output_text(results);
	return error || !recorded ? EXIT_CANNOT_RUN : status_of(results);
}

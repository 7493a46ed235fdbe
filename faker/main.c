/* fairport-fake: sends InfluxDB line protocol from chosen sources. */
#include <errno.h>
#include <unistd.h>

#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "common/signals.h"
#include "faker/options.h"
#include "faker/plan.h"
#include "faker/report.h"
#include "faker/run.h"

struct output {
	const struct plan *plan;
	struct ndjson records;
	bool text;     /* results go to standard output as text */
	bool progress; /* standard error is a terminal */
	bool unheard;  /* it was said that nobody listens */
};

static bool on_interval(void *context, const struct sent *delta, const struct sent *total,
			uint64_t elapsed, uint64_t delta_ns)
{
	struct output *output = context;

	report_interval(&output->records, delta, elapsed, delta_ns);
	if (output->progress)
		report_progress(output->plan->options, delta, total, elapsed, delta_ns);
	return output->records.error != EPIPE;
}

static void on_unheard(void *context, const struct sent *total)
{
	struct output *output = context;

	report_unheard(output->plan, total);
	output->unheard = true;
}

static void on_waiting(void *context)
{
	const struct output *output = context;

	message_note("ready; sending starts at %s", output->plan->options->start_at.text);
}

static int finish(struct output *output, const struct result *result)
{
	int status = report_status(result);

	message_progress_end();
	report_flows(&output->records, &result->flows);
	report_summary(&output->records, output->plan, result);
	if (output->text)
		report_text(output->plan, result);
	message_flush_output();
	report_problems(output->plan, result);
	if (result->unheard && !output->unheard)
		report_unheard(output->plan, &result->sent);
	if (!record_close(&output->records))
		status = EXIT_INCOMPLETE;
	return status;
}

/* With a plan made. */
static int run(struct output *output, const struct plan *plan, int argc, char **argv)
{
	const struct run_progress progress = { on_interval, on_unheard, on_waiting, output };
	static struct result result;
	int signal_fd = signals_open(0), status;

	if (signal_fd < 0)
		return EXIT_CANNOT_RUN;
	report_header(&output->records, plan, argc, argv);
	if (output->text)
		report_parameters(plan);
	if (run_faker(plan, signal_fd, &progress, &result)) {
		signals_let_end();
		status = finish(output, &result);
	} else {
		report_failed_start(plan, &result);
		status = EXIT_CANNOT_RUN;
	}
	flows_close(&result.flows);
	return status;
}

int main(int argc, char **argv)
{
	struct fake_options options;
	struct plan plan;
	struct output output = { .plan = &plan };
	char run_id[RECORD_RUN_ID];
	int status;

	message_program(fake_program.name);
	if (!options_go_on(fake_options_parse(&options, argc, argv), &status))
		return status;
	message_level(options.quiet, options.verbose);
	if (!plan_make(&plan, &options))
		return EXIT_CANNOT_RUN;
	if (!options.run)
		options.run = record_run_id(run_id);
	if (!record_open(&output.records, options.json, "fake", options.run)) {
		plan_free(&plan);
		return EXIT_CANNOT_RUN;
	}
	output.text = record_leaves_stdout(&output.records) && !options.dry_run;
	/* Lines or records on the same terminal leave no room for it. */
	output.progress =
		!options.quiet && isatty(STDERR_FILENO) && (output.text || !isatty(STDOUT_FILENO));
	status = run(&output, &plan, argc, argv);
	plan_free(&plan);
	return message_close_output(status);
}

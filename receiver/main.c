/* fairport-receive: a pool of workers that takes line protocol on one port. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/address.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "common/signals.h"
#include "receiver/models/model.h"
#include "receiver/options.h"
#include "receiver/pool/commands.h"
#include "receiver/pool/control.h"
#include "receiver/pool/pool.h"
#include "receiver/pool/privilege.h"
#include "receiver/pool/report.h"
#include "receiver/pool/service.h"
#include "receiver/sinks/sink.h"
#include "receiver/stdin.h"

struct output {
	uint64_t elapsed; /* at the last interval */
	bool progress;    /* standard error is a terminal */
};

static void on_interval(void *context, struct pool *pool, uint64_t elapsed)
{
	struct output *output = context;

	report_interval(pool, elapsed, elapsed - output->elapsed, output->progress);
	output->elapsed = elapsed;
}

static void be_ready(const struct pool *pool)
{
	const struct receive_options *options = pool->options;

	record_ready(options->ready_fd, "%s, model %s, sink %s", report_status(pool),
		     pool->model->name, sink_names[options->sink]);
	service_ready(report_status(pool));
	if (record_leaves_stdout(pool->records))
		report_parameters(pool);
}

/* Runs the pool and reports. */
static int run(struct pool *pool, int argc, char **argv)
{
	const struct receive_options *options = pool->options;
	struct output output = { .progress = !options->quiet && isatty(STDERR_FILENO) };
	struct pool_watch watch = { on_interval, &output };
	char text[ADDRESS_TEXT];
	int status;

	if (!pool_start(pool)) {
		message_error("no worker pool on %s", address_text(text, &pool->group.address));
		pool_free(pool);
		return EXIT_CANNOT_RUN;
	}
	report_header(pool, argc, argv);
	be_ready(pool);
	pool_watch(pool, &watch);
	on_interval(&output, pool, pool->elapsed);
	message_progress_end();
	report_summary(pool);
	if (record_leaves_stdout(pool->records))
		report_text(pool);
	status = report_problems(pool) ? EXIT_INCOMPLETE : EXIT_DONE;
	if (!record_close(pool->records))
		status = EXIT_INCOMPLETE;
	pool_free(pool);
	return status;
}

int main(int argc, char **argv)
{
	struct receive_options options;
	struct identity user;
	struct ndjson records;
	struct pool pool = { .options = &options, .records = &records };
	char run_id[RECORD_RUN_ID];
	int status;

	message_program(receive_program.name);
	if (!options_go_on(receive_options_parse(&options, argc, argv), &status))
		return status;
	message_level(options.quiet, options.verbose);
	if (!options.run)
		options.run = record_run_id(run_id);
	if (options.from_stdin)
		return message_close_output(stdin_run(&options, argc, argv));
	/* A member that is bound is given packets: the database must be known to work before. */
	if (!group_resolve(&pool.group, &options, model_by_index(options.model)->member_each) ||
	    (options.user && !identity_find(&user, options.user)) ||
	    !sink_by_index(options.sink)->prepare(&options, &pool.sink_shared) ||
	    !group_is_free(&pool.group))
		return EXIT_CANNOT_RUN;
	pool.user = options.user ? &user : NULL;
	if (!record_open(&records, options.json, "receive", options.run))
		return EXIT_CANNOT_RUN;
	pool.signal_fd = signals_open(1);
	if (pool.signal_fd < 0)
		return EXIT_CANNOT_RUN;
	if (options.control) {
		pool.control = control_open(options.control, pool_commands, &pool);
		if (!pool.control)
			return EXIT_CANNOT_RUN;
	}
	status = run(&pool, argc, argv);
	control_close(pool.control);
	return message_close_output(status);
}

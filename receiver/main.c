/* fairport-receive: a pool of SO_REUSEPORT workers that takes line protocol over UDP. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/address.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "common/signals.h"
#include "receiver/group.h"
#include "receiver/options.h"
#include "receiver/pool.h"
#include "receiver/report.h"
#include "receiver/sink.h"

struct output {
	struct ndjson records;
	struct received *last; /* per worker, at the last interval */
	uint64_t elapsed;      /* at the last interval */
	bool progress;         /* standard error is a terminal */
};

static void on_interval(void *context, const struct pool *pool, uint64_t elapsed)
{
	struct output *output = context;

	report_interval(&output->records, pool, output->last, elapsed, elapsed - output->elapsed,
			output->progress);
	output->elapsed = elapsed;
}

/* Runs the pool on an open group and reports. */
static int run(const struct receive_options *options, struct group *group, struct output *output,
	       int signal_fd)
{
	struct pool_watch watch = { on_interval, output };
	static struct report_totals totals;
	struct pool pool;
	char text[ADDRESS_TEXT];
	int status;

	address_text(text, &group->address);
	output->last = calloc(group->count, sizeof(*output->last));
	if (!output->last || !pool_start(&pool, options, group, signal_fd)) {
		message_error("no worker pool on %s", text);
		free(output->last);
		return EXIT_CANNOT_RUN;
	}
	record_ready(options->ready_fd, "%zu workers on %s (UDP), sink %s", pool.count, text,
		     sink_names[options->sink]);
	if (record_leaves_stdout(&output->records))
		report_parameters(options, group);
	pool_watch(&pool, &watch);
	on_interval(output, &pool, pool.elapsed);
	message_progress_end();
	report_sum(&totals, &pool);
	report_end(&output->records, &pool, &totals);
	if (record_leaves_stdout(&output->records))
		report_text(&pool, &totals);
	status = report_problems(&pool, &totals) ? EXIT_INCOMPLETE : EXIT_DONE;
	if (!record_close(&output->records))
		status = EXIT_INCOMPLETE;
	pool_free(&pool);
	free(output->last);
	return status;
}

int main(int argc, char **argv)
{
	struct receive_options options;
	struct output output = { .elapsed = 0 };
	struct group group;
	char run_id[RECORD_RUN_ID];
	bool wildcard;
	int signal_fd, status;

	message_program(receive_program.name);
	if (!options_go_on(receive_options_parse(&options, argc, argv), &status))
		return status;
	message_level(options.quiet, options.verbose);
	if (!options.run)
		options.run = record_run_id(run_id);
	output.progress = !options.quiet && isatty(STDERR_FILENO);
	/* A member that is bound is given packets: the database must be known to work before. */
	if (group_resolve(&group, options.listen, &wildcard) != 0 ||
	    !sink_by_index(options.sink)->check(&options) ||
	    group_open(&group, wildcard, options.workers, options.rcvbuf) != 0)
		return EXIT_CANNOT_RUN;
	if (!record_open(&output.records, options.json, "receive", options.run))
		return EXIT_CANNOT_RUN;
	report_header(&output.records, &options, &group, argc, argv);
	signal_fd = signals_open(1);
	if (signal_fd < 0)
		return EXIT_CANNOT_RUN;
	status = run(&options, &group, &output, signal_fd);
	return message_close_output(status);
}

#include "lab/experiment.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/datadir.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "lab/counters.h"
#include "lab/database.h"
#include "lab/isolation.h"
#include "lab/manifest.h"
#include "lab/options.h"
#include "lab/process.h"
#include "lab/receiver.h"
#include "lab/scenario.h"
#include "lab/words.h"

#define REPORT_LIMIT (300 * NS_PER_SECOND)
/* How often the end of the receiver is looked for while the faker sends. */
#define LOOK_EVERY (200 * NS_PER_MS)

struct experiment {
	const struct run_options *options;
	const struct scenario *scenario;
	const char *directory;
	char logs[PATH_MAX]; /* what the programs print goes here */
	int signal_fd;
	struct manifest manifest;
	struct database database;
	struct receiver receiver;
	struct counters counters;
	struct process faker;
	struct udp_counters before;
	bool interrupted;
};

static bool is(const char *text, const char *name)
{
	return strcmp(text, name) == 0;
}

/* A namespace of its own where that is wanted and allowed. */
static bool isolate(struct experiment *run)
{
	const struct run_options *options = run->options;
	bool given = !is(options->database, "private") && !is(options->database, "none");
	int error = 0;

	if (options->netns == NETNS_HOST || (options->netns == NETNS_AUTO && given))
		return true;
	error = isolation_network();
	if (error && options->netns == NETNS_PRIVATE) {
		message_error("could not make a network namespace: %s", strerror(-error));
		message_hint("run as root, or with --netns host");
		return false;
	}
	if (error == 0)
		manifest_read_sysctls(&run->manifest);
	manifest_set_isolation(&run->manifest, error == 0);
	return true;
}

static bool start_database(struct experiment *run)
{
	if (!is(run->options->database, "private"))
		return true;
	message_note("%s: starting a private PostgreSQL", run->scenario->name);
	return database_start(&run->database, run->logs, run->signal_fd);
}

static const char *conninfo(const struct experiment *run)
{
	if (is(run->options->database, "none"))
		return NULL;
	return is(run->options->database, "private") ? run->database.conninfo
						     : run->options->database;
}

static bool start_faker(struct experiment *run)
{
	struct process_place place = { .logs = run->logs,
				       .new_group = true,
				       .show_errors =
					       !run->options->quiet && isatty(STDERR_FILENO) };
	struct words words = { .items = NULL };
	char program[PATH_MAX];
	bool started;

	if (datadir_program(program, sizeof(program), "fairport-fake") != 0)
		return false;
	words_add(&words, "%s", program);
	words_add(&words, "%s", run->receiver.target);
	words_add(&words, "--json=%s/fake.ndjson", run->directory);
	words_add(&words, "--run=%s", run->options->run);
	words_add(&words, "--seed=%llu", (unsigned long long)run->options->seed);
	words_add_settings(&words, &run->scenario->sections[SECTION_FAKE]);
	isolation_read_counters(&run->before);
	started = !words.failed && process_start(&run->faker, "fake", &place, words.items);
	manifest_started(&run->manifest, "fake", &words);
	words_free(&words);
	return started;
}

/* Waits until the faker is done. False when something else ended first. */
static bool await_faker(struct experiment *run)
{
	for (;;) {
		switch (process_await_end(&run->faker, LOOK_EVERY, run->signal_fd)) {
		case WAIT_DONE:
			if (process_exit_status(&run->faker) == EXIT_DONE)
				return true;
			message_error("fairport-fake ended with status %d",
				      process_exit_status(&run->faker));
			process_show_log(&run->faker, run->logs);
			message_hint("look at [fake] in %s", run->scenario->path);
			return false;
		case WAIT_SIGNAL:
			run->interrupted = true;
			return true;
		default:
			break;
		}
		if (!receiver_alive(&run->receiver)) {
			message_error("the receiver ended before the faker did");
			process_show_log(&run->receiver.process, run->logs);
			return false;
		}
	}
}

/* Whether everything that must run could be started. */
static bool start_all(struct experiment *run)
{
	const struct run_options *options = run->options;

	if (!isolate(run) || !start_database(run))
		return false;
	if (!receiver_start(&run->receiver, options, run->scenario, run->directory, run->logs,
			    conninfo(run), run->signal_fd, &run->manifest))
		return false;
	if (options->probes == PROBES_AUTO)
		counters_start(&run->counters, options, run->scenario, run->directory, run->logs,
			       run->receiver.port, run->signal_fd, &run->manifest);
	else
		manifest_missing(&run->manifest, "probes: not asked for (--probes none)");
	message_note("%s: sending to %s", run->scenario->name, run->receiver.target);
	return start_faker(run);
}

static bool count_rows(struct experiment *run)
{
	struct ndjson out;
	char path[PATH_MAX];
	bool done;

	if (run->database.server.pid == 0 || run->database.server.ended)
		return true;
	snprintf(path, sizeof(path), "%s/store.ndjson", run->directory);
	if (ndjson_open(&out, path, "run", run->options->run) != 0) {
		message_error("could not open %s: %s", path, strerror(errno));
		return false;
	}
	done = database_count(&run->database, &out);
	return ndjson_close(&out) == 0 && done;
}

/* The order matters: whoever counts must outlive whom it counts. */
static bool stop_all(struct experiment *run)
{
	struct udp_counters after;
	bool complete;

	process_stop(&run->faker, SIGINT, 10 * NS_PER_SECOND);
	if (run->receiver.process.pid)
		message_note("%s: draining", run->scenario->name);
	complete = receiver_stop(&run->receiver);
	if (!complete)
		process_show_log(&run->receiver.process, run->logs);
	isolation_read_counters(&after);
	complete &= counters_stop(&run->counters);
	complete &= count_rows(run);
	database_stop(&run->database);
	manifest_set_counters(&run->manifest, &run->before, &after);
	manifest_ended(&run->manifest, &run->faker);
	manifest_ended(&run->manifest, &run->receiver.process);
	manifest_ended(&run->manifest, &run->counters.probe);
	manifest_ended(&run->manifest, &run->counters.bpftrace);
	manifest_set_interrupted(&run->manifest, run->interrupted);
	return manifest_write(&run->manifest) && complete;
}

/* Its standard output is ours. */
static int report(const struct experiment *run)
{
	struct process_place place = { .logs = run->logs,
				       .show_errors = true,
				       .show_output = true };
	char program[PATH_MAX];
	char plots[] = "--plots=none";
	char *argv[] = { program, (char *)run->directory, run->options->plots ? plots : NULL,
			 NULL };
	struct process process;

	fflush(stdout);
	if (datadir_program(program, sizeof(program), "fairport-report") != 0 ||
	    !process_start(&process, "report", &place, argv))
		return EXIT_INCOMPLETE;
	if (process_await_end(&process, REPORT_LIMIT, run->signal_fd) != WAIT_DONE) {
		process_stop(&process, SIGTERM, 5 * NS_PER_SECOND);
		message_error("the report was not finished");
		return EXIT_INCOMPLETE;
	}
	return process_exit_status(&process);
}

int experiment_run(const struct run_options *options, const struct scenario *scenario,
		   const char *directory, int signal_fd, int argc, char **argv)
{
	struct experiment run = { .options = options,
				  .scenario = scenario,
				  .directory = directory,
				  .signal_fd = signal_fd };
	bool started, complete;
	int status;

	snprintf(run.logs, sizeof(run.logs), "%s/logs", directory);
	if (mkdir(run.logs, 0755) != 0 && errno != EEXIST) {
		message_error("could not make directory %s: %s", run.logs, strerror(errno));
		return EXIT_CANNOT_RUN;
	}
	if (!manifest_open(&run.manifest, directory, options, scenario, argc, argv))
		return EXIT_CANNOT_RUN;
	started = start_all(&run);
	complete = started && await_faker(&run);
	complete &= stop_all(&run);
	manifest_close(&run.manifest);
	if (!started) {
		message_error("scenario %s could not be run; see %s", scenario->name, directory);
		return EXIT_CANNOT_RUN;
	}
	status = report(&run);
	if (run.interrupted)
		message_note("%s: interrupted", scenario->name);
	return status == EXIT_DONE && (!complete || run.interrupted) ? EXIT_INCOMPLETE : status;
}

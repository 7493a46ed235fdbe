#include "lab/experiment.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "lab/counters.h"
#include "lab/database.h"
#include "lab/isolation.h"
#include "lab/options.h"
#include "lab/process.h"
#include "lab/receiver.h"
#include "lab/run.h"
#include "lab/scenario.h"
#include "lab/words.h"

#define REPORT_LIMIT (300 * NS_PER_SECOND)
#define STOP_LIMIT   (10 * NS_PER_SECOND)
/* How often the end of the receiver is looked for while the faker sends. */
#define LOOK_EVERY (200 * NS_PER_MS)

struct experiment {
	struct run run;
	struct database database;
	struct receiver receiver;
	struct counters counters;
	struct process faker;
	struct udp_counters before;
};

static bool has_setting(const struct setting_list *list, const char *key)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].key, key) == 0)
			return true;
	return false;
}

static const char *setting(const struct setting_list *list, const char *key, const char *fallback)
{
	const char *value = fallback;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].key, key) == 0)
			value = list->items[i].value;
	return value;
}

/* Who sends by one protocol and listens by the other meets nobody. */
static bool protocols_match(const struct scenario *scenario)
{
	const char *receive = setting(&scenario->sections[SECTION_RECEIVE], "protocol", "udp");
	const char *fake = setting(&scenario->sections[SECTION_FAKE], "protocol", "udp");

	if (strcmp(receive, fake) != 0)
		message_error("%s: [receive] has protocol %s, and [fake] %s", scenario->path,
			      receive, fake);
	return strcmp(receive, fake) == 0;
}

/* What would only be noticed after minutes is looked for before. */
static bool check(const struct scenario *scenario)
{
	static const char *const needed[] = { "fairport-receive", "fairport-fake",
					      "fairport-report" };
	const struct setting_list *fake = &scenario->sections[SECTION_FAKE];
	bool ends = has_setting(fake, "count") || has_setting(fake, "duration") ||
		    (has_setting(fake, "replay") && !has_setting(fake, "loop"));

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		struct words words = { .items = NULL };
		bool found;

		words_add_program(&words, needed[i]);
		found = !words.failed && access(words.items[0], X_OK) == 0;
		words_free(&words);
		if (!found) {
			message_error("%s does not stand beside fairport-run", needed[i]);
			message_hint("build it: make; what it needs: make deps");
			return false;
		}
	}
	if (!ends)
		message_error(
			"%s: [fake] has neither count nor duration, nor replay without loop: it "
			"would not end",
			scenario->path);
	return ends && protocols_match(scenario);
}

/* A namespace of its own where that is wanted and allowed. */
static bool isolate(struct run *run)
{
	const struct run_options *options = run->options;
	bool given = run_database_kind(options) == DATABASE_GIVEN;
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

static bool start_database(struct experiment *experiment)
{
	struct run *run = &experiment->run;

	if (run_database_kind(run->options) != DATABASE_PRIVATE)
		return true;
	message_note("%s: starting a private PostgreSQL", run->scenario->name);
	return database_start(&experiment->database, run->logs, run->interrupt);
}

static const char *conninfo(const struct experiment *experiment)
{
	const struct run_options *options = experiment->run.options;

	switch (run_database_kind(options)) {
	case DATABASE_PRIVATE:
		return experiment->database.conninfo;
	case DATABASE_GIVEN:
		return options->database;
	default:
		return NULL;
	}
}

static bool start_faker(struct experiment *experiment)
{
	struct run *run = &experiment->run;
	struct process_place place = { .logs = run->logs,
				       .new_group = true,
				       .show_errors =
					       !run->options->quiet && isatty(STDERR_FILENO) };
	struct words words = { .items = NULL };
	bool started;

	message_note("%s: sending to %s", run->scenario->name, experiment->receiver.target);
	words_add_program(&words, "fairport-fake");
	words_add(&words, "%s", experiment->receiver.target);
	words_add(&words, "--json=%s/fake.ndjson", run->directory);
	words_add(&words, "--run=%s", run->options->run);
	words_add(&words, "--seed=%llu", (unsigned long long)run->options->seed);
	words_add_settings(&words, &run->scenario->sections[SECTION_FAKE]);
	isolation_read_counters(&experiment->before);
	started = !words.failed && process_start(&experiment->faker, "fake", &place, words.items);
	manifest_started(&run->manifest, "fake", &words);
	words_free(&words);
	return started;
}

/* Whether everything that must run was started. */
static bool start_all(struct experiment *experiment)
{
	struct run *run = &experiment->run;

	if (!isolate(run) || !start_database(experiment) ||
	    !receiver_start(&experiment->receiver, run, conninfo(experiment)))
		return false;
	if (run->options->probes == PROBES_NONE)
		manifest_missing(&run->manifest, "probes: not asked for (--probes none)");
	else if (!counters_start(&experiment->counters, run, &experiment->receiver))
		return false;
	return start_faker(experiment);
}

/*
 * Waits until the faker is done. EXIT_DONE, EXIT_CANNOT_RUN when it could not even start to send,
 * or EXIT_INCOMPLETE.
 */
static int await_faker(struct experiment *experiment)
{
	struct run *run = &experiment->run;
	int status;

	while (run->interrupt->count == 0) {
		if (process_await_end(&experiment->faker, LOOK_EVERY, run->interrupt) ==
		    WAIT_DONE) {
			status = process_exit_status(&experiment->faker);
			if (status == EXIT_DONE)
				return EXIT_DONE;
			message_error("the faker ended with status %d; it said:", status);
			process_show_log("fake", run->logs);
			message_hint("look at [fake] in %s", run->scenario->path);
			return status == EXIT_CANNOT_RUN ? EXIT_CANNOT_RUN : EXIT_INCOMPLETE;
		}
		if (!receiver_alive(&experiment->receiver, run->interrupt)) {
			message_error("the receiver ended before the faker did");
			return EXIT_INCOMPLETE;
		}
	}
	return EXIT_INCOMPLETE;
}

static bool count_rows(struct experiment *experiment)
{
	struct run *run = &experiment->run;
	struct ndjson out;
	char path[PATH_MAX];
	bool done;

	if (experiment->database.server.pid == 0 || experiment->database.server.ended)
		return true;
	snprintf(path, sizeof(path), "%s/store.ndjson", run->directory);
	if (!record_open(&out, path, "run", run->options->run))
		return false;
	done = database_count(&experiment->database, &out);
	return record_close(&out) && done;
}

/* The order matters: whoever counts must outlive whom it counts. */
static bool stop_all(struct experiment *experiment)
{
	struct run *run = &experiment->run;
	struct manifest *manifest = &run->manifest;
	struct udp_counters after;
	bool complete;

	process_stop(&experiment->faker, SIGINT, STOP_LIMIT, run->interrupt);
	if (experiment->faker.pid)
		message_note("%s: draining", run->scenario->name);
	complete = receiver_stop(&experiment->receiver, run->interrupt);
	if (!complete && experiment->faker.pid)
		process_show_log("receive", run->logs);
	isolation_read_counters(&after);
	complete &= counters_stop(&experiment->counters, run->interrupt);
	complete &= count_rows(experiment);
	database_stop(&experiment->database, run->interrupt);
	isolation_end();
	manifest_set_counters(manifest, &experiment->before, &after);
	manifest_ended(manifest, &experiment->faker);
	manifest_ended(manifest, &experiment->receiver.process);
	manifest_ended(manifest, &experiment->counters.probe);
	manifest_ended(manifest, &experiment->counters.bpftrace);
	manifest_set_interrupted(manifest, run->interrupt->count > 0);
	return manifest_write(manifest) && complete;
}

/* Its standard output is ours. */
static int report(struct run *run)
{
	struct process_place place = { .logs = run->logs,
				       .show_errors = true,
				       .show_output = true };
	struct words words = { .items = NULL };
	struct process process;
	bool started;
	int status;

	fflush(stdout);
	words_add_program(&words, "fairport-report");
	words_add(&words, "%s", run->directory);
	words_add(&words, "--plots=%s", run->options->plots ? "none" : "auto");
	started = !words.failed && process_start(&process, "report", &place, words.items);
	words_free(&words);
	if (!started)
		return EXIT_INCOMPLETE;
	while (process_await_end(&process, REPORT_LIMIT, run->interrupt) == WAIT_SIGNAL &&
	       run->interrupt->count < 2)
		;
	if (!process_stop(&process, SIGTERM, STOP_LIMIT, run->interrupt)) {
		message_error("the report was not finished");
		return EXIT_INCOMPLETE;
	}
	status = process_exit_status(&process);
	return status == EXIT_DONE || status == EXIT_EXPECTATION ? status : EXIT_INCOMPLETE;
}

static bool open_run(struct run *run, int argc, char **argv)
{
	snprintf(run->logs, sizeof(run->logs), "%s/logs", run->directory);
	if (mkdir(run->logs, 0755) != 0 && errno != EEXIST) {
		message_error("could not make directory %s: %s", run->logs, strerror(errno));
		return false;
	}
	return manifest_open(&run->manifest, run->directory, run->options, run->scenario, argc,
			     argv);
}

int experiment_run(const struct run_options *options, const struct scenario *scenario,
		   const char *directory, struct interrupt *interrupt, int argc, char **argv)
{
	struct experiment experiment = { .run = { .options = options,
						  .scenario = scenario,
						  .directory = directory,
						  .interrupt = interrupt } };
	struct run *run = &experiment.run;
	int sent, status;
	bool started, complete;

	if (!check(scenario) || !open_run(run, argc, argv))
		return EXIT_CANNOT_RUN;
	started = start_all(&experiment);
	sent = started ? await_faker(&experiment) : EXIT_CANNOT_RUN;
	complete = stop_all(&experiment);
	/* Where nothing was sent there are no results that another run could write over. */
	if (sent == EXIT_CANNOT_RUN)
		unlink(run->manifest.path);
	manifest_close(&run->manifest);
	if (interrupt->count)
		message_note("%s: interrupted", scenario->name);
	if (sent == EXIT_CANNOT_RUN) {
		if (interrupt->count == 0)
			message_error("scenario %s could not be run; see %s", scenario->name,
				      run->logs);
		return interrupt->count ? EXIT_INCOMPLETE : EXIT_CANNOT_RUN;
	}
	if (interrupt->count > 1)
		return EXIT_INCOMPLETE;
	status = report(run);
	return status == EXIT_DONE && (!complete || sent != EXIT_DONE) ? EXIT_INCOMPLETE : status;
}

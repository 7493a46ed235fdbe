#include "lab/counters.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/datadir.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/tracefs.h"
#include "lab/options.h"
#include "lab/receiver.h"
#include "lab/run.h"
#include "lab/scenario.h"
#include "lab/words.h"

#define READY_LIMIT (30 * NS_PER_SECOND)
#define STOP_LIMIT  (15 * NS_PER_SECOND)

/* Appends what follows KIND in LINE, without its line feed. False: nothing does. */
static bool append(char *reason, size_t size, const char *line, const char *kind)
{
	const char *at = strcasestr(line, kind);
	size_t used = strlen(reason);

	if (!at)
		return false;
	at += strlen(kind);
	snprintf(reason + used, size - used, "%.*s", (int)strcspn(at, "\n"), at);
	return true;
}

/* The first error in the log of NAME, with its hint, as the reason why it is missing. */
static void note_missing(struct run *run, const char *name)
{
	char path[PATH_MAX + 64], line[256], reason[512];
	bool found = false;
	FILE *log;

	snprintf(reason, sizeof(reason), "%s: ", name);
	snprintf(path, sizeof(path), "%s/%s.log", run->logs, name);
	log = fopen(path, "re");
	while (log && fgets(line, sizeof(line), log)) {
		/* What bpftrace says of a limit that newer kernels do not use is no reason. */
		if (strstr(line, "RLIMIT_MEMLOCK"))
			continue;
		if (found) {
			strncat(reason, strstr(line, "hint: ") ? "; " : "",
				sizeof(reason) - strlen(reason) - 1);
			append(reason, sizeof(reason), line, "hint: ");
			break;
		}
		found = append(reason, sizeof(reason), line, "error: ");
	}
	if (log)
		fclose(log);
	if (!found)
		append(reason, sizeof(reason), "error: it did not start", "error: ");
	manifest_missing(&run->manifest, reason);
}

/* What is not there is missing; what refuses the scenario's words is an error: false. */
static bool go_without(struct process *process, struct run *run)
{
	int status;

	process_stop(process, SIGTERM, STOP_LIMIT, run->interrupt);
	status = process_exit_status(process);
	process->pid = 0;
	if (run->interrupt->count)
		return false;
	if (status == EXIT_CANNOT_RUN && strcmp(process->name, "probe") == 0) {
		message_error("the probe cannot run like this; it said:");
		process_show_log("probe", run->logs);
		message_hint("look at [probe] in %s", run->scenario->path);
		return false;
	}
	note_missing(run, process->name);
	return true;
}

static bool start_probe(struct process *probe, struct run *run, uint16_t port)
{
	struct process_place place = { .logs = run->logs, .new_group = true, .ready = true };
	struct words words = { .items = NULL };
	bool started;

	words_add_program(&words, "fairport-probe");
	if (words.failed || access(words.items[0], X_OK) != 0) {
		words_free(&words);
		manifest_missing(&run->manifest, "probe: it was not built (libbpf, clang)");
		return true;
	}
	words_add(&words, "--port=%u", port);
	/* What the lowest tier tells could not be compared with anything. */
	words_add(&words, "--tier=bpf");
	words_add(&words, "--json=%s/probe.ndjson", run->directory);
	words_add(&words, "--run=%s", run->options->run);
	words_add(&words, "--ready-fd=%d", PROCESS_READY_FD);
	words_add_settings(&words, &run->scenario->sections[SECTION_PROBE]);
	started = !words.failed && process_start(probe, "probe", &place, words.items);
	manifest_started(&run->manifest, "probe", &words);
	words_free(&words);
	if (started && process_await_ready(probe, READY_LIMIT, run->interrupt) == WAIT_DONE)
		return true;
	return go_without(probe, run);
}

/* recvfrom.bt prints "ready" once all its programs are attached. */
static bool await_bpftrace(struct process *bpftrace, struct run *run, const char *path)
{
	uint64_t limit = clock_now() + READY_LIMIT;
	char line[256];
	bool ready = false;

	while (!ready && clock_now() < limit &&
	       process_await_end(bpftrace, 20 * NS_PER_MS, run->interrupt) == WAIT_TIMEOUT) {
		FILE *output = fopen(path, "re");

		while (output && !ready && fgets(line, sizeof(line), output))
			ready = strstr(line, "ready") != NULL;
		if (output)
			fclose(output);
	}
	return ready;
}

/* Why bpftrace cannot even be tried; NULL when it can. */
static const char *why_no_bpftrace(const char *script)
{
	if (geteuid() != 0)
		return "bpftrace: it runs as root only";
	if (access(script, R_OK) != 0)
		return "bpftrace: recvfrom.bt is not installed";
	if (tracefs_prepare() != 0)
		return "bpftrace: tracefs could not be mounted";
	return NULL;
}

static bool start_bpftrace(struct process *bpftrace, struct run *run, uint16_t port)
{
	struct process_place place = { .logs = run->logs, .new_group = true };
	struct words words = { .items = NULL };
	char script[PATH_MAX] = "", output[PATH_MAX];
	const char *why;
	bool started;

	datadir_path(script, sizeof(script), "recvfrom.bt");
	why = why_no_bpftrace(script);
	if (why) {
		manifest_missing(&run->manifest, why);
		return true;
	}
	snprintf(output, sizeof(output), "%s/bpftrace.json", run->directory);
	place.output = output;
	words_add(&words, "bpftrace");
	words_add(&words, "-f");
	words_add(&words, "json");
	words_add(&words, "%s", script);
	words_add(&words, "%u", port);
	started = !words.failed && process_start(bpftrace, "bpftrace", &place, words.items);
	manifest_started(&run->manifest, "bpftrace", &words);
	words_free(&words);
	if (started && await_bpftrace(bpftrace, run, output))
		return true;
	unlink(output);
	return go_without(bpftrace, run);
}

/* recvfrom.bt would count nothing, or a part: that is no second opinion. */
static bool bpftrace_counts(struct run *run, const struct receiver *receiver)
{
	char missing[128];

	if (strcmp(receiver->engine, "recvfrom") == 0)
		return true;
	snprintf(missing, sizeof(missing), "bpftrace: counts recvfrom(2), and the engine is %s",
		 receiver->engine);
	manifest_missing(&run->manifest, missing);
	return false;
}

bool counters_start(struct counters *counters, struct run *run, const struct receiver *receiver)
{
	message_note("%s: attaching probes to port %u", run->scenario->name, receiver->port);
	if (!start_probe(&counters->probe, run, receiver->port))
		return false;
	if (receiver->tcp) {
		manifest_missing(&run->manifest, "bpftrace: counts UDP only");
		return true;
	}
	return !bpftrace_counts(run, receiver) ||
	       start_bpftrace(&counters->bpftrace, run, receiver->port);
}

/*
 * bpftrace 0.17 misses a signal that comes while it does not wait for one, and loses what it has
 * counted with a second SIGINT, but not with a second SIGTERM.
 */
static bool stop_bpftrace(struct process *bpftrace, struct interrupt *interrupt)
{
	uint64_t limit = clock_now() + STOP_LIMIT;

	while (bpftrace->pid && !bpftrace->ended && !interrupt->count && clock_now() < limit) {
		kill(bpftrace->pid, SIGTERM);
		process_await_end(bpftrace, NS_PER_SECOND, interrupt);
	}
	return process_stop(bpftrace, SIGTERM, STOP_LIMIT, interrupt);
}

bool counters_stop(struct counters *counters, struct interrupt *interrupt)
{
	bool complete = process_stop(&counters->probe, SIGINT, STOP_LIMIT, interrupt);

	complete &= stop_bpftrace(&counters->bpftrace, interrupt);
	return complete &&
	       (counters->probe.pid == 0 || process_exit_status(&counters->probe) == EXIT_DONE);
}

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
#include "lab/isolation.h"
#include "lab/manifest.h"
#include "lab/options.h"
#include "lab/scenario.h"
#include "lab/words.h"

#define READY_LIMIT (30 * NS_PER_SECOND)
#define STOP_LIMIT  (15 * NS_PER_SECOND)

/* The first error line of LOGS/NAME.log, as the reason why NAME is missing. */
static void note_missing(struct manifest *manifest, const char *name, const char *logs)
{
	char path[PATH_MAX], line[256], reason[320];
	FILE *log;

	snprintf(reason, sizeof(reason), "%s: it did not start", name);
	snprintf(path, sizeof(path), "%s/%s.log", logs, name);
	log = fopen(path, "re");
	while (log && fgets(line, sizeof(line), log)) {
		const char *at = strcasestr(line, "error: ");

		/* What bpftrace says of a limit that newer kernels do not use is no reason. */
		if (!at || strstr(at, "RLIMIT_MEMLOCK"))
			continue;
		snprintf(reason, sizeof(reason), "%s: %.*s", name, (int)strcspn(at + 7, "\n"),
			 at + 7);
		break;
	}
	if (log)
		fclose(log);
	manifest_missing(manifest, reason);
}

static void forget(struct process *process)
{
	process_stop(process, SIGTERM, STOP_LIMIT);
	process->pid = 0;
}

static void start_probe(struct counters *counters, const struct run_options *options,
			const struct scenario *scenario, const char *directory, const char *logs,
			uint16_t port, int signal_fd, struct manifest *manifest)
{
	struct process_place place = { .logs = logs, .new_group = true, .ready = true };
	struct words words = { .items = NULL };
	char program[PATH_MAX];
	bool started;

	if (datadir_program(program, sizeof(program), "fairport-probe") != 0 ||
	    access(program, X_OK) != 0) {
		manifest_missing(manifest, "probe: fairport-probe is not built (libbpf, clang)");
		return;
	}
	words_add(&words, "%s", program);
	words_add(&words, "--port=%u", port);
	words_add(&words, "--json=%s/probe.ndjson", directory);
	words_add(&words, "--run=%s", options->run);
	words_add(&words, "--ready-fd=%d", PROCESS_READY_FD);
	words_add_settings(&words, &scenario->sections[SECTION_PROBE]);
	started = !words.failed && process_start(&counters->probe, "probe", &place, words.items);
	manifest_started(manifest, "probe", &words);
	words_free(&words);
	if (started && process_await_ready(&counters->probe, READY_LIMIT, signal_fd) == WAIT_DONE)
		return;
	forget(&counters->probe);
	note_missing(manifest, "probe", logs);
}

/* recvfrom.bt prints "ready" once all its programs are attached. */
static bool await_bpftrace(struct counters *counters, const char *path, int signal_fd)
{
	uint64_t limit = clock_now() + READY_LIMIT;
	char line[256];
	bool ready = false;

	while (!ready && clock_now() < limit &&
	       process_await_end(&counters->bpftrace, 20 * NS_PER_MS, signal_fd) == WAIT_TIMEOUT) {
		FILE *output = fopen(path, "re");

		while (output && !ready && fgets(line, sizeof(line), output))
			ready = strstr(line, "ready") != NULL;
		if (output)
			fclose(output);
	}
	return ready;
}

static void start_bpftrace(struct counters *counters, const char *directory, const char *logs,
			   uint16_t port, int signal_fd, struct manifest *manifest)
{
	struct process_place place = { .logs = logs, .new_group = true };
	struct words words = { .items = NULL };
	char script[PATH_MAX], output[PATH_MAX], text[128];
	bool started;
	int error;

	if (geteuid() != 0) {
		manifest_missing(manifest, "bpftrace: it runs as root only");
		return;
	}
	if (datadir_path(script, sizeof(script), "recvfrom.bt") != 0 || access(script, R_OK) != 0) {
		manifest_missing(manifest, "bpftrace: recvfrom.bt is not installed");
		return;
	}
	error = isolation_tracefs();
	if (error) {
		snprintf(text, sizeof(text), "bpftrace: tracefs could not be mounted: %s",
			 strerror(-error));
		manifest_missing(manifest, text);
		return;
	}
	snprintf(output, sizeof(output), "%s/bpftrace.json", directory);
	place.output = output;
	words_add(&words, "bpftrace");
	words_add(&words, "-f");
	words_add(&words, "json");
	words_add(&words, "%s", script);
	words_add(&words, "%u", port);
	started = !words.failed &&
		  process_start(&counters->bpftrace, "bpftrace", &place, words.items);
	manifest_started(manifest, "bpftrace", &words);
	words_free(&words);
	if (started && await_bpftrace(counters, output, signal_fd))
		return;
	forget(&counters->bpftrace);
	note_missing(manifest, "bpftrace", logs);
}

void counters_start(struct counters *counters, const struct run_options *options,
		    const struct scenario *scenario, const char *directory, const char *logs,
		    uint16_t port, int signal_fd, struct manifest *manifest)
{
	message_note("%s: attaching probes to port %u", scenario->name, port);
	start_probe(counters, options, scenario, directory, logs, port, signal_fd, manifest);
	start_bpftrace(counters, directory, logs, port, signal_fd, manifest);
}

bool counters_stop(struct counters *counters)
{
	bool complete = process_stop(&counters->probe, SIGINT, STOP_LIMIT);

	complete &= process_stop(&counters->bpftrace, SIGINT, STOP_LIMIT);
	return complete &&
	       (counters->probe.pid == 0 || process_exit_status(&counters->probe) == EXIT_DONE);
}

#include "lab/receiver.h"

#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/exit.h"
#include "common/message.h"
#include "lab/options.h"
#include "lab/run.h"
#include "lab/scenario.h"
#include "lab/words.h"

#define READY_LIMIT (60 * NS_PER_SECOND)
/* It drains for up to 5 s and waits up to 30 s for the database. */
#define STOP_LIMIT (45 * NS_PER_SECOND)

/* Port and address stand in the header record: with port 0, the kernel chose. */
static bool learn_address(struct receiver *receiver, const char *directory)
{
	char path[PATH_MAX];
	const char *address = NULL;
	json_t *header;
	json_int_t port = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/receive.ndjson", directory);
	file = fopen(path, "re");
	header = file ? json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
	if (file)
		fclose(file);
	if (json_unpack(header, "{s:s, s:I}", "address", &address, "port", &port) != 0) {
		message_error("could not learn the receiver's address from %s", path);
		json_decref(header);
		return false;
	}
	receiver->port = (uint16_t)port;
	/* What listens everywhere is reached over loopback. */
	if (strncmp(address, "[::]:", 5) == 0)
		snprintf(receiver->target, sizeof(receiver->target), "[::1]:%u", receiver->port);
	else if (strncmp(address, "0.0.0.0:", 8) == 0)
		snprintf(receiver->target, sizeof(receiver->target), "127.0.0.1:%u",
			 receiver->port);
	else
		snprintf(receiver->target, sizeof(receiver->target), "%s", address);
	json_decref(header);
	return true;
}

bool receiver_start(struct receiver *receiver, struct run *run, const char *conninfo)
{
	struct process_place place = { .logs = run->logs, .new_group = true, .ready = true };
	struct words words = { .items = NULL };
	enum wait_result result;
	bool started;

	words_add_program(&words, "fairport-receive");
	words_add(&words, "%s", run->options->listen);
	words_add(&words, "--json=%s/receive.ndjson", run->directory);
	words_add(&words, "--run=%s", run->options->run);
	words_add(&words, "--ready-fd=%d", PROCESS_READY_FD);
	if (conninfo)
		words_add(&words, "--database=%s", conninfo);
	else
		words_add(&words, "--sink=null");
	words_add_settings(&words, &run->scenario->sections[SECTION_RECEIVE]);
	started =
		!words.failed && process_start(&receiver->process, "receive", &place, words.items);
	manifest_started(&run->manifest, "receive", &words);
	words_free(&words);
	if (!started)
		return false;
	result = process_await_ready(&receiver->process, READY_LIMIT, run->interrupt);
	if (result == WAIT_DONE)
		return learn_address(receiver, run->directory);
	if (result == WAIT_SIGNAL)
		return false;
	message_error("the receiver did not get ready; it said:");
	process_show_log("receive", run->logs);
	message_hint("look at --listen, --database, and [receive] in %s", run->scenario->path);
	return false;
}

bool receiver_alive(struct receiver *receiver, struct interrupt *interrupt)
{
	return process_await_end(&receiver->process, NS_PER_MS, interrupt) == WAIT_TIMEOUT;
}

bool receiver_stop(struct receiver *receiver, struct interrupt *interrupt)
{
	return process_stop(&receiver->process, SIGTERM, STOP_LIMIT, interrupt) &&
	       process_exit_status(&receiver->process) == EXIT_DONE;
}

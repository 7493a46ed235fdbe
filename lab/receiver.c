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
/* Once it has drained it waits up to 30 s for the database, and then reports. */
#define FLUSH_LIMIT (45 * NS_PER_SECOND)

/* What listens everywhere is reached over loopback. */
static void set_target(struct receiver *receiver, const char *address)
{
	if (strncmp(address, "[::]:", 5) == 0)
		snprintf(receiver->target, sizeof(receiver->target), "[::1]:%u", receiver->port);
	else if (strncmp(address, "0.0.0.0:", 8) == 0)
		snprintf(receiver->target, sizeof(receiver->target), "127.0.0.1:%u",
			 receiver->port);
	else
		snprintf(receiver->target, sizeof(receiver->target), "%s", address);
}

/* A member of HEADER that is text, else FALLBACK. */
static const char *text_of(const json_t *header, const char *key, const char *fallback)
{
	const char *text = json_string_value(json_object_get(header, key));

	return text ? text : fallback;
}

/*
 * The header record tells what the options came to: with port 0, the kernel chose the port; with
 * engine auto, the receiver chose the engine.
 */
static bool learn(struct receiver *receiver, const char *directory)
{
	char path[PATH_MAX];
	const json_t *drain;
	const char *address;
	json_int_t port;
	json_t *header;
	FILE *file;

	snprintf(path, sizeof(path), "%s/receive.ndjson", directory);
	file = fopen(path, "re");
	header = file ? json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
	if (file)
		fclose(file);
	address = text_of(header, "address", NULL);
	port = json_integer_value(json_object_get(header, "port"));
	drain = json_object_get(json_object_get(header, "options"), "drain");
	if (!address || port < 1 || port > UINT16_MAX) {
		message_error("could not learn the receiver's address from %s", path);
		json_decref(header);
		return false;
	}
	receiver->port = (uint16_t)port;
	receiver->drain = (uint64_t)json_integer_value(drain);
	receiver->tcp = strcmp(text_of(header, "protocol", "udp"), "tcp") == 0;
	snprintf(receiver->engine, sizeof(receiver->engine), "%s",
		 text_of(header, "engine", "recvfrom"));
	set_target(receiver, address);
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
		return learn(receiver, run->directory);
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
	uint64_t limit = receiver->drain + FLUSH_LIMIT;

	return process_stop(&receiver->process, SIGTERM, limit, interrupt) &&
	       process_exit_status(&receiver->process) == EXIT_DONE;
}

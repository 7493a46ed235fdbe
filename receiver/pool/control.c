#include "receiver/pool/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "receiver/pool/unix_listener.h"

#define CLIENTS      (CONTROL_FDS - 1)
#define LINE_LIMIT   4096
#define READ_TIMEOUT (2 * NS_PER_SECOND) /* for a client to take some of its answers */
#define ACCEPT_PAUSE (250 * NS_PER_MS)   /* after accept(2) failed: it would again at once */

struct client {
	int fd; /* -1: free */
	char input[LINE_LIMIT];
	size_t filled;
	char *answer; /* what is left of it begins at SENT; NULL: none */
	size_t length, sent;
	uint64_t active; /* clock_now() when it last sent or took something */
	bool leaving;    /* to be closed once it has its answer */
};

struct control {
	struct unix_listener listener;
	const struct control_command *commands;
	void *context;
	uint64_t deaf_until; /* no accept(2) before */
	struct client clients[CLIENTS];
};

static void client_close(struct client *client)
{
	close(client->fd);
	free(client->answer);
	client->answer = NULL;
	client->fd = -1;
}

static bool client_has_line(const struct client *client)
{
	return memchr(client->input, '\n', client->filled) != NULL;
}

/* An answer in memory that is not complete yet. */
struct reply {
	struct ndjson out;
	char *text;
	size_t length;
};

static bool reply_begin(struct reply *reply, bool ok)
{
	*reply = (struct reply){ .out = { .path = "control socket" } };
	reply->out.file = open_memstream(&reply->text, &reply->length);
	if (!reply->out.file)
		return false;
	fputc('{', reply->out.file);
	ndjson_bool(&reply->out, "ok", ok);
	return true;
}

static void reply_drop(struct reply *reply)
{
	ndjson_close(&reply->out);
	free(reply->text);
	reply->text = NULL;
}

/* Makes it what CLIENT is sent. Without memory, the client is left. */
static void reply_end(struct reply *reply, struct client *client)
{
	ndjson_end(&reply->out);
	if (ndjson_close(&reply->out) != 0) {
		free(reply->text);
		client_close(client);
		return;
	}
	client->answer = reply->text;
	client->length = reply->length;
	client->sent = 0;
	client->active = clock_now(); /* the command may have taken a while */
}

PRINTF_LIKE(2, 3)
static void answer_error(struct client *client, const char *format, ...)
{
	char text[1024];
	struct reply reply;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (!reply_begin(&reply, false)) {
		client_close(client);
		return;
	}
	ndjson_string(&reply.out, "error", text);
	reply_end(&reply, client);
}

static void answer_unknown(const struct control *control, struct client *client, const char *name)
{
	char expected[512];
	size_t used = 0;

	expected[0] = '\0';
	for (const struct control_command *row = control->commands; row->name; row++)
		if (used < sizeof(expected))
			used += (size_t)snprintf(expected + used, sizeof(expected) - used,
						 "%s%s%s, ", row->name, row->argument ? " " : "",
						 row->argument ? row->argument : "");
	answer_error(client, "unknown command \"%.100s\"; expected %shelp", name, expected);
}

static void answer_help(const struct control *control, struct client *client)
{
	struct reply reply;

	if (!reply_begin(&reply, true)) {
		client_close(client);
		return;
	}
	ndjson_open_array(&reply.out, "commands");
	for (const struct control_command *row = control->commands; row->name; row++) {
		ndjson_open_object(&reply.out, NULL);
		ndjson_string(&reply.out, "name", row->name);
		ndjson_string(&reply.out, "argument", row->argument);
		ndjson_string(&reply.out, "meaning", row->meaning);
		ndjson_close_object(&reply.out);
	}
	ndjson_close_array(&reply.out);
	reply_end(&reply, client);
}

static void answer_command(const struct control *control, struct client *client,
			   const struct control_command *row, const char *argument)
{
	struct reply reply;
	const char *why;

	if (!row->argument != !argument || (argument && argument[strcspn(argument, " \t")])) {
		answer_error(client, "command \"%s\" takes %s; expected %s%s%s", row->name,
			     row->argument ? "one argument" : "no argument", row->name,
			     row->argument ? " " : "", row->argument ? row->argument : "");
		return;
	}
	if (!reply_begin(&reply, true)) {
		client_close(client);
		return;
	}
	why = row->run(control->context, argument, &reply.out);
	if (!why) {
		reply_end(&reply, client);
		return;
	}
	reply_drop(&reply);
	answer_error(client, "%s", why);
}

/* LINE, without its end, is taken apart in place. */
static void answer_line(const struct control *control, struct client *client, char *line)
{
	const struct control_command *row = control->commands;
	char *end = line + strlen(line), *argument;

	while (end > line && strchr(" \t\r", end[-1]))
		*--end = '\0';
	line += strspn(line, " \t");
	argument = line + strcspn(line, " \t");
	if (*argument) {
		*argument++ = '\0';
		argument += strspn(argument, " \t");
	} else {
		argument = NULL;
	}
	while (row->name && strcmp(row->name, line) != 0)
		row++;
	if (row->name)
		answer_command(control, client, row, argument);
	else if (strcmp(line, "help") == 0)
		answer_help(control, client);
	else
		answer_unknown(control, client, line);
}

/* Carries out one line: many that come at once may not keep the caller from its work. */
static void client_answer(const struct control *control, struct client *client)
{
	char line[LINE_LIMIT];
	const char *feed = memchr(client->input, '\n', client->filled);
	size_t length;

	if (!feed) {
		if (client->filled < sizeof(client->input))
			return;
		client->leaving = true;
		answer_error(client, "a command has at most %zu bytes", sizeof(client->input) - 1);
		return;
	}
	length = (size_t)(feed - client->input);
	memcpy(line, client->input, length);
	line[length] = '\0';
	client->filled -= length + 1;
	memmove(client->input, feed + 1, client->filled);
	if (strlen(line) == length)
		answer_line(control, client, line);
	else
		answer_error(client, "a command is text: it has no zero bytes");
}

/* False when it is gone. */
static bool client_read(struct client *client)
{
	ssize_t got = recv(client->fd, client->input + client->filled,
			   sizeof(client->input) - client->filled, MSG_DONTWAIT);

	/* At its end, all lines are answered. One without an end is no command: it may be half. */
	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	client->active = clock_now();
	client->filled += (size_t)got;
	return true;
}

/* False when it is gone. */
static bool client_send(struct client *client)
{
	ssize_t sent = send(client->fd, client->answer + client->sent,
			    client->length - client->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	client->active = clock_now();
	client->sent += (size_t)sent;
	if (client->sent == client->length) {
		free(client->answer);
		client->answer = NULL;
	}
	return true;
}

/* What poll(2) shall wait for. Nothing more is read while there is something to do. */
static short client_events(const struct client *client)
{
	return client->answer || client_has_line(client) ? POLLOUT : POLLIN;
}

static void client_service(const struct control *control, struct client *client)
{
	bool here = true;

	if (client_events(client) == POLLIN)
		here = client_read(client);
	if (here && !client->answer)
		client_answer(control, client);
	if (client->fd == -1)
		return;
	if (here && client->answer)
		here = client_send(client);
	if (!here || (client->leaving && !client->answer))
		client_close(client);
}

/* A place for a client, if need be that of the one who was silent for longest. */
static struct client *find_place(struct control *control)
{
	struct client *oldest = control->clients;

	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *client = &control->clients[i];

		if (client->fd == -1)
			return client;
		if (client->active < oldest->active)
			oldest = client;
	}
	client_close(oldest);
	return oldest;
}

static void accept_client(struct control *control)
{
	int fd = accept4(control->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *client;

	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			control->deaf_until = clock_now() + ACCEPT_PAUSE;
		return;
	}
	client = find_place(control);
	client->fd = fd;
	client->filled = 0;
	client->active = clock_now();
	client->leaving = false;
}

size_t control_wait_for(const struct control *control, struct pollfd fds[static CONTROL_FDS])
{
	size_t count = 0;

	if (clock_now() >= control->deaf_until)
		fds[count++] = (struct pollfd){ .fd = control->listener.fd, .events = POLLIN };
	for (size_t i = 0; i < CLIENTS; i++) {
		const struct client *client = &control->clients[i];

		if (client->fd != -1)
			fds[count++] = (struct pollfd){ .fd = client->fd,
							.events = client_events(client) };
	}
	return count;
}

static bool is_ready(int fd, const struct pollfd *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i].fd == fd)
			return fds[i].revents != 0;
	return false;
}

void control_service(struct control *control, const struct pollfd *fds, size_t count)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *client = &control->clients[i];

		if (client->fd == -1)
			continue;
		if (is_ready(client->fd, fds, count))
			client_service(control, client);
		else if (client_events(client) == POLLOUT &&
			 clock_now() >= client->active + READ_TIMEOUT)
			client_close(client);
	}
	/* Last, as a new client may get the number of one that was closed above. */
	if (is_ready(control->listener.fd, fds, count))
		accept_client(control);
}

struct control *control_open(const char *path, const struct control_command *commands,
			     void *context)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control) {
		message_error("could not open a control socket: %s", strerror(errno));
		return NULL;
	}
	if (!unix_listener_open(&control->listener, path)) {
		free(control);
		return NULL;
	}
	control->commands = commands;
	control->context = context;
	for (size_t i = 0; i < CLIENTS; i++)
		control->clients[i].fd = -1;
	return control;
}

static void close_clients(struct control *control)
{
	for (size_t i = 0; i < CLIENTS; i++)
		if (control->clients[i].fd != -1)
			client_close(&control->clients[i]);
}

void control_close(struct control *control)
{
	if (!control)
		return;
	close_clients(control);
	unix_listener_remove(&control->listener);
	free(control);
}

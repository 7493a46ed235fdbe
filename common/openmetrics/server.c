#include "common/openmetrics/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/version.h"

#define CONNECTIONS      32 /* others wait in the listener's queue */
#define KEPT             16 /* one more, and the oldest is ended: silence keeps nobody out */
#define CONNECTION_LIMIT (10 * NS_PER_SECOND)
#define REQUEST_MEMORY   16384 /* bytes for what a client sends, and for the header of the answer */

#define TYPE_TEXT        "text/plain; charset=utf-8"
#define TYPE_PROMETHEUS  "text/plain; version=0.0.4; charset=utf-8"
#define TYPE_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

struct client {
	struct MHD_Connection *connection; /* NULL: free */
	uint64_t deadline;                 /* clock_now() time; UINT64_MAX: told to end already */
};

struct openmetrics {
	struct MHD_Daemon *daemon;
	struct openmetrics_source source;
	struct address address;
	double started; /* seconds since 1970 */
	int fd;
	struct client clients[CONNECTIONS];
};

struct answer {
	unsigned int status;
	const char *type;
	char *text; /* handed to the library, and freed by it */
	size_t length;
};

static void write_own(const struct openmetrics *server, struct openmetrics_text *text)
{
	const struct openmetrics_label build[] = { { "program", server->source.program },
						   { "version", FAIRPORT_VERSION },
						   { NULL, NULL } };

	openmetrics_family(text, OPENMETRICS_INFO, "fairport_build", NULL,
			   "Which program this is, and its version.");
	openmetrics_uint(text, build, 1);
	openmetrics_family(text, OPENMETRICS_GAUGE, "process_start_time_seconds", "seconds",
			   "When the program was started, since 1970.");
	openmetrics_double(text, NULL, server->started);
}

static struct answer in_words(unsigned int status, const char *words, const char *program)
{
	struct answer answer = { .status = status, .type = TYPE_TEXT };

	answer.length = strlen(program) + strlen(words);
	answer.text = malloc(answer.length + 1);
	if (answer.text)
		stpcpy(stpcpy(answer.text, program), words);
	return answer;
}

static struct answer metrics(const struct openmetrics *server, const char *accept)
{
	bool openmetrics = accept && strcasestr(accept, "application/openmetrics-text");
	struct openmetrics_text text = { .prometheus = !openmetrics };
	int error;

	write_own(server, &text);
	error = server->source.write(server->source.context, &text);
	if (!error)
		error = openmetrics_end(&text);
	if (error) {
		openmetrics_free(&text);
		message_warning("could not gather metrics: %s", strerror(-error));
		return in_words(MHD_HTTP_INTERNAL_SERVER_ERROR, ": metrics could not be gathered\n",
				server->source.program);
	}
	return (struct answer){ .status = MHD_HTTP_OK,
				.type = openmetrics ? TYPE_OPENMETRICS : TYPE_PROMETHEUS,
				.text = text.text,
				.length = text.length };
}

static struct answer find_answer(const struct openmetrics *server, const char *path,
				 const char *method, const char *accept)
{
	const char *program = server->source.program;
	bool is_metrics = strcmp(path, "/metrics") == 0;

	if (!is_metrics && strcmp(path, "/") != 0)
		return in_words(MHD_HTTP_NOT_FOUND, ": not found; metrics are at /metrics\n",
				program);
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return in_words(MHD_HTTP_METHOD_NOT_ALLOWED, ": only GET and HEAD are answered\n",
				program);
	return is_metrics ? metrics(server, accept)
			  : in_words(MHD_HTTP_OK, ": metrics are at /metrics\n", program);
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, const struct answer *answer)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (!answer->text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(answer->length, answer->text,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(answer->text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT);
	/* A connection that may wait for further requests would be one that others cannot have. */
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

/* A request's header is complete. What may follow it is of no interest. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
				  const char *path, const char *method, const char *version,
				  const char *upload, size_t *upload_size, void **request)
{
	const char *accept =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	struct answer answer = find_answer(context, path, method, accept);

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)request;
	return send_answer(connection, &answer);
}

/* Both sides of the socket are shut, which the library notices. */
static void end_client(struct client *client)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(client->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	client->deadline = UINT64_MAX;
	if (info)
		shutdown(info->connect_fd, SHUT_RDWR);
}

/* Ends those whose time is over, and of more than MOST others the oldest. */
static void end_clients(struct openmetrics *server, uint64_t now, size_t most)
{
	struct client *oldest = NULL;
	size_t count = 0;

	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct client *client = &server->clients[i];

		if (!client->connection || client->deadline == UINT64_MAX)
			continue;
		if (client->deadline <= now) {
			end_client(client);
			continue;
		}
		count++;
		if (!oldest || client->deadline < oldest->deadline)
			oldest = client;
	}
	if (oldest && count > most)
		end_client(oldest);
}

/* The place of CONNECTION, or with NULL a free one. */
static struct client *find_client(struct openmetrics *server,
				  const struct MHD_Connection *connection)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (server->clients[i].connection == connection)
			return &server->clients[i];
	return NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **unused,
			  enum MHD_ConnectionNotificationCode code)
{
	bool begins = code == MHD_CONNECTION_NOTIFY_STARTED;
	struct openmetrics *server = context;
	struct client *client = find_client(server, begins ? NULL : connection);
	uint64_t now = clock_now();

	(void)unused;
	if (!client)
		return;
	client->connection = begins ? connection : NULL;
	client->deadline = now + CONNECTION_LIMIT;
	if (begins)
		end_clients(server, now, KEPT);
}

static bool start_daemon(struct openmetrics *server, int listener)
{
	const union MHD_DaemonInfo *info;

	server->daemon =
		MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, server,
				 MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
				 (unsigned int)CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				 (size_t)REQUEST_MEMORY, MHD_OPTION_NOTIFY_CONNECTION,
				 on_connection, server, MHD_OPTION_END);
	if (!server->daemon)
		return false;
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	server->fd = info ? info->epoll_fd : -1;
	return server->fd >= 0;
}

static void say_where(const struct openmetrics *server)
{
	char text[ADDRESS_TEXT];

	address_text(text, &server->address);
	message_note("metrics at http://%s/metrics", text);
	if (!address_is_loopback(&server->address))
		message_note("metrics are shown to everybody who reaches %s", text);
}

struct openmetrics *openmetrics_open(const struct openmetrics_address *where,
				     const struct openmetrics_source *source)
{
	struct openmetrics *server = calloc(1, sizeof(*server));
	int listener = server ? openmetrics_listen(where, &server->address) : -ENOMEM;
	char text[ADDRESS_TEXT];

	if (listener < 0) {
		message_error("could not serve metrics on %s: %s",
			      address_text(text, &where->address), strerror(-listener));
		if (listener == -EADDRINUSE)
			message_hint("another process listens there; with port 0 the kernel "
				     "chooses a free one");
		free(server);
		return NULL;
	}
	server->source = *source;
	server->started = (double)clock_wall() / NS_PER_SECOND;
	if (!start_daemon(server, listener)) {
		message_error("could not serve metrics on %s: no HTTP server could be started",
			      address_text(text, &where->address));
		openmetrics_close(server);
		return NULL;
	}
	say_where(server);
	return server;
}

int openmetrics_fd(const struct openmetrics *server)
{
	return server ? server->fd : -1;
}

uint64_t openmetrics_due(const struct openmetrics *server)
{
	MHD_UNSIGNED_LONG_LONG milliseconds;
	uint64_t due = UINT64_MAX;

	if (!server)
		return due;
	if (MHD_get_timeout(server->daemon, &milliseconds) == MHD_YES)
		due = clock_now() + milliseconds * NS_PER_MS;
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (server->clients[i].connection)
			due = clock_earlier(due, server->clients[i].deadline);
	return due;
}

void openmetrics_run(struct openmetrics *server)
{
	if (!server)
		return;
	/* First what came: the caller may have been away for longer than a connection has. */
	MHD_run(server->daemon);
	end_clients(server, clock_now(), CONNECTIONS);
}

uint16_t openmetrics_port(const struct openmetrics *server)
{
	return server ? address_port(&server->address) : 0;
}

void openmetrics_close(struct openmetrics *server)
{
	if (!server)
		return;
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	free(server);
}

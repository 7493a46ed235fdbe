#include "receiver/tcp/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/received.h"
#include "receiver/lines.h"

/* What a call's errno means for the connection. */
static enum connection_state count_error(struct connection_desk *desk, int error)
{
	if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)
		return CONNECTION_WAITS;
	if (error != ECONNRESET && error != EPIPE)
		counter_add(&desk->counts->receive_errors, 1);
	return CONNECTION_BROKEN;
}

/* Sends, and if all of it went, tells whether that was the last of the connection. */
static enum connection_state send_some(struct connection *connection, struct connection_desk *desk,
				       const char *text, size_t length, size_t *sent)
{
	ssize_t result = send(connection->fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	*sent = result < 0 ? 0 : (size_t)result;
	if (result < 0)
		return count_error(desk, errno);
	return *sent == length && connection->ended ? CONNECTION_ENDED : CONNECTION_MOVED;
}

static enum connection_state send_outbox(struct connection *connection,
					 struct connection_desk *desk)
{
	struct outbox *outbox = &connection->outbox;
	size_t sent;
	enum connection_state state = send_some(connection, desk, outbox->text + outbox->sent,
						outbox->length - outbox->sent, &sent);

	outbox->sent += (uint32_t)sent;
	if (outbox->sent == outbox->length) {
		free(outbox->text);
		*outbox = (struct outbox){ .text = NULL };
	}
	return state;
}

/* Keeps what the kernel did not take. False: out of memory. */
static bool keep(struct outbox *outbox, const char *text, size_t length)
{
	outbox->text = malloc(length);
	if (!outbox->text)
		return false;
	memcpy(outbox->text, text, length);
	outbox->length = (uint32_t)length;
	outbox->sent = 0;
	return true;
}

static enum connection_state send_answers(struct connection *connection,
					  struct connection_desk *desk)
{
	enum connection_state state;
	size_t sent;

	if (!desk->answered)
		return connection->ended ? CONNECTION_ENDED : CONNECTION_MOVED;
	state = send_some(connection, desk, desk->answers, desk->answered, &sent);
	if (state == CONNECTION_BROKEN || sent == desk->answered)
		return state;
	if (!keep(&connection->outbox, desk->answers + sent, desk->answered - sent))
		return count_error(desk, ENOMEM);
	return CONNECTION_MOVED;
}

/* Gathered, as one call for each line would be one packet for each. */
static void add_answer(void *context, const char *text, size_t length)
{
	struct connection_desk *desk = context;

	memcpy(desk->answers + desk->answered, text, length);
	desk->answered += length;
}

static enum connection_state take(struct connection *connection, struct connection_desk *desk)
{
	const struct reply reply = { .send = add_answer, .context = desk };
	struct received *counts = desk->counts;
	ssize_t length = recv(connection->fd, desk->input, sizeof(desk->input), MSG_DONTWAIT);
	int error = errno;

	counter_add(&counts->receive_calls, 1);
	if (length < 0) {
		counter_add(&counts->eagain, error == EAGAIN || error == EWOULDBLOCK);
		return count_error(desk, error);
	}
	desk->answered = 0;
	if (length == 0) {
		connection->ended = true;
		framing_end(&connection->framing, desk->lines, clock_wall(), &reply);
	} else {
		counter_add(&counts->messages, 1);
		counter_add(&counts->bytes, (uint64_t)length);
		framing_feed(&connection->framing, desk->lines, desk->input, (size_t)length,
			     clock_wall(), &reply);
	}
	return send_answers(connection, desk);
}

enum connection_state connection_serve(struct connection *connection, struct connection_desk *desk)
{
	return connection->outbox.text ? send_outbox(connection, desk) : take(connection, desk);
}

bool connection_has_news(const struct connection *connection)
{
	char byte;

	return !connection->outbox.text && !connection->ended &&
	       recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

void connection_close(struct connection *connection, struct connection_desk *desk)
{
	framing_break_off(&connection->framing, desk->lines);
	free(connection->outbox.text);
	close(connection->fd);
}

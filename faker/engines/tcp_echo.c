#include "faker/engines/tcp_echo.h"

#include <errno.h>
#include <string.h>

#include "faker/engines/tcp.h"

struct echo_message {
	uint64_t sent; /* clock_now() */
	uint32_t length;
};

int echo_reserve(struct echo *echo, uint32_t length, uint32_t count)
{
	return fifo_room(&echo->bytes, length) &&
			       fifo_room(&echo->messages,
					 count * (uint32_t)sizeof(struct echo_message))
		       ? 0
		       : -ENOMEM;
}

void echo_sent(struct echo *echo, const char *data, uint32_t length)
{
	char *at = fifo_room(&echo->bytes, length);

	for (uint32_t i = 0; i < length; i++)
		at[i] = (char)(data[i] >= 'a' && data[i] <= 'z' ? data[i] - 'a' + 'A' : data[i]);
	fifo_add(&echo->bytes, length);
}

void echo_message(struct echo *echo, uint32_t length, uint64_t now)
{
	struct echo_message message = { .sent = now, .length = length };

	memcpy(fifo_room(&echo->messages, sizeof(message)), &message, sizeof(message));
	fifo_add(&echo->messages, sizeof(message));
}

/* The first message, unless not all of it was sent. */
static const struct echo_message *first_message(const struct echo *echo)
{
	return echo_missing(echo) ? (const struct echo_message *)fifo_front(&echo->messages) : NULL;
}

static void complete(struct echo *echo, uint64_t sent, uint64_t now, struct tcp_results *results)
{
	++*(echo->wrong ? &results->counts.wrong_replies : &results->counts.replies);
	histogram_add(&results->reply, now - sent);
	fifo_drop(&echo->messages, sizeof(struct echo_message));
	echo->replied = 0;
	echo->wrong = false;
}

void echo_take(struct echo *echo, const char *data, uint32_t length, uint64_t now,
	       struct tcp_results *results)
{
	while (length > 0 && echo_outstanding(echo) > 0) {
		const struct echo_message *message = first_message(echo);
		uint32_t part = echo_outstanding(echo);

		if (message && part > message->length - echo->replied)
			part = message->length - echo->replied;
		if (part > length)
			part = length;
		if (memcmp(fifo_front(&echo->bytes), data, part) != 0)
			echo->wrong = true;
		fifo_drop(&echo->bytes, part);
		echo->replied += part;
		data += part;
		length -= part;
		if (message && echo->replied == message->length)
			complete(echo, message->sent, now, results);
	}
	if (length > 0)
		echo->wrong = true;
}

uint32_t echo_missing(const struct echo *echo)
{
	return fifo_length(&echo->messages) / (uint32_t)sizeof(struct echo_message);
}

uint32_t echo_outstanding(const struct echo *echo)
{
	return fifo_length(&echo->bytes);
}

void echo_clear(struct echo *echo)
{
	fifo_clear(&echo->bytes);
	fifo_clear(&echo->messages);
	*echo = (struct echo){ .replied = 0 };
}

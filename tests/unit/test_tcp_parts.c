/* What TCP connections consist of: FIFO, messages that are to be sent, replies. */
/* link: faker/engines/tcp_echo.c faker/engines/tcp_outbox.c faker/engines/fifo.c */
#include "tests/unit/helpers.h"

#include "common/rng.h"
#include "faker/engines/fifo.h"
#include "faker/packet.h"
#include "faker/engines/tcp.h"
#include "faker/engines/tcp_echo.h"
#include "faker/engines/tcp_outbox.h"

static struct tcp_results results;

static void expect(struct echo *echo, const char *text)
{
	uint32_t length = (uint32_t)strlen(text);

	assert_int_equal(echo_reserve(echo, length, 1), 0);
	echo_sent(echo, text, length / 2);
	echo_sent(echo, text + length / 2, length - length / 2);
	echo_message(echo, length, 1000);
}

static void take(struct echo *echo, const char *text, uint64_t replies, uint64_t wrong)
{
	echo_take(echo, text, (uint32_t)strlen(text), 3000, &results);
	assert_int_equal(results.counts.replies, replies);
	assert_int_equal(results.counts.wrong_replies, wrong);
}

static void test_echo(void **state)
{
	struct echo echo = { .wrong = false };

	(void)state;
	expect(&echo, "ab{z}");
	expect(&echo, "\xe9Q");
	take(&echo, "A", 0, 0);
	take(&echo, "B{Z}\xe9", 1, 0);
	take(&echo, "Q", 2, 0);
	assert_int_equal(histogram_quantile(&results.reply, 1), 2000);
	assert_int_equal(echo_missing(&echo), 0);
	/* By position: the second one is right. */
	expect(&echo, "one");
	expect(&echo, "two");
	take(&echo, "OnETWO", 3, 1);
	/* More than was asked for spoils the next, and only that. */
	expect(&echo, "one");
	take(&echo, "ONE!", 4, 1);
	expect(&echo, "two");
	expect(&echo, "three");
	take(&echo, "TWOTHREE", 5, 2);
	/* A message that is still being sent is not complete. */
	echo_sent(&echo, "four", 2);
	take(&echo, "FO", 5, 2);
	echo_sent(&echo, "ur", 2);
	echo_message(&echo, 4, 2000);
	assert_int_equal(echo_missing(&echo), 1);
	take(&echo, "UR", 6, 2);
	echo_clear(&echo);
}

static void test_outbox(void **state)
{
	struct outbox outbox = { .moved = 0 };
	struct packet packet = { .data = "abcdef", .length = 6 };

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(outbox_add(&outbox, &packet), 0);
	assert_int_equal(outbox_sent(&outbox, 8), 1);
	outbox_drop(&outbox, 1);
	/* One that was begun is lost, two are moved. */
	assert_int_equal(outbox_move(&outbox), 1);
	assert_int_equal(outbox_count(&outbox), 2);
	assert_int_equal(outbox_bytes(&outbox), 12);
	assert_memory_equal(outbox_data(&outbox), "abcdefabcdef", 12);
	/* A third one is added; only that one can be moved. */
	assert_int_equal(outbox_add(&outbox, &packet), 0);
	assert_int_equal(outbox_move(&outbox), 2);
	assert_int_equal(outbox_count(&outbox), 1);
	assert_int_equal(outbox_sent(&outbox, 3), 0);
	assert_int_equal(outbox_clear(&outbox), 1);
	assert_int_equal(outbox_bytes(&outbox), 0);
}

static void test_fifo(void **state)
{
	struct fifo fifo = { .memory = NULL };
	uint8_t in = 0, out = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3, 0);
	for (int i = 0; i < 20000; i++) {
		uint32_t length = (uint32_t)rng_below(&rng, i % 1000 < 500 ? 200 : 20);
		char *at = fifo_room(&fifo, length);

		assert_non_null(at);
		for (uint32_t k = 0; k < length; k++)
			at[k] = (char)in++;
		fifo_add(&fifo, length);
		length = (uint32_t)rng_below(&rng, 150);
		if (length > fifo_length(&fifo))
			length = fifo_length(&fifo);
		for (uint32_t k = 0; k < length; k++)
			assert_int_equal((uint8_t)fifo_front(&fifo)[k], out++);
		fifo_drop(&fifo, length);
		assert_int_equal((uint8_t)(in - out), fifo_length(&fifo) & 0xff);
	}
	fifo_clear(&fifo);
	assert_int_equal(fifo_length(&fifo), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_outbox),
		cmocka_unit_test(test_fifo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

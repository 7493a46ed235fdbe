/* Sources: what --source may say, which slot sends each packet, and when a slot is renewed. */
/* link: faker/source.c faker/popularity.c */
#include "tests/unit/helpers.h"

#include "common/clock.h"
#include "faker/popularity.h"
#include "faker/source.h"

static void test_texts(void **state)
{
	static const struct {
		const char *text;
		uint64_t number, period;
		const char *path;
		bool pool, renews, per_packet;
	} good[] = {
		{ "fixed", 0, 0, NULL, false, false, false },
		{ "per-packet", 0, 0, NULL, false, true, true },
		{ "pool:1", 1, 0, NULL, true, false, false },
		{ "pool:512", 512, 0, NULL, true, false, false },
		{ "pool:1.5k", 1500, 0, NULL, true, false, false },
		{ "pool:16777216", 1 << 24, 0, NULL, true, false, false },
		{ "rotate:1", 1, 0, NULL, false, true, true },
		{ "rotate:64", 64, 0, NULL, false, true, false },
		{ "rotate:10k", 10000, 0, NULL, false, true, false },
		{ "rotate:5M", 5000000, 0, NULL, false, true, false },
		{ "rotate:5m", 0, 300 * NS_PER_SECOND, NULL, false, true, false },
		{ "rotate:250ms", 0, 250 * NS_PER_MS, NULL, false, true, false },
		{ "rotate:1.5s", 0, 1500 * NS_PER_MS, NULL, false, true, false },
		{ "rotate:1us", 0, 1000, NULL, false, true, false },
		{ "list:f", 0, 0, "f", true, false, false },
		{ "list:/a:b/c d", 0, 0, "/a:b/c d", true, false, false },
		{ "list::", 0, 0, ":", true, false, false },
	};
	static const struct {
		const char *text, *expected;
	} bad[] = {
		{ "", "fixed, per-packet, pool" },
		{ ":", "fixed, per-packet, pool" },
		{ "fixed:", "fixed, per-packet, pool" },
		{ "fixed:1", "fixed, per-packet, pool" },
		{ "fixed ", "fixed, per-packet, pool" },
		{ "Fixed", "fixed, per-packet, pool" },
		{ "fix", "fixed, per-packet, pool" },
		{ "fixedly", "fixed, per-packet, pool" },
		{ "per-packet:", "fixed, per-packet, pool" },
		{ "per-packet:1", "fixed, per-packet, pool" },
		{ "per_packet", "fixed, per-packet, pool" },
		{ "pool", "pool:K with" },
		{ "pool:", "pool:K with" },
		{ "pool:0", "pool:K with" },
		{ "pool:-1", "pool:K with" },
		{ "pool:1.5", "pool:K with" },
		{ "pool:x", "pool:K with" },
		{ "pool:64 ", "pool:K with" },
		{ "pool: 64", "pool:K with" },
		{ "pool:64:64", "pool:K with" },
		{ "pool:10s", "pool:K with" },
		{ "pool:16777217", "pool:K with" },
		{ "pool:18446744073709551617", "pool:K with" },
		{ "pools:64", "fixed, per-packet, pool" },
		{ "rotate", "rotate:N in" },
		{ "rotate:", "rotate:N in" },
		{ "rotate:0", "rotate:N in" },
		{ "rotate:0s", "rotate:N in" },
		{ "rotate:0.5", "rotate:N in" },
		{ "rotate:999ns", "rotate:N in" },
		{ "rotate:-1", "rotate:N in" },
		{ "rotate:-1s", "rotate:N in" },
		{ "rotate:1x", "rotate:N in" },
		{ "rotate:10 s", "rotate:N in" },
		{ "rotate:10s ", "rotate:N in" },
		{ "rotate:18446744073709551617", "rotate:N in" },
		{ "rotate:300000h300", "rotate:N in" },
		{ "list", "list:FILE" },
		{ "list:", "list:FILE" },
		{ "file:f", "fixed, per-packet, pool" },
	};

	char meaning[SOURCE_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct source_option option = { .text = good[i].text };
		const char *expected = NULL;

		if (source_parse(&option, &expected) != 0 || option.number != good[i].number ||
		    option.period != good[i].period || source_is_pool(&option) != good[i].pool ||
		    source_renews(&option) != good[i].renews ||
		    source_per_packet(&option) != good[i].per_packet)
			fail_msg("%s: number %ju, period %ju", good[i].text,
				 (uintmax_t)option.number, (uintmax_t)option.period);
		if (good[i].path)
			assert_string_equal(option.path, good[i].path);
		else
			assert_null(option.path);
		assert_null(strchr(source_meaning(&option, meaning), '%'));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct source_option option = { .text = bad[i].text };
		const char *expected = NULL;

		if (source_parse(&option, &expected) >= 0)
			fail_msg("\"%s\" is number %ju, period %ju", bad[i].text,
				 (uintmax_t)option.number, (uintmax_t)option.period);
		if (strncmp(expected, bad[i].expected, strlen(bad[i].expected)) != 0)
			fail_msg("\"%s\": expected %s", bad[i].text, expected);
	}
}

static void test_meaning(void **state)
{
	static const struct {
		const char *text, *meaning;
	} cases[] = {
		{ "fixed", "one source, one flow" },
		{ "pool:10k", "10,000 sources at a time" },
		{ "rotate:64", "a new source every 64 packets" },
		{ "rotate:250ms", "a new source every 250.0 ms" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct source_option option = { .text = cases[i].text };
		char meaning[SOURCE_TEXT];
		const char *expected;

		assert_int_equal(source_parse(&option, &expected), 0);
		assert_string_equal(source_meaning(&option, meaning), cases[i].meaning);
	}
}

/* A source of TEXT; OPTION must outlive it. */
static struct source open_source(struct source_option *option, const char *text, uint64_t slots,
				 const struct popularity *popularity, uint64_t train)
{
	struct source source;
	const char *expected;

	*option = (struct source_option){ .text = text };
	assert_int_equal(source_parse(option, &expected), 0);
	source_open(&source, option, slots, popularity, train, 3, STREAM_POPULARITY);
	return source;
}

/* The next packet has SLOT and RENEW. */
static void assert_next(struct source *source, uint64_t now, uint32_t slot, bool renew)
{
	bool renewed = !renew;
	uint32_t sent_from = source_next(source, now, &renewed);

	if (sent_from != slot || renewed != renew)
		fail_msg("%s at %ju: slot %u%s instead of %u%s", source->option->text,
			 (uintmax_t)now, sent_from, renewed ? " anew" : "", slot,
			 renew ? " anew" : "");
}

static void test_fixed(void **state)
{
	struct source_option option;
	struct source source = open_source(&option, "fixed", 1, NULL, 1);

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		assert_next(&source, i * NS_PER_SECOND, 0, false);
}

static void test_per_packet(void **state)
{
	static const char *const texts[] = { "per-packet", "rotate:1" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct source_option option;
		/* Trains are of pools: here each packet has its own source all the same. */
		struct source source = open_source(&option, texts[i], 1, NULL, 5);

		for (uint64_t k = 0; k < 1000; k++)
			assert_next(&source, 7, 0, true);
	}
}

/* In turn, each slot as often as the others; with trains, so many packets each time. */
static void test_in_turn(void **state)
{
	static const char *const texts[] = { "pool:7", "list:f" };
	static const uint64_t slots[] = { 1, 2, 7, 512 }, trains[] = { 1, 2, 5, 64 };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		for (size_t k = 0; k < COUNT(slots) * COUNT(trains); k++) {
			const uint64_t count = slots[k / COUNT(trains)];
			const uint64_t train = trains[k % COUNT(trains)];
			struct source_option option;
			/* The number of slots counts: a thread may have a part of the pool. */
			struct source source = open_source(&option, texts[i], count, NULL, train);

			for (uint64_t n = 0; n < 5 * count * train; n++)
				assert_next(&source, n, (uint32_t)(n / train % count), false);
		}
}

/* By popularity: one drawing of its own stream per train. */
static void test_popularity(void **state)
{
	static const uint64_t trains[] = { 1, 2, 64 };
	struct popularity_option options[] = { { .text = "uniform" }, { .text = "zipf:1.1" } };

	(void)state;
	for (size_t i = 0; i < COUNT(options) * COUNT(trains); i++) {
		struct popularity_option *by = &options[i / COUNT(trains)];
		const uint64_t train = trains[i % COUNT(trains)];
		struct source_option option;
		struct popularity popularity;
		struct source source;
		const char *expected;
		struct rng rng;

		assert_int_equal(popularity_parse(by, &expected), 0);
		assert_int_equal(popularity_open(&popularity, by, 10), 0);
		source = open_source(&option, "pool:10", 10, &popularity, train);
		rng_seed(&rng, 3, STREAM_POPULARITY);
		for (int k = 0; k < 1000; k++) {
			uint32_t slot = popularity_draw(&popularity, &rng);

			for (uint64_t n = 0; n < train; n++)
				assert_next(&source, n, slot, false);
		}
		popularity_close(&popularity);
	}
}

static void test_rotate_packets(void **state)
{
	static const struct {
		const char *text;
		uint64_t packets;
	} cases[] = {
		{ "rotate:2", 2 }, { "rotate:3", 3 }, { "rotate:64", 64 }, { "rotate:1k", 1000 }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct source_option option;
		struct source source = open_source(&option, cases[i].text, 1, NULL, 5);

		/* Nothing was opened for the first one: it is renewed too. */
		for (uint64_t n = 0; n < 5 * cases[i].packets; n++)
			assert_next(&source, n * NS_PER_SECOND, 0, n % cases[i].packets == 0);
	}
}

/* Every 10 ms from the first packet, at whatever time that was; periods without one pass. */
static void test_rotate_time(void **state)
{
	static const struct {
		uint64_t after; /* the first packet, ns */
		bool renew;
	} packets[] = {
		{ 0, true },
		{ 0, false },
		{ 1, false },
		{ 9999999, false },
		{ 10000000, true },
		{ 10000000, false },
		{ 19999999, false },
		/* Late: the next one is due as if this had been in time. */
		{ 27000000, true },
		{ 29999999, false },
		{ 30000001, true },
		{ 39999999, false },
		/* Several periods later once, and then from the period that now goes on. */
		{ 84000000, true },
		{ 84000000, false },
		{ 89999999, false },
		{ 90000000, true },
		{ 99999999, false },
		{ 100000000, true },
		{ 3600000000000, true },
		{ 3600009999999, false },
		{ 3600010000000, true },
	};
	static const uint64_t starts[] = { 1, 12345, 77 * NS_PER_SECOND, 1ull << 62 };

	(void)state;
	for (size_t i = 0; i < COUNT(starts); i++) {
		struct source_option option;
		struct source source = open_source(&option, "rotate:10ms", 1, NULL, 5);

		for (size_t k = 0; k < COUNT(packets); k++)
			assert_next(&source, starts[i] + packets[k].after, 0, packets[k].renew);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),          cmocka_unit_test(test_meaning),
		cmocka_unit_test(test_fixed),          cmocka_unit_test(test_per_packet),
		cmocka_unit_test(test_in_turn),        cmocka_unit_test(test_popularity),
		cmocka_unit_test(test_rotate_packets), cmocka_unit_test(test_rotate_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Steering by series: whatever else is in a packet, a series falls to one socket. */
/* link: receiver/steering/steering.c receiver/steering/ebpf.c receiver/steering/ebpf_explain.c */
/* link: receiver/steering/sockets.c receiver/steering/cbpf.c receiver/steering/tables.c */
/* link: receiver/steering/policy.c */
#include "tests/unit/steering_scene.h"

#include "common/lp.h"
#include "common/rng.h"

#define SERIES 200
#define LINE   1024

/* The socket that LENGTH bytes from flow FROM come out of. */
static size_t socket_of(size_t from, const char *text, size_t length)
{
	forget_counts();
	assert_int_equal(send(flow(from), text, length, 0), length);
	collect(1);
	for (size_t i = 0; i < scene.count; i++)
		if (scene.got[i])
			return i;
	fail();
	return 0;
}

static size_t socket_of_text(const char *text)
{
	return socket_of(0, text, strlen(text));
}

/* Each of COUNT texts to the same socket. */
static void assert_together(const char *const *texts, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (socket_of_text(texts[i]) != socket_of_text(texts[0]))
			fail_msg("%s and %s", texts[0], texts[i]);
}

static void test_one_socket_each(void **state)
{
	size_t first[SERIES], got[4] = { 0 };
	char text[LINE];

	(void)state;
	NEEDS("series");
	open_scene(false, 4);
	set("series");
	for (size_t round = 0; round < 5; round++)
		for (size_t i = 0; i < SERIES; i++) {
			size_t length =
				(size_t)sprintf(text, "cpu,host=server%zu,region=eu value=%zu%s", i,
						round * 7919, round % 2 ? " 1\nx y=1" : "");
			size_t index = socket_of(round, text, length);

			if (round == 0)
				first[i] = index;
			assert_int_equal(index, first[i]);
			got[index]++;
		}
	for (size_t i = 0; i < 4; i++) /* 50 of 200 are due; the deviation is 6 */
		assert_in_range(got[i] / 5, 15, 85);
}

static void test_order_of_tags(void **state)
{
	static const char *const same[] = {
		"m,a=1,bb=22,ccc=333333333 f=1",        "m,bb=22,a=1,ccc=333333333 f=2",
		"m,bb=22,ccc=333333333,a=1 f=3 123",    "m,ccc=333333333,a=1,bb=22 f=4",
		"m,ccc=333333333,bb=22,a=1 f=5\nq r=1",
	};
	static const char *const escaped[] = {
		"a\\ b\\,c,d\\=e=f\\ g,h=i\\,j f=1",
		"a\\ b\\,c,h=i\\,j,d\\=e=f\\ g f=2",
	};
	static const char *const backslashes[] = {
		"a\\\\\\ b,c=\\d\\\\,e=f f=1",
		"a\\\\\\ b,c=\\d\\\\,e=f f=\"x, y\"",
	};

	(void)state;
	NEEDS("series");
	open_scene(false, SOCKETS);
	set("series");
	assert_together(same, COUNT(same));
	assert_together(escaped, COUNT(escaped));
	assert_together(backslashes, COUNT(backslashes));
}

/* How many of SOCKETS sockets 64 texts fall to; 15.7 are due, and chance leaves out 8 never. */
static size_t spread(const char *format)
{
	size_t used = 0, got[SOCKETS] = { 0 };
	char text[LINE];

	for (int i = 0; i < 64; i++) {
		snprintf(text, sizeof(text), format, i);
		got[socket_of_text(text)]++;
	}
	for (size_t i = 0; i < SOCKETS; i++)
		used += got[i] > 0;
	return used;
}

/* What belongs to the series and what does not. */
static void test_bounds_of_series(void **state)
{
	static const char *const counts[] = {
		"m%d f=1",
		"%d f=1",
		"m,t=%d f=1",
		"m,t%d=1 f=1",
		"m\\ %d f=1",
		"m\\,%d f=1",
		"m\\\\\\ %d f=1",
		"measure\\ %d f=1", /* the backslash is the last byte of a word */
		"measurement\\ \\,\\ \\,%d f=1",
		"m,t=a\\ %d f=1",
		"m,t=a\\,%d f=1",
		"m,t=a\\=%d f=1",
		"m,a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=%d f=1",
		"m,host=\xc3\xa9\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80%d f=1",
		"123456,tag=%d f=1",
		"1234567,tag=%d f=1",
		"12345678,tag=%d f=1",
		"m%d",
	};
	static const char *const does_not[] = {
		"m f=%d",
		"m  f=%d",
		"m f%d=1",
		"m,t=1 f=1,g=%d",
		"m,t=1 f=1 %d",
		"measure, f=%d",
		"m\\\\,t=1 f=%d",
		"1234567 f=%d",
		"12345678 f=%d",
		"m\n%d f=1",
		"m\r\n%d f=1",
		"m\\\n%d f=1",
		"1234567\\\n%d f=1",
		" %d",
	};
	size_t alike = 0;

	(void)state;
	NEEDS("series");
	open_scene(false, SOCKETS);
	set("series");
	for (size_t i = 0; i < COUNT(counts); i++)
		if (spread(counts[i]) < 8)
			fail_msg("does not count in %s", counts[i]);
	/* Which of two names is the measurement counts: 4 of 64 are due to chance. */
	for (int i = 0; i < 64; i++) {
		char text[LINE], other[LINE];

		snprintf(text, sizeof(text), "a=%d,b=1 f=1", i);
		snprintf(other, sizeof(other), "b=1,a=%d f=1", i);
		alike += socket_of_text(text) == socket_of_text(other);
	}
	assert_true(alike < 32);
	for (size_t i = 0; i < COUNT(does_not); i++)
		if (spread(does_not[i]) != 1)
			fail_msg("counts in %s", does_not[i]);
}

/* A name of bytes that like to be special. */
static size_t draw_name(struct rng *rng, char *name)
{
	static const char bytes[] = "aaabc0,, =\\-!+#\"";
	size_t length = 1 + rng_below(rng, 20);

	for (size_t i = 0; i < length; i++)
		name[i] = bytes[rng_below(rng, sizeof(bytes) - 1)];
	name[0] = 'x';
	name[length - 1] = 'y';
	return length;
}

/* Random series, written by the encoder with their tags in any order. */
static void test_random_series(void **state)
{
	struct rng rng;

	(void)state;
	NEEDS("series");
	open_scene(false, SOCKETS);
	set("series");
	rng_seed(&rng, 42, 0);
	for (size_t i = 0; i < SERIES; i++) {
		char names[9][24], line[LINE];
		size_t lengths[9], index = 0, order[] = { 1, 3, 5, 7 };

		for (size_t k = 0; k < 9; k++)
			lengths[k] = draw_name(&rng, names[k]);
		for (size_t round = 0; round < 6; round++) {
			struct lp_encoder encoder;
			int64_t length;
			size_t other = rng_below(&rng, 4), kept = order[0];

			order[0] = order[other];
			order[other] = kept;
			lp_encode_begin(&encoder, line, sizeof(line), names[0], lengths[0]);
			for (size_t k = 0; k < 4; k++)
				lp_encode_tag(&encoder, names[order[k]], lengths[order[k]],
					      names[order[k] + 1], lengths[order[k] + 1]);
			lp_encode_float(&encoder, "f", 1, (double)round);
			length = lp_encode_end(&encoder, NULL);
			assert_true(length > 0);
			other = socket_of(round, line, (size_t)length);
			if (round > 0 && other != index)
				fail_msg("%.*s", (int)length, line);
			index = other;
		}
	}
}

/*
 * What is no line, or too long: still one socket for the same bytes, whatever came before. Behind
 * their end is what is left of the packet before.
 */
static void test_odd_packets(void **state)
{
	static char longest[60000];
	static const size_t lengths[] = { 0,   1,   7,   8,   9,   255,  256,
					  257, 258, 263, 264, 265, 1500, 60000 };
	static const char bytes[] = "x,\\ ";
	char before[LINE];
	size_t first = 0;

	(void)state;
	NEEDS("series");
	open_scene(false, SOCKETS);
	set("series");
	for (size_t k = 0; k < strlen(bytes); k++) {
		memset(longest, bytes[k], sizeof(longest));
		for (size_t i = 0; i < COUNT(lengths); i++)
			for (int round = 0; round < 10; round++) {
				size_t index;

				sprintf(before, "%0255d", round);
				socket_of(0, before, strlen(before));
				index = socket_of(1, longest, lengths[i]);
				if (round == 0)
					first = index;
				assert_int_equal(index, first);
			}
	}
}

/* The kernel keeps all but the headers of a large packet in pages of their own. */
static void test_paged_packets(void **state)
{
	static char text[40000];
	static const char *const series[] = { "m,a=1,b=2 ", "m,b=2,a=1 ", "n,a=1 ",
					      "n,a=2 ",     "o,a=1 ",     "o,a=2 " };

	(void)state;
	NEEDS("series");
	open_scene(false, SOCKETS);
	set("series");
	for (size_t i = 0; i < COUNT(series); i++) {
		memset(text, 'x', sizeof(text));
		memcpy(text, series[i], strlen(series[i]));
		assert_int_equal(socket_of(0, text, sizeof(text)), socket_of_text(series[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_one_socket_each, close_scene),
		cmocka_unit_test_teardown(test_order_of_tags, close_scene),
		cmocka_unit_test_teardown(test_bounds_of_series, close_scene),
		cmocka_unit_test_teardown(test_random_series, close_scene),
		cmocka_unit_test_teardown(test_odd_packets, close_scene),
		cmocka_unit_test_teardown(test_paged_packets, close_scene),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

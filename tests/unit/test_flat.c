/*
 * The quick way to read intervals against the slow one, on random records and on what random
 * changes make of them: whatever the quick way accepts, jansson accepts too, and both find the
 * same.
 */
#include "tests/unit/helpers.h"

#include "analysis/read/interval.h"
#include "analysis/lives.h"
#include "analysis/read/stream.h"
#include "common/rng.h"

#define LINE_ROOM 65536
#define RUN       "20260131T230000Z-1"

struct line {
	char text[LINE_ROOM];
	size_t length;
};

/* Small numbers, large ones, and those at the limits. */
static uint64_t number(struct rng *rng)
{
	static const uint64_t limits[] = { 0, 1, 9, 10, INT64_MAX - 1, INT64_MAX };

	if (rng_below(rng, 8) == 0)
		return limits[rng_below(rng, COUNT(limits))];
	return rng_next(rng) >> (1 + rng_below(rng, 63));
}

static void write_life(struct ndjson *out, struct rng *rng, bool front)
{
	static const char *const names[] = { "dispatcher", "shared socket", "accepter" };
	struct received counts;

	for (const struct counter *row = received_counters; row->key; row++)
		*(uint64_t *)((char *)&counts + row->offset) = number(rng);
	ndjson_open_object(out, NULL);
	if (front)
		ndjson_string(out, "name", names[rng_below(rng, COUNT(names))]);
	else
		ndjson_uint(out, "index", rng_below(rng, 4096));
	ndjson_uint(out, "generation", 1 + rng_below(rng, 3));
	if (front && rng_below(rng, 2))
		ndjson_string(out, "pid", NULL);
	else
		ndjson_uint(out, "pid", rng_below(rng, 1 << 22));
	ndjson_uint(out, "cookie", number(rng));
	ndjson_string(out, "state", "serving");
	counters_record(received_counters, out, &counts);
	ndjson_close_object(out);
}

/* As fairport-receive writes it. */
static void write_interval(struct line *line, struct rng *rng)
{
	struct ndjson out = { .program = "receive", .run = RUN };
	uint64_t elapsed = number(rng);

	out.file = fmemopen(line->text, sizeof(line->text), "w");
	assert_non_null(out.file);
	ndjson_begin(&out, "interval");
	ndjson_uint(&out, "elapsed_ns", elapsed);
	ndjson_uint(&out, "interval_ns", elapsed ? rng_below(rng, elapsed) : 0);
	ndjson_open_array(&out, "workers");
	for (uint64_t i = rng_below(rng, 5); i > 0; i--)
		write_life(&out, rng, false);
	ndjson_close_array(&out);
	ndjson_open_array(&out, "fronts");
	for (uint64_t i = rng_below(rng, 3); i > 0; i--)
		write_life(&out, rng, true);
	ndjson_close_array(&out);
	ndjson_double(&out, "rate_pps", rng_unit(rng) * 1e6);
	ndjson_end(&out);
	assert_int_equal(ndjson_close(&out), 0);
	line->length = strlen(line->text) - 1;
}

static void check_lives(const struct flat_items *quick, const struct flat_items *slow)
{
	const struct life *one = quick->list, *other = slow->list;

	assert_int_equal(quick->count, slow->count);
	for (size_t i = 0; i < quick->count; i++) {
		assert_string_equal(one[i].name, other[i].name);
		assert_int_equal(one[i].index, other[i].index);
		assert_int_equal(one[i].pid, other[i].pid);
		assert_int_equal(one[i].cookie, other[i].cookie);
		assert_int_equal(one[i].generation, other[i].generation);
		assert_int_equal(one[i].final, other[i].final);
		assert_memory_equal(&one[i].counts, &other[i].counts, sizeof(one[i].counts));
	}
}

struct readers {
	struct interval_form form;
	struct interval quick, slow;
	uint64_t accepted, refused, good; /* GOOD: of the refused ones, those that jansson took */
};

/* Reads the line in both ways. */
static void check(struct readers *readers, const struct line *line)
{
	char *text = exact_copy(line->text, line->length);
	bool accepted = flat_read(&readers->form.form, RUN, text, line->length, &readers->quick);
	json_t *record = json_loadb(text, line->length, 0, NULL);
	const char *wrong;
	uint64_t schema;

	readers->accepted += accepted;
	readers->refused += !accepted;
	readers->good += !accepted && record;
	if (accepted) {
		if (!json_is_object(record))
			fail_msg("no object: %.*s", (int)line->length, text);
		assert_true(record_count(record, "schema", &schema));
		assert_int_equal(schema, 1);
		assert_string_equal(record_text(record, "type"), "interval");
		assert_string_equal(record_text(record, "program"), "receive");
		assert_string_equal(record_text(record, "run"), RUN);
		wrong = interval_read(&readers->slow, record);
		if (interval_check(&readers->quick)) {
			assert_non_null(wrong);
		} else {
			if (wrong)
				fail_msg("%s: %.*s", wrong, (int)line->length, text);
			assert_int_equal(readers->quick.elapsed, readers->slow.elapsed);
			assert_int_equal(readers->quick.length, readers->slow.length);
			check_lives(&readers->quick.workers, &readers->slow.workers);
			check_lives(&readers->quick.fronts, &readers->slow.fronts);
		}
	}
	json_decref(record);
	free(text);
}

static void replace(struct line *line, size_t at, size_t length, const char *text)
{
	size_t more = strlen(text);

	if (at + length > line->length || line->length - length + more >= LINE_ROOM)
		return;
	memmove(line->text + at + more, line->text + at + length, line->length - at - length);
	memcpy(line->text + at, text, more);
	line->length += more - length;
}

/* Bytes that come, go and change; pieces of JSON at places where they may fit or not. */
static void damage(struct line *line, struct rng *rng)
{
	static const char *const pieces[] = {
		"null",
		"true",
		"-1",
		"-0",
		"1.5",
		"1e3",
		"1e999",
		"9223372036854775808",
		"01",
		"\"x\"",
		"\"\\u0041\"",
		"\"\\ud800\"",
		"\"\\u0000\"",
		"\"\xed\xa0\x80\"",
		"\"\xc3\xa4\"",
		"\"\xff\"",
		"{}",
		"[]",
		"[[]]",
		"{\"a\":1}",
		"\"packets\":1,",
		"\"packets\":1",
		"\"workers\":[],",
		",",
		":",
		"}",
		"]",
		"{",
		"[",
		" ",
		"\t",
		"\v",
		"\"",
		"\\",
		"\"elapsed_ns\":1,",
		"\"schema\":1,",
		"\"run\":\"x\",",
		"\"state\":1,",
		"\"state\":{\"packets\":[1,2]},",
		"\"type\":\"interval\",",
		"/**/",
		"4096",
		"\x01",
		"\x7f",
	};
	size_t at = rng_below(rng, line->length);

	switch (rng_below(rng, 5)) {
	case 0:
		replace(line, at, 1, "");
		break;
	case 1:
		line->text[at] = (char)rng_below(rng, 256);
		break;
	case 2:
		replace(line, at, 0, pieces[rng_below(rng, COUNT(pieces))]);
		break;
	case 3: /* in place of a number */
		while (at < line->length && line->text[at] != ':')
			at++;
		if (at < line->length)
			replace(line, at + 1, strspn(line->text + at + 1, "0123456789."),
				pieces[rng_below(rng, COUNT(pieces))]);
		break;
	case 4: /* before a member */
		while (at < line->length && line->text[at] != ',' && line->text[at] != '{')
			at++;
		if (at < line->length)
			replace(line, at + 1, 0, pieces[rng_below(rng, COUNT(pieces))]);
		break;
	}
}

static struct readers *readers_new(void)
{
	struct readers *readers = calloc(1, sizeof(*readers));

	assert_non_null(readers);
	interval_form(&readers->form);
	return readers;
}

static void readers_free(struct readers *readers)
{
	interval_free(&readers->quick);
	interval_free(&readers->slow);
	free(readers);
}

static void what_the_receiver_writes(void **state)
{
	struct readers *readers = readers_new();
	static struct line line;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7, 0);
	for (int i = 0; i < 2000; i++) {
		write_interval(&line, &rng);
		check(readers, &line);
	}
	assert_int_equal(readers->accepted, 2000);
	readers_free(readers);
}

static void what_becomes_of_it(void **state)
{
	struct readers *readers = readers_new();
	static struct line line;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 8, 0);
	for (int i = 0; i < 40000; i++) {
		if (i % 4 == 0)
			write_interval(&line, &rng);
		damage(&line, &rng);
		line.text[line.length] = '\0';
		check(readers, &line);
	}
	/* All three happen often enough that something was compared. */
	assert_true(readers->accepted > 1000);
	assert_true(readers->good > 1000);
	assert_true(readers->refused - readers->good > 1000);
	readers_free(readers);
}

/* Line by line what the quick way leaves to the slow one, and what it does not. */
static void single_records(void **state)
{
	static const struct {
		const char *text;
		bool accepted;
	} cases[] = {
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"n\":5,\"l\":[]}",
		  true },
		{ " { \"l\" : [ ] , \"n\" : 5 , \"run\" : \"r\" , \"program\" : \"p\" , \"type\" : "
		  "\"t\" , "
		  "\"schema\" : 1 , \"m\" : [ { } , [ 1.5 ] , null , true ] } ",
		  true },
		{ "{\"schema\":2,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"n\":5,\"l\":[]}",
		  false },
		{ "{\"schema\":1,\"type\":\"tt\",\"program\":\"p\",\"run\":\"r\",\"n\":5,\"l\":[]}",
		  false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"q\",\"run\":\"r\",\"n\":5,\"l\":[]}",
		  false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"s\",\"n\":5,\"l\":[]}",
		  false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":null,\"n\":5,\"l\":[]}",
		  false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"n\":5,\"l\":[]}", false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"l\":[]}", false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"n\":5}", false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"n\":-5,\"l\":[]}",
		  false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"n\":5.0,\"l\":[]"
		  "}",
		  false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"n\":5,\"n\":5,"
		  "\"l\":[]}",
		  false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"n\":5,\"l\":[],"
		  "\"l\":[]}",
		  false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"n\":5,\"l\":[1]}",
		  false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"n\":5,\"l\":{}}",
		  false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"n\":5,\"l\":[]} "
		  "{}",
		  false },
		{ "{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"n\":5,\"l\":[]",
		  false },
		{ "[{\"schema\":1,\"type\":\"t\",\"program\":\"p\",\"run\":\"r\",\"n\":5,\"l\":[]}"
		  "]",
		  false },
		{ "5", false },
		{ "", false },
	};
	const struct flat_field none[] = { { .key = NULL } };
	const struct flat_field fields[] = { { "n", FLAT_COUNT, 0, 0 }, { .key = NULL } };
	const struct flat_list lists[] = { { "l", none, 8, 1 }, { .key = NULL } };
	const struct flat_form form = { "t", "p", fields, lists };
	struct {
		uint64_t n;
		struct flat_items items;
	} out = { .n = 0 };

	(void)state;
	assert_int_equal(offsetof(__typeof__(out), items), 8);
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool accepted = flat_read(&form, "r", cases[i].text, strlen(cases[i].text), &out);

		if (accepted != cases[i].accepted)
			fail_msg("%s: %d", cases[i].text, accepted);
		if (accepted)
			assert_int_equal(out.n, 5);
	}
	free(out.items.list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_receiver_writes),
		cmocka_unit_test(what_becomes_of_it),
		cmocka_unit_test(single_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

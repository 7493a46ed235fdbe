/* Lines made from schemas: what is in them, whose turn it is, and what is wrong on purpose. */
/* link: faker/lines/dataset.c faker/lines/layout.c faker/lines/text.c faker/lines/series.c */
/* link: faker/stride.c faker/lines/invalid.c faker/lines/schema.c faker/lines/schema_parse.c */
/* link: faker/lines/schema_values.c faker/lines/schema_words.c faker/lines/schema_builtin.c */
#include "tests/unit/helpers.h"

#include <inttypes.h>
#include <math.h>

#include "common/lp.h"
#include "faker/lines/dataset.h"
#include "faker/lines/invalid.h"
#include "faker/lines/schema.h"

#define LINES  5000
#define SERIES 1024
#define FIELDS 16

/* Whatever has to be escaped, is long, or is on a bound. */
#define ODD                                                                                        \
	"measurement \"a name, which is longer than what is copied at once\"\n"                    \
	"tag \"k=1, 2\" values \"v=1, 2\" v\\a \"v\\\"=\\\"\" \xc3\xa4\n"                          \
	"tag one values \"a b\"\n"                                                                 \
	"tag \"one more\" count 1\n"                                                               \
	"tag grown count 3+ prefix \"p \\\\\"\n"                                                   \
	"tag long values 0123456789012345678901234567890123456789 b\n"                             \
	"field \"f=1, 2\" string choice \"\" \" \\\"\" \", \\\\\" "                                \
	"0123456789012345678901234567890123456789\n"                                               \
	"field s string choice \"\\\\ \\\" #\"\n"                                                  \
	"field f float walk -0.05 0.05 0.01\n"                                                     \
	"field g float uniform -999999999.999999 999999999.999999\n"                               \
	"field h float walk 99999999 100000001 9 decimals 1\n"                                     \
	"field i integer uniform -999999999999999999 999999999999999999\n"                         \
	"field j integer walk -999999999999999999 999999999999999999 999999999999999999\n"         \
	"field k integer walk 7 7 5\n"                                                             \
	"field l unsigned choice 18446744073709551615 0\n"                                         \
	"field m integer choice -9223372036854775808 9223372036854775807\n"                        \
	"field n float choice 1e-300 -.5 17\n"                                                     \
	"field o unsigned counter 1\n"                                                             \
	"field p float counter 0.125\n"                                                            \
	"field q boolean choice true false false\n"                                                \
	"measurement b\n"                                                                          \
	"field f float choice 1\n"

static struct lp_point point;

static struct schema *load(const char *name_or_text)
{
	const char *text = schema_builtin(name_or_text);
	struct schema_error error;
	struct schema *schema;

	text = text ? text : name_or_text;
	schema = schema_parse("test", text, strlen(text), &error);
	if (!schema)
		fail_msg("%u: %s", error.line, error.text);
	return schema;
}

static const char *const schemas[] = { "host", "cpu", "web", "sensor", ODD };

/* A dataset with a buffer of exactly the size that it needs. */
struct maker {
	struct dataset_options options;
	struct schema *schema;
	struct dataset *dataset;
	char *line;
	size_t length, max;
	bool invalid;
};

static struct dataset_options defaults(void)
{
	return (struct dataset_options){
		.seed = 1, .unit = 1, .step = 1, .threads = 1, .timestamps = TIMESTAMPS_STEP
	};
}

static struct maker open_maker(const char *schema, struct dataset_options options)
{
	struct maker maker = { .schema = load(schema) };

	options.schema = maker.schema;
	maker.options = options;
	maker.dataset = dataset_open(&options);
	assert_non_null(maker.dataset);
	maker.max = dataset_line_max(&options);
	maker.line = malloc(maker.max + DATASET_SLACK);
	return maker;
}

static void next_line(struct maker *maker, int64_t now)
{
	maker->length = dataset_line(maker->dataset, now, maker->line, &maker->invalid);
	assert_in_range(maker->length, 1, maker->max);
	assert_ptr_equal(memchr(maker->line, '\n', maker->length), maker->line + maker->length - 1);
}

static void decode(const struct maker *maker)
{
	struct lp_cursor cursor;
	struct lp_error error;

	assert_false(maker->invalid);
	lp_cursor_init(&cursor, maker->line, maker->length);
	if (lp_next(&cursor, &point, &error) != LP_POINT)
		fail_msg("%.*s: %s", (int)maker->length, maker->line, error.reason);
	assert_ptr_equal(cursor.at, maker->line + maker->length);
}

static void close_maker(struct maker *maker)
{
	dataset_close(maker->dataset);
	schema_free(maker->schema);
	free(maker->line);
}

/* What a text of the line means. */
typedef size_t unescape_fn(char *to, struct lp_text text);

static bool means(struct lp_text text, unescape_fn *unescape, const char *want)
{
	char meant[256];

	assert_true(text.length <= sizeof(meant));
	return unescape(meant, text) == strlen(want) && memcmp(meant, want, strlen(want)) == 0;
}

static const struct schema_measurement *find_measurement(const struct schema *schema)
{
	for (size_t i = 0; i < schema->measurement_count; i++)
		if (means(point.measurement, lp_unescape_measurement, schema->measurements[i].name))
			return &schema->measurements[i];
	fail_msg("unknown measurement");
	return NULL;
}

static void check_tag(const struct schema_tag *tag, const struct lp_tag *got)
{
	assert_true(means(got->key, lp_unescape_key, tag->key));
	for (uint64_t i = 0; i < tag->count; i++) {
		char text[256];

		if (tag->values)
			snprintf(text, sizeof(text), "%s", tag->values[i]);
		else
			snprintf(text, sizeof(text), "%s%" PRIu64, tag->prefix, i + 1);
		if (means(got->value, lp_unescape_key, text))
			return;
	}
	fail_msg("tag %s: %.*s", tag->key, (int)got->value.length, got->value.at);
}

static void check_choice(const struct schema_field *field, const struct lp_field *got)
{
	for (char **choice = field->choices; *choice; choice++) {
		switch (field->type) {
		case LP_FLOAT:
			if (got->value.number == strtod(*choice, NULL))
				return;
			break;
		case LP_INTEGER:
			if (got->value.integer == strtoll(*choice, NULL, 10))
				return;
			break;
		case LP_UNSIGNED:
			if (got->value.natural == strtoull(*choice, NULL, 10))
				return;
			break;
		case LP_STRING:
			if (means(got->value.string, lp_unescape_string, *choice))
				return;
			break;
		case LP_BOOLEAN:
			if (got->value.boolean == (strcmp(*choice, "true") == 0))
				return;
			break;
		}
	}
	fail_msg("field %s is none of the choices", field->key);
}

/* In units of the last decimal. */
static int64_t units_of(const struct schema_field *field, const struct lp_field *got)
{
	if (field->type == LP_FLOAT) {
		double units = got->value.number * pow(10, field->decimals);

		/* 15 digits have an error of less than a tenth. */
		assert_true(fabs(units - round(units)) < 0.1);
		return llround(units);
	}
	return field->type == LP_INTEGER ? got->value.integer : (int64_t)got->value.natural;
}

/* One series, by the text of its measurement and tags. */
struct seen {
	char *key;
	size_t lines;
	int64_t last[FIELDS];
};

static struct seen *find_series(struct seen *table, const struct maker *maker)
{
	size_t length = (size_t)(point.fields[0].key.at - maker->line);

	for (size_t i = 0; i < SERIES; i++) {
		if (!table[i].key)
			table[i].key = strndup(maker->line, length);
		if (strlen(table[i].key) == length &&
		    memcmp(table[i].key, maker->line, length) == 0)
			return &table[i];
	}
	fail_msg("too many series");
	return NULL;
}

static void check_number(const struct schema_field *field, int64_t now, int64_t before, bool first)
{
	int64_t least = field->low, most = field->high;

	if (field->generator == GENERATOR_COUNTER) {
		least = first ? 0 : before;
		most = first ? (field->step < SCHEMA_FLOAT_MOST / 1001 ? 1001 * field->step
								       : INT64_MAX)
			     : before + field->step;
	} else if (field->generator == GENERATOR_WALK && !first) {
		least = before - field->step > least ? before - field->step : least;
		most = before + field->step < most ? before + field->step : most;
	}
	if (now < least || now > most)
		fail_msg("field %s: %" PRId64 " is not within %" PRId64 " and %" PRId64, field->key,
			 now, least, most);
}

static void check_fields(const struct schema_measurement *measurement, struct seen *seen)
{
	assert_int_equal(point.field_count, measurement->field_count);
	assert_true(point.field_count <= FIELDS);
	for (size_t i = 0; i < point.field_count; i++) {
		const struct schema_field *field = &measurement->fields[i];
		const struct lp_field *got = &point.fields[i];

		assert_true(means(got->key, lp_unescape_key, field->key));
		assert_int_equal(got->type, field->type);
		if (field->generator == GENERATOR_CHOICE) {
			check_choice(field, got);
		} else {
			int64_t units = units_of(field, got);

			check_number(field, units, seen->last[i], seen->lines == 0);
			seen->last[i] = units;
		}
	}
}

static void check_lines(const char *schema)
{
	struct maker maker = open_maker(schema, defaults());
	struct seen *table = calloc(SERIES, sizeof(*table));
	size_t series = schema_series(maker.schema), rare = LINES / series;

	for (size_t i = 0; i < LINES; i++) {
		const struct schema_measurement *measurement;
		struct seen *seen;

		next_line(&maker, 0);
		decode(&maker);
		measurement = find_measurement(maker.schema);
		assert_int_equal(point.tag_count, measurement->tag_count);
		for (size_t k = 0; k < measurement->tag_count; k++)
			check_tag(&measurement->tags[k], &point.tags[k]);
		seen = find_series(table, &maker);
		check_fields(measurement, seen);
		seen->lines++;
	}
	for (size_t i = 0; i < SERIES; i++) {
		assert_true(!table[i].key == (i >= series));
		if (table[i].key)
			assert_in_range(table[i].lines, rare, rare + 1);
		free(table[i].key);
	}
	free(table);
	close_maker(&maker);
}

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(schemas); i++)
		check_lines(schemas[i]);
}

/*
 * Every value of a small range comes, and every move of a walk: 20 of each, with 20000 draws missed
 * with less than 20 * (1 - 1/21)^20000 < 1e-400; the seed is fixed.
 */
static void test_ranges(void **state)
{
	struct maker maker = open_maker("measurement m\n"
					"field u integer uniform -5 5\n"
					"field w float walk -1 1 0.2\n"
					"field c unsigned counter 3\n"
					"field s string choice a a a b\n",
					defaults());
	size_t uniform[11] = { 0 }, walk[21] = { 0 }, moves[5] = { 0 }, steps[4] = { 0 }, a = 0;
	int64_t value, before[2] = { 0 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		next_line(&maker, 0);
		decode(&maker);
		uniform[point.fields[0].value.integer + 5]++;
		value = lround(point.fields[1].value.number * 10);
		walk[value + 10]++;
		if (i > 0)
			moves[value - before[0] + 2]++;
		before[0] = value;
		value = (int64_t)point.fields[2].value.natural;
		if (i > 0)
			steps[value - before[1]]++;
		before[1] = value;
		a += means(point.fields[3].value.string, lp_unescape_string, "a");
	}
	/* Each within 6 standard deviations: failed with less than 2e-9 by any seed. */
	for (size_t i = 0; i < COUNT(uniform); i++)
		assert_in_range(uniform[i], 20000 / 11 - 244, 20000 / 11 + 244);
	for (size_t i = 0; i < COUNT(steps); i++)
		assert_in_range(steps[i], 5000 - 368, 5000 + 368);
	assert_in_range(a, 15000 - 368, 15000 + 368);
	for (size_t i = 0; i < COUNT(walk); i++)
		assert_true(walk[i] > 0);
	for (size_t i = 0; i < COUNT(moves); i++)
		assert_true(moves[i] > 0);
	/* Walks turn around at their bounds and do not stay there: these are half as often. */
	assert_true(walk[0] < 20000 / 21 && walk[20] < 20000 / 21);
	close_maker(&maker);
}

/* A counter that reaches the last number begins anew. */
static void test_counter_ends(void **state)
{
	struct maker maker = open_maker("measurement m\n"
					"field a unsigned counter 999999999999999999\n"
					"field b float counter 999999999.999999\n",
					defaults());
	size_t falls[2] = { 0 };
	double before[2] = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		double now[2];

		next_line(&maker, 0);
		decode(&maker);
		assert_true(point.fields[0].value.natural <= SCHEMA_WHOLE_MOST);
		now[0] = (double)point.fields[0].value.natural;
		now[1] = point.fields[1].value.number;
		assert_true(now[1] < 1e9);
		for (int k = 0; k < 2; k++) {
			falls[k] += now[k] < before[k];
			assert_true(now[k] >= before[k] || now[k] == 0);
			before[k] = now[k];
		}
	}
	assert_true(falls[0] > 0 && falls[1] > 0);
	close_maker(&maker);
}

static int compare_texts(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

/* The keys of all series of a thread, one cycle, and again in the same order. */
static void collect(const char *schema, struct dataset_options options, uint64_t own, char **keys)
{
	struct maker maker = open_maker(schema, options);

	for (uint64_t i = 0; i < 2 * own; i++) {
		size_t length;

		next_line(&maker, 0);
		decode(&maker);
		length = (size_t)(point.fields[0].key.at - maker.line);
		if (i < own)
			keys[i] = strndup(maker.line, length);
		else if (strncmp(keys[i - own], maker.line, length) != 0)
			fail_msg("line %ju is not of %s", (uintmax_t)i, keys[i - own]);
	}
	close_maker(&maker);
}

static void check_series(const char *schema, uint64_t series, uint32_t threads)
{
	struct schema *natural = load(schema);
	uint64_t count = series ? series : schema_series(natural), all = 0, distinct = 1;
	struct dataset_options options = defaults();
	char **keys = calloc(count + threads, sizeof(*keys));

	options.series = series;
	options.threads = threads;
	for (uint32_t t = 0; t < threads; t++) {
		uint64_t own = 0;

		for (uint64_t s = t; s < count; s += threads)
			own++;
		own = own ? own : 1;
		options.thread = t;
		collect(schema, options, own, keys + all);
		all += own;
	}
	assert_int_equal(all, count < threads ? threads : count);
	qsort(keys, all, sizeof(*keys), compare_texts);
	for (uint64_t i = 1; i < all; i++)
		distinct += strcmp(keys[i], keys[i - 1]) != 0;
	if (distinct != count)
		fail_msg("%ju series of %ju with %u threads", (uintmax_t)distinct, (uintmax_t)count,
			 threads);
	for (uint64_t i = 0; i < all; i++)
		free(keys[i]);
	free(keys);
	schema_free(natural);
}

static void test_series(void **state)
{
	static const uint64_t series[] = { 0, 1, 2, 3, 4, 5, 10, 97, 120, 121, 1000 };
	static const uint32_t threads[] = { 1, 2, 3, 7, 16 };

	(void)state;
	for (size_t i = 0; i < COUNT(series); i++) {
		for (size_t k = 0; k < COUNT(threads); k++) {
			check_series("host", series[i], threads[k]);
			check_series("sensor", series[i], threads[k]);
			check_series(ODD, series[i], threads[k]);
		}
	}
}

/* No measurement is far from any place of the cycle. */
static void test_mixed(void **state)
{
	struct maker maker = open_maker("host", defaults());
	const struct schema_measurement *before = NULL;
	size_t run = 0;

	(void)state;
	for (int i = 0; i < 240; i++) {
		const struct schema_measurement *now;

		next_line(&maker, 0);
		decode(&maker);
		now = find_measurement(maker.schema);
		run = now == before ? run + 1 : 1;
		/* cpu has 72 of 120. */
		assert_true(run <= 3);
		before = now;
	}
	close_maker(&maker);
}

/* Many series are more of the tag that grows, each as far as it must. */
static void test_growth(void **state)
{
	struct dataset_options options = defaults();
	struct maker maker;
	size_t most = 0;

	(void)state;
	options.series = 900;
	maker = open_maker("cpu", options);
	for (int i = 0; i < 900; i++) {
		next_line(&maker, 0);
		decode(&maker);
		assert_true(means(point.tags[1].key, lp_unescape_key, "host"));
		most = point.tags[1].value.length > most ? point.tags[1].value.length : most;
		if (point.tags[1].value.length == strlen("host100"))
			assert_true(means(point.tags[1].value, lp_unescape_key, "host100"));
	}
	assert_int_equal(most, strlen("host100"));
	close_maker(&maker);
}

static void write_lines(struct dataset_options options, const char *schema, char *buffer,
			size_t room)
{
	struct maker maker = open_maker(schema, options);
	size_t used = 0;

	memset(buffer, 0, room);
	while (used + maker.max <= room) {
		next_line(&maker, 0);
		memcpy(buffer + used, maker.line, maker.length);
		used += maker.length;
	}
	close_maker(&maker);
}

static void test_seeds(void **state)
{
	enum { ROOM = 20000 };
	char *one = malloc(ROOM), *two = malloc(ROOM);

	(void)state;
	for (size_t i = 0; i < COUNT(schemas); i++) {
		struct dataset_options options = defaults();

		options.timestamps = TIMESTAMPS_NONE;
		options.invalid = 0.1;
		/* Of one series, so that all that differs is the values. */
		options.series = 1;
		options.threads = 2;
		write_lines(options, schemas[i], one, ROOM);
		write_lines(options, schemas[i], two, ROOM);
		assert_memory_equal(one, two, ROOM);
		options.seed = 2;
		write_lines(options, schemas[i], two, ROOM);
		assert_memory_not_equal(one, two, 200);
		options.seed = 1;
		options.thread = 1;
		write_lines(options, schemas[i], two, ROOM);
		assert_memory_not_equal(one, two, 200);
	}
	free(one);
	free(two);
}

/*
 * The maximum is that of the longest line. One line of 20 has the longest tags, and of these a
 * share of 0.4 * 0.75 * 0.89 * 0.5 * 0.5 the longest fields: (1 - 0.0033)^5000 < 1e-7 that there is
 * none.
 */
static void test_line_max(void **state)
{
	static const uint64_t units[] = { 1, 1000, 1000000, 1000000000 };
	static const char text[] = "measurement m\n"
				   "tag a values x yy\n"
				   "tag b count 10 prefix p\n"
				   "field c float uniform -100 100 decimals 2\n"
				   "field d integer uniform -12 -9\n"
				   "field e float uniform 0 10 decimals 1\n"
				   "field f string choice a \"\\\"b\\\"\"\n"
				   "field g boolean choice true false\n";

	(void)state;
	for (size_t i = 0; i < COUNT(units); i++) {
		struct dataset_options options = defaults();
		struct maker maker;
		size_t longest = 0;

		options.unit = units[i];
		if (i == 3)
			options.timestamps = TIMESTAMPS_NONE;
		maker = open_maker(text, options);
		for (int k = 0; k < LINES; k++) {
			next_line(&maker, 0);
			longest = maker.length > longest ? maker.length : longest;
		}
		assert_int_equal(longest, maker.max);
		close_maker(&maker);
	}
}

/* Up to 99 hosts; and for any value. */
static void test_short_lines(void **state)
{
	struct dataset_options options = defaults();
	struct maker maker;

	(void)state;
	options.series = 99 * 9;
	maker = open_maker("cpu", options);
	assert_true(maker.max <= 142);
	close_maker(&maker);
}

static void test_times(void **state)
{
	static const uint64_t units[] = { 1, 1000, 1000000, 1000000000 };
	static const uint64_t steps[] = { 0, 1, 999, 1000000, 1500000000 };

	(void)state;
	for (size_t i = 0; i < COUNT(units) * COUNT(steps) * 3; i++) {
		struct dataset_options options = defaults();
		struct maker maker;

		options.unit = units[i % 4];
		options.step = steps[i / 4 % 5];
		options.thread = (uint32_t)(i / 20);
		options.threads = 3;
		maker = open_maker("sensor", options);
		for (uint64_t line = 0; line < 100; line++) {
			uint64_t number = line * 3 + options.thread;

			next_line(&maker, 123);
			decode(&maker);
			assert_true(point.has_time);
			assert_int_equal((uint64_t)point.time,
					 (DATASET_STEP_START + number * options.step) /
						 options.unit);
		}
		close_maker(&maker);
	}
}

static void test_now(void **state)
{
	static const struct {
		int64_t now;
		uint64_t unit;
		int64_t time;
	} cases[] = {
		{ 1735689600123456789, 1, 1735689600123456789 },
		{ 1735689600123456789, 1000, 1735689600123456 },
		{ 1735689600123456789, 1000000, 1735689600123 },
		{ 1735689600999999999, 1000000000, 1735689600 },
		{ INT64_MAX, 1, INT64_MAX },
		{ 7, 1, 7 },
		{ 0, 1, 0 },
		{ -1, 1, 0 },
	};
	struct dataset_options options = defaults();
	struct maker maker;

	(void)state;
	options.timestamps = TIMESTAMPS_NOW;
	for (size_t i = 0; i < COUNT(cases); i++) {
		options.unit = cases[i].unit;
		maker = open_maker("web", options);
		next_line(&maker, cases[i].now);
		decode(&maker);
		assert_true(point.has_time);
		assert_int_equal(point.time, cases[i].time);
		close_maker(&maker);
	}
	options.timestamps = TIMESTAMPS_NONE;
	maker = open_maker("web", options);
	next_line(&maker, 5);
	decode(&maker);
	assert_false(point.has_time);
	close_maker(&maker);
}

/* Time stamps have 63 bits. */
static void test_times_end(void **state)
{
	static const uint64_t steps[] = { 7000000000000000000, UINT64_MAX, 1ull << 63 };

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		for (uint32_t thread = 0; thread < 3; thread++) {
			struct dataset_options options = defaults();
			struct maker maker;

			options.step = steps[i];
			options.thread = thread;
			options.threads = 3;
			maker = open_maker("sensor", options);
			for (int k = 0; k < 5; k++) {
				bool later = i == 0 && thread == 1 && k == 0;

				next_line(&maker, 0);
				decode(&maker);
				assert_int_equal(point.time,
						 DATASET_STEP_START +
							 (later ? (int64_t)steps[0] : 0));
			}
			close_maker(&maker);
		}
	}
}

static void test_sequence(void **state)
{
	size_t max[2];

	(void)state;
	for (uint32_t thread = 0; thread < 2; thread++) {
		struct dataset_options options = defaults();
		struct maker maker;

		options.sequence = true;
		options.sender = 9;
		options.thread = thread;
		options.threads = 2;
		maker = open_maker("host", options);
		max[thread] = maker.max;
		for (int64_t i = 0; i < 1000; i++) {
			const struct lp_field *last;

			next_line(&maker, 0);
			decode(&maker);
			last = &point.fields[point.field_count - 2];
			assert_int_equal(point.field_count,
					 find_measurement(maker.schema)->field_count + 2);
			assert_true(means(last[0].key, lp_unescape_key, "sender"));
			assert_true(means(last[1].key, lp_unescape_key, "sequence"));
			assert_true(last[0].type == LP_INTEGER && last[1].type == LP_INTEGER);
			assert_int_equal(last[0].value.integer, 9 + thread);
			assert_int_equal(last[1].value.integer, i);
		}
		close_maker(&maker);
	}
	/* One sender is 9, the other one 10. */
	assert_int_equal(max[0], max[1]);
}

/*
 * Of all lines in one buffer exactly those are rejected that were made wrong. The share is within 6
 * standard deviations of what was asked for: failed with less than 2e-9 by any seed; it is fixed.
 */
static void check_invalid(const char *schema, double share, enum timestamps timestamps)
{
	enum { MANY = 20000 };
	struct dataset_options options = defaults();
	struct lp_cursor cursor;
	struct lp_error error;
	size_t used = 0, wrong = 0;
	double deviation = sqrt(MANY * share * (1 - share));
	bool *invalid = malloc(MANY * sizeof(*invalid));
	struct maker maker;
	char *buffer;

	options.invalid = share;
	options.timestamps = timestamps;
	options.sequence = timestamps == TIMESTAMPS_NONE;
	maker = open_maker(schema, options);
	buffer = malloc(MANY * maker.max);
	for (size_t i = 0; i < MANY; i++) {
		next_line(&maker, 0);
		memcpy(buffer + used, maker.line, maker.length);
		used += maker.length;
		invalid[i] = maker.invalid;
		wrong += maker.invalid;
	}
	assert_true(fabs((double)wrong - MANY * share) <= 6 * deviation);
	lp_cursor_init(&cursor, buffer, used);
	for (size_t i = 0; i < MANY; i++) {
		enum lp_result got = lp_next(&cursor, &point, &error);

		if (got != (invalid[i] ? LP_REJECTED : LP_POINT) || cursor.line_number != i + 1)
			fail_msg("%s: %.*s", invalid[i] ? "right" : error.reason,
				 (int)cursor.line_length, cursor.line);
	}
	assert_int_equal(lp_next(&cursor, &point, &error), LP_END);
	free(buffer);
	free(invalid);
	close_maker(&maker);
}

static void test_invalid(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(schemas); i++) {
		check_invalid(schemas[i], 0, TIMESTAMPS_STEP);
		check_invalid(schemas[i], 0.01, TIMESTAMPS_STEP);
		check_invalid(schemas[i], 0.5, TIMESTAMPS_STEP);
		check_invalid(schemas[i], 0.5, TIMESTAMPS_NONE);
		check_invalid(schemas[i], 1, TIMESTAMPS_STEP);
	}
}

/* The wrong LINE is rejected once, and the right one behind it is not touched. */
static void check_kind(const struct invalid_kind *kind, const struct maker *maker)
{
	size_t places[INVALID_PLACES] = { 0 }, length, end = maker->length - 1;
	char *buffer = malloc(2 * maker->length + INVALID_GROWTH);
	struct lp_cursor cursor;
	struct lp_error error;

	decode(maker);
	places[INVALID_TAGS] = point.measurement.length;
	places[INVALID_FIELDS] = (size_t)(point.fields[0].key.at - 1 - maker->line);
	places[INVALID_END] = places[INVALID_FIELDS_END] = end;
	if (point.has_time)
		places[INVALID_FIELDS_END] =
			(size_t)((char *)memrchr(maker->line, ' ', end) - maker->line);
	memcpy(buffer, maker->line, maker->length);
	length = invalid_make(kind, buffer, places);
	assert_true(length <= maker->length + INVALID_GROWTH);
	memcpy(buffer + length, maker->line, maker->length);
	lp_cursor_init(&cursor, buffer, length + maker->length);
	if (lp_next(&cursor, &point, &error) != LP_REJECTED)
		fail_msg("%s: %.*s is right", kind->name, (int)length, buffer);
	assert_ptr_equal(cursor.at, buffer + length);
	assert_int_equal(error.class, LP_REJECT_SYNTAX);
	assert_int_equal(lp_next(&cursor, &point, &error), LP_POINT);
	assert_int_equal(lp_next(&cursor, &point, &error), LP_END);
	free(buffer);
}

static void test_invalid_kinds(void **state)
{
	/* Those with quotes where a string could begin can do without the last kind. */
	static const struct {
		const char *schema;
		size_t kinds;
	} cases[] = {
		{ "host", 13 },
		{ "web", 13 },
		{ ODD, 12 },
		{ "measurement m\nfield f string choice \" a\"", 12 },
		{ "measurement m\nfield f string choice a \",\"", 12 },
		{ "measurement m\nfield f string choice a \"b ,\" \"\" \"\\\"\"", 13 },
		{ "measurement \"\\\"\"\nfield f integer choice 1", 12 },
		{ "measurement m\nfield \"\\\"\" integer choice 1", 12 },
		{ "measurement m\ntag \"\\\"\" count 1\nfield f integer choice 1", 12 },
		{ "measurement m\ntag t values a \"\\\"\"\nfield f integer choice 1", 12 },
		{ "measurement m\ntag t count 1 prefix \"\\\"\"\nfield f integer choice 1", 12 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases) * 2; i++) {
		struct dataset_options options = defaults();
		struct maker maker;
		size_t kinds;

		if (i % 2)
			options.timestamps = TIMESTAMPS_NONE;
		maker = open_maker(cases[i / 2].schema, options);
		kinds = invalid_count(maker.schema);
		assert_int_equal(kinds, cases[i / 2].kinds);
		for (size_t kind = 0; kind < kinds; kind++) {
			for (int line = 0; line < 20; line++) {
				next_line(&maker, 0);
				check_kind(&invalid_kinds[kind], &maker);
			}
		}
		close_maker(&maker);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),         cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_counter_ends),  cmocka_unit_test(test_series),
		cmocka_unit_test(test_mixed),         cmocka_unit_test(test_growth),
		cmocka_unit_test(test_seeds),         cmocka_unit_test(test_line_max),
		cmocka_unit_test(test_short_lines),   cmocka_unit_test(test_times),
		cmocka_unit_test(test_now),           cmocka_unit_test(test_times_end),
		cmocka_unit_test(test_sequence),      cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_invalid_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

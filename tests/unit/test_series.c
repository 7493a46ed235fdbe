/* How series are split over measurements, and the order of turns. */
/* link: faker/lines/series.c faker/stride.c faker/lines/schema.c faker/lines/schema_parse.c */
/* link: faker/lines/schema_values.c faker/lines/schema_words.c faker/lines/schema_builtin.c */
#include "tests/unit/helpers.h"

#include "faker/lines/schema.h"
#include "faker/lines/series.h"
#include "faker/stride.h"

#define FIELD "field f integer choice 1\n"

static struct schema *parse(const char *text)
{
	struct schema_error error;
	struct schema *schema = schema_parse("test", text, strlen(text), &error);

	if (!schema)
		fail_msg("%u: %s", error.line, error.text);
	return schema;
}

/* 72, 24, 16 and 8; and with one that does not grow. */
#define FOUR                                                                                       \
	"measurement a\ntag h count 8+\ntag n count 9\n" FIELD                                     \
	"measurement b\ntag h count 8+\ntag n count 3\n" FIELD                                     \
	"measurement c\ntag h count 8+\ntag n count 2\n" FIELD                                     \
	"measurement d\ntag h count 8+\n" FIELD
#define FIXED                                                                                      \
	"measurement a\ntag n count 4\n" FIELD "measurement b\n" FIELD                             \
	"measurement c\ntag h count 5+\n" FIELD "measurement d\ntag h count 1+\n" FIELD
#define SOLID "measurement a\ntag n count 4\n" FIELD "measurement b\n" FIELD
/* 10^36, saturated, and 10. */
#define HUGE                                                                                       \
	"measurement a\ntag x count 999999999999999999\ntag y count 999999999999999999\n" FIELD    \
	"measurement b\ntag n count 10\n" FIELD                                                    \
	"measurement c\ntag x count 999999999999999999\ntag y count 999999999999999999\n" FIELD

static void test_split(void **state)
{
	static const struct {
		const char *schema;
		uint64_t series, sum, counts[4];
	} cases[] = {
		{ FOUR, 0, 120, { 72, 24, 16, 8 } },
		{ FOUR, 120, 120, { 72, 24, 16, 8 } },
		{ FOUR, 1, 1, { 1, 0, 0, 0 } },
		{ FOUR, 3, 3, { 1, 1, 1, 0 } },
		{ FOUR, 4, 4, { 1, 1, 1, 1 } },
		{ FOUR, 62, 62, { 36, 13, 8, 5 } },
		{ FOUR, 119, 119, { 71, 24, 16, 8 } },
		{ FOUR, 121, 121, { 72, 24, 16, 9 } },
		{ FOUR, 1200, 1200, { 720, 240, 160, 80 } },
		{ FIXED, 11, 11, { 4, 1, 5, 1 } },
		{ FIXED, 17, 17, { 4, 1, 10, 2 } },
		{ FIXED, 1000000000005, 1000000000005, { 4, 1, 833333333333, 166666666667 } },
		/* More than there are, and nothing grows: all that there are. */
		{ SOLID, 6, 5, { 4, 1 } },
		{ HUGE, 2000000, 2000000, { 999999, 1, 1000000 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct schema *schema = parse(cases[i].schema);
		uint64_t counts[4] = { 0 };

		assert_int_equal(series_split(schema, cases[i].series, counts), cases[i].sum);
		for (size_t k = 0; k < COUNT(counts); k++)
			if (counts[k] != cases[i].counts[k])
				fail_msg("case %zu, measurement %zu: %ju", i, k,
					 (uintmax_t)counts[k]);
		schema_free(schema);
	}
}

/*
 * Every number: the sum is right, no measurement has none, nor more than it has. Having one
 * each costs the others less than two, and rounding one.
 */
static void test_all_splits(void **state)
{
	struct schema *schema = parse(FOUR);

	(void)state;
	for (uint64_t series = 1; series < 500; series++) {
		uint64_t counts[4], sum = 0;

		assert_int_equal(series_split(schema, series, counts), series);
		for (size_t i = 0; i < COUNT(counts); i++) {
			uint64_t has = schema_measurement_series(&schema->measurements[i]);
			double share = (double)series * (double)has / 120;

			sum += counts[i];
			assert_true((counts[i] > 0) == (i < series));
			assert_true((double)counts[i] > share - 3 && (double)counts[i] < share + 3);
			assert_true(series >= 120 ? counts[i] >= has : counts[i] <= has);
		}
		assert_int_equal(sum, series);
	}
	schema_free(schema);
}

static void test_stride(void **state)
{
	static const uint64_t large[] = { 1000000, 1ull << 32, 6469693230, UINT64_MAX };

	(void)state;
	assert_int_equal(stride_of(1), 0);
	for (uint64_t count = 2; count < 1000; count++) {
		uint64_t stride = stride_of(count), turns = 1;

		assert_true(stride > 0 && stride < count);
		for (uint64_t at = stride; at != 0; at = (at + stride) % count)
			turns++;
		assert_int_equal(turns, count);
	}
	for (size_t i = 0; i < COUNT(large); i++) {
		double section = (double)stride_of(large[i]) / (double)large[i];

		assert_true(section > 0.618 && section < 0.6181);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_all_splits),
		cmocka_unit_test(test_stride),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

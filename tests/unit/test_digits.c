/* Numbers as text, against the C library. */
#include "tests/unit/helpers.h"

#include <inttypes.h>

#include "common/rng.h"
#include "faker/lines/digits.h"

#define ROOM 40

static void check_whole(uint64_t value)
{
	char text[ROOM], want[ROOM];

	*digits_whole(text, value) = '\0';
	snprintf(want, sizeof(want), "%" PRIu64, value);
	assert_string_equal(text, want);
}

/* Up to 15 digits "%.15g" is the shortest text that reads back the same. */
static void check_decimal(uint64_t value, unsigned int decimals)
{
	static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6 };
	double number = (double)value / powers[decimals];
	char text[ROOM], want[ROOM];

	*digits_decimal(text, value, decimals) = '\0';
	/* Smaller ones get an exponent there. */
	if (value > 0 && number < 1e-4)
		snprintf(want, sizeof(want), "%.*f", value % 10 ? (int)decimals : 5, number);
	else
		snprintf(want, sizeof(want), "%.15g", number);
	assert_string_equal(text, want);
	assert_true(strtod(text, NULL) == number);
}

static void test_whole(void **state)
{
	struct rng rng;

	(void)state;
	check_whole(0);
	check_whole(UINT64_MAX);
	for (uint64_t power = 1; power <= 1000000000000000000; power *= 10) {
		check_whole(power - 1);
		check_whole(power);
		check_whole(power * 9 + 1);
	}
	rng_seed(&rng, 1, 0);
	for (int i = 0; i < 100000; i++)
		check_whole(rng_next(&rng) >> (i % 64));
}

static void test_decimals(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2, 0);
	for (unsigned int decimals = 1; decimals <= 6; decimals++) {
		for (uint64_t value = 0; value < 2000; value++)
			check_decimal(value, decimals);
		for (uint64_t power = 1; power <= 100000000000000; power *= 10)
			for (uint64_t digit = 1; digit < 10; digit++) {
				check_decimal(power * digit - 1, decimals);
				check_decimal(power * digit, decimals);
				check_decimal(power * digit + (digit > 1), decimals);
			}
		for (int i = 0; i < 100000; i++)
			check_decimal(rng_next(&rng) % 1000000000000000 >> (i % 49), decimals);
	}
}

/* All of the table-free splitting: no digit depends on more than four others. */
static void test_all_fours(void **state)
{
	(void)state;
	for (uint32_t value = 0; value < 10000; value++) {
		char text[ROOM], want[ROOM];

		*digits_eight(text, value * 10000 + 9999 - value) = '\0';
		snprintf(want, sizeof(want), "%04" PRIu32 "%04" PRIu32, value, 9999 - value);
		assert_string_equal(text, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_decimals),
		cmocka_unit_test(test_all_fours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

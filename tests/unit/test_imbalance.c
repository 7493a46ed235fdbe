/* How uneven counts are, against answers worked out by hand. */
#include "tests/unit/helpers.h"

#include <math.h>

#include "common/imbalance.h"

static void test_known(void **state)
{
	static const struct {
		uint64_t counts[4];
		size_t count;
		double max_over_mean, cv, jain;
	} rows[] = {
		{ { 50, 50, 50, 50 }, 4, 1, 0, 1 },
		{ { 7, 0, 0, 0 }, 4, 4, 1.7320508075688772, 0.25 },
		{ { 1, 2, 3, 4 }, 4, 1.6, 0.4472135954999579, 100.0 / 120 },
		{ { 3, 1 }, 2, 1.5, 0.5, 0.8 },
		{ { 9 }, 1, 1, 0, 1 },
		/* Beyond 2^53, where squares would have no digit left of the difference. */
		{ { 1ull << 60, (1ull << 60) + (1ull << 20) },
		  2,
		  1.0000000000004547,
		  4.547473508862573e-13,
		  1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct imbalance got = imbalance_of(rows[i].counts, rows[i].count);

		if (fabs(got.max_over_mean - rows[i].max_over_mean) > 1e-15 ||
		    fabs(got.cv - rows[i].cv) > 1e-15 || fabs(got.jain - rows[i].jain) > 1e-15)
			fail_msg("row %zu: %.17g %.17g %.17g", i, got.max_over_mean, got.cv,
				 got.jain);
	}
}

static void test_nothing_counted(void **state)
{
	static const uint64_t none[] = { 0, 0, 0 };

	(void)state;
	for (size_t count = 0; count <= COUNT(none); count++) {
		struct imbalance got = imbalance_of(none, count);

		assert_true(isnan(got.max_over_mean) && isnan(got.cv) && isnan(got.jain));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_nothing_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which versions of Linux have which features and bugs, for fairport-doctor. */
/* link: lab/doctor/versions.c */
#include "tests/unit/helpers.h"

#include "lab/doctor/versions.h"

static struct kernel_version version(const char *release)
{
	struct kernel_version out;

	assert_true(kernel_version_parse(&out, release, "#1 SMP"));
	return out;
}

static void assert_version(const char *release, const char *build, unsigned int first,
			   unsigned int second, unsigned int third)
{
	struct kernel_version out;

	assert_true(kernel_version_parse(&out, release, build));
	assert_int_equal(out.version, first);
	assert_int_equal(out.patchlevel, second);
	assert_int_equal(out.sublevel, third);
}

static void test_releases(void **state)
{
	struct kernel_version out;

	(void)state;
	assert_version("6.18.44", "#1 SMP PREEMPT_DYNAMIC", 6, 18, 44);
	assert_version("5.15.0-91-generic", "#101-Ubuntu SMP", 5, 15, 0);
	assert_version("4.18.0-513.el8.x86_64", "#1 SMP", 4, 18, 0);
	assert_version("6.2", "", 6, 2, 0);
	assert_version("6.13-rc3", "", 6, 13, 0);
	/* What Debian's release leaves out. */
	assert_version("6.1.0-25-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.106-3 (2024-08-26)", 6,
		       1, 106);
	assert_version("6.1.0-25-amd64", "#1 SMP Debian 12.2.0", 6, 1, 0);
	assert_false(kernel_version_parse(&out, "", ""));
	assert_false(kernel_version_parse(&out, "mine", "#1"));
	assert_false(kernel_version_parse(&out, "6", "#1"));
}

static int compared(const char *one, const char *other)
{
	struct kernel_version first = version(one), second = version(other);

	return kernel_version_compare(&first, &second);
}

static void test_order(void **state)
{
	(void)state;
	assert_int_equal(compared("6.1.2", "6.1.2"), 0);
	assert_true(compared("6.1.2", "6.1.10") < 0);
	assert_true(compared("6.10.0", "6.9.9") > 0);
	assert_true(compared("4.20.17", "5.0.0") < 0);
}

static size_t lacking(const char *release)
{
	struct kernel_version running = version(release);

	return kernel_features_lacking(&running);
}

static void test_features(void **state)
{
	size_t all = 0;

	(void)state;
	for (; kernel_features[all].name; all++)
		if (all > 0)
			assert_true(kernel_version_compare(&kernel_features[all - 1].since,
							   &kernel_features[all].since) < 0);
	assert_int_equal(lacking("3.8.13"), all);
	assert_int_equal(lacking("3.9.0"), all - 1);
	assert_int_equal(lacking("6.2.16"), 2);
	assert_int_equal(lacking("6.3"), 1);
	assert_int_equal(lacking("6.11.0"), 0);
	assert_int_equal(lacking("7.0"), 0);
}

static enum kernel_bug_state state_of(const struct kernel_bug *bug, const char *release)
{
	struct kernel_version running = version(release);

	return kernel_bug_state(bug, &running);
}

static void test_incoming_cpu(void **state)
{
	const struct kernel_bug *bug = &bug_incoming_cpu;

	(void)state;
	assert_int_equal(state_of(bug, "4.4.302"), BUG_NOT_YET);
	assert_int_equal(state_of(bug, "4.5.0"), BUG_PRESENT);
	assert_int_equal(state_of(bug, "5.10.200"), BUG_PRESENT);
	assert_int_equal(state_of(bug, "5.15.85"), BUG_PRESENT);
	assert_int_equal(state_of(bug, "5.15.86"), BUG_FIXED);
	/* A later series is not mended by the fix of an earlier one. */
	assert_int_equal(state_of(bug, "5.16.90"), BUG_PRESENT);
	assert_int_equal(state_of(bug, "6.1.1"), BUG_PRESENT);
	assert_int_equal(state_of(bug, "6.1.2"), BUG_FIXED);
	assert_int_equal(state_of(bug, "6.2.0"), BUG_FIXED);
	assert_int_equal(state_of(bug, "6.18.44"), BUG_FIXED);
}

static void test_connected_members(void **state)
{
	const struct kernel_bug *bug = &bug_connected_members;

	(void)state;
	assert_int_equal(state_of(bug, "4.4.0"), BUG_NOT_YET);
	assert_int_equal(state_of(bug, "4.19.74"), BUG_PRESENT);
	assert_int_equal(state_of(bug, "4.19.75"), BUG_FIXED);
	assert_int_equal(state_of(bug, "4.20.17"), BUG_PRESENT);
	assert_int_equal(state_of(bug, "5.2.16"), BUG_PRESENT);
	assert_int_equal(state_of(bug, "5.2.17"), BUG_FIXED);
	assert_int_equal(state_of(bug, "5.3.0"), BUG_PRESENT);
	assert_int_equal(state_of(bug, "5.3.1"), BUG_FIXED);
	assert_int_equal(state_of(bug, "5.4.0"), BUG_FIXED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_releases),          cmocka_unit_test(test_order),
		cmocka_unit_test(test_features),          cmocka_unit_test(test_incoming_cpu),
		cmocka_unit_test(test_connected_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

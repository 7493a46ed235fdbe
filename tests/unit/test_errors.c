/* Failed calls by errno: kinds, those beyond the table, merging, and the record. */
/* link: faker/errors.c */
#include "tests/unit/helpers.h"

#include <errno.h>

#include "faker/errors.h"

static uint64_t total(const struct errors *errors)
{
	uint64_t sum = errors->other;

	for (size_t i = 0; i < ERROR_KINDS; i++)
		sum += errors->kinds[i].count;
	return sum;
}

static void assert_record(const struct errors *errors, const char *want)
{
	struct memory_record record;
	json_t *json;

	errors_record(errors, memory_record_begin(&record), "errors");
	json = memory_record_end(&record);
	assert_json(json_object_get(json, "errors"), want);
	json_decref(json);
	free(record.text);
}

static void test_none(void **state)
{
	struct errors errors = { 0 }, none = { 0 };

	(void)state;
	/* No kind is taken by what did not happen. */
	for (int number = 1; number < 100; number++)
		errors_add(&errors, number, 0);
	assert_memory_equal(&errors, &none, sizeof(none));
	assert_int_equal(errors_count(&errors, 0), 0);
	assert_int_equal(errors_count(&errors, EAGAIN), 0);
	assert_record(&errors, "{}");
	errors_add(&errors, EAGAIN, 1);
	assert_int_equal(errors.kinds[0].number, EAGAIN);
}

/* errno and -errno are the same. */
static void test_kinds(void **state)
{
	struct errors errors = { 0 };

	(void)state;
	errors_add(&errors, ECONNREFUSED, 1);
	errors_add(&errors, -ENOBUFS, 5);
	errors_add(&errors, -ECONNREFUSED, 2);
	errors_add(&errors, ENOBUFS, 1ull << 40);
	errors_add(&errors, -EPERM, 1);
	assert_int_equal(errors_count(&errors, ECONNREFUSED), 3);
	assert_int_equal(errors_count(&errors, ENOBUFS), (1ull << 40) + 5);
	assert_int_equal(errors_count(&errors, EPERM), 1);
	assert_int_equal(errors_count(&errors, EAGAIN), 0);
	assert_int_equal(errors.other, 0);
	assert_int_equal(total(&errors), (1ull << 40) + 9);
	assert_record(&errors, "{\"ECONNREFUSED\":3,\"ENOBUFS\":1099511627781,\"EPERM\":1}");
}

/* The kinds that came first keep their places. */
static void test_overflow(void **state)
{
	struct errors errors = { 0 };

	(void)state;
	for (int number = 1; number <= ERROR_KINDS; number++)
		errors_add(&errors, number, (uint64_t)number);
	assert_int_equal(errors.other, 0);
	errors_add(&errors, 100, 7);
	errors_add(&errors, 101, 1);
	errors_add(&errors, -100, 2);
	assert_int_equal(errors.other, 10);
	assert_int_equal(errors_count(&errors, 100), 0);
	for (int number = 1; number <= ERROR_KINDS; number++) {
		errors_add(&errors, -number, 1);
		assert_int_equal(errors_count(&errors, number), number + 1);
	}
	assert_int_equal(errors.other, 10);
	assert_int_equal(total(&errors), ERROR_KINDS * (ERROR_KINDS + 1) / 2 + ERROR_KINDS + 10);
	assert_record(&errors, "{\"EPERM\":2,\"ENOENT\":3,\"ESRCH\":4,\"EINTR\":5,\"EIO\":6,"
			       "\"ENXIO\":7,\"E2BIG\":8,\"ENOEXEC\":9,\"EBADF\":10,\"ECHILD\":11,"
			       "\"EAGAIN\":12,\"ENOMEM\":13,\"other\":10}");
}

static void test_merge(void **state)
{
	struct errors all = { 0 }, none = { 0 }, one = { 0 }, two = { 0 };

	(void)state;
	errors_add(&one, EAGAIN, 1);
	errors_add(&one, ECONNREFUSED, 10);
	errors_add(&two, ENOBUFS, 100);
	errors_add(&two, EAGAIN, 1000);
	two.other = 5;
	errors_merge(&all, &one);
	assert_memory_equal(&all, &one, sizeof(all));
	errors_merge(&all, &none);
	assert_memory_equal(&all, &one, sizeof(all));
	errors_merge(&all, &two);
	assert_int_equal(errors_count(&all, EAGAIN), 1001);
	assert_int_equal(errors_count(&all, ECONNREFUSED), 10);
	assert_int_equal(errors_count(&all, ENOBUFS), 100);
	assert_int_equal(all.other, 5);
	assert_int_equal(total(&all), 1116);
	assert_record(&all, "{\"EAGAIN\":1001,\"ECONNREFUSED\":10,\"ENOBUFS\":100,\"other\":5}");
}

/* Of two full tables that share a half, the rest of the second has no room; none is lost. */
static void test_merge_overflow(void **state)
{
	struct errors one = { 0 }, two = { 0 };

	(void)state;
	for (int number = 1; number <= ERROR_KINDS; number++) {
		errors_add(&one, number, 1);
		errors_add(&two, number + ERROR_KINDS / 2, 10);
	}
	one.other = 3;
	two.other = 4;
	errors_merge(&one, &two);
	for (int number = 1; number <= 2 * ERROR_KINDS; number++)
		assert_int_equal(errors_count(&one, number), number > ERROR_KINDS       ? 0
							     : number > ERROR_KINDS / 2 ? 11
											: 1);
	assert_int_equal(one.other, 3 + 4 + 10 * (ERROR_KINDS / 2));
	assert_int_equal(total(&one), 11 * ERROR_KINDS + 7);
}

/* Numbers that libc has no name for, which the kernel should keep to itself: 524 is ENOTSUPP. */
static void test_nameless(void **state)
{
	struct errors errors = { 0 };

	(void)state;
	errors_add(&errors, -524, 2);
	errors_add(&errors, 4000, 1);
	assert_record(&errors, "{\"524\":2,\"4000\":1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),           cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_overflow),       cmocka_unit_test(test_merge),
		cmocka_unit_test(test_merge_overflow), cmocka_unit_test(test_nameless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

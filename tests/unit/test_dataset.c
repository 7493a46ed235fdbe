/* The default data: what its measurements are made of, and that a seed determines it. */
/* link: faker/dataset.c */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <math.h>

#include "common/lp.h"
#include "faker/dataset.h"

#define LINES 20000
#define NAMES 12

static const struct measurement {
	const char *name;
	const char *tags[NAMES];
	const char *fields[NAMES]; /* a leading "%" marks a float */
} measurements[] = {
	{ "cpu",
	  { "cpu", "host" },
	  { "%usage_idle", "%usage_iowait", "%usage_nice", "%usage_system", "%usage_user" } },
	{ "disk",
	  { "device", "fstype", "host", "mode", "path" },
	  { "free", "inodes_free", "inodes_total", "inodes_used", "total", "used",
	    "%used_percent" } },
	{ "diskio", { "host", "name" }, { "io_time", "read_bytes", "write_bytes" } },
	{ "swap", { "host" }, { "free", "total", "used", "%used_percent" } },
};

static struct lp_point point;

static bool is(struct lp_text text, const char *want)
{
	return !text.escaped && text.length == strlen(want) &&
	       memcmp(text.at, want, text.length) == 0;
}

/* Decodes the one line at BUFFER into POINT. */
static void decode(const char *buffer, int64_t length)
{
	struct lp_cursor cursor;
	struct lp_error error;

	assert_in_range(length, 1, DATASET_LINE_MAX);
	assert_int_equal(buffer[length - 1], '\n');
	lp_cursor_init(&cursor, buffer, (size_t)length);
	if (lp_next(&cursor, &point, &error) != LP_POINT)
		fail_msg("%.*s: %s", (int)length, buffer, error.reason);
	assert_int_equal(lp_next(&cursor, &point, &error), LP_END);
	assert_int_equal(cursor.next_number, 2);
}

static size_t find_measurement(void)
{
	size_t index = 0;

	while (index < COUNT(measurements) && !is(point.measurement, measurements[index].name))
		index++;
	assert_true(index < COUNT(measurements));
	return index;
}

static void check_names(const struct measurement *want)
{
	uint32_t tags = 0, fields = 0;

	for (; want->tags[tags]; tags++) {
		assert_true(tags < point.tag_count);
		assert_true(is(point.tags[tags].key, want->tags[tags]));
		assert_true(point.tags[tags].value.length > 0);
	}
	assert_int_equal(point.tag_count, tags);
	for (; want->fields[fields]; fields++) {
		bool is_float = want->fields[fields][0] == '%';

		assert_true(fields < point.field_count);
		assert_true(is(point.fields[fields].key, want->fields[fields] + is_float));
		assert_int_equal(point.fields[fields].type, is_float ? LP_FLOAT : LP_INTEGER);
	}
	assert_int_equal(point.field_count, fields);
}

static const struct lp_field *field(const char *key)
{
	for (uint32_t i = 0; i < point.field_count; i++)
		if (is(point.fields[i].key, key))
			return &point.fields[i];
	fail_msg("no field %s", key);
	return NULL;
}

static void check_sum(const char *free_key, const char *used_key, const char *total_key)
{
	int64_t unused = field(free_key)->value.integer, used = field(used_key)->value.integer;

	assert_true(unused >= 0 && used >= 0);
	assert_int_equal(unused + used, field(total_key)->value.integer);
}

static void check_values(const struct measurement *measurement)
{
	double sum = 0;

	if (strcmp(measurement->name, "disk") == 0 || strcmp(measurement->name, "swap") == 0) {
		double percent = field("used_percent")->value.number;
		double total = (double)field("total")->value.integer;

		assert_true(total > 0);
		check_sum("free", "used", "total");
		assert_true(percent >= 0 && percent <= 100);
		/* Four decimals. */
		assert_true(fabs(percent - 100 * (double)field("used")->value.integer / total) <=
			    0.5001e-4);
	}
	if (strcmp(measurement->name, "disk") == 0)
		check_sum("inodes_free", "inodes_used", "inodes_total");
	for (uint32_t i = 0; i < point.field_count; i++) {
		if (point.fields[i].type == LP_INTEGER)
			assert_true(point.fields[i].value.integer >= 0);
		else
			sum += point.fields[i].value.number;
		if (point.fields[i].type == LP_FLOAT)
			assert_true(point.fields[i].value.number >= 0 &&
				    point.fields[i].value.number <= 100);
	}
	if (strcmp(measurement->name, "cpu") == 0)
		assert_true(fabs(sum - 100) < 1e-9);
}

static void test_lines(void **state)
{
	struct dataset *dataset = dataset_open(1);
	char *buffer = malloc(DATASET_LINE_MAX);
	size_t seen[COUNT(measurements)] = { 0 };

	(void)state;
	assert_non_null(dataset);
	for (int64_t i = 0; i < LINES; i++) {
		int64_t time = 1767225600000000000 + i;
		size_t index;

		decode(buffer, dataset_line(dataset, time, buffer, DATASET_LINE_MAX));
		assert_true(point.has_time);
		assert_int_equal(point.time, time);
		index = find_measurement();
		check_names(&measurements[index]);
		check_values(&measurements[index]);
		seen[index]++;
	}
	/* A quarter each, within 6 standard deviations (61): 4 * 2e-9 for any seed, and it is
	 * fixed. */
	for (size_t i = 0; i < COUNT(seen); i++)
		assert_in_range(seen[i], LINES / 4 - 367, LINES / 4 + 367);
	free(buffer);
	dataset_close(dataset);
}

/* What a disk has done so far only grows. */
static void test_counters_grow(void **state)
{
	struct {
		char key[64];
		int64_t values[3];
	} disks[64] = { { .key = "" } };
	struct dataset *dataset = dataset_open(2);
	char buffer[DATASET_LINE_MAX];
	size_t count = 0;

	(void)state;
	for (int i = 0; i < LINES; i++) {
		size_t at = 0;
		char key[64];

		decode(buffer, dataset_line(dataset, 0, buffer, sizeof(buffer)));
		if (!is(point.measurement, "diskio"))
			continue;
		snprintf(key, sizeof(key), "%.*s/%.*s", (int)point.tags[0].value.length,
			 point.tags[0].value.at, (int)point.tags[1].value.length,
			 point.tags[1].value.at);
		while (at < count && strcmp(disks[at].key, key) != 0)
			at++;
		assert_true(at < COUNT(disks));
		count += at == count;
		strcpy(disks[at].key, key);
		for (int k = 0; k < 3; k++) {
			int64_t value = point.fields[k].value.integer;

			assert_true(value >= disks[at].values[k]);
			disks[at].values[k] = value;
		}
	}
	/* Several hosts with several disks. */
	assert_true(count >= 4);
	dataset_close(dataset);
}

static size_t write_lines(uint64_t seed, char *buffer, size_t lines)
{
	struct dataset *dataset = dataset_open(seed);
	size_t length = 0;

	assert_non_null(dataset);
	for (size_t i = 0; i < lines; i++)
		length += (size_t)dataset_line(dataset, (int64_t)i, buffer + length,
					       DATASET_LINE_MAX);
	dataset_close(dataset);
	return length;
}

static void test_seeds(void **state)
{
	enum { SAME = 1000 };
	char *one = malloc(SAME * DATASET_LINE_MAX), *two = malloc(SAME * DATASET_LINE_MAX);
	size_t length;

	(void)state;
	for (uint64_t seed = 0; seed < 5; seed++) {
		length = write_lines(seed, one, SAME);
		assert_int_equal(write_lines(seed, two, SAME), length);
		assert_memory_equal(one, two, length);
		length = write_lines(seed + 1, two, SAME);
		assert_true(memcmp(one, two, length < SAME ? length : SAME) != 0);
	}
	free(one);
	free(two);
}

static void test_small_buffers(void **state)
{
	char line[DATASET_LINE_MAX];

	(void)state;
	for (uint64_t seed = 0; seed < 8; seed++) {
		size_t length = write_lines(seed, line, 1);

		for (size_t size = 0; size <= length + 1; size++) {
			struct dataset *dataset = dataset_open(seed);
			char *buffer = malloc(size ? size : 1);

			assert_int_equal(dataset_line(dataset, 0, buffer, size),
					 size < length ? -ENOSPC : (int64_t)length);
			if (size >= length)
				assert_memory_equal(buffer, line, length);
			free(buffer);
			dataset_close(dataset);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_counters_grow),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_small_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Parts: rows with the same columns, counted, taken off the front, made to fit. */
/* link: receiver/sinks/postgres/part.c receiver/sinks/postgres/rows.c */
/* link: receiver/sinks/postgres/cells.c receiver/sinks/postgres/json.c */
/* link: receiver/sinks/postgres/float_text.c */
#include "tests/unit/helpers.h"

#include "common/rng.h"
#include "receiver/sinks/postgres/table.h"
#include "tests/unit/pg_scene.h"

static struct pg_part *part;
static struct pg_left_out left_out;

static int clear(void **state)
{
	(void)state;
	pg_part_free(part);
	part = NULL;
	left_out = (struct pg_left_out){ 0, 0 };
	return 0;
}

/* A part with columns of the types that LETTERS stand for, and these rows, stamped 1, 2, ... */
static void make(const char *letters, const char *const *rows, size_t count)
{
	struct pg_heading headings[64];

	clear(NULL);
	part = pg_part_new(NULL, headings, headings_of(headings, letters));
	assert_non_null(part);
	for (size_t i = 0; i < count; i++)
		write_row(part, rows[i], i + 1);
}

#define MAKE(letters, ...)                                                                         \
	make(letters, (const char *const[]){ __VA_ARGS__ },                                        \
	     COUNT(((const char *const[]){ __VA_ARGS__ })))

/*
 * Fits as FITS says, a word for each column: "2s" keeps it as column 2, a text, "r" rejects, "f"
 * fails.
 */
static void fit(const char *text)
{
	struct pg_fit fits[64];
	int count = 0, column, used;
	char letter;

	for (; *text; text += used) {
		struct pg_fit *now = &fits[count++];

		if (sscanf(text, " %d%c %n", &column, &letter, &used) == 2) {
			now->fate = PG_FIT_KEEP;
			now->to.column = (uint16_t)column;
			now->to.type = (uint8_t)type_of_letter(letter);
			continue;
		}
		assert_int_equal(sscanf(text, " %c %n", &letter, &used), 1);
		*now = (struct pg_fit){ letter == 'r' ? PG_FIT_REJECT : PG_FIT_FAIL,
					{ 0, PG_MISSING } };
	}
	assert_int_equal(count, part->column_count);
	assert_true(pg_part_fit(part, fits, &left_out));
}

static void assert_left_out(uint64_t rejected, uint64_t failed)
{
	assert_int_equal(left_out.rejected, rejected);
	assert_int_equal(left_out.failed, failed);
}

static void test_making(void **state)
{
	struct pg_table *table = (struct pg_table *)&part; /* any address */
	struct pg_heading headings[2] = { { 7, PG_TEXT }, { 3, PG_INT8 } };

	(void)state;
	part = pg_part_new(table, headings, 2);
	assert_non_null(part);
	memset(headings, 0, sizeof(headings));
	assert_ptr_equal(part->table, table);
	assert_part(part, "7s 3i\n");
	write_row(part, "a|1", 17);
	write_row(part, "|", 0);
	write_row(part, "b|", UINT64_MAX);
	assert_part(part, "7s 3i\n17 a|1\n0 |\n18446744073709551615 b|\n");
	pg_part_free(part);
	pg_part_free(NULL);
	part = pg_part_new(table, NULL, 3);
	assert_non_null(part);
	assert_int_equal(part->columns[2].type, PG_MISSING);
}

static void test_size(void **state)
{
	size_t empty;

	(void)state;
	make("fs", NULL, 0);
	empty = pg_part_size(part);
	assert_int_equal(empty, sizeof(*part) + 2 * sizeof(struct pg_column));
	for (uint64_t i = 0; i < 1000; i++)
		write_row(part, "1.5|abc", i);
	assert_int_equal(part->rows.count, 1000);
	assert_true(part->rows.room >= part->rows.length);
	assert_true(part->stamp_room >= 1000);
	assert_int_equal(pg_part_size(part),
			 empty + part->rows.room + part->stamp_room * sizeof(uint64_t));
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(part->stamps[i], i);
}

static void test_dropping(void **state)
{
	(void)state;
	make("i", NULL, 0);
	pg_part_drop_front(part, 0);
	MAKE("is", "1|a", "2|", "3|ccc", "|d");
	pg_part_drop_front(part, 0);
	assert_part(part, "0i 1s\n1 1|a\n2 2|\n3 3|ccc\n4 |d\n");
	pg_part_drop_front(part, 1);
	assert_part(part, "0i 1s\n2 2|\n3 3|ccc\n4 |d\n");
	pg_part_drop_front(part, 2);
	assert_part(part, "0i 1s\n4 |d\n");
	write_row(part, "5|e", 5);
	pg_part_drop_front(part, 1);
	assert_part(part, "0i 1s\n5 5|e\n");
	pg_part_drop_front(part, 1);
	assert_part(part, "0i 1s\n");
	assert_int_equal(part->rows.length, 0);
}

/* Other columns of the same types: the rows are not touched. */
static void test_renaming(void **state)
{
	const char *data;
	const uint64_t *stamps;

	(void)state;
	MAKE("fis", "1.5|1|a", "||");
	data = part->rows.data;
	stamps = part->stamps;
	fit("0f 5i 1s");
	assert_part(part, "0f 5i 1s\n1 1.5|1|a\n2 ||\n");
	assert_ptr_equal(part->rows.data, data);
	assert_ptr_equal(part->stamps, stamps);
	assert_left_out(0, 0);
	make("fi", NULL, 0);
	fit("1f 0i");
	assert_part(part, "1f 0i\n");
}

static void test_converting(void **state)
{
	(void)state;
	MAKE("fisb", "1.5|1|a|t", "|-2||f", "0.1||b|");
	fit("0n 1n 2s 3s");
	assert_part(part, "0n 1n 2s 3s\n1 1.5|1|a|true\n2 |-2||false\n3 0.1||b|\n");
	fit("0s 1s 2s 3s");
	assert_part(part, "0s 1s 2s 3s\n1 1.5|1|a|true\n2 |-2||false\n3 0.1||b|\n");
	write_row(part, "more|rows||", 9);
	fit("0s 1s 2s 4s");
	assert_part(part, "0s 1s 2s 4s\n1 1.5|1|a|true\n2 |-2||false\n3 0.1||b|\n9 more|rows||\n");
	assert_left_out(0, 0);
}

static void test_leaving_out(void **state)
{
	(void)state;
	MAKE("iis", "1||a", "2|2|b", "3||", "4|4|", "5||e");
	fit("0i r 2s");
	assert_part(part, "0i 2s\n1 1|a\n3 3|\n5 5|e\n");
	assert_left_out(2, 0);
	/* Counts are added to. */
	fit("0i f");
	assert_part(part, "0i\n3 3\n");
	assert_left_out(2, 2);
	fit("r");
	assert_part(part, "\n");
	assert_left_out(3, 2);
}

/* A conflict counts more than what is missing, wherever it is. */
static void test_rejected_and_failed(void **state)
{
	(void)state;
	MAKE("iiii", "1|2|3|", "1||3|", "1|2||", "1|||", "1|2||4");
	fit("0i f r 0i");
	assert_part(part, "0i\n4 1\n");
	assert_left_out(3, 1);
}

static void test_merging(void **state)
{
	(void)state;
	MAKE("ifs", "1||a", "|2.5|b", "|||", "4|4.5|d", "5||");
	fit("3n 3n 1s");
	assert_part(part, "3n 1s\n1 1|a\n2 2.5|b\n3 |\n5 5|\n");
	assert_left_out(1, 0);
	/* Nothing is converted, but two become one. */
	MAKE("ss", "a|", "|b", "c|c");
	fit("4s 4s");
	assert_part(part, "4s\n1 a\n2 b\n");
	assert_left_out(1, 0);
}

/* Many rows: what is left out and what stays, against a plain count. */
static void test_many(void **state)
{
	struct pg_heading headings[3];
	uint64_t rejected = 0, failed = 0, kept = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	part = pg_part_new(NULL, headings, headings_of(headings, "iii"));
	assert_non_null(part);
	for (uint64_t i = 0; i < 10000; i++) {
		bool reject = rng_below(&rng, 3) == 0, fails = rng_below(&rng, 3) == 0;
		char row[64];

		snprintf(row, sizeof(row), "%ju|%s|%s", (uintmax_t)i, reject ? "1" : "",
			 fails ? "1" : "");
		write_row(part, row, reject || fails ? UINT64_MAX : kept);
		rejected += reject;
		failed += fails && !reject;
		kept += !reject && !fails;
	}
	fit("0n r f");
	assert_left_out(rejected, failed);
	assert_int_equal(part->rows.count, kept);
	for (uint64_t i = 0; i < kept; i++)
		assert_int_equal(part->stamps[i], i);
	assert_ptr_equal(pg_row_skip(part->rows.data, kept), part->rows.data + part->rows.length);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_making, clear),
		cmocka_unit_test_teardown(test_size, clear),
		cmocka_unit_test_teardown(test_dropping, clear),
		cmocka_unit_test_teardown(test_renaming, clear),
		cmocka_unit_test_teardown(test_converting, clear),
		cmocka_unit_test_teardown(test_leaving_out, clear),
		cmocka_unit_test_teardown(test_rejected_and_failed, clear),
		cmocka_unit_test_teardown(test_merging, clear),
		cmocka_unit_test_teardown(test_many, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

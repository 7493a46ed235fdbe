/* Batches: parts in order, rows taken off the front; as bytes, whole and damaged. */
/* link: receiver/sinks/postgres/batch.c receiver/sinks/postgres/batch_bytes.c */
/* link: receiver/sinks/postgres/part.c receiver/sinks/postgres/rows.c */
/* link: receiver/sinks/postgres/cells.c receiver/sinks/postgres/json.c */
/* link: receiver/sinks/postgres/float_text.c */
#include "tests/unit/helpers.h"

#include "common/rng.h"
#include "receiver/sinks/postgres/table.h"
#include "tests/unit/pg_scene.h"

#define TABLES  4
#define COLUMNS 8

/* In place of table.c: tables with a few columns. */
static struct pg_table tables[TABLES];
static struct pg_column columns[TABLES][COLUMNS];
static size_t table_count;
static struct pg_batch batch, again;
static struct pg_rows bytes;

int pg_table_column(struct pg_table *table, const char *name, size_t length, enum pg_type type)
{
	struct pg_column *column = table->columns;

	for (uint32_t i = 0; i < table->column_count; i++, column++)
		if (column->length == length && memcmp(column->name, name, length) == 0)
			return (int)i;
	if (table->column_count == COLUMNS)
		return -1;
	*column = (struct pg_column){ .length = (uint8_t)length, .wanted = (uint8_t)type };
	memcpy(column->name, name, length);
	table->epoch++;
	return (int)table->column_count++;
}

static struct pg_table *find_table(void *context, const char *name, size_t length)
{
	struct pg_table *table = tables;

	assert_ptr_equal(context, &table_count);
	for (size_t i = 0; i < table_count; i++, table++)
		if (table->name_length == length && memcmp(table->name, name, length) == 0)
			return table;
	if (table_count == TABLES)
		return NULL;
	*table = (struct pg_table){ .name_length = (uint8_t)length };
	memcpy(table->name, name, length);
	table->columns = columns[table_count++];
	return table;
}

static const struct pg_catalog catalog = { find_table, &table_count };

static struct pg_table *table_named(const char *name)
{
	return find_table(&table_count, name, strlen(name));
}

static void forget_tables(void)
{
	memset(tables, 0, sizeof(tables));
	memset(columns, 0, sizeof(columns));
	table_count = 0;
}

static int clear(void **state)
{
	(void)state;
	pg_batch_clear(&batch);
	pg_batch_clear(&again);
	assert_null(batch.first);
	assert_null(batch.last);
	batch = again = (struct pg_batch){ .number = 0 };
	pg_rows_free(&bytes);
	forget_tables();
	return 0;
}

/* A part of table NAME with columns named by their letters. */
static struct pg_part *add_part(const char *name, const char *letters)
{
	struct pg_table *table = table_named(name);
	struct pg_heading headings[COLUMNS];
	uint16_t count = headings_of(headings, letters);
	struct pg_part *part;

	assert_non_null(table);
	for (uint16_t i = 0; i < count; i++)
		headings[i].column = (uint16_t)pg_table_column(table, letters + i, 1,
							       (enum pg_type)headings[i].type);
	part = pg_batch_add_part(&batch, table, headings, count);
	assert_non_null(part);
	assert_ptr_equal(batch.last, part);
	return part;
}

/* All parts as "NAME 0f 1s\n1 ...\n". */
static void assert_batch(const struct pg_batch *shown, const char *want)
{
	const struct pg_part *last = NULL;
	struct pg_rows text = { .data = NULL };

	put_rest(&text, "");
	for (const struct pg_part *part = shown->first; part; part = part->next) {
		char *one = show_part(part);

		put_rest(&text, part->table->name);
		put_rest(&text, " ");
		put_rest(&text, one);
		free(one);
		last = part;
	}
	assert_string_equal(text.data, want);
	assert_ptr_equal(shown->last, last);
	pg_rows_free(&text);
}

static void make_some(void)
{
	struct pg_part *part = add_part("cpu", "tfs");

	write_row(part, "0|1.5|a", 1);
	write_row(part, "|2.5|", 2);
	part = add_part("mem", "i");
	write_row(part, "7", 3);
	part = add_part("cpu", "tsn");
	write_row(part, "1000000000|b|3", 0);
	write_row(part, "||", 5);
	batch.number = 17;
}

#define CPU1 "cpu 0t 1f 2s\n"
#define ROW1 "1 1970-01-01 00:00:00+00|1.5|a\n"
#define ROW2 "2 |2.5|\n"
#define MEM  "mem 0i\n3 7\n"
#define CPU2 "cpu 0t 2s 3n\n"
#define ROW4 "0 1970-01-01 00:00:01+00|b|3\n"
#define ROW5 "5 ||\n"

static void test_counts(void **state)
{
	size_t size = 0;

	(void)state;
	assert_int_equal(pg_batch_rows(&batch), 0);
	assert_int_equal(pg_batch_size(&batch), 0);
	make_some();
	assert_batch(&batch, CPU1 ROW1 ROW2 MEM CPU2 ROW4 ROW5);
	assert_int_equal(pg_batch_rows(&batch), 5);
	for (const struct pg_part *part = batch.first; part; part = part->next)
		size += pg_part_size(part);
	assert_int_equal(pg_batch_size(&batch), size);
}

static void test_dropping(void **state)
{
	static const struct {
		uint64_t count, done;
		const char *left;
	} cases[] = {
		{ 0, 0, CPU1 ROW1 ROW2 MEM CPU2 ROW4 ROW5 },
		{ 1, 1, CPU1 ROW2 MEM CPU2 ROW4 ROW5 },
		{ 2, 2, MEM CPU2 ROW4 ROW5 },
		{ 3, 3, CPU2 ROW4 ROW5 },
		{ 4, 4, CPU2 ROW5 },
		{ 5, 5, "" },
		{ 6, 5, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		clear(NULL);
		make_some();
		pg_batch_drop_front(&batch, cases[i].count);
		assert_batch(&batch, cases[i].left);
		assert_int_equal(batch.done, cases[i].done);
		assert_int_equal(batch.number, 17);
	}
	/* One after the other, and what is added then. */
	clear(NULL);
	make_some();
	for (uint64_t i = 1; i <= 5; i++) {
		pg_batch_drop_front(&batch, 1);
		assert_int_equal(batch.done, i);
		assert_int_equal(pg_batch_rows(&batch), 5 - i);
	}
	write_row(add_part("mem", "i"), "8", 9);
	assert_batch(&batch, "mem 0i\n9 8\n");
}

static void test_empty_parts(void **state)
{
	(void)state;
	add_part("a", "i");
	make_some();
	add_part("b", "i");
	pg_batch_drop_front(&batch, 0);
	assert_batch(&batch, CPU1 ROW1 ROW2 MEM CPU2 ROW4 ROW5);
	pg_part_drop_front(batch.first->next, 1);
	pg_batch_drop_front(&batch, 1);
	assert_batch(&batch, CPU1 ROW2 CPU2 ROW4 ROW5);
	assert_int_equal(batch.done, 1);
}

static void encode(void)
{
	bytes.length = 0;
	assert_true(pg_batch_encode(&batch, &bytes));
}

/* Bytes on the heap without any to spare. */
static bool decode(const char *data, size_t length, const char **why)
{
	char *copy = exact_copy(data, length);
	bool done;

	*why = NULL;
	done = pg_batch_decode(&again, copy, length, &catalog, why);
	free(copy);
	if (!done) {
		assert_non_null(*why);
		assert_null(again.first);
		assert_null(again.last);
	}
	return done;
}

static void assert_refused(size_t length, const char *reason)
{
	const char *why;

	assert_false(decode(bytes.data, length, &why));
	assert_string_equal(why, reason);
}

/* What is in files stays readable only if no byte of it changes. */
static void test_bytes(void **state)
{
	struct pg_part *part = add_part("m", "is");

	(void)state;
	write_row(part, "7|ab", 258);
	batch.number = 2;
	batch.done = 3;
	encode();
	assert_hex("batch", bytes.data, bytes.length,
		   "01000000 00000000 02000000 00000000 03000000 01016d00 02690169 73017300 "
		   "00000000 00000100 00000000 00001400 00000000 00010200 02000000 08000000 "
		   "00000000 07000000 026162");
}

static void test_round_trip(void **state)
{
	const char *why;

	(void)state;
	make_some();
	add_part("empty", "i");
	batch.done = 3;
	encode();
	assert_true(decode(bytes.data, bytes.length, &why));
	assert_batch(&again, CPU1 ROW1 ROW2 MEM CPU2 ROW4 ROW5);
	assert_int_equal(again.number, 17);
	assert_int_equal(again.done, 3);
	for (const struct pg_part *part = again.first; part; part = part->next)
		assert_int_not_equal(part->epoch, part->table->epoch);
	pg_batch_clear(&again);
	/* Elsewhere the columns have other numbers, and one is wanted as another type. */
	forget_tables();
	assert_int_equal(pg_table_column(table_named("cpu"), "n", 1, PG_TEXT), 0);
	assert_true(decode(bytes.data, bytes.length, &why));
	assert_batch(&again, "cpu 1t 2f 3s\n" ROW1 ROW2 MEM "cpu 1t 3s 0n\n" ROW4 ROW5);
	assert_int_equal(tables[0].columns[0].wanted, PG_TEXT);
	assert_int_equal(tables[0].columns[2].wanted, PG_FLOAT8);
	/* Every type; what is encoded anew is the same. */
	clear(NULL);
	write_row(add_part("all", "finsbtj"), "1e-300|-1|-0.5|\303\251|t|-1|x", UINT64_MAX);
	encode();
	assert_true(decode(bytes.data, bytes.length, &why));
	pg_batch_clear(&batch);
	batch = again;
	again = (struct pg_batch){ .number = 0 };
	assert_true(pg_batch_encode(&batch, &bytes));
	assert_memory_equal(bytes.data, bytes.data + bytes.length / 2, bytes.length / 2);
}

static void test_empty(void **state)
{
	const char *why;

	(void)state;
	encode();
	assert_true(decode(bytes.data, bytes.length, &why));
	assert_batch(&again, "");
}

/* Nothing is made of a part that makes no sense. */
static void test_cut_short(void **state)
{
	const char *why;

	(void)state;
	make_some();
	encode();
	for (size_t length = 0; length < bytes.length; length++) {
		assert_false(decode(bytes.data, length, &why));
		if (length > 0)
			assert_string_equal(why, "it is cut short");
	}
	clear(NULL);
	write_row(add_part("a", "i"), "7", 1);
	write_row(add_part("b", "i"), "7", 1);
	encode();
	forget_tables();
	assert_refused(bytes.length - 1, "it is cut short");
	assert_int_equal(table_count, 1);
}

static void test_refused(void **state)
{
	struct pg_part *part = add_part("m", "is");

	(void)state;
	write_row(part, "7|ab", 258);
	encode();
	assert_true(pg_rows_bool(&bytes, true));
	assert_refused(bytes.length, "there are bytes behind its end");
	encode();
	bytes.data[0] = 2;
	assert_refused(bytes.length, "its version is not known");
	encode();
	bytes.data[21] = 0;
	assert_refused(bytes.length, "a name is none");
	bytes.data[21] = 64;
	assert_refused(bytes.length, "it is cut short");
	encode();
	bytes.data[22] = '\0';
	assert_refused(bytes.length, "a name is none");
	bytes.data[22] = '\377';
	assert_refused(bytes.length, "a name is none");
	encode();
	bytes.data[24] = 0;
	assert_refused(bytes.length, "a table has too few columns, or too many");
	bytes.data[23] = 100;
	assert_refused(bytes.length, "a table has too few columns, or too many");
	encode();
	bytes.data[25] = 'x';
	assert_refused(bytes.length, "a column is of no known type");
	bytes.data[25] = '\0';
	assert_refused(bytes.length, "a column is of no known type");
	bytes.data[25] = 'b';
	assert_refused(bytes.length, "a value is not of its column's type");
	encode();
	bytes.data[30] = 'i';
	assert_refused(bytes.length, "a column is named twice");
	encode();
	bytes.data[56] = 1;
	assert_refused(bytes.length, "a row has other columns");
}

/* A column or table that cannot be made. */
static void test_no_room(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };

	(void)state;
	write_row(add_part("m", "is"), "7|ab", 258);
	encode();
	forget_tables();
	for (int i = 1; i < COLUMNS; i++)
		pg_table_column(table_named("m"), "abcdefgh" + i, 1, PG_TEXT);
	assert_refused(bytes.length, "there can be no such column");
	forget_tables();
	for (size_t i = 0; i < COUNT(names); i++)
		table_named(names[i]);
	assert_refused(bytes.length, "there can be no such table");
}

/* What was let in can be walked, printed, fitted and encoded like any other. */
static void use_all(void)
{
	for (struct pg_part *part = again.first; part; part = part->next) {
		struct pg_fit fits[COLUMNS];
		struct pg_left_out left_out = { 0, 0 };
		char *text = show_part(part);

		free(text);
		assert_true(part->column_count <= COLUMNS);
		for (uint16_t i = 0; i < part->column_count; i++)
			fits[i] = (struct pg_fit){ PG_FIT_KEEP,
						   { part->columns[i].column, PG_TEXT } };
		assert_true(pg_part_fit(part, fits, &left_out));
		assert_int_equal(left_out.rejected + left_out.failed, 0);
	}
	assert_true(pg_batch_encode(&again, &bytes));
	pg_batch_drop_front(&again, pg_batch_rows(&again));
	assert_null(again.first);
}

/* Damage of each byte, of several, and of lengths: refused, or harmless. */
static void test_damaged(void **state)
{
	static const char lengths[] = "\0\1\2\3\10\77\100\177\200\376\377";
	struct rng rng;
	size_t length, let_in = 0;
	char *whole;
	const char *why;

	(void)state;
	make_some();
	write_row(add_part("all", "finsbtj"), "1e-300|-1|-0.5|\303\251|t|-1|x", 9);
	encode();
	length = bytes.length;
	whole = exact_copy(bytes.data, length);
	rng_seed(&rng, 1, 0);
	for (size_t i = 0; i < 60 * length; i++) {
		char *damaged = exact_copy(whole, length);

		damaged[i % length] = lengths[rng_below(&rng, sizeof(lengths) - 1)];
		for (uint64_t more = rng_below(&rng, 4); more > 1; more--)
			damaged[rng_below(&rng, length)] = (char)rng_next(&rng);
		forget_tables();
		if (decode(damaged, length, &why)) {
			let_in++;
			use_all();
			bytes.length = 0;
		}
		free(damaged);
	}
	assert_true(let_in > length);
	free(whole);
}

/* Counts of rows and bytes are not believed, be they ever so large. */
static void test_claims(void **state)
{
	(void)state;
	write_row(add_part("m", "i"), "7", 1);
	encode();
	for (size_t at = 28; at < 44; at++) {
		char before = bytes.data[at];
		const char *why;

		for (int byte = 0; byte < 256; byte++) {
			bytes.data[at] = (char)byte;
			if (bytes.data[at] != before)
				assert_false(decode(bytes.data, bytes.length, &why));
		}
		bytes.data[at] = before;
	}
	assert_hex("claims", bytes.data + 28, 16, "00000000 00000001 00000000 0000000e");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_counts, clear),
		cmocka_unit_test_teardown(test_dropping, clear),
		cmocka_unit_test_teardown(test_empty_parts, clear),
		cmocka_unit_test_teardown(test_bytes, clear),
		cmocka_unit_test_teardown(test_round_trip, clear),
		cmocka_unit_test_teardown(test_empty, clear),
		cmocka_unit_test_teardown(test_cut_short, clear),
		cmocka_unit_test_teardown(test_refused, clear),
		cmocka_unit_test_teardown(test_no_room, clear),
		cmocka_unit_test_teardown(test_damaged, clear),
		cmocka_unit_test_teardown(test_claims, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

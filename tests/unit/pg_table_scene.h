/* A table that lines are put into and a database, made of words, that it is compared with. */
#ifndef FAIRPORT_TESTS_UNIT_PG_TABLE_SCENE_H
#define FAIRPORT_TESTS_UNIT_PG_TABLE_SCENE_H

#include "common/lp.h"
#include "receiver/sinks/postgres/table.h"
#include "tests/unit/pg_scene.h"

static struct pg_shape shape;
static struct pg_table *table;
static struct pg_batch batch;
static struct pg_when when;
static const char *reason; /* of the last failure to add a row */

/* Letters as in pg_scene.h, and o for a type that is none of ours. */
static inline char letter_of(enum pg_type type)
{
	return type == PG_OTHER ? 'o' : pg_letters[type];
}

static inline void open_table(enum pg_conflict conflict)
{
	shape = (struct pg_shape){ .layout = pg_layout_by_index(0),
				   .conflict = conflict,
				   .columns_max = 100,
				   .columns_left = 1000 };
	when = (struct pg_when){ .stamp = 1, .now = 1000 };
	table = pg_table_new(&shape, "cpu", 3);
	assert_non_null(table);
}

static inline int close_table(void **state)
{
	(void)state;
	pg_batch_clear(&batch);
	pg_table_free(table);
	table = NULL;
	return 0;
}

/* Again with the same shape. */
static inline void reopen_table(void)
{
	close_table(NULL);
	table = pg_table_new(&shape, "cpu", 3);
	assert_non_null(table);
}

static inline int open_reject(void **state)
{
	(void)state;
	open_table(PG_CONFLICT_REJECT);
	return 0;
}

static inline int open_widen(void **state)
{
	(void)state;
	open_table(PG_CONFLICT_WIDEN);
	return 0;
}

static inline int open_new_column(void **state)
{
	(void)state;
	open_table(PG_CONFLICT_NEW_COLUMN);
	return 0;
}

/* The point of LINE, whose text must live as long. */
static inline const struct lp_point *decode(const char *line, size_t length)
{
	static struct lp_point point;
	struct lp_cursor cursor;
	struct lp_error error;

	lp_cursor_init(&cursor, line, length);
	if (lp_next(&cursor, &point, &error) != LP_POINT)
		fail_msg("%s: %s", line, error.reason);
	return &point;
}

/* "name:WT ...": what is wanted, and what is there; in front of that "!" for a column that is off.
 */
static inline char *show_columns(void)
{
	char *text = malloc(table->column_count * (PG_NAME_MAX + 5) + 1), *at = text;

	*at = '\0';
	for (uint32_t i = 0; i < table->column_count; i++) {
		const struct pg_column *column = &table->columns[i];

		assert_int_equal(strlen(column->name), column->length);
		at += sprintf(at, "%s%s:%s%c%c", i ? " " : "", column->name, column->off ? "!" : "",
			      letter_of(column->wanted), letter_of(column->type));
	}
	return text;
}

static inline void assert_columns(const char *want)
{
	char *text = show_columns();

	assert_string_equal(text, want);
	free(text);
}

/* Adds the point as a row. A failure must leave no trace, and tell why. */
static inline enum pg_row_result add_bytes(const char *line, size_t length)
{
	uint64_t rows = pg_batch_rows(&batch);
	uint32_t left = shape.columns_left;
	char *before = show_columns(), *after;
	const struct pg_part *part = batch.last;
	size_t bytes = part ? part->rows.length : 0;
	enum pg_row_result result;

	reason = "unset";
	result = pg_table_add_row(table, decode(line, length), &when, &batch, &reason);
	assert_int_equal(reason == NULL, result == PG_ROW_ADDED);
	assert_int_equal(pg_batch_rows(&batch), rows + (result == PG_ROW_ADDED));
	after = show_columns();
	if (result == PG_ROW_ADDED) {
		assert_ptr_equal(table->part, batch.last);
		assert_int_equal(table->part->epoch, table->epoch);
	} else {
		assert_string_equal(after, before);
		assert_int_equal(shape.columns_left, left);
		assert_ptr_equal(batch.last, part);
		assert_int_equal(part ? part->rows.length : 0, bytes);
	}
	free(before);
	free(after);
	return result;
}

static inline enum pg_row_result add(const char *line)
{
	return add_bytes(line, strlen(line));
}

static inline void assert_added(const char *line)
{
	if (add(line) != PG_ROW_ADDED)
		fail_msg("%s: %s", line, reason);
}

/* A line that is not added, and the first words of the reason. */
struct refusal {
	const char *line;
	size_t length; /* 0: up to the NUL */
	enum pg_row_result result;
	const char *reason;
};

static inline void assert_refused(const struct refusal *refusals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct refusal *want = &refusals[i];
		size_t length = want->length ? want->length : strlen(want->line);
		enum pg_row_result result = add_bytes(want->line, length);

		if (result != want->result || result == PG_ROW_ADDED ||
		    strncmp(reason, want->reason, strlen(want->reason)) != 0)
			fail_msg("%s: result %d, %s", want->line, (int)result, reason);
	}
}

/*
 * The database has the columns "NAME:TYPE ..." (v: varchar, o: float4), or no such table where
 * there are none.
 */
static inline void inspected(const char *columns)
{
	static const unsigned long oids[] = { 0, 701, 20, 1700, 25, 16, 1184, 3802 };
	struct pg_seen_column seen[32];
	char text[512], *rest = NULL;
	size_t count = 0;

	snprintf(text, sizeof(text), "%s", columns);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		size_t length = strlen(word) - 2;
		char letter = word[length + 1];
		unsigned long oid = 700;

		if (letter == 'v')
			oid = 1043;
		else if (letter != 'o')
			oid = oids[type_of_letter(letter)];
		assert_true(count < COUNT(seen));
		seen[count++] = (struct pg_seen_column){ word, length, oid };
	}
	pg_table_inspected(table, count ? 4711 : 0, count ? "815" : NULL, seen, count);
	assert_true(table->known);
	assert_int_equal(table->oid, count ? 4711 : 0);
	assert_string_equal(table->version, count ? "815" : "");
}

/* The parts' headings and rows, as show_part() has them. */
static inline void assert_parts(const char *want)
{
	struct pg_rows text = { .data = NULL };

	put_rest(&text, "");
	for (const struct pg_part *part = batch.first; part; part = part->next) {
		char *rows = show_part(part);

		put_rest(&text, rows);
		free(rows);
	}
	assert_string_equal(text.data, want);
	free(text.data);
}

/* Time stamps of 0, as they are shown. */
#define T0 "1970-01-01 00:00:00+00"

#endif

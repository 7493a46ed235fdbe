/*
 * A batch as bytes. Numbers are in network order:
 *
 *   batch   version (1 byte), number (8), done (8), count of parts (4), parts
 *   part    name of the table, count of columns (2), columns, count of rows (8), bytes of
 *           the rows (8), stamps (8 each), rows as they are
 *   column  type (1), name
 *   name    length (1), bytes
 */
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"
#include "receiver/sinks/postgres/batch.h"
#include "receiver/sinks/postgres/cells.h"
#include "receiver/sinks/postgres/table.h"
#include "receiver/sinks/postgres/wire.h"

#define VERSION     1
#define HEAD_SIZE   21
#define NAME_SIZE   (1 + PG_NAME_MAX)
#define COLUMN_SIZE (1 + NAME_SIZE)

/* The numbers of enum pg_type are not those in files: they may change. */
static const char type_letters[] = {
	[PG_FLOAT8] = 'f',  [PG_INT8] = 'i', [PG_NUMERIC] = 'n', [PG_TEXT] = 's',
	[PG_BOOLEAN] = 'b', [PG_TIME] = 't', [PG_JSONB] = 'j',
};

const char pg_batch_no_memory[] = "out of memory";

static char *put_name(char *at, const char *name, uint8_t length)
{
	*at++ = (char)length;
	memcpy(at, name, length);
	return at + length;
}

static char *put_bytes(char *at, const void *from, size_t length)
{
	if (length > 0)
		memcpy(at, from, length);
	return at + length;
}

static bool encode_part(const struct pg_part *part, struct pg_rows *to)
{
	const struct pg_table *table = part->table;
	const struct pg_rows *rows = &part->rows;
	char *at = pg_rows_reserve(to, NAME_SIZE + 2 + (size_t)part->column_count * COLUMN_SIZE +
					       16 + rows->count * 8 + rows->length);

	if (!at)
		return false;
	at = put_name(at, table->name, table->name_length);
	at = pg_put16(at, part->column_count);
	for (uint16_t i = 0; i < part->column_count; i++) {
		const struct pg_column *column = &table->columns[part->columns[i].column];

		*at++ = type_letters[part->columns[i].type];
		at = put_name(at, column->name, column->length);
	}
	at = pg_put64(at, rows->count);
	at = pg_put64(at, rows->length);
	for (uint64_t i = 0; i < rows->count; i++)
		at = pg_put64(at, part->stamps[i]);
	at = put_bytes(at, rows->data, rows->length);
	to->length = (size_t)(at - to->data);
	return true;
}

bool pg_batch_encode(const struct pg_batch *batch, struct pg_rows *to)
{
	size_t before = to->length;
	uint32_t parts = 0;
	char *at = pg_rows_reserve(to, HEAD_SIZE);

	if (!at)
		return false;
	to->length += HEAD_SIZE;
	for (const struct pg_part *part = batch->first; part; part = part->next) {
		if (part->rows.count == 0)
			continue;
		if (!encode_part(part, to)) {
			to->length = before;
			return false;
		}
		parts++;
	}
	at = to->data + before;
	*at++ = VERSION;
	at = pg_put64(at, batch->number);
	at = pg_put64(at, batch->done);
	pg_put32(at, parts);
	return true;
}

/* Bytes that are read; whoever wrote them. */
struct reader {
	const char *at, *end;
	const char *why; /* it makes no sense; the first reason stays */
};

static const char *fail(struct reader *in, const char *why)
{
	if (!in->why)
		in->why = why;
	return NULL;
}

/* The next LENGTH bytes, or NULL when there are not as many, or something failed before. */
static const char *take(struct reader *in, uint64_t length)
{
	const char *at = in->at;

	if (in->why || (uint64_t)(in->end - at) < length)
		return fail(in, "it is cut short");
	in->at += length;
	return at;
}

/* Numbers: 0 where there is none. */
static unsigned int take8(struct reader *in)
{
	const char *at = take(in, 1);

	return at ? (unsigned char)*at : 0;
}

static uint16_t take16(struct reader *in)
{
	const char *at = take(in, 2);

	return at ? pg_get16(at) : 0;
}

static uint32_t take32(struct reader *in)
{
	const char *at = take(in, 4);

	return at ? pg_get32(at) : 0;
}

static uint64_t take64(struct reader *in)
{
	const char *at = take(in, 8);

	return at ? pg_get64(at) : 0;
}

static const char *take_name(struct reader *in, size_t *length)
{
	const char *name;

	*length = take8(in);
	name = take(in, *length);
	if (name && (*length == 0 || *length > PG_NAME_MAX || memchr(name, '\0', *length) ||
		     !utf8_valid(name, *length)))
		return fail(in, "a name is none");
	return name;
}

static uint8_t take_type(struct reader *in)
{
	unsigned int letter = take8(in);

	for (enum pg_type type = PG_FLOAT8; type <= PG_JSONB; type++)
		if ((unsigned char)type_letters[type] == letter)
			return (uint8_t)type;
	fail(in, "a column is of no known type");
	return PG_OTHER;
}

static void check_cell(struct reader *in, enum pg_type type)
{
	struct pg_cell cell = { .length = take32(in) };

	if (cell.length == UINT32_MAX)
		return;
	cell.data = take(in, cell.length);
	if (cell.data && !pg_cell_valid(type, cell))
		fail(in, "a value is not of its column's type");
}

/* Whether the LENGTH bytes of rows that come next are rows of PART. */
static const char *take_rows(struct reader *in, const struct pg_part *part, uint64_t count,
			     uint64_t length)
{
	const char *first = take(in, length);
	struct reader rows = { .at = first, .end = in->at };

	if (!first)
		return NULL;
	for (uint64_t i = 0; i < count && !rows.why; i++) {
		if (take16(&rows) != part->column_count)
			fail(&rows, "a row has other columns");
		for (uint16_t j = 0; j < part->column_count && !rows.why; j++)
			check_cell(&rows, part->columns[j].type);
	}
	if (rows.at != rows.end)
		fail(&rows, "there are bytes behind the last row");
	return rows.why ? fail(in, rows.why) : first;
}

static bool decode_rows(struct reader *in, struct pg_part *part)
{
	uint64_t count = take64(in), length = take64(in);
	const char *stamps = take(in, 8 * count); /* an overflow fails with so many rows */
	const char *rows = take_rows(in, part, count, length);
	char *at;

	if (!rows)
		return false;
	if (count == 0)
		return true;
	at = pg_rows_reserve(&part->rows, length);
	if (!at) {
		fail(in, pg_batch_no_memory);
		return false;
	}
	memcpy(at, rows, length);
	part->rows.length = length;
	pg_rows_shrink(&part->rows);
	for (uint64_t i = 0; i < count; i++) {
		if (!pg_part_end_row(part, pg_get64(stamps + 8 * i))) {
			fail(in, pg_batch_no_memory);
			return false;
		}
	}
	return true;
}

/* The names and types of PART's columns; where they have no numbers yet. */
static bool decode_columns(struct reader *in, struct pg_part *part)
{
	size_t length;

	for (uint16_t i = 0; i < part->column_count && !in->why; i++) {
		part->columns[i].type = take_type(in);
		take_name(in, &length);
	}
	return !in->why;
}

static bool is_repeated(const struct pg_part *part, uint16_t at)
{
	for (uint16_t i = 0; i < at; i++)
		if (part->columns[i].column == part->columns[at].column)
			return true;
	return false;
}

/* Finds the columns that stand at AT, where they were read before, in part->table. */
static bool number_columns(struct reader *in, const char *at, struct pg_part *part)
{
	for (uint16_t i = 0; i < part->column_count; i++) {
		size_t length = (unsigned char)at[1];
		int number = pg_table_column(part->table, at + 2, length, part->columns[i].type);

		if (number < 0) {
			fail(in, "there can be no such column");
			return false;
		}
		part->columns[i].column = (uint16_t)number;
		if (is_repeated(part, i)) {
			fail(in, "a column is named twice");
			return false;
		}
		at += 2 + length;
	}
	/* Not what it is now: the types need not be those of the table. */
	part->epoch = part->table->epoch - 1;
	return true;
}

/* Nothing is asked of CATALOG before the bytes of the whole part make sense. */
static bool decode_part(struct reader *in, struct pg_batch *batch, const struct pg_catalog *catalog)
{
	size_t length;
	const char *name = take_name(in, &length), *columns;
	uint16_t count = take16(in);
	struct pg_part *part;

	if (count == 0 || count > PG_COLUMNS_MAX)
		fail(in, "a table has too few columns, or too many");
	if (in->why)
		return false;
	columns = in->at;
	part = pg_batch_add_part(batch, NULL, NULL, count);
	if (!part) {
		fail(in, pg_batch_no_memory);
		return false;
	}
	if (!decode_columns(in, part) || !decode_rows(in, part))
		return false;
	part->table = catalog->table(catalog->context, name, length);
	if (!part->table) {
		fail(in, "there can be no such table");
		return false;
	}
	return number_columns(in, columns, part);
}

static bool number_rows(struct pg_batch *batch, uint64_t first)
{
	for (struct pg_part *part = batch->first; part; part = part->next) {
		part->ordinals = calloc(part->rows.count + 1, sizeof(*part->ordinals));
		if (!part->ordinals)
			return false;
		for (uint64_t i = 0; i < part->rows.count; i++)
			part->ordinals[i] = first++;
	}
	return true;
}

bool pg_batch_decode(struct pg_batch *batch, const char *data, size_t length,
		     const struct pg_catalog *catalog, const char **why)
{
	struct reader in = { .at = data, .end = data + length };
	uint64_t number, done;
	uint32_t parts;

	if (take8(&in) != VERSION)
		fail(&in, "its version is not known");
	number = take64(&in);
	done = take64(&in);
	parts = take32(&in);
	while (parts > 0 && !in.why) {
		decode_part(&in, batch, catalog);
		parts--;
	}
	if (!in.why && in.at != in.end)
		fail(&in, "there are bytes behind its end");
	if (!in.why && !number_rows(batch, done))
		fail(&in, pg_batch_no_memory);
	if (in.why) {
		pg_batch_clear(batch);
		*why = in.why;
		return false;
	}
	batch->number = number;
	batch->done = done;
	return true;
}

/* Rows of binary COPY, written from text and shown as text; for the tests of what handles them. */
#ifndef FAIRPORT_TESTS_UNIT_PG_SCENE_H
#define FAIRPORT_TESTS_UNIT_PG_SCENE_H

#include "receiver/sinks/postgres/cells.h"
#include "receiver/sinks/postgres/part.h"
#include "receiver/sinks/postgres/wire.h"

/* Types by letters: float8, int8, numeric, text (string), boolean, timestamptz, jsonb. */
static const char pg_letters[] = "-finsbtj";

static inline enum pg_type type_of_letter(char letter)
{
	return (enum pg_type)(strchr(pg_letters, letter) - pg_letters);
}

/* The bytes in hexadecimal, with a space between 32-bit words. */
static inline void assert_hex(const char *what, const char *data, size_t length, const char *want)
{
	char *text = malloc(3 * length + 1), *at = text;

	*at = '\0';
	for (size_t i = 0; i < length; i++)
		at += sprintf(at, "%s%02x", i && i % 4 == 0 ? " " : "", data[i] & 0xff);
	if (strcmp(text, want) != 0)
		fail_msg("%s: %s instead of %s", what, text, want);
	free(text);
}

static inline struct lp_text plain_text(const char *text, size_t length)
{
	return (struct lp_text){ text, (uint32_t)length, false };
}

/* A cell from its text: a timestamptz from ns since 1970, a jsonb {"a": TEXT}. */
static inline void write_cell(struct pg_rows *rows, enum pg_type type, const char *text,
			      size_t length)
{
	struct pg_json json;

	switch (type) {
	case PG_FLOAT8:
		assert_true(pg_rows_float8(rows, strtod(text, NULL)));
		break;
	case PG_INT8:
		assert_true(pg_rows_int8(rows, strtoll(text, NULL, 10)));
		break;
	case PG_NUMERIC:
		assert_true(pg_rows_numeric_text(rows, text, length));
		break;
	case PG_TEXT:
		assert_true(pg_rows_text(rows, plain_text(text, length), true));
		break;
	case PG_BOOLEAN:
		assert_true(pg_rows_bool(rows, *text == 't'));
		break;
	case PG_TIME:
		assert_true(pg_rows_timestamptz(rows, strtoll(text, NULL, 10)));
		break;
	case PG_JSONB:
		assert_true(pg_rows_json_begin(rows, &json));
		assert_true(pg_rows_json_key(rows, &json, plain_text("a", 1)));
		assert_true(pg_rows_json_string(rows, plain_text(text, length), true));
		assert_true(pg_rows_json_end(rows, &json));
		break;
	default:
		fail_msg("no such type");
	}
}

/* The cell at the start of ROWS. */
static inline struct pg_cell first_cell(const struct pg_rows *rows)
{
	uint32_t length = pg_get32(rows->data);

	return (struct pg_cell){ rows->data + 4, length };
}

/* A row of PART from the texts of its cells: "1.5|abc||t"; what is empty is NULL. */
static inline void write_row(struct pg_part *part, const char *text, uint64_t stamp)
{
	assert_true(pg_rows_start_row(&part->rows, part->column_count));
	for (uint16_t i = 0; i < part->column_count; i++) {
		size_t length = strcspn(text, "|");

		if (length == 0)
			assert_true(pg_rows_null(&part->rows));
		else
			write_cell(&part->rows, (enum pg_type)part->columns[i].type, text, length);
		text += length + (text[length] == '|');
	}
	assert_true(pg_part_end_row(part, stamp));
}

/* Columns 0, 1, ... of the types that LETTERS stand for. Returns how many. */
static inline uint16_t headings_of(struct pg_heading *headings, const char *letters)
{
	uint16_t count = 0;

	for (; letters[count]; count++)
		headings[count] =
			(struct pg_heading){ count, (uint8_t)type_of_letter(letters[count]) };
	return count;
}

static inline void put_rest(struct pg_rows *text, const char *rest)
{
	size_t length = strlen(rest);

	memcpy(pg_rows_reserve(text, length + 1), rest, length + 1);
	text->length += length;
}

/* "0f 1s: " and then a line for each row: "STAMP 1.5|abc|\n". */
static inline char *show_part(const struct pg_part *part)
{
	struct pg_cell cells[64];
	struct pg_rows text = { .data = NULL };
	const char *at = part->rows.data;
	char number[32];

	assert_true(part->column_count < COUNT(cells));
	for (uint16_t i = 0; i < part->column_count; i++) {
		snprintf(number, sizeof(number), "%s%u%c", i ? " " : "", part->columns[i].column,
			 pg_letters[part->columns[i].type]);
		put_rest(&text, number);
	}
	put_rest(&text, "\n");
	for (uint64_t row = 0; row < part->rows.count; row++) {
		assert_int_equal(pg_get16(at), part->column_count);
		at = pg_row_read(at, cells);
		snprintf(number, sizeof(number), "%ju ", (uintmax_t)part->stamps[row]);
		put_rest(&text, number);
		for (uint16_t i = 0; i < part->column_count; i++) {
			put_rest(&text, i ? "|" : "");
			if (cells[i].data)
				assert_true(pg_cell_text(&text, (enum pg_type)part->columns[i].type,
							 cells[i]));
		}
		put_rest(&text, "\n");
	}
	assert_ptr_equal(at, part->rows.length ? part->rows.data + part->rows.length : at);
	return text.data;
}

static inline void assert_part(const struct pg_part *part, const char *want)
{
	char *text = show_part(part);

	assert_string_equal(text, want);
	free(text);
}

#endif

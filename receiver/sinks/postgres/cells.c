#include "receiver/sinks/postgres/cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/lp_internal.h"
#include "common/utf8.h"
#include "receiver/sinks/postgres/float_text.h"
#include "receiver/sinks/postgres/wire.h"

#define US_PER_SECOND    1000000
#define EPOCH_SECONDS    946684800 /* from 1970 to 2000, PostgreSQL's epoch */
#define NUMERIC_NEGATIVE 0x4000
#define NUMERIC_SCALE    0x3fff /* the most that there can be */
/* What cannot be longer than this takes it from the start. */
#define TEXT_ROOM 64

static const char *read_cell(const char *at, struct pg_cell *cell)
{
	uint32_t length = pg_get32(at);

	at += 4;
	if (length == UINT32_MAX) {
		*cell = (struct pg_cell){ .data = NULL };
		return at;
	}
	*cell = (struct pg_cell){ .data = at, .length = length };
	return at + length;
}

const char *pg_row_read(const char *at, struct pg_cell *cells)
{
	uint16_t count = pg_get16(at);

	at += 2;
	for (uint16_t i = 0; i < count; i++)
		at = read_cell(at, &cells[i]);
	return at;
}

const char *pg_row_skip(const char *at, uint64_t count)
{
	struct pg_cell cell;

	for (; count > 0; count--) {
		uint16_t columns = pg_get16(at);

		at += 2;
		for (uint16_t i = 0; i < columns; i++)
			at = read_cell(at, &cell);
	}
	return at;
}

static double get_double(struct pg_cell cell)
{
	uint64_t bits = pg_get64(cell.data);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* A numeric: its digits have base 10000, the first of them counts 10000^weight. */
struct numeric {
	const char *digits;
	int count, weight, scale; /* scale: decimal digits behind the point */
	uint16_t sign;
};

static struct numeric get_numeric(struct pg_cell cell)
{
	return (struct numeric){
		.digits = cell.data + 8,
		.count = pg_get16(cell.data),
		.weight = (int16_t)pg_get16(cell.data + 2),
		.sign = pg_get16(cell.data + 4),
		.scale = pg_get16(cell.data + 6),
	};
}

/* The digit that counts 10000^POWER; all around those that are there are zeros. */
static unsigned int digit_of(const struct numeric *number, int power)
{
	int i = number->weight - power;

	return i >= 0 && i < number->count ? pg_get16(number->digits + 2 * (ptrdiff_t)i) : 0;
}

static bool is_numeric(struct pg_cell cell)
{
	struct numeric number;

	if (cell.length < 8)
		return false;
	number = get_numeric(cell);
	if (cell.length != 8 + 2 * (uint32_t)number.count || number.scale > NUMERIC_SCALE ||
	    (number.sign != 0 && number.sign != NUMERIC_NEGATIVE))
		return false;
	for (int i = 0; i < number.count; i++)
		if (pg_get16(number.digits + 2 * (ptrdiff_t)i) > 9999)
			return false;
	return true;
}

static bool is_text(const char *text, size_t length)
{
	return !memchr(text, '\0', length) && utf8_valid(text, length);
}

bool pg_cell_valid(enum pg_type type, struct pg_cell cell)
{
	switch (type) {
	case PG_FLOAT8:
		return cell.length == 8 && isfinite(get_double(cell));
	case PG_INT8:
	case PG_TIME:
		return cell.length == 8;
	case PG_NUMERIC:
		return is_numeric(cell);
	case PG_TEXT:
		return is_text(cell.data, cell.length);
	case PG_BOOLEAN:
		return cell.length == 1;
	case PG_JSONB:
		return cell.length > 1 && cell.data[0] == 1 &&
		       is_text(cell.data + 1, cell.length - 1);
	default:
		return false;
	}
}

static bool put_text(struct pg_rows *text, const char *from, size_t length)
{
	char *at = length > 0 ? pg_rows_reserve(text, length) : NULL;

	if (at)
		memcpy(at, from, length);
	text->length += at ? length : 0;
	return at || length == 0;
}

static char *put_digits(char *at, unsigned int four)
{
	for (unsigned int power = 1000; power > 0; power /= 10)
		*at++ = (char)('0' + four / power % 10);
	return at;
}

static char *put_whole(char *at, const struct numeric *number)
{
	if (number->weight < 0) {
		*at++ = '0';
		return at;
	}
	at = lp_write_unsigned(at, digit_of(number, number->weight));
	for (int power = number->weight - 1; power >= 0; power--)
		at = put_digits(at, digit_of(number, power));
	return at;
}

static bool numeric_text(struct pg_rows *text, struct pg_cell cell)
{
	struct numeric number = get_numeric(cell);
	size_t groups = number.weight > 0 ? (size_t)number.weight : 0;
	char *at = pg_rows_reserve(text, TEXT_ROOM + 4 * groups + (size_t)number.scale);

	if (!at)
		return false;
	if (number.sign == NUMERIC_NEGATIVE)
		*at++ = '-';
	at = put_whole(at, &number);
	if (number.scale > 0) {
		char *end = ++at + number.scale;

		at[-1] = '.';
		for (int power = -1; at < end; power--)
			at = put_digits(at, digit_of(&number, power));
		at = end;
	}
	text->length = (size_t)(at - text->data);
	return true;
}

/* Writes to TO, which has TEXT_ROOM; returns the byte behind it. */
static char *put_time(char *to, int64_t us)
{
	int64_t rest = us % US_PER_SECOND;
	time_t seconds;
	struct tm tm;

	rest += rest < 0 ? US_PER_SECOND : 0;
	seconds = (us - rest) / US_PER_SECOND + EPOCH_SECONDS;
	gmtime_r(&seconds, &tm);
	to += snprintf(to, TEXT_ROOM - 4, "%04d-%02d-%02d %02d:%02d:%02d.%06d", tm.tm_year + 1900,
		       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)rest);
	while (to[-1] == '0')
		to--;
	to -= to[-1] == '.';
	return stpcpy(to, "+00");
}

bool pg_cell_text(struct pg_rows *text, enum pg_type type, struct pg_cell cell)
{
	char buffer[TEXT_ROOM], *end = buffer;

	switch (type) {
	case PG_FLOAT8:
		end = pg_float_text(buffer, get_double(cell));
		break;
	case PG_INT8:
		end = lp_write_integer(buffer, (int64_t)pg_get64(cell.data));
		break;
	case PG_NUMERIC:
		return numeric_text(text, cell);
	case PG_BOOLEAN:
		return *cell.data ? put_text(text, "true", 4) : put_text(text, "false", 5);
	case PG_TIME:
		end = put_time(buffer, (int64_t)pg_get64(cell.data));
		break;
	case PG_TEXT:
		return put_text(text, cell.data, cell.length);
	case PG_JSONB: /* behind the version */
		return put_text(text, cell.data + 1, cell.length - 1);
	default:
		break;
	}
	return put_text(text, buffer, (size_t)(end - buffer));
}

static bool convert_to_text(struct pg_rows *rows, enum pg_type from, struct pg_cell cell)
{
	size_t before = rows->length;

	if (!pg_rows_reserve(rows, 4))
		return false;
	rows->length += 4;
	if (!pg_cell_text(rows, from, cell)) {
		rows->length = before;
		return false;
	}
	pg_put32(rows->data + before, (uint32_t)(rows->length - before - 4));
	return true;
}

/* By the text that has all digits: PostgreSQL's own cast of float8 keeps 15. */
static bool convert_to_numeric(struct pg_rows *rows, enum pg_type from, struct pg_cell cell)
{
	char text[TEXT_ROOM], *end;

	if (from == PG_FLOAT8)
		end = pg_float_text(text, get_double(cell));
	else
		end = lp_write_integer(text, (int64_t)pg_get64(cell.data));
	return pg_rows_numeric_text(rows, text, (size_t)(end - text));
}

bool pg_cell_convert(struct pg_rows *rows, enum pg_type from, struct pg_cell cell, enum pg_type to)
{
	if (!cell.data)
		return pg_rows_null(rows);
	if (from != to && to == PG_NUMERIC)
		return convert_to_numeric(rows, from, cell);
	if (from != to && to == PG_TEXT)
		return convert_to_text(rows, from, cell);
	return pg_rows_bytes(rows, cell.data, cell.length);
}

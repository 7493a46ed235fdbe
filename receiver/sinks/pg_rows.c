#include "receiver/sinks/pg_rows.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 4096
/* Seconds from 1970 to 2000, PostgreSQL's epoch, in microseconds. */
#define EPOCH_US 946684800000000ll

static const char copy_signature[] = "PGCOPY\n\377\r\n"; /* its terminating NUL belongs to it */

static bool reserve(struct pg_rows *rows, size_t more)
{
	size_t room = rows->room ? rows->room : FIRST_ROOM;
	char *data;

	if (rows->room - rows->length >= more)
		return true;
	while (room - rows->length < more)
		room *= 2;
	data = realloc(rows->data, room);
	if (!data)
		return false;
	rows->data = data;
	rows->room = room;
	return true;
}

static void put16(struct pg_rows *rows, uint16_t value)
{
	value = htobe16(value);
	memcpy(rows->data + rows->length, &value, sizeof(value));
	rows->length += sizeof(value);
}

static void put32(struct pg_rows *rows, uint32_t value)
{
	value = htobe32(value);
	memcpy(rows->data + rows->length, &value, sizeof(value));
	rows->length += sizeof(value);
}

static bool put_value64(struct pg_rows *rows, uint64_t value)
{
	if (!reserve(rows, 12))
		return false;
	put32(rows, 8);
	value = htobe64(value);
	memcpy(rows->data + rows->length, &value, sizeof(value));
	rows->length += sizeof(value);
	return true;
}

bool pg_rows_begin(struct pg_rows *rows)
{
	if (!reserve(rows, sizeof(copy_signature) + 8))
		return false;
	memcpy(rows->data + rows->length, copy_signature, sizeof(copy_signature));
	rows->length += sizeof(copy_signature);
	put32(rows, 0); /* flags */
	put32(rows, 0); /* length of the header extension */
	return true;
}

bool pg_rows_end(struct pg_rows *rows)
{
	if (!reserve(rows, 2))
		return false;
	put16(rows, UINT16_MAX);
	return true;
}

bool pg_rows_start_row(struct pg_rows *rows, uint16_t columns)
{
	if (!reserve(rows, 2))
		return false;
	put16(rows, columns);
	return true;
}

bool pg_rows_null(struct pg_rows *rows)
{
	if (!reserve(rows, 4))
		return false;
	put32(rows, UINT32_MAX);
	return true;
}

bool pg_rows_float8(struct pg_rows *rows, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return put_value64(rows, bits);
}

bool pg_rows_int8(struct pg_rows *rows, int64_t value)
{
	return put_value64(rows, (uint64_t)value);
}

bool pg_rows_bool(struct pg_rows *rows, bool value)
{
	if (!reserve(rows, 5))
		return false;
	put32(rows, 1);
	rows->data[rows->length++] = value;
	return true;
}

bool pg_rows_timestamptz(struct pg_rows *rows, int64_t ns)
{
	int64_t us = ns / 1000 - (ns % 1000 < 0);

	return put_value64(rows, (uint64_t)(us - EPOCH_US));
}

/* numeric: count of base-10000 digits, weight of the first, sign, scale, digits. */
bool pg_rows_numeric(struct pg_rows *rows, uint64_t value)
{
	uint16_t digits[5];
	uint16_t count = 0, skip = 0;

	for (; value; value /= 10000)
		digits[count++] = (uint16_t)(value % 10000);
	/* Zeros behind the last digit are not sent; the weight stands for them. */
	while (skip < count && digits[skip] == 0)
		skip++;
	if (!reserve(rows, 12 + sizeof(digits)))
		return false;
	put32(rows, 8u + 2u * (uint32_t)(count - skip));
	put16(rows, (uint16_t)(count - skip));
	put16(rows, count ? (uint16_t)(count - 1) : 0);
	put16(rows, 0);
	put16(rows, 0);
	for (uint16_t i = count; i > skip; i--)
		put16(rows, digits[i - 1]);
	return true;
}

bool pg_rows_text(struct pg_rows *rows, struct lp_text text, bool string)
{
	size_t length = text.length;
	char *at;

	if (!reserve(rows, 4 + length))
		return false;
	at = rows->data + rows->length + 4;
	if (!text.escaped)
		memcpy(at, text.at, length);
	else if (string)
		length = lp_unescape_string(at, text);
	else
		length = lp_unescape_key(at, text);
	put32(rows, (uint32_t)length);
	rows->length += length;
	return true;
}

void pg_rows_shrink(char **data, size_t length)
{
	char *smaller = realloc(*data, length);

	if (smaller)
		*data = smaller;
}

void pg_rows_free(struct pg_rows *rows)
{
	free(rows->data);
	*rows = (struct pg_rows){ .data = NULL };
}

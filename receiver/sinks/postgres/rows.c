#include "receiver/sinks/postgres/rows.h"

#include <stdlib.h>
#include <string.h>

#include "receiver/sinks/postgres/wire.h"

#define FIRST_ROOM 4096
/* From 1970 to 2000, PostgreSQL's epoch. */
#define EPOCH_US     946684800000000ll
#define EXPONENT_MAX 9999

/* Signature (the NUL belongs to it), flags, length of the header extension. */
const char pg_copy_header[PG_COPY_HEADER_SIZE] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
const char pg_copy_trailer[2] = { '\377', '\377' };

bool pg_rows_grow(struct pg_rows *rows, size_t more)
{
	size_t room = rows->room ? rows->room : FIRST_ROOM;
	char *data;

	while (room - rows->length < more)
		room *= 2;
	data = realloc(rows->data, room);
	if (!data)
		return false;
	rows->data = data;
	rows->room = room;
	return true;
}

bool pg_rows_start_row(struct pg_rows *rows, uint16_t columns)
{
	char *at = pg_rows_reserve(rows, 2);

	if (!at)
		return false;
	pg_put16(at, columns);
	rows->length += 2;
	return true;
}

bool pg_rows_null(struct pg_rows *rows)
{
	char *at = pg_rows_reserve(rows, 4);

	if (!at)
		return false;
	pg_put32(at, UINT32_MAX);
	rows->length += 4;
	return true;
}

static inline bool put_cell64(struct pg_rows *rows, uint64_t value)
{
	char *at = pg_rows_reserve(rows, 12);

	if (!at)
		return false;
	at = pg_put32(at, 8);
	pg_put64(at, value);
	rows->length += 12;
	return true;
}

bool pg_rows_float8(struct pg_rows *rows, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return put_cell64(rows, bits);
}

bool pg_rows_int8(struct pg_rows *rows, int64_t value)
{
	return put_cell64(rows, (uint64_t)value);
}

bool pg_rows_bool(struct pg_rows *rows, bool value)
{
	char *at = pg_rows_reserve(rows, 5);

	if (!at)
		return false;
	at = pg_put32(at, 1);
	*at = value;
	rows->length += 5;
	return true;
}

bool pg_rows_timestamptz(struct pg_rows *rows, int64_t ns)
{
	int64_t us = ns / 1000 - (ns % 1000 < 0);

	return put_cell64(rows, (uint64_t)(us - EPOCH_US));
}

/* A numeric without its digits, for which there is room behind it. NULL: out of memory. */
static char *start_numeric(struct pg_rows *rows, int digits, int weight, bool negative, int scale)
{
	size_t size = 8 + 2 * (size_t)digits;
	char *at = pg_rows_reserve(rows, 4 + size);

	if (!at)
		return NULL;
	rows->length += 4 + size;
	at = pg_put32(at, (uint32_t)size);
	at = pg_put16(at, (uint16_t)digits);
	at = pg_put16(at, (uint16_t)weight);
	at = pg_put16(at, negative ? 0x4000 : 0);
	return pg_put16(at, (uint16_t)scale);
}

bool pg_rows_numeric(struct pg_rows *rows, uint64_t value)
{
	uint16_t digits[5];
	int count = 0, skip = 0;
	char *at;

	for (; value; value /= 10000)
		digits[count++] = (uint16_t)(value % 10000);
	/* Zeros behind the last digit are not sent; the weight stands for them. */
	while (skip < count && digits[skip] == 0)
		skip++;
	at = start_numeric(rows, count - skip, count ? count - 1 : 0, false, 0);
	if (!at)
		return false;
	for (int i = count; i > skip; i--)
		at = pg_put16(at, digits[i - 1]);
	return true;
}

/* A number in decimal. Digits have powers of ten: that before the point has 0. */
struct decimal {
	const char *digits; /* with the point as it was written, if any */
	int count, whole;   /* of the digits: all, before that point */
	int point;          /* as whole, with the exponent: below zero and above count too */
	bool negative;
};

static bool is_digit(const char *at, const char *end)
{
	return at < end && *at >= '0' && *at <= '9';
}

static int read_exponent(const char *at, const char *end)
{
	bool negative = at < end && *at == '-';
	int exponent = 0;

	if (at < end && (*at == '-' || *at == '+'))
		at++;
	for (; is_digit(at, end) && exponent <= EXPONENT_MAX / 10; at++)
		exponent = exponent * 10 + (*at - '0');
	return negative ? -exponent : exponent;
}

static struct decimal read_decimal(const char *text, size_t length)
{
	const char *at = text, *end = text + length;
	struct decimal number = { .negative = length > 0 && *text == '-' };

	number.digits = at += number.negative;
	while (is_digit(at, end))
		at++;
	number.point = number.whole = number.count = (int)(at - number.digits);
	if (at < end && *at == '.') {
		const char *fraction = ++at;

		while (is_digit(at, end))
			at++;
		number.count += (int)(at - fraction);
	}
	if (at < end && (*at == 'e' || *at == 'E'))
		number.point += read_exponent(at + 1, end);
	return number;
}

/* Its digit with that power of ten; all around it there are zeros. */
static int digit_of(const struct decimal *number, int power)
{
	int i = number->point - 1 - power;

	if (i < 0 || i >= number->count)
		return 0;
	return number->digits[i + (i >= number->whole)] - '0';
}

/* The power of 10000 that a power of ten belongs to. */
static int group_of(int power)
{
	return (power >= 0 ? power : power - 3) / 4;
}

static int group_value(const struct decimal *number, int group)
{
	int value = 0;

	for (int power = 4 * group + 3; power >= 4 * group; power--)
		value = 10 * value + digit_of(number, power);
	return value;
}

bool pg_rows_numeric_text(struct pg_rows *rows, const char *text, size_t length)
{
	struct decimal number = read_decimal(text, length);
	int low = number.point - number.count, high = number.point - 1;
	int scale = low < 0 ? -low : 0, weight, last;
	char *at;

	while (low <= high && digit_of(&number, high) == 0)
		high--;
	while (low <= high && digit_of(&number, low) == 0)
		low++;
	if (low > high) /* zero, which has no sign */
		return start_numeric(rows, 0, 0, false, scale);
	weight = group_of(high);
	last = group_of(low);
	at = start_numeric(rows, weight - last + 1, weight, number.negative, scale);
	if (!at)
		return false;
	for (int group = weight; group >= last; group--)
		at = pg_put16(at, (uint16_t)group_value(&number, group));
	return true;
}

bool pg_rows_text(struct pg_rows *rows, struct lp_text text, bool string)
{
	size_t length = text.length;
	char *at = pg_rows_reserve(rows, 4 + length);

	if (!at)
		return false;
	if (!text.escaped)
		memcpy(at + 4, text.at, length);
	else if (string)
		length = lp_unescape_string(at + 4, text);
	else
		length = lp_unescape_key(at + 4, text);
	pg_put32(at, (uint32_t)length);
	rows->length += 4 + length;
	return true;
}

bool pg_rows_bytes(struct pg_rows *rows, const void *data, size_t length)
{
	char *at = pg_rows_reserve(rows, 4 + length);

	if (!at)
		return false;
	memcpy(pg_put32(at, (uint32_t)length), data, length);
	rows->length += 4 + length;
	return true;
}

void pg_rows_shrink(struct pg_rows *rows)
{
	char *smaller;

	if (rows->length == 0) {
		pg_rows_free(rows);
		return;
	}
	smaller = realloc(rows->data, rows->length);
	if (smaller) {
		rows->data = smaller;
		rows->room = rows->length;
	}
}

void pg_rows_free(struct pg_rows *rows)
{
	free(rows->data);
	*rows = (struct pg_rows){ .data = NULL };
}

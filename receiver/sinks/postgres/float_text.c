#include "receiver/sinks/postgres/float_text.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_internal.h"

#define DIGITS_ALWAYS 17 /* are enough for every value */

/* DIGITS * 10^EXPONENT. */
struct decimal {
	uint64_t digits;
	int exponent;
};

/* VALUE, rounded to COUNT digits, ties to even. */
static struct decimal rounded(double value, int count)
{
	struct decimal decimal = { 0, 0 };
	char text[PG_FLOAT_TEXT];
	const char *at = text;

	snprintf(text, sizeof(text), "%.*e", count - 1, value);
	for (; *at && *at != 'e'; at++) /* whatever point the locale has is left out */
		if (*at >= '0' && *at <= '9')
			decimal.digits = decimal.digits * 10 + (uint64_t)(*at - '0');
	if (*at == 'e')
		decimal.exponent = (int)strtol(at + 1, NULL, 10) - (count - 1);
	return decimal;
}

/*
 * Whether it lies half way between two doubles, which is where its bits, without zeros at the end,
 * are one too many. Only whole numbers of up to 16 digits can.
 */
static bool is_half_way(struct decimal decimal)
{
	const uint64_t limit = 1ull << DBL_MANT_DIG;
	uint64_t odd = decimal.digits >> __builtin_ctzll(decimal.digits);

	if (decimal.exponent < 0)
		return false;
	for (int i = 0; i < decimal.exponent && odd < 2 * limit; i++)
		odd *= 5;
	return odd >= limit && odd < 2 * limit;
}

/* PostgreSQL does not rely on how who reads it rounds what is half way. */
static bool reads_back(struct decimal decimal, double value)
{
	char text[LP_NUMBER_TEXT];
	const char *end = lp_write_unsigned(text, decimal.digits);

	return lp_scale_text(text, end, decimal.exponent) == value && !is_half_way(decimal);
}

static struct decimal shortest(double value)
{
	/* No two decimals of up to 15 digits are the same double, but where it has fewer bits. */
	for (int count = value < DBL_MIN ? 1 : DBL_DIG; count < DIGITS_ALWAYS; count++) {
		struct decimal decimal = rounded(value, count);

		if (reads_back(decimal, value))
			return decimal;
		/* Powers of two have more room above than below. */
		decimal.digits++;
		if (reads_back(decimal, value))
			return decimal;
	}
	return rounded(value, DIGITS_ALWAYS);
}

static char *put_zeros(char *to, int count)
{
	for (; count > 0; count--)
		*to++ = '0';
	return to;
}

static char *put_some(char *to, const char *digits, int count)
{
	memcpy(to, digits, (size_t)count);
	return to + count;
}

/* As "%g" does: POINT is where the point is in the COUNT digits, or before or behind them. */
static char *put_fixed(char *to, const char *digits, int count, int point)
{
	if (point >= count)
		return put_zeros(put_some(to, digits, count), point - count);
	if (point > 0) {
		to = put_some(to, digits, point);
		*to++ = '.';
		return put_some(to, digits + point, count - point);
	}
	to = put_some(to, "0.", 2);
	return put_some(put_zeros(to, -point), digits, count);
}

static char *put_scientific(char *to, const char *digits, int count, int exponent)
{
	*to++ = digits[0];
	if (count > 1) {
		*to++ = '.';
		to = put_some(to, digits + 1, count - 1);
	}
	*to++ = 'e';
	*to++ = exponent < 0 ? '-' : '+';
	exponent = abs(exponent);
	if (exponent >= 100)
		*to++ = (char)('0' + exponent / 100);
	*to++ = (char)('0' + exponent / 10 % 10);
	*to++ = (char)('0' + exponent % 10);
	return to;
}

static char *put_decimal(char *to, struct decimal decimal)
{
	char digits[LP_NUMBER_TEXT];
	int count, exponent;

	for (; decimal.digits % 10 == 0; decimal.digits /= 10)
		decimal.exponent++;
	count = (int)(lp_write_unsigned(digits, decimal.digits) - digits);
	exponent = decimal.exponent + count - 1;
	if (exponent >= -4 && exponent < DBL_DIG)
		return put_fixed(to, digits, count, exponent + 1);
	return put_scientific(to, digits, count, exponent);
}

char *pg_float_text(char to[static PG_FLOAT_TEXT], double value)
{
	if (signbit(value))
		*to++ = '-';
	value = fabs(value);
	if (value == 0) {
		*to++ = '0';
		return to;
	}
	/* What is that short leaves no choice, so both print the same. */
	if (value >= 1e-4 && value < 1e15) {
		char text[LP_NUMBER_TEXT];
		int length = (int)(lp_write_float(text, value) - text);

		if (length <= DBL_DIG + 1)
			return put_some(to, text, length);
	}
	return put_decimal(to, shortest(value));
}

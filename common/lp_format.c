/* Numbers of line protocol, to text: without printf() where that can be. */
#include "common/lp_internal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every decimal of 15 digits has a double of its own; with 16 digits that ends. */
#define UNIQUE_LIMIT 1e15

static unsigned int count_digits(uint64_t value)
{
	unsigned int count = 1;

	while (count < LP_POWERS && value >= lp_powers[count])
		count++;
	return count;
}

/*
 * Writes exactly COUNT digits, the lowest of VALUE, and returns what is left of it. Two at a time:
 * each digit alone would wait for the division before it.
 */
static uint64_t put_digits(char *to, uint64_t value, unsigned int count)
{
	static const char pairs[] = "00010203040506070809"
				    "10111213141516171819"
				    "20212223242526272829"
				    "30313233343536373839"
				    "40414243444546474849"
				    "50515253545556575859"
				    "60616263646566676869"
				    "70717273747576777879"
				    "80818283848586878889"
				    "90919293949596979899";

	for (; count >= 2; count -= 2, value /= 100)
		memcpy(to + count - 2, pairs + value % 100 * 2, 2);
	if (count == 1) {
		*to = (char)('0' + value % 10);
		value /= 10;
	}
	return value;
}

char *lp_write_unsigned(char to[static LP_NUMBER_TEXT], uint64_t value)
{
	unsigned int count = count_digits(value);

	put_digits(to, value, count);
	return to + count;
}

char *lp_write_integer(char to[static LP_NUMBER_TEXT], int64_t value)
{
	uint64_t magnitude = (uint64_t)value;
	unsigned int count;

	if (value < 0) {
		*to++ = '-';
		magnitude = 0 - magnitude;
	}
	count = count_digits(magnitude);
	put_digits(to, magnitude, count);
	return to + count;
}

/* VALUE / 10^DECIMALS, in full. */
static char *put_decimal(char *to, uint64_t value, unsigned int decimals)
{
	unsigned int count = count_digits(value), whole;

	if (decimals == 0) {
		put_digits(to, value, count);
		return to + count;
	}
	whole = count > decimals ? count - decimals : 1;
	value = put_digits(to + whole + 1, value, decimals);
	to[whole] = '.';
	put_digits(to, value, whole);
	return to + whole + 1 + decimals;
}

/*
 * VALUE * 10^DECIMALS, rounded, in whole numbers: VALUE is its 53 bits times a power of two, and
 * 53 bits times 10^19 fit into 117.
 */
static uint64_t scale_up(double value, unsigned int decimals)
{
	int exponent;
	uint64_t bits = (uint64_t)ldexp(frexp(value, &exponent), DBL_MANT_DIG);
	int shift = DBL_MANT_DIG - exponent;
	lp_wide product = (lp_wide)bits * lp_powers[decimals];

	return (uint64_t)((product + ((lp_wide)1 << (shift - 1))) >> shift);
}

/*
 * Numbers of everyday size, between 1e-4 and 1e15: the fewest decimals for which the scaled and
 * rounded number reads back the same. Returns NULL where 64 bits are too few.
 */
static char *write_everyday(char *to, double value)
{
	unsigned int decimals;

	for (decimals = 0; decimals < LP_POWERS; decimals++) {
		double power = (double)lp_powers[decimals];
		double scaled = value * power, whole;

		if (scaled >= UNIQUE_LIMIT)
			break;
		whole = (double)(int64_t)(scaled + 0.5);
		/* Two roundings cannot take it further off; most tries end before the division. */
		if (fabs(whole - scaled) <= scaled * 0x1p-51 && whole / power == value)
			return put_decimal(to, (uint64_t)whole, decimals);
	}
	/* SCALED has 16 digits here; 17 are always enough. */
	for (unsigned int last = decimals + 1; decimals <= last && decimals < LP_POWERS;
	     decimals++) {
		uint64_t whole = scale_up(value, decimals);
		double back;

		if (lp_scale(whole, -(int64_t)decimals, &back) && back == value)
			return put_decimal(to, whole, decimals);
	}
	return NULL;
}

/* Very large and very small numbers; whatever point the locale has becomes a ".". */
static char *write_extreme(char *to, double value)
{
	/* A number below DBL_MIN has fewer than 15 digits of its own, down to "5e-324". */
	int precision = value < DBL_MIN ? 1 : DBL_DIG;
	char text[LP_NUMBER_TEXT + 8];
	bool point = false;

	do
		snprintf(text, sizeof(text), "%.*g", precision, value);
	while (strtod(text, NULL) != value && precision++ < DBL_DECIMAL_DIG);
	for (const char *from = text; *from; from++) {
		if ((*from >= '0' && *from <= '9') || strchr("e+-", *from)) {
			*to++ = *from; /* NOLINT: lint takes TO for NULL */
		} else if (!point) {
			*to++ = '.'; /* NOLINT: the same */
			point = true;
		}
	}
	return to;
}

char *lp_write_float(char to[static LP_NUMBER_TEXT], double value)
{
	char *end = NULL;

	if (signbit(value)) {
		*to++ = '-';
		value = -value;
	}
	if (value == 0) {
		*to++ = '0';
		return to;
	}
	if (value >= 1e-4 && value < UNIQUE_LIMIT)
		end = write_everyday(to, value);
	return end ? end : write_extreme(to, value);
}

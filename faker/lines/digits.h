/*
 * Numbers as text, eight digits in one word at a time, without branches but on the magnitude. Each
 * function writes up to 8 bytes more than it returns to have written.
 */
#ifndef FAIRPORT_FAKER_LINES_DIGITS_H
#define FAIRPORT_FAKER_LINES_DIGITS_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define DIGITS_EIGHT 100000000u            /* 10^8 */
#define DIGITS_ZEROS 0x3030303030303030ull /* "00000000" */

static inline void digits_store(char *to, uint64_t bytes)
{
	bytes = htole64(bytes);
	memcpy(to, &bytes, sizeof(bytes));
}

/*
 * The digits of VALUE < 10^8, a byte each, the first in the lowest. Lanes are halved three times;
 * 10486 / 2^20 and 103 / 2^10 divide by 100 and 10 what has four and two digits.
 */
static inline uint64_t digits_split(uint32_t value)
{
	uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
	uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007f0000007full;
	uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
	uint64_t tens = (twos * 103 >> 10) & 0x000f000f000f000full;

	return tens | (twos - tens * 10) << 8;
}

/* All eight digits of VALUE < 10^8. */
static inline char *digits_eight(char *to, uint32_t value)
{
	digits_store(to, digits_split(value) + DIGITS_ZEROS);
	return to + 8;
}

/* VALUE < 10^8 without zeros in front. The bit set is in the last digit: 0 has one digit. */
static inline char *digits_short(char *to, uint32_t value)
{
	uint64_t digits = digits_split(value);
	int zeros = __builtin_ctzll(digits | 1ull << 56) >> 3;

	digits_store(to, (digits + DIGITS_ZEROS) >> (8 * zeros));
	return to + 8 - zeros;
}

static inline char *digits_whole(char *to, uint64_t value)
{
	if (value < DIGITS_EIGHT)
		return digits_short(to, (uint32_t)value);
	if (value < (uint64_t)DIGITS_EIGHT * DIGITS_EIGHT) {
		to = digits_short(to, (uint32_t)(value / DIGITS_EIGHT));
	} else {
		uint64_t upper = value / DIGITS_EIGHT;

		to = digits_short(to, (uint32_t)(upper / DIGITS_EIGHT));
		to = digits_eight(to, (uint32_t)(upper % DIGITS_EIGHT));
	}
	return digits_eight(to, (uint32_t)(value % DIGITS_EIGHT));
}

/* "." and the digits of FRACTION, which are in its lowest bytes, without zeros at the end. */
static inline char *digits_fraction(char *to, uint64_t fraction)
{
	int last = (63 - __builtin_clzll(fraction << 8 | 1)) >> 3;

	digits_store(to, '.' | (fraction + DIGITS_ZEROS) << 8);
	return to + last + (fraction != 0);
}

/*
 * VALUE * 10^-DECIMALS, DECIMALS from 1 to 6 and VALUE < 10^16: 1230 with 2 is "12.3". Up to 15
 * digits that is the shortest text of the double nearest to it (but for exponents).
 */
static inline char *digits_decimal(char *to, uint64_t value, unsigned int decimals)
{
	unsigned int whole = 8 - decimals;
	uint64_t digits;

	if (value < DIGITS_EIGHT) {
		int zeros;

		digits = digits_split((uint32_t)value);
		/* The bit set is in the last digit before the point. */
		zeros = __builtin_ctzll(digits | 1ull << (8 * (whole - 1))) >> 3;
		digits_store(to, (digits + DIGITS_ZEROS) >> (8 * zeros));
		to += whole - (unsigned int)zeros;
	} else {
		digits = digits_split((uint32_t)(value % DIGITS_EIGHT));
		to = digits_short(to, (uint32_t)(value / DIGITS_EIGHT));
		digits_store(to, digits + DIGITS_ZEROS);
		to += whole;
	}
	return digits_fraction(to, digits >> (8 * whole));
}

#endif

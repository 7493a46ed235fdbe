/* Numbers of line protocol, from text. */
#include "common/lp_internal.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Any 19 digits fit into 64 bits. */
#define SAFE_DIGITS 19

/*
 * The halfway point between two doubles has at most 767 significant digits, so what comes behind
 * them matters only by being zero or not.
 */
#define SLOW_DIGITS 800

const uint64_t lp_powers[LP_POWERS] = {
	1ull,
	10ull,
	100ull,
	1000ull,
	10000ull,
	100000ull,
	1000000ull,
	10000000ull,
	100000000ull,
	1000000000ull,
	10000000000ull,
	100000000000ull,
	1000000000000ull,
	10000000000000ull,
	100000000000000ull,
	1000000000000000ull,
	10000000000000000ull,
	100000000000000000ull,
	1000000000000000000ull,
	10000000000000000000ull,
};

/*
 * Both sides are shifted up to their highest bit, so the quotient has 62 or 63 bits: enough that
 * its last bit can stand for any remainder and the conversion to double rounds but once.
 */
static double divide(uint64_t digits, uint64_t power)
{
	int up = __builtin_clzll(digits), down = __builtin_clzll(power);
	uint64_t divisor = power << down;
	lp_wide dividend = (lp_wide)(digits << up) << 62;
	uint64_t quotient = (uint64_t)(dividend / divisor);

	if ((lp_wide)quotient * divisor != dividend)
		quotient |= 1;
	return ldexp((double)quotient, down - up - 62);
}

bool lp_scale(uint64_t digits, int64_t exponent, double *value)
{
	uint64_t magnitude = (uint64_t)(exponent < 0 ? -exponent : exponent);

	if (magnitude >= LP_POWERS)
		return false;
	/* Two exact doubles and one operation: correctly rounded (Clinger 1990). */
	if (digits <= (1ull << DBL_MANT_DIG) && FLT_EVAL_METHOD == 0) {
		double power = (double)lp_powers[magnitude];

		*value = exponent < 0 ? (double)digits / power : (double)digits * power;
		return true;
	}
	if (exponent < 0)
		*value = digits ? divide(digits, lp_powers[magnitude]) : 0;
	else
		*value = (double)((lp_wide)digits * lp_powers[magnitude]);
	return true;
}

/*
 * DIGITS (with at most one point) * 10^EXPONENT, for the library to round. It gets whole digits
 * and an exponent; without a point the locale has no say.
 */
static double slow_scale(const char *digits, const char *end, int64_t exponent)
{
	char text[SLOW_DIGITS + sizeof("1e") + LP_NUMBER_TEXT];
	bool point = false, rest = false;
	size_t length = 0;

	for (; digits < end; digits++) {
		if (*digits == '.') {
			point = true;
			continue;
		}
		exponent -= point;
		if (length == 0 && *digits == '0')
			continue;
		if (length < SLOW_DIGITS) {
			text[length++] = *digits;
		} else {
			exponent++;
			rest |= *digits != '0';
		}
	}
	if (length == 0)
		return 0;
	if (rest) {
		text[length++] = '1';
		exponent--;
	}
	/* Beyond this 800 digits are too large or too small in any case. */
	if (exponent > 9999)
		exponent = 9999;
	if (exponent < -9999)
		exponent = -9999;
	text[length++] = 'e';
	*lp_write_integer(text + length, exponent) = '\0';
	return strtod(text, NULL);
}

static inline bool is_digit(char byte)
{
	return (unsigned char)(byte - '0') <= 9;
}

/* Appends the digits at AT to *VALUE, which wraps around when there are too many. */
static inline const char *read_digits(const char *at, const char *end, uint64_t *value)
{
	uint64_t sum = *value;

	for (; at < end && is_digit(*at); at++)
		sum = sum * 10 + (uint64_t)(*at - '0');
	*value = sum;
	return at;
}

/* The digits from FIRST to END, which were summed up to *VALUE; false if that wrapped around. */
static bool check_digits(const char *first, const char *end, uint64_t *value)
{
	if (end - first <= SAFE_DIGITS)
		return true;
	*value = 0;
	for (; first < end; first++)
		if (__builtin_mul_overflow(*value, 10u, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*first - '0'), value))
			return false;
	return true;
}

static bool to_integer(uint64_t magnitude, bool negative, int64_t *value)
{
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return false;
	*value = (int64_t)(negative ? 0 - magnitude : magnitude);
	return true;
}

/* The exponent at AT, behind its letter; NULL if there are no digits. Saturates far out. */
static const char *read_exponent(const char *at, const char *end, int64_t *exponent)
{
	bool negative = at < end && *at == '-';
	const char *first;

	*exponent = 0;
	if (negative || (at < end && *at == '+'))
		at++;
	first = at;
	for (; at < end && is_digit(*at); at++)
		if (*exponent < INT64_MAX / 100)
			*exponent = *exponent * 10 + (*at - '0');
	if (negative)
		*exponent = -*exponent;
	return at > first ? at : NULL;
}

/* The whole part ends at AT: reads what is left and makes the float of it. */
static const char *read_float(const char *first, const char *at, const char *end, uint64_t sum,
			      struct lp_field *field, bool negative, const char **reason)
{
	int64_t exponent = 0, fraction = 0;
	const char *digits_end;
	double value;

	*reason = "expected a number";
	if (at < end && *at == '.') {
		const char *point = at;

		at = read_digits(at + 1, end, &sum);
		fraction = at - point - 1;
		if (at - first == 1)
			return NULL;
	} else if (at == first) {
		return NULL;
	}
	digits_end = at;
	if (at < end && (*at | 0x20) == 'e') {
		at = read_exponent(at + 1, end, &exponent);
		if (!at)
			return NULL;
	}
	if (digits_end - first > SAFE_DIGITS || !lp_scale(sum, exponent - fraction, &value))
		value = slow_scale(first, digits_end, exponent);
	if (isinf(value)) {
		*reason = "number out of range";
		return NULL;
	}
	field->type = LP_FLOAT;
	field->value.number = negative ? -value : value;
	return at;
}

const char *lp_read_number(const char *at, const char *end, struct lp_field *field,
			   const char **reason)
{
	bool negative = at < end && *at == '-';
	const char *first = at + negative;
	uint64_t sum = 0;

	at = read_digits(first, end, &sum);
	if (at == end || at == first || (*at != 'i' && *at != 'u'))
		return read_float(first, at, end, sum, field, negative, reason);
	*reason = "number out of range";
	if (!check_digits(first, at, &sum))
		return NULL;
	if (*at == 'i') {
		field->type = LP_INTEGER;
		if (!to_integer(sum, negative, &field->value.integer))
			return NULL;
	} else {
		field->type = LP_UNSIGNED;
		field->value.natural = sum;
		if (negative) {
			*reason = "unsigned number with a sign";
			return NULL;
		}
	}
	return at + 1;
}

const char *lp_read_time(const char *at, const char *end, int64_t *time, const char **reason)
{
	bool negative = at < end && *at == '-';
	const char *first = at + negative;
	uint64_t sum = 0;

	at = read_digits(first, end, &sum);
	if (at == first) {
		*reason = "expected a timestamp";
		return NULL;
	}
	if (!check_digits(first, at, &sum) || !to_integer(sum, negative, time)) {
		*reason = "timestamp out of range";
		return NULL;
	}
	return at;
}

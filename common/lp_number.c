/* Numbers of line protocol, from text. */
#include "common/lp_internal.h"
#include "common/lp_words.h"

#include <float.h>
#include <math.h>

/* Any 19 digits fit into 64 bits. */
#define SAFE_DIGITS 19

static inline bool is_digit(char byte)
{
	return (unsigned char)(byte - '0') <= 9;
}

/* Appends the digits at AT to *VALUE, which wraps around when there are too many. */
static inline const char *read_digits(const char *at, const char *end, uint64_t *value)
{
	uint64_t sum = *value;
	unsigned int count = LP_WORD;

	while (count == LP_WORD && end - at >= LP_WORD) {
		uint64_t digits = lp_load(at) ^ LP_EACH('0');

		count = lp_before_mark(lp_not_digits(digits));
		sum = sum * lp_powers[count] + lp_digits_value(digits, count);
		at += count;
	}
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
		value = lp_scale_text(first, digits_end, exponent);
	if (isinf(value)) {
		*reason = "number out of range";
		return NULL;
	}
	field->type = LP_FLOAT;
	field->value.number = negative ? -value : value;
	return at;
}

/*
 * A float with a point that ends within eight bytes, as most do: no loops, and no branches on
 * lengths, which could not be predicted. NULL for what is longer, other or wrong.
 *
 * What may follow a number is below the minus sign, and the bytes of such a number are not. That
 * tells the end long before the value is known, so the processor is at the next field meanwhile.
 */
static inline const char *read_short(const char *at, const char *end, struct lp_field *field)
{
	unsigned int stop, point, last;
	uint64_t digits, marks, whole;
	bool negative;
	double value;

	if (end - at < LP_WORD || FLT_EVAL_METHOD != 0)
		return NULL;
	digits = lp_load(at);
	stop = lp_before_mark((digits - LP_EACH('-')) & LP_EACH(0x80));
	negative = *at == '-';
	digits = (negative ? digits >> 8 : digits) ^ LP_EACH('0');
	marks = lp_not_digits(digits);
	point = lp_before_mark(marks);
	last = lp_before_mark(marks & (marks - 1));
	if (stop == LP_WORD || last != stop - negative || last < 2 || at[negative + point] != '.')
		return NULL;
	/* Closes the gap that the point leaves, then as in lp_scale(). */
	whole = (marks ^ (marks - 1)) >> 8;
	digits = (digits & whole) | (digits >> 8 & ~whole);
	value = (double)(int64_t)lp_digits_value(digits, last - 1);
	value /= lp_float_powers[last - 1 - point];
	field->type = LP_FLOAT;
	field->value.number = negative ? -value : value;
	return at + stop;
}

/* Any number, FIRST being behind its sign. */
static const char *read_any(const char *first, const char *end, struct lp_field *field,
			    bool negative, const char **reason)
{
	uint64_t sum = 0;
	const char *at = read_digits(first, end, &sum);

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

const char *lp_read_number(const char *at, const char *end, struct lp_field *field,
			   const char **reason)
{
	const char *next = read_short(at, end, field);
	bool negative;

	if (next)
		return next;
	negative = at < end && *at == '-';
	return read_any(at + negative, end, field, negative, reason);
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

/* Decimal numbers of line protocol to the double nearest to them. */
#include "common/lp_internal.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

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

const double lp_float_powers[LP_POWERS] = {
	1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
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
		double exact = (double)(int64_t)digits;

		*value = exponent < 0 ? exact / lp_float_powers[magnitude]
				      : exact * lp_float_powers[magnitude];
		return true;
	}
	if (exponent < 0)
		*value = digits ? divide(digits, lp_powers[magnitude]) : 0;
	else
		*value = (double)((lp_wide)digits * lp_powers[magnitude]);
	return true;
}

double lp_scale_text(const char *digits, const char *end, int64_t exponent)
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

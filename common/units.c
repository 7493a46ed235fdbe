#include "common/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit count_units[] = {
	{ "", 1 }, { "k", 1000 }, { "M", 1000000 }, { "G", 1000000000 }, { NULL, 0 },
};

static const struct unit size_units[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "kB", 1000 },
	{ "MB", 1000000 },
	{ "GB", 1000000000 },
	{ "KiB", 1ull << 10 },
	{ "MiB", 1ull << 20 },
	{ "GiB", 1ull << 30 },
	{ NULL, 0 },
};

static const struct unit duration_units[] = {
	{ "", 1000000000 },
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60 * 1000000000ull },
	{ "h", 3600 * 1000000000ull },
	{ NULL, 0 },
};

/* Shares are counted in 10^-12, which a double holds exactly up to 1. */
#define SHARE_ONE 1000000000000ull

static const struct unit share_units[] = {
	{ "", SHARE_ONE },
	{ "%", SHARE_ONE / 100 },
	{ NULL, 0 },
};

static const struct unit time_units[] = { { "", 1 }, { NULL, 0 } };

static const struct unit *find_unit(const struct unit *units, const char *name)
{
	for (; units->name; units++)
		if (strcmp(units->name, name) == 0)
			return units;
	return NULL;
}

/*
 * Digits, an optional point with digits, a unit. The fraction is kept as an integer over a power
 * of ten, so that "0.1s" is exactly 100000000 ns and what does not divide is noticed.
 */
static int parse(const char *text, const struct unit *units, uint64_t *out)
{
	uint64_t whole = 0, fraction = 0, scale = 1, value;
	const struct unit *unit;
	const char *at = text;
	unsigned __int128 part; /* 12 digits of an hour are below 2^82 */
	bool overflow = false;

	for (; *at >= '0' && *at <= '9'; at++)
		overflow |= __builtin_mul_overflow(whole, 10u, &whole) ||
			    __builtin_add_overflow(whole, (uint64_t)(*at - '0'), &whole);
	if (at == text)
		return -EINVAL;
	if (*at == '.') {
		const char *first = ++at;

		for (; *at >= '0' && *at <= '9'; at++) {
			if (at - first >= 12)
				return -EINVAL;
			fraction = fraction * 10 + (uint64_t)(*at - '0');
			scale *= 10;
		}
		if (at == first)
			return -EINVAL;
	}
	unit = find_unit(units, at);
	if (!unit)
		return -EINVAL;
	part = (unsigned __int128)fraction * unit->factor;
	if (part % scale != 0)
		return -EINVAL;
	if (overflow || __builtin_mul_overflow(whole, unit->factor, &value) ||
	    __builtin_add_overflow(value, (uint64_t)(part / scale), &value))
		return -ERANGE;
	*out = value;
	return 0;
}

int units_count(const char *text, uint64_t *out)
{
	return parse(text, count_units, out);
}

int units_size(const char *text, uint64_t *bytes)
{
	return parse(text, size_units, bytes);
}

int units_duration(const char *text, uint64_t *ns)
{
	uint64_t value;
	int error = parse(text, duration_units, &value);

	/* Half of the range (292 years), so that a clock's time plus a duration never wraps. */
	if (!error && value > INT64_MAX)
		error = -ERANGE;
	if (!error)
		*ns = value;
	return error;
}

int units_share(const char *text, double *share)
{
	uint64_t value;
	int error = parse(text, share_units, &value);

	if (!error && value > SHARE_ONE)
		error = -ERANGE;
	/* A quotient of exact doubles is the double nearest to the decimal number. */
	if (!error)
		*share = (double)value / (double)SHARE_ONE;
	return error;
}

int units_time(const char *text, int64_t *ns)
{
	bool negative = *text == '-';
	uint64_t value;
	int error = parse(text + negative, time_units, &value);

	if (!error && value > (uint64_t)INT64_MAX + negative)
		error = -ERANGE;
	if (!error)
		*ns = (int64_t)(negative ? 0 - value : value);
	return error;
}

const char *units_grouped(char buffer[static UNITS_TEXT], uint64_t value)
{
	char digits[24];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, value);
	char *to = buffer;

	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return buffer;
}

const char *units_duration_text(char buffer[static UNITS_TEXT], uint64_t ns)
{
	static const struct {
		const char *name;
		double ns;
	} steps[] = { { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 } };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		double value = (double)ns / steps[i].ns;

		/* What would round to 1000 of the next smaller unit. */
		if (value >= 0.99995) {
			snprintf(buffer, UNITS_TEXT, "%.*f %s", value < 10 ? 2 : 1, value,
				 steps[i].name);
			return buffer;
		}
	}
	snprintf(buffer, UNITS_TEXT, "%" PRIu64 " ns", ns);
	return buffer;
}

const char *units_size_text(char buffer[static UNITS_TEXT], uint64_t bytes)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	size_t step = 0;

	/* What would round to 1024.0. */
	while (value >= 1023.95 && step + 1 < sizeof(names) / sizeof(names[0])) {
		value /= 1024;
		step++;
	}
	snprintf(buffer, UNITS_TEXT, "%.*f %s", step ? 1 : 0, value, names[step]);
	return buffer;
}

/* Random texts and numbers: all that line protocol can say, and mostly what is hard to say. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "common/rng.h"
#include "tests/lib/points_random.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

bool random_one_in(struct rng *rng, uint64_t n)
{
	return rng_below(rng, n) == 0;
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* CONTROLS: those of ASCII too, but for NUL, which PostgreSQL's text cannot hold. */
static uint32_t random_character(struct rng *rng, bool controls)
{
	static const char special[] = ",= \"'\\\\\\{}$%;:.-#?@[]`|&<>/*";
	static const uint32_t strange[] = { 0x80,   0x85,   0xa0,    0x301,   0x7ff,
					    0x800,  0x2028, 0xd7ff,  0xe000,  0xfeff,
					    0xfffd, 0xffff, 0x1f600, 0x10000, 0x10ffff };
	uint32_t c;

	switch (rng_below(rng, 8)) {
	case 0:
	case 1:
		return (unsigned char)special[rng_below(rng, sizeof(special) - 1)];
	case 2:
		return strange[rng_below(rng, LENGTH(strange))];
	case 3:
		do
			c = 0x80 + (uint32_t)rng_below(rng, 0x110000 - 0x80);
		while (c >= 0xd800 && c < 0xe000);
		return c;
	case 4:
		if (controls)
			return random_one_in(rng, 8) ? 0x7f : 1 + (uint32_t)rng_below(rng, 0x1f);
		/* fallthrough */
	default:
		return 'a' + (uint32_t)rng_below(rng, 26);
	}
}

size_t random_text(struct rng *rng, char *to, size_t most, bool controls)
{
	size_t length = 0, wanted = (size_t)rng_below(rng, most + 1);

	while (length + 4 <= wanted)
		length += put_utf8(to + length, random_character(rng, controls));
	while (length < wanted)
		to[length++] = (char)('a' + rng_below(rng, 26));
	return length;
}

size_t random_name(struct rng *rng, char *to, size_t most)
{
	size_t length = random_text(rng, to, most, false);

	if (length == 0)
		to[length++] = 'n';
	if (to[length - 1] == '\\')
		to[length - 1] = '_';
	if (to[0] == '#')
		to[0] = '.';
	return length;
}

size_t random_word(struct rng *rng, char *to)
{
	static const char *const names[] = {
		"select",
		"user",
		"table",
		"order",
		"a.b",
		"\"",
		"\"\"",
		"'",
		"''",
		"a\"b",
		"A",
		"a",
		"_time",
		"_tags",
		"_fields",
		"_worker",
		"{table}",
		"{columns}",
		"$$",
		"$fairport$",
		"$f0$",
		"$1",
		"%s%n",
		"--",
		"/*",
		"a;b",
		"\\x",
		"E'\\\\'x",
		"NULL",
		"public.a",
		"*",
		"(",
		"time) VALUES (",
		"\xef\xbb\xbf",
		"Time",
		"\\N",
	};
	const char *name = names[rng_below(rng, LENGTH(names))];

	strcpy(to, name);
	return strlen(name);
}

static double from_bits(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

double random_float(struct rng *rng)
{
	static const double hard[] = { 0,
				       -0.0,
				       0.1,
				       -0.1,
				       4.35,
				       1e15,
				       1e16,
				       1e17,
				       1e21,
				       1e22,
				       1e23,
				       8.41e21,
				       9007199254740993.0,
				       5e-324,
				       -5e-324,
				       DBL_MIN,
				       DBL_MAX,
				       -DBL_MAX,
				       2.2250738585072011e-308,
				       1e-4,
				       1e-5,
				       123456789.125,
				       0x1p63,
				       0x1p64,
				       9.5367431640625e-07,
				       1e300,
				       1e-300 };
	double value;

	switch (rng_below(rng, 5)) {
	case 0:
		return hard[rng_below(rng, LENGTH(hard))];
	case 1: /* subnormal */
		return from_bits(rng_next(rng) & 0x800fffffffffffffu);
	case 2:
		return (double)(int64_t)rng_below(rng, 2000001) / 1000 - 1000;
	case 3:
		return (double)(int64_t)rng_next(rng);
	default:
		do
			value = from_bits(rng_next(rng));
		while (!isfinite(value));
		return value;
	}
}

int64_t random_integer(struct rng *rng)
{
	static const int64_t hard[] = {
		0, 1, -1, INT64_MAX, INT64_MIN, 9007199254740993, 1000000000
	};

	if (random_one_in(rng, 3))
		return hard[rng_below(rng, LENGTH(hard))];
	return (int64_t)(rng_next(rng) >> rng_below(rng, 64)) * (random_one_in(rng, 2) ? 1 : -1);
}

uint64_t random_unsigned(struct rng *rng)
{
	static const uint64_t hard[] = { 0,      1,          9999,
					 10000,  UINT64_MAX, 10001,
					 0x1p63, 100000000,  10000000000000000000u };

	if (random_one_in(rng, 3))
		return hard[rng_below(rng, LENGTH(hard))];
	return rng_next(rng) >> rng_below(rng, 64);
}

int64_t random_time(struct rng *rng)
{
	static const int64_t hard[] = {
		0, 1, -1, 999, 1000, -999, -1000, -1001, INT64_MAX, INT64_MIN, 946684800000000000
	};

	if (random_one_in(rng, 3))
		return hard[rng_below(rng, LENGTH(hard))];
	if (random_one_in(rng, 3))
		return (int64_t)rng_next(rng);
	return 1700000000000000000 + (int64_t)rng_below(rng, 100000000000000000);
}

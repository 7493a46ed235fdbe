/* Measurements and their keys, and points with some of them. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "common/rng.h"
#include "tests/lib/points.h"
#include "tests/lib/points_random.h"

#define NAME_BYTES    63 /* that PostgreSQL does not cut */
#define STRING_MAX    9000
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool is_name(const char *name, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(name, word, length) == 0;
}

static bool is_kept(const char *name, size_t length)
{
	static const char *const kept[] = {
		"time", "time_ns", "tableoid", "ctid",     "xmin",
		"xmax", "cmin",    "cmax",     NUMBER_KEY, "fairport_batches"
	};

	for (size_t i = 0; i < LENGTH(kept); i++)
		if (is_name(name, length, kept[i]))
			return true;
	return false;
}

static bool is_key(const struct measurement *measurement, size_t keys, const char *name,
		   size_t length)
{
	for (size_t i = 0; i < keys; i++)
		if (measurement->keys[i].length == length &&
		    memcmp(measurement->keys[i].name, name, length) == 0)
			return true;
	return false;
}

static bool is_measurement(const struct points *points, size_t count, const char *name,
			   size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (points->measurements[i].length == length &&
		    memcmp(points->measurements[i].name, name, length) == 0)
			return true;
	return false;
}

static void make_keys(struct measurement *measurement, struct rng *rng)
{
	for (size_t i = 0; i < KEYS; i++) {
		struct key *key = &measurement->keys[i];

		do
			key->length = random_one_in(rng, 3)
					      ? random_word(rng, key->name)
					      : random_name(rng, key->name, NAME_BYTES);
		while (is_kept(key->name, key->length) ||
		       is_key(measurement, i, key->name, key->length));
		key->kind = i < KEYS / 4 ? TAG : FLOAT + (enum kind)(i % (KINDS - FLOAT));
	}
}

static void make_measurements(struct points *points, struct rng *rng)
{
	for (size_t i = 0; i < MEASUREMENTS; i++) {
		struct measurement *measurement = &points->measurements[i];

		do
			measurement->length =
				random_one_in(rng, 3)
					? random_word(rng, measurement->name)
					: random_name(rng, measurement->name, NAME_BYTES);
		while (is_kept(measurement->name, measurement->length) ||
		       is_measurement(points, i, measurement->name, measurement->length));
		make_keys(measurement, rng);
	}
}

static void keep_text(struct value *value, const char *text, size_t length)
{
	value->text = malloc(length + 1);
	if (!value->text)
		err(1, "malloc");
	memcpy(value->text, text, length);
	value->length = length;
}

static void make_value(struct value *value, enum kind kind, struct rng *rng)
{
	char text[STRING_MAX];

	value->present = true;
	value->kind = kind;
	switch (kind) {
	case TAG:
		keep_text(value, text, random_name(rng, text, 100));
		break;
	case FLOAT:
		value->number = random_float(rng);
		break;
	case INTEGER:
		value->integer = random_integer(rng);
		break;
	case UNSIGNED:
		value->natural = random_unsigned(rng);
		break;
	case STRING:
		keep_text(value, text,
			  random_text(rng, text, random_one_in(rng, 50) ? STRING_MAX : 60, true));
		break;
	default:
		value->boolean = random_one_in(rng, 2);
	}
}

static void make_point(const struct points *points, struct point *point, size_t number)
{
	const struct measurement *measurement;
	struct rng rng;

	rng_seed(&rng, points->seed, number + 1);
	*point = (struct point){ .number = (int64_t)number,
				 .measurement = (size_t)rng_below(&rng, MEASUREMENTS) };
	measurement = &points->measurements[point->measurement];
	for (size_t i = 0; i < KEYS; i++) {
		enum kind kind = measurement->keys[i].kind;

		if (points->mixed && kind != TAG)
			kind = FLOAT +
			       (enum kind)rng_below(&rng, i % 2 ? KINDS - FLOAT : STRING - FLOAT);
		if (random_one_in(&rng, 2))
			make_value(&point->values[i], kind, &rng);
	}
	point->has_time = !random_one_in(&rng, 10);
	if (point->has_time)
		point->time = random_time(&rng);
}

void points_make(struct points *points, uint64_t seed, size_t count, bool mixed)
{
	struct rng rng;

	*points = (struct points){ .seed = seed, .mixed = mixed, .count = count };
	points->all = calloc(count, sizeof(*points->all));
	if (!points->all)
		err(1, "calloc");
	rng_seed(&rng, seed, 0);
	make_measurements(points, &rng);
	for (size_t i = 0; i < count; i++)
		make_point(points, &points->all[i], i);
}

void points_free(struct points *points)
{
	for (size_t i = 0; i < points->count; i++)
		for (size_t k = 0; k < KEYS; k++)
			free(points->all[i].values[k].text);
	free(points->all);
}

#include "faker/popularity.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/rng.h"
#include "common/units.h"

/* A draw falls to an entry evenly, and from there to ALIAS with a chance of 1 - KEEP / 2^32. */
struct popularity_entry {
	uint32_t keep, alias;
};

/* A plain number above 0: "1", "0.8". */
static int parse_exponent(const char *text, double *out)
{
	char *end;

	if (text[strspn(text, "0123456789.")] != '\0')
		return -EINVAL;
	*out = strtod(text, &end);
	return *end == '\0' && end != text && *out > 0 && *out <= 100 ? 0 : -EINVAL;
}

int popularity_parse(void *option, const char **expected)
{
	struct popularity_option *popularity = option;
	const char *text = popularity->text;

	*expected =
		"in-turn, uniform, zipf:S with S up to 100 as in zipf:1.1, or elephant:SHARE as "
		"in elephant:50%";
	if (strcmp(text, "in-turn") == 0) {
		popularity->kind = POPULARITY_IN_TURN;
		return 0;
	}
	if (strcmp(text, "uniform") == 0) {
		popularity->kind = POPULARITY_UNIFORM;
		return 0;
	}
	if (strncmp(text, "zipf:", 5) == 0) {
		popularity->kind = POPULARITY_ZIPF;
		return parse_exponent(text + 5, &popularity->parameter);
	}
	if (strncmp(text, "elephant:", 9) != 0)
		return -EINVAL;
	popularity->kind = POPULARITY_ELEPHANT;
	return units_share(text + 9, &popularity->parameter);
}

static double weight_of(const struct popularity_option *option, uint32_t index, uint32_t count)
{
	switch (option->kind) {
	case POPULARITY_ZIPF:
		return pow(index + 1.0, -option->parameter);
	case POPULARITY_ELEPHANT:
		if (count == 1)
			return 1;
		return index == 0 ? option->parameter : (1 - option->parameter) / (count - 1.0);
	default:
		return 1;
	}
}

/*
 * Vose's two lists, of entries below and above the mean, share one array: SMALL grows from its
 * start, LARGE from its end.
 */
static void fill(struct popularity *popularity, double *scaled, uint32_t *lists)
{
	uint32_t count = popularity->count, small = 0, large = count;

	for (uint32_t i = 0; i < count; i++)
		lists[scaled[i] < 1 ? small++ : --large] = i;
	while (small > 0 && large < count) {
		uint32_t less = lists[--small], more = lists[large++];

		popularity->entries[less] =
			(struct popularity_entry){ (uint32_t)(scaled[less] * 0x1p32), more };
		scaled[more] -= 1 - scaled[less];
		lists[scaled[more] < 1 ? small++ : --large] = more;
	}
	/* What rounding left over is 1. */
	while (small > 0 || large < count) {
		uint32_t even = small > 0 ? lists[--small] : lists[large++];

		popularity->entries[even] = (struct popularity_entry){ UINT32_MAX, even };
	}
}

int popularity_open(struct popularity *popularity, const struct popularity_option *option,
		    uint32_t count)
{
	double *scaled = calloc(count, sizeof(*scaled)), sum = 0;
	uint32_t *lists = calloc(count, sizeof(*lists));
	int error = -ENOMEM;

	popularity->count = count;
	popularity->entries = calloc(count, sizeof(*popularity->entries));
	if (scaled && lists && popularity->entries) {
		for (uint32_t i = 0; i < count; i++)
			sum += scaled[i] = weight_of(option, i, count);
		for (uint32_t i = 0; i < count; i++)
			scaled[i] *= count / sum;
		fill(popularity, scaled, lists);
		error = 0;
	}
	free(scaled);
	free(lists);
	if (error)
		popularity_close(popularity);
	return error;
}

void popularity_close(struct popularity *popularity)
{
	free(popularity->entries);
	popularity->entries = NULL;
}

uint32_t popularity_draw(const struct popularity *popularity, struct rng *rng)
{
	uint64_t random = rng_next(rng);
	/* The upper half picks the entry, with a bias of count / 2^32; the lower half decides. */
	uint32_t index = (uint32_t)((random >> 32) * popularity->count >> 32);
	const struct popularity_entry *entry = &popularity->entries[index];

	return (uint32_t)random <= entry->keep ? index : entry->alias;
}

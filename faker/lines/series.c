#include "faker/lines/series.h"

#include <stdbool.h>
#include <stddef.h>

#include "faker/lines/schema.h"

__extension__ typedef unsigned __int128 wide;

/* What is split in proportion, and to whom. */
struct split {
	const struct schema *schema;
	bool growing; /* only to measurements that grow, by all of their series; else less one */
	int shift;    /* of weights, so that products fit */
};

static uint64_t weight_of(const struct split *split, size_t index)
{
	const struct schema_measurement *measurement = &split->schema->measurements[index];
	uint64_t series = schema_measurement_series(measurement);

	if (split->growing)
		return schema_growing_tag(measurement) ? series >> split->shift : 0;
	return (series - 1) >> split->shift;
}

static wide total_of(const struct split *split)
{
	wide total = 0;

	for (size_t i = 0; i < split->schema->measurement_count; i++)
		total += weight_of(split, i);
	return total;
}

/* What is left of rounding goes to those where it comes to a whole one. */
static void add(struct split *split, uint64_t series, uint64_t *counts)
{
	wide total = total_of(split), sum = 0;
	uint64_t given = 0;

	if (total > UINT64_MAX) {
		split->shift = 32;
		total = total_of(split);
	}
	for (size_t i = 0; i < split->schema->measurement_count && total > 0; i++) {
		uint64_t until;

		sum += weight_of(split, i);
		until = (uint64_t)(sum * series / total);
		counts[i] += until - given;
		given = until;
	}
}

uint64_t series_split(const struct schema *schema, uint64_t series, uint64_t *counts)
{
	uint64_t all = schema_series(schema), sum = 0;
	size_t measurements = schema->measurement_count;
	struct split split = { .schema = schema, .growing = series > all };

	if (series == 0 || (split.growing && !schema_grows(schema))) {
		series = all;
		split.growing = false;
	}
	for (size_t i = 0; i < measurements; i++) {
		const struct schema_measurement *measurement = &schema->measurements[i];

		if (split.growing)
			counts[i] = schema_growing_tag(measurement)
					    ? 0
					    : schema_measurement_series(measurement);
		else
			counts[i] = i < series;
		sum += counts[i];
	}
	add(&split, series - sum, counts);
	sum = 0;
	for (size_t i = 0; i < measurements; i++) {
		uint64_t most = schema_measurement_series(&schema->measurements[i]);

		/* Beyond 2^64 series shares are not exact. */
		if (!split.growing && counts[i] > most)
			counts[i] = most;
		sum += counts[i];
	}
	return sum;
}

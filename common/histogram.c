#include "common/histogram.h"

#include <math.h>

#include "common/ndjson.h"

/* Values below 2 * STEPS have a bucket each; above, the exponent and the next 5 bits choose. */
static unsigned int bucket_of(uint64_t ns)
{
	unsigned int exponent;

	if (ns < HISTOGRAM_STEPS)
		return (unsigned int)ns;
	exponent = 63u - (unsigned int)__builtin_clzll(ns);
	return (exponent - 4) * HISTOGRAM_STEPS + (unsigned int)(ns >> (exponent - 5)) -
	       HISTOGRAM_STEPS;
}

static uint64_t upper_edge(unsigned int bucket)
{
	unsigned int shift;

	if (bucket < 2 * HISTOGRAM_STEPS)
		return bucket;
	shift = bucket / HISTOGRAM_STEPS - 1;
	return ((uint64_t)(bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t ns)
{
	histogram->buckets[bucket_of(ns)]++;
	histogram->count++;
	if (ns > histogram->max)
		histogram->max = ns;
}

uint64_t histogram_quantile(const struct histogram *histogram, double q)
{
	uint64_t rank = (uint64_t)ceil(q * (double)histogram->count), seen = 0;

	if (histogram->count == 0)
		return 0;
	if (rank == 0)
		rank = 1;
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen >= rank)
			return upper_edge(i) < histogram->max ? upper_edge(i) : histogram->max;
	}
	return histogram->max;
}

void histogram_merge(struct histogram *into, const struct histogram *what)
{
	into->count += what->count;
	if (what->max > into->max)
		into->max = what->max;
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += what->buckets[i];
}

void histogram_record(const struct histogram *histogram, struct ndjson *out, const char *key)
{
	ndjson_open_object(out, key);
	ndjson_uint(out, "count", histogram->count);
	ndjson_uint(out, "p50", histogram_quantile(histogram, 0.5));
	ndjson_uint(out, "p90", histogram_quantile(histogram, 0.9));
	ndjson_uint(out, "p99", histogram_quantile(histogram, 0.99));
	ndjson_uint(out, "p999", histogram_quantile(histogram, 0.999));
	ndjson_uint(out, "max", histogram->max);
	ndjson_close_object(out);
}

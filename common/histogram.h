/*
 * A histogram of nanoseconds with a bounded relative error: every power of two is divided into 32
 * equal buckets, so a quantile is within 1/32 (3.2 %) of the true value, from 0 to 2^64 - 1.
 * (The scheme of HdrHistogram: log-linear buckets, constant time, no allocation.)
 */
#ifndef FAIRPORT_HISTOGRAM_H
#define FAIRPORT_HISTOGRAM_H

#include <stdint.h>

struct ndjson;

#define HISTOGRAM_STEPS   32
#define HISTOGRAM_BUCKETS ((64 - 4) * HISTOGRAM_STEPS)

struct histogram {
	uint64_t count, max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t ns);

/*
 * The value that a share Q (0 to 1) of the values do not exceed: the upper edge of its bucket,
 * never above the maximum. 0 when nothing was added.
 */
uint64_t histogram_quantile(const struct histogram *histogram, double q);

void histogram_merge(struct histogram *into, const struct histogram *what);

/* Writes KEY:{"count":..,"p50":..,"p90":..,"p99":..,"p999":..,"max":..}. */
void histogram_record(const struct histogram *histogram, struct ndjson *out, const char *key);

#endif

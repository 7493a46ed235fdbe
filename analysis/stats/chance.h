/* What every estimate of this directory shares: its interval, and how chance is drawn for it. */
#ifndef FAIRPORT_ANALYSIS_STATS_CHANCE_H
#define FAIRPORT_ANALYSIS_STATS_CHANCE_H

#include <stddef.h>
#include <stdint.h>

/* The confidence of every interval. */
#define CONFIDENCE 0.95
#define TAIL       ((1 - CONFIDENCE) / 2)

/* Both ends NAN: not known. */
struct bounds {
	double low, high;
};

/* The same seed gives the same results to the last digit. */
struct resampling {
	size_t runs;
	uint64_t seed;
};

#define RESAMPLING_DEFAULT ((struct resampling){ .runs = 2000, .seed = 1 })

/*
 * The independent sequences of one seed (rng_seed): two functions that are given the same seed
 * do not draw the same numbers.
 */
enum chance_stream {
	STREAM_FIGURES,
	STREAM_EXPECTED,
	STREAM_FLOW_TEST,
	STREAM_COMPARE,
};

#endif

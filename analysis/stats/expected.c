#include "analysis/stats/expected.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/stats/figures.h"
#include "analysis/stats/hashing.h"
#include "analysis/stats/quantile.h"
#include "analysis/stats/theory.h"
#include "common/rng.h"

static struct spread spread_of(double *values, size_t count)
{
	double sum = 0, squares = 0, mean, variance;

	quantile_sort(values, count);
	for (size_t i = 0; i < count; i++) {
		sum += values[i];
		squares += values[i] * values[i];
	}
	mean = sum / (double)count;
	variance = fmax(squares / (double)count - mean * mean, 0);
	return (struct spread){
		.mean = mean,
		.rms = sqrt(squares / (double)count),
		.error = sqrt(variance / (double)count),
		.q2_5 = quantile_of(values, count, TAIL),
		.q50 = quantile_of(values, count, 0.5),
		.q97_5 = quantile_of(values, count, 1 - TAIL),
	};
}

static void unknown(struct spread *out)
{
	*out = (struct spread){ NAN, NAN, NAN, NAN, NAN, NAN };
}

int expected_simulate(struct expected *out, const double *weights, uint64_t flows, size_t workers,
		      const struct resampling *how)
{
	double *room = NULL, *max, *cv, *amounts;
	struct hashing *hashing = NULL;
	struct rng rng;
	int error;

	unknown(&out->max_over_mean);
	unknown(&out->cv);
	if (flows == 0 || workers == 0 || how->runs == 0)
		return 0;
	error = hashing_open(&hashing, weights, flows, workers);
	if (error)
		return error;
	room = calloc(2 * how->runs + workers, sizeof(*room));
	if (!room) {
		hashing_close(hashing);
		return -ENOMEM;
	}
	max = room;
	cv = max + how->runs;
	amounts = cv + how->runs;
	rng_seed(&rng, how->seed, STREAM_EXPECTED);
	for (size_t run = 0; run < how->runs; run++) {
		hashing_draw(hashing, &rng, amounts);
		max[run] = (double)workers * figures_basic(BASIC_MAX_SHARE, amounts, workers, NULL);
		cv[run] = figures_basic(BASIC_CV, amounts, workers, NULL);
	}
	out->max_over_mean = spread_of(max, how->runs);
	out->cv = spread_of(cv, how->runs);
	free(room);
	hashing_close(hashing);
	return 0;
}

int expected_band(struct band_point *points, size_t count, size_t *filled, uint64_t least,
		  uint64_t most, size_t workers, const struct resampling *how)
{
	double step = count > 1 ? log((double)most / (double)least) / (double)(count - 1) : 0;
	uint64_t last = 0;

	*filled = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t flows = (uint64_t)llround((double)least * exp(step * (double)i));
		struct band_point *point = &points[*filled];
		int error;

		if (flows == last)
			continue;
		last = flows;
		point->flows = flows;
		point->cv = theory_cv(workers, (double)flows);
		error = expected_simulate(&point->expected, NULL, flows, workers, how);
		if (error)
			return error;
		++*filled;
	}
	return 0;
}

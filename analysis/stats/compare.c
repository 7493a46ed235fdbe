#include "analysis/stats/compare.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stats/quantile.h"
#include "common/rng.h"

#define MOST_SHIFTS 4000000.0

const char *compare_word(enum compare_outcome outcome, enum compare_meaning meaning)
{
	static const char *const lower[] = { "slower", "faster", "lower" };
	static const char *const higher[] = { "faster", "slower", "higher" };

	switch (outcome) {
	case COMPARE_LOWER:
		return lower[meaning];
	case COMPARE_HIGHER:
		return higher[meaning];
	case COMPARE_TOO_FEW:
		return "too few repeats";
	default:
		return "no difference shown";
	}
}

static const struct estimate unknown = { NAN, { NAN, NAN } };

static bool all_above_zero(const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!(values[i] > 0))
			return false;
	}
	return true;
}

static enum compare_outcome decide(const struct comparison *comparison)
{
	const struct bounds *interval = &comparison->difference.interval;

	if (isnan(comparison->test.p_value))
		return COMPARE_NOT_SHOWN;
	if (comparison->test.least_p_value >= COMPARE_LEVEL)
		return COMPARE_TOO_FEW;
	if (comparison->test.p_value >= COMPARE_LEVEL)
		return COMPARE_NOT_SHOWN;
	if (interval->low > 0)
		return COMPARE_HIGHER;
	return interval->high < 0 ? COMPARE_LOWER : COMPARE_NOT_SHOWN;
}

/* Sorts ROOM, in which the values are put. */
static double median_of(const double *values, size_t count, double *room)
{
	memcpy(room, values, count * sizeof(*values));
	return quantile_median(room, count);
}

static double resampled_median(const double *values, size_t count, double *room, struct rng *rng)
{
	for (size_t i = 0; i < count; i++)
		room[i] = values[rng_below(rng, count)];
	return quantile_median(room, count);
}

/* The median of b - a over all pairs; NAN as well without memory. */
static double shift_independent(const double *a, size_t a_count, const double *b, size_t b_count)
{
	size_t used = 0;
	double *all, median;

	if ((double)a_count * (double)b_count > MOST_SHIFTS)
		return (double)NAN;
	all = calloc(a_count * b_count, sizeof(*all));
	if (!all)
		return (double)NAN;
	for (size_t i = 0; i < a_count; i++) {
		for (size_t k = 0; k < b_count; k++)
			all[used++] = b[k] - a[i];
	}
	median = quantile_median(all, used);
	free(all);
	return median;
}

static double shift_paired(const double *differences, size_t count)
{
	size_t used = 0;
	double *all, median;

	if ((double)count * ((double)count + 1) / 2 > MOST_SHIFTS)
		return (double)NAN;
	all = calloc(count * (count + 1) / 2, sizeof(*all));
	if (!all)
		return (double)NAN;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k <= i; k++)
			all[used++] = (differences[i] + differences[k]) / 2;
	}
	median = quantile_median(all, used);
	free(all);
	return median;
}

static void clear(struct comparison *out)
{
	*out = (struct comparison){
		.median_a = NAN,
		.median_b = NAN,
		.difference = unknown,
		.ratio = unknown,
		.shift = NAN,
		.test = { .statistic = NAN, .p_value = NAN, .least_p_value = NAN },
	};
}

int compare_independent(struct comparison *out, const double *a, size_t a_count, const double *b,
			size_t b_count, const struct resampling *how)
{
	bool ratio = all_above_zero(a, a_count) && all_above_zero(b, b_count);
	double *differences, *ratios, *room;
	struct rng rng;
	int error;

	clear(out);
	if (a_count == 0 || b_count == 0)
		return 0;
	room = calloc(2 * how->runs + a_count + b_count, sizeof(*room));
	if (!room)
		return -ENOMEM;
	differences = room + a_count + b_count;
	ratios = differences + how->runs;
	rng_seed(&rng, how->seed, STREAM_COMPARE);
	for (size_t i = 0; i < how->runs; i++) {
		double from = resampled_median(a, a_count, room, &rng);
		double to = resampled_median(b, b_count, room, &rng);

		differences[i] = to - from;
		ratios[i] = ratio ? to / from : 1;
	}
	out->median_a = median_of(a, a_count, room);
	out->median_b = median_of(b, b_count, room);
	out->difference = (struct estimate){ out->median_b - out->median_a,
					     quantile_interval(differences, how->runs) };
	if (ratio)
		out->ratio = (struct estimate){ out->median_b / out->median_a,
						quantile_interval(ratios, how->runs) };
	out->shift = shift_independent(a, a_count, b, b_count);
	error = rank_test_independent(&out->test, a, a_count, b, b_count);
	out->outcome = decide(out);
	free(room);
	return error;
}

/* The median of VALUES and its interval. ROOM: for COUNT; MEDIANS: for as many as runs. */
static struct estimate estimate_median(const double *values, size_t count,
				       const struct resampling *how, double *room, double *medians)
{
	struct rng rng;

	rng_seed(&rng, how->seed, STREAM_COMPARE);
	for (size_t i = 0; i < how->runs; i++)
		medians[i] = resampled_median(values, count, room, &rng);
	return (struct estimate){ median_of(values, count, room),
				  quantile_interval(medians, how->runs) };
}

int compare_paired(struct comparison *out, const double *a, const double *b, size_t count,
		   const struct resampling *how)
{
	double *values, *room, *medians;
	int error;

	clear(out);
	if (count == 0)
		return 0;
	values = calloc(2 * count + how->runs, sizeof(*values));
	if (!values)
		return -ENOMEM;
	room = values + count;
	medians = room + count;
	out->median_a = median_of(a, count, room);
	out->median_b = median_of(b, count, room);
	if (all_above_zero(a, count) && all_above_zero(b, count)) {
		for (size_t i = 0; i < count; i++)
			values[i] = b[i] / a[i];
		out->ratio = estimate_median(values, count, how, room, medians);
	}
	for (size_t i = 0; i < count; i++)
		values[i] = b[i] - a[i];
	out->difference = estimate_median(values, count, how, room, medians);
	out->shift = shift_paired(values, count);
	error = rank_test_paired(&out->test, values, count);
	out->outcome = decide(out);
	free(values);
	return error;
}

#include "analysis/stats/certainty.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_statistics_double.h>

#include "analysis/stats/flows.h"
#include "analysis/stats/variates.h"
#include "common/rng.h"

#define ONE_BY_ONE 1024
/* Halvings of the line: 2^-10 of the distance from even to observed. */
#define HALVINGS 10
/* No line is followed further than so many times that distance. */
#define FARTHEST 64.0

/* Flows of a member that are resampled together. */
struct bulk {
	double sum, squares;
};

struct sampler {
	const struct hashed_flow *heavy; /* one by one */
	size_t heavy_count;
	struct bulk *bulk; /* of each worker */
};

struct line {
	size_t workers, runs;
	double *share;     /* observed, of each worker */
	double *direction; /* from even to observed */
	double *noise;     /* RUNS times WORKERS: a resample's shares - their mean */
	double *centre, *resample, *scratch;
};

static double sum_of(const double *amounts, size_t workers)
{
	double sum = 0;

	for (size_t i = 0; i < workers; i++)
		sum += amounts[i];
	return sum;
}

static void draw(double *shares, size_t workers, const struct sampler *sampler, const gsl_rng *rng)
{
	double sum;

	for (size_t i = 0; i < workers; i++) {
		const struct bulk *bulk = &sampler->bulk[i];

		shares[i] = 0;
		if (bulk->squares > 0)
			shares[i] = gsl_ran_gamma(rng, bulk->sum * bulk->sum / bulk->squares,
						  bulk->squares / bulk->sum);
	}
	for (size_t i = 0; i < sampler->heavy_count; i++)
		shares[sampler->heavy[i].member] +=
			sampler->heavy[i].weight * gsl_ran_exponential(rng, 1);
	sum = sum_of(shares, workers);
	for (size_t i = 0; i < workers; i++)
		shares[i] /= sum;
}

static void draw_noise(struct line *line, const struct sampler *sampler, uint64_t seed)
{
	struct rng numbers;
	gsl_rng rng = variates_from(&numbers);

	rng_seed(&numbers, seed, STREAM_FIGURES);
	for (size_t run = 0; run < line->runs; run++)
		draw(line->noise + run * line->workers, line->workers, sampler, &rng);
	for (size_t i = 0; i < line->workers; i++) {
		double mean = gsl_stats_mean(line->noise + i, line->workers, line->runs);

		for (size_t run = 0; run < line->runs; run++)
			line->noise[run * line->workers + i] -= mean;
	}
}

/* Shares are not negative and add up to 1. */
static void normalise(double *shares, size_t workers)
{
	double sum;

	for (size_t i = 0; i < workers; i++)
		shares[i] = fmax(shares[i], 0);
	sum = sum_of(shares, workers);
	for (size_t i = 0; i < workers; i++)
		shares[i] /= sum;
}

static void move_to(struct line *line, double s)
{
	for (size_t i = 0; i < line->workers; i++)
		line->centre[i] = 1 / (double)line->workers + s * line->direction[i];
	normalise(line->centre, line->workers);
}

/* +1: more is more uneven. */
static int sense_of(enum basic_figure figure)
{
	return figure == BASIC_MIN_SHARE || figure == BASIC_ENTROPY ? -1 : 1;
}

/* The share of resamples around S that are at least as uneven as OBSERVED, or at most. */
static double tail_at(struct line *line, double s, enum basic_figure figure, double observed,
		      int side)
{
	int sense = sense_of(figure) * side;
	size_t beyond = 0;

	move_to(line, s);
	for (size_t run = 0; run < line->runs; run++) {
		const double *noise = line->noise + run * line->workers;

		for (size_t i = 0; i < line->workers; i++)
			line->resample[i] = line->centre[i] + noise[i];
		normalise(line->resample, line->workers);
		beyond += sense * figures_basic(figure, line->resample, line->workers,
						line->scratch) >=
			  sense * observed;
	}
	return (double)beyond / (double)line->runs;
}

/* Between IN, which the interval holds, and OUT, which it does not. */
static double halve(struct line *line, double in, double out, enum basic_figure figure,
		    double observed, int side)
{
	for (int i = 0; i < HALVINGS; i++) {
		double middle = (in + out) / 2;

		if (tail_at(line, middle, figure, observed, side) >= TAIL)
			in = middle;
		else
			out = middle;
	}
	return in;
}

static double least_uneven(struct line *line, enum basic_figure figure, double observed)
{
	return tail_at(line, 0, figure, observed, 1) >= TAIL
		       ? 0
		       : halve(line, 1, 0, figure, observed, 1);
}

static double most_uneven(struct line *line, enum basic_figure figure, double observed)
{
	double in = 0, out = 1;

	/* More even than chance lets it be: as even as can be, then. */
	if (tail_at(line, 0, figure, observed, -1) < TAIL)
		return 0;
	while (out < FARTHEST && tail_at(line, out, figure, observed, -1) >= TAIL) {
		in = out;
		out *= 2;
	}
	return out < FARTHEST ? halve(line, in, out, figure, observed, -1) : FARTHEST;
}

static double figure_at(struct line *line, double s, enum basic_figure figure)
{
	move_to(line, s);
	return figures_basic(figure, line->centre, line->workers, line->scratch);
}

/* LOW is even, HIGH uneven; the observed value is between them or one of them. */
static void find_ends(struct line *line, enum basic_figure figure, double *even, double *uneven)
{
	double observed = figures_basic(figure, line->share, line->workers, line->scratch);
	double first = figure_at(line, least_uneven(line, figure, observed), figure);
	double last = figure_at(line, most_uneven(line, figure, observed), figure);
	bool down = sense_of(figure) < 0;

	*even = down ? fmax(first, observed) : fmin(first, observed);
	*uneven = down ? fmin(last, observed) : fmax(last, observed);
}

static void fill(struct certainty *out, struct line *line)
{
	double even[BASIC_FIGURES], uneven[BASIC_FIGURES];
	double all_even[FIGURES], all_uneven[FIGURES];

	for (size_t i = 0; i < BASIC_FIGURES; i++)
		find_ends(line, (enum basic_figure)i, &even[i], &uneven[i]);
	figures_derive(all_even, even, line->workers);
	figures_derive(all_uneven, uneven, line->workers);
	for (size_t i = 0; i < FIGURES; i++)
		out->of[i] = (struct bounds){ .low = fmin(all_even[i], all_uneven[i]),
					      .high = fmax(all_even[i], all_uneven[i]) };
}

static void line_close(struct line *line)
{
	free(line->share);
	free(line->direction);
	free(line->noise);
	free(line->centre);
	free(line->resample);
	free(line->scratch);
}

/* From even through AMOUNTS; if these are even, towards one member, as any. */
static int line_open(struct line *line, const double *amounts, size_t workers, size_t runs)
{
	double even = 1 / (double)workers, farthest = 0;

	*line = (struct line){
		.workers = workers,
		.runs = runs,
		.share = calloc(workers, sizeof(double)),
		.direction = calloc(workers, sizeof(double)),
		.noise = calloc(workers * runs, sizeof(double)),
		.centre = calloc(workers, sizeof(double)),
		.resample = calloc(workers, sizeof(double)),
		.scratch = calloc(workers, sizeof(double)),
	};
	if (!line->share || !line->direction || !line->noise || !line->centre || !line->resample ||
	    !line->scratch)
		return -ENOMEM;
	memcpy(line->share, amounts, workers * sizeof(*amounts));
	normalise(line->share, workers);
	for (size_t i = 0; i < workers; i++) {
		line->direction[i] = line->share[i] - even;
		farthest = fmax(farthest, fabs(line->direction[i]));
	}
	for (size_t i = 0; i < workers && farthest < 1e-12; i++)
		line->direction[i] = ((i == 0) - even) / FARTHEST;
	return 0;
}

/*
 * An empty member has nothing to resample, yet its emptiness is as uncertain as the amount of
 * others: half a flow, of the weight that an effective flow has, stands for what it may get.
 */
static void fill_empty(struct bulk *bulk, const double *amounts, size_t workers, double one)
{
	for (size_t i = 0; i < workers; i++) {
		if (!(amounts[i] > 0))
			bulk[i] = (struct bulk){ .sum = one / 2, .squares = one * one / 2 };
	}
}

static bool nothing_to_say(struct certainty *out, size_t workers, double sum, double effective,
			   const struct resampling *how)
{
	for (size_t i = 0; i < FIGURES; i++)
		out->of[i] = (struct bounds){ NAN, NAN };
	return workers < 2 || !(sum > 0) || !(effective > 0) || how->runs == 0;
}

static int certainty_find(struct certainty *out, const double *amounts, size_t workers,
			  const struct sampler *sampler, const struct resampling *how)
{
	struct line line;
	int error = line_open(&line, amounts, workers, how->runs);

	if (error == 0) {
		draw_noise(&line, sampler, how->seed);
		fill(out, &line);
	}
	line_close(&line);
	return error;
}

int certainty_of_amounts(struct certainty *out, const double *amounts, size_t workers,
			 double effective_flows, const struct resampling *how)
{
	struct sampler sampler = { .heavy = NULL };
	double sum = sum_of(amounts, workers);
	int error;

	if (nothing_to_say(out, workers, sum, effective_flows, how))
		return 0;
	sampler.bulk = calloc(workers, sizeof(*sampler.bulk));
	if (!sampler.bulk)
		return -ENOMEM;
	for (size_t i = 0; i < workers; i++)
		sampler.bulk[i] = (struct bulk){
			.sum = amounts[i],
			.squares = amounts[i] * sum / effective_flows,
		};
	fill_empty(sampler.bulk, amounts, workers, sum / effective_flows);
	error = certainty_find(out, amounts, workers, &sampler, how);
	free(sampler.bulk);
	return error;
}

static int heaviest_first(const void *a, const void *b)
{
	const struct hashed_flow *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return (x->member > y->member) - (x->member < y->member);
}

int certainty_of_flows(struct certainty *out, const struct hashed_flow *flows, size_t count,
		       size_t workers, const struct resampling *how)
{
	struct flows_weight weight = flows_weigh(flows, count, workers, 0);
	struct sampler sampler = { .heavy_count = count < ONE_BY_ONE ? count : ONE_BY_ONE };
	double *amounts = NULL;
	struct hashed_flow *sorted = NULL;
	int error = 0;

	if (nothing_to_say(out, workers, weight.total, weight.effective, how))
		return 0;
	sampler.bulk = calloc(workers, sizeof(*sampler.bulk));
	amounts = calloc(workers, sizeof(*amounts));
	sorted = malloc(count * sizeof(*sorted));
	if (!sampler.bulk || !amounts || !sorted) {
		error = -ENOMEM;
		goto cleanup;
	}
	memcpy(sorted, flows, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), heaviest_first);
	flows_sum(amounts, workers, flows, count);
	sampler.heavy = sorted;
	for (size_t i = sampler.heavy_count; i < count; i++) {
		struct bulk *bulk = &sampler.bulk[sorted[i].member];

		bulk->sum += sorted[i].weight;
		bulk->squares += sorted[i].weight * sorted[i].weight;
	}
	fill_empty(sampler.bulk, amounts, workers, weight.total / weight.effective);
	error = certainty_find(out, amounts, workers, &sampler, how);
cleanup:
	free(sampler.bulk);
	free(amounts);
	free(sorted);
	return error;
}

#include "analysis/stats/certainty.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_sort.h>

#include "analysis/stats/flows.h"
#include "analysis/stats/variates.h"
#include "common/rng.h"

#define ONE_BY_ONE 1024
/* Effective flows for each worker, from which on the sum of them is taken as normal. */
#define NORMAL_FROM 30
/* Halvings of the line: 2^-10 of the distance from even to observed. */
#define HALVINGS 10
/* No line is followed further than so many times that distance. */
#define FARTHEST 64.0
/* So many places, of which a member has as many as its probability is. */
#define PLACES 16384
/* The same figure but for the order of sums. */
#define SAME 1e-9

/* What is assigned. */
struct load {
	double *heavy; /* one by one: their weights */
	size_t heavy_count;
	double sum, squares; /* of all others */
};

struct line {
	size_t workers, runs;
	const struct load *load;
	double *share;     /* observed, of each worker */
	double *direction; /* from even to observed */
	double *centre, *resample, *scratch;
	uint16_t *place; /* of each heavy flow in each run: the same numbers for every centre */
	double *normal;  /* a standard normal variable for each worker in each run */
	uint16_t member[PLACES];
};

static void draw_chance(struct line *line, uint64_t seed)
{
	size_t heavy = line->load->heavy_count;
	struct rng numbers;
	gsl_rng rng = variates_from(&numbers);

	rng_seed(&numbers, seed, STREAM_FIGURES);
	for (size_t i = 0; i < line->runs * heavy; i++)
		line->place[i] = (uint16_t)rng_below(&numbers, PLACES);
	for (size_t i = 0; line->load->squares > 0 && i < line->runs * line->workers; i++)
		line->normal[i] = gsl_ran_gaussian_ziggurat(&rng, 1);
}

/* Shares are not negative and add up to 1. */
static void normalise(double *shares, size_t workers)
{
	double sum;

	for (size_t i = 0; i < workers; i++)
		shares[i] = fmax(shares[i], 0);
	sum = figures_sum(shares, workers);
	for (size_t i = 0; i < workers; i++)
		shares[i] /= sum;
}

static void move_to(struct line *line, double s)
{
	double sum = 0;
	size_t place = 0;

	for (size_t i = 0; i < line->workers; i++)
		line->centre[i] = 1 / (double)line->workers + s * line->direction[i];
	normalise(line->centre, line->workers);
	for (size_t i = 0; i < line->workers && line->load->heavy_count; i++) {
		size_t end = i + 1 < line->workers
				     ? (size_t)lround((sum += line->centre[i]) * PLACES)
				     : PLACES;

		while (place < end)
			line->member[place++] = (uint16_t)i;
	}
}

/* Multinomial counts have these variances and covariances. */
static void add_others(struct line *line, size_t run)
{
	const struct load *load = line->load;
	const double *normal = line->normal + run * line->workers;
	double common = 0;

	for (size_t i = 0; i < line->workers; i++)
		common += sqrt(line->centre[i]) * normal[i];
	for (size_t i = 0; i < line->workers; i++) {
		double p = line->centre[i];
		double noise = sqrt(load->squares) * (sqrt(p) * normal[i] - p * common);

		line->resample[i] = fmax(line->resample[i] + load->sum * p + noise, 0);
	}
}

static void assign(struct line *line, size_t run)
{
	const struct load *load = line->load;
	const uint16_t *place = line->place + run * load->heavy_count;

	memset(line->resample, 0, line->workers * sizeof(double));
	for (size_t i = 0; i < load->heavy_count; i++)
		line->resample[line->member[place[i]]] += load->heavy[i];
	if (load->squares > 0)
		add_others(line, run);
}

/* +1: more is more uneven. */
static int sense_of(enum basic_figure figure)
{
	return figure == BASIC_MIN_SHARE || figure == BASIC_ENTROPY ? -1 : 1;
}

/* The share of runs at S that are at least as uneven as OBSERVED, or at most. */
static double tail_at(struct line *line, double s, enum basic_figure figure, double observed,
		      int side)
{
	int sense = sense_of(figure) * side;
	size_t beyond = 0;

	move_to(line, s);
	for (size_t run = 0; run < line->runs; run++) {
		assign(line, run);
		beyond += sense * figures_basic(figure, line->resample, line->workers,
						line->scratch) >=
			  sense * observed - SAME;
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
	if (!line)
		return;
	free(line->share);
	free(line->direction);
	free(line->centre);
	free(line->resample);
	free(line->scratch);
	free(line->place);
	free(line->normal);
	free(line);
}

/*
 * From even through AMOUNTS; if these are even, towards one member, as any. In order, so that the
 * same amounts of other members give the same intervals.
 */
static void aim(struct line *line, const double *amounts)
{
	double even = 1 / (double)line->workers, farthest = 0;

	memcpy(line->share, amounts, line->workers * sizeof(*amounts));
	gsl_sort(line->share, 1, line->workers);
	normalise(line->share, line->workers);
	for (size_t i = 0; i < line->workers; i++) {
		line->direction[i] = line->share[i] - even;
		farthest = fmax(farthest, fabs(line->direction[i]));
	}
	for (size_t i = 0; i < line->workers && farthest < 1e-12; i++)
		line->direction[i] = ((i == 0) - even) / FARTHEST;
}

static struct line *line_open(const double *amounts, size_t workers, size_t runs,
			      const struct load *load)
{
	struct line *line = calloc(1, sizeof(*line));

	if (!line)
		return NULL;
	line->workers = workers;
	line->runs = runs;
	line->load = load;
	line->share = calloc(workers, sizeof(double));
	line->direction = calloc(workers, sizeof(double));
	line->centre = calloc(workers, sizeof(double));
	line->resample = calloc(workers, sizeof(double));
	line->scratch = calloc(workers, sizeof(double));
	line->place = calloc(runs * load->heavy_count + 1, sizeof(*line->place));
	line->normal = calloc(load->squares > 0 ? runs * workers : 1, sizeof(double));
	if (line->share && line->direction && line->centre && line->resample && line->scratch &&
	    line->place && line->normal) {
		aim(line, amounts);
		return line;
	}
	line_close(line);
	return NULL;
}

static bool nothing_to_say(struct certainty *out, size_t workers, double sum, double effective,
			   const struct resampling *how)
{
	for (size_t i = 0; i < FIGURES; i++)
		out->of[i] = (struct bounds){ NAN, NAN };
	return workers < 2 || !(sum > 0) || !(effective > 0) || how->runs == 0;
}

static int certainty_find(struct certainty *out, const double *amounts, size_t workers,
			  const struct load *load, const struct resampling *how)
{
	struct line *line = line_open(amounts, workers, how->runs, load);

	if (!line)
		return -ENOMEM;
	draw_chance(line, how->seed);
	fill(out, line);
	line_close(line);
	return 0;
}

int certainty_of_amounts(struct certainty *out, const double *amounts, size_t workers,
			 double effective_flows, const struct resampling *how)
{
	struct load load = { .heavy_count = 0 };
	double sum = figures_sum(amounts, workers);
	int error;

	if (nothing_to_say(out, workers, sum, effective_flows, how))
		return 0;
	if (effective_flows < NORMAL_FROM * (double)workers && effective_flows < ONE_BY_ONE)
		load.heavy_count = (size_t)fmax(lround(effective_flows), 1);
	else
		load = (struct load){ .sum = sum, .squares = sum * sum / effective_flows };
	load.heavy = calloc(load.heavy_count + 1, sizeof(*load.heavy));
	if (!load.heavy)
		return -ENOMEM;
	for (size_t i = 0; i < load.heavy_count; i++)
		load.heavy[i] = sum / (double)load.heavy_count;
	error = certainty_find(out, amounts, workers, &load, how);
	free(load.heavy);
	return error;
}

/* Those that are assigned one by one, and the sums of all others. */
static void divide(struct load *load, size_t count, size_t workers)
{
	size_t heavy = flows_heavy(load->heavy, count, workers, NORMAL_FROM);

	load->heavy_count = heavy < ONE_BY_ONE ? heavy : ONE_BY_ONE;
	for (size_t i = load->heavy_count; i < count; i++) {
		load->sum += load->heavy[i];
		load->squares += load->heavy[i] * load->heavy[i];
	}
}

int certainty_of_flows(struct certainty *out, const struct hashed_flow *flows, size_t count,
		       size_t workers, const struct resampling *how)
{
	struct flows_weight weight = flows_weigh(flows, count, workers, 0);
	struct load load = { .heavy_count = 0 };
	double *amounts = NULL;
	int error = -ENOMEM;

	if (nothing_to_say(out, workers, weight.total, weight.effective, how))
		return 0;
	amounts = calloc(workers, sizeof(*amounts));
	load.heavy = calloc(count, sizeof(*load.heavy));
	if (amounts && load.heavy) {
		flows_sum(amounts, workers, flows, count);
		flows_weights(load.heavy, flows, count);
		divide(&load, count, workers);
		error = certainty_find(out, amounts, workers, &load, how);
	}
	free(load.heavy);
	free(amounts);
	return error;
}

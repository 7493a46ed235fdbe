#include "analysis/stats/flow_test.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include "analysis/stats/flow_test_exact.h"
#include "analysis/stats/flows.h"
#include "analysis/stats/hashing.h"
#include "analysis/stats/chance.h"
#include "common/rng.h"

/* Effective flows for each worker, from which on the sum of them is taken as normal. */
#define ENOUGH      10
#define MIXED_RUNS  10000
#define MOST_ADDED  1e4 /* noncentrality */
#define ENOUGH_HITS 100
#define MOST_RUNS   2000000
#define MOST_DRAWS  2e8

const char *const flow_test_method_names[] = {
	[FLOW_TEST_NONE] = "none",
	[FLOW_TEST_EXACT] = "exact",
	[FLOW_TEST_CHI_SQUARE] = "chi-square",
	[FLOW_TEST_MIXED] = "mixed",
	[FLOW_TEST_SIMULATED] = "simulated",
};

int flow_test_counts(struct flow_test *out, const uint64_t *counts, size_t workers)
{
	double mean, flows = 0;
	int error;

	*out = (struct flow_test){ .statistic = NAN,
				   .degrees = (double)workers - 1,
				   .p_value = NAN,
				   .least_p_value = NAN };
	for (size_t i = 0; i < workers; i++)
		flows += (double)counts[i];
	if (workers < 2 || flows < 1)
		return 0;
	mean = flows / (double)workers;
	out->statistic = 0;
	for (size_t i = 0; i < workers; i++)
		out->statistic += ((double)counts[i] - mean) * ((double)counts[i] - mean) / mean;
	error = flow_test_exact(&out->p_value, counts, workers);
	if (error != -ERANGE) {
		out->method = FLOW_TEST_EXACT;
		out->least_p_value = 0;
		return error;
	}
	out->method = FLOW_TEST_CHI_SQUARE;
	out->p_value = gsl_cdf_chisq_Q(out->statistic, out->degrees);
	out->least_p_value = 0;
	return 0;
}

/*
 * Of a large noncentrality, where adding up takes the longer the larger it is: Sankaran's
 * transformation of it to a normal variable (Biometrika 46, 1959). From MOST_ADDED on it is right
 * to a part in ten thousand, seven standard deviations out.
 */
static double noncentral_normal(double x, double degrees, double noncentrality)
{
	double mean = degrees + noncentrality, spread = degrees + 2 * noncentrality;
	double h = 1 - 2 * mean * (degrees + 3 * noncentrality) / (3 * spread * spread);
	double p = spread / (mean * mean), m = (h - 1) * (1 - 3 * h);
	double z = pow(x / mean, h) - (1 + h * p * (h - 1 - 0.5 * (2 - h) * m * p));

	return gsl_cdf_ugaussian_Q(z / (h * sqrt(2 * p) * (1 + 0.5 * m * p)));
}

/* As the sum of central ones, with Poisson weights. */
static double noncentral_sum(double x, double degrees, double noncentrality)
{
	/* Poisson weights with this mean: beyond 12 standard deviations there is nothing. */
	double half = noncentrality / 2, width = 12 * sqrt(half);
	size_t first = half > width ? (size_t)(half - width) : 0;
	size_t last = (size_t)(half + width) + 30;
	double weight =
		half > 0 ? exp((double)first * log(half) - half - lgamma((double)first + 1)) : 1;
	double shape = degrees / 2 + (double)first;
	double tail = gsl_cdf_chisq_Q(x, 2 * shape), sum = 0;
	/*
	 * What two degrees of freedom more add to the tail; the logarithm, as the first ones may
	 * be too small for a double and the later ones not.
	 */
	double step = shape * log(x / 2) - x / 2 - lgamma(shape + 1);

	for (size_t j = first; j <= last; j++) {
		sum += weight * tail;
		weight *= half / (double)(j + 1);
		tail += exp(step);
		shape++;
		step += log(x / 2 / shape);
	}
	return fmin(sum, 1);
}

double flow_test_noncentral(double x, double degrees, double noncentrality)
{
	if (!(x > 0))
		return 1;
	return noncentrality > MOST_ADDED ? noncentral_normal(x, degrees, noncentrality)
					  : noncentral_sum(x, degrees, noncentrality);
}

/* sum (a - mean)^2 */
static double scatter(const double *amounts, size_t workers)
{
	double mean = 0, sum = 0;

	for (size_t i = 0; i < workers; i++)
		mean += amounts[i] / (double)workers;
	for (size_t i = 0; i < workers; i++)
		sum += (amounts[i] - mean) * (amounts[i] - mean);
	return sum;
}

static double squares_of(const double *weights, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += weights[i] * weights[i];
	return sum;
}

struct weighted {
	const double *weights; /* heaviest first */
	size_t count, heavy, workers;
	double scatter; /* observed */
	uint64_t seed;
};

/*
 * The rest varies by sum w^2 / N in each worker but for the common mean, so scatter times N / sum
 * w^2 of it is noncentral chi-square, and the scatter of the heavy flows its noncentrality.
 */
static void test_mixed(struct flow_test *out, const struct weighted *in,
		       const struct hashing *hashing, double *amounts)
{
	double scale =
		(double)in->workers / squares_of(in->weights + in->heavy, in->count - in->heavy);
	double heavy = 0, sum = 0, x = in->scatter * scale, worst;
	struct rng rng;

	rng_seed(&rng, in->seed, STREAM_FLOW_TEST);
	for (out->runs = 0; out->runs < MIXED_RUNS; out->runs++) {
		hashing_draw(hashing, &rng, amounts);
		sum += flow_test_noncentral(x, out->degrees, scale * scatter(amounts, in->workers));
	}
	for (size_t i = 0; i < in->heavy; i++)
		heavy += in->weights[i];
	worst = flow_test_noncentral(x, out->degrees,
				     scale * heavy * heavy * out->degrees / (double)in->workers);
	out->least_p_value = worst / (double)(out->runs + 1);
	out->p_value = fmin(sum / (double)out->runs + out->least_p_value, 1);
	out->method = FLOW_TEST_MIXED;
}

static void test_simulated(struct flow_test *out, const struct weighted *in,
			   const struct hashing *hashing, double *amounts)
{
	size_t most = (size_t)fmin(MOST_RUNS, fmax(MOST_DRAWS / (double)in->count, 1000));
	size_t hits = 0;
	struct rng rng;

	rng_seed(&rng, in->seed, STREAM_FLOW_TEST);
	while (out->runs < most && hits < ENOUGH_HITS) {
		hashing_draw(hashing, &rng, amounts);
		out->runs++;
		/* Sums in another order differ in the last digits; the same outcome is a hit. */
		hits += scatter(amounts, in->workers) >= in->scatter * (1 - 1e-9);
	}
	out->least_p_value = 1 / (double)(most + 1);
	out->p_value = hits < ENOUGH_HITS ? (double)(hits + 1) / (double)(out->runs + 1)
					  : (double)hits / (double)out->runs;
	out->method = FLOW_TEST_SIMULATED;
}

static int test_unequal(struct flow_test *out, struct weighted *in, double *amounts)
{
	struct hashing *hashing = NULL;
	int error;

	in->heavy = flows_heavy(in->weights, in->count, in->workers, ENOUGH);
	if (in->heavy == 0) {
		out->p_value = gsl_cdf_chisq_Q(out->statistic, out->degrees);
		out->least_p_value = 0;
		out->method = FLOW_TEST_CHI_SQUARE;
		return 0;
	}
	error = hashing_open(&hashing, in->weights, in->heavy, in->workers);
	if (error)
		return error;
	if (in->heavy < in->count)
		test_mixed(out, in, hashing, amounts);
	else
		test_simulated(out, in, hashing, amounts);
	hashing_close(hashing);
	return 0;
}

static int heaviest_first(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

static int test_equal(struct flow_test *out, const struct hashed_flow *flows, size_t count,
		      size_t workers)
{
	uint64_t *counts = calloc(workers, sizeof(*counts));
	int error;

	if (!counts)
		return -ENOMEM;
	flows_count(counts, workers, flows, count);
	error = flow_test_counts(out, counts, workers);
	free(counts);
	return error;
}

int flow_test_weights(struct flow_test *out, const struct hashed_flow *flows, size_t count,
		      size_t workers, const struct resampling *how)
{
	struct weighted in = { .count = count, .workers = workers, .seed = how->seed };
	double *room, *weights, *amounts;
	int error = 0;

	*out = (struct flow_test){ .statistic = NAN,
				   .degrees = (double)workers - 1,
				   .p_value = NAN,
				   .least_p_value = NAN };
	if (workers < 2 || count == 0)
		return 0;
	room = calloc(count + workers, sizeof(*room));
	if (!room)
		return -ENOMEM;
	weights = room;
	amounts = room + count;
	for (size_t i = 0; i < count; i++)
		weights[i] = flows[i].weight;
	qsort(weights, count, sizeof(*weights), heaviest_first);
	flows_sum(amounts, workers, flows, count);
	in.weights = weights;
	in.scatter = scatter(amounts, workers);
	out->statistic = in.scatter * (double)workers / squares_of(weights, count);
	if (weights[0] == weights[count - 1])
		error = test_equal(out, flows, count, workers);
	else
		error = test_unequal(out, &in, amounts);
	free(room);
	return error;
}

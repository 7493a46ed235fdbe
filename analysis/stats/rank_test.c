#include "analysis/stats/rank_test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>

struct ranked {
	double value;
	bool marked;          /* of sample B, or above 0 */
	unsigned double_rank; /* twice the rank: midranks are halves */
};

static int by_value(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

/* Ranks from 1; equal values share the mean of theirs. Returns the sum of t^3 - t over ties. */
static double rank(struct ranked *all, size_t count)
{
	double ties = 0;
	size_t end;

	qsort(all, count, sizeof(*all), by_value);
	for (size_t i = 0; i < count; i = end) {
		double equal;

		for (end = i + 1; end < count && all[end].value == all[i].value; end++)
			;
		for (size_t k = i; k < end; k++)
			all[k].double_rank = (unsigned)(i + 1 + end);
		equal = (double)(end - i);
		ties += equal * equal * equal - equal;
	}
	return ties;
}

static double marked_sum(const struct ranked *all, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += all[i].marked ? all[i].double_rank : 0;
	return sum;
}

/*
 * WAYS, of MOST + 1 rows of SUM + 1 numbers, all 0: [k][s] becomes the number of choices of k of
 * the ranks that add up to s, doubled.
 */
static void count_ways(double *ways, const struct ranked *all, size_t count, size_t most,
		       size_t sum)
{
	size_t reached = 0;

	ways[0] = 1;
	for (size_t i = 0; i < count; i++) {
		size_t shift = all[i].double_rank;

		reached += shift;
		for (size_t k = most; k > 0; k--) {
			double *into = ways + k * (sum + 1);
			const double *from = into - (sum + 1);

			for (size_t s = reached; s >= shift; s--)
				into[s] += from[s - shift];
		}
	}
}

/* Likewise for choices of any size. */
static void count_subsets(double *ways, const struct ranked *all, size_t count)
{
	size_t reached = 0;

	ways[0] = 1;
	for (size_t i = 0; i < count; i++) {
		size_t shift = all[i].double_rank;

		reached += shift;
		for (size_t s = reached; s >= shift; s--)
			ways[s] += ways[s - shift];
	}
}

/* The share of WAYS whose sum is at least as far from MEAN as OBSERVED (all of them doubled). */
static double far_share(const double *ways, size_t sum, double mean, double observed)
{
	double all = 0, far = 0;

	for (size_t s = 0; s <= sum; s++) {
		all += ways[s];
		if (fabs((double)s - mean) >= fabs(observed - mean) - 1e-9)
			far += ways[s];
	}
	return far / all;
}

/* Continuity: a whole statistic is spread over the unit around it. */
static double normal_p_value(double distance, double variance)
{
	if (!(variance > 0))
		return 1;
	return fmin(1, 2 * gsl_cdf_ugaussian_Q(fmax(distance - 0.5, 0) / sqrt(variance)));
}

static int exact_independent(struct rank_test *out, const struct ranked *all, size_t count,
			     size_t marked)
{
	size_t sum = count * (count + 1);
	double *ways = calloc((marked + 1) * (sum + 1), sizeof(*ways));
	double mean = (double)marked * (double)(count + 1);

	if (!ways)
		return -ENOMEM;
	count_ways(ways, all, count, marked, sum);
	out->p_value = far_share(ways + marked * (sum + 1), sum, mean, marked_sum(all, count));
	free(ways);
	return 0;
}

static int test_independent(struct rank_test *out, struct ranked *all, double a, double b)
{
	size_t count = (size_t)(a + b);
	double ties = rank(all, count), n = a + b;
	double mean = a * b / 2;

	out->statistic = (marked_sum(all, count) - b * (b + 1)) / 2;
	out->least_p_value = fmin(1, 2 * exp(-gsl_sf_lnchoose((unsigned)count, (unsigned)b)));
	out->exact = count <= RANK_TEST_EXACT;
	if (out->exact)
		return exact_independent(out, all, count, (size_t)b);
	out->p_value = normal_p_value(fabs(out->statistic - mean),
				      a * b / 12 * (n + 1 - ties / (n * (n - 1))));
	return 0;
}

int rank_test_independent(struct rank_test *out, const double *a, size_t a_count, const double *b,
			  size_t b_count)
{
	struct ranked *all;
	int error;

	*out = (struct rank_test){ .statistic = NAN, .p_value = NAN, .least_p_value = NAN };
	if (a_count == 0 || b_count == 0)
		return 0;
	all = calloc(a_count + b_count, sizeof(*all));
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < a_count; i++)
		all[i] = (struct ranked){ .value = a[i] };
	for (size_t i = 0; i < b_count; i++)
		all[a_count + i] = (struct ranked){ .value = b[i], .marked = true };
	error = test_independent(out, all, (double)a_count, (double)b_count);
	free(all);
	return error;
}

static int exact_paired(struct rank_test *out, const struct ranked *all, size_t count)
{
	size_t sum = count * (count + 1);
	double *ways = calloc(sum + 1, sizeof(*ways));

	if (!ways)
		return -ENOMEM;
	count_subsets(ways, all, count);
	out->p_value = far_share(ways, sum, (double)sum / 2, marked_sum(all, count));
	free(ways);
	return 0;
}

static int test_paired(struct rank_test *out, struct ranked *all, size_t count)
{
	double ties = rank(all, count), n = (double)count;

	out->statistic = marked_sum(all, count) / 2;
	out->exact = count <= RANK_TEST_EXACT;
	if (out->exact)
		return exact_paired(out, all, count);
	out->p_value = normal_p_value(fabs(out->statistic - n * (n + 1) / 4),
				      n * (n + 1) * (2 * n + 1) / 24 - ties / 48);
	return 0;
}

int rank_test_paired(struct rank_test *out, const double *differences, size_t count)
{
	struct ranked *all = calloc(count + 1, sizeof(*all));
	size_t used = 0;
	int error;

	*out = (struct rank_test){ .statistic = NAN, .p_value = NAN, .least_p_value = NAN };
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (differences[i] != 0)
			all[used++] = (struct ranked){ .value = fabs(differences[i]),
						       .marked = differences[i] > 0 };
	}
	/* All equal: nothing speaks for a difference. */
	if (count && used == 0)
		*out = (struct rank_test){ .p_value = 1, .exact = true };
	/* Of as many as were measured: that they are equal is a result, not a want of repeats. */
	if (count)
		out->least_p_value = fmin(1, 2 * pow(0.5, (double)count));
	error = used ? test_paired(out, all, used) : 0;
	free(all);
	return error;
}

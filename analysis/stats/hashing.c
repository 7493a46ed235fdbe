#include "analysis/stats/hashing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_randist.h>

#include "analysis/stats/quantile.h"
#include "analysis/stats/variates.h"
#include "common/rng.h"

/* A binomial variable costs about as much as so many flows. */
#define WORTH_A_BINOMIAL 32

/* Flows of equal weight, assigned together. */
struct crowd {
	double weight;
	uint64_t flows;
};

struct hashing {
	size_t workers;
	struct crowd *crowds;
	size_t crowd_count;
	double *single; /* weights of flows that are assigned one by one */
	size_t single_count;
};

static void add(struct hashing *hashing, double weight, uint64_t flows)
{
	if (flows > WORTH_A_BINOMIAL * hashing->workers) {
		hashing->crowds[hashing->crowd_count++] = (struct crowd){ weight, flows };
		return;
	}
	while (flows--)
		hashing->single[hashing->single_count++] = weight;
}

static void add_sorted(struct hashing *hashing, const double *weights, size_t flows)
{
	size_t end;

	for (size_t i = 0; i < flows; i = end) {
		for (end = i + 1; end < flows && weights[end] == weights[i]; end++)
			;
		add(hashing, weights[i], end - i);
	}
}

static int fill(struct hashing *hashing, const double *weights, uint64_t flows)
{
	size_t most = weights ? flows : WORTH_A_BINOMIAL * hashing->workers;
	double *sorted;

	hashing->single = calloc(most + 1, sizeof(*hashing->single));
	hashing->crowds =
		calloc(most / (WORTH_A_BINOMIAL * hashing->workers) + 1, sizeof(*hashing->crowds));
	if (!hashing->single || !hashing->crowds)
		return -ENOMEM;
	if (!weights) {
		add(hashing, 1, flows);
		return 0;
	}
	sorted = malloc((flows + 1) * sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, weights, flows * sizeof(*sorted));
	quantile_sort(sorted, flows);
	add_sorted(hashing, sorted, flows);
	free(sorted);
	return 0;
}

int hashing_open(struct hashing **out, const double *weights, uint64_t flows, size_t workers)
{
	struct hashing *hashing = calloc(1, sizeof(*hashing));
	int error;

	*out = NULL;
	if (!hashing)
		return -ENOMEM;
	hashing->workers = workers;
	error = fill(hashing, weights, flows);
	if (error) {
		hashing_close(hashing);
		return error;
	}
	*out = hashing;
	return 0;
}

void hashing_close(struct hashing *hashing)
{
	if (!hashing)
		return;
	free(hashing->crowds);
	free(hashing->single);
	free(hashing);
}

static void draw_crowd(const struct crowd *crowd, size_t workers, const gsl_rng *rng,
		       double *amounts)
{
	uint64_t left = crowd->flows;

	for (size_t i = 0; i + 1 < workers && left; i++) {
		unsigned int taken =
			gsl_ran_binomial(rng, 1 / (double)(workers - i), (unsigned int)left);

		amounts[i] += crowd->weight * taken;
		left -= taken;
	}
	amounts[workers - 1] += crowd->weight * (double)left;
}

void hashing_draw(const struct hashing *hashing, struct rng *rng, double *amounts)
{
	gsl_rng variates = variates_from(rng);

	memset(amounts, 0, hashing->workers * sizeof(*amounts));
	for (size_t i = 0; i < hashing->crowd_count; i++)
		draw_crowd(&hashing->crowds[i], hashing->workers, &variates, amounts);
	for (size_t i = 0; i < hashing->single_count; i++)
		amounts[rng_below(rng, hashing->workers)] += hashing->single[i];
}

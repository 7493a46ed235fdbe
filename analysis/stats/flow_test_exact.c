#include "analysis/stats/flow_test_exact.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

/* Multiplications. */
#define MOST_WORK 1e9
/* What is left out of a worker's distribution: too little for the last digit of a double. */
#define NEGLIGIBLE 1e-19
/* Beyond what has this probability, about, nothing is told apart any more. */
#define RAREST 1e-20

struct pairs {
	size_t workers, flows;
	size_t limit;       /* pairs below this are counted */
	size_t most;        /* flows of a worker that are counted with */
	double *chance;     /* Poisson: of so many flows at a worker */
	double *now, *next; /* [flows so far][pairs so far] */
};

static double pairs_in(double flows)
{
	return flows * (flows - 1) / 2;
}

/* As long as this many flows at a worker matter. */
static size_t most_flows(const struct pairs *pairs)
{
	double mean = (double)pairs->flows / (double)pairs->workers;
	size_t n = (size_t)mean + 1;

	while (n < pairs->flows && gsl_ran_poisson_pdf((unsigned)n, mean) > NEGLIGIBLE)
		n++;
	while (n > 1 && pairs_in((double)n) >= (double)pairs->limit)
		n--;
	return n;
}

static void add_scaled(double *restrict into, const double *restrict from, double factor,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		into[i] += factor * from[i];
}

static void one_worker_more(struct pairs *pairs)
{
	size_t limit = pairs->limit;
	double *old = pairs->now;

	memset(pairs->next, 0, (pairs->flows + 1) * limit * sizeof(double));
	for (size_t n = 0; n <= pairs->most; n++) {
		size_t shift = (size_t)pairs_in((double)n);

		if (shift >= limit)
			break;
		for (size_t so_far = 0; so_far + n <= pairs->flows; so_far++)
			add_scaled(pairs->next + (so_far + n) * limit + shift,
				   pairs->now + so_far * limit, pairs->chance[n], limit - shift);
	}
	pairs->now = pairs->next;
	pairs->next = old;
}

/*
 * Flows of a worker as Poisson variables, given their sum, are multinomial: the share of the
 * outcomes with all flows that have fewer pairs than the limit.
 */
static double share_below(struct pairs *pairs)
{
	double mean = (double)pairs->flows / (double)pairs->workers, below = 0;
	const double *last;

	for (size_t n = 0; n <= pairs->most; n++)
		pairs->chance[n] = gsl_ran_poisson_pdf((unsigned)n, mean);
	pairs->now[0] = 1;
	for (size_t i = 0; i < pairs->workers; i++)
		one_worker_more(pairs);
	last = pairs->now + pairs->flows * pairs->limit;
	for (size_t i = 0; i < pairs->limit; i++)
		below += last[i];
	return below / gsl_ran_poisson_pdf((unsigned)pairs->flows, (double)pairs->flows);
}

static int build(double *p_value, struct pairs *pairs)
{
	size_t states = (pairs->flows + 1) * pairs->limit;
	double *first = calloc(states, sizeof(double)), *second = calloc(states, sizeof(double));
	int error = -ENOMEM;

	pairs->chance = calloc(pairs->most + 1, sizeof(double));
	if (first && second && pairs->chance) {
		pairs->now = first;
		pairs->next = second;
		*p_value = 1 - share_below(pairs);
		error = 0;
	}
	free(first);
	free(second);
	free(pairs->chance);
	return error;
}

/*
 * So many pairs that next to nothing is left above: by the chi-square distribution, which few
 * workers with many flows have, or by 14 standard deviations, as few flows among many workers
 * make pairs like a Poisson variable. Two by two, pairs share a worker independently.
 */
static double rarest_pairs(double flows, double members)
{
	double mean = pairs_in(flows) / members;
	double deviation = sqrt(mean * (1 - 1 / members));
	double statistic = gsl_cdf_chisq_Qinv(RAREST, members - 1);

	return ceil(fmax(mean + 14 * (deviation + 1),
			 (statistic * flows / members + flows * flows / members - flows) / 2));
}

int flow_test_exact(double *p_value, const uint64_t *counts, size_t workers)
{
	double flows = 0, observed = 0, members = (double)workers, least;
	struct pairs pairs = { .workers = workers };
	int error;

	for (size_t i = 0; i < workers; i++) {
		flows += (double)counts[i];
		observed += pairs_in((double)counts[i]);
	}
	observed = fmin(observed, rarest_pairs(flows, members));
	if (members * flows * observed > MOST_WORK)
		return -ERANGE;
	pairs.flows = (size_t)flows;
	pairs.limit = (size_t)observed;
	*p_value = 1;
	if (pairs.limit == 0)
		return 0;
	pairs.most = most_flows(&pairs);
	if (members * flows * observed * (double)pairs.most > MOST_WORK)
		return -ERANGE;
	error = build(p_value, &pairs);
	/* All on one worker is the rarest there is. */
	least = pow(members, 1 - flows);
	*p_value = fmax(*p_value, least);
	return error;
}

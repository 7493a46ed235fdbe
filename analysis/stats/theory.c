#include "analysis/stats/theory.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

double theory_cv(size_t workers, double effective_flows)
{
	return effective_flows > 0 ? sqrt((double)(workers - 1) / effective_flows) : (double)NAN;
}

double theory_flows_for(size_t workers, double cv)
{
	return ceil((double)(workers - 1) / (cv * cv));
}

/* PROBABILITY[k] of k members hit by so many flows becomes that of one flow more. */
static void one_flow_more(double *probability, size_t workers)
{
	double members = (double)workers;

	for (size_t k = workers; k > 0; k--)
		probability[k] = probability[k] * (double)k / members +
				 probability[k - 1] * (members - (double)k + 1) / members;
	probability[0] = 0;
}

double theory_all_hit(size_t workers, uint64_t flows)
{
	double *probability, all;

	if (flows < workers)
		return 0;
	/* The mean number of members that are missed bounds the probability that one is. */
	if ((double)workers * pow(1 - 1 / (double)workers, (double)flows) < 1e-17)
		return 1;
	probability = calloc(workers + 1, sizeof(*probability));
	if (!probability)
		return (double)NAN;
	probability[0] = 1;
	for (uint64_t i = 0; i < flows; i++)
		one_flow_more(probability, workers);
	all = probability[workers];
	free(probability);
	return fmin(all, 1);
}

double theory_p_value(size_t workers, double flows, double effective_flows, double cv)
{
	double degrees = (double)workers - 1;
	double least = pow((double)workers, 1 - flows);

	if (workers < 2 || !(flows >= 1) || !(effective_flows > 0) || isnan(cv))
		return (double)NAN;
	return fmax(gsl_cdf_chisq_Q(effective_flows * cv * cv, degrees), least);
}

/* GSL's random variates drawn from the generator of common/rng.h: seeded like everything else. */
#ifndef FAIRPORT_ANALYSIS_STATS_VARIATES_H
#define FAIRPORT_ANALYSIS_STATS_VARIATES_H

#include <gsl/gsl_rng.h>

struct rng;

/* What GSL's functions take. It draws from RNG, which must live as long; nothing to free. */
gsl_rng variates_from(struct rng *rng);

#endif

#include "analysis/stats/variates.h"

#include "common/rng.h"

/* 32 bits, as an unsigned long may have no more: the same numbers on every machine. */
static unsigned long next_bits(void *state)
{
	return (unsigned long)(rng_next(state) >> 32);
}

static double next_unit(void *state)
{
	return rng_unit(state);
}

static const gsl_rng_type from_rng = {
	.name = "fairport",
	.max = 0xffffffff,
	.min = 0,
	.size = sizeof(struct rng),
	.get = next_bits,
	.get_double = next_unit,
};

gsl_rng variates_from(struct rng *rng)
{
	return (gsl_rng){ .type = &from_rng, .state = rng };
}

/*
 * Seeded random numbers: the same seed gives the same sequence on every machine.
 *
 * xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), its
 * state filled by splitmix64 as the authors advise. Not for secrets.
 */
#ifndef FAIRPORT_RNG_H
#define FAIRPORT_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state[4];
};

/* STREAM tells apart the independent sequences of one seed. */
void rng_seed(struct rng *rng, uint64_t seed, uint64_t stream);

/* A seed from the kernel, below 2^53 so that it survives JSON readers that use doubles. */
uint64_t rng_fresh_seed(void);

uint64_t rng_next(struct rng *rng);

/* Uniform in [0, limit), without bias (Lemire, 2019). LIMIT > 0. */
uint64_t rng_below(struct rng *rng, uint64_t limit);

/* Uniform in [0, 1), 53 bits. */
double rng_unit(struct rng *rng);

#endif

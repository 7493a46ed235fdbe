/*
 * Seeded random numbers: the same seed gives the same sequence on every machine.
 *
 * xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), its
 * state filled by splitmix64 as the authors advise. Not for secrets. Inline, as lines are made of
 * several numbers in a few nanoseconds each.
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

static inline uint64_t rng_rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->state;
	uint64_t result = rng_rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rng_rotate(s[3], 45);
	return result;
}

__extension__ typedef unsigned __int128 rng_wide;

/* Uniform in [0, limit), without bias (Lemire, 2019). LIMIT > 0. */
static inline uint64_t rng_below(struct rng *rng, uint64_t limit)
{
	rng_wide product = (rng_wide)rng_next(rng) * limit;

	if (__builtin_expect((uint64_t)product < limit, 0)) {
		uint64_t threshold = -limit % limit;

		while ((uint64_t)product < threshold)
			product = (rng_wide)rng_next(rng) * limit;
	}
	return (uint64_t)(product >> 64);
}

/* Uniform in [0, 1), 53 bits. */
static inline double rng_unit(struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

#endif

/* Random texts and numbers, most of them hard to write or to read. */
#ifndef FAIRPORT_TESTS_POINTS_RANDOM_H
#define FAIRPORT_TESTS_POINTS_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng;

bool random_one_in(struct rng *rng, uint64_t n);

/* Up to MOST bytes of UTF-8 without NUL; CONTROLS: with other control characters of ASCII. */
size_t random_text(struct rng *rng, char *to, size_t most, bool controls);

/* What line protocol can write as a measurement, key or tag value: 1 to MOST bytes. */
size_t random_name(struct rng *rng, char *to, size_t most);

/* One of a list of words that mean something to someone, at most 20 bytes. */
size_t random_word(struct rng *rng, char *to);

double random_float(struct rng *rng); /* finite */
int64_t random_integer(struct rng *rng);
uint64_t random_unsigned(struct rng *rng);
int64_t random_time(struct rng *rng);

#endif

/*
 * How often each source of a pool is used: weights, and drawing by them in constant time.
 *
 * Alias method (Walker 1977; Vose, "A linear algorithm for generating random numbers with a given
 * distribution", 1991).
 */
#ifndef FAIRPORT_FAKER_POPULARITY_H
#define FAIRPORT_FAKER_POPULARITY_H

#include <stdbool.h>
#include <stdint.h>

struct rng;

enum popularity_kind {
	POPULARITY_IN_TURN, /* one after the other; nothing is drawn */
	POPULARITY_UNIFORM, /* any, at random */
	POPULARITY_ZIPF,    /* source i (from 1) with a weight of i^-S */
	POPULARITY_ELEPHANT /* source 1 has a share, the others share the rest evenly */
};

/* For the option table: the text, and what it means. */
struct popularity_option {
	const char *text;
	enum popularity_kind kind;
	double parameter; /* S of zipf; SHARE of elephant */
};

/* Parses "zipf:1.1" and the like, as OPTION_PARSED wants it. */
int popularity_parse(void *option, const char **expected);

struct popularity {
	uint32_t count;
	struct popularity_entry *entries;
};

/* For COUNT sources, at least 1. 0 or -ENOMEM. */
int popularity_open(struct popularity *popularity, const struct popularity_option *option,
		    uint32_t count);
void popularity_close(struct popularity *popularity);

/* A source, from 0 to count - 1. */
uint32_t popularity_draw(const struct popularity *popularity, struct rng *rng);

#endif

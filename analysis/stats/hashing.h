/*
 * A uniform hash at work: every flow goes to one of the workers, all with the same probability,
 * independently of the others. (The kernel takes reciprocal_scale(hash, members).)
 *
 * Nothing is approximated. Flows of equal weight that are many are assigned together: the counts
 * of members are multinomial, drawn as a chain of binomial variables; the others one by one.
 */
#ifndef FAIRPORT_ANALYSIS_STATS_HASHING_H
#define FAIRPORT_ANALYSIS_STATS_HASHING_H

#include <stddef.h>
#include <stdint.h>

struct hashing;
struct rng;

/* WEIGHTS NULL: all 1. Returns 0 or -ENOMEM; to be closed. */
int hashing_open(struct hashing **out, const double *weights, uint64_t flows, size_t workers);
void hashing_close(struct hashing *hashing);

/* Assigns all flows anew. AMOUNTS: what each of the workers got. */
void hashing_draw(const struct hashing *hashing, struct rng *rng, double *amounts);

#endif

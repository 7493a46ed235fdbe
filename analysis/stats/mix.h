/*
 * What a hash can do with flows depends on how unequal they are: many small ones even out, a heavy
 * one cannot be divided. This is what is known of that where the flows themselves are not listed.
 */
#ifndef FAIRPORT_ANALYSIS_STATS_MIX_H
#define FAIRPORT_ANALYSIS_STATS_MIX_H

#include <stdbool.h>

struct mix {
	double count;     /* of flows; 0: nothing is known */
	double effective; /* (sum w)^2 / sum w^2 */
	double heaviest;  /* no flow has a larger share of all, from 0 to 1 */
};

/*
 * HEAVIEST 0: not known; then the largest share that COUNT numbers with this EFFECTIVE number can
 * have (Samuelson, "How deviant can you be?", Journal of the American Statistical Association 63,
 * 1968). Nothing is known if COUNT or EFFECTIVE is NAN or below 1.
 */
struct mix mix_of(double count, double effective, double heaviest);

/*
 * Of flows that sent SENT packets, RECEIVED were received. If fewer, packets were lost at random:
 * in expectation 1 / effective grows by 1 / RECEIVED - 1 / SENT, as each flow's packets are
 * binomial. If more, strangers sent the rest, and it may have been one flow.
 */
struct mix mix_received(const struct mix *mix, double sent, double received);

/* TIMES as many such flows. */
struct mix mix_times(const struct mix *mix, double times);

static inline bool mix_is_equal(const struct mix *mix)
{
	return mix->heaviest * mix->count < 1 + 1e-9;
}

#endif

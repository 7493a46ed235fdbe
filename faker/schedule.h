/*
 * When packets are due: arrivals (how they follow each other) over a rate that is constant or
 * rises and falls. Everything is counted from the start, so that lateness adds up nowhere.
 *
 * Arrivals are made at unit rate, as a growing number of packets; the rate maps that number to
 * time. (A Poisson process of varying rate is one of unit rate in transformed time; see Cinlar,
 * "Introduction to Stochastic Processes", 1975.)
 */
#ifndef FAIRPORT_FAKER_SCHEDULE_H
#define FAIRPORT_FAKER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/rng.h"

/* For the option table: "10k", "10k..500k" or "max". Packets per second. */
struct rate_option {
	const char *text;
	double from, to; /* 0: as fast as possible */
};

int rate_parse(void *option, const char **expected);

enum arrivals_kind { ARRIVALS_CONSTANT, ARRIVALS_POISSON, ARRIVALS_BURST };

/* For the option table: "constant", "poisson" or "burst:64". */
struct arrivals_option {
	const char *text;
	enum arrivals_kind kind;
	uint64_t burst; /* packets; 1 but for ARRIVALS_BURST */
};

int arrivals_parse(void *option, const char **expected);

/* A rate that goes in a straight line from FROM to TO in RAMP ns and stays there. */
struct rate {
	double from, to;
	double ramp; /* ns */
};

/*
 * RAMP is what --duration says, or what COUNT packets take at the mean of both rates.
 */
void rate_open(struct rate *rate, const struct rate_option *option, uint64_t duration,
	       uint64_t count);

/* When packet number PACKETS (fractions too) is due, in ns after the start; and the inverse. */
double rate_time(const struct rate *rate, double packets);
double rate_packets(const struct rate *rate, double ns);

/* One thread's part of the arrivals: those of all threads together make up the rate. */
struct schedule {
	struct rate rate;
	struct arrivals_option arrivals;
	uint32_t thread, threads;
	uint64_t index;  /* packets of this thread so far */
	double position; /* of the next packet, in packets of all threads */
	struct rng rng;
};

void schedule_open(struct schedule *schedule, const struct rate *rate,
		   const struct arrivals_option *arrivals, uint32_t thread, uint32_t threads,
		   uint64_t seed, uint64_t stream);

/* When the next packet is due, in ns after the start. */
uint64_t schedule_due(const struct schedule *schedule);

/* Goes on to the packet after it. */
void schedule_advance(struct schedule *schedule);

#endif

/* Whether the counters inside the kernel saw what the workers say they received. */
#ifndef FAIRPORT_ANALYSIS_AGREEMENT_H
#define FAIRPORT_ANALYSIS_AGREEMENT_H

#include <stdbool.h>
#include <stdint.h>

struct run;

enum answer { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };

struct counter_check {
	bool present;
	enum answer agree;    /* unknown where there is nothing to compare with */
	uint64_t packets;     /* 0 where absent */
	char difference[128]; /* the first one, or why there is nothing to compare; in words */
};

struct agreement {
	/*
	 * The probe is joined by pid and socket cookie, bpftrace by pid: with lives of workers, or
	 * of the dispatcher.
	 */
	struct counter_check probe, bpftrace;
	/* The workers' sum against the total in the receiver's summary. */
	struct counter_check workers;
	enum answer all; /* unknown where nothing could be compared with the workers */
};

void agreement_check(struct agreement *out, const struct run *run);

#endif

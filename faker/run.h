/* The sending loop, and the counts it returns. */
#ifndef FAIRPORT_FAKER_RUN_H
#define FAIRPORT_FAKER_RUN_H

#include <stdint.h>

#include "common/counters.h"
#include "common/histogram.h"
#include "faker/flows.h"
#include "faker/source.h"

struct fake_options;

/* What the send call took, never what was asked for. */
struct sent {
	uint64_t packets, bytes, lines;
	uint64_t short_packets; /* with fewer lines than asked for: no more would fit */
	uint64_t send_errors;   /* calls that failed; the packet was tried again */
};

extern const struct counter sent_counters[];

#define ERROR_KINDS 8

struct send_error {
	int number; /* errno */
	uint64_t count;
};

enum stop_reason { STOP_COUNT, STOP_DURATION, STOP_SIGNAL, STOP_FAILED };

struct result {
	struct sent sent;
	struct send_error errors[ERROR_KINDS]; /* further kinds count in send_errors alone */
	struct histogram late;                 /* send time behind schedule, with --rate */
	uint64_t elapsed; /* ns; with --rate and --count, up to the end of the last packet's slot */
	enum stop_reason reason;
	int failure; /* -errno of the call that ended the run with STOP_FAILED */
	uint32_t flows;
	uint64_t flows_untracked;
	double effective_flows;
};

/* Called after every interval with the counts since the last call and since the start. */
struct run_progress {
	void (*interval)(void *context, const struct sent *delta, const struct sent *total,
			 uint64_t elapsed, uint64_t delta_ns);
	void *context;
};

/*
 * Sends until --count, --duration, a signal on SIGNAL_FD or a lasting error. 0 or -errno when it
 * could not start.
 */
int run_faker(const struct fake_options *options, const struct address *target,
	      const struct address_range *range, int signal_fd, const struct run_progress *progress,
	      struct result *result);

const char *stop_reason_text(enum stop_reason reason);

#endif

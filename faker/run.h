/* A whole run: its threads, the intervals, and the counts merged in the end. */
#ifndef FAIRPORT_FAKER_RUN_H
#define FAIRPORT_FAKER_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "faker/sender.h"

struct result {
	struct sent sent;
	struct tcp_results tcp;
	struct errors errors;
	struct histogram late;
	struct flows flows; /* the caller closes it */
	uint64_t elapsed; /* ns; with --rate and --count, up to the end of the last packet's slot */
	double due;       /* packets that the schedule asked for by then; 0: no --rate */
	enum stop_reason reason;
	int failure;
	const char *opening; /* what could not be done before anything was sent; NULL: it could */
	struct address
		failed; /* what no socket could be bound to then; length 0: that was not it */
	bool unheard;   /* nobody listened, as far as the network says so */
	uint64_t bad_line;
};

/* Called after every interval with the counts since the last call and since the start. */
struct run_progress {
	/* False: the results cannot be told any more, end the run. */
	bool (*interval)(void *context, const struct sent *delta, const struct sent *total,
			 uint64_t elapsed, uint64_t delta_ns);
	/* Once, a second after the start, if nobody seems to listen. */
	void (*unheard)(void *context, const struct sent *total);
	/* Once, when all is ready and --start-at is not yet there. */
	void (*waiting)(void *context);
	void *context;
};

/*
 * Sends until --count, --duration, the end of the input, a signal on SIGNAL_FD or a lasting error;
 * a second signal ends it without waiting for what is outstanding. False when it could not start:
 * RESULT->failure says why.
 */
bool run_faker(const struct plan *plan, int signal_fd, const struct run_progress *progress,
	       struct result *result);

const char *stop_reason_text(enum stop_reason reason);

#endif

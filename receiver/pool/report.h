/* What fairport-receive tells: records, progress, and the result as text. */
#ifndef FAIRPORT_RECEIVER_REPORT_H
#define FAIRPORT_RECEIVER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "receiver/slot.h"

struct group;
struct ndjson;
struct pool;
struct receive_options;

void report_header(struct ndjson *out, const struct receive_options *options,
		   const struct group *group, int argc, char **argv);

/* One record of what each worker did since LAST (an array, one per worker), which is updated. */
void report_interval(struct ndjson *out, const struct pool *pool, struct received *last,
		     uint64_t elapsed, uint64_t delta_ns, bool progress);

/* What all workers did together, once they have ended. */
struct report_totals {
	struct received counts;
	struct histogram latency;
};

void report_sum(struct report_totals *totals, const struct pool *pool);

/* The worker records, the rejected samples and the summary. */
void report_end(struct ndjson *out, const struct pool *pool, const struct report_totals *totals);

void report_parameters(const struct receive_options *options, const struct group *group);

void report_text(const struct pool *pool, const struct report_totals *totals);

/* Warnings and hints on standard error. Returns whether the results are incomplete. */
bool report_problems(const struct pool *pool, const struct report_totals *totals);

#endif

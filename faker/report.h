/* What fairport-fake tells: records, progress, and the result as text. */
#ifndef FAIRPORT_FAKER_REPORT_H
#define FAIRPORT_FAKER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct fake_options;
struct flows;
struct ndjson;
struct plan;
struct result;
struct sent;

/* Records (report_records.c). */
void report_header(struct ndjson *out, const struct plan *plan, int argc, char **argv);
void report_interval(struct ndjson *out, const struct sent *delta, uint64_t elapsed,
		     uint64_t delta_ns);

/* A record for each of the heaviest flows. */
void report_flows(struct ndjson *out, const struct flows *flows);
void report_summary(struct ndjson *out, const struct plan *plan, const struct result *result);

/* Text on standard output (report_text.c). */
void report_parameters(const struct plan *plan);
void report_text(const struct plan *plan, const struct result *result);

/* One line, rewritten in place, for a terminal on standard error. */
void report_progress(const struct fake_options *options, const struct sent *delta,
		     const struct sent *total, uint64_t elapsed, uint64_t delta_ns);

/* Errors, warnings and hints on standard error (report_problems.c). */

/* That nobody seems to listen. */
void report_unheard(const struct plan *plan, const struct sent *total);
void report_failed_start(const struct plan *plan, const struct result *result);
void report_problems(const struct plan *plan, const struct result *result);

/* What to leave with: EXIT_DONE, EXIT_INCOMPLETE or, for --expect-echo, EXIT_EXPECTATION. */
int report_status(const struct result *result);

/* Packets per second that the schedule asked for; NAN where none did. */
double report_requested_pps(const struct result *result);

/* Whether the sender, not the receiver, set the pace. */
bool report_sender_limited(const struct plan *plan, const struct result *result);

#endif

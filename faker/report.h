/* What fairport-fake tells: records, progress, and the result as text. */
#ifndef FAIRPORT_FAKER_REPORT_H
#define FAIRPORT_FAKER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct address;
struct fake_options;
struct ndjson;
struct result;
struct sent;

void report_header(struct ndjson *out, const struct fake_options *options,
		   const struct address *target, int argc, char **argv);
void report_interval(struct ndjson *out, const struct sent *delta, uint64_t elapsed,
		     uint64_t delta_ns);
void report_summary(struct ndjson *out, const struct fake_options *options,
		    const struct result *result);

/* One line, rewritten in place, for a terminal on standard error. */
void report_progress(const struct fake_options *options, const struct sent *delta,
		     const struct sent *total, uint64_t elapsed, uint64_t delta_ns);

void report_parameters(const struct fake_options *options, const struct address *target);
void report_text(const struct fake_options *options, const struct result *result);

/* What to do about an errno of sending, where that is known. */
void report_hint(int error, const struct fake_options *options);

/* Whether most packets met no socket, as far as the network says so. */
bool report_unheard(const struct result *result);

/* Warnings and hints about what went wrong, on standard error. */
void report_problems(const struct fake_options *options, const struct address *target,
		     const struct result *result);

#endif

/* Records (docs/output-format.md) and text of fairport-probe. */
#ifndef FAIRPORT_PROBE_REPORT_H
#define FAIRPORT_PROBE_REPORT_H

#include <stdint.h>

struct ndjson;
struct probe_options;
struct receptions_lost;
struct table;
struct watch_result;

void record_header(struct ndjson *out, const struct probe_options *options, uint32_t netns,
		   int argc, char **argv);
void record_interval(struct ndjson *out, const struct table *delta, uint64_t elapsed,
		     uint64_t interval);

/* One worker record a row, then the summary. */
void record_totals(struct ndjson *out, const struct table *totals,
		   const struct watch_result *result, const struct receptions_lost *lost);

/* No line is wider than 80 columns. */
void print_parameters(const struct probe_options *options);
void print_interval(const struct table *delta, uint64_t elapsed, uint64_t interval);
void print_totals(const struct table *totals, const struct probe_options *options,
		  const struct watch_result *result);

#endif

/* What fairport-probe tells: records (docs/output-format.md) and text, from the same structs. */
#ifndef FAIRPORT_PROBE_REPORT_H
#define FAIRPORT_PROBE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/probe/flows.h"
#include "probes/probe/view.h"
#include "probes/tap/tap.h"

struct ndjson;
struct probe_options;
struct source;
struct watch_result;

/* How the packets of the open UDP sockets balance. All but the queue since the start. */
struct balance {
	uint64_t arrivals, queue_at_start, taken, dropped, queue;
	int64_t in_transit;
	uint64_t lost_at_close; /* were queued on sockets that are closed now */
	bool known;             /* arrivals were counted */
	bool wrong;             /* more is missing than can be on its way at one moment */
};

/* One interval, or all of it. */
struct account {
	const struct source *source;
	const struct sample *now; /* all since the start: queues, and what they must explain */
	struct view view;         /* of what is told */
	struct balance balance;   /* of NOW */
	uint64_t elapsed, interval;
};

struct balance balance_of(const struct source *source, const struct sample *now);

/* Whether the socket is one of those that were asked for. */
bool account_takes(const struct account *account, size_t member);

/* METRICS_PORT is where metrics are served, 0: nowhere. */
void record_header(struct ndjson *out, const struct source *source, uint32_t netns,
		   uint16_t metrics_port, int argc, char **argv);
void record_interval(struct ndjson *out, const struct account *account);

/* Worker, socket, thread, cpu and flow records, as --by asks for them, then the summary. */
void record_totals(struct ndjson *out, const struct account *account,
		   const struct watch_result *result, const struct flow_list *flows,
		   const struct tap_lost *lost);

/* No line is wider than 80 columns. */
void print_parameters(const struct source *source);
void print_interval(const struct account *account);
void print_totals(const struct account *account, const struct flow_list *flows);

#endif

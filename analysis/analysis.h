/* All that is concluded from a run; text, summary.json and plots are made from this. */
#ifndef FAIRPORT_ANALYSIS_ANALYSIS_H
#define FAIRPORT_ANALYSIS_ANALYSIS_H

#include "analysis/agreement.h"
#include "analysis/causes.h"
#include "analysis/chooser.h"
#include "analysis/confidence.h"
#include "analysis/distribution.h"
#include "analysis/ledger.h"
#include "analysis/seen_flows.h"

struct run;

/* Per second; NAN where unknown. */
struct rates {
	double sent_pps, received_pps, stored_rows_per_s;
	double requested_pps; /* NAN also for "as fast as possible" */
};

struct analysis {
	enum chooser chooser;
	struct seen_flows seen;
	struct distribution distribution;
	struct confidence confidence;
	struct packet_ledger packets;
	struct line_ledger lines;
	struct agreement agreement;
	struct rates rates;
	struct causes causes;
	double tolerance; /* 0.1 for 10 % */
};

/* Returns 0, or -ENOMEM: then there is nothing to free. */
int analysis_make(struct analysis *out, const struct run *run, double tolerance);

void analysis_free(struct analysis *analysis);

/*
 * All flows were seen, and what the workers received is as uneven as what arrived: nothing that
 * matters was lost in between, and nothing waits where nobody reads.
 */
bool analysis_received_as_arrived(const struct analysis *analysis);

/*
 * Whether the counts contradict each other: the counters disagree, or a ledger does not balance.
 * Then the results are not to be relied on.
 */
bool analysis_contradicts(const struct analysis *analysis);

/* Warns about counts of the same thing that differ. */
void analysis_warn(const struct analysis *analysis, const struct run *run);

#endif

#include "analysis/finding.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/units.h"

#define PART_TEXT 48

const char *finding_title(const struct run *run)
{
	static const char *const keys[] = { "title", "scenario", "run" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *text = run_text(run, keys[i]);

		if (text && *text)
			return text;
	}
	return run->directory;
}

const char *finding_headline(char buffer[static FINDING_TEXT], const struct analysis *analysis,
			     const struct run *run)
{
	const struct distribution *d = &analysis->distribution;
	const char *verdict = verdict_names[d->verdict];
	const char *unit = run_unit(run, false), *units = run_unit(run, true);
	char total[UNITS_TEXT];

	if (d->total == 0)
		snprintf(buffer, FINDING_TEXT, "no %s arrived (%s)", unit, verdict);
	else if (d->verdict == VERDICT_SINGLE)
		snprintf(buffer, FINDING_TEXT, "one worker received all %s %s (%s)",
			 units_grouped(total, d->total), units, verdict);
	else if (d->verdict == VERDICT_EVEN)
		snprintf(buffer, FINDING_TEXT,
			 "%zu workers share evenly: %.1f %% to %.1f %% each (%s)", d->workers,
			 100 * d->min_share, 100 * d->max_share, verdict);
	else if (d->busy == 1)
		snprintf(buffer, FINDING_TEXT, "worker %zu of %zu got every %s (%s)", d->busiest,
			 d->workers, unit, verdict);
	else
		snprintf(buffer, FINDING_TEXT,
			 "worker %zu of %zu got %.1f %% of the %s, fair is %.3g %% (%s)",
			 d->busiest, d->workers, 100 * d->max_share, units,
			 100.0 / (double)d->workers, verdict);
	return buffer;
}

/* "12 flows", or what is known about them. */
static const char *flows_text(char buffer[static PART_TEXT], const struct distribution *d)
{
	char flows[UNITS_TEXT];

	if (isnan(d->flows))
		return "these flows";
	snprintf(buffer, PART_TEXT, "%s flow%s", units_grouped(flows, (uint64_t)d->flows),
		 d->flows == 1 ? "" : "s");
	return buffer;
}

/* "cv 1.732, expected 1.732"; nothing is expected but of the hash. */
static const char *cv_text(char buffer[static PART_TEXT], const struct analysis *analysis)
{
	const struct distribution *d = &analysis->distribution;
	size_t used = (size_t)snprintf(buffer, PART_TEXT, "cv %.3f", d->cv);

	if (analysis->chooser == CHOOSER_HASH && isnan(d->expected_cv))
		snprintf(buffer + used, PART_TEXT - used, ", expected unknown");
	else if (analysis->chooser == CHOOSER_HASH)
		snprintf(buffer + used, PART_TEXT - used, ", expected %.3f", d->expected_cv);
	return buffer;
}

static bool has_cause(const struct analysis *analysis, const char *name)
{
	for (size_t i = 0; i < analysis->causes.count; i++)
		if (strcmp(analysis->causes.list[i].name, name) == 0)
			return true;
	return false;
}

/* What was read on connections that are older than the look, and by how many processes. */
static uint64_t read_on_older(const struct run *run, size_t *processes)
{
	uint64_t bytes = 0;

	*processes = 0;
	for (size_t i = 0; i < run->observed.worker_count; i++) {
		const struct observed_worker *worker = &run->observed.workers[i];

		if (worker->cookie != 0 || !worker->bytes)
			continue;
		bytes += worker->bytes;
		++*processes;
	}
	return bytes;
}

static void idle(char buffer[static FINDING_TEXT], const struct run *run)
{
	size_t processes;
	uint64_t bytes = read_on_older(run, &processes);
	char size[UNITS_TEXT];

	if (bytes && run->tcp && run->from_probe)
		snprintf(buffer, FINDING_TEXT,
			 "No connection was opened meanwhile, and only new ones are shared out. "
			 "%zu process%s read %s on older connections, which stay where they are.",
			 processes, processes == 1 ? "" : "es", units_size_text(size, bytes));
	else
		snprintf(buffer, FINDING_TEXT, "No worker received anything.");
}

static void few_flows(char buffer[static FINDING_TEXT], const struct analysis *analysis,
		      const struct run *run)
{
	const struct distribution *d = &analysis->distribution;
	char flows[PART_TEXT], cv[PART_TEXT];

	cv_text(cv, analysis);
	if (run->tcp && has_cause(analysis, "accept-queue-overflow") &&
	    !has_cause(analysis, "few-flows"))
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean of what was accepted; those "
			 "that were turned away are missing in it (%s).",
			 d->max_over_mean, cv);
	else if (d->flows == 1 && run->tcp)
		snprintf(buffer, FINDING_TEXT,
			 "The hash assigns connections: one goes to one worker, whatever their "
			 "number (%s).",
			 cv);
	else if (d->flows == 1)
		snprintf(buffer, FINDING_TEXT,
			 "The hash assigns flows, not packets: one flow goes to one worker, "
			 "whatever their number (%s).",
			 cv);
	else if (run->tcp)
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean. The hash assigns "
			 "connections, and so few on %zu workers come out like this (%s).",
			 d->max_over_mean, d->workers, cv);
	else
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean. The hash assigns flows, "
			 "not packets, and %s on %zu workers come out like this (%s).",
			 d->max_over_mean, flows_text(flows, d), d->workers, cv);
}

static void uneven(char buffer[static FINDING_TEXT], const struct analysis *analysis,
		   const struct run *run)
{
	double times = analysis->distribution.max_over_mean;
	char cv[PART_TEXT], chooser[CHOOSER_TEXT];

	/* A program that did its part is no cause. */
	if (analysis->chooser == CHOOSER_PROGRAM && run->from_probe &&
	    !has_cause(analysis, "steering-program"))
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean, though the steering program "
			 "shared out evenly what arrived.",
			 times);
	else
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean (%s): %s.", times,
			 cv_text(cv, analysis), chooser_text(chooser, analysis->chooser, run));
}

/* With a cause at hand, nobody has to be sent to look for one. */
static void unexplained(char buffer[static FINDING_TEXT], const struct analysis *analysis,
			const struct run *run)
{
	const struct distribution *d = &analysis->distribution;
	const struct seen_flows *seen = &analysis->seen;
	const char *flows = run->tcp ? "connections" : "flows";
	char cv[PART_TEXT];

	cv_text(cv, analysis);
	if (isnan(d->flows))
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean, and nothing is known about "
			 "the %s (%s).",
			 d->max_over_mean, flows, cv);
	else if (seen->seen && seen->max_over_mean <= 1 + analysis->tolerance)
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean, though the hash shared out "
			 "evenly what arrived (%.2f times).",
			 d->max_over_mean, seen->max_over_mean);
	else
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean, and a uniform hash of these "
			 "%s does not do that%s (%s).",
			 d->max_over_mean, flows,
			 analysis->causes.count ? ""
						: ": look for a steering program, other senders, "
						  "and sockets of other programs on the port",
			 cv);
}

const char *finding_sentence(char buffer[static FINDING_TEXT], const struct analysis *analysis,
			     const struct run *run)
{
	const struct distribution *d = &analysis->distribution;
	char cv[PART_TEXT];

	cv_text(cv, analysis);
	switch (d->verdict) {
	case VERDICT_SINGLE:
		return run->from_probe
			       ? "One process takes all, from one socket: the kernel has nothing "
				 "to share out. What it may hand on to others is not seen."
			       : "With one worker there is nothing to share.";
	case VERDICT_IDLE:
		idle(buffer, run);
		break;
	case VERDICT_EVEN:
		snprintf(buffer, FINDING_TEXT,
			 "The busiest of %zu workers got %.2f times the mean, which is within "
			 "%.0f %% (%s).",
			 d->workers, d->max_over_mean, 100 * analysis->tolerance, cv);
		break;
	case VERDICT_FEW_FLOWS:
		few_flows(buffer, analysis, run);
		break;
	case VERDICT_UNEVEN:
		uneven(buffer, analysis, run);
		break;
	case VERDICT_UNEXPLAINED:
		unexplained(buffer, analysis, run);
		break;
	}
	return buffer;
}

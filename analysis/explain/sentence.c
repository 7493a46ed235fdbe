#include "analysis/explain/sentence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/explain/explanation.h"
#include "analysis/run.h"
#include "common/units.h"

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

static bool tell_older(char buffer[static FINDING_TEXT], const struct run *run)
{
	size_t processes;
	uint64_t bytes = read_on_older(run, &processes);
	char size[UNITS_TEXT];

	if (!bytes || !run->tcp)
		return false;
	snprintf(buffer, FINDING_TEXT,
		 "No connection was opened meanwhile, and only new ones are shared out. %zu "
		 "process%s read %s on older connections, which stay where they are.",
		 processes, processes == 1 ? "" : "es", units_size_text(size, bytes));
	return true;
}

/* With a cause at hand, nobody has to be sent to look for one. */
static void unexplained(char buffer[static FINDING_TEXT], const struct analysis *analysis,
			const struct run *run)
{
	const struct distribution *d = &analysis->distribution;
	const struct seen_flows *seen = &analysis->seen;

	if (seen->seen && seen->max_over_mean <= 1 + analysis->tolerance)
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean, though the hash shared out "
			 "evenly what arrived (%.2f times).",
			 d->max_over_mean, seen->max_over_mean);
	else
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean, and a uniform hash of these "
			 "%s does not do that (cv %.3f).",
			 d->max_over_mean, run->tcp ? "connections" : "flows", d->cv);
}

static bool has_cause(const struct causes *causes, const char *name)
{
	for (size_t i = 0; i < causes->count; i++)
		if (strcmp(causes->list[i].name, name) == 0)
			return true;
	return false;
}

const char *explanation_sentence(char buffer[static FINDING_TEXT],
				 const struct explanation *explanation)
{
	const struct analysis *analysis = explanation->analysis;
	enum verdict verdict = analysis->distribution.verdict;

	if (verdict == VERDICT_IDLE && tell_older(buffer, explanation->run))
		return buffer;
	if (verdict == VERDICT_SINGLE && explanation->run->from_probe)
		return "One process takes all, from one socket: the kernel has nothing to share "
		       "out. What it may hand on to others is not seen.";
	if (verdict == VERDICT_UNEXPLAINED && explanation->causes.count &&
	    !isnan(analysis->distribution.flows)) {
		unexplained(buffer, analysis, explanation->run);
		return buffer;
	}
	if (verdict == VERDICT_UNEVEN && analysis->chooser == CHOOSER_PROGRAM &&
	    explanation->run->from_probe && !has_cause(&explanation->causes, "steering-program")) {
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean, though the steering program "
			 "shared out evenly what arrived.",
			 analysis->distribution.max_over_mean);
		return buffer;
	}
	if (verdict == VERDICT_FEW_FLOWS && explanation->run->tcp &&
	    has_cause(&explanation->causes, "accept-queue-overflow") &&
	    !has_cause(&explanation->causes, "few-flows")) {
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean of what was accepted; those "
			 "that were turned away are missing in it (cv %.3f).",
			 analysis->distribution.max_over_mean, analysis->distribution.cv);
		return buffer;
	}
	return finding_sentence(buffer, analysis, explanation->run);
}

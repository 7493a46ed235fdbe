#include "analysis/finding.h"

#include <math.h>
#include <stdio.h>

#include "analysis/analysis.h"
#include "analysis/run.h"
#include "analysis/stream.h"
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

const char *finding_headline(char buffer[static FINDING_TEXT], const struct analysis *analysis)
{
	const struct distribution *d = &analysis->distribution;
	const char *verdict = verdict_names[d->verdict];
	char packets[UNITS_TEXT];

	if (d->packets == 0)
		snprintf(buffer, FINDING_TEXT, "no packet arrived (%s)", verdict);
	else if (d->verdict == VERDICT_SINGLE)
		snprintf(buffer, FINDING_TEXT, "one worker received all %s packets (%s)",
			 units_grouped(packets, d->packets), verdict);
	else if (d->verdict == VERDICT_EVEN)
		snprintf(buffer, FINDING_TEXT,
			 "%zu workers share evenly: %.1f %% to %.1f %% each (%s)", d->workers,
			 100 * d->min_share, 100 * d->max_share, verdict);
	else if (d->busy == 1)
		snprintf(buffer, FINDING_TEXT, "worker %zu of %zu got every packet (%s)",
			 d->busiest, d->workers, verdict);
	else
		snprintf(buffer, FINDING_TEXT,
			 "worker %zu of %zu got %.1f %% of the packets, fair is %.3g %% (%s)",
			 d->busiest, d->workers, 100 * d->max_share, 100.0 / (double)d->workers,
			 verdict);
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

static const char *expected_text(char buffer[static PART_TEXT], const struct distribution *d)
{
	if (isnan(d->expected_cv))
		return "unknown";
	snprintf(buffer, PART_TEXT, "%.3f", d->expected_cv);
	return buffer;
}

const char *finding_sentence(char buffer[static FINDING_TEXT], const struct analysis *analysis)
{
	const struct distribution *d = &analysis->distribution;
	char flows[PART_TEXT], expected[PART_TEXT], cv[2 * PART_TEXT];

	snprintf(cv, sizeof(cv), "cv %.3f, expected %s", d->cv, expected_text(expected, d));
	switch (d->verdict) {
	case VERDICT_SINGLE:
		return "With one worker there is nothing to share.";
	case VERDICT_IDLE:
		return "No worker received anything.";
	case VERDICT_EVEN:
		snprintf(buffer, FINDING_TEXT,
			 "The busiest of %zu workers got %.2f times the mean, which is within "
			 "%.0f %% (%s).",
			 d->workers, d->max_over_mean, 100 * analysis->tolerance, cv);
		break;
	case VERDICT_FEW_FLOWS:
		if (d->flows > 1)
			snprintf(buffer, FINDING_TEXT,
				 "The busiest worker got %.2f times the mean. The hash assigns "
				 "flows, "
				 "not packets, and %s on %zu workers come out like this (%s).",
				 d->max_over_mean, flows_text(flows, d), d->workers, cv);
		else
			snprintf(
				buffer, FINDING_TEXT,
				"The hash assigns flows, not packets: one flow goes to one worker, "
				"whatever their number (%s).",
				cv);
		break;
	case VERDICT_UNEXPLAINED:
		snprintf(buffer, FINDING_TEXT,
			 "The busiest worker got %.2f times the mean, %s (%s).", d->max_over_mean,
			 isnan(d->flows)
				 ? "and nothing is known about the flows"
				 : "and a uniform hash of these flows does not do that: look "
				   "for a steering program, other senders, and sockets of "
				   "other programs on the port",
			 cv);
		break;
	}
	return buffer;
}

#include "analysis/confidence.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/run.h"

const char *const confidence_basis_names[] = {
	[CONFIDENCE_NONE] = NULL,
	[CONFIDENCE_FLOWS] = "flows",
	[CONFIDENCE_COUNT] = "count",
};

const char *const figure_titles[FIGURES] = {
	[FIGURE_MAX_SHARE] = "largest share",
	[FIGURE_MIN_SHARE] = "smallest share",
	[FIGURE_MAX_OVER_MEAN] = "largest / mean",
	[FIGURE_CV] = "cv",
	[FIGURE_JAIN] = "Jain's index",
	[FIGURE_EFFECTIVE_WORKERS] = "eff. workers",
	[FIGURE_GINI] = "Gini",
	[FIGURE_ENTROPY] = "entropy",
};

static void say_none(struct confidence *out, const char *why)
{
	out->basis = CONFIDENCE_NONE;
	snprintf(out->why_not, sizeof(out->why_not), "%s", why);
}

/* Why nothing is to be resampled; NULL: something is. */
static const char *why_none(const struct analysis *analysis, const struct run *run,
			    char text[static CHOOSER_TEXT])
{
	const struct distribution *d = &analysis->distribution;

	if (d->total == 0)
		return "nothing came";
	if (d->workers < 2)
		return "there is one worker";
	if (analysis->chooser != CHOOSER_HASH)
		return chooser_text(text, analysis->chooser, run);
	if (seen_flows_are_split(&analysis->seen))
		return "flows were split between workers, which no hash does";
	if (!(d->effective_flows > 0))
		return "the flows are unknown";
	return NULL;
}

/*
 * No figure is below 0, though a rounding error of one may be. What was lost after its arrival
 * moves the figures a little, and the interval stays around them.
 */
static void trim(struct confidence *out)
{
	for (size_t i = 0; i < FIGURES; i++) {
		struct bounds *interval = &out->certainty.of[i];

		if (isnan(interval->low))
			continue;
		interval->low = fmax(0, fmin(interval->low, out->figures.of[i]));
		interval->high = fmax(interval->high, out->figures.of[i]);
	}
}

static int find(struct confidence *out, const struct analysis *analysis, const struct run *run,
		double *amounts)
{
	double flows = analysis->distribution.effective_flows;
	char text[CHOOSER_TEXT];
	const char *why = why_none(analysis, run, text);
	int error;

	for (size_t i = 0; i < run->worker_count; i++)
		amounts[i] = (double)run_units(run, &run->workers[i].counts);
	error = figures_of(&out->figures, amounts, run->worker_count);
	if (error)
		return error;
	if (why) {
		say_none(out, why);
		/* Nothing is drawn, and all intervals become unknown. */
		return certainty_of_amounts(&out->certainty, amounts, run->worker_count, NAN,
					    &RESAMPLING_DEFAULT);
	}
	out->basis = analysis_received_as_arrived(analysis) ? CONFIDENCE_FLOWS : CONFIDENCE_COUNT;
	if (out->basis == CONFIDENCE_FLOWS)
		return certainty_of_flows(&out->certainty, analysis->seen.flows,
					  analysis->seen.count, analysis->distribution.workers,
					  &RESAMPLING_DEFAULT);
	return certainty_of_amounts(&out->certainty, amounts, run->worker_count, flows,
				    &RESAMPLING_DEFAULT);
}

int confidence_find(struct confidence *out, const struct analysis *analysis, const struct run *run)
{
	double *amounts = calloc(run->worker_count + 1, sizeof(*amounts));
	int error;

	*out = (struct confidence){ .basis = CONFIDENCE_NONE };
	if (!amounts)
		return -ENOMEM;
	error = find(out, analysis, run, amounts);
	trim(out);
	free(amounts);
	return error;
}

bool figure_is_share(enum figure figure)
{
	return figure == FIGURE_MAX_SHARE || figure == FIGURE_MIN_SHARE;
}

const char *figure_text(char buffer[static FIGURE_TEXT], enum figure figure, double value)
{
	if (isnan(value))
		snprintf(buffer, FIGURE_TEXT, "?");
	else if (figure_is_share(figure))
		snprintf(buffer, FIGURE_TEXT, "%.2f%%", 100 * value);
	else
		snprintf(buffer, FIGURE_TEXT, "%.*f",
			 value < 9.99995   ? 4
			 : value < 99.9995 ? 3
					   : 1,
			 value);
	return buffer;
}

const char *figure_interval(char buffer[static FIGURE_INTERVAL], enum figure figure,
			    const struct bounds *interval)
{
	char low[FIGURE_TEXT], high[FIGURE_TEXT];

	buffer[0] = '\0';
	if (!isnan(interval->low))
		snprintf(buffer, FIGURE_INTERVAL, "%s-%s", figure_text(low, figure, interval->low),
			 figure_text(high, figure, interval->high));
	return buffer;
}

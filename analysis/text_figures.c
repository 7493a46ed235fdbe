/* The figures of the distribution in two columns, each with its interval. */
#include <stdio.h>

#include "analysis/analysis.h"
#include "analysis/paragraph.h"
#include "analysis/text.h"

#define HALF     (PARAGRAPH_COLUMNS / 2)
#define INTERVAL 26 /* the column where an interval begins */
#define CELL     96
#define ROWS     (FIGURES / 2)

static void put_figure(char cell[static CELL], const struct confidence *confidence,
		       enum figure figure)
{
	char value[FIGURE_TEXT], interval[FIGURE_INTERVAL];

	figure_text(value, figure, confidence->figures.of[figure]);
	figure_interval(interval, figure, &confidence->certainty.of[figure]);
	snprintf(cell, CELL, "  %-14s %7s%s%s", figure_titles[figure], value, *interval ? "  " : "",
		 interval);
}

static void put_heading(const struct confidence *confidence)
{
	static const char interval[] = "95 % interval";

	if (confidence->basis == CONFIDENCE_NONE) {
		paragraph(TEXT_LABEL, "Figures", "no 95 %% intervals: %s", confidence->why_not);
		return;
	}
	printf("%-*s%-*s%*s%s\n", INTERVAL, "Figures", HALF - INTERVAL, interval, INTERVAL, "",
	       interval);
}

_Static_assert(FIGURES % 2 == 0, "each row has two figures");

void text_figures(const struct analysis *analysis)
{
	const struct confidence *confidence = &analysis->confidence;

	/* Of one worker, or of nothing, all of them are what they must be. */
	if (analysis->distribution.workers < 2 || analysis->distribution.total == 0)
		return;
	put_heading(confidence);
	for (size_t i = 0; i < ROWS; i++) {
		char left[CELL], right[CELL];

		put_figure(left, confidence, i);
		put_figure(right, confidence, i + ROWS);
		printf("%-*s%s\n", HALF, left, right);
	}
	putchar('\n');
}

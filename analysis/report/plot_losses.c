/* Drops over time, and the moments at which processes began. */
#include <errno.h>
#include <inttypes.h>

#include "analysis/analysis.h"
#include "analysis/report/plot_data.h"
#include "analysis/run.h"
#include "common/clock.h"

static double seconds(uint64_t ns)
{
	return (double)ns / NS_PER_SECOND;
}

static uint64_t drops_of(const struct timeline *timeline, size_t point)
{
	uint64_t drops = timeline->points[point].front_drops;

	for (size_t i = 0; i < timeline->width; i++)
		drops += timeline_cell(timeline, point, i)->drops;
	return drops;
}

static double print_drops(FILE *out, const struct timeline *timeline)
{
	double top = 0;

	fputs("# s drops_per_s\n", out);
	for (size_t i = 0; i < timeline->count; i++) {
		const struct timeline_point *point = &timeline->points[i];
		double rate = (double)drops_of(timeline, i) / seconds(point->time);

		/* Points of only idle intervals have no length. */
		if (!point->time)
			continue;
		fprintf(out, "%.6f %.6g\n%.6f %.6g\n", seconds(point->start), rate,
			seconds(point->end), rate);
		top = rate > top ? rate : top;
	}
	return top;
}

/* Those that began in the same interval are one moment. */
static size_t print_starts(FILE *out, const struct timeline *timeline)
{
	size_t moments = 0;

	fputs("\n\n# s who\n", out);
	for (size_t i = 0, next; i < timeline->start_count; i = next) {
		const struct timeline_start *start = &timeline->starts[i];

		for (next = i + 1;
		     next < timeline->start_count && timeline->starts[next].at == start->at;)
			next++;
		if (next - i == 1)
			fprintf(out, "%.6f \"worker %" PRIu64 "\"\n", seconds(start->at),
				start->index);
		else
			fprintf(out, "%.6f \"%zu workers\"\n", seconds(start->at), next - i);
		moments++;
	}
	return moments;
}

int plot_data_losses(FILE *out, const struct run *run, const struct analysis *analysis,
		     struct plot_arguments *arguments)
{
	const struct timeline *timeline = &run->timeline;
	size_t moments;
	double top;

	(void)analysis;
	if (timeline->count == 0)
		return -ENODATA;
	top = print_drops(out, timeline);
	moments = print_starts(out, timeline);
	if (top == 0 && moments == 0)
		return -ENODATA;
	plot_argument(arguments, "%.6g", top);
	plot_argument(arguments, "%zu", moments);
	plot_argument(arguments, "%s", run_unit(run, true));
	return 0;
}

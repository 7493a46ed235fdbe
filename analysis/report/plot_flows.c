/* The flow map as bands that run from flows on the left to workers on the right. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/report/flow_map.h"
#include "analysis/report/gnuplot.h"
#include "analysis/report/plot_data.h"
#include "analysis/run.h"

#define GAPS  0.4 /* of the height; the rest is as thick as the packets */
#define STEPS 16  /* of a band's curve */
#define LABEL 30  /* bytes of an address that there is room for */

/* What stands on one side, one above the other: from where, how thick, each with a gap. */
struct stack {
	double at, gap;
};

static struct stack stack_of(size_t count)
{
	struct stack stack = { .gap = GAPS / (double)count };

	stack.at = stack.gap / 2;
	return stack;
}

static double thickness(const struct flow_map *map, uint64_t packets)
{
	return (1 - GAPS) * (double)packets / (double)map->packets;
}

/* Its end is what tells one address from another. */
static void print_label(FILE *out, const struct flow_row *row)
{
	size_t length = strlen(row->label);
	size_t cut = length > LABEL ? length - LABEL + 3 : 0;

	fputs(cut ? "\"..." : "\"", out);
	gnuplot_text(out, row->label + cut, length - cut);
	fputs(!cut && row->moved && row->flows == 1 ? " *\"\n" : "\"\n", out);
}

static void print_flows(FILE *out, const struct flow_map *map, double *from)
{
	struct stack stack = stack_of(map->count);

	fputs("# middle room flow\n", out);
	for (size_t i = 0; i < map->count; i++) {
		double thick = thickness(map, map->rows[i].packets);

		from[i] = stack.at;
		fprintf(out, "%.6f %.6f ", stack.at + thick / 2, thick + stack.gap);
		print_label(out, &map->rows[i]);
		stack.at += thick + stack.gap;
	}
}

/* AT becomes where the first band of each worker begins. */
static void print_workers(FILE *out, const struct flow_map *map, size_t workers, double *at)
{
	struct stack stack = stack_of(workers);
	size_t row = 0;

	fputs("\n\n# from to middle room worker\n", out);
	for (size_t i = 0; i < workers; i++) {
		uint64_t packets = 0;
		double thick;

		for (; row < map->count && map->rows[row].worker == i; row++)
			packets += map->rows[row].packets;
		thick = thickness(map, packets);
		at[i] = stack.at;
		fprintf(out, "%.6f %.6f %.6f %.6f \"worker %zu: %.3g %%\"\n", stack.at,
			stack.at + thick, stack.at + thick / 2, thick + stack.gap, i,
			100 * (double)packets / (double)map->packets);
		stack.at += thick + stack.gap;
	}
}

static void print_band(FILE *out, double left, double right, double thick, size_t worker)
{
	fputs("\n\n# x from to worker\n", out);
	for (int i = 0; i <= STEPS; i++) {
		double x = (double)i / STEPS;
		double from = left + (right - left) * x * x * (3 - 2 * x);

		fprintf(out, "%.4f %.6f %.6f %zu\n", x, from, from + thick, worker);
	}
}

int plot_data_flows(FILE *out, const struct run *run, const struct analysis *analysis,
		    struct plot_arguments *arguments)
{
	struct flow_map map;
	double *places;
	int error = flow_map_make(&map, run);

	(void)analysis;
	if (error)
		return error;
	places = calloc(map.count + run->worker_count, sizeof(*places));
	if (!places) {
		flow_map_free(&map);
		return -ENOMEM;
	}
	print_flows(out, &map, places);
	print_workers(out, &map, run->worker_count, places + map.count);
	for (size_t i = 0; i < map.count; i++) {
		const struct flow_row *row = &map.rows[i];
		double thick = thickness(&map, row->packets);

		print_band(out, places[i], places[map.count + row->worker], thick, row->worker);
		places[map.count + row->worker] += thick;
	}
	plot_argument(arguments, "%zu", map.count);
	plot_argument(arguments, "%zu", map.count);
	plot_argument(arguments, "%zu", run->worker_count);
	free(places);
	flow_map_free(&map);
	return 0;
}

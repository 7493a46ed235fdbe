#include "analysis/plot_data.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/run.h"
#include "analysis/stream.h"
#include "common/clock.h"
#include "common/units.h"

/* Closes FILE; the first error counts. */
static int finish(FILE *file)
{
	int error = ferror(file) ? -EIO : 0;

	if (fclose(file) != 0 && !error)
		error = -errno;
	return error;
}

int plot_data_workers(const struct run *run, const char *path)
{
	FILE *file = fopen(path, "we");
	double all = (double)run_units(run, &run->total);
	char text[UNITS_TEXT];

	if (!file)
		return -errno;
	fprintf(file, "# worker pid %s share_percent %s_text\n", run_unit(run, true),
		run_unit(run, true));
	for (size_t i = 0; i < run->worker_count; i++) {
		const struct worker *worker = &run->workers[i];
		uint64_t count = run_units(run, &worker->counts);

		fprintf(file, "%zu %" PRIu64 " %" PRIu64 " %.6g %s\n", i, worker->pid, count,
			all > 0 ? 100 * (double)count / all : 0, units_grouped(text, count));
	}
	return finish(file);
}

struct intervals {
	FILE *file;
	double *rates; /* of each worker in the interval at hand */
	size_t count;
	const char *unit;
	double top; /* the highest rate */
};

static const char *take_interval(void *context, const char *type, json_t *record)
{
	struct intervals *intervals = context;
	const json_t *item, *items = json_object_get(record, "workers");
	uint64_t elapsed, interval, index, units;
	size_t i;

	if (strcmp(type, "interval") != 0 || !record_count(record, "elapsed_ns", &elapsed) ||
	    !record_count(record, "interval_ns", &interval) || interval == 0 || interval > elapsed)
		return NULL;
	memset(intervals->rates, 0, intervals->count * sizeof(*intervals->rates));
	json_array_foreach(items, i, item)
	{
		if (!record_count(item, "index", &index) || index >= intervals->count ||
		    !record_count(item, intervals->unit, &units))
			continue;
		/* In the interval of a restart, two processes were this worker. */
		intervals->rates[index] += (double)units / ((double)interval / NS_PER_SECOND);
		if (intervals->rates[index] > intervals->top)
			intervals->top = intervals->rates[index];
	}
	fprintf(intervals->file, "%.6f", ((double)elapsed - (double)interval / 2) / NS_PER_SECOND);
	for (i = 0; i < intervals->count; i++)
		fprintf(intervals->file, " %.6g", intervals->rates[i]);
	fputc('\n', intervals->file);
	return NULL;
}

int plot_data_intervals(const struct run *run, const char *path, double *top)
{
	struct intervals intervals = { .count = run->worker_count, .unit = run_unit(run, true) };
	struct stream stream = { .directory = run->directory,
				 .run = record_text(run->manifest, "run"),
				 .name = "receive.ndjson",
				 .program = "receive",
				 .take = take_interval,
				 .context = &intervals,
				 .quiet = true };
	int error;

	intervals.rates = calloc(intervals.count, sizeof(*intervals.rates));
	if (!intervals.rates)
		return -ENOMEM;
	intervals.file = fopen(path, "we");
	if (!intervals.file) {
		error = -errno;
		goto cleanup;
	}
	fputs("# middle_s", intervals.file);
	for (size_t i = 0; i < intervals.count; i++)
		fprintf(intervals.file, " worker_%zu_pps", i);
	fputc('\n', intervals.file);
	stream_read(&stream);
	error = finish(intervals.file);
	*top = intervals.top;
cleanup:
	free(intervals.rates);
	return error;
}

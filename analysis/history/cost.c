#include "analysis/history/cost.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read/line_file.h"
#include "analysis/read/stream.h"
#include "analysis/summary_parts.h"

/*
 * Records of processes are few and the last of their stream; the intervals before them may be
 * millions, and are not parsed for this.
 */
static bool is_of_a_process(const char *line, size_t length)
{
	return memmem(line, length, "\"type\":\"worker\"", 15) ||
	       memmem(line, length, "\"type\":\"front\"", 14);
}

/* The nanoseconds of all records; NAN: not told. */
static double read_cpu(struct line_file *file)
{
	enum line_result result;
	const char *line;
	size_t length;
	double sum = 0;
	bool any = false;

	while ((result = line_file_next(file, &line, &length)) != LINE_END &&
	       result != LINE_FAILED) {
		json_t *record = result != LINE_LONG && is_of_a_process(line, length)
					 ? json_loadb(line, length, 0, NULL)
					 : NULL;

		/* A front that is a socket has no process. */
		if (record && !json_is_null(json_object_get(record, "pid"))) {
			sum += record_number(record, "cpu_ns");
			any = true;
		}
		json_decref(record);
	}
	return any ? sum : (double)NAN;
}

static double sum_of_workers(const json_t *summary)
{
	const json_t *distribution = json_object_get(summary, "distribution");
	const char *unit = record_text(distribution, "unit");
	json_t *worker;
	double sum = 0;
	size_t i;

	json_array_foreach(json_object_get(distribution, "workers"), i, worker)
	{
		sum += unit ? record_number(worker, unit) : (double)NAN;
	}
	return sum;
}

int cost_add(json_t *summary, const char *directory)
{
	json_t *receiver = json_object_get(summary, "receiver");
	char path[PATH_MAX];
	int error = stream_path(path, sizeof(path), directory, "receive.ndjson");
	double cpu = NAN, units = sum_of_workers(summary);
	struct line_file file;

	if (error)
		return error;
	/* What cannot be read was said when the records were. */
	if (line_file_open(&file, path) == 0) {
		cpu = read_cpu(&file);
		line_file_close(&file);
	}
	if (json_object_set_new(receiver, "cpu_ns", summary_count(cpu)) != 0 ||
	    json_object_set_new(receiver, "cpu_ns_per_packet",
				summary_number(units > 0 ? cpu / units : (double)NAN)) != 0)
		return -ENOMEM;
	return 0;
}

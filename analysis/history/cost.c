#include "analysis/history/cost.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read/stream.h"
#include "analysis/summary_parts.h"

/*
 * Records of processes are few and the last of their stream; the intervals before them may be
 * millions, and are not parsed for this.
 */
static bool is_of_a_process(const char *line)
{
	return strstr(line, "\"type\":\"worker\"") || strstr(line, "\"type\":\"front\"");
}

/* The nanoseconds of all records; NAN: not told. */
static double read_cpu(FILE *file)
{
	size_t room = 0;
	char *line = NULL;
	ssize_t length;
	double sum = 0;
	bool any = false;

	while ((length = getline(&line, &room, file)) > 0) {
		json_t *record = is_of_a_process(line)
					 ? json_loadb(line, (size_t)length, JSON_ALLOW_NUL, NULL)
					 : NULL;

		/* A front that is a socket has no process. */
		if (record && !json_is_null(json_object_get(record, "pid"))) {
			sum += record_number(record, "cpu_ns");
			any = true;
		}
		json_decref(record);
	}
	free(line);
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
	FILE *file;

	if (error)
		return error;
	file = fopen(path, "re");
	if (!file && errno != ENOENT)
		return -errno;
	if (file) {
		cpu = read_cpu(file);
		fclose(file);
	}
	if (json_object_set_new(receiver, "cpu_ns", summary_count(cpu)) != 0 ||
	    json_object_set_new(receiver, "cpu_ns_per_packet",
				summary_number(units > 0 ? cpu / units : (double)NAN)) != 0)
		return -ENOMEM;
	return 0;
}

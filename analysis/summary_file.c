/* summary.json as a file, and the keys into it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/read/stream.h"
#include "analysis/summary.h"

static json_t *member(const json_t *value, const char *name)
{
	char *end;
	unsigned long index;

	if (json_is_object(value))
		return json_object_get(value, name);
	if (!json_is_array(value) || !*name || name[strspn(name, "0123456789")])
		return NULL;
	index = strtoul(name, &end, 10);
	return json_array_get(value, index);
}

json_t *summary_find(const json_t *summary, const char *key)
{
	char *name, *rest, *copy = strdup(key);
	const json_t *value = summary;

	rest = copy;
	while (value && (name = strsep(&rest, ".")))
		value = member(value, name);
	value = copy ? value : NULL;
	free(copy);
	return (json_t *)value;
}

static int write_file(const json_t *summary, const char *path)
{
	FILE *file = fopen(path, "we");
	int error = 0;

	if (!file)
		return -errno;
	errno = 0;
	if (json_dumpf(summary, file, JSON_INDENT(2) | JSON_REAL_PRECISION(SUMMARY_DIGITS)) != 0 ||
	    fputc('\n', file) == EOF || fflush(file) != 0)
		error = errno ? -errno : -EIO;
	if (fclose(file) != 0 && !error)
		error = -errno;
	return error;
}

int summary_write(const json_t *summary, const char *directory)
{
	char path[PATH_MAX], temporary[PATH_MAX], name[48];
	int error;

	/* Several may report on a run at once. */
	snprintf(name, sizeof(name), "summary.json.%ld.new", (long)getpid());
	if (stream_path(path, sizeof(path), directory, "summary.json") != 0 ||
	    stream_path(temporary, sizeof(temporary), directory, name) != 0)
		return -ENAMETOOLONG;
	error = write_file(summary, temporary);
	if (!error && rename(temporary, path) != 0)
		error = -errno;
	if (error)
		unlink(temporary);
	return error;
}

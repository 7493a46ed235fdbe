/* A comparison as a picture: the ratio of each key, with its interval, beside 1. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/compare/compared.h"
#include "analysis/history/picture.h"
#include "analysis/read/stream.h"
#include "common/message.h"

#define NUMBER_TEXT 32

/* Names are anybody's. */
static void put_quoted(FILE *file, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || strchr("\"\\\x7f", *text) ? '?' : *text, file);
}

static bool is_drawn(const struct compared_key *result)
{
	return !isnan(result->result.ratio.value);
}

/* A row for each ratio, from the top down. *ROWS: how many. */
static int write_data(const struct compared *compared, const char *path, size_t *rows)
{
	FILE *file = fopen(path, "we");
	int error;

	*rows = 0;
	if (!file)
		return -errno;
	fputs("# row ratio low high shown name\n", file);
	for (size_t i = 0; i < compared->result_count; i++) {
		const struct compared_key *result = &compared->results[i];
		const struct estimate *ratio = &result->result.ratio;
		bool shown = result->outcome == COMPARE_LOWER || result->outcome == COMPARE_HIGHER;

		if (!is_drawn(result))
			continue;
		fprintf(file, "%zu %.9g %.9g %.9g %d \"", ++*rows, ratio->value,
			ratio->interval.low, ratio->interval.high, shown);
		if (compared->group_count > 2) {
			put_quoted(file, compared->groups[result->group].label);
			fputs(": ", file);
		}
		put_quoted(file, result->key->name);
		fputs("\"\n", file);
	}
	error = ferror(file) ? -EIO : 0;
	if (fclose(file) != 0 && !error)
		error = -errno;
	return error;
}

bool compared_draw(const struct compared *compared, const char *directory)
{
	char data[PATH_MAX], prefix[PATH_MAX], title[256], finding[COMPARED_FINDING];
	char rows_text[NUMBER_TEXT];
	const char *const arguments[] = { data, prefix, title, finding, rows_text, NULL };
	size_t rows;
	int error;

	if (stream_path(data, sizeof(data), directory, "comparison.dat") != 0 ||
	    stream_path(prefix, sizeof(prefix), directory, "comparison") != 0) {
		message_warning("could not draw into %s: %s", directory, strerror(ENAMETOOLONG));
		return false;
	}
	error = write_data(compared, data, &rows);
	if (error) {
		message_warning("could not write %s: %s", data, strerror(-error));
		return false;
	}
	/* Without a ratio there is nothing to draw; the table has the differences. */
	if (rows == 0)
		return true;
	snprintf(title, sizeof(title), "%s against %s",
		 compared->group_count == 2 ? compared->groups[1].label : "others",
		 compared->groups[0].label);
	finding[0] = '\0';
	if (compared->group_count == 2)
		compared_finding(finding, compared, 1);
	snprintf(rows_text, sizeof(rows_text), "%zu", rows);
	switch (picture_draw("comparison.gp", arguments)) {
	case PICTURE_NO_GNUPLOT:
		message_note("no pictures: gnuplot is not installed");
		return true;
	case PICTURE_FAILED:
		return false;
	default:
		return true;
	}
}

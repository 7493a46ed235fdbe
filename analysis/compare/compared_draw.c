/* A comparison as a picture: the ratio of each key, with its interval, beside 1. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/compare/compared.h"
#include "analysis/history/picture.h"
#include "analysis/read/stream.h"
#include "analysis/report/gnuplot.h"
#include "common/message.h"

#define NUMBER_TEXT 32
#define LINE_MOST   104 /* characters that fit above the picture */

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
			const char *label = compared->groups[result->group].label;

			gnuplot_text(file, label, strlen(label));
			fputs(": ", file);
		}
		gnuplot_text(file, result->key->name, strlen(result->key->name));
		fputs("\"\n", file);
	}
	error = ferror(file) ? -EIO : 0;
	if (fclose(file) != 0 && !error)
		error = -errno;
	return error;
}

/* What fits into a line above the picture, whole parts of it. */
static void shorten(char text[static COMPARED_FINDING])
{
	size_t end = LINE_MOST;

	if (strlen(text) <= LINE_MOST + 4)
		return;
	while (end > 0 && text[end] != ';')
		end--;
	snprintf(text + (end ? end : LINE_MOST), COMPARED_FINDING - LINE_MOST, "; ...");
}

static enum compared_picture draw(const struct compared *compared, const char *data,
				  const char *prefix, size_t rows, const char *kinds)
{
	char title[2 * COMPARED_LABEL + 32], finding[COMPARED_FINDING] = "", number[NUMBER_TEXT];
	const char *const arguments[] = { data, prefix, title, finding, number, kinds, NULL };
	bool two = compared->group_count == 2;

	snprintf(title, sizeof(title), "%s (B) against %s (A)",
		 two ? compared->groups[1].label : "others", compared->groups[0].label);
	if (two) {
		compared_finding(finding, compared, 1);
		shorten(finding);
	}
	snprintf(number, sizeof(number), "%zu", rows);
	switch (picture_draw("comparison.gp", arguments)) {
	case PICTURE_NO_GNUPLOT:
		message_note("no pictures: gnuplot is not installed");
		return COMPARED_NOT_DRAWN;
	case PICTURE_FAILED:
		return COMPARED_FAILED;
	default:
		return COMPARED_DRAWN;
	}
}

enum compared_picture compared_draw(const struct compared *compared, const char *directory,
				    const char *kinds)
{
	char data[PATH_MAX], prefix[PATH_MAX];
	size_t rows;
	int error;

	if (stream_path(data, sizeof(data), directory, "comparison.dat") != 0 ||
	    stream_path(prefix, sizeof(prefix), directory, "comparison") != 0) {
		message_warning("could not draw into %s: %s", directory, strerror(ENAMETOOLONG));
		return COMPARED_FAILED;
	}
	error = write_data(compared, data, &rows);
	if (error) {
		message_warning("could not write %s: %s", data, strerror(-error));
		return COMPARED_FAILED;
	}
	/* Without a ratio there is nothing to draw; the table has the differences. */
	return rows ? draw(compared, data, prefix, rows, kinds) : COMPARED_NOT_DRAWN;
}

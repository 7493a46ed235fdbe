/* The history as pictures: a box and every run, for each group. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/history/history.h"
#include "analysis/history/picture.h"
#include "analysis/report/gnuplot.h"
#include "common/message.h"

#define NUMBER_TEXT 32
#define NAME_MOST   28
#define NAME_END    12 /* of these, when it is longer: versions differ there */
#define TITLE_MOST  76
#define LEAST_NAME  12 /* that is left of a scenario's in a title */

static const char legend[] = "Box: the middle half of the runs, and their median. Bar: its 95 % "
			     "interval. Dots: runs, one after the other.";

/* A word of a file's name: what is not fit for one becomes "_". */
static void put_word(char *into, size_t size, const char *text)
{
	size_t used = strlen(into);

	for (; *text && used + 1 < size; text++)
		into[used++] = isalnum((unsigned char)*text) || strchr("-.", *text) ? *text : '_';
	into[used] = '\0';
}

/* "DIRECTORY/history-SCENARIO-KEY"; false: too long. */
static bool name_picture(char path[static PATH_MAX], const char *directory,
			 const struct history_series *series)
{
	char name[NAME_MAX - 4] = "history-";

	if (*series->scenario) {
		put_word(name, sizeof(name) / 2, series->scenario);
		put_word(name, sizeof(name), "-");
	}
	put_word(name, sizeof(name), series->key->path);
	return snprintf(path, PATH_MAX - 8, "%s/%s", directory, name) < PATH_MAX - 8;
}

/* How many bytes of a name are drawn where there is room for MOST, whole characters of UTF-8. */
static size_t name_length(const char *name, size_t most)
{
	size_t length = strlen(name);

	if (length <= most)
		return length;
	length = most;
	while (length && ((unsigned char)name[length] & 0xc0) == 0x80)
		length--;
	return length;
}

static void put_label(FILE *file, const struct history_group *group)
{
	const char *name = group->name, *end = name + strlen(name);

	fputc('"', file);
	if (end - name <= NAME_MOST) {
		gnuplot_text(file, name, (size_t)(end - name));
	} else {
		const char *tail = end - NAME_END;

		while (((unsigned char)*tail & 0xc0) == 0x80)
			tail++;
		gnuplot_text(file, name, name_length(name, NAME_MOST - NAME_END - 2));
		fputs("..", file);
		gnuplot_text(file, tail, (size_t)(end - tail));
	}
	fprintf(file, " (%zu)\"", group->count);
}

static void put_number(FILE *file, double value)
{
	if (isnan(value))
		fputs(" ?", file);
	else
		fprintf(file, " %.9g", value);
}

/* Two blocks: a row for each group; a row for each run. */
static int write_data(const struct history_series *series, const char *path)
{
	FILE *file = fopen(path, "we");
	int error;

	if (!file)
		return -errno;
	fputs("# group least low_quartile median high_quartile most low high label\n", file);
	for (size_t i = 0; i < series->count; i++) {
		const struct history_group *group = &series->groups[i];
		const double figures[] = { group->least,        group->low_quartile,
					   group->median,       group->high_quartile,
					   group->most,         group->interval.low,
					   group->interval.high };

		fprintf(file, "%zu", i + 1);
		for (size_t k = 0; k < sizeof(figures) / sizeof(figures[0]); k++)
			put_number(file, figures[k]);
		fputc(' ', file);
		put_label(file, group);
		fputc('\n', file);
	}
	fputs("\n\n# group order value\n", file);
	for (size_t i = 0; i < series->count; i++)
		for (size_t k = 0; k < series->groups[i].count; k++)
			fprintf(file, "%zu %.4f %.9g\n", i + 1,
				((double)k + 0.5) / (double)series->groups[i].count,
				series->groups[i].values[k]);
	error = ferror(file) ? -EIO : 0;
	if (fclose(file) != 0 && !error)
		error = -errno;
	return error;
}

static double most_of(const struct history_series *series)
{
	double most = 0;

	for (size_t i = 0; i < series->count; i++)
		most = fmax(most, fabs(series->groups[i].most));
	return most;
}

/* What the axis counts in, so that its numbers are short. */
static double scale_of(const struct history_series *series, const char **unit)
{
	static const struct {
		double ns;
		const char *unit;
	} durations[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" } };
	double most = most_of(series);

	*unit = series->key->unit;
	if (!*unit || strcmp(*unit, "ns") != 0)
		return 1;
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		if (most >= durations[i].ns) {
			*unit = durations[i].unit;
			return 1 / durations[i].ns;
		}
	}
	return 1;
}

static size_t longest_name(const struct history_series *series)
{
	size_t longest = 0;

	for (size_t i = 0; i < series->count; i++) {
		size_t length = name_length(series->groups[i].name, NAME_MOST);

		longest = length > longest ? length : longest;
	}
	return longest;
}

/* "SCENARIO: KEY by VERSION", of which the scenario gives way. */
static void put_title(char title[static TITLE_MOST + 1], const struct history_series *series,
		      const char *by)
{
	char rest[TITLE_MOST - LEAST_NAME - 4];
	size_t length;

	snprintf(rest, sizeof(rest), "%s by %s", series->key->title, by);
	length = name_length(series->scenario, TITLE_MOST - 4 - strlen(rest));
	snprintf(title, TITLE_MOST + 1, "%.*s%s%s%s", (int)length, series->scenario,
		 series->scenario[length] ? ".." : "", length ? ": " : "", rest);
}

static enum picture_result draw(const struct history_series *series, const char *by,
				const char *data, const char *prefix)
{
	char title[TITLE_MOST + 1], groups[NUMBER_TEXT], scale[NUMBER_TEXT];
	char longest[NUMBER_TEXT];
	const char *unit;
	double factor = scale_of(series, &unit);
	/* The title says what it is; there is little room beside the axis. */
	const char *const axis = unit ? unit : series->key->name;
	const char *const arguments[] = { data, prefix, title, legend,  groups,
					  axis, scale,  by,    longest, NULL };

	/* gnuplot 5.4 takes "1e-06" for no number. */
	snprintf(scale, sizeof(scale), "%.9f", factor);
	snprintf(groups, sizeof(groups), "%zu", series->count);
	snprintf(longest, sizeof(longest), "%zu", longest_name(series));
	put_title(title, series, by);
	return picture_draw("history.gp", arguments);
}

bool history_draw(const struct history *history, const struct history_options *options)
{
	bool done = true, gnuplot = true;

	if (mkdir(options->directory, 0777) != 0 && errno != EEXIST) {
		message_warning("could not make directory %s: %s", options->directory,
				strerror(errno));
		return false;
	}
	for (size_t i = 0; i < history->count; i++) {
		const struct history_series *series = &history->series[i];
		char prefix[PATH_MAX], data[PATH_MAX];
		enum picture_result result;
		int error;

		if (!name_picture(prefix, options->directory, series)) {
			message_warning("could not draw into %s: %s", options->directory,
					strerror(ENAMETOOLONG));
			return false;
		}
		snprintf(data, sizeof(data), "%.*s.dat", PATH_MAX - 8, prefix);
		error = write_data(series, data);
		if (error) {
			message_warning("could not write %s: %s", data, strerror(-error));
			return false;
		}
		if (!gnuplot)
			continue;
		result = draw(series, history_by(options), data, prefix);
		gnuplot = result != PICTURE_NO_GNUPLOT;
		done &= result != PICTURE_FAILED;
	}
	if (!gnuplot)
		message_note("no pictures: gnuplot is not installed");
	return done;
}

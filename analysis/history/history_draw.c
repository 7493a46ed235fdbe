/* The history as pictures: a box and every run, for each group. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/history/history.h"
#include "analysis/history/picture.h"
#include "common/message.h"

#define NUMBER_TEXT 32
#define NAME_MOST   26

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

/* How many bytes of a name are drawn, whole characters of UTF-8. */
static size_t name_length(const char *name)
{
	size_t length = strlen(name);

	if (length <= NAME_MOST)
		return length;
	length = NAME_MOST;
	while (length && ((unsigned char)name[length] & 0xc0) == 0x80)
		length--;
	return length;
}

/* In double quotes; names are anybody's. */
static void put_label(FILE *file, const struct history_group *group)
{
	size_t length = name_length(group->name);

	fputc('"', file);
	for (const char *at = group->name; at < group->name + length; at++)
		fputc((unsigned char)*at < ' ' || strchr("\"\\\x7f", *at) ? '?' : *at, file);
	fprintf(file, "%s (%zu)\"", group->name[length] ? ".." : "", group->count);
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
		size_t length = name_length(series->groups[i].name);

		longest = length > longest ? length : longest;
	}
	return longest;
}

static enum picture_result draw(const struct history_series *series, const char *by,
				const char *data, const char *prefix)
{
	char title[512], axis[256], groups[NUMBER_TEXT], scale[NUMBER_TEXT];
	char longest[NUMBER_TEXT];
	const char *unit;
	const char *const arguments[] = { data, prefix, title, legend,  groups,
					  axis, scale,  by,    longest, NULL };

	snprintf(scale, sizeof(scale), "%.9g", scale_of(series, &unit));
	snprintf(groups, sizeof(groups), "%zu", series->count);
	snprintf(longest, sizeof(longest), "%zu", longest_name(series));
	snprintf(title, sizeof(title), "%s%s%s by %s", series->scenario,
		 *series->scenario ? ": " : "", series->key->title, by);
	if (unit)
		snprintf(axis, sizeof(axis), "%s (%s)", series->key->name, unit);
	else
		snprintf(axis, sizeof(axis), "%s", series->key->name);
	return picture_draw("history.gp", arguments);
}

bool history_draw(const struct history *history, const struct history_options *options)
{
	bool done = true, gnuplot = true;

	for (size_t i = 0; i < history->count; i++) {
		const struct history_series *series = &history->series[i];
		char prefix[PATH_MAX], data[PATH_MAX];
		enum picture_result result;
		int error = -ENAMETOOLONG;

		if (name_picture(prefix, options->directory, series)) {
			snprintf(data, sizeof(data), "%.*s.dat", PATH_MAX - 8, prefix);
			error = write_data(series, data);
		}
		if (error) {
			message_warning("could not write %s: %s", data, strerror(-error));
			return false;
		}
		if (!gnuplot)
			continue;
		result = draw(series, history_by_names[options->by], data, prefix);
		gnuplot = result != PICTURE_NO_GNUPLOT;
		done &= result != PICTURE_FAILED;
	}
	if (!gnuplot)
		message_note("no pictures: gnuplot is not installed");
	return done;
}

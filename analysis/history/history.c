#include "analysis/history/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/history/history_internal.h"
#include "analysis/stats/median.h"
#include "analysis/stats/quantile.h"
#include "common/exit.h"
#include "common/message.h"

const char *history_by(const struct history_options *options)
{
	return options->by.kind == GROUPING_NAME ? "version" : options->by.text;
}

static const struct key *find_key(const struct keys *keys, const char *path)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->list[i].path, path) == 0)
			return &keys->list[i];
	return NULL;
}

/* Room for one more at the end of LIST, which has COUNT: it grows by doubling. NULL: no memory. */
static void *grow(void *list, size_t count, size_t size)
{
	if (count & (count - 1))
		return list;
	return reallocarray(list, count ? 2 * count : 1, size);
}

static struct history_series *series_of(struct history *history, const struct history_row *row)
{
	struct history_series *series = history->series, *last;

	last = history->count ? &series[history->count - 1] : NULL;
	if (last && strcmp(last->scenario, row->scenario) == 0 &&
	    strcmp(last->key->path, row->key) == 0)
		return last;
	series = grow(series, history->count, sizeof(*series));
	if (!series)
		return NULL;
	history->series = series;
	last = &series[history->count];
	*last = (struct history_series){ .scenario = strdup(row->scenario),
					 .key = find_key(&history->keys, row->key) };
	if (!last->scenario || !last->key) {
		free(last->scenario);
		return NULL;
	}
	history->count++;
	return last;
}

static struct history_group *group_of(struct history_series *series, const struct history_row *row)
{
	struct history_group *groups = series->groups, *last;

	last = series->count ? &groups[series->count - 1] : NULL;
	if (last && strcmp(last->name, row->group) == 0) {
		series->mixed |= strcmp(last->elsewhere, row->elsewhere) != 0;
		return last;
	}
	groups = grow(groups, series->count, sizeof(*groups));
	if (!groups)
		return NULL;
	series->groups = groups;
	last = &groups[series->count];
	*last = (struct history_group){ .name = strdup(row->group),
					.elsewhere = strdup(row->elsewhere) };
	if (!last->name || !last->elsewhere) {
		free(last->name);
		free(last->elsewhere);
		return NULL;
	}
	series->count++;
	return last;
}

bool history_add(struct history *history, const struct history_row *row)
{
	struct history_series *series = series_of(history, row);
	struct history_group *group = series ? group_of(series, row) : NULL;
	double *values = group ? grow(group->values, group->count, sizeof(*values)) : NULL;

	if (!values)
		return false;
	group->values = values;
	values[group->count++] = row->value;
	return true;
}

static bool set_figures(struct history_group *group)
{
	double *sorted = calloc(group->count, sizeof(*sorted));

	if (!sorted)
		return false;
	memcpy(sorted, group->values, group->count * sizeof(*sorted));
	quantile_sort(sorted, group->count);
	group->least = sorted[0];
	group->low_quartile = quantile_of(sorted, group->count, 0.25);
	group->median = quantile_of(sorted, group->count, 0.5);
	group->high_quartile = quantile_of(sorted, group->count, 0.75);
	group->most = sorted[group->count - 1];
	group->interval = median_interval(sorted, group->count);
	free(sorted);
	return true;
}

bool history_figures(struct history *history)
{
	for (size_t i = 0; i < history->count; i++)
		for (size_t k = 0; k < history->series[i].count; k++)
			if (!set_figures(&history->series[i].groups[k]))
				return false;
	return true;
}

void history_free(struct history *history)
{
	for (size_t i = 0; i < history->count; i++) {
		struct history_series *series = &history->series[i];

		for (size_t k = 0; k < series->count; k++) {
			free(series->groups[k].name);
			free(series->groups[k].elsewhere);
			free(series->groups[k].values);
		}
		free(series->groups);
		free(series->scenario);
	}
	free(history->series);
	keys_free(&history->keys);
	*history = (struct history){ .series = NULL };
}

int history_show(const struct history_options *options)
{
	struct history history;
	int status = EXIT_CANNOT_RUN;

	if (history_load(&history, options)) {
		status = EXIT_DONE;
		history_text(&history, options);
		if (options->directory && !history_draw(&history, options))
			status = EXIT_INCOMPLETE;
	}
	history_free(&history);
	return status;
}

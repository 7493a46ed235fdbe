#include "analysis/compare/compared.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare/family.h"
#include "analysis/compare/label.h"
#include "analysis/summary.h"

/* Of a summary; to keep it whole would take more memory than the rest, of runs with many workers.
 */
static json_t *values_at(const struct keys *keys, const json_t *summary)
{
	json_t *out = json_object();

	for (size_t i = 0; i < keys->count; i++) {
		json_t *value = summary_find(summary, keys->list[i].path);

		if (value)
			json_object_set(out, keys->list[i].path, value);
	}
	return out;
}

bool compared_add(struct compared *compared, const char *directory, const char *label,
		  const char *id, uint64_t started_ns, json_t *summary)
{
	struct compared_run *runs = reallocarray(compared->runs, compared->run_count + 1,
						 sizeof(*runs)),
			    *run;

	if (!runs) {
		json_decref(summary);
		return false;
	}
	compared->runs = runs;
	run = &runs[compared->run_count];
	*run = (struct compared_run){ .directory = strdup(directory),
				      .id = id ? strdup(id) : NULL,
				      .started_ns = started_ns,
				      .facts = json_incref(json_object_get(summary, "run")),
				      .values = values_at(&compared->keys, summary),
				      .order = compared->run_count };
	if (label)
		snprintf(run->label, sizeof(run->label), "%s", label);
	else
		label_of(run->label, sizeof(run->label), directory);
	compared->run_count++;
	if (!compared->example)
		compared->example = json_incref(summary);
	json_decref(summary);
	return run->directory && run->values && (run->id || !id);
}

/* By time; what was given first is first where that is equal, or unknown of both. */
static int by_time(const void *a, const void *b)
{
	const struct compared_run *x = *(const struct compared_run *const *)a;
	const struct compared_run *y = *(const struct compared_run *const *)b;

	if (x->started_ns != y->started_ns)
		return x->started_ns < y->started_ns ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The same run twice would look like a repeat that agrees very well. */
bool compared_twins(const struct compared *compared, size_t twins[static 2])
{
	for (size_t i = 0; i < compared->run_count; i++) {
		const struct compared_run *run = &compared->runs[i];

		for (size_t k = 0; k < i; k++) {
			const struct compared_run *other = &compared->runs[k];

			if (strcmp(run->directory, other->directory) == 0 ||
			    (run->id && other->id && strcmp(run->id, other->id) == 0 &&
			     run->started_ns == other->started_ns)) {
				twins[0] = k;
				twins[1] = i;
				return true;
			}
		}
	}
	return false;
}

/* Groups in the order in which they were given first, their runs in the order of time. */
static int make_groups(struct compared *compared)
{
	size_t count = compared->run_count, used = 0;
	const struct compared_run **by_order = calloc(count, sizeof(*by_order));

	compared->sorted = calloc(count, sizeof(*compared->sorted));
	compared->groups = calloc(count, sizeof(*compared->groups));
	if (!by_order || !compared->sorted || !compared->groups) {
		free(by_order);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		by_order[i] = &compared->runs[i];
	qsort(by_order, count, sizeof(*by_order), by_time);
	for (size_t first = 0; first < count; first++) {
		const char *label = compared->runs[first].label;
		size_t start = used;
		bool known = false;

		for (size_t i = 0; i < first; i++)
			known |= strcmp(compared->runs[i].label, label) == 0;
		for (size_t i = 0; !known && i < count; i++)
			if (strcmp(by_order[i]->label, label) == 0)
				compared->sorted[used++] = by_order[i];
		if (!known)
			compared->groups[compared->group_count++] =
				(struct compared_group){ label, compared->sorted + start,
							 used - start };
	}
	free(by_order);
	return 0;
}

/*
 * Whether there are as many runs of each group, at least two, and the i-th of all groups end before
 * the next of any begin: whatever their order within the round.
 */
static bool take_turns(const struct compared *compared)
{
	size_t rounds = compared->groups[0].count;
	uint64_t last_latest = 0;

	if (rounds < 2)
		return false;
	for (size_t i = 0; i < compared->group_count; i++)
		if (compared->groups[i].count != rounds)
			return false;
	for (size_t round = 0; round < rounds; round++) {
		uint64_t latest = 0;

		for (size_t i = 0; i < compared->group_count; i++) {
			uint64_t started = compared->groups[i].runs[round]->started_ns;

			if (started == 0 || started <= last_latest)
				return false;
			latest = started > latest ? started : latest;
		}
		last_latest = latest;
	}
	return true;
}

static double value_of(const struct compared_run *run, const struct key *key)
{
	const json_t *value = json_object_get(run->values, key->path);

	return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* VALUES, with room for all runs of the group, become those that are known. */
static size_t values_of(const struct compared_group *group, const struct key *key, double *values)
{
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++) {
		double value = value_of(group->runs[i], key);

		if (!isnan(value))
			values[count++] = value;
	}
	return count;
}

/* The rounds in which both are known. */
static size_t pairs_of(const struct compared_group *a, const struct compared_group *b,
		       const struct key *key, double *values_a, double *values_b)
{
	size_t count = 0;

	for (size_t i = 0; i < a->count; i++) {
		values_a[count] = value_of(a->runs[i], key);
		values_b[count] = value_of(b->runs[i], key);
		count += !isnan(values_a[count]) && !isnan(values_b[count]);
	}
	return count;
}

/* Then every way to deal them out, or to swap them in their rounds, looks the same. */
static bool all_the_same(const double *a, size_t a_count, const double *b, size_t b_count,
			 bool paired)
{
	for (size_t i = 0; i < b_count; i++)
		if (paired ? a[i] != b[i] : a_count > 0 && a[0] != b[i])
			return false;
	for (size_t i = 1; !paired && i < a_count; i++)
		if (a[i] != a[0])
			return false;
	return true;
}

/* A key that one side alone has makes no pair, and is told all the same. */
static void count_unpaired(struct compared_key *out, const struct compared_group *a,
			   const struct compared_group *b, double *values)
{
	size_t of_a = values_of(a, out->key, values), of_b = values_of(b, out->key, values);

	if (of_a && of_b)
		return;
	out->count_a = of_a;
	out->count_b = of_b;
}

static int compare_key(const struct compared *compared, struct compared_key *out)
{
	const struct compared_group *a = &compared->groups[0];
	const struct compared_group *b = &compared->groups[out->group];
	double *values = calloc(a->count + b->count, sizeof(*values)), *values_b;
	int error;

	if (!values)
		return -ENOMEM;
	values_b = values + a->count;
	if (compared->paired) {
		out->count_a = out->count_b = pairs_of(a, b, out->key, values, values_b);
		error = compare_paired(&out->result, values, values_b, out->count_a,
				       &RESAMPLING_DEFAULT);
	} else {
		out->count_a = values_of(a, out->key, values);
		out->count_b = values_of(b, out->key, values_b);
		error = compare_independent(&out->result, values, out->count_a, values_b,
					    out->count_b, &RESAMPLING_DEFAULT);
	}
	out->constant =
		all_the_same(values, out->count_a, values_b, out->count_b, compared->paired);
	if (compared->paired && out->count_a == 0)
		count_unpaired(out, a, b, values);
	free(values);
	return error;
}

static int compare_all(struct compared *compared)
{
	size_t keys = compared->keys.count, others = compared->group_count - 1;

	compared->results = calloc(keys * others, sizeof(*compared->results));
	if (!compared->results)
		return -ENOMEM;
	compared->result_count = keys * others;
	for (size_t i = 0; i < compared->result_count; i++) {
		struct compared_key *result = &compared->results[i];
		int error;

		result->key = &compared->keys.list[i % keys];
		result->group = 1 + i / keys;
		error = compare_key(compared, result);
		if (error)
			return error;
	}
	for (size_t i = 0; i < others; i++)
		family_judge(compared->results + i * keys, keys);
	return 0;
}

int compared_make(struct compared *compared)
{
	size_t twins[2];
	int error;

	if (compared_twins(compared, twins))
		return -EEXIST;
	error = make_groups(compared);
	if (error)
		return error;
	if (compared->group_count < 2)
		return -EINVAL;
	compared->paired = take_turns(compared);
	return compare_all(compared);
}

size_t compared_family(const struct compared *compared, size_t group)
{
	size_t family = 0;

	for (size_t i = 0; i < compared->result_count; i++)
		family += compared->results[i].group == group &&
			  family_includes(&compared->results[i]);
	return family;
}

size_t compared_repeats_needed(size_t keys, bool paired)
{
	double ways = 2;
	size_t n = 1;

	/* The least p-value is 2 of all ways: 2^n swaps, or (2n over n) ways to deal out. */
	while (2 / ways * (double)keys >= COMPARE_LEVEL) {
		n++;
		ways *= paired ? 2 : (double)(4 * n - 2) / (double)n;
	}
	return n;
}

void compared_free(struct compared *compared)
{
	for (size_t i = 0; i < compared->run_count; i++) {
		free(compared->runs[i].directory);
		free(compared->runs[i].id);
		json_decref(compared->runs[i].facts);
		json_decref(compared->runs[i].values);
	}
	json_decref(compared->example);
	free(compared->runs);
	free(compared->sorted);
	free(compared->groups);
	free(compared->results);
	keys_free(&compared->keys);
	*compared = (struct compared){ .runs = NULL };
}

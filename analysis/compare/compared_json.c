/* A comparison for other programs. */
#include <math.h>

#include "analysis/compare/compared.h"
#include "analysis/summary_parts.h"

static json_t *estimate_json(const struct estimate *estimate)
{
	json_t *out = json_object();

	json_object_set_new(out, "value", summary_number(estimate->value));
	json_object_set_new(out, "low", summary_number(estimate->interval.low));
	json_object_set_new(out, "high", summary_number(estimate->interval.high));
	return out;
}

static json_t *group_json(const struct compared_group *group)
{
	json_t *out = json_object(), *runs = json_array();

	for (size_t i = 0; i < group->count; i++) {
		const struct compared_run *run = group->runs[i];
		json_t *one = json_object();

		json_object_set_new(one, "directory", summary_text(run->directory));
		json_object_set_new(one, "run", summary_text(run->id));
		json_object_set_new(one, "started_ns",
				    run->started_ns ? json_integer((json_int_t)run->started_ns)
						    : json_null());
		json_array_append_new(runs, one);
	}
	json_object_set_new(out, "label", summary_text(group->label));
	json_object_set_new(out, "runs", runs);
	return out;
}

static json_t *key_json(const struct compared *compared, const struct compared_key *result)
{
	const struct comparison *own = &result->result;
	json_t *out = json_object();

	json_object_set_new(out, "a", summary_text(compared->groups[0].label));
	json_object_set_new(out, "b", summary_text(compared->groups[result->group].label));
	json_object_set_new(out, "key", summary_text(result->key->path));
	json_object_set_new(out, "unit", summary_text(result->key->unit));
	json_object_set_new(out, "count_a", json_integer((json_int_t)result->count_a));
	json_object_set_new(out, "count_b", json_integer((json_int_t)result->count_b));
	json_object_set_new(out, "median_a", summary_number(own->median_a));
	json_object_set_new(out, "median_b", summary_number(own->median_b));
	json_object_set_new(out, "difference", estimate_json(&own->difference));
	json_object_set_new(out, "ratio", estimate_json(&own->ratio));
	json_object_set_new(out, "shift", summary_number(own->shift));
	json_object_set_new(out, "key_p_value", summary_number(own->test.p_value));
	json_object_set_new(out, "least_p_value", summary_number(own->test.least_p_value));
	json_object_set_new(out, "p_value", summary_number(result->p_value));
	json_object_set_new(out, "outcome",
			    summary_text(compare_word(result->outcome, result->key->meaning)));
	return out;
}

json_t *compared_json(const struct compared *compared)
{
	json_t *out = json_object(), *groups = json_array(), *keys = json_array();

	for (size_t i = 0; i < compared->group_count; i++)
		json_array_append_new(groups, group_json(&compared->groups[i]));
	for (size_t i = 0; i < compared->result_count; i++)
		json_array_append_new(keys, key_json(compared, &compared->results[i]));
	json_object_set_new(out, "schema", json_integer(1));
	json_object_set_new(out, "paired", json_boolean(compared->paired));
	json_object_set_new(out, "groups", groups);
	json_object_set_new(out, "comparisons", keys);
	return out;
}

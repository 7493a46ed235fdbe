#include "analysis/summary_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/printable.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"

json_t *summary_text(const char *text)
{
	char *valid;
	json_t *out;

	if (!text)
		return json_null();
	out = json_string(text);
	if (out)
		return out;
	/* What was cut to its size can end within a character. */
	valid = malloc(strlen(text) + 1);
	if (valid)
		out = json_string(printable_text(valid, strlen(text) + 1, text));
	free(valid);
	return out;
}

json_t *summary_number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

/* A number of flows is whole; what is derived from it need not be. */
json_t *summary_count(double value)
{
	return isfinite(value) ? json_integer((json_int_t)value) : json_null();
}

json_t *summary_copy(const json_t *value)
{
	return value ? json_deep_copy(value) : json_null();
}

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *build_worker(const struct run *run, size_t index, uint64_t total)
{
	const struct worker *worker = &run->workers[index];
	const struct received *counts = &worker->counts;
	double share = (double)run_units(run, counts) / (double)total;
	json_t *out = json_object();

	json_object_set_new(out, "index", integer(index));
	json_object_set_new(out, "pid", worker->lives ? integer(worker->pid) : json_null());
	json_object_set_new(out, "cookie", worker->lives ? integer(worker->cookie) : json_null());
	json_object_set_new(out, "lives", integer(worker->lives));
	json_object_set_new(out, "packets", integer(counts->packets));
	json_object_set_new(out, "connections", integer(counts->connections));
	json_object_set_new(out, "bytes", integer(counts->bytes));
	json_object_set_new(out, "share", summary_number(share));
	json_object_set_new(out, "drops", integer(counts->drops));
	return out;
}

static json_t *build_workers(const struct run *run, uint64_t total)
{
	json_t *out = json_array();

	for (size_t i = 0; i < run->worker_count; i++)
		json_array_append_new(out, build_worker(run, i, total));
	return out;
}

static json_t *build_cause(const struct cause *cause)
{
	json_t *out = json_object(), *commands = json_array();

	json_object_set_new(out, "cause", json_string(cause->name));
	json_object_set_new(out, "evidence", summary_text(cause->evidence));
	json_object_set_new(out, "remedy", summary_text(cause->remedy));
	for (size_t i = 0; i < cause->command_count; i++)
		json_array_append_new(commands, summary_text(cause->commands[i]));
	json_object_set_new(out, "commands", commands);
	return out;
}

json_t *summary_causes(const struct causes *causes)
{
	json_t *out = json_array();

	for (size_t i = 0; i < causes->count; i++)
		json_array_append_new(out, build_cause(&causes->list[i]));
	return out;
}

static json_t *build_interval(const struct bounds *interval)
{
	json_t *out = json_object();

	json_object_set_new(out, "low", summary_number(interval->low));
	json_object_set_new(out, "high", summary_number(interval->high));
	return out;
}

/* The keys are the same whether there are intervals or not: an expectation may name each. */
static json_t *build_intervals(const struct confidence *confidence)
{
	json_t *out = json_object();

	json_object_set_new(out, "level", json_real(CONFIDENCE));
	json_object_set_new(out, "basis", summary_text(confidence_basis_names[confidence->basis]));
	json_object_set_new(out, "why_not",
			    summary_text(*confidence->why_not ? confidence->why_not : NULL));
	for (size_t i = 0; i < FIGURES; i++)
		json_object_set_new(out, figure_names[i],
				    build_interval(&confidence->certainty.of[i]));
	return out;
}

json_t *summary_distribution(const struct run *run, const struct analysis *analysis)
{
	const struct distribution *d = &analysis->distribution;
	json_t *out = json_object();

	json_object_set_new(out, "unit", json_string(run_unit(run, true)));
	json_object_set_new(out, "workers", build_workers(run, d->total));
	json_object_set_new(out, "max_share", summary_number(d->max_share));
	json_object_set_new(out, "min_share", summary_number(d->min_share));
	json_object_set_new(out, "max_over_mean", summary_number(d->max_over_mean));
	json_object_set_new(out, "cv", summary_number(d->cv));
	json_object_set_new(out, "jain", summary_number(d->jain));
	json_object_set_new(out, "effective_workers", summary_number(d->effective_workers));
	json_object_set_new(out, "gini",
			    summary_number(analysis->confidence.figures.of[FIGURE_GINI]));
	json_object_set_new(out, "entropy",
			    summary_number(analysis->confidence.figures.of[FIGURE_ENTROPY]));
	json_object_set_new(out, "intervals", build_intervals(&analysis->confidence));
	json_object_set_new(out, "flows", summary_count(d->flows));
	json_object_set_new(out, "effective_flows", summary_number(d->effective_flows));
	json_object_set_new(out, "expected_cv", summary_number(d->expected_cv));
	json_object_set_new(out, "p_value", summary_number(d->p_value));
	json_object_set_new(out, "verdict", json_string(verdict_names[d->verdict]));
	json_object_set_new(out, "causes", summary_causes(&analysis->causes));
	return out;
}

static json_t *build_front(const struct life *front)
{
	json_t *out = json_object();

	json_object_set_new(out, "name", json_string(front->name));
	json_object_set_new(out, "pid", front->pid ? integer(front->pid) : json_null());
	json_object_set_new(out, "cookie", integer(front->cookie));
	json_object_set_new(out, "packets", integer(front->counts.packets));
	json_object_set_new(out, "handed_on", integer(front->counts.handed_on));
	json_object_set_new(out, "drops", integer(front->counts.drops));
	json_object_set_new(out, "in_queue", integer(front->counts.in_queue));
	json_object_set_new(out, "lost_in_crash", integer(front->counts.lost_in_crash));
	return out;
}

json_t *summary_receiver(const struct run *run)
{
	static const char *const of_header[] = { "model", "protocol", "engine",
						 "steer", "handover", NULL };
	static const char *const of_summary[] = { "generations",  "restarts",
						  "respawns",     "crashed",
						  "decisions_by", "decisions",
						  "fallbacks",    NULL };
	json_t *out = json_object(), *fronts = json_array();

	for (size_t i = 0; of_header[i]; i++)
		json_object_set_new(out, of_header[i],
				    summary_copy(
					    json_object_get(run->receive_header, of_header[i])));
	for (size_t i = 0; of_summary[i]; i++)
		json_object_set_new(out, of_summary[i],
				    summary_copy(
					    json_object_get(run->receive_summary, of_summary[i])));
	for (size_t i = 0; i < run->fronts.count; i++)
		json_array_append_new(fronts, build_front(&run->fronts.list[i]));
	json_object_set_new(out, "fronts", fronts);
	return out;
}

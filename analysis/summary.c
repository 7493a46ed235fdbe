#include "analysis/summary.h"

#include <time.h>

#include "analysis/analysis.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "analysis/summary_parts.h"
#include "common/clock.h"

static json_t *answer(enum answer given)
{
	return given == ANSWER_UNKNOWN ? json_null() : json_boolean(given == ANSWER_YES);
}

static json_t *started(const struct run *run)
{
	const char *text = record_text(run->manifest, "started");
	char buffer[32];
	uint64_t ns;
	time_t seconds;
	struct tm utc;

	if (text || (!record_count(run->receive_header, "t_ns", &ns) &&
		     !record_count(run->observed.header, "t_ns", &ns)))
		return summary_text(text);
	seconds = (time_t)(ns / NS_PER_SECOND);
	gmtime_r(&seconds, &utc);
	strftime(buffer, sizeof(buffer), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_string(buffer);
}

/* What the user said of the run; a manifest is anybody's, and only texts are labels. */
static json_t *build_labels(const json_t *manifest)
{
	json_t *out = json_object(), *value;
	const char *key;

	json_object_foreach(json_object_get(manifest, "labels"), key, value)
	{
		if (json_is_string(value))
			json_object_set(out, key, value);
	}
	return out;
}

static json_t *build_run(const struct run *run)
{
	const json_t *cpus = json_object_get(run->manifest, "cpus");
	const json_t *seed = json_object_get(run->manifest, "seed");
	json_t *out = json_object();

	if (!cpus)
		cpus = json_object_get(run->receive_header, "cpus");
	if (!cpus && !run->receive_header)
		cpus = json_object_get(run->observed.header, "cpus");
	if (!seed)
		seed = json_object_get(run->sender.header, "seed");
	json_object_set_new(out, "id", summary_text(run_text(run, "run")));
	json_object_set_new(out, "scenario", summary_text(record_text(run->manifest, "scenario")));
	json_object_set_new(out, "started", started(run));
	json_object_set_new(out, "host", summary_text(run_text(run, "host")));
	json_object_set_new(out, "kernel", summary_text(run_text(run, "kernel")));
	json_object_set_new(out, "cpus", summary_copy(cpus));
	json_object_set_new(out, "seed", summary_copy(seed));
	json_object_set_new(out, "labels", build_labels(run->manifest));
	return out;
}

static json_t *build_ledger(const struct ledger_row *rows, const void *ledger)
{
	json_t *out = json_object();

	for (; rows->key; rows++) {
		const struct amount *amount = ledger_amount(ledger, rows);
		json_t *into = out;

		if (rows->group && !json_object_get(out, rows->group))
			json_object_set_new(out, rows->group, json_object());
		if (rows->group)
			into = json_object_get(out, rows->group);
		json_object_set_new(into, rows->key,
				    amount->known ? json_integer(amount->value) : json_null());
	}
	return out;
}

static json_t *build_check(const struct counter_check *check)
{
	json_t *out = json_object();

	json_object_set_new(out, "present", json_boolean(check->present));
	json_object_set_new(out, "packets",
			    check->present ? json_integer((json_int_t)check->packets)
					   : json_null());
	json_object_set_new(out, "agree", answer(check->agree));
	return out;
}

static json_t *build_agreement(const struct agreement *agreement)
{
	json_t *out = json_object();

	json_object_set_new(out, "probe", build_check(&agreement->probe));
	json_object_set_new(out, "bpftrace", build_check(&agreement->bpftrace));
	json_object_set_new(out, "workers", build_check(&agreement->workers));
	json_object_set_new(out, "all", answer(agreement->all));
	return out;
}

static json_t *build_rates(const struct rates *rates)
{
	json_t *out = json_object();

	json_object_set_new(out, "sent_pps", summary_number(rates->sent_pps));
	json_object_set_new(out, "received_pps", summary_number(rates->received_pps));
	json_object_set_new(out, "stored_rows_per_s", summary_number(rates->stored_rows_per_s));
	json_object_set_new(out, "requested_pps", summary_number(rates->requested_pps));
	return out;
}

/* The quantiles KEYS of the histogram NAME in RECORD; all null where nothing was measured. */
static json_t *build_quantiles(const json_t *record, const char *name, const char *const keys[])
{
	const json_t *histogram = json_object_get(record, name);
	json_t *out = json_object();
	uint64_t count = 0;
	bool measured = record_count(histogram, "count", &count) && count > 0;

	for (; *keys; keys++)
		json_object_set_new(out, *keys,
				    summary_copy(measured ? json_object_get(histogram, *keys)
							  : NULL));
	return out;
}

static json_t *build_sender(const struct sender *sender)
{
	static const char *const keys[] = { "p50", "p99", "max", NULL };
	json_t *out = json_object();

	json_object_set_new(out, "limited",
			    summary_copy(json_object_get(sender->summary, "limited")));
	json_object_set_new(out, "late_ns", build_quantiles(sender->summary, "late_ns", keys));
	return out;
}

json_t *summary_build(const struct run *run, const struct analysis *analysis)
{
	static const char *const latencies[] = { "p50", "p90", "p99", "p999", "max", NULL };
	const json_t *missing = json_object_get(run->manifest, "missing");
	json_t *out = json_object(), *ledger = json_object();

	json_object_set_new(out, "schema", json_integer(1));
	json_object_set_new(out, "run", build_run(run));
	json_object_set_new(ledger, "packets", build_ledger(packet_rows, &analysis->packets));
	json_object_set_new(ledger, "lines", build_ledger(line_rows, &analysis->lines));
	json_object_set_new(out, "ledger", ledger);
	json_object_set_new(out, "distribution", summary_distribution(run, analysis));
	json_object_set_new(out, "counters_agree", build_agreement(&analysis->agreement));
	json_object_set_new(out, "rates", build_rates(&analysis->rates));
	json_object_set_new(out, "sender", build_sender(&run->sender));
	json_object_set_new(out, "receiver", summary_receiver(run));
	json_object_set_new(out, "latency_ns",
			    build_quantiles(run->receive_summary, "latency_ns", latencies));
	json_object_set_new(out, "committed_ns",
			    build_quantiles(run->receive_summary, "committed_ns", latencies));
	json_object_set_new(out, "missing", missing ? json_deep_copy(missing) : json_array());
	/* Without a manifest nobody says how the run ended. */
	json_object_set_new(out, "interrupted",
			    run->manifest ? json_boolean(run->interrupted) : json_null());
	return out;
}

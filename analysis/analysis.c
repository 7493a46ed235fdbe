#include "analysis/analysis.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/clock.h"
#include "common/message.h"

/* What arrived and what was received are the same below that. */
#define SAME_MAX_OVER_MEAN 0.01

static double per_second(uint64_t count, uint64_t ns)
{
	return ns ? clock_rate(count, ns) : (double)NAN;
}

/*
 * ns in which the receiver did what SPAN says. Its first and last interval were busy for an unknown
 * part; what lies between them was busy for sure, and no shorter than the sender's time.
 */
static uint64_t busy_time(const struct span *span, const struct sender *sender)
{
	uint64_t between =
		span->last_start > span->first_end ? span->last_start - span->first_end : 0;

	if (!sender->elapsed)
		return span->last_end - span->first_start;
	return between > sender->elapsed ? between : sender->elapsed;
}

static void find_rates(struct rates *out, const struct run *run)
{
	const struct sender *sender = &run->sender;

	*out = (struct rates){
		.sent_pps = sender->present ? per_second(sender->packets, sender->elapsed)
					    : (double)NAN,
		/* A stream has no packets. */
		.received_pps = run->tcp ? (double)NAN
					 : per_second(run->total.packets,
						      busy_time(&run->receiving, sender)),
		/* The probe sees no lines. */
		.stored_rows_per_s = run->from_probe ? (double)NAN
						     : per_second(run->total.stored,
								  busy_time(&run->storing, sender)),
		.requested_pps = record_number(sender->summary, "requested_pps"),
	};
}

/* The test of the flows that the hash assigned, where each was seen. 0 or -ENOMEM. */
static int find_test(struct flow_test *test, struct analysis *out, const struct run *run,
		     const uint64_t *counts)
{
	int error = seen_flows_describe(&out->seen, run, out->tolerance);

	*test = (struct flow_test){ .method = FLOW_TEST_NONE };
	if (error || out->chooser != CHOOSER_HASH)
		return error;
	/* A connection is a flow, and all of one weight. */
	if (run->tcp)
		return flow_test_counts(test, counts, run->worker_count);
	if (out->seen.seen)
		*test = out->seen.test;
	return 0;
}

/*
 * How unequal the flows are that were received. What was seen to arrive has no loss before it; of
 * what was sent the weights are known, and of connections each is a flow.
 */
static struct mix find_mix(const struct distribution_input *input, const struct analysis *out,
			   const struct run *run)
{
	const json_t *packets = json_object_get(run->sender.summary, "flow_packets");
	double sent = (double)run->sender.packets, received = 0, heaviest = 0;
	struct mix mix;

	if (out->seen.seen)
		return mix_of(input->flows, input->effective_flows,
			      out->seen.weight.heaviest_share);
	for (size_t i = 0; i < input->workers; i++)
		received += (double)input->counts[i];
	if (run->tcp)
		return mix_of(input->flows, input->flows, 0).count > 0
			       ? mix_of(received, received, 0)
			       : (struct mix){ 0 };
	/* What the sender kept no account of is not in its largest number. */
	if (sent > 0 && record_number(packets, "max") > 0 &&
	    !json_is_true(json_object_get(run->sender.summary, "flows_estimated")))
		heaviest = record_number(packets, "max") / sent;
	mix = mix_of(input->flows, input->effective_flows, heaviest);
	return run->sender.present ? mix_received(&mix, sent, received) : mix;
}

static int find_distribution(struct analysis *out, const struct run *run)
{
	uint64_t *counts = calloc(run->worker_count, sizeof(*counts));
	struct distribution_input input = { .counts = counts,
					    .workers = run->worker_count,
					    .tolerance = out->tolerance,
					    .hashed = out->chooser == CHOOSER_HASH };
	struct flow_test tested;
	int error;

	if (!counts)
		return -ENOMEM;
	for (size_t i = 0; i < run->worker_count; i++)
		counts[i] = run_units(run, &run->workers[i].counts);
	run_flows(run, &input.flows, &input.effective_flows);
	error = find_test(&tested, out, run, counts);
	if (out->seen.seen) {
		input.flows = (double)out->seen.merged.flows;
		input.effective_flows = out->seen.weight.effective;
		input.refuted = seen_flows_are_split(&out->seen) ||
				out->seen.max_over_mean <= 1 + out->tolerance;
	}
	if (!input.refuted && tested.method != FLOW_TEST_NONE)
		input.tested = &tested;
	input.mix = find_mix(&input, out, run);
	if (!error)
		distribution_describe(&out->distribution, &input);
	free(counts);
	return error;
}

int analysis_make(struct analysis *out, const struct run *run, double tolerance)
{
	int error;

	out->seen = (struct seen_flows){ .flows = NULL };
	out->tolerance = tolerance;
	out->chooser = chooser_find(run);
	error = find_distribution(out, run);
	if (!error)
		error = confidence_find(&out->confidence, out, run);
	if (error) {
		analysis_free(out);
		return error;
	}
	ledger_packets(&out->packets, run);
	ledger_lines(&out->lines, run, &out->packets);
	agreement_check(&out->agreement, run);
	find_rates(&out->rates, run);
	causes_find(&out->causes, out, run);
	return 0;
}

void analysis_free(struct analysis *analysis)
{
	seen_flows_free(&analysis->seen);
}

bool analysis_received_as_arrived(const struct analysis *analysis)
{
	return analysis->seen.seen &&
	       fabs(analysis->seen.max_over_mean - analysis->distribution.max_over_mean) <
		       SAME_MAX_OVER_MEAN;
}

static bool is_off(struct amount rest)
{
	return rest.known && rest.value != 0;
}

bool analysis_contradicts(const struct analysis *analysis)
{
	return analysis->agreement.all == ANSWER_NO ||
	       analysis->agreement.workers.agree == ANSWER_NO ||
	       is_off(analysis->packets.unaccounted) || is_off(analysis->lines.unaccounted);
}

void analysis_warn(const struct analysis *analysis, const struct run *run)
{
	const char *netns = record_text(run->manifest, "netns");
	uint64_t errors;

	if (run->store_present && !run->from_probe && run->stored_rows != run->total.stored)
		message_warning("the database counts %" PRIu64 " rows, the workers stored %" PRIu64,
				run->stored_rows, run->total.stored);
	if (netns && netns[0] == 'p' && !run->tcp &&
	    record_count(json_object_get(run->manifest, "snmp"), "rcvbuf_errors", &errors) &&
	    errors != run->total.drops)
		message_warning("the kernel counts %" PRIu64
				" packets dropped at receive buffers, the workers %" PRIu64,
				errors, run->total.drops);
	if (is_off(analysis->packets.unaccounted))
		message_detail("the packet ledger does not balance");
}

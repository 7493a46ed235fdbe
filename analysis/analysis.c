#include "analysis/analysis.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/run.h"
#include "analysis/stream.h"
#include "common/clock.h"
#include "common/message.h"

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
		.received_pps = per_second(run->total.packets, busy_time(&run->receiving, sender)),
		.stored_rows_per_s =
			per_second(run->total.stored, busy_time(&run->storing, sender)),
		.requested_pps = record_number(sender->summary, "requested_pps"),
	};
}

int analysis_make(struct analysis *out, const struct run *run, double tolerance)
{
	uint64_t *packets = calloc(run->worker_count, sizeof(*packets));
	int error;

	if (!packets)
		return -ENOMEM;
	for (size_t i = 0; i < run->worker_count; i++)
		packets[i] = run->workers[i].counts.packets;
	out->tolerance = tolerance;
	error = distribution_describe(&out->distribution, packets, run->worker_count,
				      record_number(run->sender.summary, "flows"),
				      record_number(run->sender.summary, "effective_flows"),
				      tolerance);
	free(packets);
	if (error)
		return error;
	ledger_packets(&out->packets, run);
	ledger_lines(&out->lines, run, &out->packets);
	agreement_check(&out->agreement, run);
	find_rates(&out->rates, run);
	causes_find(&out->causes, out, run);
	return 0;
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

	if (run->store_present && run->stored_rows != run->total.stored)
		message_warning("the database counts %" PRIu64 " rows, the workers stored %" PRIu64,
				run->stored_rows, run->total.stored);
	if (netns && netns[0] == 'p' &&
	    record_count(json_object_get(run->manifest, "snmp"), "rcvbuf_errors", &errors) &&
	    errors != run->total.drops)
		message_warning("the kernel counts %" PRIu64
				" packets dropped at receive buffers, the workers %" PRIu64,
				errors, run->total.drops);
	if (analysis->packets.unaccounted.value)
		message_detail("the packet ledger does not balance");
}

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/units.h"
#include "faker/options.h"
#include "faker/plan.h"
#include "faker/lines/replay.h"
#include "faker/lines/schema.h"
#include "faker/report.h"
#include "faker/run.h"

/* Below this share of the requested rate the sender, not the receiver, set the pace. */
#define RATE_HELD 0.99

bool report_sender_limited(const struct plan *plan, const struct result *result)
{
	/* As many as come at random, give or take five standard deviations. */
	double allowance = plan->options->arrivals.kind == ARRIVALS_POISSON
				   ? 5 * sqrt(result->due)
				   : (double)(plan->options->arrivals.burst - 1);

	/* Where connections fail, it was the other side. */
	if (result->reason == STOP_END || result->sent.unsent_packets > 0)
		return false;
	/* Too few packets to tell. */
	if (result->due < 100)
		return false;
	return (double)result->sent.packets < RATE_HELD * result->due - allowance;
}

double report_requested_pps(const struct result *result)
{
	return result->due > 0 ? result->due / (double)result->elapsed * NS_PER_SECOND
			       : (double)NAN;
}

/* What to do about an errno of sending, where that does not depend on more. */
static const struct {
	int error;
	const char *hint;
} hints[] = {
	{ EADDRINUSE, "another socket has that source port; see 'ss -an'" },
	{ EACCES, "source ports below net.ipv4.ip_unprivileged_port_start are for root" },
	{ EMFILE, "raise the limit of open files: ulimit -n" },
	{ ENFILE, "raise the limit of open files of the system: sysctl fs.file-max" },
	{ ENOBUFS, "the queue of the network device is full: lower --rate, or give the device a "
		   "longer one ('ip link set DEVICE txqueuelen N')" },
	{ EPERM, "a packet filter refuses it; see 'nft list ruleset'" },
	{ ENETUNREACH, "there is no route; see 'ip route get ADDRESS'" },
	{ EHOSTUNREACH, "there is no route; see 'ip route get ADDRESS'" },
};

static void hint(int error, const struct plan *plan)
{
	const bool tcp = plan->options->protocol == PROTOCOL_TCP;

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (hints[i].error == error)
			message_hint("%s", hints[i].hint);
	if (error == ECONNREFUSED)
		message_hint("see 'ss -l%cn'", tcp ? 't' : 'u');
	else if (error == EMSGSIZE)
		message_hint("the packet is too large for the way to the target (MTU %u): use "
			     "--packet-size or fewer --lines",
			     plan->mtu);
	else if ((error == EINVAL || error == EIO) && plan->engine == &engine_gso)
		message_hint("the kernel or the network device cannot segment UDP: use --engine "
			     "sendmmsg");
	else if (error == EADDRNOTAVAIL && tcp)
		message_hint("all source ports are taken, most by closed connections in "
			     "TIME_WAIT: lower --rate, or add --source-addr with a range");
	else if (error == EADDRNOTAVAIL)
		message_hint("the host must own every source address, and each needs free ports; "
			     "see 'ip address' and net.ipv4.ip_local_port_range");
}

void report_unheard(const struct plan *plan, const struct sent *total)
{
	char text[ADDRESS_TEXT];

	message_error("nobody listens on %s: %s", address_text(text, &plan->target),
		      plan->options->protocol == PROTOCOL_TCP ? "connections are refused"
							      : "the packets are lost");
	message_detail("%" PRIu64 " of %" PRIu64 " calls that could tell were answered so",
		       total->refused_calls, total->watched_calls);
	hint(ECONNREFUSED, plan);
}

void report_failed_start(const struct plan *plan, const struct result *result)
{
	char text[ADDRESS_TEXT];

	if (result->failed.length > 0)
		message_error("could not send from %s: %s", address_text(text, &result->failed),
			      strerror(-result->failure));
	else if (plan->schema && result->failure == -ENOMEM)
		message_error("could not %s of schema %s: %s", result->opening, plan->schema->name,
			      strerror(ENOMEM));
	else
		message_error("could not %s for %s: %s", result->opening,
			      address_text(text, &plan->target), strerror(-result->failure));
	if (plan->schema && result->failure == -ENOMEM)
		message_hint("each series has 8 bytes for each walk and counter; --series limits "
			     "them");
	hint(-result->failure, plan);
}

static void tell_failure(const struct plan *plan, const struct result *result)
{
	char text[ADDRESS_TEXT];

	if (result->reason != STOP_FAILED)
		return;
	if (result->failure == -EMSGSIZE && result->bad_line)
		message_error("%s:%" PRIu64 ": the line does not fit into a packet of %u bytes",
			      plan->options->replay, result->bad_line, plan->packet_max);
	else if (result->bad_line)
		replay_explain(plan->options->replay, result->failure);
	else if (plan->options->dry_run && result->failure != -EINTR)
		message_error("could not write to standard output: %s", strerror(-result->failure));
	else
		message_error("gave up sending to %s: %s", address_text(text, &plan->target),
			      strerror(-result->failure));
}

static void tell_errors(const struct plan *plan, const struct result *result)
{
	char text[ADDRESS_TEXT], count[UNITS_TEXT];

	for (size_t i = 0; i < ERROR_KINDS && result->errors.kinds[i].count; i++) {
		int error = result->errors.kinds[i].number;

		message_warning("sending to %s failed %s time%s: %s",
				address_text(text, &plan->target),
				units_grouped(count, result->errors.kinds[i].count),
				result->errors.kinds[i].count == 1 ? "" : "s", strerror(error));
		if (error != ECONNREFUSED || !result->unheard)
			hint(error, plan);
	}
}

/* How many replies were not as --expect-echo wants them. */
static uint64_t failed_replies(const struct result *result)
{
	return result->tcp.counts.wrong_replies + result->tcp.counts.missing_replies;
}

/* A recording without a line; of a file that was known before. */
static bool held_nothing(const struct result *result)
{
	return result->reason == STOP_END && result->sent.packets == 0 &&
	       result->sent.unsent_packets == 0;
}

int report_status(const struct result *result)
{
	if (result->reason == STOP_FAILED || result->unheard || held_nothing(result))
		return EXIT_INCOMPLETE;
	/* Whoever interrupts does not count on all being sent. */
	if (result->sent.unsent_packets > 0 && result->reason != STOP_SIGNAL)
		return EXIT_INCOMPLETE;
	return failed_replies(result) > 0 ? EXIT_EXPECTATION : EXIT_DONE;
}

void report_problems(const struct plan *plan, const struct result *result)
{
	const struct sent *sent = &result->sent;
	char count[UNITS_TEXT], total[UNITS_TEXT];

	if (!plan->options->dry_run)
		tell_errors(plan, result);
	tell_failure(plan, result);
	if (held_nothing(result))
		replay_explain(plan->options->replay, -EINVAL);
	if (sent->short_packets)
		message_warning("%s packet%s fewer than %" PRIu64 " lines: no more fit into %u "
				"bytes",
				units_grouped(count, sent->short_packets),
				sent->short_packets == 1 ? " holds" : "s hold", plan->lines,
				plan->packet_max);
	if (failed_replies(result) > 0)
		message_error("%s of %s replies were wrong or missing",
			      units_grouped(count, failed_replies(result)),
			      units_grouped(total, sent->packets));
	if (report_sender_limited(plan, result))
		message_warning("the sender was the limit: it reached %s of %s packets/s",
				units_grouped(count,
					      (uint64_t)clock_rate(sent->packets, result->elapsed)),
				units_grouped(total, (uint64_t)report_requested_pps(result)));
}

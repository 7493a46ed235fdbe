/* Which engine sends: the one that was asked for, or the one that suits. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "faker/engines/engine.h"
#include "faker/options.h"
#include "faker/packet.h"
#include "faker/plan.h"

const char *const engine_names[] = { "auto", "sendto", "sendmmsg", "gso", "raw", NULL };

/* In the order of their names. */
static const struct engine_row *const rows[] = { NULL, &engine_sendto, &engine_sendmmsg,
						 &engine_gso, &engine_raw };

static uint32_t packet_limit(const struct engine_row *engine, const struct plan *plan)
{
	uint32_t whole = plan_unfragmented(plan);

	return (engine == &engine_gso || engine == &engine_raw) && whole < DATAGRAM_MAX
		       ? whole
		       : DATAGRAM_MAX;
}

/* Whether the kernel lets us write IP headers. */
static int try_raw(const struct plan *plan)
{
	int fd = socket(plan->target.any.sa_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static bool fits(const struct engine_row *engine, const struct plan *plan)
{
	return plan->packet_max <= packet_limit(engine, plan);
}

/* Packets in a row from one source: what sendmmsg and gso can put into one call. */
static bool has_trains(const struct plan *plan)
{
	const struct fake_options *options = plan->options;

	if (source_per_packet(&options->source))
		return false;
	return plan->slots == 1 || options->arrivals.burst > 1;
}

static void choose_freely(struct plan *plan)
{
	if (source_per_packet(&plan->options->source)) {
		if (!fits(&engine_raw, plan)) {
			plan->engine = &engine_sendto;
			plan->engine_why = "packets may be larger than the MTU allows for raw";
		} else if (try_raw(plan) != 0) {
			plan->engine = &engine_sendto;
			plan->engine_why = "raw, which is faster, needs CAP_NET_RAW";
		} else {
			plan->engine = &engine_raw;
			plan->engine_why = "a new source port for each packet needs no socket";
		}
	} else if (!has_trains(plan)) {
		plan->engine = &engine_sendto;
		plan->engine_why = "each packet comes from another socket than the one before";
	} else if (plan->equal_sizes && fits(&engine_gso, plan)) {
		plan->engine = &engine_gso;
		plan->engine_why = "packets of one size in a row from one socket";
	} else {
		plan->engine = &engine_sendmmsg;
		plan->engine_why = plan->equal_sizes
					   ? "packets are larger than the MTU allows for gso"
					   : "packets differ in size; with --packet-size it is gso";
	}
}

static bool choose_named(struct plan *plan)
{
	int error;

	plan->engine = rows[plan->options->engine];
	plan->engine_why = "asked for";
	/* How long recorded lines are shows when they come. */
	if (plan->options->replay && !fits(plan->engine, plan) && !plan->equal_sizes)
		plan->packet_max = packet_limit(plan->engine, plan);
	if (!fits(plan->engine, plan)) {
		message_error(
			"packets of up to %u bytes are too large for --engine %s: with an MTU "
			"of %u, the limit is %u",
			plan->packet_max, plan->engine->name, plan->mtu,
			packet_limit(plan->engine, plan));
		message_hint("make them smaller with --lines or --packet-size, or take --engine "
			     "sendto or sendmmsg, whose packets the kernel fragments");
		return false;
	}
	if (plan->engine != &engine_raw)
		return true;
	error = try_raw(plan);
	if (error) {
		message_error("could not open a raw socket: %s", strerror(-error));
		message_hint("--engine raw needs CAP_NET_RAW: run it as root, or 'setcap "
			     "cap_net_raw+ep fairport-fake'");
	}
	return !error;
}

bool engine_choose(struct plan *plan)
{
	const struct fake_options *options = plan->options;

	if (options->dry_run) {
		plan->engine = &engine_print;
		plan->engine_why = "--dry-run";
	} else if (options->protocol == PROTOCOL_TCP) {
		plan->engine = &engine_tcp;
		plan->engine_why = "--protocol tcp";
	} else if (options->engine == ENGINE_AUTO) {
		choose_freely(plan);
	} else {
		return choose_named(plan);
	}
	return true;
}

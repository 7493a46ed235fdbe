#include "probes/top/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/exit.h"
#include "common/message.h"
#include "probes/sockets/ports.h"
#include "probes/sockets/sockets.h"
#include "probes/tap/host.h"
#include "probes/tap/sample.h"
#include "probes/tap/tap.h"
#include "probes/top/options.h"

struct source {
	const struct ports *ports;          /* NULL: any */
	struct ports counted;               /* those that the tap knows, where PORTS is NULL */
	struct socket_iterators *iterators; /* NULL: not allowed */
	struct tap *tap;                    /* NULL: not allowed */
	struct sample sample;
	enum tier tier;
	bool flows;
};

/* Ports of any unconnected socket; who wants all groups has to watch them before they are one. */
static void find_ports(struct ports *out, const struct socket_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!list->items[i].connected)
			ports_add(out, address_port(&list->items[i].local));
}

static int open_tap(struct source *source, const struct top_options *options, enum tier tier,
		    uint32_t netns, const char **step)
{
	struct tap_options what = {
		.arrivals = tier == TIER_ARRIVALS,
		.flows = tier == TIER_ARRIVALS && !options->no_flows,
		.netns = netns,
		.ports = &source->counted,
	};
	int error = tap_open(&source->tap, &what, step);

	if (error)
		return error;
	source->tier = tier;
	source->flows = what.flows;
	return 0;
}

static void say_tier(const struct source *source, const char *step, int error)
{
	if (source->tier == TIER_NONE && error == -EPERM)
		message_note("tier none: queues, drops and owners only; who gets how much needs "
			     "CAP_BPF and CAP_PERFMON, with CAP_NET_ADMIN also what arrives");
	else if (source->tier == TIER_NONE)
		message_warning("tier none, queues, drops and owners only: could not %s the BPF "
				"programs: %s (--verbose tells more)",
				step, strerror(-error));
	else if (source->tier == TIER_RECEPTIONS && error)
		message_note("tier receptions: what is taken out of UDP sockets; what arrives "
			     "there needs CAP_NET_ADMIN as well");
	else if (source->tier == TIER_RECEPTIONS)
		message_note("tier receptions: what is taken out of UDP sockets, as --no-arrivals "
			     "asks for");
	else
		message_note("tier arrivals: what arrives at each socket%s",
			     source->flows ? ", with its flows" : "");
}

static int open_best(struct source *source, const struct top_options *options)
{
	const char *step = "prepare";
	uint32_t netns = 0;
	int error = host_netns(&netns);

	if (error) {
		message_error("could not read /proc/self/ns/net: %s", strerror(-error));
		return error;
	}
	error = options->no_arrivals ? -EPERM
				     : open_tap(source, options, TIER_ARRIVALS, netns, &step);
	if (error && open_tap(source, options, TIER_RECEPTIONS, netns, &step) == 0)
		error = options->no_arrivals ? 0 : error;
	say_tier(source, step, error);
	return 0;
}

struct source *source_open(const struct top_options *options, int *status)
{
	struct source *source = calloc(1, sizeof(*source));
	struct socket_list list = { .count = 0 };
	bool chosen = !ports_empty(&options->ports);
	int error;

	*status = EXIT_CANNOT_RUN;
	if (!source) {
		message_error("could not prepare: %s", strerror(ENOMEM));
		return NULL;
	}
	source->ports = chosen ? &options->ports : NULL;
	error = sockets_list(&list, source->ports);
	if (error) {
		message_error("could not list the sockets: %s", strerror(-error));
		goto failed;
	}
	if (chosen && list.count == 0 && !options->wait) {
		sockets_explain_absent(&options->ports);
		goto failed;
	}
	if (chosen)
		source->counted = options->ports;
	else
		find_ports(&source->counted, &list);
	/* Without them there are no slots; whether there are counts is another matter. */
	if (socket_iterators_open(&source->iterators) != 0)
		source->iterators = NULL;
	if (open_best(source, options) != 0)
		goto failed;
	socket_list_free(&list);
	return source;
failed:
	socket_list_free(&list);
	source_close(source);
	return NULL;
}

enum tier source_tier(const struct source *source)
{
	return source->tier;
}

bool source_has_flows(const struct source *source)
{
	return source->flows;
}

static int read_counts(struct source *source, const struct socket_list *list, const char **step)
{
	if (!source->tap)
		return 0;
	if (!source->ports) {
		int error;

		find_ports(&source->counted, list);
		*step = "look at new sockets by way of the kernel";
		error = tap_add_ports(source->tap, &source->counted);
		if (error)
			return error;
	}
	*step = "read the counters from the kernel";
	return tap_read(source->tap, &source->sample, false);
}

int source_read(struct source *source, struct reading *out, const char **step)
{
	struct socket_list list = { .count = 0 };
	struct tap_flow_entry *flows = NULL;
	size_t flow_count = 0;
	int error;

	*out = (struct reading){ .time = 0 };
	*step = "list the sockets";
	error = sockets_list(&list, source->ports);
	if (!error && source->iterators) {
		*step = "look at the sockets in the kernel";
		error = socket_iterators_read(source->iterators, &list);
	}
	if (!error)
		error = read_counts(source, &list, step);
	if (!error && source->flows)
		error = tap_read_flows(source->tap, &flows, &flow_count);
	if (!error)
		error = reading_join(out, &list, source->tap ? &source->sample : NULL, flows,
				     flow_count, source->tier);
	out->time = source->tap ? source->sample.time : clock_now();
	free(flows);
	socket_list_free(&list);
	return error;
}

uint64_t source_lost(struct source *source)
{
	struct tap_lost lost = { 0 };

	if (source->tap)
		lost = tap_lost(source->tap);
	return lost.events + lost.sockets + lost.missed;
}

void source_close(struct source *source)
{
	if (!source)
		return;
	tap_close(source->tap);
	socket_iterators_close(source->iterators);
	sample_free(&source->sample);
	free(source);
}

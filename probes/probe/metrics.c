#include "probes/probe/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/imbalance.h"
#include "common/openmetrics/text.h"
#include "probes/probe/report.h"
#include "probes/probe/source.h"

#define NUMBER 24

void metrics_start(struct metrics *metrics, struct source *source)
{
	*metrics = (struct metrics){ .source = source };
}

void metrics_interval(struct metrics *metrics, const struct view *view)
{
	size_t count = view->sample->member_count;
	uint64_t *taken;

	if (!metrics->source->options->openmetrics.text)
		return;
	taken = realloc(metrics->taken, (count + 1) * sizeof(*taken));
	if (!taken)
		return; /* the last interval stays the one before */
	for (size_t i = 0; i < count; i++)
		taken[i] = worker_taken(&view->members[i]);
	metrics->taken = taken;
	metrics->members = count;
}

static void write_worker_counters(struct openmetrics_text *text, const struct account *account)
{
	static const struct {
		const char *name, *unit, *help;
		size_t offset; /* in the counters of all receive calls */
	} families[] = {
		{ "fairport_probe_packets", NULL, "Packets that receive calls handed over.",
		  offsetof(struct tap_counters, packets) },
		{ "fairport_probe_bytes", "bytes", "Bytes that receive calls handed over.",
		  offsetof(struct tap_counters, bytes) },
		{ "fairport_probe_eagain", NULL, "Receive calls that found nothing.",
		  offsetof(struct tap_counters, eagain) },
		{ "fairport_probe_idle_wakeups", NULL,
		  "Receive calls that found nothing right after another such call.",
		  offsetof(struct tap_counters, idle_wakeups) },
		{ "fairport_probe_errors", NULL, "Receive calls that failed.",
		  offsetof(struct tap_counters, errors) },
	};

	for (size_t family = 0; family < sizeof(families) / sizeof(families[0]); family++) {
		openmetrics_family(text, OPENMETRICS_COUNTER, families[family].name,
				   families[family].unit, families[family].help);
		for (size_t i = 0; i < account->view.count; i++) {
			const struct worker *worker = &account->view.workers[i];
			char pid[NUMBER], cookie[NUMBER];
			struct openmetrics_label labels[] = { { "pid", pid },
							      { "cookie", cookie },
							      { "comm", worker->command },
							      { NULL, NULL } };

			snprintf(pid, sizeof(pid), "%" PRIu64, worker->pid);
			snprintf(cookie, sizeof(cookie), "%" PRIu64, worker->cookie);
			openmetrics_uint(text, labels,
					 *(const uint64_t *)((const char *)&worker->total +
							     families[family].offset));
		}
	}
}

static void write_calls(struct openmetrics_text *text, const struct view *view)
{
	openmetrics_family(text, OPENMETRICS_COUNTER, "fairport_probe_calls", NULL,
			   "Calls that returned, whatever they returned.");
	for (size_t call = 0; call < TAP_CALLS; call++) {
		struct openmetrics_label labels[] = { { "call", tap_call_names[call] },
						      { NULL, NULL } };

		openmetrics_uint(text, labels, view->by_call[call].calls);
	}
}

/* The labels of a socket. */
struct socket_labels {
	char cookie[NUMBER], port[NUMBER];
	struct openmetrics_label list[5];
};

static void label_socket(struct socket_labels *labels, const struct sample_member *member)
{
	snprintf(labels->cookie, NUMBER, "%" PRIu64, member->cookie);
	snprintf(labels->port, NUMBER, "%u", member->port);
	labels->list[0] = (struct openmetrics_label){ "cookie", labels->cookie };
	labels->list[1] = (struct openmetrics_label){ "protocol", member->tcp ? "tcp" : "udp" };
	labels->list[2] = (struct openmetrics_label){ "port", labels->port };
	labels->list[3] = labels->list[4] = (struct openmetrics_label){ NULL, NULL };
}

/* One number of each socket. Returns false where it is not known of this one. */
typedef bool socket_value(const struct account *account, size_t member, uint64_t *value);

static bool value_arrivals(const struct account *account, size_t member, uint64_t *value)
{
	*value = account->now->members[member].counters.arrivals;
	return account->source->options->with.arrivals && !account->now->members[member].tcp;
}

static bool value_flows(const struct account *account, size_t member, uint64_t *value)
{
	*value = account->now->members[member].counters.flows;
	return account->source->options->with.flows && !account->now->members[member].tcp;
}

static bool value_handshakes(const struct account *account, size_t member, uint64_t *value)
{
	*value = account->now->members[member].counters.handshakes;
	return account->source->tap && account->now->members[member].tcp;
}

static bool value_accepts(const struct account *account, size_t member, uint64_t *value)
{
	*value = worker_accepts(&account->view.members[member]);
	return account->source->tap && account->now->members[member].tcp;
}

static bool value_queue(const struct account *account, size_t member, uint64_t *value)
{
	*value = account->now->members[member].queue_packets;
	return account->now->members[member].open &&
	       (account->source->tap || account->now->members[member].tcp);
}

static bool value_queue_bytes(const struct account *account, size_t member, uint64_t *value)
{
	*value = account->now->members[member].queue_bytes;
	return account->now->members[member].open && !account->now->members[member].tcp;
}

static bool value_rcvbuf(const struct account *account, size_t member, uint64_t *value)
{
	*value = account->now->members[member].rcvbuf;
	return account->now->members[member].open && !account->now->members[member].tcp;
}

static void write_socket_values(struct openmetrics_text *text, const struct account *account)
{
	static const struct {
		enum openmetrics_type type;
		const char *name, *unit, *help;
		socket_value *value;
	} families[] = {
		{ OPENMETRICS_COUNTER, "fairport_probe_arrivals", NULL,
		  "Packets that arrived at a socket.", value_arrivals },
		{ OPENMETRICS_COUNTER, "fairport_probe_flows", NULL,
		  "New 4-tuples that arrived at a socket.", value_flows },
		{ OPENMETRICS_COUNTER, "fairport_probe_handshakes", NULL,
		  "TCP connections that were established.", value_handshakes },
		{ OPENMETRICS_COUNTER, "fairport_probe_accepts", NULL,
		  "TCP connections that were accepted.", value_accepts },
		{ OPENMETRICS_GAUGE, "fairport_probe_queue_packets", NULL,
		  "Packets in the receive queue, or connections in the accept queue.",
		  value_queue },
		{ OPENMETRICS_GAUGE, "fairport_probe_queue_bytes", "bytes",
		  "Bytes that the receive queue is charged.", value_queue_bytes },
		{ OPENMETRICS_GAUGE, "fairport_probe_rcvbuf_bytes", "bytes",
		  "Bytes that the receive queue may have.", value_rcvbuf },
	};

	for (size_t family = 0; family < sizeof(families) / sizeof(families[0]); family++) {
		openmetrics_family(text, families[family].type, families[family].name,
				   families[family].unit, families[family].help);
		for (size_t i = 1; i < account->now->member_count; i++) {
			struct socket_labels labels = { .cookie = "" };
			uint64_t value;

			if (!account_takes(account, i) ||
			    !families[family].value(account, i, &value))
				continue;
			label_socket(&labels, &account->now->members[i]);
			openmetrics_uint(text, labels.list, value);
		}
	}
}

/* By reason; what is dropped for none that was seen has the reason "other". */
static void write_drops(struct openmetrics_text *text, const struct account *account)
{
	openmetrics_family(text, OPENMETRICS_COUNTER, "fairport_probe_drops", NULL,
			   "Packets that the kernel dropped at a socket, by its reason.");
	for (size_t i = 1; i < account->now->member_count; i++) {
		const struct sample_member *member = &account->now->members[i];
		uint64_t other = member->counters.dropped;
		struct socket_labels labels = { .cookie = "" };
		char name[REASON_NAME];

		if (!account_takes(account, i))
			continue;
		label_socket(&labels, member);
		for (size_t j = 0; j < TAP_REASONS; j++) {
			uint64_t packets = member->reasons[j].packets;

			if (!packets)
				continue;
			labels.list[3] = (struct openmetrics_label){
				"reason", reasons_name(tap_reasons(account->source->tap), name,
						       member->reasons[j].reason)
			};
			openmetrics_uint(text, labels.list, packets);
			other -= packets < other ? packets : other;
		}
		labels.list[3] = (struct openmetrics_label){ "reason", "other" };
		openmetrics_uint(text, labels.list, other);
	}
}

/* Of the open sockets with the protocol and port of member FIRST. */
static double imbalance_from(const struct account *account, size_t first, const uint64_t *taken,
			     size_t count)
{
	const struct sample *now = account->now;
	uint64_t *counts = calloc(now->member_count, sizeof(*counts));
	struct imbalance imbalance;
	size_t members = 0;

	for (size_t i = first; counts && i < now->member_count && i < count; i++)
		if (now->members[i].open && account_takes(account, i) &&
		    now->members[i].port == now->members[first].port &&
		    now->members[i].tcp == now->members[first].tcp)
			counts[members++] = taken[i];
	imbalance = imbalance_of(counts, members);
	free(counts);
	return imbalance.max_over_mean;
}

/* Whether no member before this one has its protocol and port. */
static bool is_first(const struct account *account, size_t member)
{
	const struct sample_member *members = account->now->members;

	for (size_t i = 1; i < member; i++)
		if (members[i].port == members[member].port &&
		    members[i].tcp == members[member].tcp && members[i].open &&
		    account_takes(account, i))
			return false;
	return members[member].open && account_takes(account, member);
}

static int write_imbalance(struct openmetrics_text *text, const struct account *account,
			   const struct metrics *metrics)
{
	size_t count = account->now->member_count;
	uint64_t *taken = calloc(count + 1, sizeof(*taken));

	if (!taken)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		taken[i] = worker_taken(&account->view.members[i]);
	openmetrics_family(text, OPENMETRICS_GAUGE, "fairport_probe_imbalance", NULL,
			   "What the busiest socket of a port took, over the mean of its "
			   "sockets.");
	for (size_t i = 1; i < count; i++) {
		struct socket_labels labels = { .cookie = "" };

		if (!is_first(account, i))
			continue;
		label_socket(&labels, &account->now->members[i]);
		labels.list[0] = (struct openmetrics_label){ "window", "start" };
		openmetrics_double(text, labels.list, imbalance_from(account, i, taken, count));
		labels.list[0].value = "interval";
		openmetrics_double(text, labels.list,
				   imbalance_from(account, i, metrics->taken, metrics->members));
	}
	free(taken);
	return 0;
}

static void write_lost(struct openmetrics_text *text, struct tap *tap)
{
	struct tap_lost lost = tap_lost(tap);
	struct openmetrics_label labels[] = { { "why", "no_room" }, { NULL, NULL } };

	openmetrics_family(text, OPENMETRICS_COUNTER, "fairport_probe_lost", NULL,
			   "Events that were not counted.");
	openmetrics_uint(text, labels, lost.events);
	labels[0].value = "skipped";
	openmetrics_uint(text, labels, lost.missed);
	labels[0].value = "flow_evicted";
	openmetrics_uint(text, labels, lost.evicted);
}

int metrics_write(void *context, struct openmetrics_text *text)
{
	struct metrics *metrics = context;
	struct sample now = { 0 };
	struct account account = { .source = metrics->source, .now = &now };
	int error = source_read(metrics->source, &now, false);

	if (!error)
		error = view_make(&account.view, &now, &now, metrics->source->options);
	if (!error && metrics->source->tap) {
		write_worker_counters(text, &account);
		write_calls(text, &account.view);
		error = write_imbalance(text, &account, metrics);
		write_lost(text, metrics->source->tap);
	}
	if (!error) {
		write_socket_values(text, &account);
		write_drops(text, &account);
	}
	view_free(&account.view);
	sample_free(&now);
	return error;
}

void metrics_end(struct metrics *metrics)
{
	free(metrics->taken);
	metrics->taken = NULL;
}

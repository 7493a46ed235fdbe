#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdio.h>

#include "common/ndjson.h"
#include "common/record.h"
#include "probes/groups/options.h"
#include "probes/groups/report.h"
#include "probes/groups/shadow.h"
#include "probes/groups/survey.h"

static void record_known(struct ndjson *out, const char *key, bool known, uint64_t value)
{
	if (known)
		ndjson_uint(out, key, value);
	else
		ndjson_string(out, key, NULL);
}

static void record_text_or_null(struct ndjson *out, const char *key, const char *text)
{
	ndjson_string(out, key, text[0] ? text : NULL);
}

void record_header(struct ndjson *out, const struct survey *survey, int argc, char **argv)
{
	record_begin_header(out, &groups_program, survey->options, argc, argv);
	ndjson_string(out, "tier", survey->iterators ? "bpf" : "none");
	ndjson_end(out);
}

/* "hash", "cbpf", "ebpf"; null where only the kernel knows. */
static void record_program(struct ndjson *out, const struct group *group)
{
	const struct socket_details *details = &group_socket(group)->details;
	const char *steering = "hash";

	if (!group->is_group || !details->known)
		steering = NULL;
	else if (details->program_type)
		steering = details->program ? "ebpf" : "cbpf";
	ndjson_string(out, "steering", steering);
	if (!details->program_type) {
		ndjson_string(out, "program_type", NULL);
		ndjson_string(out, "program_id", NULL);
		ndjson_string(out, "program_name", NULL);
		return;
	}
	ndjson_string(out, "program_type", libbpf_bpf_prog_type_str(details->program_type));
	record_known(out, "program_id", details->program, details->program);
	record_text_or_null(out, "program_name", details->program_name);
}

static void record_owners(struct ndjson *out, const struct member *member)
{
	ndjson_open_array(out, "owners");
	for (size_t i = 0; i < member->socket->owner_count; i++) {
		const struct socket_owner *owner = &member->owners[i];
		char state[] = { owner->state, '\0' };

		ndjson_open_object(out, NULL);
		ndjson_int(out, "pid", owner->pid);
		ndjson_string(out, "comm", owner->command);
		ndjson_string(out, "state", state);
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
}

static void record_queue(struct ndjson *out, const struct socket_info *socket)
{
	const struct socket_details *details = &socket->details;

	if (socket->tcp) {
		ndjson_uint(out, "queue_connections", socket->queue);
		ndjson_uint(out, "backlog", socket->backlog);
	} else {
		ndjson_uint(out, "queue_bytes", socket->queue);
		record_known(out, "queue_packets", details->known, details->queue_packets);
	}
	ndjson_uint(out, "drops", socket->drops);
	ndjson_uint(out, "rcvbuf_bytes", socket->rcvbuf);
}

static void record_marks(struct ndjson *out, const struct member *member)
{
	ndjson_open_array(out, "marks");
	for (size_t i = 0; i < MARKS; i++) {
		if (!member->marks[i].cause)
			continue;
		ndjson_open_object(out, NULL);
		ndjson_string(out, "mark", mark_names[i]);
		ndjson_string(out, "cause", member->marks[i].cause);
		ndjson_string(out, "evidence", member->marks[i].evidence);
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
}

static void record_member(struct ndjson *out, const struct member *member)
{
	const struct socket_info *socket = member->socket;
	const struct socket_details *details = &socket->details;
	char peer[ADDRESS_TEXT];

	ndjson_open_object(out, NULL);
	record_known(out, "slot", details->grouped && details->slot != UINT32_MAX, details->slot);
	ndjson_uint(out, "cookie", socket->cookie);
	record_known(out, "pid", member->holder,
		     member->holder ? (uint64_t)member->holder->pid : 0);
	ndjson_string(out, "comm", member->holder ? member->holder->command : NULL);
	record_known(out, "generation", member->generation, member->generation);
	ndjson_string(out, "peer", socket->connected ? address_text(peer, &socket->peer) : NULL);
	record_queue(out, socket);
	record_known(out, "incoming_cpu", details->known && details->incoming_cpu >= 0,
		     (uint64_t)details->incoming_cpu);
	record_owners(out, member);
	record_marks(out, member);
	ndjson_close_object(out);
}

static void record_shadowed(struct ndjson *out, const struct group_list *list, size_t index)
{
	char text[SHADOW_TEXT];

	ndjson_open_array(out, "shadowed_by");
	for (size_t i = 0; i < list->shadow_count; i++) {
		const struct shadow *shadow = &list->shadows[i];
		const struct group *taker = &list->items[shadow->taker];

		if (shadow->victim != index)
			continue;
		ndjson_open_object(out, NULL);
		ndjson_string(out, "address", address_text(text, &group_socket(taker)->local));
		record_text_or_null(out, "device", group_socket(taker)->device);
		ndjson_uint(out, "cookie", group_socket(taker)->cookie);
		ndjson_uint(out, "sockets", taker->count);
		ndjson_string(out, "evidence", shadow_text(text, list, shadow));
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
}

static void record_place(struct ndjson *out, const struct group *group)
{
	const struct socket_info *socket = group_socket(group);
	char text[ADDRESS_TEXT], user[USER_TEXT];

	ndjson_string(out, "protocol", socket->tcp ? "tcp" : "udp");
	ndjson_string(out, "address", address_text(text, &socket->local));
	ndjson_uint(out, "port", address_port(&socket->local));
	record_text_or_null(out, "device", socket->device);
	ndjson_bool(out, "v6only", socket->v6only);
	ndjson_uint(out, "netns", group->namespace->inode);
	record_text_or_null(out, "netns_name", group->namespace->name);
	ndjson_uint(out, "uid", socket->uid);
	ndjson_string(out, "user", user_text(user, socket->uid));
}

static void record_group(struct ndjson *out, const struct group_list *list, size_t index)
{
	const struct group *group = &list->items[index];
	const struct socket_details *details = &group_socket(group)->details;

	ndjson_begin(out, "group");
	record_place(out, group);
	ndjson_bool(out, "grouped", group->is_group);
	if (details->known)
		ndjson_bool(out, "reuseport", details->reuseport);
	else
		ndjson_string(out, "reuseport", NULL);
	record_program(out, group);
	record_shadowed(out, list, index);
	ndjson_open_array(out, "members");
	for (size_t i = 0; i < group->count; i++)
		record_member(out, &group->members[i]);
	ndjson_close_array(out);
	ndjson_end(out);
}

void record_groups(struct ndjson *out, const struct group_list *list, const struct survey *survey)
{
	struct totals totals = report_totals(list);

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].shown)
			record_group(out, list, i);
	ndjson_begin(out, "summary");
	ndjson_uint(out, "elapsed_ns", survey->looked);
	ndjson_uint(out, "looks", survey->looks);
	ndjson_bool(out, "all_visible", survey->all_visible);
	ndjson_uint(out, "namespaces", survey->count);
	ndjson_uint(out, "groups", totals.groups);
	ndjson_uint(out, "members", totals.members);
	ndjson_uint(out, "sockets", totals.sockets);
	ndjson_uint(out, "marked", totals.marked);
	ndjson_open_object(out, "marks");
	for (size_t i = 0; i < MARKS; i++)
		ndjson_uint(out, mark_names[i], totals.marks[i]);
	ndjson_close_object(out);
	ndjson_end(out);
}

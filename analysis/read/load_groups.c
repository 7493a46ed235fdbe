/* groups.ndjson: which sockets the kernel chooses among, and what is wrong with them. */
#include <stdlib.h>
#include <string.h>

#include "analysis/read/load.h"
#include "analysis/read/observed_record.h"
#include "analysis/run.h"
#include "common/message.h"

struct groups {
	struct observed *observed;
	bool header, summary;
};

static bool take_marks(struct observed_place *place, const json_t *marks)
{
	size_t count = json_array_size(marks);

	place->marks = calloc(count + 1, sizeof(*place->marks));
	if (!place->marks)
		return false;
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(marks, i);
		struct observed_mark *mark = &place->marks[place->mark_count++];

		observed_text(mark->cause, sizeof(mark->cause), item, "cause");
		observed_text(mark->evidence, sizeof(mark->evidence), item, "evidence");
	}
	return true;
}

#define PLACE(key, field, absent)                                                                  \
	{                                                                                          \
		key, offsetof(struct observed_place, field), absent                                \
	}

static const struct observed_row place_rows[] = {
	PLACE("slot", slot, OBSERVED_UNKNOWN),
	PLACE("pid", holder.pid, 0),
	{ .key = NULL },
};
static const struct observed_row udp_rows[] = {
	PLACE("queue_bytes", queue, 0),
	{ .key = NULL },
};
static const struct observed_row tcp_rows[] = {
	PLACE("queue_connections", queue, 0),
	{ .key = NULL },
};

static const char *take_member(struct observed_group *group, const json_t *item)
{
	struct observed_place *place = &group->members[group->member_count];
	const char *wrong = observed_read(item, place_rows, place);

	if (!record_count(item, "cookie", &place->cookie))
		return "a member without cookie";
	if (!wrong)
		wrong = observed_read(item, group->tcp ? tcp_rows : udp_rows, place);
	if (wrong)
		return wrong;
	observed_text(place->holder.comm, sizeof(place->holder.comm), item, "comm");
	observed_text(place->peer, sizeof(place->peer), item, "peer");
	group->member_count++;
	return take_marks(place, json_object_get(item, "marks")) ? NULL : "out of memory";
}

static const char *fill_group(struct observed_group *group, const json_t *record)
{
	const json_t *members = json_object_get(record, "members");
	const char *wrong = NULL;

	observed_text(group->address, sizeof(group->address), record, "address");
	observed_text(group->steering, sizeof(group->steering), record, "steering");
	observed_text(group->program_name, sizeof(group->program_name), record, "program_name");
	group->grouped = json_is_true(json_object_get(record, "grouped"));
	group->members = calloc(json_array_size(members) + 1, sizeof(*group->members));
	if (!group->members)
		return "out of memory";
	for (size_t i = 0; i < json_array_size(members) && !wrong; i++)
		wrong = take_member(group, json_array_get(members, i));
	return wrong;
}

static void group_free(struct observed_group *group)
{
	for (size_t i = 0; i < group->member_count; i++)
		free(group->members[i].marks);
	free(group->members);
}

static const char *take_group(struct observed *observed, const json_t *record)
{
	const char *protocol = record_text(record, "protocol");
	struct observed_group *groups, group = { .tcp = false };
	const char *wrong;

	if (!protocol || !record_count(record, "port", &group.port) ||
	    !json_is_array(json_object_get(record, "members")))
		return "a group without protocol, port or members";
	group.tcp = strcmp(protocol, "tcp") == 0;
	wrong = fill_group(&group, record);
	groups = wrong ? NULL
		       : observed_more(observed->groups, observed->group_count, sizeof(group));
	if (!groups) {
		group_free(&group);
		return wrong ? wrong : "out of memory";
	}
	observed->groups = groups;
	groups[observed->group_count++] = group;
	return NULL;
}

static const char *take(void *context, const char *type, json_t *record)
{
	struct groups *groups = context;
	bool *first = strcmp(type, "header") == 0    ? &groups->header
		      : strcmp(type, "summary") == 0 ? &groups->summary
						     : NULL;

	if (strcmp(type, "group") == 0)
		return take_group(groups->observed, record);
	if (first && *first)
		return "a second header or summary";
	if (first)
		*first = true;
	return NULL;
}

void load_groups(struct run *run)
{
	struct groups groups = { .observed = &run->observed };
	struct stream stream = { .directory = run->directory,
				 .run = record_text(run->manifest, "run"),
				 .name = "groups.ndjson",
				 .program = "groups",
				 .take = take,
				 .context = &groups };
	enum stream_result result = stream_read(&stream);

	if (result == STREAM_ABSENT)
		return;
	run->observed.groups_known = groups.header || run->observed.group_count > 0;
	if (result == STREAM_READ && groups.summary)
		return;
	run->incomplete = true;
	if (!groups.summary)
		message_warning("%s/groups.ndjson has no summary: some groups may not be told",
				run->directory);
}

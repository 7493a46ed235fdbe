/* Groups of sockets, as they are shown. */
#ifndef FAIRPORT_GROUPS_GROUP_H
#define FAIRPORT_GROUPS_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/sockets/sockets.h"

struct namespace;
struct survey;

/* What may be wrong with a member. */
enum mark {
	MARK_UNREAD,  /* nobody takes out what comes */
	MARK_FOREIGN, /* of another program than most of the group */
	MARK_SHADOWS, /* takes what others would get */
	MARK_STALE,   /* of an earlier generation */
	MARKS,
};

extern const char *const mark_names[MARKS];

#define EVIDENCE_TEXT 256

struct marking {
	const char *cause; /* a word of the design, "dead-member"; NULL: it is not so marked */
	char evidence[EVIDENCE_TEXT];
};

struct member {
	const struct socket_info *socket;
	const struct socket_owner *owners; /* visible ones, SOCKET->owner_count of them */
	/*
	 * Of those with the fewest sockets of the group: a process that opens all and hands one to
	 * each of its children has more than they. NULL: none is visible.
	 */
	const struct socket_owner *holder;
	size_t sharers;      /* that have as few: 1, or more where several have it */
	uint64_t generation; /* of fairport-receive; 0: unknown */
	struct marking marks[MARKS];
};

/*
 * Sockets that the kernel chooses from by hash or program; or one that is in no group, or several
 * that share a place without being a group. They have protocol, address, device and user in common.
 */
struct group {
	const struct namespace *namespace;
	struct member *members; /* by slot, or by cookie where slots are unknown */
	size_t count;
	bool is_group;
	bool shown; /* else it is here for what it takes from others */
};

/* A socket takes what another would get without it. */
enum shadow_by { SHADOW_PEER, SHADOW_ADDRESS, SHADOW_DEVICE, SHADOW_FAMILY, SHADOW_ORDER };

struct shadow {
	size_t taker, victim; /* groups */
	enum shadow_by by;
};

struct group_list {
	struct group *items;
	size_t count;
	struct member *members; /* of all groups */
	struct shadow *shadows; /* by taker */
	size_t shadow_count;
};

/* Any member stands for what all have in common. */
static inline const struct socket_info *group_socket(const struct group *group)
{
	return group->members[0].socket;
}

/*
 * Makes groups of what the survey found last, and points into it. 0 or -ENOMEM; groups_free() in
 * any case.
 */
int groups_find(struct group_list *out, const struct survey *survey);
void groups_free(struct group_list *list);

/* Notes a mark unless there is one of the kind already. */
void member_mark(struct member *member, enum mark mark, const char *cause, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

bool member_is_marked(const struct member *member);

#endif

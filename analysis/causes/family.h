/*
 * One cause each: whether it applies to SCENE, and if so, its evidence and remedy. Only what the
 * data proves is named. A cause that needs to know who received what is not asked without that.
 */
#ifndef FAIRPORT_ANALYSIS_CAUSES_FAMILY_H
#define FAIRPORT_ANALYSIS_CAUSES_FAMILY_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/causes.h"
#include "common/units.h"

struct observed_group;
struct observed_mark;
struct observed_member;
struct observed_place;
struct observed_process;

struct scene {
	const struct analysis *analysis; /* NULL: nobody knows who received what */
	const struct run *run;
};

typedef bool cause_finder(struct cause *cause, const struct scene *scene);

/* flows.c: what the hash has to choose from. */
cause_finder cause_one_flow, cause_few_flows, cause_heavy_flow, cause_flows_unknown;

/* choice.c: what chooses, if not the hash. */
cause_finder cause_steering_program, cause_flows_split;

/* dead.c: sockets that nobody reads. */
cause_finder cause_dead_member;

/* members.c: sockets that are not what they should be. */
cause_finder cause_foreign_member, cause_stale_member, cause_shadowed, cause_connected_member;

/* losses.c */
cause_finder cause_rcvbuf_overflow;

/* accepts.c: what becomes of TCP connections before they are accepted. */
cause_finder cause_accept_queue_overflow, cause_accept_queue_lost;

/* sender.c: what happened before packets arrived. */
cause_finder cause_nat_collapse, cause_sender_limited;

/* What they write with. */
void cause_evidence(struct cause *cause, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void cause_remedy(struct cause *cause, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void cause_command(struct cause *cause, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The code that has a classic BPF program choose for each packet by chance, for --workers N. */
void cause_choose_by_packet(struct cause *cause, size_t workers);

/* "1,234" of a number that need not be whole; "?" of one that is not known. */
const char *cause_count(char buffer[static UNITS_TEXT], double count);

/*
 * Whether the hash chose, and what it gave to the workers was uneven: by the flows that were seen,
 * else by the verdict.
 */
bool scene_hash_was_uneven(const struct scene *scene);

/* The cause "nat-collapse" applies: that few flows came is not the sender's doing. */
bool scene_has_nat_collapse(const struct scene *scene);

/* So many connections were turned away that what was accepted is not what the hash assigned. */
bool scene_lacks_connections(const struct scene *scene);

/* A mark that fairport-groups gave. */
struct marked {
	const struct observed_group *group;
	const struct observed_place *place;
	const struct observed_mark *mark;
	const struct observed_member *member; /* NULL: the probe did not watch it */
};

#define MARKED_LIMIT 64

/* Those with this cause; at most LIMIT are listed, and all are counted. */
size_t marked_find(struct marked list[static MARKED_LIMIT], const struct run *run,
		   const char *cause);

/*
 * The evidence: how many of LIST there are, the first of them, WHAT is wrong with it, and what came
 * to it.
 */
void marked_tell(struct cause *cause, const struct run *run, const struct marked *list,
		 size_t count, const char *what);

/* Whether nobody reads it: by its mark, or as nothing was taken all the time, and packets wait. */
bool member_is_dead(const struct run *run, const struct observed_member *member);

/* How many other sockets of its port the process has open, too. */
size_t member_others(const struct run *run, const struct observed_member *member, uint64_t pid);

/*
 * Who took most from it; if nobody did, who has it open, and of several who has fewest others, as a
 * master has all. NULL: unknown.
 */
const struct observed_process *member_process(const struct run *run,
					      const struct observed_member *member);

/* What was chosen for it, packets or handshakes; OBSERVED_UNKNOWN. */
uint64_t member_arrivals(const struct observed_member *member);

#endif

/* The 4-tuples that reached a group between two readings. */
#ifndef FAIRPORT_TOP_FLOWS_H
#define FAIRPORT_TOP_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reading;
struct reading_member;

/* Over the flows that had packets. */
struct flow_sums {
	double count;
	double packets, squares; /* of all their packets, and of the squares of each one's */
	uint64_t *hashes;        /* of each; one that reached two members is here twice */
	size_t hash_count, hash_room;
};

/*
 * Adds the flows of MEMBER, which is of NOW and was BEFORE in THEN. Returns how many there were;
 * NAN where they are not counted, or without memory.
 */
double flows_add(struct flow_sums *sums, const struct reading *now,
		 const struct reading_member *member, const struct reading *then,
		 const struct reading_member *before);

/*
 * (sum w)^2 / sum w^2. Flows that had to make room in the table are taken to be like those that
 * are still there: of TOTAL packets in all, the sum of squares grows by as much as the packets of
 * the known ones fall short. NAN where nothing is known.
 */
double flows_effective(const struct flow_sums *sums, double total);

/* How many flows reached more than one member, which no hash makes them do. Sorts the hashes. */
size_t flows_split(struct flow_sums *sums);

void flows_free(struct flow_sums *sums);

#endif

/*
 * What all workers of a pool would say, said once: that the server is gone, and that it is back.
 * Kept in memory that they share.
 */
#ifndef FAIRPORT_RECEIVER_POSTGRES_OUTAGE_H
#define FAIRPORT_RECEIVER_POSTGRES_OUTAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outage;

/* In the parent, before it forks. NULL: out of memory. */
struct outage *outage_open(void);

/* Worker INDEX cannot go on, because of WHY: said if all others can. */
void outage_begin(struct outage *outage, size_t index, const char *why);

/* Whether nobody has said THING yet: then the caller is to say it, and will have. */
enum outage_thing { OUTAGE_NO_MARKS, OUTAGE_NOT_STORED, OUTAGE_THINGS };
bool outage_is_first(struct outage *outage, enum outage_thing thing);

/* It goes on: said, with how long it took, if it was the last that could not. */
void outage_end(struct outage *outage, size_t index);

/* Worker INDEX begins, in the place of one that may have died, or ends: nothing holds it up. */
void outage_leave(struct outage *outage, size_t index);

#endif

/* What was counted, one row per process and socket, in the order of pid and cookie. */
#ifndef FAIRPORT_TABLE_H
#define FAIRPORT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/counters.h"
#include "probes/receptions_shared.h"

struct worker {
	uint64_t pid, cookie;
	char command[RECEPTION_COMMAND];
	struct reception_counters total;
	struct reception_counters by_call[RECEPTION_CALLS];
};

struct table {
	struct worker *rows;
	size_t count, room;
	struct reception_counters total;
};

extern const struct counter reception_counters[];
extern const char *const reception_call_names[RECEPTION_CALLS];

/* Removes the rows and keeps the memory. */
void table_clear(struct table *table);

/* Adds the row of KEY, whose counters are the sums over BY_CPU[0..CPUS). 0 or -ENOMEM. */
int table_append(struct table *table, const struct reception_key *key,
		 const struct reception_value *by_cpu, int cpus);

/* Brings the rows into their order; call after the last append. */
void table_sort(struct table *table);

/*
 * DELTA = NOW - BEFORE, row by row; a row that BEFORE lacks counts from zero. DELTA's old rows
 * are replaced. 0 or -ENOMEM.
 */
int table_subtract(struct table *delta, const struct table *now, const struct table *before);

/* Adds up one call's counters over all rows. */
struct reception_counters table_call_total(const struct table *table, enum reception_call call);

void table_free(struct table *table);

#endif

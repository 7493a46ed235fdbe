/*
 * What a run will do: the options resolved against this host - addresses, ports, engine, data - and
 * refused where it cannot work. Constant once made, and shared by the threads.
 */
#ifndef FAIRPORT_FAKER_PLAN_H
#define FAIRPORT_FAKER_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/address.h"
#include "faker/lines/dataset.h"
#include "faker/origin.h"
#include "faker/popularity.h"

struct engine_row;
struct fake_options;
struct schema;

struct plan {
	const struct fake_options *options;
	struct address target;
	struct address local;    /* what the kernel sends from to the target; port 0 */
	struct origins origins;  /* what was asked for instead */
	struct port_range ports; /* the kernel's ephemeral range */
	uint32_t mtu;            /* of the route to the target, in bytes */

	uint64_t slots; /* sources at a time, of all threads */
	bool divided;   /* each thread has its own part of them; else ... */
	bool shared;    /* ... all have the same sockets, or each has its own that it renews */
	struct popularity popularity; /* without entries: in turn */

	const struct schema *schema; /* NULL with --replay */
	size_t line_max;             /* bytes of its longest line */
	uint32_t packet_max;         /* no packet is longer, in bytes */
	bool equal_sizes;            /* all packets are of the same length */
	uint64_t lines;              /* per packet; 0: as many as fit */

	const struct engine_row *engine;
	const char *engine_why; /* a phrase: "asked for", "packets of one size from one socket" */
};

/* False after an error message. */
bool plan_make(struct plan *plan, const struct fake_options *options);
void plan_free(struct plan *plan);

/* The largest datagram that goes to the target in one piece, in bytes of payload. */
uint32_t plan_unfragmented(const struct plan *plan);

/* What the lines of THREAD are made of; not for --replay. */
struct dataset_options plan_dataset(const struct plan *plan, uint32_t thread);

#endif

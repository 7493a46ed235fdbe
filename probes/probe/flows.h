/* The flows of a run: 4-tuples, and how unequal they were. */
#ifndef FAIRPORT_PROBE_FLOWS_H
#define FAIRPORT_PROBE_FLOWS_H

#include <stddef.h>
#include <stdint.h>

#include "probes/tap/sample.h"

struct source;

struct flow_list {
	struct tap_flow_entry *items; /* by packets, the most first */
	size_t count;
	uint64_t packets;
	double effective; /* (sum w)^2 / sum w^2 of the packets w; 0 without flows */
	size_t split;     /* 4-tuples that arrived at more than one socket */
};

/* 0 or -errno; flow_list_free() in any case. */
int flow_list_read(struct flow_list *list, const struct source *source);
void flow_list_free(struct flow_list *list);

#define FLOW_END_TEXT 64

/* "192.0.2.1:5353", "[2001:db8::1]:53"; IPv4 as such, also where an IPv6 socket got it. */
const char *flow_end_text(char buffer[static FLOW_END_TEXT], const uint32_t address[static 4],
			  uint16_t port);

#endif

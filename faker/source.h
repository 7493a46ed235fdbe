/*
 * Source strategies: which of the sources (slots) sends a packet, and when a source is renewed:
 * gets a new socket, port or connection. One row of the table per strategy; to add one, write its
 * functions and its row in source.c.
 */
#ifndef FAIRPORT_FAKER_SOURCE_H
#define FAIRPORT_FAKER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/rng.h"

struct popularity;
struct source_strategy;

/* The independent sequences that one seed makes. The lines of thread t are sequence t. */
enum { STREAM_NAMES = 1 << 20, STREAM_POPULARITY = 2 << 20, STREAM_ARRIVALS = 3 << 20 };

/* For the option table: the text, and what it means. */
struct source_option {
	const char *text;
	const struct source_strategy *strategy;
	uint64_t number;  /* pool: sockets; rotate: packets, 0: by time */
	uint64_t period;  /* rotate: ns */
	const char *path; /* list: the file */
};

/* Parses "fixed", "pool:512", ... as OPTION_PARSED wants it. */
int source_parse(void *option, const char **expected);

#define SOURCE_TEXT 80

/* "64 sources at a time": for the parameters; in BUFFER or constant. */
const char *source_meaning(const struct source_option *option, char buffer[static SOURCE_TEXT]);

/* What of a strategy other parts must know. */
bool source_is_pool(const struct source_option *option);    /* many slots: pool, list */
bool source_renews(const struct source_option *option);     /* per-packet, rotate */
bool source_per_packet(const struct source_option *option); /* renewed for every packet */

/* One thread's choices. */
struct source {
	const struct source_option *option;
	const struct popularity *popularity; /* NULL: in turn */
	struct rng rng;
	uint64_t slots;
	uint64_t next;    /* in turn: the slot that comes next */
	uint64_t left;    /* packets of the train that goes on, or until the next renewal */
	uint64_t train;   /* packets in a row from one slot; at least 1 */
	uint64_t renewal; /* clock_now() of the next one */
	uint32_t slot;
};

/*
 * TRAIN packets in a row come from one slot of a pool. POPULARITY must outlive it.
 */
void source_open(struct source *source, const struct source_option *option, uint64_t slots,
		 const struct popularity *popularity, uint64_t train, uint64_t seed,
		 uint64_t stream);

/* The slot of the next packet, sent at NOW (clock_now()); *RENEW: it is to be renewed before. */
uint32_t source_next(struct source *source, uint64_t now, bool *renew);

#endif

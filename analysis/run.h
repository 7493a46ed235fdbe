/*
 * One run, as its streams tell it. What a stream did not tell is marked as absent or unknown,
 * never filled in.
 */
#ifndef FAIRPORT_ANALYSIS_RUN_H
#define FAIRPORT_ANALYSIS_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "analysis/lives.h"
#include "analysis/observed.h"
#include "analysis/timeline.h"
#include "common/received.h"

/* When something was busy, in ns since the receiver's start, to the interval. */
struct span {
	uint64_t first_start, first_end; /* of the first busy interval */
	uint64_t last_start, last_end;
	bool any;
};

struct sender {
	json_t *header, *summary;             /* records; NULL where absent */
	uint64_t packets, lines, send_errors; /* without summary: up to the last interval */
	uint64_t elapsed;                     /* ns */
	bool present;
};

/* Packets as someone else counted them, by process and perhaps socket. */
struct tally {
	struct tally_entry {
		uint64_t pid, cookie, packets;
	} * entries;
	size_t count;
	bool present;
};

struct run {
	const char *directory;
	json_t *manifest;                         /* NULL where absent */
	json_t *receive_header, *receive_summary; /* records; NULL where absent */
	/* What the header says; where it is from before there was a choice, what there was. */
	const char *model, *engine, *steer;
	bool tcp;
	struct lives lives, fronts; /* processes of workers; those, or a socket, before them */
	struct worker *workers;     /* by index */
	size_t worker_count;
	size_t first_count; /* of workers in the first interval; 0: there is none */
	/*
	 * Of the workers, and drops, in_queue and lost_in_crash of the fronts too: the packets that
	 * a front receives, it hands on to workers.
	 */
	struct received total;
	uint64_t lost_in_front; /* packets that a front took along when it died */
	uint64_t pending;       /* lines, of all workers */
	struct span receiving, storing;
	size_t intervals;         /* interval records of the receiver */
	struct timeline timeline; /* of workers, by index */
	struct sender sender;
	struct tally probe, bpftrace;
	struct observed observed;
	/*
	 * No receiver told of its workers: they are the sockets (model "reuseport") or processes on
	 * one socket ("shared") that the probe saw, and nothing is known of lines.
	 */
	bool from_probe;
	/* For run_load_any(): without workers, since nobody could count who received what. */
	bool may_be_blind, blind;
	double seen_flows, seen_effective_flows; /* by the probe, at the workers; NAN: unknown */
	uint64_t stored_rows;                    /* as the database counts them */
	bool store_present;
	bool interrupted; /* the manifest says so */
	bool incomplete;  /* some stream is damaged or lost events; it was said */
};

void run_free(struct run *run);

/*
 * The text KEY from the manifest, else from the header of receive.ndjson ("run", "host",
 * "kernel", "machine"); NULL where neither has it.
 */
const char *run_text(const struct run *run, const char *key);

/*
 * What is chosen a worker for, and its count: packets, or with TCP connections. PLURAL gives
 * "packets", which is a constant.
 */
const char *run_unit(const struct run *run, bool plural);
uint64_t run_units(const struct run *run, const struct received *counts);

/*
 * The flows that a worker was to be chosen for, as the sender tells them, else as the probe saw
 * them; NAN where neither does. Each TCP connection is one.
 */
void run_flows(const struct run *run, double *flows, double *effective);

/*
 * The worker of each member of run->observed, for free(3); OBSERVED_NONE where there is none, or
 * several take from that socket: who takes what comes next was not chosen by flow. NULL: out of
 * memory.
 */
size_t *run_member_workers(const struct run *run);

/* For the loaders: the flows that came to those members of run->observed. */
void run_find_flows(struct run *run, const bool *wanted);

/* For the loaders: something was busy from START to END, both ns. */
void span_extend(struct span *span, uint64_t start, uint64_t end);

/*
 * Whether drops are trains of packets, of a length that nobody knows: with engine gro, the kernel
 * counts what it queues or drops in one piece as one.
 */
bool run_drops_trains(const struct run *run);

/* Packets that all entries add up to. */
uint64_t tally_packets(const struct tally *tally);

#endif

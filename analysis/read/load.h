/* The parts of run_load(), one for each stream. Each says what is wrong by itself. */
#ifndef FAIRPORT_ANALYSIS_LOAD_H
#define FAIRPORT_ANALYSIS_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/read/stream.h"

struct run;
struct tally;

/* The records of receive.ndjson; what they say of workers is in run->lives. */
enum stream_result load_receive(struct run *run);

/* Makes workers of the lives. False after an error message: out of memory. */
bool load_receive_finish(struct run *run);

/*
 * Makes workers of what run->observed says: where no receiver told of any. False after an error
 * message: there is nothing either.
 */
bool load_observed(struct run *run, enum stream_result receive);

void load_fake(struct run *run);
void load_probe(struct run *run);
void load_groups(struct run *run);
void load_bpftrace(struct run *run);
void load_store(struct run *run);
void load_manifest(struct run *run);

/* Says where a stream has no header: then it is not known whose records they are. */
void load_check_header(struct run *run, const struct stream *stream, const json_t *header);

/* A counter beside the receiver. */
struct counter_stream {
	struct tally *tally;
	uint64_t lost; /* events that it could not count */
	bool totals;   /* the final counts were seen */
};

/* False: out of memory. */
bool tally_add(struct tally *tally, uint64_t pid, uint64_t cookie, uint64_t packets);

/* Says what a counter could not count, once its stream is read. */
void load_counter_finish(struct run *run, const struct stream *stream,
			 struct counter_stream *counter, enum stream_result result);

#endif

/* The parts of run_load(), one for each stream. Each says what is wrong by itself. */
#ifndef FAIRPORT_ANALYSIS_LOAD_H
#define FAIRPORT_ANALYSIS_LOAD_H

#include <stdbool.h>

struct run;

/* False when there is no receive.ndjson, or no worker in it. */
bool load_receive(struct run *run);

void load_fake(struct run *run);
void load_probe(struct run *run);
void load_bpftrace(struct run *run);
void load_store(struct run *run);
void load_manifest(struct run *run);

#endif

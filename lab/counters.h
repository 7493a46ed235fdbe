/*
 * The counters beside the workers' own: fairport-probe (libbpf) and recvfrom.bt (bpftrace). Each
 * may be missing on a host; the run goes on without, and the manifest says why.
 */
#ifndef FAIRPORT_LAB_COUNTERS_H
#define FAIRPORT_LAB_COUNTERS_H

#include <stdbool.h>

#include "lab/process.h"

struct receiver;
struct run;

struct counters {
	struct process probe, bpftrace;
};

/*
 * Starts those that can count what RECEIVER does, and waits until they count. False where the
 * scenario asks for what the probe does not know, or after a signal.
 */
bool counters_start(struct counters *counters, struct run *run, const struct receiver *receiver);

/* Stops those that run. False when one of them lost something. */
bool counters_stop(struct counters *counters, struct interrupt *interrupt);

#endif

/*
 * The counters beside the workers' own: fairport-probe (libbpf) and recvfrom.bt (bpftrace). Each
 * may be missing on a host; the run goes on without, and the manifest says why.
 */
#ifndef FAIRPORT_LAB_COUNTERS_H
#define FAIRPORT_LAB_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/process.h"

struct manifest;
struct run_options;
struct scenario;

struct counters {
	struct process probe, bpftrace;
};

/* Starts them on UDP port PORT and waits until they count. */
void counters_start(struct counters *counters, const struct run_options *options,
		    const struct scenario *scenario, const char *directory, const char *logs,
		    uint16_t port, int signal_fd, struct manifest *manifest);

/* Stops those that run. False when one of them lost something. */
bool counters_stop(struct counters *counters);

#endif

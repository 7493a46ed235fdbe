/* The command line of fairport-probe. */
#ifndef FAIRPORT_PROBE_OPTIONS_H
#define FAIRPORT_PROBE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/openmetrics/listener.h"
#include "common/options.h"
#include "probes/sockets/ports.h"

enum probe_by { BY_WORKER, BY_SOCKET, BY_THREAD, BY_CPU, BY_FLOW };
enum probe_tier { TIER_AUTO, TIER_BPF, TIER_NONE };

/* What is counted beyond the receive calls. For OPTION_PARSED: the text comes first. */
struct probe_with {
	const char *text;
	bool arrivals, flows, waits;
};

#define PROBE_PIDS 64

struct probe_pids {
	const char *text;
	pid_t items[PROBE_PIDS];
	size_t count;
};

struct probe_options {
	struct ports ports;
	struct probe_pids pids;
	const char *comm, *cgroup, *netns; /* NULL: not given */
	size_t by, tier;
	struct probe_with with;
	struct openmetrics_address openmetrics;
	uint64_t interval; /* ns */
	uint64_t duration; /* ns; 0: until a signal */
	const char *json;  /* NULL: no records */
	const char *run;   /* NULL: the caller names the run */
	int ready_fd;      /* -1: none */
	bool wait, quiet, verbose;
};

extern const struct program probe_program;
extern const char *const tier_names[];

/* Reads ARGV and checks it; says what is wrong by itself. */
enum options_result probe_options_parse(struct probe_options *options, int argc, char **argv);

#endif

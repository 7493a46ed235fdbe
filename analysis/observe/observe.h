/*
 * Looks at live ports, and leaves what was seen as a run: a directory with probe.ndjson and
 * groups.ndjson, which run_load() reads like any other.
 */
#ifndef FAIRPORT_ANALYSIS_OBSERVE_H
#define FAIRPORT_ANALYSIS_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

struct observe_options {
	const char *ports; /* as for fairport-probe --port */
	const char *netns; /* NULL: this one */
	uint64_t duration; /* ns */
	const char *keep;  /* directory to leave it in, made; NULL: a temporary one */
	int ready_fd;      /* gets a byte once the probe counts; 0 or below: none */
	bool quiet, verbose;
};

struct observation {
	char directory[128];
	bool temporary;   /* observe_end() removes it */
	bool interrupted; /* by a signal: it is shorter than was asked for */
};

/*
 * Runs fairport-probe (--with all --by flow) for the duration and fairport-groups beside it, which
 * stand beside this program. Without privilege they tell less; what is missing is said. Returns an
 * exit status: EXIT_DONE, or after messages another one, and then nothing is left behind.
 */
int observe(struct observation *out, const struct observe_options *options);

/*
 * Removes a temporary directory: to be called as soon as the run is loaded, since signals wait from
 * observe() on until then, so that the directory is left behind in no case.
 */
void observe_end(struct observation *observation);

#endif

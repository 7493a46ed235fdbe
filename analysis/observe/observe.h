/*
 * Looks at live ports, and leaves what was seen as a run: a directory with probe.ndjson and
 * groups.ndjson, which run_load() reads like any other.
 */
#ifndef FAIRPORT_ANALYSIS_OBSERVE_H
#define FAIRPORT_ANALYSIS_OBSERVE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/options.h"
#include "probes/sockets/ports.h"

struct observe_options {
	struct ports ports;
	const char *netns; /* NULL: this one */
	uint64_t duration; /* ns */
	const char *keep;  /* directory to leave it in, made; NULL: a temporary one */
	int ready_fd;      /* gets a byte once the probe counts; 0 or below: none */
};

/* The rows of programs that look, at port or run: TYPE has it as the member "watch". */
#define OBSERVE_ROWS(type)                                                                         \
	{ .name = "port",                                                                          \
	  .letter = 'p',                                                                           \
	  .kind = OPTION_PARSED,                                                                   \
	  .offset = offsetof(type, watch.ports),                                                   \
	  .size = sizeof(struct ports),                                                            \
	  .parse = ports_parse,                                                                    \
	  .metavar = "PORT[,..]",                                                                  \
	  .heading = "What to look at, if not at a run",                                           \
	  .help = "local ports, UDP and TCP: 8089, 53,8089, 9000-9003" },                          \
		{ .name = "duration",                                                              \
		  .letter = 'd',                                                                   \
		  .kind = OPTION_DURATION,                                                         \
		  .offset = offsetof(type, watch.duration),                                        \
		  .metavar = "DURATION",                                                           \
		  .fallback = "5s",                                                                \
		  .least = 100000000,                                                              \
		  .help = "for how long; ^C ends it early" },                                      \
		{ .name = "netns",                                                                 \
		  .letter = 'n',                                                                   \
		  .kind = OPTION_TEXT,                                                             \
		  .offset = offsetof(type, watch.netns),                                           \
		  .metavar = "NAME|PID",                                                           \
		  .help = "network namespace, by its name or of a process\n(default: this one)" }, \
	{                                                                                          \
		.name = "keep", .letter = 'k', .kind = OPTION_TEXT,                                \
		.offset = offsetof(type, watch.keep), .metavar = "DIR",                            \
		.help = "leave what was seen in DIR, a run like any other"                         \
	}
#define OBSERVE_READY(type) OPTION_READY_IN(type, watch.ready_fd)

/* The first option given that means nothing for a run: "netns"; NULL: there is none. */
const char *observe_only_live(const struct observe_options *options);

struct observation {
	char directory[PATH_MAX - 32]; /* what stands in it has a path, too */
	bool temporary;                /* observe_end() removes it */
	bool interrupted;              /* by a signal: it is shorter than was asked for */
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

/* Where the counts come from: BPF programs, or without the privilege for them sock_diag(7). */
#ifndef FAIRPORT_PROBE_SOURCE_H
#define FAIRPORT_PROBE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/probe/options.h"
#include "probes/probe/poll.h"
#include "probes/sockets/sockets.h"
#include "probes/tap/reasons.h"
#include "probes/tap/sample.h"
#include "probes/tap/tap.h"

struct source {
	enum probe_tier tier; /* TIER_BPF or TIER_NONE */
	const struct probe_options *options;
	struct ports ports;       /* those that are watched */
	struct tap *tap;          /* NULL with TIER_NONE */
	struct poll_known known;  /* with TIER_NONE */
	struct socket_list owned; /* the sockets, and whose they are, as of the last read */
};

/*
 * Opens it. Returns an exit status: EXIT_DONE, or after messages another one. NETNS is the inode
 * of the namespace this process is in.
 */
int source_open(struct source *source, const struct probe_options *options, uint32_t netns);

/*
 * Replaces SAMPLE by what was counted since the start, and looks for new ports of the processes
 * where no ports were given. LAST as for tap_read(). 0 or -errno.
 */
int source_read(struct source *source, struct sample *sample, bool last);

/* Counts no more; the final counts can still be read. */
void source_stop(struct source *source);

/* The socket with this cookie as it was last seen; NULL: never. */
const struct socket_info *source_socket(const struct source *source, uint64_t cookie);

/* Whether the socket belongs to a process that was asked for. */
bool source_takes(const struct source *source, const struct socket_info *socket);

void source_close(struct source *source);

#endif

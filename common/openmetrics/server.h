/*
 * Serves metrics over HTTP, without threads: the caller's loop waits for one descriptor, and until
 * a time, and calls openmetrics_run() then, which never blocks.
 *
 *   struct pollfd wait[] = { ..., { .fd = openmetrics_fd(server), .events = POLLIN } };
 *
 *   ... poll(2), until openmetrics_due(server) at most ...
 *   openmetrics_run(server);
 *
 * A connection is for one request and has 10 s, few are open at once, and what a client may send
 * is bounded: who is slow or hostile keeps others from metrics, and the caller from nothing.
 */
#ifndef FAIRPORT_OPENMETRICS_SERVER_H
#define FAIRPORT_OPENMETRICS_SERVER_H

#include <stdint.h>

#include "common/openmetrics/listener.h"
#include "common/openmetrics/text.h"

struct openmetrics;

struct openmetrics_source {
	const char *program; /* "fairport-receive"; kept, not copied */
	/* Writes the families. 0 or -errno: the request fails, with status 500. */
	int (*write)(void *context, struct openmetrics_text *text);
	void *context;
};

/*
 * Serves SOURCE at WHERE: /metrics, with what both programs tell of themselves beside it
 * (fairport_build_info, process_start_time_seconds). Says at which address, or what is wrong:
 * then it returns NULL. SIGPIPE must be ignored. All other functions take NULL for a server: then
 * nothing is waited for, and nothing done.
 */
struct openmetrics *openmetrics_open(const struct openmetrics_address *where,
				     const struct openmetrics_source *source);

/* Readable when there is something to do; -1 without a server, which poll(2) passes over. */
int openmetrics_fd(const struct openmetrics *server);

/* The clock_now() time when there is something to do even if nothing came; UINT64_MAX: none. */
uint64_t openmetrics_due(const struct openmetrics *server);

/* Does what there is to do. */
void openmetrics_run(struct openmetrics *server);

/* The port it got; 0 without a server. */
uint16_t openmetrics_port(const struct openmetrics *server);

/* Ends all connections, and frees. */
void openmetrics_close(struct openmetrics *server);

#endif

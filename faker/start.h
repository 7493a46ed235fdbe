/* A common start of many senders: --start-at. */
#ifndef FAIRPORT_FAKER_START_H
#define FAIRPORT_FAKER_START_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* For the option table: the text, and what it means. */
struct start_option {
	const char *text; /* NULL: at once */
	uint64_t time;    /* ns since 1970, CLOCK_REALTIME */
};

/*
 * Parses "2026-01-31T12:00:00Z" (RFC 3339, UTC or with an offset, fractions to ns), or
 * "@1769860800" (seconds since 1970, fractions allowed). As OPTION_PARSED wants it.
 */
int start_parse(void *option, const char **expected);

/*
 * Waits until TIME (ns since 1970) is there, whatever happens to the clock meanwhile. False when
 * *STOP was set before; it is looked at every 50 ms.
 */
bool start_wait(uint64_t time, const atomic_bool *stop);

#endif

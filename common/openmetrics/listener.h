/* Where metrics are served: the value of --openmetrics, and its socket. */
#ifndef FAIRPORT_OPENMETRICS_LISTENER_H
#define FAIRPORT_OPENMETRICS_LISTENER_H

#include "common/address.h"

/* The value of an option of kind OPTION_PARSED. */
struct openmetrics_address {
	const char *text; /* NULL: not given */
	struct address address;
};

/*
 * Reads [ADDR:]PORT. Without ADDR it is 127.0.0.1: nothing is shown to the network that nobody
 * asked for. Returns -EINVAL where VALUE's text is none, with the form in *EXPECTED; the parse
 * function of an option's row.
 */
int openmetrics_address_parse(void *value, const char **expected);

/*
 * A non-blocking TCP socket that listens there; *BOUND gets its address, with the port that the
 * kernel chose where 0 was asked for. [::] takes IPv4, too. -errno: it could not be had.
 */
int openmetrics_listen(const struct openmetrics_address *where, struct address *bound);

#endif

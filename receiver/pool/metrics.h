/* The pool's metrics for --openmetrics; docs/openmetrics.md is about each. */
#ifndef FAIRPORT_RECEIVER_METRICS_H
#define FAIRPORT_RECEIVER_METRICS_H

#include <stdbool.h>

struct pool;

/* Serves them, if that is wanted, as pool->openmetrics. False after an error message. */
bool metrics_open(struct pool *pool);

/* An interval has ended: how even it was is told until the next one has. */
void metrics_interval(struct pool *pool);

#endif

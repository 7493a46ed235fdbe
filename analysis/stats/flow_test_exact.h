/* The exact distribution of the number of pairs of flows that share a worker. */
#ifndef FAIRPORT_ANALYSIS_STATS_FLOW_TEST_EXACT_H
#define FAIRPORT_ANALYSIS_STATS_FLOW_TEST_EXACT_H

#include <stddef.h>
#include <stdint.h>

/*
 * The probability that a uniform hash makes at least as many pairs of flows share a worker as
 * COUNTS has, right to 1e-13 (far out, where less than that is left, an upper bound). WORKERS at
 * least 2, at least one flow. Returns 0, -ENOMEM, or -ERANGE if it would take more than about a
 * second.
 */
int flow_test_exact(double *p_value, const uint64_t *counts, size_t workers);

#endif

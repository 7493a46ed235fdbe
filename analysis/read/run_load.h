/* Reads a run. */
#ifndef FAIRPORT_ANALYSIS_READ_RUN_LOAD_H
#define FAIRPORT_ANALYSIS_READ_RUN_LOAD_H

#include "analysis/run.h"

/*
 * Reads all streams of DIRECTORY, which must stay valid. Returns false after an error message: no
 * such directory, or nothing about the workers in it. What could not be read was said, and
 * INCOMPLETE is set.
 */
bool run_load(struct run *run, const char *directory);

/*
 * The same, but takes also a run of which only sockets are known, their queues, drops and marks:
 * then BLIND is set, and there are no workers.
 */
bool run_load_any(struct run *run, const char *directory);

#endif

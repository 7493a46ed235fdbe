/* One scenario, from an empty directory to a report. */
#ifndef FAIRPORT_LAB_EXPERIMENT_H
#define FAIRPORT_LAB_EXPERIMENT_H

struct interrupt;
struct run_options;
struct scenario;

/*
 * Starts what the scenario asks for, in this order: database, receiver, probes, faker; waits for
 * the faker; stops the receiver (which drains and flushes), the probes, the database; reports.
 * Results go to DIRECTORY, which exists. Returns the exit status.
 */
int experiment_run(const struct run_options *options, const struct scenario *scenario,
		   const char *directory, struct interrupt *interrupt, int argc, char **argv);

#endif

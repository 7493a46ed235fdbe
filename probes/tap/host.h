/* What the probe asks the host, and what the host may lack for BPF programs, in words. */
#ifndef FAIRPORT_HOST_H
#define FAIRPORT_HOST_H

#include <stdbool.h>
#include <stdint.h>

/* The inode number of this process's network namespace, by which the kernel tells them apart. */
int host_netns(uint32_t *netns);

/*
 * Says why the programs could not be brought into the kernel, where STEP failed with ERROR
 * (-errno), and what to do about it: as an error, or where the program can GO_ON without them, as a
 * warning. Returns the exit status that fits, EXIT_HOST_CANNOT where the host lacks something.
 */
int host_explain(const char *step, int error, bool go_on);

#endif

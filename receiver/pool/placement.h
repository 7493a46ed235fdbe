/* Which CPU a worker runs on, and that it is so. */
#ifndef FAIRPORT_RECEIVER_PLACEMENT_H
#define FAIRPORT_RECEIVER_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The CPU for worker INDEX: the CPUs this process may use, in order, again from the first. */
int placement_cpu(size_t index);

/* How many CPUs this process may use. */
size_t placement_cpus(void);

/* Pins the calling process. -errno. */
int placement_pin(int cpu);

/* SO_INCOMING_CPU: packets that came in on CPU prefer this socket (Linux 6.2 with reuseport). */
int placement_incoming(int socket, int cpu);

/*
 * Whether process PID may run on CPU alone, and, where SOCKET is not -1, SO_INCOMING_CPU of it is
 * CPU, as the kernel tells. Warns about what is otherwise, naming worker INDEX.
 */
bool placement_verify(size_t index, pid_t pid, int cpu, int socket);

#endif

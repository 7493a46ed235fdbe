/* Steering by classic BPF, which takes no privilege, and by none. */
#ifndef FAIRPORT_RECEIVER_STEERING_CBPF_H
#define FAIRPORT_RECEIVER_STEERING_CBPF_H

#include <stddef.h>

#include "receiver/steering/policy.h"

/*
 * POLICY_RANDOM or POLICY_CPU chooses among the first COUNT sockets of the group of FD, in the
 * order of their bind(2). -errno.
 */
int cbpf_attach(int fd, enum policy_kind kind, size_t count);

/* The hash chooses, whichever program did. -errno; a group without a program is fine. */
int cbpf_detach(int fd);

#endif

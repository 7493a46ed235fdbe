/* What this process is allowed to, capabilities(7). */
#ifndef FAIRPORT_CAPABILITY_H
#define FAIRPORT_CAPABILITY_H

#include <linux/capability.h>
#include <stdint.h>

/* Newer than some headers: Linux 5.8. */
#ifndef CAP_BPF
#define CAP_PERFMON 38
#define CAP_BPF     39
#endif

/* The effective set, a bit for each; 0 where the kernel does not tell. */
uint64_t capability_effective(void);

#endif

/* Which processes are asked for. */
#ifndef FAIRPORT_PROBE_PROCESSES_H
#define FAIRPORT_PROBE_PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

struct probe_options;

/* Whether --pid, --comm or --cgroup ask for some, and not for all. */
bool processes_limited(const struct probe_options *options);

/* Whether --pid and --comm let one pass, of whose command 15 characters or more are known. */
bool processes_pass(const struct probe_options *options, pid_t pid, const char *command);

#endif

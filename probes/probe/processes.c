#include "probes/probe/processes.h"

#include <string.h>

#include "probes/probe/options.h"

#define COMMAND_KEPT 15 /* characters that the kernel keeps of a name */

bool processes_limited(const struct probe_options *options)
{
	return options->pids.count || options->comm || options->cgroup;
}

bool processes_pass(const struct probe_options *options, pid_t pid, const char *command)
{
	bool listed = options->pids.count == 0;

	for (size_t i = 0; i < options->pids.count; i++)
		listed |= options->pids.items[i] == pid;
	return listed && (!options->comm || strncmp(options->comm, command, COMMAND_KEPT) == 0);
}

#include "receiver/pool/placement.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/message.h"

/* Eight times what cpu_set_t holds: sched_getaffinity(2) wants room for all CPUs of the kernel. */
#define CPU_WORDS 8
#define CPU_LIMIT (CPU_WORDS * CPU_SETSIZE)

struct cpus {
	cpu_set_t words[CPU_WORDS];
};

static bool cpus_of(pid_t pid, struct cpus *out)
{
	memset(out, 0, sizeof(*out));
	return sched_getaffinity(pid, sizeof(out->words), out->words) == 0;
}

static bool cpus_have(const struct cpus *cpus, int cpu)
{
	return CPU_ISSET_S(cpu, sizeof(cpus->words), cpus->words);
}

static size_t cpus_count(const struct cpus *cpus)
{
	return (size_t)CPU_COUNT_S(sizeof(cpus->words), cpus->words);
}

size_t placement_cpus(void)
{
	struct cpus cpus;

	return cpus_of(0, &cpus) ? cpus_count(&cpus) : 1;
}

int placement_cpu(size_t index)
{
	struct cpus cpus;

	if (!cpus_of(0, &cpus))
		return 0;
	index %= cpus_count(&cpus);
	for (int cpu = 0; cpu < CPU_LIMIT; cpu++)
		if (cpus_have(&cpus, cpu) && index-- == 0)
			return cpu;
	return 0;
}

int placement_pin(int cpu)
{
	struct cpus cpus;

	if (cpu < 0 || cpu >= CPU_LIMIT)
		return -EINVAL;
	memset(&cpus, 0, sizeof(cpus));
	CPU_SET_S(cpu, sizeof(cpus.words), cpus.words);
	return sched_setaffinity(0, sizeof(cpus.words), cpus.words) == 0 ? 0 : -errno;
}

int placement_incoming(int socket, int cpu)
{
	return setsockopt(socket, SOL_SOCKET, SO_INCOMING_CPU, &cpu, sizeof(cpu)) == 0 ? 0 : -errno;
}

/* "0-3,8", cut short where it does not fit. */
static void cpus_text(char *text, size_t size, const struct cpus *cpus)
{
	size_t used = 0;

	text[0] = '\0';
	for (int cpu = 0; cpu < CPU_LIMIT && used < size; cpu++) {
		int last = cpu;

		if (!cpus_have(cpus, cpu))
			continue;
		while (last + 1 < CPU_LIMIT && cpus_have(cpus, last + 1))
			last++;
		used += (size_t)snprintf(text + used, size - used, "%s%d", used ? "," : "", cpu);
		if (last > cpu && used < size)
			used += (size_t)snprintf(text + used, size - used, "-%d", last);
		cpu = last;
	}
}

static bool verify_affinity(size_t index, pid_t pid, int cpu)
{
	struct cpus cpus;
	char text[64];

	if (!cpus_of(pid, &cpus)) {
		message_warning("could not ask where worker %zu (pid %d) runs: %s", index, (int)pid,
				strerror(errno));
		return false;
	}
	if (cpus_count(&cpus) == 1 && cpus_have(&cpus, cpu))
		return true;
	cpus_text(text, sizeof(text), &cpus);
	message_warning("worker %zu (pid %d) may run on CPU %s, not on CPU %d alone", index,
			(int)pid, text, cpu);
	return false;
}

static bool verify_incoming(size_t index, int cpu, int socket)
{
	int found = -1;
	socklen_t length = sizeof(found);

	if (getsockopt(socket, SOL_SOCKET, SO_INCOMING_CPU, &found, &length) != 0) {
		message_warning("could not ask for SO_INCOMING_CPU of worker %zu: %s", index,
				strerror(errno));
		return false;
	}
	if (found == cpu)
		return true;
	message_warning("SO_INCOMING_CPU of worker %zu is %d, not %d", index, found, cpu);
	return false;
}

bool placement_verify(size_t index, pid_t pid, int cpu, int socket)
{
	bool pinned = verify_affinity(index, pid, cpu);

	return (socket == -1 || verify_incoming(index, cpu, socket)) && pinned;
}

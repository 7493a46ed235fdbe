#include "receiver/steering/steering.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"
#include "receiver/steering/cbpf.h"
#include "receiver/steering/ebpf.h"
#include "receiver/steering/sockets.h"

_Static_assert(STEERING_SLOTS == STEER_SLOTS, "the programs have room for as many slots");

/* How long a program of a process that has died may hold sockets once it is detached. */
#define RELEASE (2 * NS_PER_SECOND)

struct steering {
	bool tcp;
	bool attached; /* something of ours */
	bool opened;   /* the maps below are there */
	struct sockets sockets;
	int decisions;
	struct ebpf_program program;                    /* at work, or none */
	struct steering_member members[STEERING_SLOTS]; /* of the last steering_set() */
	size_t count;
	int cpus;
	struct steer_decisions *by_cpu, reported;
};

struct steering *steering_open(bool tcp)
{
	struct steering *steering = calloc(1, sizeof(*steering));

	if (steering)
		steering->tcp = tcp;
	return steering;
}

static int open_maps(struct steering *steering)
{
	int error;

	if (steering->opened)
		return 0;
	error = steering->cpus = libbpf_num_possible_cpus();
	if (error < 0)
		return error;
	free(steering->by_cpu);
	steering->by_cpu = calloc((size_t)steering->cpus, sizeof(*steering->by_cpu));
	if (!steering->by_cpu)
		return -ENOMEM;
	error = sockets_open(&steering->sockets);
	if (error)
		return error;
	error = steering->decisions = ebpf_decisions();
	if (error < 0) {
		sockets_close(&steering->sockets);
		return error;
	}
	steering->opened = true;
	return 0;
}

/*
 * A process that died while its sockets were kept open (by a service manager, say) leaves its
 * program attached, and that holds the sockets in its array. Without the program the kernel frees
 * the array, in a while.
 */
static int place(struct steering *steering, const struct steering_member *members, size_t count,
		 struct sockets_keys *keys)
{
	struct timespec pause = { .tv_nsec = NS_PER_MS };
	uint64_t deadline = 0;
	size_t failed = 0;
	int error;

	for (;;) {
		error = sockets_place(&steering->sockets, members, count, keys, &failed);
		if (error != -EBUSY || steering->attached || (deadline && clock_now() > deadline))
			break;
		if (!deadline) {
			message_detail("taking over from a steering program of another process");
			cbpf_detach(members[failed].fd);
			deadline = clock_now() + RELEASE;
		}
		nanosleep(&pause, NULL);
	}
	if (!error)
		return 0;
	message_error("could not steer socket %zu of %zu: %s", failed + 1, count, strerror(-error));
	if (error == -EBUSY)
		message_hint("the socket array of another process holds it; end that one first");
	return error;
}

static int attach(const struct ebpf_program *program, const struct policy *policy, int fd)
{
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &program->fd,
		       sizeof(program->fd)) == 0)
		return 0;
	return ebpf_explain(policy, -errno);
}

/*
 * Each choice is a program of its own, so that one call changes all at once: the kernel replaces
 * programs between two packets. The maps that they share only gain what the new one looks at.
 */
static int set_ebpf(struct steering *steering, const struct policy *policy,
		    const struct steering_member *members, size_t count)
{
	struct ebpf_program program = { 0 };
	struct sockets_keys keys;
	int error = open_maps(steering);
	struct ebpf_source source = {
		.policy = policy,
		.members = members,
		.keys = &keys,
		.count = count,
		.tcp = steering->tcp,
		.sockets = steering->sockets.map,
		.decisions = steering->decisions,
	};

	if (error)
		return ebpf_explain(policy, error);
	error = place(steering, members, count, &keys);
	if (error)
		return error;
	error = ebpf_load(&program, &source);
	error = error ? ebpf_explain(policy, error) : attach(&program, policy, members[0].fd);
	if (error) {
		sockets_undo(&steering->sockets, &keys, count);
		ebpf_close(&program);
		return error;
	}
	ebpf_close(&steering->program);
	steering->program = program;
	return 0;
}

static int set_classic(struct steering *steering, const struct policy *policy,
		       const struct steering_member *members, size_t count)
{
	int error = policy->kind == POLICY_HASH ? cbpf_detach(members[0].fd)
						: cbpf_attach(members[0].fd, policy->kind, count);

	if (error) {
		message_error("could not have %s choose among the sockets: %s", policy->text,
			      strerror(-error));
		return error;
	}
	ebpf_close(&steering->program);
	return 0;
}

int steering_set(struct steering *steering, const struct policy *policy,
		 const struct steering_member *members, size_t count)
{
	const char *unfit = policy_unfit(policy, count, steering->tcp);
	int error;

	if (count == 0 || count > STEERING_SLOTS)
		unfit = "from 1 to 512 sockets can be steered";
	if (unfit) {
		message_error("could not steer %zu sockets by %s: %s", count, policy->text, unfit);
		return -EINVAL;
	}
	error = policy_is_ebpf(policy) ? set_ebpf(steering, policy, members, count)
				       : set_classic(steering, policy, members, count);
	if (error)
		return error;
	steering->attached = policy->kind != POLICY_HASH;
	steering->count = count;
	memcpy(steering->members, members, count * sizeof(*members));
	return 0;
}

void steering_forget(struct steering *steering, uint64_t cookie)
{
	if (steering->opened)
		sockets_forget(&steering->sockets, cookie);
}

bool steering_decisions(struct steering *steering, uint64_t *by_slot, uint64_t *fallbacks)
{
	struct steer_decisions now = { 0 };
	uint32_t zero = 0;

	if (!steering->opened)
		return false;
	if (bpf_map_lookup_elem(steering->decisions, &zero, steering->by_cpu) != 0)
		return true;
	for (int cpu = 0; cpu < steering->cpus; cpu++) {
		for (size_t i = 0; i < STEERING_SLOTS; i++)
			now.by_slot[i] += steering->by_cpu[cpu].by_slot[i];
		now.fallbacks += steering->by_cpu[cpu].fallbacks;
	}
	for (size_t i = 0; i < STEERING_SLOTS; i++)
		by_slot[i] += now.by_slot[i] - steering->reported.by_slot[i];
	*fallbacks += now.fallbacks - steering->reported.fallbacks;
	steering->reported = now;
	return true;
}

bool steering_is_exact(const struct steering *steering)
{
	return steering->program.object != NULL;
}

/* A member that is still open under its number: -1 if none is, and then the group is gone. */
static int open_member(const struct steering *steering)
{
	for (size_t i = 0; i < steering->count; i++) {
		const struct steering_member *member = &steering->members[i];
		uint64_t cookie = 0;
		socklen_t length = sizeof(cookie);

		if (getsockopt(member->fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0 &&
		    cookie == member->cookie)
			return member->fd;
	}
	return -1;
}

void steering_close(struct steering *steering)
{
	int fd;

	if (!steering)
		return;
	fd = steering->attached ? open_member(steering) : -1;
	if (fd >= 0)
		cbpf_detach(fd);
	ebpf_close(&steering->program);
	if (steering->opened) {
		sockets_close(&steering->sockets);
		close(steering->decisions);
	}
	free(steering->by_cpu);
	free(steering);
}

/* How the kernel chooses among the members of a group: tried, as a version tells only so much. */
#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/doctor/bpf_try.h"
#include "lab/doctor/check.h"
#include "lab/doctor/families.h"
#include "lab/doctor/group.h"
#include "lab/doctor/host.h"

/* That the hash gives so many flows to one of two members has a probability of 5e-10. */
#define FLOWS 32

#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68
#endif

/* Where the kernel receives what is sent here: with RPS on loopback that is elsewhere. */
static bool loopback_stays(void)
{
	char mask[256];

	return !host_read("/sys/class/net/lo/queues/rx-0/rps_cpus", mask, sizeof(mask)) ||
	       strspn(mask, "0,") == strlen(mask);
}

/* Member 1 asks for this CPU, member 0 for another one, which need not exist. */
static int prefer_this_cpu(const struct group *group, int cpu)
{
	int other = cpu + 1;

	if (setsockopt(group->members[0], SOL_SOCKET, SO_INCOMING_CPU, &other, sizeof(other)) ||
	    setsockopt(group->members[1], SOL_SOCKET, SO_INCOMING_CPU, &cpu, sizeof(cpu)))
		return -errno;
	return 0;
}

/* All FLOWS are sent from one CPU, where they also arrive. */
static int try_incoming_cpu(struct group *group, size_t counts[static GROUP_MEMBERS])
{
	cpu_set_t before, one;
	int cpu = sched_getcpu(), error;

	if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof(before), &before) != 0)
		return -errno;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		return -errno;
	error = group_open(group);
	if (!error)
		error = prefer_this_cpu(group, cpu);
	if (!error)
		error = group_send(group, -1, FLOWS);
	if (!error)
		error = group_receive(group, FLOWS, counts);
	group_close(group);
	sched_setaffinity(0, sizeof(before), &before);
	return error;
}

/* Nothing was seen, so the version has to say. */
static void go_by_version(const struct host *host, struct finding *finding, const char *why)
{
	bool present = kernel_bug_state(&bug_incoming_cpu, &host->version) == BUG_PRESENT;

	found(finding, present ? LEVEL_NOTE : LEVEL_OK,
	      "whether SO_INCOMING_CPU decides in a group cannot be seen here (%s); by its "
	      "version, this kernel %s it",
	      why, present ? "ignores" : "heeds");
	if (present)
		found_remedy(finding,
			     "use --steer cpu, which works, or a kernel with commit %s (%s)",
			     bug_incoming_cpu.commit, bug_incoming_cpu.fixed_in);
}

void check_incoming_cpu(const struct host *host, struct finding *finding)
{
	size_t counts[GROUP_MEMBERS] = { 0 };
	struct group group;
	int got = try_incoming_cpu(&group, counts);

	if (got < 0) {
		found_untried(finding, "SO_INCOMING_CPU in a group", got);
		return;
	}
	found_count(finding, "flows", (uint64_t)got);
	found_count(finding, "flows_as_asked", counts[1]);
	if (got == FLOWS && counts[1] == FLOWS) {
		found(finding, LEVEL_OK,
		      "SO_INCOMING_CPU decides in a group: %d of %d flows went to the member of "
		      "their CPU",
		      FLOWS, FLOWS);
	} else if (got < FLOWS) {
		go_by_version(host, finding, "packets on loopback got lost");
	} else if (!loopback_stays()) {
		go_by_version(host, finding, "RPS moves loopback's packets to other CPUs");
	} else {
		found(finding, LEVEL_NOTE,
		      "SO_INCOMING_CPU is ignored in a group: %zu of %d flows went to the member "
		      "of their CPU",
		      counts[1], FLOWS);
		found_remedy(finding,
			     "use --steer cpu, which works, or a kernel with commit %s (%s)",
			     bug_incoming_cpu.commit, bug_incoming_cpu.fixed_in);
	}
}

struct mixed {
	size_t strangers_astray; /* at the connected member */
	size_t own_astray;       /* at the other one */
};

/* Member 1 is connected to SOURCE: it must get that flow, and no other one. */
static int try_connected(struct group *group, int source, struct mixed *mixed)
{
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);
	size_t counts[GROUP_MEMBERS] = { 0 };
	int got;

	if (getsockname(source, (struct sockaddr *)&peer, &length) != 0 ||
	    connect(group->members[1], (struct sockaddr *)&peer, sizeof(peer)) != 0)
		return -errno;
	got = group_send(group, -1, FLOWS);
	if (!got)
		got = group_receive(group, FLOWS, counts);
	if (got < 0)
		return got;
	mixed->strangers_astray = counts[1];
	if (got < FLOWS)
		return -ETIMEDOUT;
	got = group_send(group, source, 1);
	if (!got)
		got = group_receive(group, 1, counts);
	mixed->own_astray = got > 0 ? counts[0] : 0;
	return got < 0 ? got : got == 1 ? 0 : -ETIMEDOUT;
}

void check_connected_members(const struct host *host, struct finding *finding)
{
	struct mixed mixed = { 0 };
	struct group group;
	int source = group_source(), error = source < 0 ? source : 0;

	(void)host;
	if (!error) {
		error = group_open(&group);
		if (!error)
			error = try_connected(&group, source, &mixed);
		group_close(&group);
		close(source);
	}
	if (error) {
		found_untried(finding, "a group with a connected member", error);
		return;
	}
	found_count(finding, "flows_astray", mixed.strangers_astray + mixed.own_astray);
	if (mixed.strangers_astray + mixed.own_astray == 0) {
		found(finding, LEVEL_OK,
		      "a connected UDP socket in a group gets the packets of its peer, and "
		      "nobody else's");
		return;
	}
	found(finding, LEVEL_PROBLEM,
	      "a connected UDP socket in a group got packets of %zu of %d strangers%s",
	      mixed.strangers_astray, FLOWS, mixed.own_astray ? ", and not its peer's" : "");
	found_remedy(finding,
		     "keep connected sockets out of groups, or use a kernel with commit %s (%s)",
		     bug_connected_members.commit, bug_connected_members.fixed_in);
}

/* As fairport-receive attaches it (--steer random). */
static int attach_random(int fd)
{
	struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM) },
		{ BPF_ALU | BPF_MOD | BPF_K, 0, 0, GROUP_MEMBERS },
		{ BPF_RET | BPF_A, 0, 0, 0 },
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) == 0
		       ? 0
		       : -errno;
}

/* One flow: without a program, all of it goes to one member. Sets *ATTACHED before anything is
 * sent. */
static int try_one_flow(struct group *group, int (*attach)(struct group *group), bool *attached,
			size_t counts[static GROUP_MEMBERS])
{
	int source = group_source(), error;

	*attached = false;
	if (source < 0)
		return source;
	error = group_open(group);
	if (!error)
		error = attach(group);
	*attached = !error;
	if (!error)
		error = group_send(group, source, FLOWS);
	if (!error)
		error = group_receive(group, FLOWS, counts);
	group_close(group);
	close(source);
	return error;
}

static int attach_classic(struct group *group)
{
	int error = attach_random(group->members[0]);

	/* Told apart from a loopback that is down. */
	return error == -EADDRNOTAVAIL ? -EINVAL : error;
}

void check_steer_classic(const struct host *host, struct finding *finding)
{
	size_t counts[GROUP_MEMBERS] = { 0 };
	struct group group;
	bool attached;
	int got = try_one_flow(&group, attach_classic, &attached, counts);

	(void)host;
	if (got == FLOWS && counts[0] > 0 && counts[1] > 0) {
		found(finding, LEVEL_OK,
		      "classic BPF steers, and takes no privilege: one flow, %zu to %zu of %d "
		      "packets (--steer random, cpu)",
		      counts[0], counts[1], FLOWS);
	} else if (got == FLOWS) {
		found(finding, LEVEL_PROBLEM,
		      "classic BPF was attached to a group and did not steer: one member got all "
		      "%d packets",
		      FLOWS);
		found_remedy(finding, "use --steer hash, and report it with 'uname -a'");
	} else if (got < 0 && !attached && got != -EADDRNOTAVAIL) {
		found(finding, LEVEL_PROBLEM, "classic BPF cannot be attached to a group: %s",
		      strerror(-got));
		found_remedy(finding, "--steer random and cpu take Linux 4.5 (UDP), 4.6 (TCP), and "
				      "no seccomp filter against SO_ATTACH_REUSEPORT_CBPF");
	} else {
		found_untried(finding, "steering by classic BPF", got < 0 ? got : -ETIMEDOUT);
	}
}

/* The program chooses member 1 by a map of sockets, whatever the flow. */
static int attach_ebpf(struct group *group)
{
	int map = -1, program = -1, error = bpf_try_steering(&map, &program);
	uint32_t key = 1;

	if (!error)
		error = bpf_try_place(map, key, group->members[1]);
	if (!error && setsockopt(group->members[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &program,
				 sizeof(program)) != 0)
		error = -errno;
	/* The group keeps the program, and that the map, until it is closed. */
	if (program >= 0)
		close(program);
	if (map >= 0)
		close(map);
	return error;
}

void check_steer_ebpf(const struct host *host, struct finding *finding)
{
	static const char carried[] = "--steer round-robin, weighted, least-queue, series, "
				      "consistent";
	size_t counts[GROUP_MEMBERS] = { 0 };
	struct group group;
	bool attached;
	int got = try_one_flow(&group, attach_ebpf, &attached, counts);

	if (got == FLOWS && counts[1] == FLOWS) {
		found(finding, LEVEL_OK,
		      "an sk_reuseport program with a map of sockets steers: %d of %d packets "
		      "went where it said (%s)",
		      FLOWS, FLOWS, carried);
	} else if (got == FLOWS) {
		found(finding, LEVEL_PROBLEM,
		      "an sk_reuseport program was attached, but %zu of %d packets went elsewhere",
		      counts[0], FLOWS);
		found_remedy(finding, "use --steer hash, random or cpu, and report it with "
				      "'uname -a'");
	} else if (got < 0 && !attached && got != -EADDRNOTAVAIL) {
		bpf_try_found(host, finding, "an sk_reuseport program with a map of sockets", got,
			      carried, "--steer hash, random and cpu remain", "Linux 5.12");
	} else {
		found_untried(finding, "steering by eBPF", got < 0 ? got : -ETIMEDOUT);
	}
}

/* What the probes load, tried with programs that do nothing. All is closed, and so gone, at once.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/doctor/bpf_try.h"
#include "lab/doctor/check.h"
#include "lab/doctor/families.h"
#include "lab/doctor/host.h"

#define BTF "/sys/kernel/btf/vmlinux"

/* What stays possible where the kernel cannot be asked by BPF. */
static const char own_counters[] = "what a pool counts of itself and sock_diag remain";

/* The number of a type of the kernel's; 0: there is none. */
static uint32_t find_type(const char *name, uint32_t kind)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	int id = kernel ? btf__find_by_name_kind(kernel, name, kind) : 0;

	btf__free(kernel);
	return id > 0 ? (uint32_t)id : 0;
}

void check_btf(const struct host *host, struct finding *finding)
{
	(void)host;
	if (find_type("task_struct", BTF_KIND_STRUCT)) {
		found(finding, LEVEL_OK,
		      "the kernel describes its types (" BTF "), by which probes fit into it");
		return;
	}
	found(finding, LEVEL_PROBLEM,
	      "the kernel does not describe its types (" BTF "): no fairport-probe, no slots in "
	      "fairport-groups, no --steer least-queue");
	found_remedy(finding, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y, as distributions "
			      "build theirs");
}

/* Attaches PROGRAM, sees that it is, and takes it off again. */
static int try_link(int program, int target, enum bpf_attach_type attach)
{
	int link = bpf_link_create(program, target, attach, NULL);

	if (link < 0)
		return -errno;
	close(link);
	return 0;
}

void check_receptions(const struct host *host, struct finding *finding)
{
	uint32_t type = find_type("btf_trace_sock_recv_length", BTF_KIND_TYPEDEF);
	int program, error;

	if (!type) {
		found(finding, LEVEL_PROBLEM,
		      "there is no tracepoint sock_recv_length: no fairport-probe; %s",
		      own_counters);
		found_remedy(finding,
			     "use Linux 6.3 or later, or ask bpftrace with probes/recvfrom.bt");
		return;
	}
	program = bpf_try_returning(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, type, 0);
	error = program < 0 ? program : try_link(program, 0, BPF_TRACE_RAW_TP);
	if (program >= 0)
		close(program);
	if (error)
		bpf_try_found(host, finding, "a program on tracepoint sock_recv_length", error,
			      "fairport-probe", own_counters, "Linux 6.3");
	else
		found(finding, LEVEL_OK,
		      "a program attaches to tracepoint sock_recv_length (fairport-probe)");
}

void check_storage(const struct host *host, struct finding *finding)
{
	int of_task = bpf_try_storage(BPF_MAP_TYPE_TASK_STORAGE);
	int of_socket = bpf_try_storage(BPF_MAP_TYPE_SK_STORAGE);
	int error = of_task < 0 ? of_task : of_socket < 0 ? of_socket : 0;

	if (of_task >= 0)
		close(of_task);
	if (of_socket >= 0)
		close(of_socket);
	if (error)
		bpf_try_found(host, finding, "a map that is kept with tasks or sockets", error,
			      "fairport-probe", own_counters, "Linux 5.11");
	else
		found(finding, LEVEL_OK,
		      "maps can be kept with tasks and with sockets (fairport-probe)");
}

static int try_arrivals(const char *cgroup)
{
	int root = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC), program, error;

	if (root < 0)
		return -errno;
	/* 1: the packet may pass. */
	program = bpf_try_returning(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, 0, 1);
	error = program < 0 ? program : try_link(program, root, BPF_CGROUP_INET_INGRESS);
	if (program >= 0)
		close(program);
	close(root);
	return error;
}

void check_arrivals(const struct host *host, struct finding *finding)
{
	const char *cgroup = host_cgroup2();
	int error;

	if (!cgroup) {
		found(finding, LEVEL_NOTE,
		      "cgroup v2 is not mounted, so that arrivals cannot be counted "
		      "(fairport-probe --with arrivals); receptions can");
		found_remedy(finding, "see cgroup2");
		return;
	}
	error = try_arrivals(cgroup);
	if (error)
		bpf_try_found(host, finding, "a cgroup_skb program on arriving packets", error,
			      "fairport-probe --with arrivals", "receptions are counted apart",
			      "Linux 5.7");
	else
		found(finding, LEVEL_OK,
		      "a cgroup_skb program attaches at %s (fairport-probe --with arrivals)",
		      cgroup);
}

/* The program is called for each socket and writes nothing, so all there is to read is the end. */
static int try_iterator(const char *type)
{
	uint32_t id = find_type(type, BTF_KIND_FUNC);
	int program, link = -1, file = -1, error = 0;
	char byte;

	if (!id)
		return -ENOENT;
	program = bpf_try_returning(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, id, 0);
	if (program < 0)
		return program;
	link = bpf_link_create(program, 0, BPF_TRACE_ITER, NULL);
	if (link >= 0)
		file = bpf_iter_create(link);
	if (link < 0 || file < 0 || read(file, &byte, 1) != 0)
		error = -errno;
	if (file >= 0)
		close(file);
	if (link >= 0)
		close(link);
	close(program);
	return error;
}

void check_iterators(const struct host *host, struct finding *finding)
{
	int error = try_iterator("bpf_iter_udp");

	if (!error)
		error = try_iterator("bpf_iter_tcp");
	if (error)
		bpf_try_found(host, finding, "a program that goes through all sockets", error,
			      "slots and programs in fairport-groups",
			      "members, queues and drops are told by sock_diag", "Linux 5.9");
	else
		found(finding, LEVEL_OK,
		      "programs go through all UDP and TCP sockets (slots and programs in "
		      "fairport-groups)");
}

#include "lab/doctor/check.h"
#include "lab/doctor/families.h"

const struct check checks[] = {
	{ "tier", "Privilege", check_tier },

	{ "kernel", "Kernel", check_kernel },
	{ "incoming-cpu", NULL, check_incoming_cpu },
	{ "connected-members", NULL, check_connected_members },
	{ "lockdown", NULL, check_lockdown },
	{ "unprivileged-bpf", NULL, check_unprivileged_bpf },

	{ "steer-classic", "BPF, as tried", check_steer_classic },
	{ "steer-ebpf", NULL, check_steer_ebpf },
	{ "btf", NULL, check_btf },
	{ "receptions", NULL, check_receptions },
	{ "storage", NULL, check_storage },
	{ "arrivals", NULL, check_arrivals },
	{ "iterators", NULL, check_iterators },

	{ "tracefs", "Mounts", check_tracefs },
	{ "bpffs", NULL, check_bpffs },
	{ "cgroup2", NULL, check_cgroup2 },

	{ "loopback", "Network", check_loopback },
	{ "ipv6", NULL, check_ipv6 },
	{ "interfaces", NULL, check_interfaces },
	{ "input-queue", NULL, check_input_queue },
	{ "conntrack", NULL, check_conntrack },
	{ "netns", NULL, check_netns },

	{ "rcvbuf", "Sockets", check_rcvbuf },
	{ "queue-depth", NULL, check_queue_depth },
	{ "ports", NULL, check_ports },
	{ "tw-reuse", NULL, check_tw_reuse },
	{ "migrate-req", NULL, check_migrate_req },
	{ "listen-queue", NULL, check_listen_queue },
	{ "open-files", NULL, check_open_files },
	{ "raw-socket", NULL, check_raw_socket },
	{ "sock-diag", NULL, check_sock_diag },

	{ "cpus", "Machine", check_cpus },
	{ "clock", NULL, check_clock },
	{ "numa", NULL, check_numa },

	{ "postgresql", "Programs", check_postgresql },
	{ "gnuplot", NULL, check_gnuplot },
	{ "bpftrace", NULL, check_bpftrace },

	{ .name = NULL },
};

_Static_assert(sizeof(checks) / sizeof(checks[0]) - 1 <= CHECKS_MOST, "a selection is one word");

const char *check_family(size_t index)
{
	while (!checks[index].heading)
		index--;
	return checks[index].heading;
}

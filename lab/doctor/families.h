/* The checks, by the file that they are in. What each finds is in fairport-doctor(8). */
#ifndef FAIRPORT_DOCTOR_FAMILIES_H
#define FAIRPORT_DOCTOR_FAMILIES_H

struct finding;
struct host;

/* kernel.c */
void check_tier(const struct host *host, struct finding *finding);
void check_kernel(const struct host *host, struct finding *finding);
void check_lockdown(const struct host *host, struct finding *finding);
void check_unprivileged_bpf(const struct host *host, struct finding *finding);

/* choice.c: how the kernel chooses among the members of a group, tried on loopback */
void check_incoming_cpu(const struct host *host, struct finding *finding);
void check_connected_members(const struct host *host, struct finding *finding);
void check_steer_classic(const struct host *host, struct finding *finding);
void check_steer_ebpf(const struct host *host, struct finding *finding);

/* bpf.c */
void check_btf(const struct host *host, struct finding *finding);
void check_receptions(const struct host *host, struct finding *finding);
void check_storage(const struct host *host, struct finding *finding);
void check_arrivals(const struct host *host, struct finding *finding);
void check_iterators(const struct host *host, struct finding *finding);

/* mounts.c */
void check_tracefs(const struct host *host, struct finding *finding);
void check_bpffs(const struct host *host, struct finding *finding);
void check_cgroup2(const struct host *host, struct finding *finding);

/* buffers.c */
void check_rcvbuf(const struct host *host, struct finding *finding);
void check_queue_depth(const struct host *host, struct finding *finding);
void check_input_queue(const struct host *host, struct finding *finding);

/* ports.c */
void check_ports(const struct host *host, struct finding *finding);
void check_tw_reuse(const struct host *host, struct finding *finding);
void check_conntrack(const struct host *host, struct finding *finding);
void check_open_files(const struct host *host, struct finding *finding);

/* tcp.c */
void check_migrate_req(const struct host *host, struct finding *finding);
void check_listen_queue(const struct host *host, struct finding *finding);

/* network.c */
void check_loopback(const struct host *host, struct finding *finding);
void check_ipv6(const struct host *host, struct finding *finding);
void check_raw_socket(const struct host *host, struct finding *finding);
void check_sock_diag(const struct host *host, struct finding *finding);
void check_netns(const struct host *host, struct finding *finding);

/* interfaces.c */
void check_interfaces(const struct host *host, struct finding *finding);

/* machine.c */
void check_cpus(const struct host *host, struct finding *finding);
void check_clock(const struct host *host, struct finding *finding);
void check_numa(const struct host *host, struct finding *finding);

/* programs.c */
void check_postgresql(const struct host *host, struct finding *finding);
void check_gnuplot(const struct host *host, struct finding *finding);
void check_bpftrace(const struct host *host, struct finding *finding);

#endif

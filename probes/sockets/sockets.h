/*
 * The UDP sockets and TCP listeners of the network namespace this process is in, and whose they
 * are.
 *
 * Without privilege: from sock_diag(7) and /proc/PID/fd, as far as the latter may be read. With
 * BPF iterators (socket_iterators_read()) also what only the kernel knows: the group, the slot, the
 * attached program.
 */
#ifndef FAIRPORT_SOCKETS_H
#define FAIRPORT_SOCKETS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/address.h"
#include "common/owners.h"

struct ports;

/* What BPF iterators add. */
struct socket_details {
	bool known;             /* else nothing here is */
	bool reuseport;         /* SO_REUSEPORT is set */
	bool grouped;           /* the kernel keeps it in a reuseport group */
	uint64_t group;         /* the same number for all members of one group, not 0 */
	uint32_t members;       /* open sockets of its group */
	uint32_t slot;          /* its index there; UINT32_MAX: not found (a closed listener) */
	bool has_connected;     /* the group has, or had, connected members */
	uint32_t program_type;  /* enum bpf_prog_type; 0: none; of classic BPF SOCKET_FILTER */
	uint32_t program;       /* id of the attached program; 0: none, or classic BPF */
	char program_name[16];  /* empty where it has none */
	int32_t incoming_cpu;   /* SO_INCOMING_CPU; -1: not set */
	uint64_t queue_packets; /* UDP: packets in the receive queue */
	uint64_t queue_head;    /* another one when the first of the queue was taken; 0: empty */
	uint32_t order; /* in which the kernel looks through those of one port and address */
	bool of_kernel; /* the kernel itself opened it: a tunnel, a file system */
};

struct socket_info {
	uint64_t cookie, inode;
	struct address local, peer; /* PEER is 0.0.0.0:0 or [::]:0 where not connected */
	char device[IF_NAMESIZE];   /* SO_BINDTODEVICE; empty: any */
	bool tcp;                   /* listening; else UDP */
	bool connected;             /* UDP: takes from its peer only */
	bool v6only;
	uid_t uid;
	/*
	 * UDP: bytes of the receive queue, as the kernel charges them. TCP: connections in the
	 * accept queue, and how many are let in (backlog).
	 */
	uint64_t queue, backlog;
	uint64_t rcvbuf; /* bytes granted; twice what was asked for */
	uint64_t drops;  /* since it was opened; 32 bits in the kernel */
	struct socket_details details;
	size_t first_owner, owner_count; /* in the list's owners; 0: none visible */
};

struct socket_list {
	struct socket_info *items; /* by protocol (UDP first), port, address, then slot or cookie */
	size_t count;
	struct socket_owner *owners; /* those of one socket stand together */
	size_t owner_count;
	bool all_visible; /* every process could be looked into */
};

/*
 * Fills LIST with the sockets whose local port is in PORTS (NULL: of any port), connected UDP
 * sockets included, established TCP connections not. 0 or -errno. socket_list_free() in any case;
 * LIST is overwritten.
 */
int sockets_list(struct socket_list *list, const struct ports *ports);

/*
 * BPF iterators, which add the details to a LIST of the namespace this process is in by then. 0, or
 * -errno: -EPERM without CAP_BPF and CAP_PERFMON, others where the kernel has no iterators. The
 * list stays as it is then.
 */
struct socket_iterators;
int socket_iterators_open(struct socket_iterators **out);
int socket_iterators_read(struct socket_iterators *iterators, struct socket_list *list);
void socket_iterators_close(struct socket_iterators *iterators);

void socket_list_free(struct socket_list *list);

/*
 * Moves this process into the network namespace TEXT: the name of one in /run/netns, or the pid
 * of a process in it; NULL: stays. Says what is wrong by itself.
 */
bool sockets_enter_namespace(const char *text);

/*
 * Says that nobody has a socket on PORTS, and which ports are bound instead: those nearest in
 * number, with protocol and command. An error with a hint, on standard error.
 */
void sockets_explain_absent(const struct ports *ports);

/* The same of a "UDP socket" or a "TCP listener" alone. */
void sockets_explain_absence_of(const char *what, const struct ports *ports);

#endif

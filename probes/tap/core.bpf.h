/*
 * What the programs of the tap share: their maps, which sockets are watched, and where the counts
 * of a socket and of a thread are.
 */
#ifndef FAIRPORT_TAP_CORE_H
#define FAIRPORT_TAP_CORE_H

#include "probes/kernel.h"

#include <stddef.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "probes/tap/shared.h"

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

/* Of the kernel's tcp_states.h. */
#define STATE_ESTABLISHED 1
#define STATE_SYN_SENT    2
#define STATE_SYN_RECV    3
#define STATE_TIME_WAIT   6
#define STATE_LISTEN      10
#define STATE_NEW_SYN     12

/* The mark of a socket. A connection inherits the one of its listener. */
struct tap_mark {
	uint32_t member; /* 0: none yet */
	uint32_t row;    /* of the thread that took last; a guess, to be checked */
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct tap_mark);
} marks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TAP_MEMBERS);
	__type(key, uint32_t);
	__type(value, struct tap_member);
} members SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TAP_ROWS);
	__type(key, uint32_t);
	__type(value, struct tap_row);
} rows SEC(".maps");

struct tap_row_key {
	uint32_t pid, tid, member, call;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TAP_ROWS);
	__type(key, struct tap_row_key);
	__type(value, uint32_t);
} row_index SEC(".maps");

/* By cookie, for those who see only a file descriptor. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TAP_MEMBERS);
	__type(key, uint64_t);
	__type(value, uint32_t);
} listeners SEC(".maps");

struct tap_waits {
	uint64_t buckets[TAP_WAITS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TAP_MEMBERS);
	__type(key, uint32_t);
	__type(value, struct tap_waits);
} waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TAP_CPUS);
	__type(key, uint32_t);
	__type(value, struct tap_cpu);
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TAP_FLOWS);
	__type(key, struct tap_flow_key);
	__type(value, uint64_t); /* packets */
} flows SEC(".maps");

/* The control group that was named. */
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint32_t);
} cgroup SEC(".maps");

const volatile struct tap_config config;

/* Index 0 means none. */
struct tap_state state = { .members = TAP_FIRST, .rows = 1 };

void *bpf_rdonly_cast(const void *object, uint32_t type) __ksym;
void *bpf_cast_to_kern_ctx(void *context) __ksym;

static __always_inline void lose_event(void)
{
	__sync_fetch_and_add(&state.lost_events, 1);
}

static __always_inline bool has_port(const uint64_t *ports, uint32_t port)
{
	return *(const volatile uint64_t *)&ports[port / 64 % TAP_PORT_WORDS] >> port % 64 & 1;
}

static __always_inline bool watched_port(uint32_t port)
{
	return has_port(state.ports, port);
}

static __always_inline bool watched(const struct sock *sk)
{
	return watched_port(sk->__sk_common.skc_num) &&
	       sk->__sk_common.skc_net.net->ns.inum == config.netns;
}

/* Packets in the receive queue of UDP, which has two parts. */
static __always_inline uint64_t queue_length(const struct sock *sk, const struct udp_sock *udp)
{
	/* Read anew each time: whoever compares two lengths means two moments. */
	return (uint64_t) * (const volatile uint32_t *)&sk->sk_receive_queue.qlen +
	       *(const volatile uint32_t *)&udp->reader_queue.qlen;
}

static __always_inline const struct udp_sock *as_udp(const struct sock *sk)
{
	return bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct udp_sock));
}

/* Asking the helper only for the first time saves a call an event. */
static __always_inline uint64_t cookie_of(struct sock *sk)
{
	uint64_t cookie = sk->__sk_common.skc_cookie.counter;

	return cookie ? cookie : bpf_get_socket_cookie(sk);
}

static __always_inline struct tap_member *member_at(uint32_t index)
{
	return index ? bpf_map_lookup_elem(&members, &index) : NULL;
}

/* Gives MARK a member of its own. Two CPUs may do so at once: one of them gives way. */
static __noinline uint32_t claim_member(struct tap_mark *mark, uint64_t cookie, uint32_t port,
					uint32_t protocol)
{
	struct tap_member *member;
	uint32_t index, before;

	if (!mark)
		return 0;
	if (state.members >= TAP_MEMBERS) {
		lose_event();
		return 0;
	}
	index = __sync_fetch_and_add(&state.members, 1);
	member = member_at(index);
	if (!member) {
		lose_event();
		return 0;
	}
	member->port = port;
	member->protocol = protocol;
	before = __sync_val_compare_and_swap(&mark->member, 0, index);
	if (before)
		return before;
	member->cookie = cookie;
	return index;
}

/*
 * Whether a socket of this port without a mark is a new one. Those that are there when the
 * counting begins are marked first, so that for each of them it begins at one moment.
 */
static __always_inline bool marks_new(uint32_t port)
{
	return has_port(state.marked, port);
}

static __noinline struct tap_row *add_row(struct tap_row_key *key)
{
	const struct task_struct *task = bpf_get_current_task_btf();
	struct tap_row *row;
	uint32_t index;

	if (state.rows >= TAP_ROWS)
		return NULL;
	index = __sync_fetch_and_add(&state.rows, 1);
	row = bpf_map_lookup_elem(&rows, &index);
	if (!row || bpf_map_update_elem(&row_index, key, &index, BPF_NOEXIST) != 0)
		return NULL;
	row->tid = key->tid;
	row->index = index;
	row->member = key->member;
	row->call = key->call;
	row->in_cgroup = !config.cgroup || bpf_current_task_under_cgroup(&cgroup, 0) == 1;
	bpf_probe_read_kernel_str(row->command, sizeof(row->command), task->group_leader->comm);
	row->pid = key->pid; /* last: user space takes no row without it */
	return row;
}

static __noinline struct tap_row *find_row(struct tap_row_key *key, struct tap_mark *mark)
{
	uint32_t *index;
	struct tap_row *row;

	if (!key)
		return NULL;
	index = bpf_map_lookup_elem(&row_index, key);
	row = index ? bpf_map_lookup_elem(&rows, index) : add_row(key);
	if (!row) {
		lose_event();
		return NULL;
	}
	if (mark)
		mark->row = row->index;
	return row;
}

/* The row of this TASK on MEMBER for CALL. NULL, and an event is lost, where there is no room. */
static __always_inline struct tap_row *row_of(const struct task_struct *task, struct tap_mark *mark,
					      uint32_t member, uint32_t call)
{
	struct tap_row_key key = { task->tgid, task->pid, member, call };

	if (mark) {
		uint32_t index = mark->row;
		struct tap_row *row = bpf_map_lookup_elem(&rows, &index);

		if (row && row->tid == key.tid && row->pid == key.pid && row->call == call &&
		    row->member == member)
			return row;
	}
	return find_row(&key, mark);
}

#endif

/*
 * Counts what threads receive on the sockets that are watched.
 *
 * The tracepoint sock:sock_recv_length (Linux 6.3) fires once per message, after the protocol has
 * handed it over or refused, whatever the call. recvmmsg(2) is one call with many messages: its
 * messages are counted there, the call when it returns.
 */
#ifndef FAIRPORT_TAP_RECEPTIONS_H
#define FAIRPORT_TAP_RECEPTIONS_H

#include "probes/tap/core.bpf.h"
#include "probes/tap/waits.bpf.h"

#define EINTR          4
#define EAGAIN         11
#define ERESTARTSYS    512 /* include/linux/errno.h: never seen by processes */
#define ERESTART_BLOCK 516

#define MSG_PEEK     0x02
#define MSG_TRUNC    0x20
#define MSG_DONTWAIT 0x40
#define MSG_ERRQUEUE 0x2000
#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD   0x00200000

/* The row of the task's recvmmsg(2) under way; NULL or 0: it has tried no socket of ours. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, uint32_t);
} under_way SEC(".maps");

static __always_inline void count_return(struct tap_row *row, long result)
{
	struct tap_counters *counters = &row->counters;

	counters->calls++;
	if (result >= 0)
		return;
	if (result == -EAGAIN)
		counters->eagain++;
	else if (result == -EINTR || (result <= -ERESTARTSYS && result >= -ERESTART_BLOCK))
		counters->interrupted++;
	else
		counters->errors++;
}

static __always_inline long syscall_number(const struct pt_regs *registers)
{
	const struct pt_regs___arm64 *arm64 = (const void *)registers;

	if (bpf_core_field_exists(registers->orig_ax))
		return (long)registers->orig_ax;
	if (bpf_core_field_exists(arm64->syscallno))
		return arm64->syscallno;
	return -1;
}

static __always_inline int first_argument(const struct pt_regs *registers)
{
	const struct pt_regs___arm64 *arm64 = (const void *)registers;

	if (bpf_core_field_exists(registers->di))
		return (int)registers->di;
	if (bpf_core_field_exists(arm64->orig_x0))
		return (int)arm64->orig_x0;
	return -1;
}

static __always_inline enum tap_call call_of(struct task_struct *task)
{
	const volatile struct tap_syscalls *numbers = &config.syscalls;
	long number;

	if (task->flags & PF_IO_WORKER)
		return CALL_IO_URING;
	/* Kernel threads have registers too, but no system call in them. */
	if (task->flags & PF_KTHREAD)
		return CALL_OTHER;
	number = syscall_number((const struct pt_regs *)bpf_task_pt_regs(task));
	if (number == numbers->recvfrom)
		return CALL_RECVFROM;
	if (number == numbers->recvmmsg)
		return CALL_RECVMMSG;
	if (number == numbers->recvmsg)
		return CALL_RECVMSG;
	if (number == numbers->read || number == numbers->readv)
		return CALL_READ;
	if (number == numbers->io_uring_enter)
		return CALL_IO_URING;
	return CALL_OTHER;
}

static __always_inline void remember(struct task_struct *task, uint32_t row)
{
	uint32_t *remembered =
		bpf_task_storage_get(&under_way, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (remembered)
		*remembered = row;
	else
		lose_event();
}

/* Nothing grows between two receptions but by arrivals, so this finds every peak. */
static __always_inline void note_queue(struct tap_row *row, const struct sock *sk)
{
	uint64_t queue = 1 + queue_length(sk, as_udp(sk));

	if (queue > row->queue_max)
		row->queue_max = queue;
}

static __always_inline void count_cpu(int bytes)
{
	uint32_t index = bpf_get_smp_processor_id();
	struct tap_cpu *cpu = bpf_map_lookup_elem(&cpus, &index);

	if (!cpu)
		return;
	__sync_fetch_and_add(&cpu->packets, 1);
	__sync_fetch_and_add(&cpu->bytes, bytes);
}

static __always_inline void count_packet(struct tap_row *row, uint32_t index, struct sock *sk,
					 int length, int flags)
{
	row->counters.packets++;
	row->counters.bytes += length;
	note_queue(row, sk);
	if (config.arrivals) {
		struct tap_member *member = member_at(index);
		uint64_t before = member ? __sync_fetch_and_add(&member->taken, 1) : 0;

		/* With MSG_TRUNC the length is that of the packet, not of what was copied. */
		if (config.waits && member)
			count_wait(member, row, sk, before + 1,
				   flags & MSG_TRUNC ? ~0ull : (uint64_t)length);
	}
	if (config.cpus)
		count_cpu(length);
}

static __always_inline void count_nothing(struct tap_row *row, int result, int flags)
{
	if (result != -EAGAIN)
		return;
	if (row->found_nothing && flags & MSG_DONTWAIT)
		row->counters.idle_wakeups++;
	row->found_nothing = 1;
}

/* The member of SK, 0 if it is not watched yet. MARK is NULL for connections from before. */
static __always_inline uint32_t member_of(struct sock *sk, struct tap_mark **mark)
{
	uint32_t protocol = sk->sk_protocol;
	uint64_t create = 0;

	if (protocol == PROTOCOL_UDP && marks_new(sk->__sk_common.skc_num))
		create = BPF_LOCAL_STORAGE_GET_F_CREATE;
	else if (protocol != PROTOCOL_UDP && protocol != PROTOCOL_TCP)
		return 0;
	*mark = bpf_sk_storage_get(&marks, sk, NULL, create);
	if (*mark && (*mark)->member)
		return (*mark)->member == TAP_CLIENT ? 0 : (*mark)->member;
	/* Without a member it is just being marked. */
	if (*mark)
		return create ? claim_member(*mark, cookie_of(sk), sk->__sk_common.skc_num,
					     protocol)
			      : 0;
	if (protocol == PROTOCOL_TCP)
		return TAP_OLDER;
	if (create)
		lose_event();
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_message, struct sock *sk, int result, int flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tap_mark *mark = NULL;
	struct tap_row *row;
	enum tap_call call;
	uint32_t member;

	if (!watched(sk))
		return 0;
	if (flags & MSG_ERRQUEUE) /* a report about something sent */
		return 0;
	member = member_of(sk, &mark);
	if (!member)
		return 0;
	call = call_of(task);
	row = row_of(task, mark, member, call);
	if (!row)
		return 0;
	if (call == CALL_RECVMMSG)
		remember(task, row->index);
	else
		count_return(row, result);
	if (result < 0) {
		count_nothing(row, result, flags);
		return 0;
	}
	row->found_nothing = 0;
	if (sk->sk_protocol == PROTOCOL_TCP)
		row->counters.bytes += flags & MSG_PEEK ? 0 : result;
	else if (flags & MSG_PEEK)
		row->counters.peeks++;
	else
		count_packet(row, member, sk, result, flags);
	return 0;
}

static __always_inline uint32_t batch_bucket(uint64_t packets)
{
	uint32_t bucket = 0;

	for (int i = 1; i < TAP_BATCHES; i++)
		bucket += packets >> i != 0;
	return bucket;
}

/*
 * The task's recvmmsg(2) returns RESULT. One that found a packet or more and then nothing further
 * has succeeded: only here can that be known.
 */
static __always_inline int count_recvmmsg(long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	uint32_t *remembered = bpf_task_storage_get(&under_way, task, NULL, 0);
	struct tap_row *row;

	if (!remembered || !*remembered)
		return 0;
	row = bpf_map_lookup_elem(&rows, remembered);
	*remembered = 0;
	if (!row)
		return 0;
	count_return(row, result);
	if (result > 0) {
		uint32_t bucket = batch_bucket(result);

		row->found_nothing = 0; /* its last message may have */
		if (bucket < TAP_BATCHES)
			row->batches[bucket]++;
	}
	return 0;
}

/* The socket behind descriptor FD of TASK, NULL if it is none. It may be closed at any moment. */
static __always_inline struct sock *sock_of(struct task_struct *task, int fd)
{
	struct file **files = BPF_CORE_READ(task, files, fdt, fd);
	struct file *file = NULL;
	struct socket *socket;

	if (fd < 0 || (uint32_t)fd >= BPF_CORE_READ(task, files, fdt, max_fds) ||
	    bpf_probe_read_kernel(&file, sizeof(file), files + fd) != 0 || !file)
		return NULL;
	/* S_IFMT, S_IFSOCK: anything else has no socket there. */
	if ((BPF_CORE_READ(file, f_inode, i_mode) & 0xf000) != 0xc000)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

/* The task's accept(2) on descriptor FD returns RESULT. */
static __always_inline int count_accept(const struct pt_regs *registers, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sock *sk = sock_of(task, first_argument(registers));
	uint32_t *member;
	struct tap_row *row;
	uint64_t cookie, queue;

	if (!sk || !watched_port(BPF_CORE_READ(sk, __sk_common.skc_num)))
		return 0;
	cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	member = bpf_map_lookup_elem(&listeners, &cookie);
	if (!member)
		return 0;
	row = row_of(task, NULL, *member, CALL_ACCEPT);
	if (!row)
		return 0;
	count_return(row, result);
	if (result < 0) {
		/* A call that blocks does not return without a connection. */
		count_nothing(row, (int)result, MSG_DONTWAIT);
		return 0;
	}
	row->found_nothing = 0;
	row->counters.packets++;
	queue = 1 + (uint64_t)BPF_CORE_READ(sk, sk_ack_backlog);
	if (queue > row->queue_max)
		row->queue_max = queue;
	return 0;
}

/* These three are loaded where tracefs is at hand: each runs for its own system call alone. */
SEC("?tp/syscalls/sys_exit_recvmmsg")
int on_recvmmsg(struct trace_event_raw_sys_exit *event)
{
	return count_recvmmsg(event->ret);
}

SEC("?tp/syscalls/sys_exit_accept")
int on_accept(struct trace_event_raw_sys_exit *event)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return count_accept((const struct pt_regs *)bpf_task_pt_regs(task), event->ret);
}

SEC("?tp/syscalls/sys_exit_accept4")
int on_accept4(struct trace_event_raw_sys_exit *event)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return count_accept((const struct pt_regs *)bpf_task_pt_regs(task), event->ret);
}

/* Else this one, at the end of every system call of the machine: it looks at the number first. */
SEC("?tp_btf/sys_exit")
int BPF_PROG(on_return, struct pt_regs *registers, long result)
{
	long number = syscall_number(registers);

	if (number == config.syscalls.recvmmsg)
		return count_recvmmsg(result);
	if (number == config.syscalls.accept || number == config.syscalls.accept4)
		return count_accept(registers, result);
	return 0;
}

#endif

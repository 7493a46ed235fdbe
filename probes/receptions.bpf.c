/*
 * Counts what processes receive on the UDP sockets bound to one local port.
 *
 * The tracepoint sock:sock_recv_length (Linux 6.3) fires once per message, after the protocol has
 * handed it over or refused, whatever the call. recvmmsg(2) is one call with many messages: its
 * messages are counted there, the call when it returns.
 */
#include "probes/kernel.h"

#include <stddef.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "probes/receptions_shared.h"

#define EINTR          4
#define EAGAIN         11
#define ERESTARTSYS    512 /* include/linux/errno.h: never seen by processes */
#define ERESTART_BLOCK 516

#define PROTOCOL_UDP 17
#define MSG_PEEK     0x02
#define MSG_ERRQUEUE 0x2000
#define PF_KTHREAD   0x00200000

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile uint16_t port;
const volatile uint32_t netns;
const volatile struct reception_syscalls syscalls;

static const struct reception_value nothing_yet;

uint64_t lost_events;

/*
 * Its memory is taken at once: with BPF_F_NO_PREALLOC some of a few thousand new pairs in a row
 * found none (seen on Linux 6.18).
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, RECEPTION_KEYS);
	__type(key, struct reception_key);
	__type(value, struct reception_value);
} receptions SEC(".maps");

/* Cookie of the socket that the task's recvmmsg(2) under way has tried; 0: none of ours. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, uint64_t);
} under_way SEC(".maps");

static __noinline struct reception_value *add_pair(const struct reception_key *key)
{
	const struct task_struct *task = bpf_get_current_task_btf();
	struct reception_value *value;

	/* Fails when another CPU was first, which is as good. */
	bpf_map_update_elem(&receptions, key, &nothing_yet, BPF_NOEXIST);
	value = bpf_map_lookup_elem(&receptions, key);
	if (value)
		bpf_probe_read_kernel_str(value->command, sizeof(value->command),
					  task->group_leader->comm);
	else
		__sync_fetch_and_add(&lost_events, 1);
	return value;
}

static __always_inline struct reception_counters *
counters_of(const struct task_struct *task, uint64_t cookie, enum reception_call call)
{
	struct reception_key key = { .pid = task->tgid, .cookie = cookie };
	struct reception_value *value = bpf_map_lookup_elem(&receptions, &key);

	if (!value)
		value = add_pair(&key);
	return value ? &value->by_call[call] : NULL;
}

static __always_inline void count_return(struct reception_counters *counters, long result)
{
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
	if (bpf_core_field_exists(registers->orig_ax))
		return (long)registers->orig_ax;
	if (bpf_core_field_exists(registers->syscallno))
		return registers->syscallno;
	return -1;
}

/* Asking the helper only for the first time saves a call an event. */
static __always_inline uint64_t cookie_of(struct sock *sk)
{
	uint64_t cookie = sk->__sk_common.skc_cookie.counter;

	return cookie ? cookie : bpf_get_socket_cookie(sk);
}

static __always_inline enum reception_call call_of(struct task_struct *task)
{
	long number;

	/* Kernel threads have registers too, but no system call in them. */
	if (task->flags & PF_KTHREAD)
		return CALL_OTHER;
	number = syscall_number((const struct pt_regs *)bpf_task_pt_regs(task));
	if (number == syscalls.recvfrom)
		return CALL_RECVFROM;
	if (number == syscalls.recvmmsg)
		return CALL_RECVMMSG;
	if (number == syscalls.recvmsg)
		return CALL_RECVMSG;
	if (number == syscalls.read || number == syscalls.readv)
		return CALL_READ;
	return CALL_OTHER;
}

static __always_inline void remember(struct task_struct *task, uint64_t cookie)
{
	uint64_t *remembered =
		bpf_task_storage_get(&under_way, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (remembered)
		*remembered = cookie;
	else
		__sync_fetch_and_add(&lost_events, 1);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_message, struct sock *sk, int result, int flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct reception_counters *counters;
	enum reception_call call;
	uint64_t cookie;

	if (sk->__sk_common.skc_num != port || sk->sk_protocol != PROTOCOL_UDP ||
	    sk->__sk_common.skc_net.net->ns.inum != netns)
		return 0;
	if (flags & MSG_ERRQUEUE) /* a report about something sent */
		return 0;
	call = call_of(task);
	cookie = cookie_of(sk);
	counters = counters_of(task, cookie, call);
	if (!counters)
		return 0;
	if (call == CALL_RECVMMSG)
		remember(task, cookie);
	else
		count_return(counters, result);
	if (result < 0)
		return 0;
	if (flags & MSG_PEEK) {
		counters->peeks++;
		return 0;
	}
	counters->packets++;
	counters->bytes += result;
	return 0;
}

/*
 * The task's recvmmsg(2) returns RESULT. One that found a packet or more and then nothing further
 * has succeeded: only here can that be known.
 */
static __always_inline int count_recvmmsg(long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	uint64_t *remembered = bpf_task_storage_get(&under_way, task, NULL, 0);
	struct reception_counters *counters;

	if (!remembered || !*remembered)
		return 0;
	counters = counters_of(task, *remembered, CALL_RECVMMSG);
	*remembered = 0;
	if (counters)
		count_return(counters, result);
	return 0;
}

/* One of these two is loaded. This one runs for recvmmsg(2) alone, but needs tracefs. */
SEC("?tp/syscalls/sys_exit_recvmmsg")
int on_recvmmsg(struct trace_event_raw_sys_exit *event)
{
	return count_recvmmsg(event->ret);
}

/* This one runs at the end of every system call of the machine, so it looks at the number first. */
SEC("?tp_btf/sys_exit")
int BPF_PROG(on_return, struct pt_regs *registers, long result)
{
	if (syscall_number(registers) != syscalls.recvmmsg)
		return 0;
	return count_recvmmsg(result);
}

/*
 * A group of SO_REUSEPORT sockets that receives in a given way and says exactly what it received:
 * the independent count that tests hold against fairport-probe's.
 *
 *   recv-calls PORT CALL MODE SOCKETS PACKETS [one|threads]
 *
 * CALL and MODE are rows of the tables below. Each socket has a process, or all share one, or each
 * has a thread of one. A classic BPF program steers by "first payload word mod SOCKETS", so that
 * what each socket gets is known beforehand. One JSON object a socket goes to standard output.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH      8
#define MOST       256 /* sockets */
#define LONGEST    128 /* bytes of payload */
#define SHORT      50  /* where ends are cut off */
#define IDLE_CALLS 10
#define GIVE_UP    30 /* seconds */
#define TICK_US    20000

struct counts {
	uint64_t calls, packets, bytes, eagain, idle_wakeups, interrupted, errors, peeks, truncated;
};

struct call;
struct mode;

struct worker {
	int fd;
	pid_t pid, tid;
	uint64_t cookie;
	unsigned share;     /* packets that are steered here */
	bool found_nothing; /* the call before this one */
	size_t room;        /* bytes that a packet may have */
	struct counts counts;
	const struct mode *mode; /* for its thread */
	const struct call *call;
};

struct buffers {
	char data[BATCH][LONGEST];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
};

/*
 * Receives up to WANT packets, each into ROOM bytes; LENGTHS are the results. Returns how many, or
 * -1.
 */
struct call {
	const char *name;
	int (*receive)(int fd, int flags, unsigned want, size_t room, size_t lengths[static BATCH]);
};

struct mode {
	const char *name;
	bool send_first;
	void (*run)(struct worker *worker, const struct call *call);
};

static void prepare(struct buffers *buffers, size_t room)
{
	memset(buffers, 0, sizeof(*buffers));
	for (int i = 0; i < BATCH; i++) {
		buffers->parts[i] = (struct iovec){ buffers->data[i], room };
		buffers->messages[i].msg_hdr.msg_iov = &buffers->parts[i];
		buffers->messages[i].msg_hdr.msg_iovlen = 1;
	}
}

static int one(ssize_t result, size_t lengths[static BATCH])
{
	lengths[0] = result < 0 ? 0 : (size_t)result;
	return result < 0 ? -1 : 1;
}

static int by_recvfrom(int fd, int flags, unsigned want, size_t room, size_t lengths[static BATCH])
{
	char data[LONGEST];

	(void)want;
	return one(recvfrom(fd, data, room, flags, NULL, NULL), lengths);
}

static int by_recvmsg(int fd, int flags, unsigned want, size_t room, size_t lengths[static BATCH])
{
	struct buffers buffers;

	(void)want;
	prepare(&buffers, room);
	return one(recvmsg(fd, &buffers.messages[0].msg_hdr, flags), lengths);
}

static int by_recvmmsg(int fd, int flags, unsigned want, size_t room, size_t lengths[static BATCH])
{
	struct buffers buffers;
	int got;

	prepare(&buffers, room);
	got = recvmmsg(fd, buffers.messages, want < BATCH ? want : BATCH, flags, NULL);
	for (int i = 0; i < got; i++)
		lengths[i] = buffers.messages[i].msg_len;
	return got;
}

/* These calls know no MSG_DONTWAIT. */
static void set_blocking(int fd, int flags)
{
	int status = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags & MSG_DONTWAIT ? status | O_NONBLOCK : status & ~O_NONBLOCK);
}

static int by_read(int fd, int flags, unsigned want, size_t room, size_t lengths[static BATCH])
{
	char data[LONGEST];

	(void)want;
	set_blocking(fd, flags);
	return one(read(fd, data, room), lengths);
}

static int by_readv(int fd, int flags, unsigned want, size_t room, size_t lengths[static BATCH])
{
	char data[LONGEST];
	struct iovec parts[] = { { data, room / 2 }, { data + room / 2, room - room / 2 } };

	(void)want;
	set_blocking(fd, flags);
	return one(readv(fd, parts, 2), lengths);
}

static int by_preadv2(int fd, int flags, unsigned want, size_t room, size_t lengths[static BATCH])
{
	char data[LONGEST];
	struct iovec part = { data, room };

	(void)want;
	return one(preadv2(fd, &part, 1, -1, flags & MSG_DONTWAIT ? RWF_NOWAIT : 0), lengths);
}

/* A ring for each call costs time, which nobody has to pay who tests. */
static int by_io_uring(int fd, int flags, unsigned want, size_t room, size_t lengths[static BATCH])
{
	struct io_uring_cqe *done = NULL;
	struct io_uring ring;
	char data[LONGEST];
	int result;

	(void)want;
	if (io_uring_queue_init(2, &ring, 0) != 0)
		err(1, "io_uring_queue_init");
	io_uring_prep_recv(io_uring_get_sqe(&ring), fd, data, room, flags);
	io_uring_submit_and_wait(&ring, 1);
	while (io_uring_peek_cqe(&ring, &done) != 0)
		io_uring_wait_cqe(&ring, &done);
	result = done->res;
	io_uring_queue_exit(&ring);
	if (result < 0)
		errno = -result;
	return one(result, lengths);
}

static const struct call calls[] = {
	{ "recvfrom", by_recvfrom }, { "recvmsg", by_recvmsg },
	{ "recvmmsg", by_recvmmsg }, { "read", by_read },
	{ "readv", by_readv },       { "preadv2", by_preadv2 },
	{ "io_uring", by_io_uring }, { NULL, NULL },
};

/* One call and its account. Returns the number of packets, or -1. */
static int receive(struct worker *worker, const struct call *call, int flags, unsigned want)
{
	struct counts *counts = &worker->counts;
	size_t lengths[BATCH];
	int got = call->receive(worker->fd, flags, want, worker->room, lengths);
	bool nothing = got < 0 && errno == EAGAIN;

	counts->calls++;
	counts->eagain += nothing;
	counts->idle_wakeups += nothing && worker->found_nothing && flags & MSG_DONTWAIT;
	worker->found_nothing = nothing;
	if (nothing)
		return got;
	if (got < 0 && errno == EINTR)
		counts->interrupted++;
	else if (got < 0)
		counts->errors++;
	for (int i = 0; i < got; i++) {
		counts->packets += flags & MSG_PEEK ? 0 : 1;
		counts->peeks += flags & MSG_PEEK ? 1 : 0;
		counts->bytes += flags & MSG_PEEK ? 0 : lengths[i];
	}
	return got;
}

static void run_block(struct worker *worker, const struct call *call)
{
	while (worker->counts.packets < worker->share)
		if (receive(worker, call, 0, worker->share - (unsigned)worker->counts.packets) < 0)
			break;
}

static void run_drain(struct worker *worker, const struct call *call)
{
	while (receive(worker, call, MSG_DONTWAIT, BATCH) >= 0)
		;
}

static void run_peek(struct worker *worker, const struct call *call)
{
	while (receive(worker, call, MSG_PEEK | MSG_DONTWAIT, 1) > 0)
		receive(worker, call, MSG_DONTWAIT, 1);
}

static void run_idle(struct worker *worker, const struct call *call)
{
	for (int i = 0; i < IDLE_CALLS; i++)
		receive(worker, call, MSG_DONTWAIT, BATCH);
}

/* Packet i has 4 + i mod 97 bytes, which all are sent to the one socket. */
static void run_short(struct worker *worker, const struct call *call)
{
	for (unsigned i = 0; i < worker->share; i++)
		worker->counts.truncated += 4 + i % 97 > SHORT;
	worker->room = SHORT;
	while (receive(worker, call, MSG_DONTWAIT, BATCH) >= 0)
		;
}

static void run_timeout(struct worker *worker, const struct call *call)
{
	struct timeval timeout = { .tv_usec = TICK_US };

	setsockopt(worker->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	receive(worker, call, 0, BATCH);
}

static void on_alarm(int number)
{
	(void)number;
}

/* SIGALRM again and again, so that one that comes before the call has begun does no harm. */
static void run_interrupt(struct worker *worker, const struct call *call)
{
	struct sigaction action = { .sa_handler = on_alarm }; /* no SA_RESTART */
	struct itimerval ticks = { { 0, TICK_US }, { 0, TICK_US } };
	struct itimerval none = { 0 };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &ticks, NULL);
	receive(worker, call, 0, BATCH);
	setitimer(ITIMER_REAL, &none, NULL);
}

/* The peer has no socket: its ICMP answer becomes this call's ECONNREFUSED. */
static void run_refused(struct worker *worker, const struct call *call)
{
	struct sockaddr_in nobody = { .sin_family = AF_INET, .sin_port = htons(1) };

	nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(worker->fd, (struct sockaddr *)&nobody, sizeof(nobody)) != 0 ||
	    send(worker->fd, "", 0, 0) != 0)
		err(1, "send to port 1");
	receive(worker, call, MSG_DONTWAIT, BATCH);
}

static const struct mode modes[] = {
	{ "block", false, run_block },         /* exactly its share, waiting for it */
	{ "drain", true, run_drain },          /* MSG_DONTWAIT until EAGAIN */
	{ "peek", true, run_peek },            /* every packet twice, first with MSG_PEEK */
	{ "idle", false, run_idle },           /* MSG_DONTWAIT though there is nothing */
	{ "short", true, run_short },          /* drain with too small a buffer; one socket */
	{ "timeout", false, run_timeout },     /* EAGAIN because SO_RCVTIMEO has passed */
	{ "interrupt", false, run_interrupt }, /* EINTR */
	{ "refused", false, run_refused },     /* another error */
	{ NULL, false, NULL },
};

static int bound_socket(uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(*port) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int yes = 1, room = 4 << 20;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		err(1, "socket on port %u", *port);
	*port = ntohs(address.sin_port);
	return fd;
}

static void steer(int fd, unsigned sockets)
{
	struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, 0 },
		{ BPF_ALU | BPF_MOD | BPF_K, 0, 0, sockets },
		{ BPF_RET | BPF_A, 0, 0, 0 },
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) != 0)
		err(1, "SO_ATTACH_REUSEPORT_CBPF");
}

/* Packet i begins with i and is 4 to 100 bytes long. */
static void send_packets(uint16_t port, unsigned packets)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char data[LONGEST] = { 0 };

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (unsigned i = 0; i < packets; i++) {
		uint32_t word = htonl(i);
		ssize_t length = 4 + i % 97;

		memcpy(data, &word, sizeof(word));
		if (sendto(fd, data, (size_t)length, 0, (struct sockaddr *)&to, sizeof(to)) !=
		    length)
			err(1, "sendto port %u", port);
	}
	close(fd);
}

static void open_group(struct worker *workers, unsigned sockets, unsigned packets, uint16_t *port)
{
	for (unsigned i = 0; i < sockets; i++) {
		socklen_t length = sizeof(workers[i].cookie);

		workers[i].fd = bound_socket(port);
		workers[i].pid = workers[i].tid = getpid();
		workers[i].room = LONGEST;
		workers[i].share = packets / sockets + (i < packets % sockets);
		if (getsockopt(workers[i].fd, SOL_SOCKET, SO_COOKIE, &workers[i].cookie, &length))
			err(1, "SO_COOKIE");
	}
	steer(workers[0].fd, sockets);
}

static void start_workers(struct worker *workers, unsigned sockets, const struct mode *mode,
			  const struct call *call)
{
	for (unsigned i = 0; i < sockets; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			alarm(GIVE_UP);
			mode->run(&workers[i], call);
			_exit(0);
		}
		workers[i].pid = workers[i].tid = pid;
	}
}

static void *run_thread(void *argument)
{
	struct worker *worker = argument;

	worker->tid = gettid();
	worker->mode->run(worker, worker->call);
	return NULL;
}

static void run_threads(struct worker *workers, unsigned sockets)
{
	pthread_t threads[MOST];

	for (unsigned i = 0; i < sockets; i++)
		if (pthread_create(&threads[i], NULL, run_thread, &workers[i]) != 0)
			errx(1, "pthread_create");
	for (unsigned i = 0; i < sockets; i++)
		pthread_join(threads[i], NULL);
}

static void print_counts(const struct worker *worker)
{
	const struct counts *counts = &worker->counts;

	printf("{\"pid\":%d,\"tid\":%d,\"cookie\":%ju,\"calls\":%ju,\"packets\":%ju,\"bytes\":%ju,"
	       "\"eagain\":%ju,\"idle_wakeups\":%ju,\"interrupted\":%ju,\"errors\":%ju,\"peeks\":%"
	       "ju,"
	       "\"truncated\":%ju}\n",
	       worker->pid, worker->tid, (uintmax_t)worker->cookie, (uintmax_t)counts->calls,
	       (uintmax_t)counts->packets, (uintmax_t)counts->bytes, (uintmax_t)counts->eagain,
	       (uintmax_t)counts->idle_wakeups, (uintmax_t)counts->interrupted,
	       (uintmax_t)counts->errors, (uintmax_t)counts->peeks, (uintmax_t)counts->truncated);
}

/* More sockets than anybody has at a time: opened, asked once and closed, one after another. */
static void churn(uint16_t port, const struct call *call, unsigned sockets)
{
	struct worker worker = { .pid = getpid(), .room = LONGEST };

	for (unsigned i = 0; i < sockets; i++) {
		worker.fd = bound_socket(&port);
		worker.found_nothing = false; /* on this one */
		receive(&worker, call, MSG_DONTWAIT, 1);
		close(worker.fd);
	}
	print_counts(&worker);
}

static const struct call *find_call(const char *name)
{
	const struct call *call = calls;

	while (call->name && strcmp(call->name, name) != 0)
		call++;
	return call->name ? call : NULL;
}

static const struct mode *find_mode(const char *name)
{
	const struct mode *mode = modes;

	while (mode->name && strcmp(mode->name, name) != 0)
		mode++;
	return mode->name ? mode : NULL;
}

int main(int argc, char **argv)
{
	const struct call *call = argc > 5 ? find_call(argv[2]) : NULL;
	const struct mode *mode = argc > 5 ? find_mode(argv[3]) : NULL;
	uint16_t port = argc > 5 ? (uint16_t)atoi(argv[1]) : 0;
	unsigned sockets = argc > 5 ? (unsigned)atoi(argv[4]) : 0;
	unsigned packets = argc > 5 ? (unsigned)atoi(argv[5]) : 0;
	bool threads = argc > 6 && strcmp(argv[6], "threads") == 0;
	bool one_process = threads || (argc > 6 && strcmp(argv[6], "one") == 0);
	struct worker *workers;

	alarm(GIVE_UP);
	if (call && strcmp(argv[3], "churn") == 0) {
		churn(port, call, sockets);
		return 0;
	}
	if (!call || !mode || sockets < 1 || sockets > MOST)
		errx(1, "usage: recv-calls PORT CALL MODE SOCKETS PACKETS [one|threads]");
	workers = mmap(NULL, MOST * sizeof(*workers), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (workers == MAP_FAILED)
		err(1, "mmap");
	open_group(workers, sockets, packets, &port);
	for (unsigned i = 0; i < sockets; i++) {
		workers[i].mode = mode;
		workers[i].call = call;
	}
	if (mode->send_first || one_process)
		send_packets(port, packets);
	if (!one_process)
		start_workers(workers, sockets, mode, call);
	if (threads)
		run_threads(workers, sockets);
	for (unsigned i = 0; one_process && !threads && i < sockets; i++)
		mode->run(&workers[i], call);
	if (!mode->send_first && !one_process)
		send_packets(port, packets);
	while (wait(NULL) > 0)
		;
	for (unsigned i = 0; i < sockets; i++)
		print_counts(&workers[i]);
	return 0;
}

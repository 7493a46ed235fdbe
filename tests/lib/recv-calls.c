/*
 * A group of SO_REUSEPORT sockets that receives in a given way and says exactly what it received:
 * the independent count that tests hold against fairport-probe's.
 *
 *   recv-calls PORT CALL MODE SOCKETS PACKETS [one]
 *
 * CALL is recvfrom, recvmsg, recvmmsg or read; MODE is a row of the table below. Each socket has a
 * process, or all share one. A classic BPF program steers by "first payload word mod SOCKETS", so
 * that what each socket gets is known beforehand. One JSON object a socket goes to standard output.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH   8
#define MOST    64  /* sockets */
#define LONGEST 128 /* bytes of payload */
#define GIVE_UP 30  /* seconds */
#define TICK_US 20000

struct counts {
	uint64_t calls, packets, bytes, eagain, interrupted, errors, peeks;
};

struct worker {
	int fd;
	pid_t pid;
	uint64_t cookie;
	unsigned share; /* packets that are steered here */
	struct counts counts;
};

struct buffers {
	char data[BATCH][LONGEST];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
};

/* Receives up to WANT packets; LENGTHS are the results. Returns how many, or -1. */
struct call {
	const char *name;
	int (*receive)(int fd, int flags, unsigned want, size_t lengths[static BATCH]);
};

struct mode {
	const char *name;
	bool send_first;
	void (*run)(struct worker *worker, const struct call *call);
};

static void prepare(struct buffers *buffers)
{
	memset(buffers, 0, sizeof(*buffers));
	for (int i = 0; i < BATCH; i++) {
		buffers->parts[i] = (struct iovec){ buffers->data[i], LONGEST };
		buffers->messages[i].msg_hdr.msg_iov = &buffers->parts[i];
		buffers->messages[i].msg_hdr.msg_iovlen = 1;
	}
}

static int one(ssize_t result, size_t lengths[static BATCH])
{
	lengths[0] = result < 0 ? 0 : (size_t)result;
	return result < 0 ? -1 : 1;
}

static int by_recvfrom(int fd, int flags, unsigned want, size_t lengths[static BATCH])
{
	char data[LONGEST];

	(void)want;
	return one(recvfrom(fd, data, sizeof(data), flags, NULL, NULL), lengths);
}

static int by_recvmsg(int fd, int flags, unsigned want, size_t lengths[static BATCH])
{
	struct buffers buffers;

	(void)want;
	prepare(&buffers);
	return one(recvmsg(fd, &buffers.messages[0].msg_hdr, flags), lengths);
}

static int by_recvmmsg(int fd, int flags, unsigned want, size_t lengths[static BATCH])
{
	struct buffers buffers;
	int got;

	prepare(&buffers);
	got = recvmmsg(fd, buffers.messages, want < BATCH ? want : BATCH, flags, NULL);
	for (int i = 0; i < got; i++)
		lengths[i] = buffers.messages[i].msg_len;
	return got;
}

static int by_read(int fd, int flags, unsigned want, size_t lengths[static BATCH])
{
	char data[LONGEST];
	int status = fcntl(fd, F_GETFL);

	(void)want;
	fcntl(fd, F_SETFL, flags & MSG_DONTWAIT ? status | O_NONBLOCK : status & ~O_NONBLOCK);
	return one(read(fd, data, sizeof(data)), lengths);
}

static const struct call calls[] = {
	{ "recvfrom", by_recvfrom },
	{ "recvmsg", by_recvmsg },
	{ "recvmmsg", by_recvmmsg },
	{ "read", by_read },
	{ NULL, NULL },
};

/* One call and its account. Returns the number of packets, or -1. */
static int receive(struct worker *worker, const struct call *call, int flags, unsigned want)
{
	struct counts *counts = &worker->counts;
	size_t lengths[BATCH];
	int got = call->receive(worker->fd, flags, want, lengths);

	counts->calls++;
	if (got < 0 && errno == EAGAIN)
		counts->eagain++;
	else if (got < 0 && errno == EINTR)
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
		workers[i].pid = getpid();
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
		workers[i].pid = pid;
	}
}

static void print_counts(const struct worker *worker)
{
	const struct counts *counts = &worker->counts;

	printf("{\"pid\":%d,\"cookie\":%ju,\"calls\":%ju,\"packets\":%ju,\"bytes\":%ju,"
	       "\"eagain\":%ju,\"interrupted\":%ju,\"errors\":%ju,\"peeks\":%ju}\n",
	       worker->pid, (uintmax_t)worker->cookie, (uintmax_t)counts->calls,
	       (uintmax_t)counts->packets, (uintmax_t)counts->bytes, (uintmax_t)counts->eagain,
	       (uintmax_t)counts->interrupted, (uintmax_t)counts->errors, (uintmax_t)counts->peeks);
}

/* More sockets than anybody has at a time: opened, asked once and closed, one after another. */
static void churn(uint16_t port, const struct call *call, unsigned sockets)
{
	struct worker worker = { 0 };

	for (unsigned i = 0; i < sockets; i++) {
		worker.fd = bound_socket(&port);
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
	bool one_process = argc > 6 && strcmp(argv[6], "one") == 0;
	struct worker *workers;

	alarm(GIVE_UP);
	if (call && strcmp(argv[3], "churn") == 0) {
		churn(port, call, sockets);
		return 0;
	}
	if (!call || !mode || sockets < 1 || sockets > MOST)
		errx(1, "usage: recv-calls PORT CALL MODE SOCKETS PACKETS [one]");
	workers = mmap(NULL, MOST * sizeof(*workers), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (workers == MAP_FAILED)
		err(1, "mmap");
	open_group(workers, sockets, packets, &port);
	if (mode->send_first || one_process)
		send_packets(port, packets);
	if (!one_process)
		start_workers(workers, sockets, mode, call);
	for (unsigned i = 0; one_process && i < sockets; i++)
		mode->run(&workers[i], call);
	if (!mode->send_first && !one_process)
		send_packets(port, packets);
	while (wait(NULL) > 0)
		;
	for (unsigned i = 0; i < sockets; i++)
		print_counts(&workers[i]);
	return 0;
}

#include "receiver/worker.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/address.h"
#include "common/clock.h"
#include "common/exit.h"
#include "common/lp.h"
#include "common/message.h"
#include "common/signals.h"
#include "receiver/options.h"
#include "receiver/sink.h"
#include "receiver/slot.h"

/* The largest UDP payload is 65,507 bytes (IPv4) or 65,527; one more shows what is longer. */
#define BUFFER_SIZE 65536
/* Packets taken before the sink and the signals get a turn. */
#define BURST      64
#define LOOK_EVERY (100 * NS_PER_MS)
/* After SIGTERM: how long packets that still come are taken, and how long the sink may need. */
#define DRAIN_LIMIT (5 * NS_PER_SECOND)
#define FLUSH_LIMIT (30 * NS_PER_SECOND)

struct worker {
	const struct receive_options *options;
	const struct sink_ops *ops;
	void *sink;
	struct slot *slot;
	int socket, signal_fd;
	uint64_t next_look;
	char buffer[BUFFER_SIZE + 1];
	struct lp_point point;
};

/* The kernel's own count of what did not fit into this socket's buffer (since 4.12). */
static void read_drops(struct worker *worker)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t length = sizeof(info);

	if (getsockopt(worker->socket, SOL_SOCKET, SO_MEMINFO, info, &length) == 0)
		worker->slot->counts.drops = info[SK_MEMINFO_DROPS];
}

/* A packet that was cut ends within a line: that line is lost, those before it are not. */
static size_t cut_last_line(struct worker *worker, size_t length)
{
	struct received *counts = &worker->slot->counts;
	const char *feed = memrchr(worker->buffer, '\n', length);
	size_t whole = feed ? (size_t)(feed + 1 - worker->buffer) : 0;

	counts->truncated_packets++;
	counts->lines++;
	slot_reject(worker->slot, &counts->rejected_truncated, "the packet was cut here", 0,
		    worker->buffer + whole, length - whole);
	return whole;
}

static void take_lines(struct worker *worker, size_t length, uint64_t received)
{
	struct received *counts = &worker->slot->counts;
	struct lp_point *point = &worker->point;
	struct lp_cursor cursor;
	struct lp_error error;
	enum lp_result result;
	bool first = true;

	lp_cursor_init(&cursor, worker->buffer, length);
	while ((result = lp_next(&cursor, point, &error)) != LP_END) {
		counts->lines++;
		if (result == LP_REJECTED) {
			slot_reject(worker->slot,
				    error.class == LP_REJECT_LIMIT ? &counts->rejected_limit
								   : &counts->rejected_syntax,
				    error.reason, error.column, cursor.line, cursor.line_length);
			continue;
		}
		if (first && point->has_time && point->time > 0 &&
		    (uint64_t)point->time <= received)
			histogram_add(&worker->slot->latency, received - (uint64_t)point->time);
		first = false;
		worker->ops->put(worker->sink, point, cursor.line, cursor.line_length,
				 (int64_t)received);
	}
}

/* Counts what recvfrom(2) returned. False when the queue is empty. */
static bool take_packet(struct worker *worker)
{
	struct received *counts = &worker->slot->counts;
	struct address from = { .length = sizeof(from.v6) };
	ssize_t length = recvfrom(worker->socket, worker->buffer, BUFFER_SIZE,
				  MSG_DONTWAIT | MSG_TRUNC, &from.any, &from.length);

	counts->receive_calls++;
	if (length < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			counts->eagain++;
			return false;
		}
		counts->receive_errors++;
		return errno == EINTR;
	}
	counts->packets++;
	counts->bytes += (uint64_t)length;
	if (length > BUFFER_SIZE)
		length = (ssize_t)cut_last_line(worker, BUFFER_SIZE);
	take_lines(worker, (size_t)length, clock_wall());
	return true;
}

/* False when the queue was emptied. */
static bool take_burst(struct worker *worker)
{
	for (int i = 0; i < BURST && worker->ops->has_room(worker->sink); i++)
		if (!take_packet(worker))
			return false;
	return true;
}

/* Waits for whatever comes first; returns whether the socket has packets the sink has room for. */
static bool wait_for_work(struct worker *worker, bool receiving)
{
	uint64_t due = worker->ops->due(worker->sink);
	struct pollfd fds[3] = {
		/* Nobody reads signals while draining: a pending one would make poll return at
		   once. */
		{ .fd = receiving ? worker->signal_fd : -1, .events = POLLIN },
		{ .fd = receiving && worker->ops->has_room(worker->sink) ? worker->socket : -1,
		  .events = POLLIN },
	};
	struct timespec timeout;

	fds[2].fd = worker->ops->wait_for(worker->sink, &fds[2].events);
	timeout = clock_left(due < worker->next_look ? due : worker->next_look);
	if (ppoll(fds, 3, &timeout, NULL) < 0)
		return false;
	return fds[1].revents != 0;
}

static void look_around(struct worker *worker)
{
	uint64_t now = clock_now();

	worker->ops->service(worker->sink, now);
	if (now >= worker->next_look) {
		read_drops(worker);
		worker->next_look = now + LOOK_EVERY;
	}
}

static void receive_until_told(struct worker *worker)
{
	for (;;) {
		bool packets = wait_for_work(worker, true);

		if (packets)
			take_burst(worker);
		look_around(worker);
		if (signals_next(worker->signal_fd) == SIGTERM)
			return;
	}
}

/* Takes what is queued. */
static void drain(struct worker *worker)
{
	uint64_t limit = clock_now() + DRAIN_LIMIT;
	bool empty = false;

	while (!empty && clock_now() < limit) {
		if (worker->ops->has_room(worker->sink))
			empty = !take_burst(worker);
		else
			wait_for_work(worker, false);
		look_around(worker);
	}
}

/* What came after the drain, up to now: last thing before the socket goes. */
static void count_left(struct worker *worker)
{
	for (uint64_t i = 0; i < worker->slot->rcvbuf / 256; i++) {
		if (recv(worker->socket, worker->buffer, 0, MSG_DONTWAIT) < 0)
			break;
		worker->slot->counts.in_queue++;
	}
	read_drops(worker);
	close(worker->socket);
}

static void finish_sink(struct worker *worker)
{
	uint64_t limit = clock_now() + FLUSH_LIMIT;

	while (worker->ops->busy(worker->sink) && clock_now() < limit) {
		worker->ops->flush(worker->sink);
		if (worker->ops->busy(worker->sink))
			wait_for_work(worker, false);
		look_around(worker);
	}
	worker->ops->close(worker->sink);
}

static bool open_worker(struct worker *worker)
{
	/* ^C goes to the whole process group; the parent tells when to stop. */
	signal(SIGINT, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	worker->signal_fd = signals_open(0);
	if (worker->signal_fd < 0)
		return false;
	worker->ops = sink_by_index(worker->options->sink);
	worker->sink = worker->ops->open(worker->options, worker->slot);
	return worker->sink != NULL;
}

int worker_run(const struct receive_options *options, int socket, struct slot *slot, int ready_fd)
{
	static struct worker worker;
	struct rusage usage;

	worker.options = options;
	worker.socket = socket;
	worker.slot = slot;
	if (!open_worker(&worker))
		return EXIT_CANNOT_RUN;
	if (write(ready_fd, "\n", 1) != 1)
		return EXIT_CANNOT_RUN;
	close(ready_fd);
	receive_until_told(&worker);
	drain(&worker);
	finish_sink(&worker);
	count_left(&worker);
	getrusage(RUSAGE_SELF, &usage);
	slot->peak_rss = (uint64_t)usage.ru_maxrss * 1024;
	return EXIT_DONE;
}

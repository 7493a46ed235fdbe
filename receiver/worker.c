#include "receiver/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/signals.h"
#include "receiver/account.h"
#include "receiver/child.h"
#include "receiver/intake.h"
#include "receiver/lines.h"
#include "receiver/options.h"
#include "receiver/sinks/sink.h"

#define EVENTS 64
/* After draining: how long the sink may need. */
#define FLUSH_LIMIT (30 * NS_PER_SECOND)
/* While draining, how often it is asked whether that is done. */
#define DRAIN_LOOK (5 * NS_PER_MS)

struct worker {
	const struct receive_options *options;
	const struct intake_ops *ops;
	void *intake;
	struct account *account;
	int signal_fd, epoll;
	int sink_fd; /* as registered, with SINK_EVENTS; -1: not */
	uint32_t sink_events;
	uint64_t due;         /* of the intake */
	bool signalled;       /* a signal waits to be read */
	uint64_t flush_limit; /* after draining: until when the sink is waited for */
	struct lines lines;
};

/* Events carry pointers: these two stand for descriptors that are not the intake's. */
static char signals_tag, sink_tag;

static bool watch(struct worker *worker, int fd, uint32_t events, void *tag)
{
	struct epoll_event event = { .events = events, .data.ptr = tag };

	if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return true;
	message_error("could not wait for descriptor %d: %s", fd, strerror(errno));
	return false;
}

/* The sink's descriptor and events change as it goes on. */
static void watch_sink(struct worker *worker)
{
	short wanted = 0;
	int fd = worker->lines.ops->wait_for(worker->lines.sink, &wanted);
	uint32_t events = (wanted & POLLIN ? EPOLLIN : 0u) | (wanted & POLLOUT ? EPOLLOUT : 0u);
	struct epoll_event event = { .events = events, .data.ptr = &sink_tag };

	if (fd == worker->sink_fd && events == worker->sink_events)
		return;
	/* A descriptor that was closed has left the set by itself: errors say nothing new. */
	if (worker->sink_fd >= 0 && fd != worker->sink_fd)
		epoll_ctl(worker->epoll, EPOLL_CTL_DEL, worker->sink_fd, NULL);
	if (fd >= 0 && epoll_ctl(worker->epoll, EPOLL_CTL_MOD, fd, &event) != 0)
		epoll_ctl(worker->epoll, EPOLL_CTL_ADD, fd, &event);
	worker->sink_fd = fd;
	worker->sink_events = events;
}

static int timeout_ms(const struct worker *worker, uint64_t limit)
{
	uint64_t due = worker->lines.ops->due(worker->lines.sink);

	if (worker->due < due)
		due = worker->due;
	return clock_timeout_ms(limit < due ? limit : due);
}

/*
 * Waits until LIMIT at most for whatever comes first. A sink without room lets the input wait: then
 * only it and the signals count.
 */
static void wait_and_take(struct worker *worker, uint64_t limit)
{
	struct epoll_event events[EVENTS];
	int count;

	if (!lines_have_room(&worker->lines)) {
		struct pollfd fds[2] = { { .fd = worker->signal_fd, .events = POLLIN } };

		fds[1].fd = worker->lines.ops->wait_for(worker->lines.sink, &fds[1].events);
		poll(fds, 2, timeout_ms(worker, limit));
		worker->signalled |= fds[0].revents != 0;
		return;
	}
	watch_sink(worker);
	count = epoll_wait(worker->epoll, events, EVENTS, timeout_ms(worker, limit));
	for (int i = 0; i < count; i++) {
		void *what = events[i].data.ptr;

		if (what == &signals_tag)
			worker->signalled = true;
		else if (what != &sink_tag)
			worker->ops->ready(worker->intake, what, events[i].events);
	}
}

static void serve_once(struct worker *worker, uint64_t limit)
{
	uint64_t now;

	wait_and_take(worker, limit);
	now = clock_now();
	worker->lines.ops->service(worker->lines.sink, now);
	worker->due = worker->ops->service(worker->intake, now);
}

static void receive_until_told(struct worker *worker)
{
	while (!worker->signalled || signals_next(worker->signal_fd) != SIGTERM) {
		worker->signalled = false;
		serve_once(worker, UINT64_MAX);
	}
}

static void finish_intake(struct worker *worker)
{
	uint64_t now = clock_now();
	uint64_t limit = now + worker->options->drain;

	/* Nobody reads signals any more: a pending one would make each wait return at once. */
	epoll_ctl(worker->epoll, EPOLL_CTL_DEL, worker->signal_fd, NULL);
	close(worker->signal_fd);
	worker->signal_fd = -1;
	worker->ops->stop(worker->intake, worker->account->order == ORDER_DRAIN, now);
	while (!worker->ops->finished(worker->intake, now) && now < limit) {
		serve_once(worker, now + DRAIN_LOOK);
		now = clock_now();
	}
	worker->flush_limit = now + FLUSH_LIMIT;
	/* What is out of the kernel already may wait for the sink as long as the sink may. */
	if (worker->ops->holds) {
		worker->ops->stop(worker->intake, false, now);
		while (worker->ops->holds(worker->intake) && now < worker->flush_limit) {
			serve_once(worker, now + DRAIN_LOOK);
			now = clock_now();
		}
	}
	worker->ops->close(worker->intake);
}

static void finish_sink(struct worker *worker)
{
	const struct sink_ops *ops = worker->lines.ops;

	while (ops->busy(worker->lines.sink) && clock_now() < worker->flush_limit) {
		struct pollfd wait = { .fd = -1 };

		ops->flush(worker->lines.sink);
		if (!ops->busy(worker->lines.sink))
			break;
		wait.fd = ops->wait_for(worker->lines.sink, &wait.events);
		poll(&wait, 1, 100);
		ops->service(worker->lines.sink, clock_now());
	}
	ops->close(worker->lines.sink);
}

static bool open_worker(struct worker *worker, const struct worker_start *start)
{
	struct intake_start intake = { .options = start->options,
				       .lines = &worker->lines,
				       .account = start->account,
				       .input = start->input };

	worker->options = start->options;
	worker->account = start->account;
	worker->ops = start->intake;
	worker->sink_fd = -1;
	worker->due = UINT64_MAX;
	worker->signal_fd = child_signals();
	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	intake.epoll = worker->epoll;
	if (worker->signal_fd < 0 || worker->epoll < 0 ||
	    !watch(worker, worker->signal_fd, EPOLLIN, &signals_tag) ||
	    !lines_open(&worker->lines, start->options, start->account))
		return false;
	worker->intake = worker->ops->open(&intake);
	return worker->intake != NULL;
}

int worker_run(const struct worker_start *start)
{
	static struct worker worker;

	if (!open_worker(&worker, start))
		return EXIT_CANNOT_RUN;
	child_ready(start->ready_fd);
	receive_until_told(&worker);
	finish_intake(&worker);
	finish_sink(&worker);
	return EXIT_DONE;
}

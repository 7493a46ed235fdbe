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
#include "receiver/sinks/wait.h"

#define EVENTS 64
/* While draining, how often it is asked whether that is done. */
#define DRAIN_LOOK (5 * NS_PER_MS)

struct worker {
	const struct receive_options *options;
	const struct intake_ops *ops;
	void *intake;
	struct account *account;
	int signal_fd, epoll;
	struct sink_wait sink_wait; /* as registered */
	bool sink_ready;            /* it has happened */
	uint64_t due;               /* of the intake */
	uint64_t rest;              /* until when nothing need be taken; 0: no rest */
	bool signalled;             /* a signal waits to be read */
	uint64_t flush_limit;       /* after draining: until when the sink is waited for */
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
	struct sink_wait wait = worker->lines.ops->wait_for(worker->lines.sink);
	struct sink_wait *old = &worker->sink_wait;
	struct epoll_event event = { .data.ptr = &sink_tag };

	if (wait.fd == old->fd && wait.events == old->events && wait.opened == old->opened)
		return;
	event.events =
		(wait.events & POLLIN ? EPOLLIN : 0u) | (wait.events & POLLOUT ? EPOLLOUT : 0u);
	/* A descriptor that was closed has left the set by itself: errors say nothing new. */
	if (old->fd >= 0 && wait.fd != old->fd)
		epoll_ctl(worker->epoll, EPOLL_CTL_DEL, old->fd, NULL);
	if (wait.fd >= 0 && epoll_ctl(worker->epoll, EPOLL_CTL_MOD, wait.fd, &event) != 0)
		epoll_ctl(worker->epoll, EPOLL_CTL_ADD, wait.fd, &event);
	*old = wait;
}

static int timeout_ms(const struct worker *worker, uint64_t limit)
{
	uint64_t due = worker->lines.ops->due(worker->lines.sink);

	if (worker->due < due)
		due = worker->due;
	return clock_timeout_ms(limit < due ? limit : due);
}

/* The input may wait: only the sink and the signals count. */
static void wait_without_input(struct worker *worker, uint64_t limit)
{
	struct pollfd fds[2] = { [1] = { .fd = worker->signal_fd, .events = POLLIN } };

	if (worker->due < limit)
		limit = worker->due;
	sink_poll(worker->lines.ops, worker->lines.sink, fds, 2, limit);
	worker->sink_ready = fds[0].revents != 0;
	worker->signalled |= fds[1].revents != 0;
}

/*
 * Waits until LIMIT at most for whatever comes first. A sink without room lets the input wait, and
 * so does a rest.
 */
static void wait_and_take(struct worker *worker, uint64_t limit)
{
	struct epoll_event events[EVENTS];
	int count;

	if (!lines_have_room(&worker->lines) || worker->rest) {
		wait_without_input(worker,
				   worker->rest && worker->rest < limit ? worker->rest : limit);
		return;
	}
	count = epoll_wait(worker->epoll, events, EVENTS, timeout_ms(worker, limit));
	for (int i = 0; i < count; i++) {
		void *what = events[i].data.ptr;

		if (what == &signals_tag)
			worker->signalled = true;
		else if (what == &sink_tag)
			worker->sink_ready = true;
		else
			worker->ops->ready(worker->intake, what, events[i].events);
	}
}

static void serve_once(struct worker *worker, uint64_t limit)
{
	uint64_t now;

	wait_and_take(worker, limit);
	now = clock_now();
	worker->lines.ops->service(worker->lines.sink, now, worker->sink_ready);
	worker->sink_ready = false;
	/* A descriptor that it closed may soon be another's. */
	watch_sink(worker);
	worker->due = worker->ops->service(worker->intake, now);
	if (worker->ops->rest)
		worker->rest = worker->ops->rest(worker->intake);
	if (worker->rest <= now)
		worker->rest = 0;
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
	worker->flush_limit = now + SINK_FLUSH_LIMIT;
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

static bool open_worker(struct worker *worker, const struct worker_start *start)
{
	struct sink_start sink = { .options = start->options,
				   .account = start->account,
				   .shared = start->shared,
				   .index = start->index,
				   .cookie = start->cookie };
	struct intake_start intake = { .options = start->options,
				       .lines = &worker->lines,
				       .account = start->account,
				       .input = start->input };

	worker->options = start->options;
	worker->account = start->account;
	worker->ops = start->intake;
	worker->sink_wait.fd = -1;
	worker->due = UINT64_MAX;
	worker->signal_fd = child_signals();
	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	intake.epoll = worker->epoll;
	if (worker->signal_fd < 0 || worker->epoll < 0 ||
	    !watch(worker, worker->signal_fd, EPOLLIN, &signals_tag) ||
	    !lines_open(&worker->lines, &sink))
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
	sink_drain(worker.lines.ops, worker.lines.sink, -1, worker.flush_limit);
	worker.lines.ops->close(worker.lines.sink);
	return EXIT_DONE;
}

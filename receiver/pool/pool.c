#include "receiver/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/signals.h"
#include "receiver/group.h"
#include "receiver/options.h"
#include "receiver/slot.h"
#include "receiver/worker.h"

/* A worker drains for 5 s and flushes for 30 s at most; one that is stopped never ends. */
#define END_LIMIT (45 * NS_PER_SECOND)

const char *pool_reason_text(enum pool_reason reason)
{
	static const char *const texts[] = { "interrupted", "duration", "all workers died",
					     "aborted" };

	return texts[reason];
}

static void signal_workers(const struct pool *pool, int number)
{
	for (size_t i = 0; i < pool->count; i++)
		if (pool->slots[i].running)
			kill(pool->slots[i].pid, number);
}

static void note_death(struct pool *pool, size_t index, int status, bool expected)
{
	struct slot *slot = &pool->slots[index];

	slot->running = false;
	slot->exit_status = status;
	pool->running--;
	if (expected && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DONE)
		return;
	pool->crashed++;
	if (WIFSIGNALED(status))
		message_error("worker %zu (pid %d) was killed by signal %d (%s) after %llu packets",
			      index, (int)slot->pid, WTERMSIG(status), strsignal(WTERMSIG(status)),
			      (unsigned long long)slot->counts.packets);
	else
		message_error("worker %zu (pid %d) ended by itself with status %d", index,
			      (int)slot->pid, WEXITSTATUS(status));
}

static void reap(struct pool *pool, bool expected)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < pool->count; i++)
			if (pool->slots[i].running && pool->slots[i].pid == pid)
				note_death(pool, i, status, expected);
}

static bool fork_worker(struct pool *pool, struct group *group, size_t index,
			const int ready_pipe[2])
{
	struct slot *slot = &pool->slots[index];
	pid_t parent = getpid();

	slot->cookie = group->cookies[index];
	slot->rcvbuf = group->rcvbuf;
	slot->pid = fork();
	if (slot->pid < 0) {
		message_error("could not fork worker %zu: %s", index, strerror(errno));
		return false;
	}
	if (slot->pid == 0) {
		int socket = group->sockets[index];

		close(ready_pipe[0]);
		close(pool->signal_fd);
		group_close(group, index);
		slot->pid = getpid();
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		/* The parent may be gone already. */
		if (getppid() != parent)
			_exit(EXIT_CANNOT_RUN);
		_exit(worker_run(pool->options, socket, slot, ready_pipe[1]));
	}
	slot->running = true;
	pool->running++;
	return true;
}

/* Waits until every worker wrote its byte. A worker that dies closes its end of the pipe. */
static bool await_ready(struct pool *pool, int pipe_fd)
{
	size_t ready = 0;
	char byte;

	while (ready < pool->count) {
		struct pollfd fds[2] = { { .fd = pipe_fd, .events = POLLIN },
					 { .fd = pool->signal_fd, .events = POLLIN } };
		int number;

		if (poll(fds, 2, -1) < 0)
			return false;
		if (fds[0].revents & POLLIN)
			ready += read(pipe_fd, &byte, 1) == 1;
		else if (fds[0].revents & POLLHUP)
			return false;
		while ((number = signals_next(pool->signal_fd)) != 0) {
			if (number != SIGCHLD)
				return false;
			reap(pool, false);
			if (pool->crashed)
				return false;
		}
	}
	return true;
}

/* Waits for the end of all workers; those that still run at LIMIT are killed. */
static void await_end(struct pool *pool, uint64_t limit)
{
	while (pool->running > 0) {
		struct pollfd wait = { .fd = pool->signal_fd, .events = POLLIN };
		int number;

		poll(&wait, 1, 100);
		while ((number = signals_next(pool->signal_fd)) != 0) {
			/* The first signal asks for what is being done already. */
			if (number == SIGCHLD || ++pool->signals != 2)
				continue;
			pool->reason = POOL_ABORTED;
			signal_workers(pool, SIGKILL);
		}
		reap(pool, true);
		if (limit && clock_now() > limit) {
			limit = 0;
			signal_workers(pool, SIGKILL);
		}
	}
}

bool pool_start(struct pool *pool, const struct receive_options *options, struct group *group,
		int signal_fd)
{
	int ready_pipe[2];
	size_t size = group->count * sizeof(*pool->slots);
	bool started = true;

	*pool = (struct pool){ .options = options, .count = group->count, .signal_fd = signal_fd };
	pool->slots = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pool->slots == MAP_FAILED || pipe2(ready_pipe, O_CLOEXEC) != 0) {
		message_error("could not prepare the pool: %s", strerror(errno));
		return false;
	}
	for (size_t i = 0; i < pool->count && started; i++)
		started = fork_worker(pool, group, i, ready_pipe);
	close(ready_pipe[1]);
	group_close(group, SIZE_MAX);
	started = started && await_ready(pool, ready_pipe[0]);
	close(ready_pipe[0]);
	pool->started = clock_now();
	if (!started) {
		signal_workers(pool, SIGTERM);
		await_end(pool, clock_now() + 5 * NS_PER_SECOND);
	}
	return started;
}

/* False when the pool should end. */
static bool look_at_signals(struct pool *pool)
{
	bool told = false;
	int number;

	/* All that is pending counts as one: SIGINT and SIGTERM at once do not abort. */
	while ((number = signals_next(pool->signal_fd)) != 0) {
		if (number == SIGCHLD)
			reap(pool, false);
		else
			told = true;
	}
	if (told) {
		pool->signals = 1;
		pool->reason = POOL_SIGNAL;
		return false;
	}
	if (pool->running == 0)
		pool->reason = POOL_ALL_DIED;
	return pool->running > 0;
}

void pool_watch(struct pool *pool, const struct pool_watch *watch)
{
	const struct receive_options *options = pool->options;
	uint64_t next = pool->started + options->interval;
	uint64_t end = options->duration ? pool->started + options->duration : UINT64_MAX;

	while (look_at_signals(pool)) {
		uint64_t now = clock_now();
		struct pollfd wait = { .fd = pool->signal_fd, .events = POLLIN };
		struct timespec timeout;

		if (now >= end) {
			pool->reason = POOL_DURATION;
			break;
		}
		if (now >= next) {
			watch->interval(watch->context, pool, now - pool->started);
			while (next <= now)
				next += options->interval;
			continue;
		}
		timeout = clock_left(next < end ? next : end);
		ppoll(&wait, 1, &timeout, NULL);
	}
	message_note("draining");
	signal_workers(pool, SIGTERM);
	await_end(pool, clock_now() + END_LIMIT);
	pool->elapsed = clock_now() - pool->started;
}

void pool_free(struct pool *pool)
{
	munmap(pool->slots, pool->count * sizeof(*pool->slots));
}

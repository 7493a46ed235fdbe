#include "receiver/pool/pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/openmetrics/server.h"
#include "common/signals.h"
#include "receiver/models/model.h"
#include "receiver/options.h"
#include "receiver/pool/change.h"
#include "receiver/pool/control.h"
#include "receiver/pool/leave.h"
#include "receiver/pool/life.h"
#include "receiver/pool/metrics.h"
#include "receiver/pool/service.h"
#include "receiver/tcp/descriptor.h"

/* A worker that dies is replaced at once, the next time later, and then twice as late each time. */
#define BACKOFF_FIRST (100 * NS_PER_MS)
#define BACKOFF_MOST  (10 * NS_PER_SECOND)
/* Whoever serves this long has not failed by starting. */
#define BACKOFF_FORGET (10 * NS_PER_SECOND)
/* How often processes that take too long to leave are looked for. */
#define LOOK_EVERY (500 * NS_PER_MS)

const char *pool_reason_text(enum pool_reason reason)
{
	static const char *const texts[] = { "interrupted", "duration", "drained", "aborted" };

	return texts[reason];
}

const struct member *pool_first_member(const struct pool *pool)
{
	return pool->socket ? pool->socket : pool->seats[0].member;
}

size_t pool_running(const struct pool *pool, bool fronts)
{
	size_t running = 0;

	for (const struct life *life = pool->lives; life; life = life->next)
		running += life->state != LIFE_ENDED && (life->front || !fronts);
	return running;
}

static void kill_all(struct pool *pool, uint64_t overdue)
{
	for (struct life *life = pool->lives; life; life = life->next)
		if (life->state != LIFE_ENDED && life->pid > 0 &&
		    (!overdue || (life->state == LIFE_LEAVING && life->kill_at <= overdue))) {
			life->killed = true;
			kill(life->pid, SIGKILL);
		}
}

static void schedule_respawn(struct seat *seat, const struct life *life)
{
	uint64_t now = clock_now(), delay = 0;

	if (now - life->started >= BACKOFF_FORGET)
		seat->failures = 0;
	if (seat->failures > 0)
		delay = BACKOFF_FIRST << (seat->failures < 8 ? seat->failures - 1 : 7);
	if (delay > BACKOFF_MOST)
		delay = BACKOFF_MOST;
	seat->failures++;
	seat->life = NULL;
	seat->respawn_at = now + delay;
}

static void reap(struct pool *pool)
{
	struct rusage usage;
	pid_t pid;
	int status;

	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
		struct life *life = life_ended(pool, pid, status, &usage);
		struct seat *seat;

		if (!life)
			continue;
		seat = life->front ? &pool->front : &pool->seats[life->slot];
		if (seat->life == life)
			schedule_respawn(seat, life);
	}
}

/* A terminal that went away is no wish for new workers. */
static bool hung_up(const struct pool *pool)
{
	struct pollfd terminal = { .fd = STDERR_FILENO };

	return pool->on_terminal && poll(&terminal, 1, 0) == 1 && terminal.revents & POLLHUP;
}

void pool_look_at_signals(struct pool *pool)
{
	bool told = false;
	int number;

	/* All that is pending counts as one: SIGINT and SIGTERM at once do not abort. */
	while ((number = signals_next(pool->signal_fd)) != 0) {
		if (number == SIGHUP && !hung_up(pool))
			pool->told_to_restart = true;
		else if (number != SIGCHLD)
			told = true;
	}
	reap(pool);
	if (!told)
		return;
	pool->told_to_stop = true;
	if (++pool->signals < 2)
		return;
	pool->reason = POOL_ABORTED;
	kill_all(pool, 0);
}

void pool_settle(struct pool *pool)
{
	/*
	 * From the last opened, as the kernel moves the last socket of a group into the place of
	 * one that is closed: so the others keep their order.
	 */
	while (pool->retired && pool->retired->users == 0) {
		struct member *member = pool->retired;

		pool->retired = member->next;
		if (member->credit) {
			struct received *counts = &member->credit->account->counts;

			/* What a passed socket has is for the next start. */
			if (!member->passed)
				counter_add(&counts->in_queue, member_count_left(member));
			counter_add(&counts->drops, member_new_drops(member));
			member->credit = NULL;
		}
		if (pool->steering)
			steering_forget(pool->steering, member->cookie);
		for (struct life *life = pool->lives; life; life = life->next)
			if (life->member == member)
				life->member = NULL;
		member_close(member);
	}
	lives_tell(pool);
}

void pool_read_decisions(struct pool *pool)
{
	if (pool->steering)
		steering_decisions(pool->steering, pool->decisions, &pool->fallbacks);
}

/* Waits until nobody runs, or with FRONTS no front; those that take too long are killed. */
static void await_end(struct pool *pool, bool fronts)
{
	while (pool_running(pool, fronts) > 0) {
		struct pollfd wait = { .fd = pool->signal_fd, .events = POLLIN };

		poll(&wait, 1, 100);
		pool_look_at_signals(pool);
		kill_all(pool, clock_now());
	}
}

static void respawn_due(struct pool *pool, uint64_t now)
{
	struct seat *seat = &pool->front;

	if (seat->respawn_at && seat->respawn_at <= now)
		change_respawn(pool, seat);
	for (seat = pool->seats; seat < pool->seats + pool->count; seat++)
		if (seat->respawn_at && seat->respawn_at <= now)
			change_respawn(pool, seat);
}

static void stop(struct pool *pool)
{
	/* What waits for a worker that died is drained too. */
	if (pool->started)
		respawn_due(pool, UINT64_MAX);
	leave_front(pool);
	await_end(pool, true);
	leave_workers(pool);
	await_end(pool, false);
	/* Nobody reads any member now. */
	pool_settle(pool);
}

bool pool_start(struct pool *pool)
{
	pool->model = model_by_index(pool->options->model);
	pool->on_terminal = isatty(STDERR_FILENO);
	/* Sockets of generations that are being drained, too. */
	descriptor_raise_limit(4 * POOL_SLOTS);
	if (pool->model->member_each) {
		pool->steering = steering_open(pool->group.tcp);
		if (!pool->steering) {
			message_error("out of memory");
			return false;
		}
	}
	if (!metrics_open(pool)) {
		pool->reason = POOL_ABORTED;
		return false;
	}
	if (!change_start(pool)) {
		pool->reason = POOL_ABORTED;
		stop(pool);
		return false;
	}
	pool->started = clock_now();
	pool->end = UINT64_MAX;
	if (pool->options->duration)
		pool->end = pool->started + pool->options->duration;
	return true;
}

static uint64_t next_respawn(const struct pool *pool)
{
	uint64_t next = pool->front.respawn_at ? pool->front.respawn_at : UINT64_MAX;

	for (size_t i = 0; i < pool->count; i++)
		if (pool->seats[i].respawn_at && pool->seats[i].respawn_at < next)
			next = pool->seats[i].respawn_at;
	return next;
}

/* What is to be done without anybody asking. */
static void look_after(struct pool *pool, uint64_t now)
{
	respawn_due(pool, now);
	kill_all(pool, now);
	pool_settle(pool);
	if (!pool->told_to_restart || pool->told_to_stop)
		return;
	pool->told_to_restart = false;
	change_restart(pool);
}

static void wait_for_work(struct pool *pool, uint64_t until)
{
	struct pollfd fds[2 + CONTROL_FDS] = {
		{ .fd = pool->signal_fd, .events = POLLIN },
		{ .fd = openmetrics_fd(pool->openmetrics), .events = POLLIN },
	};
	size_t count = pool->control ? control_wait_for(pool->control, fds + 2) : 0;
	struct timespec timeout =
		clock_left(clock_earlier(until, openmetrics_due(pool->openmetrics)));

	ppoll(fds, 2 + count, &timeout, NULL);
	pool_look_at_signals(pool);
	if (pool->told_to_stop)
		return;
	openmetrics_run(pool->openmetrics);
	if (pool->control)
		control_service(pool->control, fds + 2, count);
}

void pool_watch(struct pool *pool, const struct pool_watch *watch)
{
	const struct receive_options *options = pool->options;
	uint64_t next = pool->started + options->interval;

	while (!pool->told_to_stop) {
		uint64_t now = clock_now();

		if (now >= pool->end) {
			pool->reason = POOL_DURATION;
			break;
		}
		look_after(pool, now);
		if (now >= next) {
			lives_read_drops(pool);
			pool_read_decisions(pool);
			watch->interval(watch->context, pool, now - pool->started);
			metrics_interval(pool);
			lives_forget(pool);
			while (next <= now)
				next += options->interval;
			continue;
		}
		now = clock_earlier(clock_now() + LOOK_EVERY, next_respawn(pool));
		wait_for_work(pool, clock_earlier(now, clock_earlier(next, pool->end)));
	}
	message_note("draining");
	service_stopping();
	control_close(pool->control);
	pool->control = NULL;
	openmetrics_close(pool->openmetrics);
	pool->openmetrics = NULL;
	stop(pool);
	pool->elapsed = clock_now() - pool->started;
}

void pool_free(struct pool *pool)
{
	lives_forget(pool);
	openmetrics_close(pool->openmetrics);
	steering_close(pool->steering);
	free(pool->policy_text);
}

#include "receiver/pool/change.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"
#include "receiver/models/model.h"
#include "receiver/options.h"
#include "receiver/pool/cohort.h"
#include "receiver/pool/leave.h"
#include "receiver/pool/life.h"
#include "receiver/pool/placement.h"
#include "receiver/pool/pool.h"
#include "receiver/pool/report.h"
#include "receiver/pool/service.h"

/* A new front has taken over; the old one has only to hand on what it holds. */
#define FRONT_LIMIT (2 * NS_PER_SECOND)

static void verify_placement(const struct pool *pool)
{
	if (!pool->options->pin)
		return;
	for (size_t i = 0; i < pool->count; i++) {
		const struct seat *seat = &pool->seats[i];
		int socket = pool->options->incoming_cpu ? seat->member->fd : -1;

		if (seat->life)
			placement_verify(i, seat->life->pid, placement_cpu(i), socket);
	}
}

/* Classic BPF chooses by the kernel's own order of sockets, which is that of their opening. */
static bool is_positional(const struct policy *policy)
{
	return policy->kind == POLICY_RANDOM || policy->kind == POLICY_CPU;
}

/* Has POLICY choose among the first COUNT seats. */
static bool steer(struct pool *pool, const struct policy *policy, size_t count)
{
	static struct steering_member chosen[STEERING_SLOTS];

	if (!pool->steering || (policy->kind == POLICY_HASH && pool->policy.kind == POLICY_HASH))
		return true;
	if (is_positional(policy) && pool->retired) {
		message_error("%s goes by the kernel's order of sockets, and old ones are still "
			      "being drained",
			      policy->text);
		message_hint("try again when they are closed");
		return false;
	}
	pool_read_decisions(pool);
	for (size_t i = 0; i < count; i++) {
		const struct member *member = pool->seats[i].member;

		chosen[i] = (struct steering_member){ .fd = member->fd, .cookie = member->cookie };
	}
	return steering_set(pool->steering, policy, chosen, count) == 0;
}

static struct member *member_for(struct pool *pool, size_t slot)
{
	if (pool->model->member_each)
		return group_open_member(&pool->group, slot, pool->started > 0);
	return pool->model->front ? group_open_channel(slot) : pool->socket;
}

/* Opens and forks what the seats from FIRST to END need. */
static bool fill(struct cohort *cohort, size_t first, size_t end)
{
	struct pool *pool = cohort->pool;

	for (size_t i = first; i < end; i++) {
		struct seat *seat = &pool->seats[i];

		*seat = (struct seat){ .member = member_for(pool, i) };
		/* What it gets counts, even if it will not stay. */
		if (i >= pool->slots_used)
			pool->slots_used = i + 1;
		if (seat->member)
			seat->life = cohort_fork(cohort, seat->member, NULL, i);
		if (!seat->life)
			return false;
	}
	return true;
}

/* The workers of the seats from FIRST to END are ready: now their sockets may get something. */
static bool bind_later(struct pool *pool, size_t first, size_t end)
{
	for (size_t i = first; i < end && pool->model->member_each; i++)
		if (!group_bind_later(&pool->group, pool->seats[i].member))
			return false;
	return true;
}

/* A new front for the seats as they are; the old one, if any, stays. */
static bool fork_front(struct cohort *cohort)
{
	struct pool *pool = cohort->pool;

	return !pool->model->front || cohort_fork(cohort, pool->socket, pool->model->front_name, 0);
}

/* The new front serves: it is the last of COHORT. The old one hands on what it holds, and goes. */
static void relieve_front(struct cohort *cohort)
{
	struct pool *pool = cohort->pool;
	uint64_t limit = clock_now() + FRONT_LIMIT;
	struct life *old = pool->front.life;

	if (!pool->model->front)
		return;
	pool->front =
		(struct seat){ .life = cohort->lives[cohort->count - 1], .member = pool->socket };
	life_leave(pool, old, ORDER_LEAVE);
	while (old && old->state != LIFE_ENDED && clock_now() < limit) {
		struct pollfd wait = { .fd = pool->signal_fd, .events = POLLIN };

		poll(&wait, 1, 20);
		pool_look_at_signals(pool);
	}
}

static bool open_socket(struct pool *pool)
{
	if (pool->model->member_each)
		return true;
	pool->socket = group_open_member(&pool->group, 0, false);
	if (!pool->socket)
		return false;
	return pool->model->front || pool->model->one_worker ||
	       life_of_socket(pool, pool->socket, LIFE_SHARED_SOCKET);
}

bool change_start(struct pool *pool)
{
	struct policy policy = pool->options->steer;
	struct cohort cohort;
	bool started;

	pool->generation = 1;
	pool->count = pool->options->workers;
	if (!cohort_open(&cohort, pool))
		return false;
	started = open_socket(pool) && fill(&cohort, 0, pool->count) && fork_front(&cohort);
	started = cohort_await(&cohort, started) && steer(pool, &policy, pool->count);
	if (!started) {
		cohort_dismiss(&cohort);
		return false;
	}
	pool->policy = policy;
	pool->decisions_counted = policy_is_ebpf(&policy);
	relieve_front(&cohort);
	verify_placement(pool);
	return true;
}

/* The places of a generation that is being replaced. */
static struct seat before[POOL_SLOTS];

static void put_back(struct cohort *cohort)
{
	struct pool *pool = cohort->pool;

	/* What the new sockets got is drained before they are closed. */
	for (size_t i = pool->count; i-- > 0;) {
		struct seat *seat = &pool->seats[i];

		if (seat->member && seat->member != before[i].member)
			leave_seat(pool, seat, false);
		*seat = before[i];
		/* It may have died meanwhile. */
		if (seat->life && seat->life->state == LIFE_ENDED)
			*seat = (struct seat){ .member = seat->member, .respawn_at = 1 };
	}
	cohort_dismiss(cohort);
	pool_settle(pool);
	message_error("generation %u did not start; the workers that serve go on",
		      pool->generation--);
}

/* Forks the next generation: with REBIND on sockets of its own. */
static bool fork_generation(struct cohort *cohort, bool rebind)
{
	struct pool *pool = cohort->pool;

	if (rebind)
		return fill(cohort, 0, pool->count);
	for (size_t i = 0; i < pool->count; i++) {
		struct life *life = cohort_fork(cohort, before[i].member, NULL, i);

		if (!life)
			return false;
		pool->seats[i] = (struct seat){ .member = before[i].member, .life = life };
	}
	return fork_front(cohort);
}

bool change_restart(struct pool *pool)
{
	bool rebind = pool->model->member_each && pool->options->handover == HANDOVER_REBIND &&
		      !is_positional(&pool->policy) && !pool->group.passed_all;
	bool started, exact;
	struct cohort cohort;

	if (!cohort_open(&cohort, pool))
		return false;
	service_reloading();
	pool->generation++;
	memcpy(before, pool->seats, sizeof(before));
	if (rebind)
		memset(pool->seats, 0, sizeof(pool->seats));
	started = fork_generation(&cohort, rebind);
	started = cohort_await(&cohort, started);
	if (started && rebind) {
		started =
			bind_later(pool, 0, pool->count) && steer(pool, &pool->policy, pool->count);
	}
	if (!started) {
		put_back(&cohort);
		service_ready(report_status(pool));
		return false;
	}
	pool->restarts++;
	relieve_front(&cohort);
	exact = pool->steering && steering_is_exact(pool->steering);
	for (size_t i = pool->count; i-- > 0;) {
		if (rebind)
			leave_seat(pool, &before[i], exact);
		else
			life_leave(pool, before[i].life, ORDER_LEAVE);
	}
	pool_settle(pool);
	verify_placement(pool);
	service_ready(report_status(pool));
	message_note("generation %u serves", pool->generation);
	return true;
}

/* A front in a cohort of its own: the workers it is to hand on to are ready. */
static bool change_front(struct pool *pool)
{
	struct cohort cohort;
	bool started;

	if (!pool->model->front)
		return true;
	if (!cohort_open(&cohort, pool))
		return false;
	started = fork_front(&cohort);
	started = cohort_await(&cohort, started);
	if (started)
		relieve_front(&cohort);
	else
		cohort_dismiss(&cohort);
	return started;
}

static bool grow(struct pool *pool, size_t count)
{
	size_t old = pool->count;
	struct cohort cohort;
	bool started;

	if (!cohort_open(&cohort, pool))
		return false;
	pool->count = count;
	started = fill(&cohort, old, count);
	started = cohort_await(&cohort, started) && bind_later(pool, old, count);
	if (started && steer(pool, &pool->policy, count) && change_front(pool))
		return true;
	pool->count = old;
	leave_seats(pool, old, count, false);
	cohort_dismiss(&cohort);
	message_error("the pool keeps its %zu workers", old);
	return false;
}

static bool shrink(struct pool *pool, size_t count)
{
	size_t old = pool->count;

	if (pool->model->member_each && count < pool->group.passed_all) {
		message_error("the service manager keeps %zu sockets open: so many workers are "
			      "needed",
			      pool->group.passed_all);
		return false;
	}
	pool->count = count;
	if (!steer(pool, &pool->policy, count) || !change_front(pool)) {
		pool->count = old;
		message_error("the pool keeps its %zu workers", old);
		return false;
	}
	leave_seats(pool, count, old, pool->steering && steering_is_exact(pool->steering));
	return true;
}

bool change_resize(struct pool *pool, size_t count)
{
	bool done = count == pool->count ||
		    (count > pool->count ? grow(pool, count) : shrink(pool, count));

	if (done) {
		verify_placement(pool);
		service_status(report_status(pool));
	}
	return done;
}

bool change_steer(struct pool *pool, const struct policy *policy)
{

	if (!steer(pool, policy, pool->count))
		return false;
	pool->policy = *policy;
	/* What a part of the run has no counts for, it has none for. */
	pool->decisions_counted &= policy_is_ebpf(policy);
	return true;
}

/* A seat may be a copy of one that is being replaced. */
static size_t seat_slot(const struct pool *pool, const struct seat *seat)
{
	if (seat >= pool->seats && seat < pool->seats + POOL_SLOTS)
		return (size_t)(seat - pool->seats);
	return (size_t)(seat - before);
}

void change_respawn(struct pool *pool, struct seat *seat)
{
	const char *front = seat == &pool->front ? pool->model->front_name : NULL;
	size_t slot = front ? 0 : seat_slot(pool, seat);
	int nobody = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* Nobody waits for it to be ready: what is sent to it waits in its socket. */
	seat->respawn_at = 0;
	seat->life = life_fork(pool, seat->member, front, slot, nobody);
	if (nobody >= 0)
		close(nobody);
	if (!seat->life) {
		seat->respawn_at = clock_now() + NS_PER_SECOND;
		return;
	}
	life_serves(seat->life);
	pool->respawns++;
	lives_tell(pool);
	message_note("%s %zu runs again as pid %d", front ? front : "worker", slot,
		     (int)seat->life->pid);
}

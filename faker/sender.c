#include "faker/sender.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "faker/options.h"
#include "faker/lines/packer.h"
#include "faker/packet.h"
#include "faker/plan.h"

/* How often the loop looks up from sending. */
#define LOOK_EVERY (10 * NS_PER_MS)
/* No sleep is longer, so that a stop is seen soon. */
#define SLEEP_MAX (20 * NS_PER_MS)
/* When a packet that failed is tried again. */
#define RETRY_AFTER 100000
/* A packet that fails this often in a row ends the run: the cause is not passing. */
#define TRIES_MAX 1000

/* The whole number of packets that fall to this thread, as schedule.c deals them out. */
static uint64_t share_of(const struct plan *plan, uint32_t number)
{
	const struct fake_options *options = plan->options;
	uint64_t burst = options->arrivals.burst, round = burst * options->threads;
	uint64_t rest = options->count % round, before = number * burst;

	if (options->count == 0)
		return UINT64_MAX;
	rest = rest > before ? rest - before : 0;
	return options->count / round * burst + (rest < burst ? rest : burst);
}

static int open_parts(struct sender *sender)
{
	const struct plan *plan = sender->plan;
	const struct fake_options *options = plan->options;
	uint32_t threads = (uint32_t)options->threads, number = sender->number;
	struct engine *engine = &sender->engine;
	struct rate rate;
	int error;

	sender->opening = "make the lines";
	sender->packer = packer_open(plan, number, &error);
	if (!sender->packer)
		return error;
	sender->opening = "open the sources";
	rate_open(&rate, &options->rate, options->duration, options->count);
	schedule_open(&sender->schedule, &rate, &options->arrivals, number, threads, options->seed,
		      STREAM_ARRIVALS + number);
	*engine = (struct engine){
		.row = plan->engine,
		.plan = plan,
		.stop = &sender->meeting->stop,
		.sent = &sender->sent,
		.errors = &sender->errors,
		.tcp = &sender->tcp,
		.shared = sender->meeting->shared,
		.slots = (uint32_t)(plan->divided ? plan->slots / threads : plan->slots),
		.first_slot = plan->divided || plan->slots == 1 ? number : 0,
		.slot_stride = plan->divided ? threads : 1,
	};
	rng_seed(&engine->rng, options->seed, STREAM_NAMES + number);
	source_open(&sender->source, &options->source, engine->slots,
		    plan->popularity.entries ? &plan->popularity : NULL, options->arrivals.burst,
		    options->seed, STREAM_POPULARITY + number);
	error = flows_open(&engine->flows);
	return error ? error : engine->row->open(engine);
}

/* Whether to go on. */
static bool look_up(struct sender *sender, uint64_t now)
{
	const struct fake_options *options = sender->plan->options;
	const struct engine *engine = &sender->engine;

	if (atomic_load_explicit(&sender->meeting->stop, memory_order_relaxed)) {
		sender->reason = STOP_SIGNAL;
		return false;
	}
	if (options->duration && now - sender->meeting->start >= options->duration) {
		sender->reason = STOP_DURATION;
		return false;
	}
	if (now < sender->next_look)
		return true;
	sender->next_look = now + LOOK_EVERY;
	if (engine->row->look)
		engine->row->look(&sender->engine);
	return true;
}

static void sleep_until(struct sender *sender, uint64_t time)
{
	uint64_t latest = clock_now() + SLEEP_MAX;

	if (time > latest)
		time = latest;
	if (sender->engine.row->tend) {
		sender->engine.row->tend(&sender->engine, time);
		return;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
			&(struct timespec){ .tv_sec = (time_t)(time / NS_PER_SECOND),
					    .tv_nsec = (long)(time % NS_PER_SECOND) },
			NULL);
}

/* Errors that the next try may not meet: an absent receiver, full queues, busy ports. */
static bool may_pass(int error)
{
	return error == -ECONNREFUSED || error == -ENOBUFS || error == -EINTR || error == -ENOMEM ||
	       error == -EADDRINUSE || error == -EADDRNOTAVAIL;
}

/* TRIES in a row failed, the last one with ERROR. */
static bool is_lasting(const struct sender *sender, int error, int tries)
{
	/* A device works off its queue; ports of closed connections come back after a while. */
	if (error == -ENOBUFS || (error == -EADDRNOTAVAIL && sender->plan->engine == &engine_tcp))
		return false;
	return !may_pass(error) || tries >= TRIES_MAX;
}

/* How late the call was that COUNT packets left by. */
static void note_lateness(struct sender *sender, const struct packet *packets, unsigned int count,
			  uint64_t called)
{
	for (unsigned int i = 0; i < count; i++)
		histogram_add(&sender->late, called > packets[i].due ? called - packets[i].due : 0);
}

/* In ns. What keeps a port is not gone soon. */
static uint64_t retry_after(int result)
{
	return result == 0 ? SLEEP_MAX : result == -EADDRNOTAVAIL ? LOOK_EVERY : RETRY_AFTER;
}

/* Each packet is tried until it leaves. Whether to go on. */
static bool send_batch(struct sender *sender, const struct packet *packets, unsigned int count)
{
	const bool paced = sender->plan->options->rate.from > 0;
	struct engine *engine = &sender->engine;
	int tries = 0;

	for (unsigned int done = 0; done < count;) {
		uint64_t called = paced ? clock_now() : 0;
		int result = engine->row->send(engine, packets + done, count - done);

		if (result > 0) {
			if (paced)
				note_lateness(sender, packets + done, (unsigned int)result, called);
			done += (unsigned int)result;
			sender->taken += (unsigned int)result;
			tries = 0;
			continue;
		}
		if (result < 0) {
			engine_error(engine, result);
			if (is_lasting(sender, result, ++tries)) {
				sender->failure = result;
				sender->reason = STOP_FAILED;
				return false;
			}
		}
		/* An error of an earlier packet has been fetched, nothing is in the way now. */
		if (result == -ECONNREFUSED)
			continue;
		if (!look_up(sender, clock_now()))
			return false;
		if (result < 0 || engine->row->tend)
			sleep_until(sender, clock_now() + retry_after(result));
	}
	return true;
}

/* Makes the packets that are due at NOW, as many as one call takes. *OPEN: whether to go on. */
static unsigned int collect(struct sender *sender, struct packet *packets, uint64_t now, bool *open)
{
	const bool paced = sender->plan->options->rate.from > 0;
	uint64_t left = sender->share - sender->taken;
	unsigned int count = 0, most = sender->engine.row->batch;

	packer_begin(sender->packer);
	if (left < most)
		most = (unsigned int)left;
	while (count < most) {
		struct packet *packet = &packets[count];
		uint64_t due = sender->meeting->start + schedule_due(&sender->schedule);
		int result;

		if (paced && due > now)
			break;
		/* Input is waited for when nothing else is there to be sent. */
		result = packer_fill(sender->packer, packet, count > 0 ? 0 : now + SLEEP_MAX);
		if (result == -EAGAIN)
			break;
		if (result <= 0) {
			*open = false;
			sender->reason = result == 0 ? STOP_END : STOP_FAILED;
			sender->failure = result;
			sender->bad_line = result < 0 ? packer_line(sender->packer) : 0;
			break;
		}
		packet->slot = source_next(&sender->source, now, &packet->renew);
		packet->due = due;
		if (paced)
			schedule_advance(&sender->schedule);
		count++;
	}
	return count;
}

/*
 * A packet is due at a time that only the schedule knows, whatever became of those before it, so
 * that lateness adds up nowhere and is measured, not absorbed.
 */
static void send_all(struct sender *sender)
{
	const struct fake_options *options = sender->plan->options;
	struct packet packets[BATCH_PACKETS];
	bool open = true;

	sender->reason = STOP_COUNT;
	while (open && sender->taken < sender->share) {
		uint64_t now = clock_now(), until;
		unsigned int count;

		if (!look_up(sender, now))
			break;
		count = collect(sender, packets, now, &open);
		if (count > 0) {
			if (!send_batch(sender, packets, count))
				break;
			continue;
		}
		if (!open)
			break;
		until = sender->meeting->start + schedule_due(&sender->schedule);
		if (options->duration && until > sender->meeting->start + options->duration)
			until = sender->meeting->start + options->duration;
		sleep_until(sender, until);
	}
	sender->end = clock_now();
	if (sender->engine.row->drain)
		sender->engine.row->drain(&sender->engine, &sender->meeting->hurry);
	if (sender->engine.last_sent > sender->end)
		sender->end = sender->engine.last_sent;
}

/* Says that it is ready, or is not, and waits for the others. */
static void meet(struct sender *sender)
{
	struct meeting *meeting = sender->meeting;

	pthread_mutex_lock(&meeting->lock);
	meeting->opened++;
	pthread_cond_broadcast(&meeting->changed);
	while (!meeting->started)
		pthread_cond_wait(&meeting->changed, &meeting->lock);
	pthread_mutex_unlock(&meeting->lock);
}

/*
 * A thread with a table of descriptors of its own, and nothing in it that a pool does not need, can
 * open as many sockets as the limit says, and the kernel need not count references at each call.
 */
static void own_descriptors(const struct sender *sender)
{
	const bool pool = sender->plan->slots > 1 && sender->plan->engine != &engine_print &&
			  !sender->plan->options->replay;

	if (sender->meeting->shared)
		return;
	close_range(pool ? 0 : STDERR_FILENO + 1, ~0u, CLOSE_RANGE_UNSHARE);
}

static void *sender_main(void *context)
{
	struct sender *sender = context;
	int error;

	/* The default slack of 50 us would be the lateness of every packet. */
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	own_descriptors(sender);
	error = open_parts(sender);
	if (error) {
		sender->failure = error;
		sender->reason = STOP_FAILED;
	} else {
		sender->opening = NULL;
	}
	meet(sender);
	if (!error) {
		if (sender->meeting->start > 0)
			send_all(sender);
		if (sender->reason == STOP_FAILED)
			atomic_store(&sender->meeting->stop, true);
		sender->engine.row->close(&sender->engine);
	}
	packer_close(sender->packer);
	atomic_fetch_add(&sender->meeting->ended, 1);
	return NULL;
}

int sender_start(struct sender *sender, const struct plan *plan, uint32_t number,
		 struct meeting *meeting)
{
	sender->meeting = meeting;
	sender->plan = plan;
	sender->number = number;
	sender->share = share_of(plan, number);
	return -pthread_create(&sender->thread, NULL, sender_main, sender);
}

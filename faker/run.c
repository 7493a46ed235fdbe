#include "faker/run.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/signals.h"
#include "faker/engines/udp_sockets.h"
#include "faker/options.h"
#include "faker/plan.h"

/* How often the end of the threads is looked for. */
#define LOOK_EVERY (5 * NS_PER_MS)
/* How often the thread that hears signals looks whether it is needed, in ms. */
#define HEAR_MS 10
/* How long a second signal waits for the threads. */
#define GRACE (500 * NS_PER_MS)

struct watch {
	const struct plan *plan;
	const struct run_progress *progress;
	struct sender *senders;
	uint32_t count;
	struct meeting meeting;
	int signal_fd;
	struct sent last; /* totals at the last interval */
	uint64_t last_interval, next_interval;
	/* By the second: how many there were, and in how many some packet met no socket. */
	uint64_t seconds, refused_seconds, refused_before;
	bool unheard;      /* it was said that nobody listens */
	atomic_bool done;  /* all that could be ended by a signal has ended */
	int *shared;       /* sockets of all threads; NULL: none */
	uint64_t leave_at; /* after a second signal, whatever is going on; 0: there was none */
};

const char *stop_reason_text(enum stop_reason reason)
{
	static const char *const texts[] = { "count", "duration", "end of input", "interrupted",
					     "failed" };

	return texts[reason];
}

static struct sent total_sent(const struct watch *watch)
{
	struct sent total = { .packets = 0 };

	for (uint32_t i = 0; i < watch->count; i++) {
		struct sent sent;

		counters_read(sent_counters, &sent, &watch->senders[i].sent);
		counters_add(sent_counters, &total, &sent);
	}
	return total;
}

static void end_interval(struct watch *watch, uint64_t now)
{
	struct sent total = total_sent(watch), delta = total;

	if (now <= watch->last_interval)
		return;
	counters_subtract(sent_counters, &delta, &watch->last);
	if (!watch->progress->interval(watch->progress->context, &delta, &total,
				       now - watch->meeting.start, now - watch->last_interval))
		atomic_store(&watch->meeting.stop, true);
	watch->last = total;
	watch->last_interval = now;
	while (watch->next_interval <= now)
		watch->next_interval += watch->plan->options->interval;
}

/* On loopback every packet that meets no socket is answered: some of them are a restart. */
static bool mostly_refused(const struct sent *sent)
{
	return sent->refused_calls > sent->watched_calls / 2;
}

/*
 * Hosts limit how many ICMP answers they give, Linux to one a second after the first six
 * (icmp_ratelimit): over a network, one answer in each second is all there is.
 */
static void check_heard(struct watch *watch, uint64_t now)
{
	const bool loopback = address_is_loopback(&watch->plan->target);
	struct sent total;
	uint64_t refused;

	if (now - watch->meeting.start < (watch->seconds + 1) * NS_PER_SECOND)
		return;
	total = total_sent(watch);
	refused = total.refused_calls - watch->refused_before;
	watch->refused_before = total.refused_calls;
	watch->refused_seconds += refused > 0;
	if (++watch->seconds > 1 || !(loopback ? mostly_refused(&total) : refused > 0))
		return;
	watch->unheard = true;
	watch->progress->unheard(watch->progress->context, &total);
}

/* Whether nobody listened at the beginning, or most of the time. */
static bool was_unheard(const struct watch *watch, const struct sent *total)
{
	if (watch->unheard || mostly_refused(total))
		return true;
	if (address_is_loopback(&watch->plan->target))
		return false;
	return watch->seconds > 0 ? watch->refused_seconds > watch->seconds / 2
				  : total->refused_calls > 0;
}

/* The first signal ends the sending, the second the waiting for what is outstanding. */
static void on_signal(struct watch *watch)
{
	if (!atomic_exchange(&watch->meeting.stop, true))
		return;
	atomic_store(&watch->meeting.hurry, true);
	if (watch->leave_at == 0)
		watch->leave_at = clock_now() + GRACE;
}

/* A thread may hang in a call that nobody answers. */
static void leave_in_time(const struct watch *watch)
{
	if (watch->leave_at == 0 || clock_now() < watch->leave_at)
		return;
	message_error("left without results: a call did not return");
	_exit(EXIT_INCOMPLETE);
}

/*
 * Signals have a thread of their own while packets are sent: who writes records may have to wait
 * for somebody to read them.
 */
static void *hear_signals(void *context)
{
	struct watch *watch = context;

	while (!atomic_load(&watch->done)) {
		struct pollfd wait = { .fd = watch->signal_fd, .events = POLLIN };

		if (poll(&wait, 1, HEAR_MS) > 0 && signals_next(watch->signal_fd) != 0)
			on_signal(watch);
		leave_in_time(watch);
	}
	return NULL;
}

static void watch_threads(struct watch *watch)
{
	while (atomic_load(&watch->meeting.ended) < watch->count) {
		uint64_t now = clock_now(), until = now + LOOK_EVERY;
		struct timespec timeout;

		if (until > watch->next_interval)
			until = watch->next_interval;
		timeout = clock_left(until);
		nanosleep(&timeout, NULL);
		now = clock_now();
		if (now >= watch->next_interval)
			end_interval(watch, now);
		check_heard(watch, now);
	}
}

/* It ends with the last packet, unless what was outstanding has changed the counts since. */
static void end_last_interval(struct watch *watch)
{
	struct sent total = total_sent(watch);
	uint64_t end = watch->last_interval;

	for (uint32_t i = 0; i < watch->count; i++)
		if (watch->senders[i].end > end)
			end = watch->senders[i].end;
	if (end == watch->last_interval && memcmp(&total, &watch->last, sizeof(total)) != 0)
		end = clock_now();
	end_interval(watch, end);
}

/* Waits until every thread is ready or has failed. True when all are ready. */
static bool await_opened(struct watch *watch)
{
	struct meeting *meeting = &watch->meeting;
	bool ready = true;

	pthread_mutex_lock(&meeting->lock);
	while (meeting->opened < watch->count)
		pthread_cond_wait(&meeting->changed, &meeting->lock);
	pthread_mutex_unlock(&meeting->lock);
	for (uint32_t i = 0; i < watch->count; i++)
		ready &= !watch->senders[i].opening;
	return ready;
}

/* Lets the threads send from START (clock_now()) on; 0: they are to end. */
static void start(struct watch *watch, uint64_t time)
{
	struct meeting *meeting = &watch->meeting;

	meeting->start = watch->last_interval = time;
	watch->next_interval = time + watch->plan->options->interval;
	pthread_mutex_lock(&meeting->lock);
	meeting->started = true;
	pthread_cond_broadcast(&meeting->changed);
	pthread_mutex_unlock(&meeting->lock);
}

/* The reason that says most: what failed, or what ended the last thread. */
static void merge_end(struct result *result, const struct sender *sender, uint64_t start)
{
	if (sender->end > start && sender->end - start > result->elapsed)
		result->elapsed = sender->end - start;
	if (sender->reason > result->reason)
		result->reason = sender->reason;
	if (sender->opening)
		result->opening = sender->opening;
	if (sender->engine.failed.length > 0)
		result->failed = sender->engine.failed;
	if (sender->failure && !result->failure) {
		result->failure = sender->failure;
		result->bad_line = sender->bad_line;
	}
}

static void merge(struct watch *watch, struct result *result)
{
	const struct fake_options *options = watch->plan->options;
	struct rate rate;
	double slot;

	for (uint32_t i = 0; i < watch->count; i++) {
		struct sender *sender = &watch->senders[i];

		counters_add(sent_counters, &result->sent, &sender->sent);
		counters_add(tcp_counters, &result->tcp.counts, &sender->tcp.counts);
		histogram_merge(&result->tcp.connect, &sender->tcp.connect);
		histogram_merge(&result->tcp.reply, &sender->tcp.reply);
		histogram_merge(&result->late, &sender->late);
		errors_merge(&result->errors, &sender->errors);
		merge_end(result, sender, watch->meeting.start);
		flows_merge(&result->flows, &sender->engine.flows);
		flows_close(&sender->engine.flows);
	}
	if (options->rate.from == 0 || result->opening)
		return;
	rate_open(&rate, &options->rate, options->duration, options->count);
	slot = rate_time(&rate, (double)options->count);
	if (result->reason == STOP_COUNT && (double)result->elapsed < slot)
		result->elapsed = (uint64_t)slot;
	result->due = rate_packets(&rate, (double)result->elapsed);
	if (options->count && result->due > (double)options->count)
		result->due = (double)options->count;
}

static uint32_t start_threads(struct watch *watch, int *error)
{
	uint32_t started = 0;

	*error = 0;
	while (started < watch->plan->options->threads) {
		*error = sender_start(&watch->senders[started], watch->plan, started,
				      &watch->meeting);
		if (*error)
			break;
		started++;
	}
	return started;
}

/* From the opening of everything to the end of the last thread. False: it could not start. */
static bool run_threads(struct watch *watch, struct result *result)
{
	const struct plan *plan = watch->plan;
	const uint64_t start_at = plan->options->start_at.time;
	bool ready;

	result->opening = "open the sources";
	if (plan->shared)
		watch->meeting.shared = watch->shared = udp_open_shared(plan, &result->failure);
	if (result->failure)
		return false;
	result->opening = "start the threads";
	watch->count = start_threads(watch, &result->failure);
	ready = await_opened(watch) && !result->failure;
	if (ready)
		result->opening = NULL;
	if (ready && start_at > 0) {
		watch->progress->waiting(watch->progress->context);
		start_wait(start_at, &watch->meeting.stop);
	}
	start(watch, ready ? clock_now() : 0);
	if (ready)
		watch_threads(watch);
	for (uint32_t i = 0; i < watch->count; i++)
		pthread_join(watch->senders[i].thread, NULL);
	return ready;
}

bool run_faker(const struct plan *plan, int signal_fd, const struct run_progress *progress,
	       struct result *result)
{
	struct watch watch = { .plan = plan,
			       .progress = progress,
			       .signal_fd = signal_fd,
			       .meeting = { .lock = PTHREAD_MUTEX_INITIALIZER,
					    .changed = PTHREAD_COND_INITIALIZER } };
	pthread_t hearing;
	bool ran = false;

	*result = (struct result){ .reason = STOP_COUNT, .opening = "start the threads" };
	watch.senders = calloc(plan->options->threads, sizeof(*watch.senders));
	result->failure = watch.senders ? flows_open(&result->flows) : -ENOMEM;
	if (!result->failure)
		result->failure = -pthread_create(&hearing, NULL, hear_signals, &watch);
	if (!result->failure) {
		ran = run_threads(&watch, result);
		merge(&watch, result);
		if (ran)
			end_last_interval(&watch);
		result->unheard = was_unheard(&watch, &result->sent);
		atomic_store(&watch.done, true);
		pthread_join(hearing, NULL);
	}
	udp_close_shared(plan, watch.shared);
	free(watch.senders);
	return ran;
}

#include "faker/engines/tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"
#include "faker/engines/engine.h"
#include "faker/options.h"
#include "faker/packet.h"
#include "faker/plan.h"
#include "faker/engines/tcp_connection.h"

/* Connections of a thread that no slot has any more, but that have not ended. */
#define ENDING_MAX 1000

/* Who sends without a pause does not call tend(): after so many calls there is a look around. */
#define SENDS_PER_LOOK 16

#define EVENTS_PER_LOOK 256

/* How often a flag that another thread sets is read. */
#define FLAG_EVERY (50 * NS_PER_MS)

const struct counter tcp_counters[] = {
	COUNTER(struct tcp_counts, connections),
	COUNTER(struct tcp_counts, established),
	/* Outcomes. */
	COUNTER(struct tcp_counts, completed),
	COUNTER(struct tcp_counts, unclosed),
	COUNTER(struct tcp_counts, refused),
	COUNTER(struct tcp_counts, reset),
	COUNTER(struct tcp_counts, timed_out),
	COUNTER(struct tcp_counts, closed_early),
	COUNTER(struct tcp_counts, abandoned),
	COUNTER(struct tcp_counts, failed),
	/* Of messages. */
	COUNTER(struct tcp_counts, replies),
	COUNTER(struct tcp_counts, wrong_replies),
	COUNTER(struct tcp_counts, missing_replies),
	{ NULL, 0 },
};

static int tcp_open(struct engine *engine)
{
	struct connections *all = calloc(1, sizeof(*all));
	int error = -ENOMEM;

	if (!all)
		return error;
	all->engine = engine;
	all->brief = source_per_packet(&engine->plan->options->source);
	all->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (all->epoll < 0) {
		error = -errno;
		goto failed;
	}
	all->slots = calloc(engine->slots, sizeof(struct connection *));
	all->input = malloc(INPUT_SIZE);
	if (!all->slots || !all->input)
		goto failed;
	engine->state = all;
	return 0;
failed:
	if (all->epoll >= 0)
		close(all->epoll);
	free(all->slots);
	free(all->input);
	free(all);
	return error;
}

static uint64_t deadline(const struct connection *connection)
{
	return connection->since + connection->all->engine->plan->options->timeout;
}

/* Returns how many; -1 where a signal came. */
static int await_events(int epoll, struct epoll_event events[static EVENTS_PER_LOOK],
			uint64_t until)
{
	struct timespec left = clock_left(until);
	int count = epoll_pwait2(epoll, events, EVENTS_PER_LOOK, &left, NULL);

	/* Before Linux 5.11: in milliseconds, rounded up so that nobody turns in circles. */
	if (count < 0 && errno == ENOSYS)
		count = epoll_wait(epoll, events, EVENTS_PER_LOOK,
				   (int)(left.tv_sec * 1000 + (left.tv_nsec + 999999) / 1000000));
	return count;
}

/* Deals with what happens until UNTIL, at most once. Whether anything did. */
static bool look(struct connections *all, uint64_t until)
{
	struct epoll_event events[EVENTS_PER_LOOK];
	uint64_t now;
	int count;

	if (all->oldest && until > deadline(all->oldest))
		until = deadline(all->oldest);
	count = await_events(all->epoll, events, until);
	for (int i = 0; i < count; i++)
		connection_event(events[i].data.ptr, events[i].events);
	now = clock_now();
	while (all->oldest && deadline(all->oldest) <= now) {
		connection_expire(all->oldest);
		count = 1;
	}
	return count > 0;
}

/* Sees to a connection for PACKET. 1; 0 when none can be opened now; or -errno. */
static int open_slot(struct connections *all, const struct packet *packet)
{
	struct connection *present = all->slots[packet->slot];
	int error;

	if (present && !packet->renew)
		return 1;
	if (all->ending >= ENDING_MAX)
		return 0;
	if (present)
		connection_end(present);
	error = connection_open(all, packet->slot);
	if ((error == -EMFILE || error == -ENFILE) && all->ending > 0)
		return 0;
	return error ? error : 1;
}

static int tcp_send(struct engine *engine, const struct packet *packets, unsigned int count)
{
	struct connections *all = engine->state;
	struct connection *connection;
	unsigned int run = engine_run(packets, count), added = 0;
	int result;

	if (atomic_load_explicit(engine->stop, memory_order_relaxed))
		return 0;
	if (++all->sends % SENDS_PER_LOOK == 0)
		look(all, 0);
	result = open_slot(all, packets);
	if (result <= 0)
		return result;
	connection = all->slots[packets->slot];
	while (added < run && connection_takes(connection, packets[added].length)) {
		result = connection_add(connection, &packets[added]);
		if (result < 0)
			break;
		added++;
	}
	connection_flush(connection);
	/* The next message goes elsewhere, whenever it comes; it may have gone by flushing. */
	if (all->brief && all->slots[packets->slot])
		connection_end(all->slots[packets->slot]);
	return added ? (int)added : result < 0 ? result : 0;
}

static void tcp_tend(struct engine *engine, uint64_t until)
{
	struct connections *all = engine->state;
	uint64_t latest;

	do {
		latest = clock_now() + FLAG_EVERY;
	} while (!look(all, until < latest ? until : latest) && until > latest &&
		 !atomic_load_explicit(engine->stop, memory_order_relaxed));
}

static void tcp_drain(struct engine *engine, const atomic_bool *stop_now)
{
	struct connections *all = engine->state;

	for (uint32_t i = 0; i < engine->slots; i++)
		if (all->slots[i])
			connection_end(all->slots[i]);
	while (all->ending > 0 && !atomic_load_explicit(stop_now, memory_order_relaxed))
		look(all, clock_now() + FLAG_EVERY);
}

static void tcp_close(struct engine *engine)
{
	struct connections *all = engine->state;

	for (uint32_t i = 0; i < engine->slots; i++)
		if (all->slots[i])
			connection_abandon(all->slots[i]);
	/* Those that no slot has wait for something, all of them. */
	while (all->oldest)
		connection_abandon(all->oldest);
	close(all->epoll);
	free(all->slots);
	free(all->input);
	free(all);
	engine->state = NULL;
}

const struct engine_row engine_tcp = {
	.name = "tcp",
	.meaning = "a connection per source",
	.batch = BATCH_PACKETS,
	.open = tcp_open,
	.send = tcp_send,
	.tend = tcp_tend,
	.drain = tcp_drain,
	.close = tcp_close,
};

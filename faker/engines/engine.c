#include "faker/engines/engine.h"

#include <poll.h>

#include "faker/errors.h"
#include "faker/packet.h"
#include "faker/plan.h"

const struct counter sent_counters[] = {
	COUNTER(struct sent, packets),
	COUNTER(struct sent, bytes),
	COUNTER(struct sent, lines),
	COUNTER(struct sent, invalid_lines),
	COUNTER(struct sent, short_packets),
	COUNTER(struct sent, send_errors),
	COUNTER(struct sent, unsent_packets),
	COUNTER(struct sent, calls),
	COUNTER(struct sent, watched_calls),
	COUNTER(struct sent, refused_calls),
	{ NULL, 0 },
};

void engine_count(struct engine *engine, const struct packet *packets, unsigned int count)
{
	struct sent *sent = engine->sent;
	struct sent add = { .packets = count };

	for (unsigned int i = 0; i < count; i++) {
		add.bytes += packets[i].length;
		add.lines += packets[i].lines;
		add.invalid_lines += packets[i].invalid;
		add.short_packets += packets[i].cut;
	}
	counter_add(&sent->calls, 1);
	counter_add(&sent->packets, add.packets);
	counter_add(&sent->bytes, add.bytes);
	counter_add(&sent->lines, add.lines);
	counter_add(&sent->invalid_lines, add.invalid_lines);
	counter_add(&sent->short_packets, add.short_packets);
}

void engine_error(struct engine *engine, int error)
{
	errors_add(engine->errors, error, 1);
	counter_add(&engine->sent->send_errors, 1);
}

bool engine_origin(struct engine *engine, uint32_t slot, struct address *out)
{
	return origins_choose(&engine->plan->origins,
			      engine->first_slot + (uint64_t)slot * engine->slot_stride,
			      &engine->rng, out);
}

unsigned int engine_run(const struct packet *packets, unsigned int count)
{
	unsigned int i = 1;

	while (i < count && packets[i].slot == packets[0].slot && !packets[i].renew)
		i++;
	return i;
}

void engine_tell_drops(int fd, int family)
{
	const int on = 1;

	if (family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
}

int engine_await_room(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };

	poll(&wait, 1, 10);
	return 0;
}

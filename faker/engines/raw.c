/*
 * Packets with IP and UDP headers of our own: a new source port costs no socket. Needs
 * CAP_NET_RAW. The kernel fills in the checksum of the IPv4 header (raw(7)) and fragments nothing.
 */
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faker/engines/checksum.h"
#include "faker/engines/engine.h"
#include "faker/engines/icmp.h"
#include "faker/options.h"
#include "faker/packet.h"
#include "faker/plan.h"
#include "faker/stride.h"

#define HOPS 64
/* Of a larger range, the first ones are enough. */
#define ADDRESSES_MAX (1ull << 32)

__extension__ typedef unsigned __int128 wide;

struct headers4 {
	struct iphdr ip;
	struct udphdr udp;
};

struct headers6 {
	struct ip6_hdr ip;
	struct udphdr udp;
};

struct raw {
	int fd;
	struct address *names; /* by slot: what its packets carry; length 0: none yet */
	uint64_t *counts;      /* packets of each under this name */
	/*
	 * Each address with each ephemeral port is a place. All are taken once before any again, by
	 * the threads in turn.
	 */
	uint64_t places, stride, names_taken;
	int icmp;  /* tells that nobody listens; -1: cannot be had */
	bool sent; /* something, since that was asked */

	bool brief;                         /* names change all the time, and ... */
	struct address used[BATCH_PACKETS]; /* ... are counted packet by packet */

	struct mmsghdr messages[BATCH_PACKETS];
	struct iovec pieces[BATCH_PACKETS][2];
	union {
		struct headers4 v4;
		struct headers6 v6;
	} headers[BATCH_PACKETS];
};

/* The address and port of source SLOT, which are new unless a list says what they are. */
static void name_anew(struct engine *engine, uint32_t slot, struct address *name)
{
	struct raw *raw = engine->state;
	const struct plan *plan = engine->plan;
	const uint32_t ports = ports_count(plan->ports);
	uint64_t turn, place;

	*name = plan->local;
	if (plan->origins.block_count > 0)
		engine_origin(engine, slot, name);
	if (address_port(name) != 0)
		return;
	turn = raw->names_taken++ * plan->options->threads + engine->first_slot +
	       plan->options->seed;
	place = (uint64_t)((wide)(turn % raw->places) * raw->stride % raw->places);
	if (plan->origins.range.size > 0)
		address_range_at(&plan->origins.range, place / ports, name);
	address_set_port(name, (uint16_t)(plan->ports.first + place % ports));
}

/* The address and port that a packet of SLOT carries. */
static const struct address *name_of(struct engine *engine, uint32_t slot, bool renew)
{
	struct raw *raw = engine->state;
	struct address *name = &raw->names[slot];

	if (renew)
		name->length = 0;
	if (name->length == 0)
		name_anew(engine, slot, name);
	return name;
}

static size_t write_v4(struct headers4 *headers, const struct packet *packet,
		       const struct address *from, const struct address *to)
{
	uint16_t length = (uint16_t)(sizeof(headers->udp) + packet->length);

	*headers = (struct headers4){
		.ip = { .version = 4,
			.ihl = 5,
			.tot_len = htons((uint16_t)(sizeof(headers->ip) + length)),
			/* With "don't fragment" it identifies nothing; 0 would be replaced. */
			.id = htons(1),
			.frag_off = htons(IP_DF),
			.ttl = HOPS,
			.protocol = IPPROTO_UDP,
			.saddr = from->v4.sin_addr.s_addr,
			.daddr = to->v4.sin_addr.s_addr },
		.udp = { .source = from->v4.sin_port,
			 .dest = to->v4.sin_port,
			 .len = htons(length) },
	};
	headers->udp.check = checksum_udp(&headers->ip.saddr, 2 * sizeof(headers->ip.saddr),
					  &headers->udp, packet->data, packet->length);
	return sizeof(*headers);
}

static size_t write_v6(struct headers6 *headers, const struct packet *packet,
		       const struct address *from, const struct address *to)
{
	uint16_t length = (uint16_t)(sizeof(headers->udp) + packet->length);

	*headers = (struct headers6){
		.ip = { .ip6_flow = htonl(6u << 28),
			.ip6_plen = htons(length),
			.ip6_nxt = IPPROTO_UDP,
			.ip6_hlim = HOPS,
			.ip6_src = from->v6.sin6_addr,
			.ip6_dst = to->v6.sin6_addr },
		.udp = { .source = from->v6.sin6_port,
			 .dest = to->v6.sin6_port,
			 .len = htons(length) },
	};
	headers->udp.check = checksum_udp(&headers->ip.ip6_src, 2 * sizeof(headers->ip.ip6_src),
					  &headers->udp, packet->data, packet->length);
	return sizeof(*headers);
}

static void write_headers(struct engine *engine, unsigned int index, const struct packet *packet)
{
	struct raw *raw = engine->state;
	const struct address *to = &engine->plan->target;
	const struct address *from = name_of(engine, packet->slot, packet->renew);

	if (raw->brief)
		raw->used[index] = *from;
	raw->pieces[index][0].iov_base = &raw->headers[index];
	raw->pieces[index][0].iov_len =
		to->any.sa_family == AF_INET ? write_v4(&raw->headers[index].v4, packet, from, to)
					     : write_v6(&raw->headers[index].v6, packet, from, to);
	raw->pieces[index][1] = (struct iovec){ (void *)packet->data, packet->length };
	raw->messages[index].msg_hdr =
		(struct msghdr){ .msg_iov = raw->pieces[index], .msg_iovlen = 2 };
}

static int send_raw(struct engine *engine, const struct packet *packets, unsigned int count)
{
	struct raw *raw = engine->state;
	struct address before = raw->names[0];
	int sent;

	for (unsigned int i = 0; i < count; i++)
		write_headers(engine, i, &packets[i]);
	sent = sendmmsg(raw->fd, raw->messages, count, MSG_DONTWAIT);
	/* The names of those that are left come again, or are renewed again. */
	if (raw->brief && sent < (int)count)
		raw->names[0] = sent > 0 ? raw->used[sent - 1] : before;
	if (sent < 0)
		return errno == EAGAIN ? engine_await_room(raw->fd) : -errno;
	for (int i = 0; i < sent; i++) {
		if (raw->brief)
			flows_add(&engine->flows, &raw->used[i], 1);
		else
			raw->counts[packets[i].slot]++;
	}
	raw->sent = true;
	engine_count(engine, packets, (unsigned int)sent);
	return sent;
}

static void look(struct engine *engine)
{
	struct raw *raw = engine->state;

	if (raw->icmp < 0 || !raw->sent)
		return;
	raw->sent = false;
	counter_add(&engine->sent->watched_calls, 1);
	counter_add(&engine->sent->refused_calls, icmp_refused(raw->icmp, &engine->plan->target));
}

static void close_raw(struct engine *engine)
{
	struct raw *raw = engine->state;

	look(engine);
	if (raw->icmp >= 0)
		close(raw->icmp);
	for (uint32_t i = 0; raw->names && raw->counts && i < engine->slots; i++)
		flows_add(&engine->flows, &raw->names[i], raw->counts[i]);
	if (raw->fd >= 0)
		close(raw->fd);
	free(raw->names);
	free(raw->counts);
	free(raw);
	engine->state = NULL;
}

static int open_raw(struct engine *engine)
{
	const struct plan *plan = engine->plan;
	struct raw *raw = calloc(1, sizeof(*raw));
	struct address target = plan->target;
	int error = 0;

	if (!raw)
		return -ENOMEM;
	engine->state = raw;
	raw->icmp = icmp_open(target.any.sa_family);
	raw->brief = source_renews(&plan->options->source);
	raw->places = origins_addresses(&plan->origins);
	if (plan->origins.block_count > 0)
		raw->places = 1;
	if (raw->places > ADDRESSES_MAX)
		raw->places = ADDRESSES_MAX;
	raw->places *= ports_count(plan->ports);
	raw->stride = stride_of(raw->places);
	raw->names = calloc(engine->slots, sizeof(*raw->names));
	raw->counts = calloc(engine->slots, sizeof(*raw->counts));
	raw->fd = socket(target.any.sa_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (raw->fd >= 0)
		engine_tell_drops(raw->fd, target.any.sa_family);
	/* A raw socket's port is a protocol number, and that is given. */
	address_set_port(&target, 0);
	if (raw->fd < 0 || connect(raw->fd, &target.any, target.length) != 0)
		error = -errno;
	if (!error && (!raw->names || !raw->counts))
		error = -ENOMEM;
	if (error)
		close_raw(engine);
	return error;
}

const struct engine_row engine_raw = {
	.name = "raw",
	.meaning = "up to 128 packets a call, with headers of our own",
	.batch = BATCH_PACKETS,
	.open = open_raw,
	.send = send_raw,
	.look = look,
	.close = close_raw,
};

#include "faker/flows.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/address.h"

#define FIRST_CAPACITY 1024
#define REGISTERS      (1u << FLOWS_SKETCH_BITS)

int flows_open(struct flows *flows)
{
	*flows = (struct flows){ .capacity = FIRST_CAPACITY };
	flows->slots = calloc(flows->capacity, sizeof(*flows->slots));
	return flows->slots ? 0 : -ENOMEM;
}

void flows_close(struct flows *flows)
{
	free(flows->slots);
	free(flows->sketch);
	*flows = (struct flows){ .slots = NULL };
}

/* Finalizer of MurmurHash3: every bit of the input changes half of the output. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdull;
	x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ull;
	return x ^ (x >> 33);
}

static uint64_t hash(const struct flow *flow)
{
	uint64_t high, low;

	memcpy(&high, &flow->address[0], sizeof(high));
	memcpy(&low, &flow->address[8], sizeof(low));
	return mix(mix(high + flow->port) + low);
}

static bool same(const struct flow *a, const struct flow *b)
{
	return a->port == b->port && a->family == b->family &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

/* Where it is, or where there is room for it. */
static struct flow *find(const struct flows *flows, const struct flow *flow, uint64_t hashed)
{
	uint32_t at = (uint32_t)hashed & (flows->capacity - 1);

	while (flows->slots[at].packets && !same(&flows->slots[at], flow))
		at = (at + 1) & (flows->capacity - 1);
	return &flows->slots[at];
}

static bool grow(struct flows *flows)
{
	struct flow *old = flows->slots;
	uint32_t capacity = flows->capacity;
	struct flow *slots = calloc((size_t)capacity * 2, sizeof(*slots));

	if (!slots)
		return false;
	flows->slots = slots;
	flows->capacity = capacity * 2;
	for (uint32_t i = 0; i < capacity; i++)
		if (old[i].packets)
			*find(flows, &old[i], hash(&old[i])) = old[i];
	free(old);
	return true;
}

/* A register keeps the longest run of zeros among the hashes that fell to it. */
static void sketch_add(uint8_t *sketch, uint64_t hashed)
{
	uint64_t rest = hashed << FLOWS_SKETCH_BITS | (1ull << (FLOWS_SKETCH_BITS - 1));
	uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
	uint8_t *seen = &sketch[hashed >> (64 - FLOWS_SKETCH_BITS)];

	if (rank > *seen)
		*seen = rank;
}

/* Of all flows, those that are remembered too: sketches of sets that overlap can be merged. */
static bool has_sketch(struct flows *flows)
{
	if (flows->sketch)
		return true;
	flows->sketch = calloc(REGISTERS, 1);
	for (uint32_t i = 0; flows->sketch && i < flows->capacity; i++)
		if (flows->slots[i].packets)
			sketch_add(flows->sketch, hash(&flows->slots[i]));
	return flows->sketch;
}

static void add(struct flows *flows, const struct flow *what)
{
	uint64_t hashed = hash(what);
	struct flow *flow = find(flows, what, hashed);

	if (flow->packets) {
		flow->packets += what->packets;
		return;
	}
	if (flows->count == FLOWS_LIMIT || (flows->count >= flows->capacity / 2 && !grow(flows))) {
		flows->untracked += what->packets;
		if (has_sketch(flows))
			sketch_add(flows->sketch, hashed);
		return;
	}
	*find(flows, what, hashed) = *what;
	flows->count++;
	if (flows->sketch)
		sketch_add(flows->sketch, hashed);
}

void flows_add(struct flows *flows, const struct address *source, uint64_t packets)
{
	struct flow flow = { .packets = packets, .family = source->any.sa_family };

	if (packets == 0)
		return;
	if (flow.family == AF_INET) {
		memcpy(flow.address, &source->v4.sin_addr, sizeof(source->v4.sin_addr));
		flow.port = source->v4.sin_port;
	} else {
		memcpy(flow.address, &source->v6.sin6_addr, sizeof(source->v6.sin6_addr));
		flow.port = source->v6.sin6_port;
	}
	add(flows, &flow);
}

void flows_merge(struct flows *into, const struct flows *what)
{
	for (uint32_t i = 0; i < what->capacity; i++)
		if (what->slots[i].packets)
			add(into, &what->slots[i]);
	into->untracked += what->untracked;
	if (!what->sketch || !has_sketch(into))
		return;
	for (uint32_t i = 0; i < REGISTERS; i++)
		if (what->sketch[i] > into->sketch[i])
			into->sketch[i] = what->sketch[i];
}

/* Without the corrections for few flows: there are more than FLOWS_LIMIT. */
static uint64_t estimate(const uint8_t *registers)
{
	const double m = REGISTERS, alpha = 0.7213 / (1 + 1.079 / m);
	double sum = 0;

	for (uint32_t i = 0; i < REGISTERS; i++)
		sum += ldexp(1, -registers[i]);
	return (uint64_t)(alpha * m * m / sum + 0.5);
}

uint64_t flows_number(const struct flows *flows)
{
	uint64_t estimated = flows->sketch ? estimate(flows->sketch) : 0;

	return estimated > flows->count ? estimated : flows->count;
}

double flows_effective(const struct flows *flows)
{
	double sum = (double)flows->untracked, squares = (double)flows->untracked;

	for (uint32_t i = 0; i < flows->capacity; i++) {
		double packets = (double)flows->slots[i].packets;

		sum += packets;
		squares += packets * packets;
	}
	return squares > 0 ? sum * sum / squares : 0;
}

static int by_weight(const void *left, const void *right)
{
	const struct flow *a = left, *b = right;
	int order = (a->packets < b->packets) - (a->packets > b->packets);

	if (order == 0)
		order = memcmp(a->address, b->address, sizeof(a->address));
	return order ? order : (int)ntohs(a->port) - (int)ntohs(b->port);
}

size_t flows_heaviest(const struct flows *flows, struct flow *out, size_t count)
{
	size_t found = 0;

	for (uint32_t i = 0; count > 0 && i < flows->capacity; i++) {
		const struct flow *flow = &flows->slots[i];

		if (!flow->packets)
			continue;
		if (found == count && by_weight(flow, &out[count - 1]) > 0)
			continue;
		/* Unordered until full, then the lightest goes. */
		if (found < count) {
			out[found++] = *flow;
			if (found == count)
				qsort(out, count, sizeof(*out), by_weight);
			continue;
		}
		out[count - 1] = *flow;
		for (size_t j = count - 1; j > 0 && by_weight(&out[j], &out[j - 1]) < 0; j--) {
			struct flow lighter = out[j - 1];

			out[j - 1] = out[j];
			out[j] = lighter;
		}
	}
	if (found < count)
		qsort(out, found, sizeof(*out), by_weight);
	return found;
}

void flow_address(const struct flow *flow, struct address *out)
{
	memset(out, 0, sizeof(*out));
	out->any.sa_family = flow->family;
	if (flow->family == AF_INET) {
		out->length = sizeof(out->v4);
		out->v4.sin_port = flow->port;
		memcpy(&out->v4.sin_addr, flow->address, sizeof(out->v4.sin_addr));
	} else {
		out->length = sizeof(out->v6);
		out->v6.sin6_port = flow->port;
		memcpy(&out->v6.sin6_addr, flow->address, sizeof(out->v6.sin6_addr));
	}
}

#include "faker/flows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/address.h"

#define FIRST_CAPACITY 1024

int flows_open(struct flows *flows)
{
	*flows = (struct flows){ .capacity = FIRST_CAPACITY };
	flows->slots = calloc(flows->capacity, sizeof(*flows->slots));
	return flows->slots ? 0 : -ENOMEM;
}

void flows_close(struct flows *flows)
{
	free(flows->slots);
	flows->slots = NULL;
}

/* Finalizer of MurmurHash3: every bit of the input changes half of the output. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdull;
	x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ull;
	return x ^ (x >> 33);
}

/* IPv4 fits exactly; an IPv6 address is folded, a false match has a chance of 2^-64 a pair. */
static uint64_t key_of(const struct address *source)
{
	uint64_t high, low;

	if (source->any.sa_family == AF_INET)
		return ((uint64_t)source->v4.sin_addr.s_addr << 16 | source->v4.sin_port) + 1;
	memcpy(&high, &source->v6.sin6_addr.s6_addr[0], sizeof(high));
	memcpy(&low, &source->v6.sin6_addr.s6_addr[8], sizeof(low));
	return mix(mix(high) + low) + source->v6.sin6_port + 1;
}

static struct flow *find(const struct flows *flows, uint64_t key)
{
	uint32_t at = (uint32_t)mix(key) & (flows->capacity - 1);

	while (flows->slots[at].key && flows->slots[at].key != key)
		at = (at + 1) & (flows->capacity - 1);
	return &flows->slots[at];
}

static bool grow(struct flows *flows)
{
	struct flows larger = { .capacity = flows->capacity * 2,
				.count = flows->count,
				.untracked = flows->untracked };

	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	if (!larger.slots)
		return false;
	for (uint32_t i = 0; i < flows->capacity; i++)
		if (flows->slots[i].key)
			*find(&larger, flows->slots[i].key) = flows->slots[i];
	free(flows->slots);
	*flows = larger;
	return true;
}

void flows_add(struct flows *flows, const struct address *source, uint64_t packets)
{
	uint64_t key = key_of(source);
	struct flow *flow = find(flows, key);

	if (!flow->key) {
		if (flows->count == FLOWS_LIMIT ||
		    (flows->count >= flows->capacity / 2 && !grow(flows))) {
			flows->untracked += packets;
			return;
		}
		flow = find(flows, key);
		flow->key = key;
		flows->count++;
	}
	flow->packets += packets;
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

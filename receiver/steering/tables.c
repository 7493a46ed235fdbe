#include "receiver/steering/tables.h"

#include <string.h>

#include "receiver/steering/steering.h"

static unsigned int greatest_divisor(unsigned int a, unsigned int b)
{
	while (b) {
		unsigned int rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * Each turn every slot gains its weight, and the one that has most pays for all: so its share of
 * the turns is its share of the weights, and after a period all have what they began with.
 */
static uint16_t next_turn(int32_t *gained, const uint16_t *weights, size_t count, int32_t sum)
{
	size_t most = 0;

	for (size_t i = 0; i < count; i++) {
		gained[i] += weights[i];
		if (gained[i] > gained[most])
			most = i;
	}
	gained[most] -= sum;
	return (uint16_t)most;
}

size_t tables_turns(uint16_t *turns, size_t room, const uint16_t *weights, size_t count)
{
	int32_t gained[STEERING_SLOTS] = { 0 };
	unsigned int divisor = 0;
	size_t period;
	int32_t sum = 0;

	if (count > STEERING_SLOTS)
		return 0;
	for (size_t i = 0; i < count; i++) {
		sum += weights[i];
		divisor = greatest_divisor(weights[i], divisor);
	}
	if (divisor == 0)
		return 0;
	period = (size_t)sum / divisor;
	if (period > room)
		return 0;
	for (size_t i = 0; i < period; i++)
		turns[i] = next_turn(gained, weights, count, sum);
	return period;
}

/*
 * The buckets of ALREADY slots become those of one more. What a slot has to have can only shrink,
 * so that every bucket that moves goes to the new one. Which ones do matters little: what falls
 * into buckets is hashed.
 */
static void add_slot(uint16_t *buckets, size_t length, size_t *held, size_t already)
{
	size_t share = length / (already + 1), rest = length % (already + 1);

	held[already] = 0;
	for (size_t i = 0; i < length && held[already] < share; i++) {
		uint16_t slot = buckets[i];

		if (slot == already || held[slot] <= share + (slot < rest))
			continue;
		held[slot]--;
		buckets[i] = (uint16_t)already;
		held[already]++;
	}
}

void tables_buckets(uint16_t *buckets, size_t length, size_t count)
{
	size_t held[STEERING_SLOTS] = { length };

	memset(buckets, 0, length * sizeof(*buckets));
	for (size_t slots = 1; slots < count && slots < STEERING_SLOTS; slots++)
		add_slot(buckets, length, held, slots);
}

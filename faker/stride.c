#include "faker/stride.h"

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b > 0) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

uint64_t stride_of(uint64_t count)
{
	/* count / golden ratio, the ratio as a fraction of 2^64 */
	uint64_t stride = (uint64_t)((unsigned __int128)count * 0x9e3779b97f4a7c15u >> 64);

	/* COUNT - 1 is coprime to it, so this ends. */
	while (common_divisor(count, stride) != 1)
		stride++;
	return stride;
}

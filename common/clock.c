#include "common/clock.h"

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

struct timespec clock_left(uint64_t time)
{
	uint64_t now = clock_now();
	uint64_t left = time > now ? time - now : 0;

	return (struct timespec){ .tv_sec = (time_t)(left / NS_PER_SECOND),
				  .tv_nsec = (long)(left % NS_PER_SECOND) };
}

int clock_timeout_ms(uint64_t time)
{
	struct timespec left;

	if (time == UINT64_MAX)
		return -1;
	left = clock_left(time);
	if (left.tv_sec >= 3600)
		return 3600 * 1000;
	return (int)(left.tv_sec * 1000 + (left.tv_nsec + 999999) / 1000000);
}

double clock_rate(uint64_t count, uint64_t ns)
{
	return ns ? (double)count * NS_PER_SECOND / (double)ns : 0;
}

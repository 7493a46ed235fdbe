/* Time. All values are nanoseconds. */
#ifndef FAIRPORT_CLOCK_H
#define FAIRPORT_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_SECOND 1000000000ull
#define NS_PER_MS     1000000ull

/* CLOCK_MONOTONIC: for intervals and schedules. */
uint64_t clock_now(void);

/* CLOCK_REALTIME, since 1970: for time stamps that several programs and hosts compare. */
uint64_t clock_wall(void);

/* Of two clock_now() times, UINT64_MAX being never. */
static inline uint64_t clock_earlier(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* How long it is until clock_now() reads TIME, for ppoll(2); nothing when that has passed. */
struct timespec clock_left(uint64_t time);

/*
 * The same for poll(2) and epoll_wait(2), in ms: rounded up, as what is not quite due would be
 * asked for again and again; an hour at most; -1 (no limit) for UINT64_MAX.
 */
int clock_timeout_ms(uint64_t time);

/* COUNT in NS as a rate per second; 0 in no time. */
double clock_rate(uint64_t count, uint64_t ns);

#endif

#include "faker/schedule.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "common/units.h"

static int parse_rate(const char *text, size_t length, double *out)
{
	char copy[32];
	uint64_t rate;

	if (length >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (units_count(copy, &rate) != 0 || rate == 0)
		return -EINVAL;
	*out = (double)rate;
	return 0;
}

int rate_parse(void *option, const char **expected)
{
	struct rate_option *rate = option;
	const char *dots = strstr(rate->text, "..");
	int error;

	*expected = "e.g. 500, 10k, 1M, or max; 10k..500k for a ramp";
	rate->from = rate->to = 0;
	if (strcmp(rate->text, "max") == 0)
		return 0;
	if (dots) {
		error = parse_rate(rate->text, (size_t)(dots - rate->text), &rate->from);
		return error ? error : parse_rate(dots + 2, strlen(dots + 2), &rate->to);
	}
	error = parse_rate(rate->text, strlen(rate->text), &rate->from);
	rate->to = rate->from;
	return error;
}

int arrivals_parse(void *option, const char **expected)
{
	struct arrivals_option *arrivals = option;

	*expected = "constant, poisson, or burst:N with N from 1 to 1,000,000";
	arrivals->burst = 1;
	if (strcmp(arrivals->text, "constant") == 0) {
		arrivals->kind = ARRIVALS_CONSTANT;
		return 0;
	}
	if (strcmp(arrivals->text, "poisson") == 0) {
		arrivals->kind = ARRIVALS_POISSON;
		return 0;
	}
	if (strncmp(arrivals->text, "burst:", 6) != 0 ||
	    units_count(arrivals->text + 6, &arrivals->burst) != 0 || arrivals->burst == 0 ||
	    arrivals->burst > 1000000)
		return -EINVAL;
	arrivals->kind = ARRIVALS_BURST;
	return 0;
}

void rate_open(struct rate *rate, const struct rate_option *option, uint64_t duration,
	       uint64_t count)
{
	rate->from = option->from / NS_PER_SECOND;
	rate->to = option->to / NS_PER_SECOND;
	rate->ramp = (double)duration;
	if (duration == 0 && count > 0)
		rate->ramp = 2 * (double)count / (rate->from + rate->to);
}

/*
 * Within the ramp N(t) = from t + slope t^2 / 2. Its inverse, t = (sqrt(from^2 + 2 slope N) - from)
 * / slope, is written so that it has no difference of nearly equal numbers.
 */
double rate_time(const struct rate *rate, double packets)
{
	double slope, of_ramp, inner;

	if (rate->from == rate->to || rate->ramp <= 0)
		return packets / rate->to;
	of_ramp = (rate->from + rate->to) / 2 * rate->ramp;
	if (packets >= of_ramp)
		return rate->ramp + (packets - of_ramp) / rate->to;
	slope = (rate->to - rate->from) / rate->ramp;
	inner = rate->from * rate->from + 2 * slope * packets;
	return 2 * packets / (rate->from + sqrt(inner > 0 ? inner : 0));
}

double rate_packets(const struct rate *rate, double ns)
{
	double slope;

	if (rate->from == rate->to || rate->ramp <= 0)
		return ns * rate->to;
	if (ns >= rate->ramp)
		return (rate->from + rate->to) / 2 * rate->ramp + (ns - rate->ramp) * rate->to;
	slope = (rate->to - rate->from) / rate->ramp;
	return ns * (rate->from + slope * ns / 2);
}

/* Threads take turns by packets, by bursts, or each have a Poisson process of their own. */
static double position(struct schedule *schedule)
{
	uint64_t burst = schedule->arrivals.burst, number = schedule->index / burst;

	if (schedule->arrivals.kind == ARRIVALS_POISSON)
		return schedule->position -
		       log1p(-rng_unit(&schedule->rng)) * (double)schedule->threads;
	return (double)((number * schedule->threads + schedule->thread) * burst);
}

void schedule_open(struct schedule *schedule, const struct rate *rate,
		   const struct arrivals_option *arrivals, uint32_t thread, uint32_t threads,
		   uint64_t seed, uint64_t stream)
{
	*schedule = (struct schedule){
		.rate = *rate, .arrivals = *arrivals, .thread = thread, .threads = threads
	};
	rng_seed(&schedule->rng, seed, stream);
	schedule->position = position(schedule);
}

uint64_t schedule_due(const struct schedule *schedule)
{
	/* As fast as possible: 0 / 0 is no time. */
	if (schedule->rate.to == 0)
		return 0;
	return (uint64_t)rate_time(&schedule->rate, schedule->position);
}

void schedule_advance(struct schedule *schedule)
{
	schedule->index++;
	schedule->position = position(schedule);
}

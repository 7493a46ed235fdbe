#include "analysis/stats/mix.h"

#include <math.h>

struct mix mix_of(double count, double effective, double heaviest)
{
	double farthest;

	if (!(count >= 1) || !(effective >= 1))
		return (struct mix){ .count = 0 };
	effective = fmin(effective, count);
	farthest = fmin((1 + sqrt((count - 1) * (count / effective - 1))) / count, 1);
	return (struct mix){ .count = count,
			     .effective = effective,
			     .heaviest = heaviest > 0 ? fmin(heaviest, farthest) : farthest };
}

static struct mix with_stranger(const struct mix *mix, double share)
{
	double others = 1 - share;

	return (struct mix){ .count = mix->count + 1,
			     .effective = 1 / (others * others / mix->effective + share * share),
			     .heaviest = fmax(others * mix->heaviest, share) };
}

struct mix mix_received(const struct mix *mix, double sent, double received)
{
	struct mix out = *mix;

	if (mix->count < 1 || !(sent > 0) || !(received > 0) || received == sent)
		return out;
	if (received > sent)
		return with_stranger(mix, (received - sent) / received);
	out.count = fmin(mix->count, received);
	out.effective = fmin(1 / (1 / mix->effective + 1 / received - 1 / sent), out.count);
	out.heaviest = fmin(mix->heaviest * sent / received, 1);
	return out;
}

struct mix mix_times(const struct mix *mix, double times)
{
	return (struct mix){ .count = fmax(mix->count * times, 1),
			     .effective = fmax(mix->effective * times, 1),
			     .heaviest = fmin(mix->heaviest / times, 1) };
}

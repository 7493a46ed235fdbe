#include "analysis/report/latency.h"

#include <errno.h>
#include <inttypes.h>

#include "analysis/analysis.h"
#include "analysis/report/plot_data.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/units.h"

const char *const percentile_names[PERCENTILES] = { "p50", "p90", "p99", "p999", "max" };

static bool of_receiver(struct latency *out, const struct run *run, const char *key,
			const char *name)
{
	const json_t *histogram = json_object_get(run->receive_summary, key);
	bool any = false;

	*out = (struct latency){ .name = name, .key = key };
	if (!record_count(histogram, "count", &out->count) || !out->count)
		return false;
	for (size_t i = 0; i < PERCENTILES; i++) {
		out->known[i] = record_count(histogram, percentile_names[i], &out->ns[i]);
		any |= out->known[i];
	}
	return any;
}

/* Of the socket with the slowest readers. */
static bool of_queue(struct latency *out, const struct run *run)
{
	const struct observed_wait *worst = NULL;

	for (size_t i = 0; i < run->lives.count; i++) {
		size_t at = observed_find(&run->observed, run->lives.list[i].cookie);
		const struct observed_wait *wait;

		if (at == OBSERVED_NONE)
			continue;
		wait = &run->observed.members[at].wait;
		if (wait->known && wait->count && (!worst || wait->p99 > worst->p99))
			worst = wait;
	}
	if (!worst)
		return false;
	*out = (struct latency){
		.name = "in the queue of the slowest socket",
		.count = worst->count,
		.ns = { [P50] = worst->p50, [P99] = worst->p99, [P_MAX] = worst->max },
		.known = { [P50] = true, [P99] = true, [P_MAX] = true }
	};
	return true;
}

size_t latency_find(struct latency out[static LATENCY_SERIES], const struct run *run)
{
	size_t count = 0;

	count += of_receiver(&out[count], run, "latency_ns", "time stamp to reception");
	count += of_receiver(&out[count], run, "committed_ns", "time stamp to commit");
	count += of_queue(&out[count], run);
	return count;
}

/* A logarithm has no 0. */
static uint64_t at_least_one(uint64_t ns)
{
	return ns ? ns : 1;
}

/* Where the text of a point stands, so that no two are in each other's way. */
static int side_of(const struct latency *all, size_t count, size_t index, size_t p)
{
	bool highest = true, lowest = true;

	for (size_t i = 0; i < count; i++) {
		if (i == index || !all[i].known[p])
			continue;
		highest &= all[i].ns[p] < all[index].ns[p] ||
			   (i > index && all[i].ns[p] == all[index].ns[p]);
		lowest &= all[i].ns[p] > all[index].ns[p] ||
			  (i < index && all[i].ns[p] == all[index].ns[p]);
	}
	return highest ? 1 : lowest ? -1 : 0;
}

int plot_data_latency(FILE *out, const struct run *run, const struct analysis *analysis,
		      struct plot_arguments *arguments)
{
	struct latency all[LATENCY_SERIES];
	size_t count = latency_find(all, run);
	uint64_t least = UINT64_MAX, most = 1;
	char text[UNITS_TEXT];

	(void)analysis;
	if (!count)
		return -ENODATA;
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s# place ns text side (%s)\n", i ? "\n\n" : "", all[i].name);
		for (size_t p = 0; p < PERCENTILES; p++) {
			uint64_t ns = at_least_one(all[i].ns[p]);

			if (!all[i].known[p])
				continue;
			fprintf(out, "%zu %" PRIu64 " \"%s\" %d\n", p, ns,
				units_duration_text(text, all[i].ns[p]), side_of(all, count, i, p));
			least = ns < least ? ns : least;
			most = ns > most ? ns : most;
		}
	}
	plot_argument(arguments, "%" PRIu64, least);
	plot_argument(arguments, "%" PRIu64, most);
	for (size_t i = 0; i < LATENCY_SERIES; i++)
		plot_argument(arguments, "%s", i < count ? all[i].name : "");
	return 0;
}

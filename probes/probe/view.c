#include "probes/probe/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probes/probe/options.h"
#include "probes/probe/processes.h"

bool view_takes(const struct probe_options *options, const struct tap_row *row)
{
	return row->pid != 0 && row->in_cgroup &&
	       processes_pass(options, (pid_t)row->pid, row->command);
}

static int compare(const void *a, const void *b)
{
	const struct worker *left = a, *right = b;

	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	if (left->cookie != right->cookie)
		return left->cookie < right->cookie ? -1 : 1;
	return (left->tid > right->tid) - (left->tid < right->tid);
}

static void merge(struct worker *into, const struct worker *from)
{
	counters_add(row_counters, &into->total, &from->total);
	for (size_t call = 0; call < TAP_CALLS; call++)
		counters_add(row_counters, &into->by_call[call], &from->by_call[call]);
	for (size_t i = 0; i < TAP_BATCHES; i++)
		into->batches[i] += from->batches[i];
	if (from->queue_max > into->queue_max)
		into->queue_max = from->queue_max;
}

static struct worker worker_of_row(const struct tap_row *row, const struct sample *sample,
				   bool threads)
{
	struct worker worker = { .pid = row->pid,
				 .tid = threads ? row->tid : 0,
				 .member = row->member,
				 .cookie = sample->members[row->member].cookie,
				 .queue_max = row->queue_max };

	memcpy(worker.command, row->command, sizeof(worker.command));
	memcpy(worker.batches, row->batches, sizeof(worker.batches));
	worker.by_call[row->call] = row->counters;
	if (row->call != CALL_ACCEPT)
		worker.total = row->counters;
	return worker;
}

/* Makes one of those that stand together and have the same key. */
static size_t unite(struct worker *workers, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && compare(&workers[kept - 1], &workers[i]) == 0)
			merge(&workers[kept - 1], &workers[i]);
		else
			workers[kept++] = workers[i];
	}
	return kept;
}

static bool has_acted(const struct tap_row *row)
{
	const struct tap_counters *counters = &row->counters;

	return counters->calls || counters->packets || counters->peeks || counters->bytes;
}

int view_make(struct view *view, const struct sample *sample, const struct sample *now,
	      const struct probe_options *options)
{
	size_t count = 0;

	view_free(view);
	view->sample = sample;
	view->workers = calloc(sample->row_count + 1, sizeof(*view->workers));
	view->members = calloc(sample->member_count + 1, sizeof(*view->members));
	if (!view->workers || !view->members)
		return -ENOMEM;
	for (size_t i = 0; i < sample->row_count; i++)
		if (view_takes(options, &sample->rows[i]) && has_acted(&now->rows[i]))
			view->workers[count++] =
				worker_of_row(&sample->rows[i], sample, options->by == BY_THREAD);
	qsort(view->workers, count, sizeof(*view->workers), compare);
	view->count = unite(view->workers, count);
	for (size_t i = 0; i < view->count; i++) {
		struct worker *sum = &view->members[view->workers[i].member];

		sum->pid = view->workers[i].pid;
		merge(sum, &view->workers[i]);
		counters_add(row_counters, &view->total, &view->workers[i].total);
		for (size_t call = 0; call < TAP_CALLS; call++)
			counters_add(row_counters, &view->by_call[call],
				     &view->workers[i].by_call[call]);
	}
	return 0;
}

uint64_t view_taken(const struct view *view)
{
	return view->total.packets + view->by_call[CALL_ACCEPT].packets;
}

void view_free(struct view *view)
{
	free(view->workers);
	free(view->members);
	*view = (struct view){ .workers = NULL };
}

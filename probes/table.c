#include "probes/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct counter reception_counters[] = {
	COUNTER(struct reception_counters, calls),
	COUNTER(struct reception_counters, packets),
	COUNTER(struct reception_counters, bytes),
	COUNTER(struct reception_counters, eagain),
	COUNTER(struct reception_counters, interrupted),
	COUNTER(struct reception_counters, errors),
	COUNTER(struct reception_counters, peeks),
	{ NULL, 0 },
};

const char *const reception_call_names[RECEPTION_CALLS] = {
	[CALL_RECVFROM] = "recvfrom", [CALL_RECVMSG] = "recvmsg", [CALL_RECVMMSG] = "recvmmsg",
	[CALL_READ] = "read",         [CALL_OTHER] = "other",
};

void table_clear(struct table *table)
{
	table->count = 0;
	table->total = (struct reception_counters){ 0 };
}

void table_free(struct table *table)
{
	free(table->rows);
	*table = (struct table){ 0 };
}

/* Makes room for COUNT rows. */
static int reserve(struct table *table, size_t count)
{
	size_t room = table->room ? table->room : 16;
	struct worker *rows;

	while (room < count)
		room *= 2;
	if (room == table->room)
		return 0;
	rows = reallocarray(table->rows, room, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	table->rows = rows;
	table->room = room;
	return 0;
}

int table_append(struct table *table, const struct reception_key *key,
		 const struct reception_value *by_cpu, int cpus)
{
	struct worker *row;
	int error = reserve(table, table->count + 1);

	if (error)
		return error;
	row = &table->rows[table->count++];
	*row = (struct worker){ .pid = key->pid, .cookie = key->cookie };
	for (int cpu = 0; cpu < cpus; cpu++) {
		/* Only the CPU that saw the pair first knows the name. */
		if (by_cpu[cpu].command[0])
			memcpy(row->command, by_cpu[cpu].command, sizeof(row->command));
		for (size_t call = 0; call < RECEPTION_CALLS; call++)
			counters_add(reception_counters, &row->by_call[call],
				     &by_cpu[cpu].by_call[call]);
	}
	row->command[sizeof(row->command) - 1] = '\0';
	for (size_t call = 0; call < RECEPTION_CALLS; call++)
		counters_add(reception_counters, &row->total, &row->by_call[call]);
	counters_add(reception_counters, &table->total, &row->total);
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct worker *a = left, *b = right;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return a->cookie < b->cookie ? -1 : a->cookie > b->cookie;
}

void table_sort(struct table *table)
{
	if (table->count)
		qsort(table->rows, table->count, sizeof(*table->rows), compare);
}

static void subtract_row(struct worker *row, const struct worker *before)
{
	counters_subtract(reception_counters, &row->total, &before->total);
	for (size_t call = 0; call < RECEPTION_CALLS; call++)
		counters_subtract(reception_counters, &row->by_call[call], &before->by_call[call]);
}

int table_subtract(struct table *delta, const struct table *now, const struct table *before)
{
	int error = reserve(delta, now->count);

	if (error)
		return error;
	delta->count = now->count;
	delta->total = now->total;
	counters_subtract(reception_counters, &delta->total, &before->total);
	for (size_t i = 0; i < now->count; i++) {
		const struct worker *old = NULL;

		delta->rows[i] = now->rows[i];
		if (before->count)
			old = bsearch(&now->rows[i], before->rows, before->count,
				      sizeof(*before->rows), compare);
		if (old)
			subtract_row(&delta->rows[i], old);
	}
	return 0;
}

struct reception_counters table_call_total(const struct table *table, enum reception_call call)
{
	struct reception_counters total = { 0 };

	for (size_t i = 0; i < table->count; i++)
		counters_add(reception_counters, &total, &table->rows[i].by_call[call]);
	return total;
}

#include "receiver/sinks/postgres/batch.h"

struct pg_part *pg_batch_add_part(struct pg_batch *batch, struct pg_table *table,
				  const struct pg_heading *columns, uint16_t count)
{
	struct pg_part *part = pg_part_new(table, columns, count);

	if (!part)
		return NULL;
	if (batch->last)
		batch->last->next = part;
	else
		batch->first = part;
	batch->last = part;
	return part;
}

uint64_t pg_batch_rows(const struct pg_batch *batch)
{
	uint64_t rows = 0;

	for (const struct pg_part *part = batch->first; part; part = part->next)
		rows += part->rows.count;
	return rows;
}

uint64_t pg_batch_ordinal(const struct pg_batch *batch, uint64_t index)
{
	const struct pg_part *part = batch->first;
	uint64_t at = index;

	for (; at >= part->rows.count; part = part->next)
		at -= part->rows.count;
	return part->ordinals ? part->ordinals[at] : batch->done + index;
}

uint64_t pg_batch_before(const struct pg_batch *batch, uint64_t ordinal)
{
	uint64_t low = 0, high = pg_batch_rows(batch);

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (pg_batch_ordinal(batch, middle) < ordinal)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t pg_batch_parts(const struct pg_batch *batch, uint64_t rows)
{
	uint64_t parts = 0;

	for (const struct pg_part *part = batch->first; rows; part = part->next, parts++)
		rows -= part->rows.count < rows ? part->rows.count : rows;
	return parts;
}

size_t pg_batch_size(const struct pg_batch *batch)
{
	size_t size = 0;

	for (const struct pg_part *part = batch->first; part; part = part->next)
		size += pg_part_size(part);
	return size;
}

void pg_batch_drop_front(struct pg_batch *batch, uint64_t count)
{
	struct pg_part **link = &batch->first, *part;

	batch->last = NULL;
	while ((part = *link)) {
		uint64_t rows = part->rows.count < count ? part->rows.count : count;

		batch->done += rows;
		count -= rows;
		if (rows == part->rows.count) {
			*link = part->next;
			pg_part_free(part);
			continue;
		}
		pg_part_drop_front(part, rows);
		batch->last = part;
		link = &part->next;
	}
}

void pg_batch_clear(struct pg_batch *batch)
{
	struct pg_part *part;

	while ((part = batch->first)) {
		batch->first = part->next;
		pg_part_free(part);
	}
	batch->last = NULL;
}

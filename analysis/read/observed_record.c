#include "analysis/read/observed_record.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/observed.h"
#include "analysis/printable.h"
#include "analysis/read/stream.h"

uint64_t observed_count_or_zero(const json_t *record, const char *key)
{
	uint64_t count;

	return record_count(record, key, &count) ? count : 0;
}

const char *observed_read(const json_t *record, const struct observed_row *rows, void *into)
{
	static char wrong[64];

	for (; rows->key; rows++) {
		uint64_t *count = (uint64_t *)((char *)into + rows->offset);

		if (record_amount(record, rows->key, count))
			continue;
		*count = rows->absent;
		if (record_number_fits(record, rows->key) &&
		    !json_is_number(json_object_get(record, rows->key)))
			continue;
		snprintf(wrong, sizeof(wrong), "a \"%s\" that is no count", rows->key);
		return wrong;
	}
	return NULL;
}

void observed_text(char *into, size_t size, const json_t *record, const char *key)
{
	const char *text = record_text(record, key);

	printable_text(into, size, text ? text : "");
}

void *observed_more(void *list, size_t count, size_t size)
{
	/* It is full whenever the count is a power of two. */
	if (count & (count - 1))
		return list;
	return realloc(list, (count ? 2 * count : 1) * size);
}

#include "analysis/history/numbers.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * By the last name of the path that says it: "late_ns" in "sender.late_ns.p99". A name that says
 * there is no unit ends the search, too.
 */
static const struct {
	const char *name;
	bool suffix; /* also of longer names */
	const char *unit;
} units[] = {
	{ "cpu_ns_per_packet", false, "ns" },
	{ "rows_per_s", true, "rows/s" },
	{ "_pps", true, "packets/s" },
	{ "_ns", true, "ns" },
	{ "bytes", true, "bytes" },
	{ "send_errors", false, "calls" },
	{ "index", false, NULL },
	{ "pid", false, NULL },
	{ "cookie", false, NULL },
	{ "lives", false, NULL },
	{ "share", true, NULL },
	{ "drops", false, "packets" },
	{ "in_queue", false, "packets" },
	{ "lost_in_crash", false, "packets" },
	{ "handed_on", false, "packets" },
	{ "connections", false, "connections" },
	{ "flows", true, "flows" },
	{ "effective_workers", false, "workers" },
	{ "packets", false, "packets" },
	{ "lines", false, "lines" },
};

static bool says(size_t row, const char *name, size_t length)
{
	size_t wanted = strlen(units[row].name);

	if (length < wanted || (length > wanted && !units[row].suffix))
		return false;
	return memcmp(name + length - wanted, units[row].name, wanted) == 0;
}

const char *numbers_unit(const char *key)
{
	const char *end = key + strlen(key);

	while (end > key) {
		const char *name = end;

		while (name > key && name[-1] != '.')
			name--;
		for (size_t row = 0; row < sizeof(units) / sizeof(units[0]); row++)
			if (says(row, name, (size_t)(end - name)))
				return units[row].unit;
		end = name > key ? name - 1 : key;
	}
	return NULL;
}

static int add(struct numbers *out, const char *path, double value)
{
	struct number *number;

	if (out->count == out->room) {
		size_t room = out->room ? 2 * out->room : 128;
		struct number *list = realloc(out->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		out->list = list;
		out->room = room;
	}
	number = &out->list[out->count];
	*number = (struct number){ strdup(path), value, numbers_unit(path) };
	if (!number->key)
		return -ENOMEM;
	out->count++;
	return 0;
}

static int collect(struct numbers *out, const char *path, const json_t *value);

/* VALUE is the member NAME of what PATH leads to. */
static int collect_member(struct numbers *out, const char *path, const char *name,
			  const json_t *value)
{
	char *longer;
	int error;

	if (asprintf(&longer, "%s%s%s", path, *path ? "." : "", name) < 0)
		return -ENOMEM;
	error = collect(out, longer, value);
	free(longer);
	return error;
}

/* Jansson reads no document that is nested deeper than 2048 levels. */
static int collect(struct numbers *out, const char *path, const json_t *value)
{
	const char *name;
	json_t *member;
	char index[24];
	size_t i;
	int error = 0;

	if (json_is_number(value))
		return add(out, path, json_number_value(value));
	json_object_foreach((json_t *)value, name, member)
	{
		error = collect_member(out, path, name, member);
		if (error)
			return error;
	}
	json_array_foreach(value, i, member)
	{
		snprintf(index, sizeof(index), "%zu", i);
		error = collect_member(out, path, index, member);
		if (error)
			return error;
	}
	return 0;
}

int numbers_of(struct numbers *out, const json_t *document)
{
	*out = (struct numbers){ NULL };
	return collect(out, "", document);
}

void numbers_free(struct numbers *numbers)
{
	for (size_t i = 0; i < numbers->count; i++)
		free(numbers->list[i].key);
	free(numbers->list);
	*numbers = (struct numbers){ NULL };
}

#include "faker/errors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ndjson.h"

void errors_add(struct errors *errors, int error, uint64_t count)
{
	int number = abs(error);

	if (count == 0)
		return;
	for (size_t i = 0; i < ERROR_KINDS; i++) {
		if (errors->kinds[i].count > 0 && errors->kinds[i].number != number)
			continue;
		errors->kinds[i].number = number;
		errors->kinds[i].count += count;
		return;
	}
	errors->other += count;
}

void errors_merge(struct errors *into, const struct errors *what)
{
	for (size_t i = 0; i < ERROR_KINDS; i++)
		errors_add(into, what->kinds[i].number, what->kinds[i].count);
	into->other += what->other;
}

uint64_t errors_count(const struct errors *errors, int number)
{
	for (size_t i = 0; i < ERROR_KINDS; i++)
		if (errors->kinds[i].count > 0 && errors->kinds[i].number == number)
			return errors->kinds[i].count;
	return 0;
}

const char *errors_name(int number, char buffer[static ERROR_NAME])
{
	const char *name = strerrorname_np(number);

	/* The kernel has let numbers out that libc does not know, such as ENOTSUPP. */
	if (name)
		return name;
	snprintf(buffer, ERROR_NAME, "%d", number);
	return buffer;
}

void errors_record(const struct errors *errors, struct ndjson *out, const char *key)
{
	char name[ERROR_NAME];

	ndjson_open_object(out, key);
	for (size_t i = 0; i < ERROR_KINDS && errors->kinds[i].count; i++)
		ndjson_uint(out, errors_name(errors->kinds[i].number, name),
			    errors->kinds[i].count);
	if (errors->other)
		ndjson_uint(out, "other", errors->other);
	ndjson_close_object(out);
}

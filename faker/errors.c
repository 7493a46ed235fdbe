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

void errors_record(const struct errors *errors, struct ndjson *out, const char *key)
{
	ndjson_open_object(out, key);
	for (size_t i = 0; i < ERROR_KINDS && errors->kinds[i].count; i++) {
		const char *name = strerrorname_np(errors->kinds[i].number);
		char number[16];

		/* The kernel has let numbers out that libc does not know, such as ENOTSUPP. */
		snprintf(number, sizeof(number), "%d", errors->kinds[i].number);
		ndjson_uint(out, name ? name : number, errors->kinds[i].count);
	}
	if (errors->other)
		ndjson_uint(out, "other", errors->other);
	ndjson_close_object(out);
}

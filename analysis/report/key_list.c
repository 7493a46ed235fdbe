#include "analysis/report/key_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Whether NAME of LENGTH bytes can be a path into summary.json. */
static bool is_key(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			return false;
	return length > 0;
}

static bool is_there(const char *all, const char *name, size_t length)
{
	for (const char *at = all; *at; at += *at == ',') {
		size_t found = strcspn(at, ",");

		if (found == length && memcmp(at, name, length) == 0)
			return true;
		at += found;
	}
	return false;
}

int key_list_parse(void *value, const char **expected)
{
	struct key_list *keys = value;
	const char *at = keys->text;

	*expected = "KEY,KEY,..., each once, e.g. rates.received_pps,distribution.cv";
	for (;;) {
		size_t length = strcspn(at, ","), used = strlen(keys->all);

		if (!is_key(at, length) || is_there(keys->all, at, length) ||
		    used + length + 2 > sizeof(keys->all))
			return -EINVAL;
		snprintf(keys->all + used, sizeof(keys->all) - used, "%s%.*s", used ? "," : "",
			 (int)length, at);
		at += length;
		if (!*at)
			return 0;
		at++;
	}
}

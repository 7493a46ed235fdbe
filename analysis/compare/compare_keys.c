#include "analysis/compare/compare_keys.h"

#include <stdio.h>
#include <string.h>

#include "analysis/compare/compared.h"
#include "analysis/history/numbers.h"
#include "analysis/summary.h"
#include "common/message.h"

#define LIST_TEXT 400

static void add(char list[static LIST_TEXT], const char *key)
{
	size_t used = strlen(list);

	/* Whole ones only. */
	if (used + strlen(key) + 3 < LIST_TEXT)
		snprintf(list + used, LIST_TEXT - used, "%s%s", used ? ", " : "", key);
}

/* Those in the same object of the first run: a key that is misspelt mostly is so in its end. */
static void list_siblings(char list[static LIST_TEXT], const struct compared *compared,
			  const char *key)
{
	const char *end = strrchr(key, '.');
	size_t length = end ? (size_t)(end - key) + 1 : 0;
	struct numbers numbers;

	if (length && compared->run_count && numbers_of(&numbers, compared->example) == 0) {
		for (size_t i = 0; i < numbers.count; i++)
			if (strncmp(numbers.list[i].key, key, length) == 0 &&
			    !strchr(numbers.list[i].key + length, '.'))
				add(list, numbers.list[i].key);
		numbers_free(&numbers);
	}
}

static void hint(const struct compared *compared, const char *key)
{
	char list[LIST_TEXT] = "";
	struct keys known;

	list_siblings(list, compared, key);
	if (!*list) {
		keys_compared(&known);
		for (size_t i = 0; i < known.count; i++)
			add(list, known.list[i].path);
		keys_free(&known);
	}
	message_hint("known are %s; summary.json has them all", list);
}

static bool exists(const struct compared *compared, const char *key)
{
	bool there = false;

	for (size_t i = 0; i < compared->run_count; i++) {
		const json_t *value = json_object_get(compared->runs[i].values, key);

		/* null: it is a number that this run does not know. */
		there |= value != NULL;
		if (value && !json_is_number(value) && !json_is_null(value)) {
			message_error("could not compare \"%s\": it is no number", key);
			return false;
		}
	}
	if (!there)
		message_error("could not compare \"%s\": no run has this key", key);
	return there;
}

bool compare_keys_exist(const struct compared *compared)
{
	for (size_t i = 0; i < compared->keys.count; i++) {
		if (exists(compared, compared->keys.list[i].path))
			continue;
		hint(compared, compared->keys.list[i].path);
		return false;
	}
	return true;
}

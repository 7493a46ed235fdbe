#include "lab/words.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/datadir.h"
#include "lab/scenario.h"

static char **next_place(struct words *words)
{
	if (words->count + 2 > words->room) {
		size_t room = words->room ? words->room * 2 : 32;
		char **items = realloc(words->items, room * sizeof(*items));

		if (!items)
			return NULL;
		words->items = items;
		words->room = room;
	}
	words->items[words->count + 1] = NULL;
	return &words->items[words->count];
}

void words_add(struct words *words, const char *format, ...)
{
	char **place = next_place(words);
	va_list arguments;

	va_start(arguments, format);
	if (!place || vasprintf(place, format, arguments) < 0)
		words->failed = 1;
	else
		words->count++;
	va_end(arguments);
}

void words_add_program(struct words *words, const char *name)
{
	char path[PATH_MAX];

	if (datadir_program(path, sizeof(path), name) == 0)
		words_add(words, "%s", path);
	else
		words->failed = 1;
}

void words_add_settings(struct words *words, const struct setting_list *settings)
{
	for (size_t i = 0; i < settings->count; i++)
		words_add(words, "--%s=%s", settings->items[i].key, settings->items[i].value);
}

void words_free(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
	free(words->items);
	*words = (struct words){ .items = NULL };
}

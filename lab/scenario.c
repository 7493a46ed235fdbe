#include "lab/scenario.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/datadir.h"
#include "common/message.h"

const char *const section_names[SECTIONS] = { "run", "receive", "fake", "probe", "expect" };

struct reading {
	struct scenario *scenario;
	FILE *file;
	unsigned int line;
	bool in_expect;
	bool failed;
};

/* inih wants a "=" to split at: "a < 1" becomes "a =< 1". */
static void mark_comparison(char *buffer, size_t size)
{
	char *at = strpbrk(buffer, "<>=:;#");

	if (!at || (*at != '<' && *at != '>') || at[1] == '=' || strlen(buffer) + 2 > size)
		return;
	memmove(at + 1, at, strlen(at) + 1);
	*at = '=';
}

/*
 * Hands inih one line, counts it, and closes two of its holes: a line longer than its buffer would
 * be cut in two, and an indented line would silently continue the value before it.
 */
static char *read_line(char *buffer, int size, void *stream)
{
	struct reading *reading = stream;
	char *start;

	if (!fgets(buffer, size, reading->file))
		return NULL;
	reading->line++;
	if (!strchr(buffer, '\n') && !feof(reading->file)) {
		message_error("%s:%u: line is longer than %d bytes", reading->scenario->path,
			      reading->line, size - 2);
		reading->failed = true;
		return NULL;
	}
	start = buffer + strspn(buffer, " \t");
	memmove(buffer, start, strlen(start) + 1);
	if (*buffer == '[')
		reading->in_expect = strncmp(buffer, "[expect]", 8) == 0;
	else if (reading->in_expect)
		mark_comparison(buffer, (size_t)size);
	return buffer;
}

static int fail(struct reading *reading, const char *what, const char *text, const char *expected)
{
	message_error("%s:%u: %s \"%s\" (expected %s)", reading->scenario->path, reading->line,
		      what, text, expected);
	reading->failed = true;
	return 0;
}

/* inih splits at "=", so that "<=" leaves its first character at the end of the key. */
static void split_operator(struct setting *setting)
{
	size_t length = strlen(setting->key);
	char last = length ? setting->key[length - 1] : '\0';

	strcpy(setting->op, "=");
	if (last == '<' || last == '>' || last == '!') {
		setting->op[0] = last;
		strcpy(setting->op + 1, "=");
		setting->key[length - 1] = '\0';
	} else if (setting->value[0] != '\0' && strchr("=<>", setting->value[0])) {
		setting->op[0] = setting->value[0];
		memmove(setting->value, setting->value + 1, strlen(setting->value));
	}
	length = strcspn(setting->key, " \t");
	setting->key[length] = '\0';
	length = strspn(setting->value, " \t");
	memmove(setting->value, setting->value + length, strlen(setting->value + length) + 1);
}

static int on_setting(void *context, const char *section, const char *key, const char *value)
{
	struct reading *reading = context;
	struct setting_list *list;
	struct setting *items;
	size_t index = 0;

	while (index < SECTIONS && strcmp(section_names[index], section) != 0)
		index++;
	if (index == SECTIONS)
		return fail(reading, "unknown section", section,
			    "[run], [receive], [fake], [probe] or [expect]");
	list = &reading->scenario->sections[index];
	items = realloc(list->items, (list->count + 1) * sizeof(*items));
	if (!items)
		return 0;
	list->items = items;
	items[list->count] = (struct setting){ .key = strdup(key),
					       .value = strdup(value),
					       .line = reading->line };
	if (index == SECTION_EXPECT)
		split_operator(&items[list->count]);
	list->count++;
	if (items[list->count - 1].key[0] == '\0')
		return fail(reading, "no key before", value, "key = value");
	if (index == SECTION_EXPECT && items[list->count - 1].value[0] == '\0')
		return fail(reading, "no value for", key, "key = value, key >= value, ...");
	return 1;
}

/* A file of that name, or the scenario of that name that came with the programs. */
static bool find_file(char *path, size_t size, const char *file)
{
	char name[PATH_MAX];
	struct stat info;

	if (!strchr(file, '/') && (stat(file, &info) != 0 || !S_ISREG(info.st_mode))) {
		snprintf(name, sizeof(name), "scenarios/%s.conf", file);
		if (datadir_path(path, size, name) == 0 && access(path, F_OK) == 0)
			return true;
	}
	return snprintf(path, size, "%s", file) < (int)size;
}

static void set_name(struct scenario *scenario)
{
	const char *base = strrchr(scenario->path, '/');
	size_t length;

	base = base ? base + 1 : scenario->path;
	length = strlen(base);
	if (length > 5 && strcmp(base + length - 5, ".conf") == 0)
		length -= 5;
	snprintf(scenario->name, sizeof(scenario->name), "%.*s", (int)length, base);
}

bool scenario_read(struct scenario *scenario, const char *file)
{
	struct reading reading = { .scenario = scenario };
	char path[PATH_MAX];
	int wrong;

	*scenario = (struct scenario){ .path = NULL };
	if (!find_file(path, sizeof(path), file) || !(scenario->path = strdup(path))) {
		message_error("could not read scenario %s: its path is too long", file);
		return false;
	}
	set_name(scenario);
	reading.file = fopen(path, "re");
	if (!reading.file) {
		message_error("could not read scenario %s: %s", file, strerror(errno));
		message_hint("give a file, or the name of one that is installed: skewed, even");
		return false;
	}
	wrong = ini_parse_stream(read_line, &reading, on_setting, &reading);
	if (ferror(reading.file)) {
		message_error("could not read scenario %s: %s", file, strerror(errno));
		reading.failed = true;
	}
	if (wrong && !reading.failed)
		message_error("%s:%d: neither a [section] nor key = value", path, wrong);
	fclose(reading.file);
	return wrong == 0 && !reading.failed;
}

void scenario_free(struct scenario *scenario)
{
	for (size_t i = 0; i < SECTIONS; i++) {
		struct setting_list *list = &scenario->sections[i];

		for (size_t k = 0; k < list->count; k++) {
			free(list->items[k].key);
			free(list->items[k].value);
		}
		free(list->items);
	}
	free(scenario->path);
}

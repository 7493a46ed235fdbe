#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/doctor/report.h"

#define COLUMNS       80
#define LEVEL_WIDTH   7  /* "problem" */
#define NAME_WIDTH    17 /* "connected-members" */
#define FINDING_AT    (LEVEL_WIDTH + 1 + NAME_WIDTH + 1)
#define REMEDY_AT     (LEVEL_WIDTH + 1)
#define REMEDY_PREFIX "-> "

static const char *const colours[LEVELS] = {
	[LEVEL_OK] = "\033[32m",
	[LEVEL_NOTE] = "\033[33m",
	[LEVEL_PROBLEM] = "\033[1;31m",
};

/* no-color.org: the variable is there and not empty. */
static bool in_colour(void)
{
	const char *without = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(without && *without);
}

/* How many of the bytes at TEXT fit into ROOM columns: whole words where there is one. */
static size_t fitting(const char *text, size_t room)
{
	size_t length = strlen(text);

	if (length <= room)
		return length;
	for (length = room; length > 0 && text[length] != ' '; length--)
		;
	return length ? length : room;
}

/* What goes on in further lines begins at column AT, as the first line does. */
static void print_wrapped(const char *text, int at)
{
	for (;;) {
		size_t length = fitting(text, (size_t)(COLUMNS - at));

		printf("%.*s\n", (int)length, text);
		text += length;
		text += *text == ' ';
		if (*text == '\0')
			return;
		printf("%*s", at, "");
	}
}

void print_names(void)
{
	for (size_t i = 0; checks[i].name; i++)
		printf("%-*s %s\n", NAME_WIDTH, checks[i].name, check_family(i));
}

void print_finding(size_t index, const struct finding *finding, const char **family)
{
	const char *heading = check_family(index), *level = level_names[finding->level];
	bool colour = in_colour();

	if (!*family || strcmp(*family, heading) != 0)
		printf("%s%s\n", *family ? "\n" : "", heading);
	*family = heading;
	printf("%s%-*s%s %-*s ", colour ? colours[finding->level] : "", LEVEL_WIDTH, level,
	       colour ? "\033[m" : "", NAME_WIDTH, checks[index].name);
	print_wrapped(finding->text, FINDING_AT);
	if (finding->remedy[0]) {
		printf("%*s" REMEDY_PREFIX, REMEDY_AT, "");
		print_wrapped(finding->remedy, REMEDY_AT + (int)strlen(REMEDY_PREFIX));
	}
	/* The next check may take a moment. */
	message_flush_output();
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

void print_tally(const struct tally *tally)
{
	size_t ok = tally->by_level[LEVEL_OK], notes = tally->by_level[LEVEL_NOTE],
	       problems = tally->by_level[LEVEL_PROBLEM], all = ok + notes + problems;

	if (tally->left_out)
		printf("\nInterrupted after %zu of %zu checks.\n", all, all + tally->left_out);
	else if (all)
		putchar('\n');
	printf("%zu ok, %zu note%s, %zu problem%s\n", ok, notes, plural(notes), problems,
	       plural(problems));
}

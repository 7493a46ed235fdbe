#include "probes/groups/programs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/groups/group.h"

#define DELETED " (deleted)" /* what the kernel adds to the name of a file that is gone */

/* Of one member. */
struct program_of {
	char file[PATH_MAX]; /* empty: not visible */
	const char *command; /* NULL: no process is visible */
	bool deleted;
};

static void read_program(struct program_of *out, const struct member *member)
{
	char path[64];
	size_t suffix = strlen(DELETED);
	ssize_t length;

	*out = (struct program_of){ .command = NULL };
	if (!member->holder)
		return;
	out->command = member->holder->command;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)member->holder->pid);
	length = readlink(path, out->file, sizeof(out->file) - 1);
	if (length <= 0) {
		out->file[0] = '\0';
		return;
	}
	out->file[length] = '\0';
	if ((size_t)length > suffix && strcmp(out->file + length - suffix, DELETED) == 0) {
		out->file[(size_t)length - suffix] = '\0';
		out->deleted = true;
	}
}

static bool same_program(const struct program_of *left, const struct program_of *right)
{
	if (left->file[0] && right->file[0])
		return strcmp(left->file, right->file) == 0;
	return left->command && right->command && strcmp(left->command, right->command) == 0;
}

static size_t count_same(const struct program_of *programs, size_t count, size_t index)
{
	size_t same = 0;

	for (size_t i = 0; i < count; i++)
		same += same_program(&programs[index], &programs[i]);
	return same;
}

/* The member whose program most have; of equals, the first. */
static size_t find_main(const struct program_of *programs, size_t count)
{
	size_t most = 0, best = 0;

	for (size_t i = 0; i < count; i++) {
		/* What is like the one before has as many. */
		size_t same = i > 0 && same_program(&programs[i - 1], &programs[i])
				      ? 0
				      : count_same(programs, count, i);

		if (same > most) {
			most = same;
			best = i;
		}
	}
	return best;
}

static void mark_foreign(struct group *group, const struct program_of *programs, size_t main)
{
	size_t most = count_same(programs, group->count, main);

	if (!programs[main].command)
		return;
	for (size_t i = 0; i < group->count; i++) {
		const struct program_of *one = &programs[i];

		if (!one->command || same_program(&programs[main], one))
			continue;
		if (strcmp(one->command, programs[main].command) != 0)
			member_mark(&group->members[i], MARK_FOREIGN, "foreign-member",
				    "it is %s, and %zu of %zu members are %s", one->command, most,
				    group->count, programs[main].command);
		else
			member_mark(&group->members[i], MARK_FOREIGN, "foreign-member",
				    "it runs %.90s, and %zu of %zu members run %.90s", one->file,
				    most, group->count, programs[main].file);
	}
}

static void mark_replaced(struct group *group, const struct program_of *programs)
{
	for (size_t i = 0; i < group->count; i++) {
		bool renewed = false;

		for (size_t j = 0; programs[i].deleted && !renewed && j < group->count; j++)
			renewed = !programs[j].deleted && programs[j].file[0] &&
				  same_program(&programs[i], &programs[j]);
		if (renewed)
			member_mark(&group->members[i], MARK_STALE, "stale-member",
				    "it runs a file that was replaced since, %.150s, which others "
				    "run anew",
				    programs[i].file);
	}
}

int programs_mark(struct group *group)
{
	struct program_of *programs;

	if (!group->is_group)
		return 0;
	programs = calloc(group->count, sizeof(*programs));
	if (!programs)
		return -ENOMEM;
	for (size_t i = 0; i < group->count; i++)
		read_program(&programs[i], &group->members[i]);
	mark_foreign(group, programs, find_main(programs, group->count));
	mark_replaced(group, programs);
	free(programs);
	return 0;
}

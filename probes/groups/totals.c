/* What records and text have in common. */
#include <pwd.h>
#include <stdio.h>

#include "probes/groups/report.h"

struct totals report_totals(const struct group_list *list)
{
	struct totals totals = { .groups = 0 };

	for (size_t i = 0; i < list->count; i++) {
		const struct group *group = &list->items[i];

		if (!group->shown)
			continue;
		if (group->is_group) {
			totals.groups++;
			totals.members += group->count;
		} else {
			totals.sockets += group->count;
		}
		for (size_t j = 0; j < group->count; j++) {
			totals.marked += member_is_marked(&group->members[j]);
			for (size_t mark = 0; mark < MARKS; mark++)
				totals.marks[mark] += group->members[j].marks[mark].cause != NULL;
		}
	}
	return totals;
}

const char *user_text(char buffer[static USER_TEXT], uid_t user)
{
	const struct passwd *entry = getpwuid(user);

	if (entry)
		snprintf(buffer, USER_TEXT, "%.32s", entry->pw_name);
	else
		snprintf(buffer, USER_TEXT, "%u", user);
	return buffer;
}

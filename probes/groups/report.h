/* Records (docs/output-format.md) and text of fairport-groups. */
#ifndef FAIRPORT_GROUPS_REPORT_H
#define FAIRPORT_GROUPS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "probes/groups/group.h"

struct groups_options;
struct ndjson;
struct survey;

/* What is shown. */
struct totals {
	size_t groups, members; /* of groups */
	size_t sockets;         /* in no group */
	size_t marked;          /* of both */
	size_t marks[MARKS];
};

struct totals report_totals(const struct group_list *list);

#define USER_TEXT 40

/* Its name, or its number. */
const char *user_text(char buffer[static USER_TEXT], uid_t user);

void record_header(struct ndjson *out, const struct survey *survey, int argc, char **argv);

/* One record a group, then the summary. */
void record_groups(struct ndjson *out, const struct group_list *list, const struct survey *survey);

/* No line is wider than 80 columns. */
void print_groups(const struct group_list *list, const struct groups_options *options);

#endif

/* What repeated runs have in common: --by. */
#ifndef FAIRPORT_ANALYSIS_HISTORY_GROUPING_H
#define FAIRPORT_ANALYSIS_HISTORY_GROUPING_H

struct run_facts;

enum grouping_kind {
	GROUPING_NAME, /* of their directories, which facts do not know */
	GROUPING_SCENARIO,
	GROUPING_VERSION, /* the label of that name; without one, fairport's */
	GROUPING_HOST,
	GROUPING_KERNEL,
	GROUPING_LABEL, /* any other word is the key of a label */
};

struct grouping {
	const char *text; /* the word that was given */
	enum grouping_kind kind;
};

/* For an option of kind OPTION_PARSED. */
int grouping_parse(void *value, const char **expected);

/* What FACTS say of it; NULL: they do not, and for GROUPING_NAME. */
const char *grouping_of(const struct grouping *grouping, const struct run_facts *facts);

#endif

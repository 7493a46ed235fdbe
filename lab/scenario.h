/*
 * A scenario file (INI, read with inih): what to run and what to expect of it.
 *
 *   [run] [receive] [fake] [probe]   each key is a long option of that program; options without
 *                                    a value take yes or no
 *   [expect]                         KEY OP VALUE: conditions on keys of summary.json,
 *                                    OP is one of = != < <= > >=
 */
#ifndef FAIRPORT_LAB_SCENARIO_H
#define FAIRPORT_LAB_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#define SCENARIO_NAME 64

enum section {
	SECTION_RUN,
	SECTION_RECEIVE,
	SECTION_FAKE,
	SECTION_PROBE,
	SECTION_EXPECT,
	SECTIONS
};

struct setting {
	char *key, *value;
	char op[3]; /* of an expectation */
	unsigned int line;
};

struct setting_list {
	struct setting *items;
	size_t count;
};

struct scenario {
	char *path;
	char name[SCENARIO_NAME]; /* file name without directory and ".conf" */
	struct setting_list sections[SECTIONS];
};

extern const char *const section_names[SECTIONS];

/*
 * Reads FILE, or, where there is no such file, FILE.conf of the scenarios that came with the
 * programs. Says file, line and what was expected when something is wrong; false then.
 */
bool scenario_read(struct scenario *scenario, const char *file);

void scenario_free(struct scenario *scenario);

#endif

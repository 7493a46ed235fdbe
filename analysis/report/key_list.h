/* The value of --key: names after one another, of one option or of several. */
#ifndef FAIRPORT_ANALYSIS_REPORT_KEY_LIST_H
#define FAIRPORT_ANALYSIS_REPORT_KEY_LIST_H

struct key_list {
	const char *text; /* the last one that was given; NULL: none */
	char all[1024];   /* all of them, with commas between */
};

/* For an option of kind OPTION_PARSED that repeats. */
int key_list_parse(void *value, const char **expected);

#endif

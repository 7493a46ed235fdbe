/* A command line under construction: words that are owned and end with NULL. */
#ifndef FAIRPORT_LAB_WORDS_H
#define FAIRPORT_LAB_WORDS_H

#include <stddef.h>

struct setting_list;

struct words {
	char **items;
	size_t count, room;
	int failed; /* out of memory */
};

void words_add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The path of program NAME, which stands beside the running one. */
void words_add_program(struct words *words, const char *name);

/* --key=value for each setting. */
void words_add_settings(struct words *words, const struct setting_list *settings);

void words_free(struct words *words);

#endif

/* What keys do: a change of what is asked for, without a word to the terminal. */
#ifndef FAIRPORT_TOP_KEYS_H
#define FAIRPORT_TOP_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/top/model.h"

/* Keys that are no characters. */
enum key {
	KEY_OF_UP = 256,
	KEY_OF_DOWN,
	KEY_OF_PAGE_UP,
	KEY_OF_PAGE_DOWN,
	KEY_OF_HOME,
	KEY_OF_END,
};

/* What the user wants at the moment. */
struct wishes {
	enum sort_key sort;
	bool reverse;
	bool paused;
	bool help;
	bool quit;
	uint64_t interval; /* ns */
	size_t scroll;     /* lines that are scrolled out above */
};

/* PAGE is how many lines scroll by. Returns whether the key means anything. */
bool keys_press(struct wishes *wishes, int key, size_t page);

/* What is shown for 'h', a line each; NULL-ended. */
extern const char *const keys_help[];

#define KEYS_TEXT 128
/* The last line of the screen, in at most WIDTH columns. Returns BUFFER. */
const char *keys_footer(char buffer[static KEYS_TEXT], const struct wishes *wishes, size_t width);

#endif

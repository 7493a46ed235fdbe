/* Why a distribution or a ledger is as it is: what the data proves, and what helps. */
#ifndef FAIRPORT_ANALYSIS_CAUSES_H
#define FAIRPORT_ANALYSIS_CAUSES_H

#include <stddef.h>

struct analysis;
struct run;

#define CAUSES_LIMIT   16
#define CAUSE_COMMANDS 8
#define CAUSE_COMMAND  100

struct cause {
	const char *name; /* a word of the design: "one-flow" */
	char evidence[512];
	char remedy[512];
	/* To be typed or built in, a line each; of some causes there are none. */
	char commands[CAUSE_COMMANDS][CAUSE_COMMAND];
	size_t command_count;
};

/* Those whose remedy helps most come first. */
struct causes {
	struct cause list[CAUSES_LIMIT];
	size_t count;
};

/*
 * Looks for causes in an analysis whose other parts are complete. ANALYSIS NULL: nobody could tell
 * who received what, and only what is seen of sockets is looked at.
 */
void causes_find(struct causes *out, const struct analysis *analysis, const struct run *run);

/* One before that at PLACE whose commands, which there are, are the same; NULL: there is none. */
const struct cause *causes_same_code(const struct causes *causes, size_t place);

#endif

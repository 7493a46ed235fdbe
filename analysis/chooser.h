/* What chose the workers of a run: the statistics of a hash hold for the kernel's hash only. */
#ifndef FAIRPORT_ANALYSIS_CHOOSER_H
#define FAIRPORT_ANALYSIS_CHOOSER_H

struct run;

enum chooser {
	CHOOSER_HASH,      /* the kernel's, over the same sockets all the time */
	CHOOSER_REGROUPED, /* the hash, but the group's sockets changed meanwhile */
	CHOOSER_PROGRAM,   /* a steering program */
	CHOOSER_MODEL,     /* no group: one socket, or a process that hands on */
};

enum chooser chooser_find(const struct run *run);

#define CHOOSER_TEXT 160

/* For people, of all but the hash: "the workers take from one socket, ...". */
const char *chooser_text(char buffer[static CHOOSER_TEXT], enum chooser chooser,
			 const struct run *run);

#endif

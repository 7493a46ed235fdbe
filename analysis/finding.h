/* The result of a run in words, the same in the terminal and in the pictures. */
#ifndef FAIRPORT_ANALYSIS_FINDING_H
#define FAIRPORT_ANALYSIS_FINDING_H

#define FINDING_TEXT 512

struct analysis;
struct run;

/* What the run is called: its title, else its scenario, else its id. */
const char *finding_title(const struct run *run);

/* Who got what, in a few words: "worker 2 of 4 got every packet (few-flows)". */
const char *finding_headline(char buffer[static FINDING_TEXT], const struct analysis *analysis,
			     const struct run *run);

/* The verdict in one plain sentence, with the cv beside the expected one. */
const char *finding_sentence(char buffer[static FINDING_TEXT], const struct analysis *analysis,
			     const struct run *run);

#endif

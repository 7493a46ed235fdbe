/*
 * Several runs side by side: groups of repeats, the first of which (A) every other one (B) is
 * compared with, key by key. "Faster" is only said when it is shown, and for all keys together: a
 * B that is no different is called different in any key with a probability of at most 5 %.
 */
#ifndef FAIRPORT_ANALYSIS_COMPARE_COMPARED_H
#define FAIRPORT_ANALYSIS_COMPARE_COMPARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "analysis/history/keys.h"
#include "analysis/stats/compare.h"

#define COMPARED_LABEL 256 /* of a directory or --label, whole: it tells groups apart */

struct compared_run {
	char *directory;
	char label[COMPARED_LABEL];
	char *id;            /* NULL: unknown */
	uint64_t started_ns; /* since 1970; 0: unknown */
	json_t *facts;       /* "run" of its summary */
	json_t *values;      /* what its summary has at each key, by path */
	size_t order;        /* in which it was given */
};

struct compared_group {
	const char *label;
	const struct compared_run *const *runs; /* in order of time, where that is known */
	size_t count;
};

/* One key of A and of one B. */
struct compared_key {
	const struct key *key;
	size_t group;             /* B */
	size_t count_a, count_b;  /* values; of pairs, equal */
	bool constant;            /* all the same, or those of all pairs: no test could tell */
	struct comparison result; /* of this key on its own */
	/*
	 * The p-value for all keys of this B together: by Holm (Scandinavian Journal of Statistics
	 * 6, 1979), without the keys in which nothing could show a difference (Tarone, Biometrics
	 * 46, 1990). NAN: there is none.
	 */
	double p_value;
	enum compare_outcome outcome; /* by that p-value */
};

struct compared {
	struct keys keys;
	json_t *example; /* the summary of the first run, for keys that no run has */
	struct compared_run *runs;
	size_t run_count;
	const struct compared_run **sorted; /* what groups point into */
	struct compared_group *groups;
	size_t group_count;
	/*
	 * The groups took turns, one run of each in every round: so rounds are compared, and what
	 * changed on the host meanwhile is no difference.
	 */
	bool paired;
	struct compared_key *results; /* the keys of the first B, then of the next */
	size_t result_count;
};

/*
 * Takes SUMMARY (its reference, too) of the run in DIRECTORY, and keeps what it has at the keys,
 * which are known by now. LABEL NULL: by the name of DIRECTORY.
 * ID and STARTED_NS as facts_of() has them. False: out of memory.
 */
bool compared_add(struct compared *compared, const char *directory, const char *label,
		  const char *id, uint64_t started_ns, json_t *summary);

/* Whether two of the runs are the same one, and which. */
bool compared_twins(const struct compared *compared, size_t twins[static 2]);

/*
 * Makes groups of the runs, in the order in which they were given first, and compares them by
 * compared->keys. 0; -EINVAL: there is one group only; -EEXIST: two runs are the same one;
 * -ENOMEM.
 */
int compared_make(struct compared *compared);

void compared_free(struct compared *compared);

/* How many repeats of each group it takes before anything can be shown of KEYS keys. */
size_t compared_repeats_needed(size_t keys, bool paired);

/* Keys of group B that a difference could be shown in with enough repeats. */
size_t compared_family(const struct compared *compared, size_t group);

/* As summary.json would have it: docs/output-format.md. NULL: out of memory. */
json_t *compared_json(const struct compared *compared);

/* At most 80 columns, the finding last. */
void compared_text(const struct compared *compared);

/* A sentence about group B: "B is faster: received/s x 1.12 (1.10 to 1.14)". */
#define COMPARED_FINDING 512
const char *compared_finding(char text[static COMPARED_FINDING], const struct compared *compared,
			     size_t group);

/* The same in a word or two: "faster", "slower", "different", "no difference shown" ... */
const char *compared_verdict(const struct compared *compared, size_t group);

/*
 * What a group is ("after: 10 runs, host lab, Linux 6.1"), how its repeats lie to those of A, and
 * what p is for; the last two may be empty.
 */
void compared_describe(char text[static COMPARED_FINDING], const struct compared *compared,
		       size_t group);
void compared_repeats(char text[static COMPARED_FINDING], const struct compared *compared,
		      size_t group);
void compared_certainty(char text[static COMPARED_FINDING], const struct compared *compared,
			size_t group);

enum compared_picture {
	COMPARED_DRAWN,
	COMPARED_NOT_DRAWN, /* there is no ratio, or no gnuplot, which was noted */
	COMPARED_FAILED,    /* a warning was printed */
};

/*
 * Writes DIRECTORY/comparison.dat, and the ratios of all keys with their intervals as KINDS ("svg
 * png wide narrow"): see plots/style.gp.
 */
enum compared_picture compared_draw(const struct compared *compared, const char *directory,
				    const char *kinds);

#endif

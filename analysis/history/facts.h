/* What tells one run from another: when, where and of what it was made. */
#ifndef FAIRPORT_ANALYSIS_HISTORY_FACTS_H
#define FAIRPORT_ANALYSIS_HISTORY_FACTS_H

#include <stdint.h>

#include <jansson.h>

struct run;

#define FACTS_TIME 40

/* What is unknown is NULL or 0. */
struct run_facts {
	const char *id, *scenario, *version, *commit, *host, *kernel, *verdict;
	char started[FACTS_TIME]; /* as PostgreSQL reads a timestamptz; "": unknown */
	uint64_t started_ns;      /* since 1970: more exact than the manifest has it */
	int64_t cpus;
	json_t *options; /* by program, as the headers tell them: ours to free */
};

/*
 * Valid as long as RUN and SUMMARY, which is its summary.json, are. Free with facts_free(). 0 or
 * -ENOMEM.
 */
int facts_of(struct run_facts *out, const struct run *run, const json_t *summary);

void facts_free(struct run_facts *facts);

#endif

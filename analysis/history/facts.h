/* What tells one run from another: when, where and of what it was made. */
#ifndef FAIRPORT_ANALYSIS_HISTORY_FACTS_H
#define FAIRPORT_ANALYSIS_HISTORY_FACTS_H

#include <stdint.h>

#include <jansson.h>

struct labels;
struct run;

#define FACTS_TIME 40

/* What is unknown is NULL or 0. */
struct run_facts {
	const char *id, *version, *commit, *host, *kernel, *verdict;
	const char *scenario;     /* where the run has none, its label of that name */
	char started[FACTS_TIME]; /* as PostgreSQL reads a timestamptz; "": unknown */
	uint64_t started_ns;      /* since 1970: more exact than the manifest has it */
	int64_t cpus;
	const json_t *labels; /* an object of texts */
	json_t *options;      /* by program, as the headers tell them: ours to free */
};

/*
 * Valid as long as RUN and SUMMARY, which is its summary.json, are. Free with facts_free(). 0 or
 * -ENOMEM.
 */
int facts_of(struct run_facts *out, const struct run *run, const json_t *summary);

/* Adds LABELS to those that SUMMARY has of the manifest, or in place of them. 0 or -ENOMEM. */
int facts_label(json_t *summary, const struct labels *labels);

void facts_free(struct run_facts *facts);

#endif

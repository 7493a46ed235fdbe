/* What became of claims, for people and for other programs. */
#ifndef FAIRPORT_ANALYSIS_ASSERT_OUTPUT_H
#define FAIRPORT_ANALYSIS_ASSERT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct assert_options;
struct result;
struct run;

struct results {
	const struct result *list;
	size_t count;
	size_t of[3];        /* by enum outcome */
	const char *subject; /* "runs/mine", "port 8089" */
};

struct invocation {
	const struct assert_options *options;
	int argc;
	char **argv;
};

/*
 * All of what is below that was asked for, even where one cannot be written. Returns the exit
 * status.
 */
int output_deliver(const struct results *results, const struct run *run,
		   const struct invocation *invocation);

/* A line for each, wrapped at 80 columns. */
void output_text(const struct results *results);

/*
 * TAP version 13, which harnesses of version 14 read as well. What is inconclusive is "not ok":
 * TODO and SKIP count as passed there.
 */
void output_tap(const struct results *results);

/*
 * JUnit XML, as Jenkins, GitLab and others read it: what is inconclusive is skipped, which is
 * neither passed nor failed. "-" is standard output. Returns 0 or -errno.
 */
int output_junit(const struct results *results, const char *path);

/* NDJSON records; nothing where options->json is NULL. False after an error message. */
bool output_records(const struct results *results, const struct invocation *invocation,
		    const char *run);

#endif

/* The command line of fairport-run; a scenario's [run] section holds the same options. */
#ifndef FAIRPORT_LAB_OPTIONS_H
#define FAIRPORT_LAB_OPTIONS_H

#include "common/labels.h"
#include "common/options.h"

struct scenario;

enum netns_choice { NETNS_AUTO, NETNS_PRIVATE, NETNS_HOST };
enum probes_choice { PROBES_AUTO, PROBES_NONE };

enum database_kind { DATABASE_PRIVATE, DATABASE_NONE, DATABASE_GIVEN, DATABASE_KINDS };

struct run_options {
	const char *title;
	const char *listen;   /* where the receiver listens, [ADDR:]PORT */
	const char *database; /* "private", "none" or a conninfo */
	const char *out;
	const char *run;
	size_t netns, probes, plots;
	uint64_t seed;
	struct labels labels;
	bool quiet, verbose;
};

extern const struct program run_program;

/*
 * Reads the command line; *FIRST is the index of the first scenario. Where SCENARIO is not NULL,
 * its [run] section is read before, so that the command line overrides it.
 */
enum options_result run_options_parse(struct run_options *options, const struct scenario *scenario,
				      int argc, char **argv, int *first);

/* What --database asks for, and its name: "private", "none", or "given" for a conninfo. */
enum database_kind run_database_kind(const struct run_options *options);
extern const char *const database_kind_names[DATABASE_KINDS];

/* Frees what run_options_parse() with a scenario made; the texts in the options go with it. */
void run_options_free(void);

#endif

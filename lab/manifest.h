/*
 * manifest.json: what a run was made of, so that its numbers can be judged and it can be repeated.
 * Written when the run starts, and again when it ends. Keys: docs/output-format.md.
 */
#ifndef FAIRPORT_LAB_MANIFEST_H
#define FAIRPORT_LAB_MANIFEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct process;
struct run_options;
struct scenario;
struct udp_counters;
struct words;

struct manifest {
	json_t *root;
	const char *given_database; /* a user's conninfo, which is not written down; or NULL */
	char path[4096];
};

/*
 * Call before the network namespace is changed: some sysctls can only be read in the first one.
 * False after an error.
 */
bool manifest_open(struct manifest *manifest, const char *directory,
		   const struct run_options *options, const struct scenario *scenario, int argc,
		   char **argv);

void manifest_set_isolation(struct manifest *manifest, bool private_netns);

/* The sysctls of the namespace that the run takes place in. */
void manifest_read_sysctls(struct manifest *manifest);

/* A counter or tool that is not there, and why. */
void manifest_missing(struct manifest *manifest, const char *what);

/* The words that NAME was started with. */
void manifest_started(struct manifest *manifest, const char *name, const struct words *words);

void manifest_ended(struct manifest *manifest, const struct process *process);

void manifest_set_counters(struct manifest *manifest, const struct udp_counters *before,
			   const struct udp_counters *after);

void manifest_set_interrupted(struct manifest *manifest, bool interrupted);

/* Replaces the file in one step. False after an error. */
bool manifest_write(const struct manifest *manifest);

void manifest_close(struct manifest *manifest);

#endif

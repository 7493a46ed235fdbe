/* What fairport-receive --stdin tells: records, progress, and the result as text. */
#ifndef FAIRPORT_RECEIVER_STDIN_REPORT_H
#define FAIRPORT_RECEIVER_STDIN_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct account;
struct ndjson;
struct receive_options;

struct stdin_result {
	struct account *account;
	const char *reason; /* why reading ended */
	uint64_t elapsed;   /* ns */
	uint64_t told;      /* rejected lines that were told of one by one */
	bool failed;        /* standard input could not be read */
};

/* The line on a terminal. */
struct stdin_progress {
	uint64_t begun, next; /* clock_now() time; UINT64_MAX: it is not shown */
	uint64_t interval;
	uint64_t size; /* of the file; 0: not known */
};

void stdin_progress_begin(struct stdin_progress *progress, const struct receive_options *options);

/* Shows it if that is due. Returns when it is due next, clock_now() time. */
uint64_t stdin_progress(struct stdin_progress *progress, const struct stdin_result *result);

void stdin_report_header(const struct receive_options *options, struct ndjson *records, int argc,
			 char **argv);

/* The summary, and what went wrong. Returns the exit status. */
int stdin_report(const struct stdin_result *result, const struct receive_options *options,
		 struct ndjson *records);

#endif

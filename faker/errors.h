/* Failed calls, by errno. */
#ifndef FAIRPORT_FAKER_ERRORS_H
#define FAIRPORT_FAKER_ERRORS_H

#include <stdint.h>

struct ndjson;

#define ERROR_KINDS 12
#define ERROR_NAME  12

/* Kinds beyond the table count in OTHER alone. Those in use come first. */
struct errors {
	struct {
		int number; /* errno */
		uint64_t count;
	} kinds[ERROR_KINDS];
	uint64_t other;
};

/* Counts COUNT more of ERROR (errno or -errno). */
void errors_add(struct errors *errors, int error, uint64_t count);
void errors_merge(struct errors *into, const struct errors *what);
uint64_t errors_count(const struct errors *errors, int number);

/* "ECONNREFUSED", or the number where it has no name; in BUFFER or constant. */
const char *errors_name(int number, char buffer[static ERROR_NAME]);

/* Writes KEY:{"ECONNREFUSED":9,...}; the number in place of a name where libc has none. */
void errors_record(const struct errors *errors, struct ndjson *out, const char *key);

#endif

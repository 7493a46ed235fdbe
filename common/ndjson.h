/*
 * Writes records: one JSON object a line, in the form that docs/output-format.md defines.
 *
 * A writer that was never opened swallows everything, so that callers need not ask. A failed
 * write is remembered and told by ndjson_close().
 */
#ifndef FAIRPORT_NDJSON_H
#define FAIRPORT_NDJSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct ndjson {
	FILE *file;
	const char *path;    /* as given; "-" is standard output */
	const char *program; /* "fake", "receive", "probe", "run" */
	const char *run;
	bool comma; /* the next member needs one before it */
	int error;  /* errno of the first failed write, else 0 */
};

/* PATH NULL leaves the writer closed; PROGRAM and RUN are kept, not copied. 0 or -errno. */
int ndjson_open(struct ndjson *out, const char *path, const char *program, const char *run);

/* Starts a record with the members that all have: schema, type, program, run, t_ns. */
void ndjson_begin(struct ndjson *out, const char *type);

/* Ends it and hands it to the kernel, so that a reader sees whole records only. */
void ndjson_end(struct ndjson *out);

void ndjson_uint(struct ndjson *out, const char *key, uint64_t value);
void ndjson_int(struct ndjson *out, const char *key, int64_t value);
void ndjson_bool(struct ndjson *out, const char *key, bool value);

/* A value that is not finite becomes null. */
void ndjson_double(struct ndjson *out, const char *key, double value);

/* The fewest digits that read back as VALUE, which is finite. */
void ndjson_shortest(struct ndjson *out, const char *key, double value);

/* A key that is any text; its value follows, with KEY NULL. */
void ndjson_key(struct ndjson *out, const char *key, size_t length);

/* NULL becomes null; bytes that are not UTF-8 become U+FFFD. */
void ndjson_string(struct ndjson *out, const char *key, const char *value);
void ndjson_text(struct ndjson *out, const char *key, const char *value, size_t length);

/* Nested values; KEY is NULL inside an array, as it is for the members above. */
void ndjson_open_object(struct ndjson *out, const char *key);
void ndjson_close_object(struct ndjson *out);
void ndjson_open_array(struct ndjson *out, const char *key);
void ndjson_close_array(struct ndjson *out);

/* 0, or -errno of the first write that failed. */
int ndjson_close(struct ndjson *out);

#endif

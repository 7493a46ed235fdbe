/*
 * Streams of records: files with one JSON object a line. A line that is damaged or does not belong
 * there is named with file and line number, and reading goes on with the next.
 */
#ifndef FAIRPORT_ANALYSIS_STREAM_H
#define FAIRPORT_ANALYSIS_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

enum stream_result {
	STREAM_ABSENT,  /* there is no such file */
	STREAM_READ,    /* every line was a record */
	STREAM_DAMAGED, /* some were not, or reading failed; it was said */
};

struct stream {
	const char *directory, *name;
	const char *run;     /* the run that records belong to that name one; NULL: any */
	const char *program; /* what every record's "program" must be; NULL: other records */
	/*
	 * Takes one record; it is the caller's no longer than this call lasts. Returns NULL, or
	 * what is wrong with the record, in words that follow "line N: ".
	 */
	const char *(*take)(void *context, const char *type, json_t *record);
	void *context;
	bool quiet; /* say nothing: an earlier pass did */
};

enum stream_result stream_read(const struct stream *stream);

/* "DIRECTORY/NAME" in BUFFER. Returns 0 or -ENAMETOOLONG. */
int stream_path(char *buffer, size_t size, const char *directory, const char *name);

/* A member that is a whole number from 0; false where there is none. */
bool record_count(const json_t *record, const char *key, uint64_t *out);

/* A member that is a number; NAN where there is none. */
double record_number(const json_t *record, const char *key);

/* A member that is a string; NULL where there is none. It lives as long as RECORD. */
const char *record_text(const json_t *record, const char *key);

#endif

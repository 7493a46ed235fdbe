/*
 * Streams of records: files with one JSON object a line. A line that is damaged or does not belong
 * there is named with file and line number, and reading goes on with the next.
 */
#ifndef FAIRPORT_ANALYSIS_STREAM_H
#define FAIRPORT_ANALYSIS_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct flat_form;

enum stream_result {
	STREAM_ABSENT,  /* there is no such file */
	STREAM_READ,    /* every line was a record */
	STREAM_DAMAGED, /* some were not, or reading failed; it was said */
};

struct stream {
	const char *directory, *name;
	/* The run that records belong to that name one; NULL: whichever the first of them names. */
	const char *run;
	const char *program; /* what every record's "program" must be; NULL: other records */
	/*
	 * Takes one record; it is the caller's no longer than this call lasts. Returns NULL, or
	 * what is wrong with the record, in words that follow "FILE:LINE: ".
	 */
	const char *(*take)(void *context, const char *type, json_t *record);
	void *context;
	/*
	 * Records that come by the million: those of this form are read into FLAT and given to
	 * TAKE_FLAT; what has another form goes to TAKE. NULL: all do.
	 */
	const struct flat_form *form;
	void *flat;
	const char *(*take_flat)(void *context, void *flat);
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

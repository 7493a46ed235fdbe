/*
 * Streams of records: files with one JSON object a line. A line that is damaged or does not belong
 * there is named with file and line number, and reading goes on with the next.
 */
#ifndef FAIRPORT_ANALYSIS_STREAM_H
#define FAIRPORT_ANALYSIS_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#define RECORD_SCHEMA 1 /* what this program knows */

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
};

enum stream_result stream_read(const struct stream *stream);

/* "DIRECTORY/NAME" in BUFFER. Returns 0 or -ENAMETOOLONG. */
int stream_path(char *buffer, size_t size, const char *directory, const char *name);

/* A member that is a whole number from 0; false where there is none. */
bool record_count(const json_t *record, const char *key, uint64_t *out);

/*
 * More than anybody counts of anything: at 100 Gbit/s, bytes for two months. So a hundred of such
 * counts can be added up, and what is beyond is damage, which would make a wrong sum of all.
 */
#define RECORD_MOST ((uint64_t)1 << 56)

/* A member that is a count of what happened: a whole number up to RECORD_MOST. */
bool record_amount(const json_t *record, const char *key, uint64_t *out);

/* Whether a member is a number up to that, and not below 0, or null, or not there. */
bool record_number_fits(const json_t *record, const char *key);

/* Whether a member is a histogram, whose quantiles rise, or null, or not there. */
bool record_histogram_fits(const json_t *record, const char *key);

/* A member that is a number; NAN where there is none. */
double record_number(const json_t *record, const char *key);

/* A member that is a string; NULL where there is none. It lives as long as RECORD. */
const char *record_text(const json_t *record, const char *key);

#endif

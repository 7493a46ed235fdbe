/* What several unit tests need; to be included first, as cmocka wants its headers before it. */
#ifndef FAIRPORT_TESTS_UNIT_HELPERS_H
#define FAIRPORT_TESTS_UNIT_HELPERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "common/ndjson.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Exactly LENGTH bytes on the heap: valgrind and the address sanitizer see a byte too many. */
static inline char *exact_copy(const char *text, size_t length)
{
	char *copy = malloc(length ? length : 1);

	assert_non_null(copy);
	memcpy(copy, text, length);
	return copy;
}

/*
 * What a standard stream is given meanwhile. Between begin and end nothing may be asserted: the
 * failure would be told to the wrong place.
 */
struct capture {
	FILE *stream, *file;
	int saved;
};

static inline void capture_begin(struct capture *capture, FILE *stream)
{
	fflush(stream);
	capture->stream = stream;
	capture->file = tmpfile();
	assert_non_null(capture->file);
	capture->saved = dup(fileno(stream));
	assert_true(capture->saved >= 0);
	assert_true(dup2(fileno(capture->file), fileno(stream)) >= 0);
}

/* Writes at most ROOM - 1 bytes and a terminator to TEXT. */
static inline void capture_end(struct capture *capture, char *text, size_t room)
{
	fflush(capture->stream);
	dup2(capture->saved, fileno(capture->stream));
	close(capture->saved);
	rewind(capture->file);
	text[fread(text, 1, room - 1, capture->file)] = '\0';
	fclose(capture->file);
}

/* A record that is written to memory. */
struct memory_record {
	struct ndjson out;
	char *text;
	size_t length;
};

static inline struct ndjson *memory_record_begin(struct memory_record *record)
{
	record->text = NULL;
	record->out = (struct ndjson){ .path = "memory", .program = "test", .run = "unit" };
	record->out.file = open_memstream(&record->text, &record->length);
	assert_non_null(record->out.file);
	ndjson_begin(&record->out, "sample");
	return &record->out;
}

/* Ends the record, closes the writer and reads the line back. The caller frees text and JSON. */
static inline json_t *memory_record_end(struct memory_record *record)
{
	json_error_t error;
	json_t *json;

	ndjson_end(&record->out);
	assert_int_equal(ndjson_close(&record->out), 0);
	assert_ptr_equal(strchr(record->text, '\n'), record->text + record->length - 1);
	json = json_loadb(record->text, record->length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
			  &error);
	if (!json)
		fail_msg("%s: %s", record->text, error.text);
	return json;
}

/* Whether VALUE equals the JSON text WANT; says both if not. */
static inline void assert_json(const json_t *value, const char *want)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

	assert_non_null(text);
	assert_string_equal(text, want);
	free(text);
}

#endif

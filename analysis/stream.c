#include "analysis/stream.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"

#define SCHEMA        1
#define LINES_TO_NAME 5 /* of one file; the others are only counted */

struct reading {
	const struct stream *stream;
	const char *path;
	uint64_t line, damaged;
};

static void PRINTF_LIKE(2, 3) damaged(struct reading *reading, const char *format, ...)
{
	char text[256];
	va_list arguments;

	if (++reading->damaged > LINES_TO_NAME || reading->stream->quiet)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	message_warning("%s: line %llu: %s", reading->path, (unsigned long long)reading->line,
			text);
}

/* What is wrong with the members that every record has; NULL if nothing. */
static const char *check_common(const struct stream *stream, const json_t *record)
{
	const char *program = record_text(record, "program");
	uint64_t schema;

	if (!record_text(record, "type"))
		return "not a record: it has no \"type\"";
	if (stream->run && record_text(record, "run") &&
	    strcmp(stream->run, record_text(record, "run")) != 0)
		return "a record of another run";
	if (!stream->program)
		return NULL;
	if (!record_count(record, "schema", &schema) || !program)
		return "not a record: it has no \"schema\" or no \"program\"";
	if (schema != SCHEMA)
		return "a record of another schema; this program knows schema 1";
	if (strcmp(program, stream->program) != 0)
		return "a record of another program";
	return NULL;
}

static void take_line(struct reading *reading, const char *line, size_t length)
{
	bool whole = length > 0 && line[length - 1] == '\n';
	json_error_t error;
	json_t *record;
	const char *wrong;

	/* bpftrace writes empty lines between its records. */
	if (strspn(line, " \t\r\n") == length)
		return;
	record = json_loadb(line, length, 0, &error);
	if (!record && !whole) {
		damaged(reading, "cut off: the file ends within a record");
		return;
	}
	if (!record) {
		damaged(reading, "not JSON from column %d on", error.column);
		return;
	}
	wrong = json_is_object(record) ? check_common(reading->stream, record) : "not an object";
	if (!wrong)
		wrong = reading->stream->take(reading->stream->context, record_text(record, "type"),
					      record);
	if (wrong)
		damaged(reading, "%s", wrong);
	json_decref(record);
}

int stream_path(char *buffer, size_t size, const char *directory, const char *name)
{
	int length = snprintf(buffer, size, "%s/%s", directory, name);

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

enum stream_result stream_read(const struct stream *stream)
{
	char path[PATH_MAX];
	struct reading reading = { .stream = stream, .path = path };
	size_t room = 0;
	char *line = NULL;
	ssize_t length;
	FILE *file;

	if (stream_path(path, sizeof(path), stream->directory, stream->name) != 0)
		return STREAM_ABSENT;
	file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return STREAM_ABSENT;
	if (!file) {
		message_warning("could not open %s: %s", path, strerror(errno));
		return STREAM_DAMAGED;
	}
	errno = 0;
	while ((length = getline(&line, &room, file)) >= 0) {
		reading.line++;
		take_line(&reading, line, (size_t)length);
		errno = 0;
	}
	if (!feof(file)) {
		message_warning("could not read %s after line %llu: %s", path,
				(unsigned long long)reading.line, strerror(errno));
		reading.damaged++;
	} else if (reading.damaged > LINES_TO_NAME && !stream->quiet) {
		message_warning("%s: %llu more such lines", path,
				(unsigned long long)(reading.damaged - LINES_TO_NAME));
	}
	free(line);
	fclose(file);
	return reading.damaged ? STREAM_DAMAGED : STREAM_READ;
}

bool record_count(const json_t *record, const char *key, uint64_t *out)
{
	const json_t *value = json_object_get(record, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*out = (uint64_t)json_integer_value(value);
	return true;
}

double record_number(const json_t *record, const char *key)
{
	const json_t *value = json_object_get(record, key);

	return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

const char *record_text(const json_t *record, const char *key)
{
	return json_string_value(json_object_get(record, key));
}

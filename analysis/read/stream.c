#include "analysis/read/stream.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read/flat.h"
#include "analysis/read/line_file.h"
#include "common/message.h"

#define LINES_TO_NAME 5 /* of one file; the others are only counted */
/* Commas of one record: of 4096 workers there are 150,000. Each value takes up to 200 bytes. */
#define COMMAS_MOST ((size_t)512 * 1024)

struct reading {
	const struct stream *stream;
	const char *path;
	char *run; /* what the first record that names one belongs to, if that is not given */
	uint64_t line, damaged;
};

static void PRINTF_LIKE(2, 3) damaged(struct reading *reading, const char *format, ...)
{
	char text[256];
	va_list arguments;

	if (++reading->damaged > LINES_TO_NAME)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	message_warning("%s:%llu: %s", reading->path, (unsigned long long)reading->line, text);
}

static const char *run_of(const struct reading *reading)
{
	return reading->stream->run ? reading->stream->run : reading->run;
}

/* What is wrong with the members that every record has; NULL if nothing. */
static const char *check_common(struct reading *reading, const json_t *record)
{
	const char *program = record_text(record, "program"), *run = record_text(record, "run");
	uint64_t schema;

	if (!record_text(record, "type"))
		return "not a record: it has no \"type\"";
	if (run && run_of(reading) && strcmp(run_of(reading), run) != 0)
		return "a record of another run";
	if (reading->stream->program) {
		if (!record_count(record, "schema", &schema) || !program)
			return "not a record: it has no \"schema\" or no \"program\"";
		if (schema != RECORD_SCHEMA)
			return "a record of another schema; this program knows schema 1";
		if (strcmp(program, reading->stream->program) != 0)
			return "a record of another program";
	}
	if (run && !run_of(reading))
		reading->run = strdup(run);
	return NULL;
}

/* Says why jansson made nothing of it. */
static void not_json(struct reading *reading, const char *line, size_t length, bool whole,
		     const json_error_t *error)
{
	const char *nul = memchr(line, '\0', length);

	if (nul)
		damaged(reading, "not JSON: a NUL byte in column %zu", (size_t)(nul - line) + 1);
	else if (!whole)
		damaged(reading, "cut off: the file ends within a record");
	else if (json_error_code(error) == json_error_numeric_overflow)
		damaged(reading, "a number that is too large, before column %d", error->column);
	else if (json_error_code(error) == json_error_invalid_utf8)
		damaged(reading, "not UTF-8 behind column %d", error->column);
	else if (json_error_code(error) == json_error_stack_overflow)
		damaged(reading, "nested deeper than any record, in column %d", error->column);
	else if (json_error_code(error) == json_error_duplicate_key)
		damaged(reading, "a member that is there twice, in column %d", error->column);
	else
		damaged(reading, "not JSON from column %d on", error->column);
}

/* Whether so much would be made of it that memory is not for it, but for damage. */
static bool is_crowded(const char *line, size_t length)
{
	size_t commas = 0;

	for (size_t i = 0; length > COMMAS_MOST && i < length; i++)
		commas += line[i] == ',';
	return commas > COMMAS_MOST;
}

static void take_line(struct reading *reading, const char *line, size_t length, bool whole)
{
	const struct stream *stream = reading->stream;
	const char *wrong;
	json_error_t error;
	json_t *record;

	if (stream->form && run_of(reading) &&
	    flat_read(stream->form, run_of(reading), line, length, stream->flat)) {
		wrong = stream->take_flat(stream->context, stream->flat);
		if (wrong)
			damaged(reading, "%s", wrong);
		return;
	}
	if (is_crowded(line, length)) {
		damaged(reading, "more in it than in any record: more than %zu values",
			COMMAS_MOST);
		return;
	}
	/* Of two members with the same name, nobody knows which one is right. */
	record = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	if (!record) {
		not_json(reading, line, length, whole, &error);
		return;
	}
	wrong = json_is_object(record) ? check_common(reading, record) : "not an object";
	if (!wrong)
		wrong = stream->take(stream->context, record_text(record, "type"), record);
	if (wrong)
		damaged(reading, "%s", wrong);
	json_decref(record);
}

static bool is_blank(const char *line, size_t length)
{
	size_t i = 0;

	while (i < length && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r'))
		i++;
	return i == length;
}

static void read_lines(struct reading *reading, struct line_file *file)
{
	enum line_result result;
	const char *line;
	size_t length;

	while ((result = line_file_next(file, &line, &length)) != LINE_END) {
		reading->line++;
		if (result == LINE_FAILED) {
			message_warning("could not read %s beyond line %llu: %s", reading->path,
					(unsigned long long)reading->line - 1,
					strerror(-file->error));
			reading->damaged++;
			return;
		}
		if (result == LINE_LONG)
			damaged(reading, "longer than any record: more than %d MiB",
				LINE_FILE_LONGEST >> 20);
		/* bpftrace writes empty lines between its records. */
		else if (!is_blank(line, length))
			take_line(reading, line, length, result == LINE_WHOLE);
	}
	if (reading->damaged > LINES_TO_NAME)
		message_warning("%s: %llu more such lines", reading->path,
				(unsigned long long)(reading->damaged - LINES_TO_NAME));
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
	struct line_file file;
	int error = stream_path(path, sizeof(path), stream->directory, stream->name);

	if (!error)
		error = line_file_open(&file, path);
	if (error == -ENOENT)
		return STREAM_ABSENT;
	if (error) {
		line_file_say(path, error);
		return STREAM_DAMAGED;
	}
	read_lines(&reading, &file);
	line_file_close(&file);
	free(reading.run);
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

bool record_amount(const json_t *record, const char *key, uint64_t *out)
{
	return record_count(record, key, out) && *out <= RECORD_MOST;
}

bool record_number_fits(const json_t *record, const char *key)
{
	const json_t *value = json_object_get(record, key);

	return !value || json_is_null(value) ||
	       (json_is_number(value) && json_number_value(value) >= 0 &&
		json_number_value(value) <= (double)RECORD_MOST);
}

bool record_histogram_fits(const json_t *record, const char *key)
{
	static const char *const quantiles[] = { "p50", "p90", "p99", "p999", "max", NULL };
	const json_t *histogram = json_object_get(record, key);
	uint64_t count, before = 0, value;

	if (!histogram || json_is_null(histogram))
		return true;
	if (!record_amount(histogram, "count", &count))
		return false;
	for (size_t i = 0; count && quantiles[i]; i++) {
		if (!record_count(histogram, quantiles[i], &value) || value < before)
			return false;
		before = value;
	}
	return true;
}

const char *record_text(const json_t *record, const char *key)
{
	return json_string_value(json_object_get(record, key));
}

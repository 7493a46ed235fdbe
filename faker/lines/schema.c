/* Schemas as a whole: where they come from, how many series they make. */
#include "faker/lines/schema.h"
#include "faker/lines/schema_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"

void schema_free_words(char **words)
{
	for (char **word = words; word && *word; word++)
		free(*word);
	free(words);
}

static void free_measurement(struct schema_measurement *measurement)
{
	for (size_t i = 0; i < measurement->tag_count; i++) {
		free(measurement->tags[i].key);
		free(measurement->tags[i].prefix);
		schema_free_words(measurement->tags[i].values);
	}
	for (size_t i = 0; i < measurement->field_count; i++) {
		free(measurement->fields[i].key);
		schema_free_words(measurement->fields[i].choices);
	}
	free(measurement->tags);
	free(measurement->fields);
	free(measurement->name);
}

void schema_free(struct schema *schema)
{
	if (!schema)
		return;
	for (size_t i = 0; i < schema->measurement_count; i++)
		free_measurement(&schema->measurements[i]);
	free(schema->measurements);
	free(schema->name);
	free(schema);
}

/* "host, cpu, ..." */
static void list_names(char *text, size_t room)
{
	size_t length = 0;

	for (size_t i = 0; schema_names[i] && length < room; i++)
		length += (size_t)snprintf(text + length, room - length, "%s%s", i ? ", " : "",
					   schema_names[i]);
}

/* The file at PATH, one byte more than a schema may have at most. False after a message. */
static bool read_file(const char *path, char *text, size_t *length)
{
	FILE *file = fopen(path, "re");
	char names[200] = "";

	if (!file && errno == ENOENT) {
		list_names(names, sizeof(names));
		message_error("unknown schema \"%s\" (expected a file or one of %s)", path, names);
		return false;
	}
	if (!file) {
		message_error("could not open schema \"%s\": %s", path, strerror(errno));
		return false;
	}
	*length = fread(text, 1, SCHEMA_MAX_BYTES + 1, file);
	if (ferror(file)) {
		message_error("could not read schema \"%s\": %s", path, strerror(errno));
		fclose(file);
		return false;
	}
	fclose(file);
	return true;
}

static struct schema *load(const char *name, const char *text, size_t length)
{
	struct schema_error error;
	struct schema *schema = schema_parse(name, text, length, &error);

	if (!schema && error.line > 0)
		message_error("%s:%u: %s", name, error.line, error.text);
	else if (!schema)
		message_error("%s: %s", name, error.text);
	return schema;
}

struct schema *schema_load(const char *name_or_path)
{
	const char *builtin = schema_builtin(name_or_path);
	struct schema *schema = NULL;
	size_t length;
	char *text;

	if (builtin)
		return load(name_or_path, builtin, strlen(builtin));
	text = malloc(SCHEMA_MAX_BYTES + 1);
	if (!text)
		message_error("could not read schema \"%s\": %s", name_or_path, strerror(ENOMEM));
	else if (read_file(name_or_path, text, &length))
		schema = load(name_or_path, text, length);
	free(text);
	return schema;
}

uint64_t schema_measurement_series(const struct schema_measurement *measurement)
{
	uint64_t series = 1;

	for (size_t i = 0; i < measurement->tag_count; i++)
		if (__builtin_mul_overflow(series, measurement->tags[i].count, &series))
			return UINT64_MAX;
	return series;
}

uint64_t schema_series(const struct schema *schema)
{
	uint64_t series = 0;

	for (size_t i = 0; i < schema->measurement_count; i++)
		if (__builtin_add_overflow(series,
					   schema_measurement_series(&schema->measurements[i]),
					   &series))
			return UINT64_MAX;
	return series;
}

const struct schema_tag *schema_growing_tag(const struct schema_measurement *measurement)
{
	for (size_t i = 0; i < measurement->tag_count; i++)
		if (measurement->tags[i].grows)
			return &measurement->tags[i];
	return NULL;
}

bool schema_grows(const struct schema *schema)
{
	for (size_t i = 0; i < schema->measurement_count; i++)
		if (schema_growing_tag(&schema->measurements[i]))
			return true;
	return false;
}

/* Schemas, from text: the statements. */
#include "faker/lines/schema.h"
#include "faker/lines/schema_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Fields that may be added to a line: "sender" and "sequence". */
#define FIELDS_ADDED 2

bool schema_fail(struct schema_parser *parser, const char *format, ...)
{
	struct schema_error *error = parser->error;
	va_list arguments;

	error->line = parser->line;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return false;
}

static bool fail_memory(struct schema_parser *parser)
{
	return schema_fail(parser, "out of memory");
}

static char *copy_text(struct schema_parser *parser, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		fail_memory(parser);
	return copy;
}

char **schema_copy_words(struct schema_parser *parser, size_t first)
{
	const struct schema_words *words = &parser->words;
	char **copy = calloc(words->count - first + 1, sizeof(*copy));

	if (!copy) {
		fail_memory(parser);
		return NULL;
	}
	for (size_t i = first; i < words->count; i++) {
		copy[i - first] = copy_text(parser, words->at[i]);
		if (!copy[i - first]) {
			schema_free_words(copy);
			return NULL;
		}
	}
	return copy;
}

/* Room for one more element of SIZE bytes behind COUNT, cleared. NULL, and ARRAY as it was. */
static void *grow(struct schema_parser *parser, void *array, size_t count, size_t size)
{
	char *grown = realloc(array, (count + 1) * size);

	if (!grown) {
		fail_memory(parser);
		return NULL;
	}
	memset(grown + count * size, 0, size);
	return grown;
}

/* Whether NAME can stand in a line. Its bytes were checked with those of the line. */
static bool check_name(struct schema_parser *parser, const char *what, const char *name)
{
	size_t length = strlen(name);

	if (length == 0)
		return schema_fail(parser, "an empty %s (expected text)", what);
	if (name[length - 1] == '\\')
		return schema_fail(parser,
				   "%s \"%.60s\" ends with a backslash (expected a name that line "
				   "protocol can hold)",
				   what, name);
	return true;
}

static struct schema_measurement *last_measurement(struct schema_parser *parser)
{
	struct schema *schema = parser->schema;

	return &schema->measurements[schema->measurement_count - 1];
}

static bool check_has_field(struct schema_parser *parser)
{
	if (parser->schema->measurement_count == 0 || last_measurement(parser)->field_count > 0)
		return true;
	parser->line = parser->measurement_line;
	return schema_fail(parser,
			   "measurement \"%.60s\" has no field (expected field KEY TYPE GENERATOR "
			   "ARGUMENT...)",
			   last_measurement(parser)->name);
}

static bool parse_measurement(struct schema_parser *parser)
{
	const struct schema_words *words = &parser->words;
	struct schema *schema = parser->schema;
	void *grown;

	if (!check_has_field(parser))
		return false;
	if (words->count != 2)
		return schema_fail(parser, "wrong number of words (expected measurement NAME)");
	if (!check_name(parser, "measurement", words->at[1]))
		return false;
	if (words->at[1][0] == '#')
		return schema_fail(parser,
				   "measurement \"%.60s\" begins with # (expected a name that line "
				   "protocol can hold)",
				   words->at[1]);
	for (size_t i = 0; i < schema->measurement_count; i++)
		if (strcmp(schema->measurements[i].name, words->at[1]) == 0)
			return schema_fail(parser,
					   "a second measurement \"%.60s\" (expected one of each)",
					   words->at[1]);
	grown = grow(parser, schema->measurements, schema->measurement_count,
		     sizeof(*schema->measurements));
	if (!grown)
		return false;
	schema->measurements = grown;
	schema->measurement_count++;
	parser->measurement_line = parser->line;
	last_measurement(parser)->name = copy_text(parser, words->at[1]);
	return last_measurement(parser)->name != NULL;
}

static bool check_key(struct schema_parser *parser, const char *what, const char *key)
{
	const struct schema_measurement *measurement;

	if (parser->schema->measurement_count == 0)
		return schema_fail(parser, "%s before any measurement (expected measurement NAME)",
				   what);
	if (!check_name(parser, what, key))
		return false;
	if (strcmp(key, "time") == 0)
		return schema_fail(parser,
				   "%s \"time\" would be taken for the time stamp (expected "
				   "another key)",
				   what);
	measurement = last_measurement(parser);
	for (size_t i = 0; i < measurement->tag_count; i++)
		if (strcmp(measurement->tags[i].key, key) == 0)
			return schema_fail(parser,
					   "%s \"%.60s\" is a tag already (expected another key)",
					   what, key);
	for (size_t i = 0; i < measurement->field_count; i++)
		if (strcmp(measurement->fields[i].key, key) == 0)
			return schema_fail(parser,
					   "%s \"%.60s\" is a field already (expected another key)",
					   what, key);
	return true;
}

static int compare_texts(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static bool parse_tag_values(struct schema_parser *parser, struct schema_tag *tag)
{
	struct schema_words *words = &parser->words;
	char **values = words->at + 3;

	if (words->count < 4)
		return schema_fail(parser, "too few words (expected tag KEY values VALUE...)");
	tag->count = words->count - 3;
	tag->values = schema_copy_words(parser, 3);
	if (!tag->values)
		return false;
	qsort(values, tag->count, sizeof(*values), compare_texts);
	for (size_t i = 0; i < tag->count; i++) {
		if (!check_name(parser, "tag value", values[i]))
			return false;
		if (i > 0 && strcmp(values[i], values[i - 1]) == 0)
			return schema_fail(parser,
					   "tag value \"%.60s\" twice (expected one of each)",
					   values[i]);
	}
	return true;
}

static bool parse_tag_count(struct schema_parser *parser, struct schema_tag *tag)
{
	const struct schema_words *words = &parser->words;
	int64_t count;
	size_t length;
	char *number;
	bool right;

	if (words->count != 4 && (words->count != 6 || strcmp(words->at[4], "prefix") != 0))
		return schema_fail(parser, "wrong number of words (expected tag KEY count N[+] "
					   "[prefix TEXT])");
	number = words->at[3];
	length = strlen(number);
	tag->grows = length > 0 && number[length - 1] == '+';
	if (tag->grows)
		number[length - 1] = '\0';
	right = schema_parse_units(number, 0, SCHEMA_WHOLE_MOST, &count);
	if (!right || count < 1)
		return schema_fail(parser,
				   "invalid count \"%.60s\" of a tag (expected a number from 1 on "
				   "of up to 18 digits, or one and +)",
				   number);
	tag->count = (uint64_t)count;
	tag->prefix = copy_text(parser, words->at[words->count == 6 ? 5 : 1]);
	return tag->prefix != NULL;
}

static bool parse_tag(struct schema_parser *parser)
{
	const struct schema_words *words = &parser->words;
	struct schema_measurement *measurement;
	struct schema_tag *tag;

	if (words->count < 4)
		return schema_fail(parser, "too few words (expected tag KEY values VALUE..., or "
					   "tag KEY count N[+] [prefix TEXT])");
	if (!check_key(parser, "tag", words->at[1]))
		return false;
	measurement = last_measurement(parser);
	if (measurement->tag_count == LP_MAX_TAGS)
		return schema_fail(parser, "too many tags (expected up to %d)", LP_MAX_TAGS);
	tag = grow(parser, measurement->tags, measurement->tag_count, sizeof(*tag));
	if (!tag)
		return false;
	measurement->tags = tag;
	tag += measurement->tag_count++;
	tag->key = copy_text(parser, words->at[1]);
	if (!tag->key)
		return false;
	if (strcmp(words->at[2], "values") == 0)
		return parse_tag_values(parser, tag);
	if (strcmp(words->at[2], "count") == 0)
		return parse_tag_count(parser, tag);
	return schema_fail(parser, "unknown kind of tag \"%.60s\" (expected values or count)",
			   words->at[2]);
}

static bool parse_field(struct schema_parser *parser)
{
	const struct schema_words *words = &parser->words;
	struct schema_measurement *measurement;
	struct schema_field *field;

	if (words->count < 2)
		return schema_fail(parser, "too few words (expected field KEY TYPE GENERATOR "
					   "ARGUMENT...)");
	if (!check_key(parser, "field", words->at[1]))
		return false;
	measurement = last_measurement(parser);
	if (measurement->field_count == LP_MAX_FIELDS - FIELDS_ADDED)
		return schema_fail(parser, "too many fields (expected up to %d)",
				   LP_MAX_FIELDS - FIELDS_ADDED);
	field = grow(parser, measurement->fields, measurement->field_count, sizeof(*field));
	if (!field)
		return false;
	measurement->fields = field;
	field += measurement->field_count++;
	field->key = copy_text(parser, words->at[1]);
	return field->key && schema_parse_values(parser, field);
}

static const struct statement {
	const char *word;
	bool (*parse)(struct schema_parser *parser);
} statements[] = {
	{ "measurement", parse_measurement },
	{ "tag", parse_tag },
	{ "field", parse_field },
};

static bool parse_line(struct schema_parser *parser, const char *line, size_t length)
{
	if (!schema_words_split(parser, line, length))
		return false;
	if (parser->words.count == 0)
		return true;
	for (size_t i = 0; i < COUNT(statements); i++)
		if (strcmp(parser->words.at[0], statements[i].word) == 0)
			return statements[i].parse(parser);
	return schema_fail(parser,
			   "unknown statement \"%.60s\" (expected measurement, tag or field)",
			   parser->words.at[0]);
}

static bool parse_lines(struct schema_parser *parser, const char *text, size_t length)
{
	const char *at = text, *end = text + length;

	while (at < end) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = feed ? feed : end;

		parser->line++;
		if (line_end > at && line_end[-1] == '\r')
			line_end--;
		if (!parse_line(parser, at, (size_t)(line_end - at)))
			return false;
		at = feed ? feed + 1 : end;
	}
	if (!check_has_field(parser))
		return false;
	parser->line = 0;
	if (parser->schema->measurement_count == 0)
		return schema_fail(parser, "no measurement (expected measurement NAME)");
	return true;
}

struct schema *schema_parse(const char *name, const char *text, size_t length,
			    struct schema_error *error)
{
	struct schema *schema = calloc(1, sizeof(*schema));
	struct schema_parser parser = { .schema = schema, .error = error };
	bool right = false;

	if (length > SCHEMA_MAX_BYTES)
		schema_fail(&parser, "larger than 1 MiB (expected a schema)");
	else if (!schema || !(schema->name = strdup(name)) ||
		 !schema_words_open(&parser.words, length))
		fail_memory(&parser);
	else
		right = parse_lines(&parser, text, length);
	schema_words_close(&parser.words);
	if (right)
		return schema;
	schema_free(schema);
	return NULL;
}

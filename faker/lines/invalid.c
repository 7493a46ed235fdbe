#include "faker/lines/invalid.h"

#include <string.h>

#include "faker/lines/schema.h"

/* The last one is for schemas whose quotes are where a receiver looks for them. */
const struct invalid_kind invalid_kinds[] = {
	{ "measurement", "no measurement", INVALID_START, INVALID_START, 0, "," },
	{ "tag-value", "a tag without its value", INVALID_TAGS, INVALID_TAGS, 0, ",tag=" },
	{ "tag-twice", "a tag twice", INVALID_TAGS, INVALID_TAGS, 0, ",tag=a,tag=b" },
	{ "tag-space", "a space without its backslash in the value of a tag", INVALID_FIELDS,
	  INVALID_FIELDS, 0, ",tag=two words" },
	{ "utf-8", "a tag that is not UTF-8", INVALID_TAGS, INVALID_TAGS, 0, ",tag=\xff" },
	{ "fields", "no field", INVALID_FIELDS, INVALID_FIELDS_END, 0, "" },
	{ "field-value", "a field without its value", INVALID_FIELDS, INVALID_FIELDS, 1,
	  "field=," },
	{ "field-key", "a field without its key", INVALID_FIELDS, INVALID_FIELDS, 1, "=1," },
	{ "field-word", "a word where a number must be", INVALID_FIELDS, INVALID_FIELDS, 1,
	  "field=none," },
	{ "field-range", "an integer beyond 64 bits", INVALID_FIELDS, INVALID_FIELDS, 1,
	  "field=99999999999999999999i," },
	{ "field-text", "text behind a closing quote", INVALID_FIELDS, INVALID_FIELDS, 1,
	  "field=\"text\"text," },
	{ "time", "a word for a time stamp", INVALID_FIELDS_END, INVALID_END, 0, " noon" },
	{ "quote", "a string without its closing quote", INVALID_FIELDS_END, INVALID_FIELDS_END, 0,
	  ",field=\"open" },
};

#define KINDS (sizeof(invalid_kinds) / sizeof(invalid_kinds[0]))

static bool has_quote(const char *text)
{
	return text && strchr(text, '"');
}

/*
 * The next quote behind an open one must not be taken for the closing one (see lp_next()): it has
 * to begin a string, whose text must not look like what may follow a field.
 */
static bool field_hides_quote(const struct schema_field *field)
{
	for (char **choice = field->choices; field->type == LP_STRING && *choice; choice++)
		if (**choice == ' ' || **choice == ',')
			return true;
	return has_quote(field->key);
}

static bool tag_hides_quote(const struct schema_tag *tag)
{
	for (char **value = tag->values; value && *value; value++)
		if (has_quote(*value))
			return true;
	return has_quote(tag->key) || has_quote(tag->prefix);
}

static bool hides_quote(const struct schema_measurement *measurement)
{
	for (size_t i = 0; i < measurement->tag_count; i++)
		if (tag_hides_quote(&measurement->tags[i]))
			return true;
	for (size_t i = 0; i < measurement->field_count; i++)
		if (field_hides_quote(&measurement->fields[i]))
			return true;
	return has_quote(measurement->name);
}

size_t invalid_count(const struct schema *schema)
{
	for (size_t i = 0; i < schema->measurement_count; i++)
		if (hides_quote(&schema->measurements[i]))
			return KINDS - 1;
	return KINDS;
}

size_t invalid_make(const struct invalid_kind *kind, char *line,
		    const size_t places[static INVALID_PLACES])
{
	size_t from = places[kind->from] + kind->skip, to = places[kind->to] + kind->skip;
	size_t end = places[INVALID_END] + 1, length = strlen(kind->text);

	memmove(line + from + length, line + to, end - to);
	memcpy(line + from, kind->text, length);
	return end - (to - from) + length;
}

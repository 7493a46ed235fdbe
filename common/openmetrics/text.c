#include "common/openmetrics/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"

#define ROOM_FIRST  16384
#define NUMBER_TEXT 32

/* Where the two formats differ in how a family is called. */
static const struct {
	const char *type, *prometheus_type;
	const char *suffix; /* of its samples; the older format has it in the family's name too */
} types[] = {
	[OPENMETRICS_COUNTER] = { "counter", "counter", "_total" },
	[OPENMETRICS_GAUGE] = { "gauge", "gauge", "" },
	[OPENMETRICS_INFO] = { "info", "gauge", "_info" },
};

static void fail(struct openmetrics_text *text, int error)
{
	if (!text->error)
		text->error = error;
}

static void append(struct openmetrics_text *text, const char *what, size_t length)
{
	if (text->error)
		return;
	if (length > text->room - text->length) {
		size_t room = text->room ? text->room : ROOM_FIRST;
		char *larger;

		while (room - text->length < length)
			room *= 2;
		larger = realloc(text->text, room);
		if (!larger) {
			fail(text, -ENOMEM);
			return;
		}
		text->text = larger;
		text->room = room;
	}
	memcpy(text->text + text->length, what, length);
	text->length += length;
}

static void put(struct openmetrics_text *text, const char *what)
{
	append(text, what, strlen(what));
}

/* VALUE as text between quotes, or with QUOTES false as text up to the end of a line. */
static void put_escaped(struct openmetrics_text *text, const char *value, bool quotes)
{
	size_t left = strlen(value);

	while (left > 0) {
		size_t length = utf8_length(value, left);

		if (length == 0)
			put(text, "\xef\xbf\xbd");
		else if (*value == '\n')
			put(text, "\\n");
		else if (*value == '\\')
			put(text, "\\\\");
		else if (*value == '"' && quotes)
			put(text, "\\\"");
		else
			append(text, value, length);
		length = length ? length : 1;
		value += length;
		left -= length;
	}
}

/* Names of metrics, or of labels, which have no colons. */
static bool is_name(const char *name, bool metric)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

	if (!*name || (!strchr(letters, *name) && !(metric && *name == ':')))
		return false;
	for (; *name; name++)
		if (!strchr(letters, *name) && !(*name >= '0' && *name <= '9') &&
		    !(metric && *name == ':'))
			return false;
	return true;
}

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), last = strlen(end);

	return length > last && strcmp(name + length - last, end) == 0;
}

static bool is_new(const struct openmetrics_text *text, const char *name)
{
	for (size_t i = 0; i < text->family_count; i++)
		if (strcmp(text->families[i], name) == 0)
			return false;
	return text->family_count < OPENMETRICS_FAMILIES;
}

static bool is_family(const struct openmetrics_text *text, const char *name, const char *unit)
{
	/* What the formats append must not be there already. */
	if (!is_name(name, true) || ends_with(name, "_total") || ends_with(name, "_info"))
		return false;
	if (unit && (!ends_with(name, unit) || name[strlen(name) - strlen(unit) - 1] != '_'))
		return false;
	return is_new(text, name);
}

static void put_about(struct openmetrics_text *text, const char *what)
{
	put(text, "# ");
	put(text, what);
	put(text, " ");
	put(text, text->families[text->family_count - 1]);
	if (text->prometheus)
		put(text, types[text->type].suffix);
	put(text, " ");
}

void openmetrics_family(struct openmetrics_text *text, enum openmetrics_type type, const char *name,
			const char *unit, const char *help)
{
	if (!is_family(text, name, unit)) {
		fail(text, -EINVAL);
		return;
	}
	text->families[text->family_count++] = name;
	text->type = type;
	put_about(text, "TYPE");
	put(text, text->prometheus ? types[type].prometheus_type : types[type].type);
	/* The older format takes this for a comment. */
	if (unit && !text->prometheus) {
		put(text, "\n");
		put_about(text, "UNIT");
		put(text, unit);
	}
	put(text, "\n");
	put_about(text, "HELP");
	/* Help escapes quotes in OpenMetrics alone. */
	put_escaped(text, help, !text->prometheus);
	put(text, "\n");
}

static void put_labels(struct openmetrics_text *text, const struct openmetrics_label *labels)
{
	const char *before = "{";

	if (!labels || !labels->name)
		return;
	for (; labels->name; labels++) {
		if (!is_name(labels->name, false) || !labels->value) {
			fail(text, -EINVAL);
			return;
		}
		put(text, before);
		put(text, labels->name);
		put(text, "=\"");
		put_escaped(text, labels->value, true);
		put(text, "\"");
		before = ",";
	}
	put(text, "}");
}

static void put_sample(struct openmetrics_text *text, const struct openmetrics_label *labels,
		       const char *value)
{
	if (text->family_count == 0) {
		fail(text, -EINVAL);
		return;
	}
	put(text, text->families[text->family_count - 1]);
	put(text, types[text->type].suffix);
	put_labels(text, labels);
	put(text, " ");
	put(text, value);
	put(text, "\n");
}

void openmetrics_uint(struct openmetrics_text *text, const struct openmetrics_label *labels,
		      uint64_t value)
{
	char number[NUMBER_TEXT];

	if (text->type == OPENMETRICS_INFO && value != 1)
		fail(text, -EINVAL);
	snprintf(number, sizeof(number), "%" PRIu64, value);
	put_sample(text, labels, number);
}

/* The fewest digits that read back as VALUE. */
static void shortest(char number[static NUMBER_TEXT], double value)
{
	int digits = 15;

	do
		snprintf(number, NUMBER_TEXT, "%.*g", digits, value);
	while (strtod(number, NULL) != value && digits++ < 17);
}

void openmetrics_double(struct openmetrics_text *text, const struct openmetrics_label *labels,
			double value)
{
	char number[NUMBER_TEXT];

	if (isfinite(value))
		shortest(number, value);
	else
		strcpy(number, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
	if (text->type != OPENMETRICS_GAUGE && (!isfinite(value) || value < 0))
		fail(text, -EINVAL);
	if (text->type == OPENMETRICS_INFO && !(value >= 1 && value <= 1))
		fail(text, -EINVAL);
	put_sample(text, labels, number);
}

int openmetrics_end(struct openmetrics_text *text)
{
	if (!text->prometheus)
		put(text, "# EOF\n");
	return text->error;
}

void openmetrics_free(struct openmetrics_text *text)
{
	free(text->text);
	*text = (struct openmetrics_text){ .prometheus = text->prometheus };
}

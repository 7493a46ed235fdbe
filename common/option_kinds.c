#include "common/option_kinds.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/ndjson.h"
#include "common/options.h"
#include "common/units.h"

struct kind {
	/* One of three: the text alone decides; bounds do as well; the row decides. */
	bool (*plain)(const char *text, void *value);
	int (*number)(const char *text, uint64_t *number);
	bool (*by_row)(const struct option_row *row, const char *text, void *value, char *expected);
	void (*record)(const struct option_row *row, const void *value, struct ndjson *out);
	const char *form;
	size_t size; /* of the member; 0: the row has it */
	int blank;   /* each byte of a member without a value */
};

static int parse_digits(const char *text, uint64_t *number)
{
	if (text[strspn(text, "0123456789")] != '\0')
		return -EINVAL;
	return units_count(text, number);
}

static int parse_rate(const char *text, uint64_t *rate)
{
	if (strcmp(text, "max") == 0) {
		*rate = 0;
		return 0;
	}
	if (units_count(text, rate) != 0 || *rate == 0)
		return -EINVAL;
	return 0;
}

/* --quiet, --quiet=yes, --quiet=no: the long forms are what scenario files can say. */
static bool parse_flag(const char *text, void *value)
{
	bool yes = !text || strcmp(text, "yes") == 0;

	*(bool *)value = yes;
	return yes || strcmp(text, "no") == 0;
}

static bool parse_text(const char *text, void *value)
{
	*(const char **)value = text;
	return *text != '\0';
}

static bool parse_file_number(const char *text, void *value)
{
	uint64_t number;

	if (parse_digits(text, &number) != 0 || number > INT_MAX)
		return false;
	*(int *)value = (int)number;
	return true;
}

static bool parse_share(const char *text, void *value)
{
	return units_share(text, value) == 0;
}

static bool parse_choice(const struct option_row *row, const char *text, void *value,
			 char *expected)
{
	size_t used = (size_t)snprintf(expected, OPTION_EXPECTED, "one of");

	for (size_t i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], text) == 0) {
			*(size_t *)value = i;
			return true;
		}
		if (used < OPTION_EXPECTED)
			used += (size_t)snprintf(expected + used, OPTION_EXPECTED - used, "%s %s",
						 i ? "," : "", row->choices[i]);
	}
	return false;
}

static bool parse_struct(const struct option_row *row, const char *text, void *value,
			 char *expected)
{
	const char *form = "another form";

	/* Nothing of one value is left in the next, unless that adds to it. */
	if (!row->repeats)
		memset(value, 0, row->size);
	*(const char **)value = text;
	if (row->parse(value, &form) == 0)
		return true;
	snprintf(expected, OPTION_EXPECTED, "%s", form);
	return false;
}

static void record_flag(const struct option_row *row, const void *value, struct ndjson *out)
{
	ndjson_bool(out, row->name, *(const bool *)value);
}

/* Also of a struct: its text is its first member. */
static void record_text(const struct option_row *row, const void *value, struct ndjson *out)
{
	const char *text = *(const char *const *)value;

	ndjson_string(out, row->name, row->secret && text ? "(not shown)" : text);
}

static void record_number(const struct option_row *row, const void *value, struct ndjson *out)
{
	ndjson_uint(out, row->name, *(const uint64_t *)value);
}

static void record_file_number(const struct option_row *row, const void *value, struct ndjson *out)
{
	ndjson_int(out, row->name, *(const int *)value);
}

static void record_choice(const struct option_row *row, const void *value, struct ndjson *out)
{
	ndjson_string(out, row->name, row->choices[*(const size_t *)value]);
}

static void record_share(const struct option_row *row, const void *value, struct ndjson *out)
{
	ndjson_double(out, row->name, *(const double *)value);
}

static const struct kind kinds[] = {
	[OPTION_FLAG] = { .plain = parse_flag,
			  .record = record_flag,
			  .form = "yes, no, or nothing",
			  .size = sizeof(bool) },
	[OPTION_TEXT] = { .plain = parse_text,
			  .record = record_text,
			  .form = "some text",
			  .size = sizeof(const char *) },
	[OPTION_NUMBER] = { .number = parse_digits,
			    .record = record_number,
			    .form = "a whole number",
			    .size = sizeof(uint64_t) },
	[OPTION_COUNT] = { .number = units_count,
			   .record = record_number,
			   .form = "e.g. 500, 10k, 1M",
			   .size = sizeof(uint64_t) },
	[OPTION_RATE] = { .number = parse_rate,
			  .record = record_number,
			  .form = "e.g. 500, 10k, 1M, or max",
			  .size = sizeof(uint64_t) },
	[OPTION_SIZE] = { .number = units_size,
			  .record = record_number,
			  .form = "e.g. 512, 64kB, 8MiB",
			  .size = sizeof(uint64_t) },
	[OPTION_DURATION] = { .number = units_duration,
			      .record = record_number,
			      .form = "e.g. 10, 1.5s, 250ms",
			      .size = sizeof(uint64_t) },
	[OPTION_FILE_NUMBER] = { .plain = parse_file_number,
				 .record = record_file_number,
				 .form = "the number of an open file descriptor",
				 .size = sizeof(int),
				 .blank = 0xff }, /* -1 */
	[OPTION_CHOICE] = { .by_row = parse_choice,
			    .record = record_choice,
			    .size = sizeof(size_t) },
	[OPTION_SHARE] = { .plain = parse_share,
			   .record = record_share,
			   .form = "0 to 1, e.g. 0.05, 5%",
			   .size = sizeof(double) },
	[OPTION_PARSED] = { .by_row = parse_struct, .record = record_text },
};

static void describe_bounds(const struct option_row *row, char *expected)
{
	const char *(*show)(char *, uint64_t) =
		row->kind == OPTION_DURATION ? units_duration_text : units_grouped;
	char least[UNITS_TEXT], most[UNITS_TEXT];

	if (row->most)
		snprintf(expected, OPTION_EXPECTED, "%s to %s", show(least, row->least),
			 show(most, row->most));
	else
		snprintf(expected, OPTION_EXPECTED, "at least %s", show(least, row->least));
}

static bool parse_number(const struct option_row *row, const char *text, uint64_t *number,
			 char *expected)
{
	int error = kinds[row->kind].number(text, number);

	if (error) {
		snprintf(expected, OPTION_EXPECTED, "%s",
			 error == -ERANGE ? "a smaller number" : kinds[row->kind].form);
		return false;
	}
	if (*number >= row->least && (!row->most || *number <= row->most))
		return true;
	describe_bounds(row, expected);
	return false;
}

bool option_kind_parse(const struct option_row *row, void *values, const char *text,
		       char expected[static OPTION_EXPECTED])
{
	const struct kind *kind = &kinds[row->kind];
	void *value = (char *)values + row->offset;

	if (kind->by_row)
		return kind->by_row(row, text, value, expected);
	if (kind->number)
		return parse_number(row, text, value, expected);
	if (kind->plain(text, value))
		return true;
	snprintf(expected, OPTION_EXPECTED, "%s", kind->form);
	return false;
}

void option_kind_clear(const struct option_row *row, void *values)
{
	const struct kind *kind = &kinds[row->kind];

	memset((char *)values + row->offset, kind->blank, kind->size ? kind->size : row->size);
}

void option_kind_record(const struct option_row *row, const void *values, struct ndjson *out)
{
	kinds[row->kind].record(row, (const char *)values + row->offset, out);
}

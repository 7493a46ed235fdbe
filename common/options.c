#include "common/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/units.h"
#include "common/version.h"

#define MAX_ROWS      64
#define HELP_KEY      1
#define VERSION_KEY   2
#define FIRST_ROW_KEY 256

static void *member(void *values, const struct option_row *row)
{
	return (char *)values + row->offset;
}

static int parse_number(const char *text, uint64_t *out)
{
	if (text[strspn(text, "0123456789")] != '\0')
		return -EINVAL;
	return units_count(text, out);
}

static int parse_choice(const struct option_row *row, const char *text, size_t *out)
{
	for (size_t i = 0; row->choices[i]; i++)
		if (strcmp(row->choices[i], text) == 0) {
			*out = i;
			return 0;
		}
	return -EINVAL;
}

static int within(const struct option_row *row, uint64_t value)
{
	return value < row->least || (row->most && value > row->most) ? -ERANGE : 0;
}

static int parse_file_number(const char *text, int *out)
{
	uint64_t number;
	int error = parse_number(text, &number);

	if (error || number > INT_MAX)
		return -EINVAL;
	*out = (int)number;
	return 0;
}

static int parse_rate(const char *text, uint64_t *out)
{
	if (strcmp(text, "max") == 0) {
		*out = 0;
		return 0;
	}
	if (units_count(text, out) != 0 || *out == 0)
		return -EINVAL;
	return 0;
}

static int set_number(const struct option_row *row, uint64_t *number, const char *text)
{
	static int (*const parsers[])(const char *, uint64_t *) = {
		[OPTION_NUMBER] = parse_number,     [OPTION_COUNT] = units_count,
		[OPTION_RATE] = parse_rate,         [OPTION_SIZE] = units_size,
		[OPTION_DURATION] = units_duration,
	};
	int error = parsers[row->kind](text, number);

	if (error == -ERANGE)
		return -EOVERFLOW;
	return error ? error : within(row, *number);
}

/* --quiet, --quiet=yes, --quiet=no: the long forms are what scenario files can say. */
static int parse_flag(const char *text, bool *out)
{
	*out = !text || strcmp(text, "yes") == 0;
	return *out || strcmp(text, "no") == 0 ? 0 : -EINVAL;
}

static int set_value(const struct option_row *row, void *values, const char *text)
{
	switch (row->kind) {
	case OPTION_FLAG:
		return parse_flag(text, member(values, row));
	case OPTION_TEXT:
		*(const char **)member(values, row) = text;
		return *text ? 0 : -EINVAL;
	case OPTION_FILE_NUMBER:
		return parse_file_number(text, member(values, row));
	case OPTION_CHOICE:
		return parse_choice(row, text, member(values, row));
	default:
		return set_number(row, member(values, row), text);
	}
}

static void clear_value(const struct option_row *row, void *values)
{
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)member(values, row) = false;
		break;
	case OPTION_TEXT:
		*(const char **)member(values, row) = NULL;
		break;
	case OPTION_FILE_NUMBER:
		*(int *)member(values, row) = -1;
		break;
	case OPTION_CHOICE:
		*(size_t *)member(values, row) = 0;
		break;
	default:
		*(uint64_t *)member(values, row) = 0;
	}
}

/* The form of a value, for "expected ..." in errors. */
static void describe(const struct option_row *row, char *buffer, size_t size)
{
	static const char *const forms[] = {
		[OPTION_FLAG] = "yes, no, or nothing",
		[OPTION_TEXT] = "some text",
		[OPTION_NUMBER] = "a whole number",
		[OPTION_COUNT] = "e.g. 500, 10k, 1M",
		[OPTION_RATE] = "e.g. 500, 10k, 1M, or max",
		[OPTION_SIZE] = "e.g. 512, 64kB, 8MiB",
		[OPTION_DURATION] = "e.g. 10, 1.5s, 250ms",
		[OPTION_FILE_NUMBER] = "the number of an open file descriptor",
	};
	size_t used;

	if (row->kind == OPTION_CHOICE) {
		used = (size_t)snprintf(buffer, size, "one of");
		for (size_t i = 0; row->choices[i] && used < size; i++)
			used += (size_t)snprintf(buffer + used, size - used, "%s %s", i ? "," : "",
						 row->choices[i]);
		return;
	}
	snprintf(buffer, size, "%s", forms[row->kind]);
}

static void describe_bounds(const struct option_row *row, char *buffer, size_t size)
{
	const char *(*show)(char *, uint64_t) =
		row->kind == OPTION_DURATION ? units_duration_text : units_grouped;
	char least[UNITS_TEXT], most[UNITS_TEXT];

	if (row->most)
		snprintf(buffer, size, "%s to %s", show(least, row->least), show(most, row->most));
	else
		snprintf(buffer, size, "at least %s", show(least, row->least));
}

static enum options_result try_help(const struct program *program)
{
	fprintf(stderr, "Try '%s --help'\n", program->name);
	return OPTIONS_BAD;
}

enum options_result options_refuse(const struct program *program, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	message_error("%s", text);
	return try_help(program);
}

static enum options_result refuse_value(const struct program *program, const struct option_row *row,
					const char *text, int error)
{
	char form[256];

	if (error == -ERANGE)
		describe_bounds(row, form, sizeof(form));
	else if (error == -EOVERFLOW)
		snprintf(form, sizeof(form), "a smaller number");
	else
		describe(row, form, sizeof(form));
	return options_refuse(program, "invalid value \"%s\" for --%s (expected %s)", text,
			      row->name, form);
}

#define HELP_COLUMN 28
#define HELP_WIDTH  80

static void print_row(const struct option_row *row)
{
	char left[64], short_name[8] = "    ", fallback[128] = "";
	const char *line = row->help;

	if (row->heading)
		printf("\n%s:\n", row->heading);
	if (row->letter)
		snprintf(short_name, sizeof(short_name), "-%c, ", row->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", short_name, row->name, row->metavar ? " " : "",
		 row->metavar ? row->metavar : "");
	printf("  %-25s ", left);
	if (strlen(left) > HELP_COLUMN - 3)
		printf("\n%*s", HELP_COLUMN, "");
	for (const char *feed; (feed = strchr(line, '\n')); line = feed + 1)
		printf("%.*s\n%*s", (int)(feed - line), line, HELP_COLUMN, "");
	if (row->fallback)
		snprintf(fallback, sizeof(fallback), " (default %s)", row->fallback);
	if (HELP_COLUMN + strlen(line) + strlen(fallback) > HELP_WIDTH)
		printf("%s\n%*s%s\n", line, HELP_COLUMN, "", fallback + 1);
	else
		printf("%s%s\n", line, fallback);
}

static void print_help(const struct program *program)
{
	printf("%s: %s\n\nUsage: %s %s\n", program->name, program->summary, program->name,
	       program->usage);
	for (const struct option_row *row = program->rows; row->name; row++)
		print_row(row);
	printf("\n  -h, --help                show this help\n"
	       "  -V, --version             show the version\n"
	       "\nUnits: counts and rates 500, 10k, 1.5M, 2G (k = 1000); sizes 64kB, 8MiB;\n"
	       "durations 10, 1.5s, 250ms, 10us (a bare number is seconds).\n"
	       "\nExamples:\n%s",
	       program->examples);
}

/* Fills what getopt_long(3) wants. LONG_OPTIONS needs MAX_ROWS + 3 places. */
static void list_for_getopt(const struct program *program, struct option *long_options,
			    char *letters)
{
	const struct option_row *row = program->rows;
	size_t n = 0;

	*letters++ = ':';
	*letters++ = 'h';
	*letters++ = 'V';
	for (; row->name; row++, n++) {
		bool value = row->kind != OPTION_FLAG;

		long_options[n] =
			(struct option){ row->name, value ? required_argument : optional_argument,
					 NULL, FIRST_ROW_KEY + (int)n };
		if (row->letter) {
			*letters++ = row->letter;
			if (value)
				*letters++ = ':';
		}
	}
	*letters = '\0';
	long_options[n++] = (struct option){ "help", 0, NULL, HELP_KEY };
	long_options[n++] = (struct option){ "version", 0, NULL, VERSION_KEY };
	long_options[n] = (struct option){ NULL, 0, NULL, 0 };
}

static const struct option_row *find_row(const struct program *program, int key)
{
	if (key >= FIRST_ROW_KEY)
		return &program->rows[key - FIRST_ROW_KEY];
	for (const struct option_row *row = program->rows; row->name; row++)
		if (row->letter == key)
			return row;
	return NULL;
}

static enum options_result refuse_unknown(const struct program *program, int key, char **argv)
{
	const struct option_row *row = optopt ? find_row(program, optopt) : NULL;

	if (key == ':' && row)
		return options_refuse(program, "option --%s needs a value", row->name);
	if (row || optopt == HELP_KEY || optopt == VERSION_KEY)
		return options_refuse(program, "option \"%s\" takes no value", argv[optind - 1]);
	if (optopt)
		return options_refuse(program, "unknown option -%c", optopt);
	return options_refuse(program, "unknown or ambiguous option \"%s\"", argv[optind - 1]);
}

static bool set_fallbacks(const struct program *program, void *values)
{
	for (const struct option_row *row = program->rows; row->name; row++) {
		clear_value(row, values);
		if (row->fallback && set_value(row, values, row->fallback) != 0) {
			message_error("the default \"%s\" of --%s is not valid", row->fallback,
				      row->name);
			return false;
		}
	}
	return true;
}

enum options_result options_parse(const struct program *program, void *values, int argc,
				  char **argv, int *positional)
{
	struct option long_options[MAX_ROWS + 3];
	char letters[2 * MAX_ROWS + 4];
	int key;

	if (!set_fallbacks(program, values))
		return OPTIONS_BAD;
	list_for_getopt(program, long_options, letters);
	opterr = 0;
	while ((key = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		const struct option_row *row;
		int error;

		if (key == HELP_KEY || key == 'h') {
			print_help(program);
			return OPTIONS_DONE;
		}
		if (key == VERSION_KEY || key == 'V') {
			printf("%s %s\n", program->name, FAIRPORT_VERSION);
			return OPTIONS_DONE;
		}
		row = key == '?' || key == ':' ? NULL : find_row(program, key);
		if (!row)
			return refuse_unknown(program, key, argv);
		/* options_showable() knows the last value only. */
		if (row->secret && *(const char **)member(values, row) != row->fallback)
			return options_refuse(program, "option --%s is given twice", row->name);
		error = set_value(row, values, optarg);
		if (error)
			return refuse_value(program, row, optarg, error);
	}
	*positional = optind;
	return OPTIONS_RUN;
}

bool options_go_on(enum options_result result, int *status)
{
	*status = EXIT_CANNOT_RUN;
	if (result == OPTIONS_DONE)
		*status = message_close_output(EXIT_DONE);
	return result == OPTIONS_RUN;
}

size_t options_showable(const struct program *program, const void *values, const char *word)
{
	size_t length = strlen(word);

	for (const struct option_row *row = program->rows; row->name; row++) {
		const char *value;

		if (!row->secret)
			continue;
		/* Values of this kind are not copied: they point into the word itself. */
		value = *(const char *const *)((const char *)values + row->offset);
		if (value && value >= word && value < word + length)
			return (size_t)(value - word);
	}
	return length;
}

void options_record(const struct program *program, const void *values, struct ndjson *out)
{
	ndjson_open_object(out, "options");
	for (const struct option_row *row = program->rows; row->name; row++) {
		const void *value = (const char *)values + row->offset;

		switch (row->kind) {
		case OPTION_FLAG:
			ndjson_bool(out, row->name, *(const bool *)value);
			break;
		case OPTION_TEXT:
			ndjson_string(out, row->name,
				      row->secret && *(const char *const *)value
					      ? "(not shown)"
					      : *(const char *const *)value);
			break;
		case OPTION_FILE_NUMBER:
			ndjson_int(out, row->name, *(const int *)value);
			break;
		case OPTION_CHOICE:
			ndjson_string(out, row->name, row->choices[*(const size_t *)value]);
			break;
		default:
			ndjson_uint(out, row->name, *(const uint64_t *)value);
		}
	}
	ndjson_close_object(out);
}

#include "common/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/option_kinds.h"
#include "common/version.h"

#define MAX_ROWS      64
#define HELP_KEY      1
#define VERSION_KEY   2
#define FIRST_ROW_KEY 256

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
	if (strlen(left) > HELP_COLUMN - 3)
		printf("  %s\n%*s", left, HELP_COLUMN, "");
	else
		printf("  %-*s ", HELP_COLUMN - 3, left);
	for (const char *feed; (feed = strchr(line, '\n')); line = feed + 1)
		printf("%.*s\n%*s", (int)(feed - line), line, HELP_COLUMN, "");
	if (row->fallback)
		snprintf(fallback, sizeof(fallback), " (default %s)", row->fallback);
	if (row->fallback && HELP_COLUMN + strlen(line) + strlen(fallback) > HELP_WIDTH)
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
	       "durations 10, 1.5s, 250ms, 10us (a bare number is seconds); shares 0.05, 5%%.\n"
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
	char expected[OPTION_EXPECTED];

	for (const struct option_row *row = program->rows; row->name; row++) {
		option_kind_clear(row, values);
		if (row->fallback && !option_kind_parse(row, values, row->fallback, expected)) {
			message_error("the default \"%s\" of --%s is not valid", row->fallback,
				      row->name);
			return false;
		}
	}
	return true;
}

/* Of an OPTION_TEXT, as all secrets are. */
static const char *text_value(const struct option_row *row, const void *values)
{
	return *(const char *const *)((const char *)values + row->offset);
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
		char expected[OPTION_EXPECTED];

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
		if (row->secret && text_value(row, values) != row->fallback)
			return options_refuse(program, "option --%s is given twice", row->name);
		if (!option_kind_parse(row, values, optarg, expected))
			return options_refuse(program,
					      "invalid value \"%s\" for --%s (expected %s)", optarg,
					      row->name, expected);
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
		value = text_value(row, values);
		if (value && value >= word && value < word + length)
			return (size_t)(value - word);
	}
	return length;
}

void options_record(const struct program *program, const void *values, struct ndjson *out)
{
	ndjson_open_object(out, "options");
	for (const struct option_row *row = program->rows; row->name; row++)
		option_kind_record(row, values, out);
	ndjson_close_object(out);
}

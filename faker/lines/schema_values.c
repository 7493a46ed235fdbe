/* Fields of schemas: types, generators and their arguments. */
#include "faker/lines/schema.h"
#include "faker/lines/schema_internal.h"

#include <stdio.h>
#include <string.h>

/* What may be sent is asked of the one who reads numbers of line protocol. */
#include "common/lp_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct type {
	const char *name, *example;
	const char *suffix; /* of numbers in line protocol */
	bool number;
} types[] = {
	[LP_FLOAT] = { "float", "1.5", "", true },
	[LP_INTEGER] = { "integer", "-42", "i", true },
	[LP_UNSIGNED] = { "unsigned", "42", "u", true },
	[LP_STRING] = { "string", "text", "", false },
	[LP_BOOLEAN] = { "boolean", "true or false", "", false },
};

/* Of a float, where the schema does not say. */
#define FLOAT_DECIMALS 2

static const struct form {
	const char *name, *arguments;
	const char *numbers[3]; /* their names */
	size_t count;
} forms[] = {
	[GENERATOR_UNIFORM] = { "uniform", "LOW HIGH [decimals D]", { "LOW", "HIGH" }, 2 },
	[GENERATOR_WALK] = { "walk", "LOW HIGH STEP [decimals D]", { "LOW", "HIGH", "STEP" }, 3 },
	[GENERATOR_COUNTER] = { "counter", "STEP [decimals D]", { "STEP" }, 1 },
	[GENERATOR_CHOICE] = { "choice", "VALUE...", { NULL }, 0 },
};

/* Where the words of "field KEY TYPE GENERATOR ARGUMENT..." stand. */
enum { TYPE = 2, GENERATOR, ARGUMENTS };

static bool parse_type(struct schema_parser *parser, struct schema_field *field)
{
	const char *word = parser->words.at[TYPE];

	for (size_t i = 0; i < COUNT(types); i++) {
		if (strcmp(word, types[i].name) == 0) {
			field->type = (enum lp_type)i;
			return true;
		}
	}
	return schema_fail(parser,
			   "unknown type \"%.60s\" (expected float, integer, unsigned, string or "
			   "boolean)",
			   word);
}

static bool parse_generator(struct schema_parser *parser, struct schema_field *field)
{
	const char *word = parser->words.at[GENERATOR];

	for (size_t i = 0; i < COUNT(forms); i++) {
		if (strcmp(word, forms[i].name) == 0) {
			field->generator = (enum generator)i;
			return true;
		}
	}
	return schema_fail(parser,
			   "unknown generator \"%.60s\" (expected uniform, walk, counter or "
			   "choice)",
			   word);
}

static bool fits_type(enum lp_type type, const char *text)
{
	char number[64];
	struct lp_field field;
	const char *reason;
	int length;

	if (type == LP_STRING)
		return true;
	if (type == LP_BOOLEAN)
		return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
	length = snprintf(number, sizeof(number), "%s%s", text, types[type].suffix);
	if (length >= (int)sizeof(number))
		return false;
	return lp_read_number(number, number + length, &field, &reason) == number + length &&
	       field.type == type;
}

static bool parse_choices(struct schema_parser *parser, struct schema_field *field)
{
	const struct schema_words *words = &parser->words;

	for (size_t i = ARGUMENTS; i < words->count; i++)
		if (!fits_type(field->type, words->at[i]))
			return schema_fail(parser,
					   "invalid VALUE \"%.60s\" of a field of type %s "
					   "(expected e.g. %s)",
					   words->at[i], types[field->type].name,
					   types[field->type].example);
	field->choices = schema_copy_words(parser, ARGUMENTS);
	field->choice_count = words->count - ARGUMENTS;
	return field->choices != NULL;
}

static unsigned int decimals_of(const char *text)
{
	const char *point = strchr(text, '.');

	return point ? (unsigned int)strlen(point + 1) : 0;
}

/* Those given behind NUMBERS words, or as many as the longest of these has. */
static bool parse_decimals(struct schema_parser *parser, struct schema_field *field, size_t numbers)
{
	const struct schema_words *words = &parser->words;

	if (words->count > ARGUMENTS + numbers) {
		const char *word = words->at[ARGUMENTS + numbers + 1];

		if (field->type != LP_FLOAT)
			return schema_fail(parser,
					   "decimals of a field of type %s (expected float)",
					   types[field->type].name);
		if (word[0] < '0' || word[0] > '0' + SCHEMA_MAX_DECIMALS || word[1] != '\0')
			return schema_fail(parser,
					   "invalid number of decimals \"%.60s\" (expected 0 to "
					   "%d)",
					   word, SCHEMA_MAX_DECIMALS);
		field->decimals = (unsigned int)(word[0] - '0');
		return true;
	}
	for (size_t i = 0; i < numbers && field->type == LP_FLOAT; i++) {
		unsigned int decimals = decimals_of(words->at[ARGUMENTS + i]);

		if (decimals > SCHEMA_MAX_DECIMALS)
			decimals = SCHEMA_MAX_DECIMALS;
		if (decimals > field->decimals)
			field->decimals = decimals;
	}
	/* "uniform 0 1" of a float is not meant to be 0 or 1. */
	if (field->type == LP_FLOAT && field->decimals < FLOAT_DECIMALS)
		field->decimals = FLOAT_DECIMALS;
	return true;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

bool schema_parse_units(const char *text, unsigned int decimals, uint64_t most, int64_t *units)
{
	bool negative = text[0] == '-', in_fraction = false;
	unsigned int left = decimals;
	uint64_t sum = 0;

	text += negative;
	do {
		if (text[0] == '.' && !in_fraction) {
			in_fraction = true;
			text++;
		}
		if (!is_digit(*text) || (in_fraction && left == 0))
			return false;
		sum = sum * 10 + (uint64_t)(*text++ - '0');
		left -= in_fraction;
		if (sum > most)
			return false;
	} while (*text);
	for (; left > 0; left--) {
		sum *= 10;
		if (sum > most)
			return false;
	}
	*units = negative ? -(int64_t)sum : (int64_t)sum;
	return true;
}

static bool parse_number(struct schema_parser *parser, const struct schema_field *field,
			 const char *name, const char *word, int64_t *units)
{
	uint64_t most = field->type == LP_FLOAT ? SCHEMA_FLOAT_MOST : SCHEMA_WHOLE_MOST;

	if (schema_parse_units(word, field->decimals, most, units) &&
	    (field->type != LP_UNSIGNED || word[0] != '-'))
		return true;
	if (field->type == LP_FLOAT)
		return schema_fail(parser,
				   "invalid %s \"%.60s\" of a float (expected a number of up to 15 "
				   "digits, %u of them decimals)",
				   name, word, field->decimals);
	return schema_fail(parser,
			   "invalid %s \"%.60s\" of a field of type %s (expected a whole number of "
			   "up to 18 digits%s)",
			   name, word, types[field->type].name,
			   field->type == LP_UNSIGNED ? ", no sign" : "");
}

static bool parse_numbers(struct schema_parser *parser, struct schema_field *field,
			  const struct form *form)
{
	int64_t numbers[3] = { 0 };

	for (size_t i = 0; i < form->count; i++)
		if (!parse_number(parser, field, form->numbers[i], parser->words.at[ARGUMENTS + i],
				  &numbers[i]))
			return false;
	if (field->generator != GENERATOR_COUNTER) {
		field->low = numbers[0];
		field->high = numbers[1];
		if (field->low > field->high)
			return schema_fail(parser, "LOW is above HIGH (expected %s %s)", form->name,
					   form->arguments);
	}
	if (field->generator == GENERATOR_UNIFORM)
		return true;
	field->step = numbers[form->count - 1];
	if (field->step < 1)
		return schema_fail(parser, "STEP is not above 0 (expected %s %s)", form->name,
				   form->arguments);
	return true;
}

/* Whether there are as many arguments as FORM has. */
static bool arguments_fit(const struct schema_words *words, const struct form *form)
{
	size_t count = words->count - ARGUMENTS;

	if (form->count == 0)
		return count > 0;
	return count == form->count ||
	       (count == form->count + 2 &&
		strcmp(words->at[ARGUMENTS + form->count], "decimals") == 0);
}

bool schema_parse_values(struct schema_parser *parser, struct schema_field *field)
{
	const struct form *form;

	if (parser->words.count < ARGUMENTS)
		return schema_fail(parser, "too few words (expected field KEY TYPE GENERATOR "
					   "ARGUMENT...)");
	if (!parse_type(parser, field) || !parse_generator(parser, field))
		return false;
	form = &forms[field->generator];
	if (field->generator != GENERATOR_CHOICE && !types[field->type].number)
		return schema_fail(parser, "%s of a field of type %s (expected choice VALUE...)",
				   form->name, types[field->type].name);
	if (!arguments_fit(&parser->words, form))
		return schema_fail(parser, "wrong number of arguments (expected %s %s)", form->name,
				   form->arguments);
	if (field->generator == GENERATOR_CHOICE)
		return parse_choices(parser, field);
	return parse_decimals(parser, field, form->count) && parse_numbers(parser, field, form);
}

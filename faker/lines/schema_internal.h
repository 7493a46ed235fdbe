/* What the files of the parser of schemas share; not for the rest of the project. */
#ifndef FAIRPORT_FAKER_LINES_SCHEMA_INTERNAL_H
#define FAIRPORT_FAKER_LINES_SCHEMA_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct schema;
struct schema_error;
struct schema_field;

/* The words of one line, terminated. */
struct schema_words {
	char **at;
	size_t count;
	char *text; /* where they stand */
};

/* Room for the words of any line of up to LENGTH bytes. False when out of memory. */
bool schema_words_open(struct schema_words *words, size_t length);
void schema_words_close(struct schema_words *words);

struct schema_parser {
	struct schema *schema;
	struct schema_error *error;
	struct schema_words words;     /* of the line */
	unsigned int line;             /* 1-based */
	unsigned int measurement_line; /* of the last measurement */
};

/* Notes what is wrong on the line. Returns false. */
__attribute__((format(printf, 2, 3))) bool schema_fail(struct schema_parser *parser,
						       const char *format, ...);

/* Splits the line of LENGTH bytes at LINE, without its line feed, into words. */
bool schema_words_split(struct schema_parser *parser, const char *line, size_t length);

void schema_free_words(char **words);

/* A copy of the words from number FIRST on, NULL-ended; NULL after schema_fail(). */
char **schema_copy_words(struct schema_parser *parser, size_t first);

/* Reads type, generator and arguments of "field KEY TYPE GENERATOR ARGUMENT...". */
bool schema_parse_values(struct schema_parser *parser, struct schema_field *field);

/* Reads [-]digits[.digits] in units of 10^-DECIMALS; false beyond +-MOST or if that is not whole.
 */
bool schema_parse_units(const char *text, unsigned int decimals, uint64_t most, int64_t *units);

#endif

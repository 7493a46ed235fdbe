/*
 * What the decoder and the encoder of line protocol share; not for the rest of the project.
 */
#ifndef FAIRPORT_LP_INTERNAL_H
#define FAIRPORT_LP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp.h"

/* Classes of bytes; a byte may belong to several. */
enum {
	LP_SPACE = 1 << 0,
	LP_COMMA = 1 << 1,
	LP_EQUALS = 1 << 2,
	LP_BACKSLASH = 1 << 3,
	LP_QUOTE = 1 << 4,
	LP_CONTROL = 1 << 5, /* 0x00-0x1f and 0x7f: never part of a name */
	LP_HIGH = 1 << 7,    /* part of a UTF-8 sequence */

	/* What ends a name unless a backslash stands before it. */
	LP_MEASUREMENT_SPECIAL = LP_SPACE | LP_COMMA,
	LP_KEY_SPECIAL = LP_SPACE | LP_COMMA | LP_EQUALS,
};

extern const uint8_t lp_classes[256];

static inline uint8_t lp_class(char byte)
{
	return lp_classes[(unsigned char)byte];
}

/* A line on its way into a point. */
struct lp_decoder {
	const char *end;
	struct lp_point *point;
	uint32_t feeds; /* line feeds inside of strings */
	bool in_fields; /* the space behind the tags was reached */
	bool open;      /* a string went on to END */

	/* After a failure: */
	enum lp_reject class;
	const char *reason;
	const char *failed; /* where the text stops making sense */
	const char *resume; /* where to start to look for the end of the line */
};

static inline const char *lp_skip_spaces(const char *at, const char *end)
{
	while (at < end && *at == ' ')
		at++;
	return at;
}

/* The last line may lack its line feed, and nothing but that: "\r" is a line end there. */
static inline bool lp_is_line_end(const char *at, const char *end)
{
	if (at < end && *at == '\r')
		at++;
	return at == end || *at == '\n';
}

static inline bool lp_may_follow_value(const char *at, const char *end)
{
	return (at < end && (*at == ',' || *at == ' ')) || lp_is_line_end(at, end);
}

/* The whole line at AT: returns its end, or NULL with the fields for a failure set. */
const char *lp_read_point(struct lp_decoder *d, const char *at);

/*
 * The closing quote of the string whose first byte is AT, with what is between in *TEXT and its
 * classes added to *SEEN; NULL when there is none.
 */
const char *lp_find_quote(struct lp_decoder *d, const char *at, struct lp_text *text,
			  uint8_t *seen);

/* Notes that the line goes beyond a limit of ours at AT; returns NULL. */
const char *lp_fail_limit(struct lp_decoder *d, const char *at, const char *reason);

__extension__ typedef unsigned __int128 lp_wide;

/* 10^0 to 10^19, all that fit; as doubles they are exact as well. */
#define LP_POWERS 20
extern const uint64_t lp_powers[LP_POWERS];
extern const double lp_float_powers[LP_POWERS];

/*
 * The double nearest to DIGITS * 10^EXPONENT, ties to even, without the help of the C library.
 * False when that needs more than 128 bits, which is so outside of |EXPONENT| < LP_POWERS.
 */
bool lp_scale(uint64_t digits, int64_t exponent, double *value);

/*
 * The same of any DIGITS (with at most one point) and any EXPONENT, for the library to round. It
 * gets whole digits and an exponent; without a point the locale has no say.
 */
double lp_scale_text(const char *digits, const char *end, int64_t exponent);

/*
 * Reads the number at AT into FIELD (its type and value) and returns the byte behind it. On
 * failure returns NULL with *REASON set.
 */
const char *lp_read_number(const char *at, const char *end, struct lp_field *field,
			   const char **reason);

/* Reads [-]digits; as lp_read_number(). */
const char *lp_read_time(const char *at, const char *end, int64_t *time, const char **reason);

/* Bytes that the longest number needs: "-1.7976931348623157e+308" and a type letter. */
#define LP_NUMBER_TEXT 32

/* Write a number, unterminated; return the byte behind it. */
char *lp_write_unsigned(char to[static LP_NUMBER_TEXT], uint64_t value);
char *lp_write_integer(char to[static LP_NUMBER_TEXT], int64_t value);

/* The fewest digits that read back as VALUE, which must be finite. */
char *lp_write_float(char to[static LP_NUMBER_TEXT], double value);

#endif

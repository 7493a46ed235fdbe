/*
 * InfluxDB line protocol: one point a line,
 *
 *   measurement[,tag=value...] field=value[,field=value...] [timestamp]
 *
 * lp_decode.c takes lines apart without copying; lp_encode.c writes them. Reference: the
 * "line protocol" pages of the InfluxDB documentation, and the official conformance corpus.
 */
#ifndef FAIRPORT_LP_H
#define FAIRPORT_LP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_MAX_TAGS   256
#define LP_MAX_FIELDS 1024

enum lp_type { LP_FLOAT, LP_INTEGER, LP_UNSIGNED, LP_STRING, LP_BOOLEAN };

/*
 * A piece of the input, not terminated and valid UTF-8. When ESCAPED is set it still holds the
 * backslashes of the line; the lp_unescape_*() for its kind writes the text that is meant.
 */
struct lp_text {
	const char *at;
	uint32_t length;
	bool escaped;
};

struct lp_tag {
	struct lp_text key, value;
};

struct lp_field {
	struct lp_text key;
	enum lp_type type;
	union {
		double number;         /* LP_FLOAT: finite */
		int64_t integer;       /* LP_INTEGER */
		uint64_t natural;      /* LP_UNSIGNED */
		struct lp_text string; /* LP_STRING: without its quotes */
		bool boolean;          /* LP_BOOLEAN */
	} value;
};

struct lp_point {
	struct lp_text measurement;
	uint32_t tag_count, field_count;
	bool has_time;
	int64_t time; /* as written, in the sender's precision; valid when has_time */
	struct lp_tag tags[LP_MAX_TAGS];       /* in the order of the line */
	struct lp_field fields[LP_MAX_FIELDS]; /* in the order of the line, repeats included */
};

/* Why a line was rejected, by the classes of the ledger. */
enum lp_reject { LP_REJECT_SYNTAX, LP_REJECT_LIMIT };

struct lp_error {
	enum lp_reject class;
	uint32_t column;    /* 1-based byte in the line where the text stops making sense, or one
			       behind its end */
	const char *reason; /* a constant phrase: "expected a field value" */
	bool open; /* a quote had no closing one: a longer buffer could make another line of it */
};

enum lp_result {
	LP_END,      /* no further line */
	LP_POINT,    /* *POINT is filled */
	LP_REJECTED, /* *ERROR is filled; the cursor stands behind the bad line */
};

/* Walks over the lines of one buffer (a datagram). Initialise with lp_cursor_init(). */
struct lp_cursor {
	const char *at, *end;
	const char *line;     /* start of the line that lp_next() returned last */
	uint32_t line_length; /* its length without the line end */
	uint32_t line_number; /* 1-based; line feeds in strings, blanks and comments count */
	uint32_t next_number; /* the number of the line at AT */
};

void lp_cursor_init(struct lp_cursor *cursor, const char *buffer, size_t length);

/*
 * Decodes the next line that is neither blank nor a comment. Allocates nothing; POINT refers into
 * the buffer, which is not modified.
 *
 * A bad line is rejected as a whole and the walk goes on behind its end, which is the first line
 * feed behind the error that is not inside of a quoted field value. A quote that is never closed,
 * or whose string is not followed by a comma, a space or a line end, does not count as one: then
 * the line ends at the first line feed behind that quote, and what follows is decoded afresh.
 * Thus a forgotten quote costs its own line, unless the next line has a quote just before one of
 * these.
 */
enum lp_result lp_next(struct lp_cursor *cursor, struct lp_point *point, struct lp_error *error);

/*
 * Write the text that an escaped measurement, key (also a tag value) or quoted field value means.
 * TO needs room for text.length bytes; returns the bytes written. A backslash counts before space
 * and comma, in keys before "=" too, in strings before backslash, quote, n, r and t; elsewhere it
 * means itself. As every name has but one spelling, names can be compared without unescaping.
 */
size_t lp_unescape_measurement(char *to, struct lp_text text);
size_t lp_unescape_key(char *to, struct lp_text text);
size_t lp_unescape_string(char *to, struct lp_text text);

/*
 * A line under construction in a caller's buffer. Functions after one that did not fit, or that
 * was given what the protocol cannot hold, do nothing, so only lp_encode_end() need be checked.
 * The order is lp_encode_begin, any tags, one field or more, lp_encode_end. That tag keys differ
 * is left to the caller.
 */
struct lp_encoder {
	char *at, *end, *start;
	int error; /* 0, -ENOSPC or -EINVAL */
	bool has_field;
};

/* LENGTH bytes at BUFFER are free; the line is written there without a terminator. */
void lp_encode_begin(struct lp_encoder *line, char *buffer, size_t length, const char *measurement,
		     size_t measurement_length);
void lp_encode_tag(struct lp_encoder *line, const char *key, size_t key_length, const char *value,
		   size_t value_length);
void lp_encode_float(struct lp_encoder *line, const char *key, size_t key_length, double value);
void lp_encode_integer(struct lp_encoder *line, const char *key, size_t key_length, int64_t value);
void lp_encode_unsigned(struct lp_encoder *line, const char *key, size_t key_length,
			uint64_t value);
void lp_encode_string(struct lp_encoder *line, const char *key, size_t key_length,
		      const char *value, size_t value_length);
void lp_encode_boolean(struct lp_encoder *line, const char *key, size_t key_length, bool value);

/*
 * Ends the line with TIME (none if NULL; already in the wanted precision) and a line feed.
 * Returns the line's length in bytes, -ENOSPC when the buffer was too small, or -EINVAL when a
 * name was empty or cannot be written (a control character, a trailing backslash, a measurement
 * with "#" first), a text is not UTF-8, a float is not finite, a tag came behind a field, or there
 * is no field. What lp_next() accepts can be written, and reads back the same.
 */
int64_t lp_encode_end(struct lp_encoder *line, const int64_t *time);

#endif

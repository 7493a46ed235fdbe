/* Numbers, bars and sparklines in few columns. */
#ifndef FAIRPORT_TOP_SPARK_H
#define FAIRPORT_TOP_SPARK_H

#include <stdbool.h>
#include <stddef.h>

#define SHORT_TEXT  8
#define SHORT_WIDTH 5

/* At most five characters: "0.5", "17", "17.9k", "1.79M"; "-" for NAN. Returns BUFFER. */
const char *short_number(char buffer[static SHORT_TEXT], double value);

/* The same with the unit of bytes: "0B", "212kB". */
const char *short_bytes(char buffer[static SHORT_TEXT], double value);

/* Bytes of a text of COLUMNS characters, the terminator included. */
#define DRAWN_BYTES(columns) (3 * (columns) + 1)

/*
 * WIDTH columns, of which SHARE (from 0 to 1) are filled, in eighths of a column with UTF8; what
 * is more than nothing leaves a trace. Returns BUFFER, of DRAWN_BYTES(WIDTH).
 */
char *bar_text(char *buffer, size_t width, double share, bool utf8);

/*
 * One column for each of COUNT VALUES, from low to high against MOST; 0 is the lowest, and what is
 * more is above it. NAN is blank. Returns BUFFER, of DRAWN_BYTES(COUNT).
 */
char *spark_text(char *buffer, const double *values, size_t count, double most, bool utf8);

/* Columns that TEXT takes: its characters. */
size_t text_width(const char *text);

/* Cuts TEXT off behind WIDTH columns. */
void text_clip(char *text, size_t width);

#endif

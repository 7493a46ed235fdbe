/* Text of other programs and of files, of which a terminal or a document might obey a part. */
#ifndef FAIRPORT_ANALYSIS_PRINTABLE_H
#define FAIRPORT_ANALYSIS_PRINTABLE_H

#include <stddef.h>

/*
 * Bytes of the character that TEXT, which is not empty, begins with; 0 where that is not UTF-8, or
 * cannot be printed, or turns the direction of what follows.
 */
size_t printable_character(const char *text);

/* Where the next one begins, whether that was one or not. */
const char *printable_next(const char *text);

/* As much of TEXT as there is room for, in whole characters, with '?' for what is none. */
const char *printable_text(char *buffer, size_t size, const char *text);

#endif

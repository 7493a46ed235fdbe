/* Text of other programs and of files, in documents where some characters have a meaning. */
#ifndef FAIRPORT_ANALYSIS_REPORT_ESCAPE_H
#define FAIRPORT_ANALYSIS_REPORT_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/*
 * Bytes of the character that TEXT, which is not empty, begins with; 0 where that is not UTF-8, or
 * cannot be printed, or turns the direction of what follows.
 */
size_t escape_character(const char *text);

/* Where the next one begins, whether that was one or not. */
const char *escape_next(const char *text);

/* For HTML and XML, within elements and quoted attributes. */
void escape_html(FILE *out, const char *text);

/*
 * For Markdown, within a line and a cell of a table: nothing becomes markup, a link, or the name of
 * a person or an issue.
 */
void escape_markdown(FILE *out, const char *text);

#endif

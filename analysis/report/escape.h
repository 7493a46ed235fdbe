/* Text of other programs and of files, in documents where some characters have a meaning. */
#ifndef FAIRPORT_ANALYSIS_REPORT_ESCAPE_H
#define FAIRPORT_ANALYSIS_REPORT_ESCAPE_H

#include <stdarg.h>
#include <stdio.h>

/* For HTML and XML, within elements and quoted attributes. */
void escape_html(FILE *out, const char *text);

/*
 * For Markdown, within a line and a cell of a table: nothing becomes markup, a link, or the name of
 * a person or an issue.
 */
void escape_markdown(FILE *out, const char *text);

/* What FORMAT makes of ARGUMENTS, by one of these. */
void escape_formatted(FILE *out, void (*escape)(FILE *out, const char *text), const char *format,
		      va_list arguments) __attribute__((format(printf, 3, 0)));

#endif

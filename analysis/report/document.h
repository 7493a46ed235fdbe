/* The files that are made for people, besides the pictures: a page, and Markdown. */
#ifndef FAIRPORT_ANALYSIS_REPORT_DOCUMENT_H
#define FAIRPORT_ANALYSIS_REPORT_DOCUMENT_H

#include <stdbool.h>
#include <stdio.h>

struct document {
	const char *name;  /* in its directory: "report.html" */
	const char *where; /* as given: NULL, a path, "-" or "none" */
	void (*write)(FILE *out, const void *content);
};

/*
 * Whether it is written at all, and to standard output. DIRECTORY is where it goes when nobody
 * says; NULL: then it does not.
 */
bool document_is_wanted(const struct document *document, const char *directory);
bool document_is_output(const struct document *document);

/* Writes it whole or not at all. False after an error message. */
bool document_write(const struct document *document, const char *directory, const void *content);

#endif

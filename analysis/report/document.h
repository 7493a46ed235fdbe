/* The files that are made of a run, besides the pictures. */
#ifndef FAIRPORT_ANALYSIS_REPORT_DOCUMENT_H
#define FAIRPORT_ANALYSIS_REPORT_DOCUMENT_H

#include <stdbool.h>
#include <stdio.h>

struct report;

struct document {
	const char *name;  /* in the run's directory: "report.html" */
	const char *where; /* as given: NULL, a path, "-" or "none" */
	void (*write)(FILE *out, const struct report *report);
};

/* Whether it is written at all, and to standard output. */
bool document_is_wanted(const struct document *document);
bool document_is_output(const struct document *document);

/* Writes it whole or not at all. False after an error message. */
bool document_write(const struct document *document, const struct report *report);

/* HTML and Markdown, complete. */
void document_html(FILE *out, const struct report *report);
void document_markdown(FILE *out, const struct report *report);

#endif

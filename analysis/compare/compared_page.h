/* A comparison as documents: comparison.html, which needs no other file, and comparison.md. */
#ifndef FAIRPORT_ANALYSIS_COMPARE_COMPARED_PAGE_H
#define FAIRPORT_ANALYSIS_COMPARE_COMPARED_PAGE_H

#include <stdio.h>

#include <jansson.h>

struct compared;

struct compared_page {
	const struct compared *compared;
	json_t *json;         /* as compared_json() has it: numbers in the page are its */
	const char *pictures; /* directory with comparison-wide.svg and -narrow.svg; NULL: none */
};

/* CONTENT is a struct compared_page. */
void compared_html(FILE *out, const void *content);
void compared_markdown(FILE *out, const void *content);

#endif

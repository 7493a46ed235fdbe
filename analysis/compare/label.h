/* What runs of a comparison are grouped by when nobody says: the names of their directories. */
#ifndef FAIRPORT_ANALYSIS_COMPARE_LABEL_H
#define FAIRPORT_ANALYSIS_COMPARE_LABEL_H

#include <stddef.h>

/*
 * The name of a directory without what numbers repeats: "20260131T235959Z-4711-" before it and "-3"
 * behind it. If nothing is left, the name of the directory it is in. BUFFER of SIZE is filled and
 * returned.
 */
const char *label_of(char *buffer, size_t size, const char *directory);

/* The last name of a path, slashes behind it left out; "." for that, and for "/". */
const char *label_base(char *buffer, size_t size, const char *path);

/* The last name of the directory that holds PATH, as it is written; "." where none is. */
const char *label_parent(char *buffer, size_t size, const char *path);

#endif

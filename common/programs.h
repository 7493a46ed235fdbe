/* Programs of others that we run, and where they are. */
#ifndef FAIRPORT_PROGRAMS_H
#define FAIRPORT_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>

/* Finds program NAME in PATH. */
bool programs_find(char *path, size_t size, const char *name);

/*
 * The same for a program of PostgreSQL's server ("initdb"): in PATH, or where distributions keep
 * the versions apart, the newest of these.
 */
bool programs_find_postgres(char *path, size_t size, const char *name);

#endif

/* Keeping runs in PostgreSQL: schema fairport, as schema.sql has it. */
#ifndef FAIRPORT_ANALYSIS_HISTORY_STORE_H
#define FAIRPORT_ANALYSIS_HISTORY_STORE_H

#include <stdbool.h>

#include <jansson.h>

struct run_facts;

/*
 * Stores a run and every number of its SUMMARY, in one transaction; makes the schema where it is
 * missing. A run that is there already is replaced; if nothing differs, nothing is written. False
 * after an error message, and then nothing has changed.
 */
bool store_run(const char *conninfo, const struct run_facts *facts, const json_t *summary);

#endif

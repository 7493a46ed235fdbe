/* A key of a comparison as the cells of a table, the same in all documents. */
#ifndef FAIRPORT_ANALYSIS_COMPARE_COMPARED_ROW_H
#define FAIRPORT_ANALYSIS_COMPARE_COMPARED_ROW_H

#include <stdbool.h>

#include "common/text_table.h"

struct compared_key;

/* Empty where there is nothing to tell. */
struct compared_row {
	char a[TEXT_CELL], b[TEXT_CELL]; /* medians */
	char change[TEXT_CELL];          /* "x1.12"; where a value is 0 or below, "+3 ms" */
	char interval[TEXT_CELL];        /* "1.10 .. 1.14" */
	char p[TEXT_CELL];
	char word[TEXT_CELL]; /* "faster", "not shown", "same", "only A" */
};

/* False: no run of either group knows the key, and it is no row. */
bool compared_row(struct compared_row *out, const struct compared_key *result);

#endif

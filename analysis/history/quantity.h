/* A measured number as people read it, in a cell of a table. */
#ifndef FAIRPORT_ANALYSIS_HISTORY_QUANTITY_H
#define FAIRPORT_ANALYSIS_HISTORY_QUANTITY_H

#include "common/text_table.h"

/* UNIT as numbers_unit() gives it. NAN is "?". Returns CELL. */
const char *quantity_text(char cell[static TEXT_CELL], double value, const char *unit);

#endif

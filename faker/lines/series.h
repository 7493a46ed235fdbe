/*
 * How many series each measurement of a schema gets.
 */
#ifndef FAIRPORT_FAKER_LINES_SERIES_H
#define FAIRPORT_FAKER_LINES_SERIES_H

#include <stdint.h>

struct schema;

/*
 * Splits SERIES (0: all that the schema has) over the measurements of SCHEMA, into COUNTS: one
 * each, and the rest in proportion to what they have. With fewer series than measurements the
 * first get one each. With more than the schema has, the measurements with a tag that grows get
 * what the others have not. Returns the sum, which is SERIES but where the schema has not so many
 * and does not grow.
 */
uint64_t series_split(const struct schema *schema, uint64_t series, uint64_t *counts);

#endif

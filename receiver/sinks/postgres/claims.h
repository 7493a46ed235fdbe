/*
 * A line on its way into a row: each of its values claims a cell in the column of its key. Columns
 * that lines have not named yet are learnt on the way, and types are widened; what the line has
 * changed is taken back where it is rejected.
 */
#ifndef FAIRPORT_RECEIVER_POSTGRES_CLAIMS_H
#define FAIRPORT_RECEIVER_POSTGRES_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp.h"
#include "receiver/sinks/postgres/table.h"

/* What a cell holds: a tag's or a field's value, or nothing. */
struct pg_value {
	const struct lp_tag *tag;
	const struct lp_field *field;
};

/* What a column was before the line changed it. */
struct pg_change {
	uint16_t column;
	uint8_t wanted;
	bool off;
};

/* Large: only as much is touched as the table has columns. */
struct pg_claims {
	struct pg_table *table;
	uint64_t now;
	const char *reason; /* of the failure: a constant phrase */
	uint32_t hint;      /* where the next column may be */
	uint32_t old_columns, change_count;
	struct pg_change changes[LP_MAX_TAGS + LP_MAX_FIELDS]; /* of old columns */
	struct pg_value cells[PG_COLUMNS_MAX];                 /* by the number of the column */
};

/* The type of a field's value, by its enum lp_type. */
extern const uint8_t pg_type_of_field[];

/* Makes the claims of POINT. The table has changed only where the result is PG_ROW_ADDED. */
enum pg_row_result pg_claims_make(struct pg_claims *claims, struct pg_table *table,
				  const struct lp_point *point, uint64_t now);

#endif

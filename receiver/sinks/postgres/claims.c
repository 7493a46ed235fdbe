#include "receiver/sinks/postgres/claims.h"

#include <string.h>

#include "receiver/sinks/postgres/columns.h"

const uint8_t pg_type_of_field[] = {
	[LP_FLOAT] = PG_FLOAT8, [LP_INTEGER] = PG_INT8,    [LP_UNSIGNED] = PG_NUMERIC,
	[LP_STRING] = PG_TEXT,  [LP_BOOLEAN] = PG_BOOLEAN,
};

static enum pg_row_result fail(struct pg_claims *claims, enum pg_row_result result,
			       const char *reason)
{
	claims->reason = reason;
	return result;
}

static enum pg_row_result refuse(struct pg_claims *claims)
{
	return fail(claims, PG_ROW_REFUSED, "what it needs could not be made in the database");
}

static const struct lp_text *key_of(struct pg_value value)
{
	return value.tag ? &value.tag->key : &value.field->key;
}

static enum pg_type type_of(struct pg_value value)
{
	return value.tag ? PG_TEXT : pg_type_of_field[value.field->type];
}

/* Names have but one spelling (see lp.h), so bytes tell. */
static bool same_key(struct pg_value one, struct pg_value other)
{
	const struct lp_text *key = key_of(one), *other_key = key_of(other);

	return key->length == other_key->length && memcmp(key->at, other_key->at, key->length) == 0;
}

static bool is_free(struct pg_value cell)
{
	return !cell.tag && !cell.field;
}

/* Of a field that is repeated, the last value counts. */
static bool may_take(struct pg_value cell, struct pg_value value)
{
	return is_free(cell) || (cell.field && value.field && same_key(cell, value));
}

/* To be called before an old column is changed, once for each value at most. */
static void remember(struct pg_claims *claims, uint32_t at)
{
	const struct pg_column *column = &claims->table->columns[at];

	if (at < claims->old_columns)
		claims->changes[claims->change_count++] =
			(struct pg_change){ (uint16_t)at, column->wanted, column->off };
}

static void undo(struct pg_claims *claims)
{
	struct pg_table *table = claims->table;

	pg_columns_cut(table, claims->old_columns);
	while (claims->change_count > 0) {
		const struct pg_change *change = &claims->changes[--claims->change_count];

		table->columns[change->column].wanted = change->wanted;
		table->columns[change->column].off = change->off;
	}
}

/*
 * Puts VALUE into a column that is free. Where that has another type, it is to be WANTED, from now
 * on; where it could not be made, that is tried again after a while.
 */
static enum pg_row_result put(struct pg_claims *claims, uint32_t at, enum pg_type wanted,
			      struct pg_value value)
{
	struct pg_column *column = &claims->table->columns[at];

	if (column->off || column->wanted != wanted) {
		if (claims->now < claims->table->refused_until && column->wanted != PG_MISSING)
			return refuse(claims);
		remember(claims, at);
		column->off = false;
		column->wanted = (uint8_t)wanted;
	}
	claims->cells[at] = value;
	claims->hint = at + 1;
	return PG_ROW_ADDED;
}

static enum pg_row_result learn(struct pg_claims *claims, const char *name, size_t length,
				struct pg_value value)
{
	struct pg_table *table = claims->table;
	uint32_t at = table->column_count;
	enum pg_row_result result =
		pg_columns_add(table, name, length, type_of(value), &claims->reason);

	if (result != PG_ROW_ADDED)
		return result;
	table->columns[at].tag = value.tag != NULL;
	return put(claims, at, type_of(value), value);
}

static enum pg_row_result fail_taken(struct pg_claims *claims)
{
	return fail(claims, PG_ROW_CONFLICT, "two values of the line belong into one column");
}

/* PG_CONFLICT_NEW_COLUMN: another column for values of this type. */
static enum pg_row_result claim_beside(struct pg_claims *claims, uint32_t at, struct pg_value value)
{
	struct pg_table *table = claims->table;
	enum pg_type type = type_of(value), wanted;
	char name[PG_BESIDE_MAX];
	size_t length = pg_columns_beside(name, &table->columns[at], type, value.tag != NULL);
	int found = pg_columns_find(table, name, length, at + 1);

	if (length > PG_NAME_MAX)
		return fail(claims, PG_ROW_CONFLICT,
			    "a value is not of its column's type, whose name is too long for "
			    "a column beside it");
	if (found < 0)
		return learn(claims, name, length, value);
	wanted = table->columns[found].wanted;
	if (wanted != type && wanted != PG_MISSING)
		return fail(claims, PG_ROW_CONFLICT,
			    "a value is neither of its column's type nor of that of the column "
			    "beside it");
	if (!may_take(claims->cells[found], value))
		return fail_taken(claims);
	return put(claims, (uint32_t)found, type, value);
}

static const char *why_taken(const struct pg_table *table, uint32_t at)
{
	const struct pg_fixed *fixed = pg_layout_next(table->shape, NULL);

	while (at--)
		fixed = pg_layout_next(table->shape, fixed);
	return fixed->taken;
}

/* A column that is there, but not simply of VALUE's type, on and free. */
static enum pg_row_result claim_column(struct pg_claims *claims, uint32_t at, struct pg_value value)
{
	struct pg_table *table = claims->table;
	enum pg_conflict conflict = table->shape->conflict;
	enum pg_type type = type_of(value), wanted = table->columns[at].wanted;
	bool may = may_take(claims->cells[at], value);

	if (at < table->fixed)
		return fail(claims, PG_ROW_CONFLICT, why_taken(table, at));
	if (!may && !same_key(claims->cells[at], value))
		return fail_taken(claims);
	if (conflict == PG_CONFLICT_NEW_COLUMN &&
	    (!may || (wanted != type && wanted != PG_MISSING)))
		return claim_beside(claims, at, value);
	if (!may)
		return fail(claims, PG_ROW_CONFLICT, "a tag and a field have the same name");
	if (wanted == type || wanted == PG_MISSING)
		return put(claims, at, type, value);
	/* Before the database was asked, who came first has no right: each has a part of its own.
	 */
	if (conflict == PG_CONFLICT_REJECT && !table->known &&
	    table->columns[at].type == PG_MISSING)
		return put(claims, at, type, value);
	if (conflict == PG_CONFLICT_WIDEN)
		wanted = pg_type_wider(wanted, type);
	if (conflict != PG_CONFLICT_WIDEN || wanted == PG_OTHER)
		return fail(claims, PG_ROW_CONFLICT,
			    value.tag ? "a tag's column is not of type text"
				      : "a field's value is not of its column's type");
	return put(claims, at, wanted, value);
}

/* Reads a key as it is meant. Returns its length, more than PG_NAME_MAX when it is too long. */
static size_t plain_key(const struct lp_text *key, char buffer[static 2 * PG_NAME_MAX])
{
	if (key->length > 2 * PG_NAME_MAX)
		return key->length;
	return lp_unescape_key(buffer, *key);
}

static enum pg_row_result search(struct pg_claims *claims, struct pg_value value)
{
	char name[2 * PG_NAME_MAX];
	size_t length = plain_key(key_of(value), name);
	int found = -1;

	if (length <= PG_NAME_MAX)
		found = pg_columns_find(claims->table, name, length, claims->hint);
	if (found < 0)
		return learn(claims, name, length, value);
	return claim_column(claims, (uint32_t)found, value);
}

/* The usual case is the column behind the one before, and all is well. */
static inline enum pg_row_result claim(struct pg_claims *claims, const struct lp_text *key,
				       uint8_t type, struct pg_value value)
{
	const struct pg_table *table = claims->table;
	const struct pg_column *column = &table->columns[claims->hint];
	struct pg_value *cell = &claims->cells[claims->hint];

	if (claims->hint >= table->column_count || !pg_column_is(column, key->at, key->length) ||
	    key->escaped || column->wanted != type || column->off || !is_free(*cell))
		return search(claims, value);
	*cell = value;
	claims->hint++;
	return PG_ROW_ADDED;
}

static enum pg_row_result claim_all(struct pg_claims *claims, const struct lp_point *point)
{
	enum pg_row_result result = PG_ROW_ADDED;

	for (uint32_t i = 0; i < point->tag_count && result == PG_ROW_ADDED; i++)
		result = claim(claims, &point->tags[i].key, PG_TEXT,
			       (struct pg_value){ .tag = &point->tags[i] });
	for (uint32_t i = 0; i < point->field_count && result == PG_ROW_ADDED; i++) {
		const struct lp_field *field = &point->fields[i];

		result = claim(claims, &field->key, pg_type_of_field[field->type],
			       (struct pg_value){ .field = field });
	}
	return result;
}

/* The decoder lets UTF-8 pass only, but a string may hold a NUL. */
static bool holds_nul(const struct lp_point *point)
{
	for (uint32_t i = 0; i < point->field_count; i++) {
		const struct lp_field *field = &point->fields[i];

		if (field->type == LP_STRING &&
		    memchr(field->value.string.at, '\0', field->value.string.length))
			return true;
	}
	return false;
}

/* Whether the table can have rows, asked before a part is begun. */
static enum pg_row_result check_fixed(struct pg_claims *claims)
{
	struct pg_table *table = claims->table;
	const char *mistyped = pg_columns_mistyped(table);

	if (mistyped)
		return fail(claims, PG_ROW_CONFLICT, mistyped);
	for (uint32_t i = 0; i < table->fixed; i++) {
		if (table->columns[i].off && claims->now < table->refused_until)
			return refuse(claims);
		table->columns[i].off = false;
	}
	return PG_ROW_ADDED;
}

static bool is_current(const struct pg_table *table)
{
	return table->part && table->part->epoch == table->epoch;
}

enum pg_row_result pg_claims_make(struct pg_claims *claims, struct pg_table *table,
				  const struct lp_point *point, uint64_t now)
{
	enum pg_row_result result = PG_ROW_ADDED;

	claims->table = table;
	claims->now = now;
	claims->hint = table->fixed;
	claims->old_columns = table->column_count;
	claims->change_count = 0;
	memset(claims->cells, 0, table->column_count * sizeof(claims->cells[0]));
	if (!is_current(table))
		result = check_fixed(claims);
	if (result == PG_ROW_ADDED && holds_nul(point))
		result = fail(claims, PG_ROW_ENCODING, "PostgreSQL's text cannot hold a NUL byte");
	if (result == PG_ROW_ADDED && table->shape->layout->columns_by_key)
		result = claim_all(claims, point);
	if (result != PG_ROW_ADDED)
		undo(claims);
	else if (claims->change_count || table->column_count > claims->old_columns)
		table->epoch++;
	return result;
}

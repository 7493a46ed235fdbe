#include "receiver/sinks/postgres/layout.h"

#include "common/lp.h"
#include "receiver/sinks/postgres/rows.h"
#include "receiver/sinks/postgres/table.h"

#define FIXED(column, type, sql, needed, owner, ...)                                               \
	{                                                                                          \
		column, type, .need = needed,                                                      \
			      .taken = "the name \"" column "\" belongs to the " owner,            \
			      .mistyped = "the table's column \"" column "\" is not of type " sql, \
			      __VA_ARGS__                                                          \
	}
#define TIME(column)                                                                               \
	FIXED(column, PG_TIME, "timestamptz", PG_ALWAYS, "time stamp", .not_null = true)
#define TIME_NS(column) FIXED(column, PG_INT8, "bigint", PG_WITH_NS, "time stamp")
#define PROVENANCE                                                                                 \
	FIXED("_worker", PG_INT8, "bigint", PG_WITH_PROVENANCE, "receiver"),                       \
		FIXED("_cookie", PG_INT8, "bigint", PG_WITH_PROVENANCE, "receiver"),               \
		FIXED("_received", PG_TIME, "timestamptz", PG_WITH_PROVENANCE, "receiver")
#define JSONB(column) FIXED(column, PG_JSONB, "jsonb", PG_ALWAYS, "receiver")

/* In the order in which pg_layout_write() writes them. */
static const struct pg_fixed typed[] = { TIME("time"), TIME_NS("time_ns"), PROVENANCE, { NULL } };

/* That of the extension pg_influx. */
static const struct pg_fixed jsonb[] = { TIME("_time"),  TIME_NS("_time_ns"), PROVENANCE,
					 JSONB("_tags"), JSONB("_fields"),    { NULL } };

static const struct pg_layout layouts[] = {
	{ "typed", "t", "time", true, typed },
	{ "jsonb", "j", "_time", false, jsonb },
};

const char *const pg_layout_names[] = { "typed", "jsonb", NULL };

const struct pg_layout *pg_layout_by_index(size_t index)
{
	return &layouts[index];
}

static bool is_needed(const struct pg_shape *shape, const struct pg_fixed *fixed)
{
	return fixed->need == PG_ALWAYS || (fixed->need == PG_WITH_NS && shape->ns) ||
	       (fixed->need == PG_WITH_PROVENANCE && shape->provenance);
}

const struct pg_fixed *pg_layout_next(const struct pg_shape *shape, const struct pg_fixed *fixed)
{
	fixed = fixed ? fixed + 1 : shape->layout->fixed;
	while (fixed->name && !is_needed(shape, fixed))
		fixed++;
	return fixed->name ? fixed : NULL;
}

static bool write_provenance(struct pg_rows *rows, const struct pg_shape *shape,
			     const struct pg_when *when)
{
	return pg_rows_int8(rows, shape->worker) && pg_rows_int8(rows, shape->cookie) &&
	       pg_rows_timestamptz(rows, when->received);
}

static bool write_tags(struct pg_rows *rows, const struct lp_point *point)
{
	struct pg_json json;

	if (!pg_rows_json_begin(rows, &json))
		return false;
	for (uint32_t i = 0; i < point->tag_count; i++)
		if (!pg_rows_json_key(rows, &json, point->tags[i].key) ||
		    !pg_rows_json_string(rows, point->tags[i].value, false))
			return false;
	return pg_rows_json_end(rows, &json);
}

/* Of a field that is repeated, jsonb keeps the last value. */
static bool write_fields(struct pg_rows *rows, const struct lp_point *point)
{
	struct pg_json json;

	if (!pg_rows_json_begin(rows, &json))
		return false;
	for (uint32_t i = 0; i < point->field_count; i++)
		if (!pg_rows_json_key(rows, &json, point->fields[i].key) ||
		    !pg_rows_json_value(rows, &point->fields[i]))
			return false;
	return pg_rows_json_end(rows, &json);
}

bool pg_layout_write(struct pg_rows *rows, const struct pg_shape *shape,
		     const struct lp_point *point, const struct pg_when *when)
{
	if (!pg_rows_timestamptz(rows, when->time) ||
	    (shape->ns && !pg_rows_int8(rows, when->time)) ||
	    (shape->provenance && !write_provenance(rows, shape, when)))
		return false;
	return shape->layout->columns_by_key ||
	       (write_tags(rows, point) && write_fields(rows, point));
}

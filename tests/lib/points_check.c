/*
 * What was stored of the points, read back as text, in which PostgreSQL writes each value exactly:
 * of a float, the digits that read back as its very bits.
 */
#include <err.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/lib/points.h"

#define TEXT_ROOM 64

/* Of pg_type. */
enum {
	BOOL_OID = 16,
	INT8_OID = 20,
	TEXT_OID = 25,
	FLOAT8_OID = 701,
	NUMERIC_OID = 1700,
	JSONB_OID = 3802
};

struct check {
	const struct points *points;
	const struct measurement *measurement; /* at hand */
	size_t index;                          /* of it */
	bool jsonb;
	PGconn *connection;
};

static bool differs(const struct point *point, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool differs(const struct point *point, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "point %" PRId64 ": ", point->number);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return false;
}

static PGresult *query(const struct check *check, const char *sql)
{
	PGresult *result = PQexec(check->connection, sql);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		errx(1, "%s\n%s", sql, PQresultErrorMessage(result));
	return result;
}

/* ---- single values ---- */

/* DECIMAL: zero has no sign, in numeric, in JSON, and in a text that was a numeric once. */
static bool same_number(double one, const char *text, bool decimal)
{
	double other = strtod(text, NULL);

	return memcmp(&one, &other, sizeof(one)) == 0 || (decimal && one == 0 && other == 0);
}

static bool same_text(const char *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool same_text(const char *text, const char *format, ...)
{
	char wanted[TEXT_ROOM];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(wanted, sizeof(wanted), format, arguments);
	va_end(arguments);
	return strcmp(text, wanted) == 0;
}

/* What a column of TYPE, or a JSON value, has as TEXT. */
static bool same_value(const struct value *value, Oid type, const char *text, size_t length)
{
	bool word = type != BOOL_OID;

	switch (value->kind) {
	case FLOAT:
		return same_number(value->number, text, type != FLOAT8_OID);
	case INTEGER:
		return same_text(text, "%" PRId64, value->integer);
	case UNSIGNED:
		return same_text(text, "%" PRIu64, value->natural);
	case BOOLEAN:
		if (word)
			return same_text(text, value->boolean ? "true" : "false");
		return same_text(text, value->boolean ? "t" : "f");
	default:
		return length == value->length && memcmp(text, value->text, length) == 0;
	}
}

/* MICROSECONDS and NANOSECONDS since 1970: timestamptz has the former, rounded down. */
static bool check_time(const struct point *point, const char *microseconds, const char *nanoseconds)
{
	int64_t us = strtoll(microseconds, NULL, 10), ns = strtoll(nanoseconds, NULL, 10);
	int64_t now = (int64_t)time(NULL) * 1000000000;

	if (point->has_time && ns != point->time)
		return differs(point, "its time is %" PRId64 ", stored is %" PRId64, point->time,
			       ns);
	if (!point->has_time && (ns > now + 1000000000 || ns < now - 3600000000000))
		return differs(point, "it has no time, but what is stored is not now: %" PRId64,
			       ns);
	if (us != ns / 1000 - (ns % 1000 < 0))
		return differs(point, "%" PRId64 " ns became %" PRId64 " us", ns, us);
	return true;
}

/* ---- a column for each key ---- */

static void put_identifier(FILE *out, const char *name, size_t length)
{
	fputc('"', out);
	for (size_t i = 0; i < length; i++) {
		if (name[i] == '"')
			fputc('"', out);
		fputc(name[i], out);
	}
	fputc('"', out);
}

static bool is_used(const struct check *check, size_t key)
{
	for (size_t i = 0; i < check->points->count; i++)
		if (check->points->all[i].measurement == check->index &&
		    check->points->all[i].values[key].present)
			return true;
	return false;
}

/* The query in which FORMAT's %s, if it has one, stands for the table. */
static char *make_sql(const struct check *check, const char *select, const char *rest)
{
	char *sql = NULL;
	size_t size;
	FILE *out = open_memstream(&sql, &size);

	if (!out)
		err(1, "open_memstream");
	fputs(select, out);
	for (size_t i = 0; i < KEYS && !check->jsonb; i++) {
		fputs(", ", out);
		if (is_used(check, i))
			put_identifier(out, check->measurement->keys[i].name,
				       check->measurement->keys[i].length);
		else
			fputs("NULL", out);
	}
	fputs(" FROM public.", out);
	put_identifier(out, check->measurement->name, check->measurement->length);
	fputs(rest, out);
	fclose(out);
	return sql;
}

static bool check_type(const struct check *check, const PGresult *result, size_t key, int column)
{
	static const Oid types[] = {
		[TAG] = TEXT_OID,         [FLOAT] = FLOAT8_OID, [INTEGER] = INT8_OID,
		[UNSIGNED] = NUMERIC_OID, [STRING] = TEXT_OID,  [BOOLEAN] = BOOL_OID,
	};

	if (PQftype(result, column) == types[check->measurement->keys[key].kind] ||
	    !is_used(check, key))
		return true;
	fprintf(stderr, "column %s is of type %u\n", PQfname(result, column),
		PQftype(result, column));
	return false;
}

static bool check_cells(const struct point *point, const PGresult *result, int row)
{
	for (size_t i = 0; i < KEYS; i++) {
		const struct value *value = &point->values[i];
		int column = 3 + (int)i;
		const char *text = PQgetvalue(result, row, column);

		if (PQgetisnull(result, row, column) != !value->present)
			return differs(point, "\"%s\" is %s", PQfname(result, column),
				       value->present ? "missing" : "not missing");
		if (value->present && !same_value(value, PQftype(result, column), text,
						  (size_t)PQgetlength(result, row, column)))
			return differs(point, "\"%s\" is \"%s\"", PQfname(result, column), text);
	}
	return true;
}

/* The next point of the measurement, from *AT on; NULL: no more. */
static const struct point *next_point(const struct check *check, size_t *at)
{
	for (; *at < check->points->count; ++*at)
		if (check->points->all[*at].measurement == check->index)
			return &check->points->all[(*at)++];
	return NULL;
}

/* The rows are those of the points, in the order of the numbers, with their times first. */
static bool check_rows(const struct check *check, const PGresult *result)
{
	const struct point *point;
	size_t at = 0;
	int row = 0;

	for (; (point = next_point(check, &at)); row++) {
		if (row == PQntuples(result) ||
		    !same_text(PQgetvalue(result, row, 0), "%" PRId64, point->number))
			return differs(point, "row %d is another one", row);
		if (!check_time(point, PQgetvalue(result, row, 1), PQgetvalue(result, row, 2)) ||
		    (!check->jsonb && !check_cells(point, result, row)))
			return false;
	}
	if (row == PQntuples(result))
		return true;
	fprintf(stderr, "%d rows, %d of which are too many\n", PQntuples(result),
		PQntuples(result) - row);
	return false;
}

static bool check_columns(const struct check *check)
{
	char *sql = make_sql(check,
			     "SELECT number, (extract(epoch FROM time) * 1000000)::bigint, time_ns",
			     " ORDER BY number");
	PGresult *result = query(check, sql);
	bool good = check_rows(check, result);

	for (size_t i = 0; i < KEYS && good && !check->points->mixed; i++)
		good = check_type(check, result, i, 3 + (int)i);
	PQclear(result);
	free(sql);
	return good;
}

/* ---- JSON ---- */

static const char *json_type(enum kind kind)
{
	return kind == BOOLEAN ? "boolean" : kind == STRING || kind == TAG ? "string" : "number";
}

/* A member: number of the point, whether it is a tag, its key, its JSON type, its text. */
static bool check_member(const struct check *check, const struct point *point,
			 const PGresult *result, int row)
{
	bool tag = *PQgetvalue(result, row, 1) == 't';
	const char *name = PQgetvalue(result, row, 2), *text = PQgetvalue(result, row, 4);
	size_t length = (size_t)PQgetlength(result, row, 2);

	if (strcmp(name, NUMBER_KEY) == 0)
		return true;
	for (size_t i = 0; i < KEYS; i++) {
		const struct key *key = &check->measurement->keys[i];

		if (!point->values[i].present || key->length != length ||
		    memcmp(key->name, name, length) != 0)
			continue;
		if (tag != (key->kind == TAG) ||
		    strcmp(PQgetvalue(result, row, 3), json_type(key->kind)) != 0)
			return differs(point, "\"%s\" is of another type", name);
		if (same_value(&point->values[i], JSONB_OID, text,
			       (size_t)PQgetlength(result, row, 4)))
			return true;
		return differs(point, "\"%s\" is \"%s\"", name, text);
	}
	return differs(point, "\"%s\" should not be there", name);
}

static bool check_members(const struct check *check, const PGresult *result)
{
	const struct point *point;
	size_t at = 0;
	int row = 0;

	while ((point = next_point(check, &at))) {
		int members = 1, seen = 0;

		for (size_t i = 0; i < KEYS; i++)
			members += point->values[i].present;
		for (; row < PQntuples(result) &&
		       same_text(PQgetvalue(result, row, 0), "%" PRId64, point->number);
		     row++, seen++)
			if (!check_member(check, point, result, row))
				return false;
		if (seen != members)
			return differs(point, "it has %d members, stored are %d", members, seen);
	}
	return true;
}

static bool check_json(const struct check *check)
{
	char *sql = make_sql(check,
			     "SELECT (_fields->>'number')::bigint AS number, "
			     "(extract(epoch FROM _time) * 1000000)::bigint, _time_ns",
			     " ORDER BY number");
	PGresult *result = query(check, sql);
	bool good = check_rows(check, result);

	PQclear(result);
	free(sql);
	sql = make_sql(
		check,
		"SELECT (_fields->>'number')::bigint AS number, tag, key, jsonb_typeof(value), "
		"value #>> '{}'",
		", LATERAL (SELECT false AS tag, * FROM jsonb_each(_fields) "
		"UNION ALL SELECT true, * FROM jsonb_each(_tags)) AS members ORDER BY number");
	result = query(check, sql);
	good = good && check_members(check, result);
	PQclear(result);
	free(sql);
	return good;
}

static bool check_table(struct check *check, size_t index)
{
	size_t at = 0;

	check->index = index;
	check->measurement = &check->points->measurements[index];
	if (!next_point(check, &at))
		return true;
	if (check->jsonb ? check_json(check) : check_columns(check))
		return true;
	fprintf(stderr, "in table \"%.*s\"\n", (int)check->measurement->length,
		check->measurement->name);
	return false;
}

bool points_check(const struct points *points, bool jsonb)
{
	struct check check = { .points = points, .jsonb = jsonb, .connection = PQconnectdb("") };
	bool good = true;

	if (PQstatus(check.connection) != CONNECTION_OK)
		errx(1, "%s", PQerrorMessage(check.connection));
	for (size_t i = 0; i < MEASUREMENTS && good; i++)
		good = check_table(&check, i);
	PQfinish(check.connection);
	return good;
}

#include "receiver/sinks/postgres/mark.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/clock.h"

void pg_mark_new(struct pg_mark *mark, const char *suffix)
{
	uint64_t random = 0;

	/* The kernel's generator does not fail for so few bytes (getrandom(2)). */
	if (getrandom(&random, sizeof(random), 0) < 0)
		abort();
	*mark = (struct pg_mark){ .row = -1 };
	snprintf(mark->writer, sizeof(mark->writer), "%016" PRIx64 "%016" PRIx64 "%s", clock_wall(),
		 random, suffix);
}

void pg_mark_take(struct pg_mark *mark, const PGresult *result)
{
	mark->known = PQntuples(result) == 1;
	if (!mark->known)
		return;
	mark->batch = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	mark->row = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
}

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *text(const char *format, ...)
{
	va_list arguments;
	char *result;
	int length;

	va_start(arguments, format);
	length = vasprintf(&result, format, arguments);
	va_end(arguments);
	return length < 0 ? NULL : result;
}

char *pg_mark_sql_create(const char *schema)
{
	return text("SELECT pg_catalog.pg_advisory_xact_lock(8089, 0);"
		    "CREATE TABLE IF NOT EXISTS %s." PG_MARK_TABLE " (writer text PRIMARY KEY, "
		    "batch bigint NOT NULL, \"row\" bigint NOT NULL, "
		    "changed timestamptz NOT NULL DEFAULT pg_catalog.now())",
		    schema);
}

/* The writer's name is made of what needs no quoting. */
char *pg_mark_sql_read(const char *schema, const struct pg_mark *mark)
{
	return text("INSERT INTO %s." PG_MARK_TABLE " (writer, batch, \"row\") "
		    "VALUES ('%s', %" PRId64 ", %" PRId64 ") ON CONFLICT DO NOTHING;"
		    "SELECT batch, \"row\" FROM %s." PG_MARK_TABLE " WHERE writer = '%s'",
		    schema, mark->writer, mark->batch, mark->row, schema, mark->writer);
}

char *pg_mark_sql_remove(const char *schema, const struct pg_mark *mark)
{
	return text("DELETE FROM %s." PG_MARK_TABLE " WHERE writer = '%s'", schema, mark->writer);
}

char *pg_mark_sql_move(const char *schema, const struct pg_mark *mark, int64_t batch, int64_t row)
{
	return text("WITH mark AS (UPDATE %s." PG_MARK_TABLE " SET batch = %" PRId64
		    ", \"row\" = %" PRId64 ", changed = pg_catalog.now() WHERE writer = '%s' "
		    "AND batch = %" PRId64 " AND \"row\" = %" PRId64 " RETURNING 1) "
		    "SELECT 1 / (SELECT pg_catalog.count(*) FROM mark)",
		    schema, batch, row, mark->writer, mark->batch, mark->row);
}

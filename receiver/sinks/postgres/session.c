/* What is asked of the server first, after each connecting. */
#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "receiver/sinks/postgres/outage.h"
#include "receiver/sinks/postgres/store.h"

/*
 * Rows and marks rely on each statement's seeing what others have committed before it. The schema
 * that unqualified names are made in is asked for once: search_path does not move tables.
 */
static const char ask[] =
	"SET default_transaction_isolation TO 'read committed';"
	"SELECT pg_catalog.quote_ident(s.name), pg_catalog.pg_is_in_recovery(), c.oid IS NOT NULL, "
	"coalesce(pg_catalog.has_table_privilege(c.oid, 'SELECT') AND "
	"pg_catalog.has_table_privilege(c.oid, 'INSERT') AND "
	"pg_catalog.has_table_privilege(c.oid, 'UPDATE'), false) "
	"FROM (SELECT pg_catalog.current_schema() AS name) AS s LEFT JOIN pg_catalog.pg_class AS c "
	"ON c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(s.name) || '." PG_MARK_TABLE "')";

void pg_session_lost(struct pg_store *store)
{
	store->session.ready = false;
	store->mark.known = false;
	store->overflow.adopted_mark.known = false;
}

static void session_ready(struct pg_store *store, bool marks, const char *why)
{
	struct pg_session *session = &store->session;

	session->ready = true;
	session->marks = marks;
	store->link.attempts = 0;
	if (marks || !outage_is_first(store->outage, OUTAGE_NO_MARKS))
		return;
	message_warning("table " PG_MARK_TABLE " cannot be used: %s", why);
	message_hint("without it, rows whose transaction was cut off count as not stored");
}

static void on_mark_table(void *owner, const struct pg_outcome *outcome)
{
	struct pg_store *store = owner;
	const struct pg_failure *failure = outcome->failure;

	if (!failure)
		session_ready(store, true, "");
	else if (failure->trouble == PG_BARRED)
		session_ready(store, false, failure->text);
	else
		pg_store_wait_out(store, failure);
}

static void make_mark_table(struct pg_store *store)
{
	char *sql = pg_mark_sql_create(store->session.schema);

	if (sql)
		pg_link_query(&store->link, sql, on_mark_table, store);
	else
		pg_store_pause(store, "out of memory");
	free(sql);
}

static bool is_true(const PGresult *result, int column)
{
	return PQgetvalue(result, 0, column)[0] == 't';
}

static bool take_schema(struct pg_store *store, const PGresult *result)
{
	struct pg_session *session = &store->session;
	char *name;

	if (PQntuples(result) != 1 || PQgetisnull(result, 0, 0)) {
		pg_store_pause(store, "the database has no schema to make tables in "
				      "(see search_path)");
		return false;
	}
	name = strdup(PQgetvalue(result, 0, 0));
	if (!name) {
		pg_store_pause(store, "out of memory");
		return false;
	}
	free(session->schema);
	session->schema = name;
	return true;
}

static const struct pg_failure standby = { .trouble = PG_STANDBY,
					   .text = "the server is a standby: it is read-only" };

static void on_asked(void *owner, const struct pg_outcome *outcome)
{
	struct pg_store *store = owner;

	if (outcome->failure) {
		pg_store_wait_out(store, outcome->failure);
		return;
	}
	if (!take_schema(store, outcome->result))
		return;
	if (is_true(outcome->result, 1)) {
		pg_store_wait_out(store, &standby);
		return;
	}
	if (is_true(outcome->result, 2))
		session_ready(store, is_true(outcome->result, 3), "permission denied");
	else
		make_mark_table(store);
}

bool pg_session_step(struct pg_store *store)
{
	/* It may be another server, or one that was restored. */
	pg_tables_doubt(&store->tables);
	pg_link_query(&store->link, ask, on_asked, store);
	return true;
}

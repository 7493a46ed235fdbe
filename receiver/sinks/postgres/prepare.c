/*
 * What comes before a batch is written: its tables are looked at, made or altered where need be,
 * and its rows fitted to them.
 */
#include <stdlib.h>

#include "common/clock.h"
#include "common/message.h"
#include "receiver/account.h"
#include "receiver/sinks/postgres/sql.h"
#include "receiver/sinks/postgres/store.h"

/* What was refused is not asked for again at once. */
#define ASK_AGAIN NS_PER_SECOND
/* How often a table is made, or altered, for what still lacks then: others alter it, too. */
#define MAKINGS 3
/* In refused_until: something was, and is over. */
#define REFUSED_ONCE 1

/* The rows of one table in the answer to pg_sql_inspect(). */
static int take_table(struct pg_table *table, const PGresult *result, int row, int number)
{
	static struct pg_seen_column columns[PG_COLUMNS_MAX];
	const char *version = "";
	uint32_t oid = 0;
	size_t count = 0;

	for (; row < PQntuples(result) && atoi(PQgetvalue(result, row, 0)) == number; row++) {
		oid = (uint32_t)strtoul(PQgetvalue(result, row, 1), NULL, 10);
		version = PQgetvalue(result, row, 2);
		if (PQgetisnull(result, row, 3) || count == PG_COLUMNS_MAX)
			continue;
		columns[count++] = (struct pg_seen_column){
			.name = PQgetvalue(result, row, 3),
			.length = (size_t)PQgetlength(result, row, 3),
			.oid = strtoul(PQgetvalue(result, row, 4), NULL, 10),
		};
	}
	pg_table_inspected(table, oid, version, columns, count);
	return row;
}

static void on_inspected(void *owner, const struct pg_outcome *outcome)
{
	struct pg_store *store = owner;
	struct pg_delivery *delivery = &store->delivery;
	const struct pg_failure *failure = outcome->failure;

	if (failure)
		pg_store_wait_out(store, failure);
	for (size_t i = 0, row = 0; !failure && i < delivery->asked_count; i++)
		row = (size_t)take_table(delivery->asked[i], outcome->result, (int)row, (int)i);
	/* Without a batch, it was asked because lines did not fit. */
	if (!failure && !pg_delivery_has_batch(store))
		pg_table_forget_missing(delivery->asked[0]);
	free(delivery->asked);
	delivery->asked = NULL;
}

/* Tables of the batch that nothing is known of. */
static size_t collect_unknown(struct pg_delivery *delivery)
{
	size_t count = 0;

	delivery->inspections++;
	for (struct pg_part *part = delivery->batch.first; part; part = part->next) {
		struct pg_table *table = part->table;

		if (table->known || table->asked == delivery->inspections)
			continue;
		table->asked = delivery->inspections;
		if (delivery->asked)
			delivery->asked[count] = table;
		count++;
	}
	return count;
}

/* Looks at the tables that are asked for. False, after a pause was begun: out of memory. */
static bool inspect_asked(struct pg_store *store)
{
	struct pg_delivery *delivery = &store->delivery;
	char *sql = NULL;

	if (delivery->asked)
		sql = pg_sql_inspect(store->session.schema, delivery->asked, delivery->asked_count);
	if (sql) {
		pg_link_query(&store->link, sql, on_inspected, store);
		free(sql);
		return true;
	}
	free(delivery->asked);
	delivery->asked = NULL;
	pg_store_pause(store, "out of memory");
	return false;
}

static bool inspect(struct pg_store *store)
{
	struct pg_delivery *delivery = &store->delivery;
	size_t count = collect_unknown(delivery);

	if (count == 0)
		return false;
	delivery->asked = calloc(count, sizeof(struct pg_table *));
	if (delivery->asked)
		delivery->asked_count = collect_unknown(delivery);
	return inspect_asked(store);
}

bool pg_prepare_doubted(struct pg_store *store, uint64_t now)
{
	struct pg_delivery *delivery = &store->delivery;

	if (!store->doubted || now < store->doubt_at)
		return false;
	delivery->asked = calloc(1, sizeof(struct pg_table *));
	if (delivery->asked)
		delivery->asked[0] = store->doubted;
	delivery->asked_count = 1;
	store->doubted = NULL;
	return inspect_asked(store);
}

static void refuse(struct pg_store *store, struct pg_table *table, const char *why)
{
	if (!table->refused_until)
		message_error("could not make table \"%s\" ready: %s", table->name, why);
	table->made = 0;
	pg_table_refuse(table, store->now + ASK_AGAIN);
}

static void on_made(void *owner, const struct pg_outcome *outcome)
{
	struct pg_store *store = owner;
	struct pg_table *table = store->delivery.making;
	const struct pg_failure *failure = outcome->failure;

	if (!failure) {
		table->known = false;
		table->made++;
	} else if (failure->trouble == PG_CHANGED || failure->trouble == PG_BARRED ||
		   failure->trouble == PG_REFUSED) {
		refuse(store, table, failure->text);
	} else {
		pg_store_wait_out(store, failure);
	}
}

/* Perhaps somebody else has made what was refused to us. */
static void look_again(struct pg_table *table)
{
	table->refused_until = REFUSED_ONCE;
	table->known = false;
}

/* Whether TABLE lacks something that can be asked for. */
static bool is_wanting(struct pg_store *store, struct pg_table *table, uint64_t now)
{
	if (pg_table_complete(table))
		table->made = 0;
	else if (now < table->refused_until)
		pg_table_refuse(table, table->refused_until);
	else if (table->refused_until > REFUSED_ONCE)
		look_again(table);
	else if (table->made == MAKINGS)
		refuse(store, table, "its columns did not appear");
	else
		return true;
	return false;
}

/* Makes, or alters, the next table that needs it. */
static bool make(struct pg_store *store, uint64_t now)
{
	struct pg_delivery *delivery = &store->delivery;
	char *sql;

	for (struct pg_part *part = delivery->batch.first; part; part = part->next) {
		if (!part->table->known)
			continue;
		if (!pg_table_fits(part->table, part))
			pg_table_want(part->table, part);
		if (!is_wanting(store, part->table, now))
			continue;
		delivery->making = part->table;
		sql = pg_sql_create(store->session.schema, part->table, store->template);
		if (sql)
			pg_link_query(&store->link, sql, on_made, store);
		else
			pg_store_pause(store, "out of memory");
		free(sql);
		return true;
	}
	return false;
}

/* Rows that do not fit are left out, and those of a table that let none in a moment ago. */
static bool fit_part(struct pg_store *store, struct pg_part *part)
{
	struct pg_left_out left_out = { 0, 0 };
	struct received *counts = &store->account->counts;
	const char *why = "a table or column could not be made";

	if (store->now < part->table->barred_until) {
		why = "the table does not take rows";
		left_out.failed = part->rows.count;
		pg_part_drop_front(part, part->rows.count);
	} else if (pg_table_fits(part->table, part)) {
		return true;
	} else if (!pg_table_fit(part->table, part, &left_out)) {
		pg_store_pause(store, "out of memory");
		return false;
	}
	pg_rows_shrink(&part->rows);
	if (store->delivery.counted)
		return true;
	if (left_out.rejected) {
		counter_add(&counts->rejected_type_conflict, left_out.rejected - 1);
		account_reject(store->account, &counts->rejected_type_conflict,
			       "a value is not of its column's type", 0, part->table->name,
			       part->table->name_length);
	}
	if (left_out.failed)
		pg_store_failed(store, left_out.failed, why);
	if (store->delivery.spool) {
		counter_add(&counts->unspooled, left_out.rejected + left_out.failed);
		store->delivery.left_out += left_out.rejected + left_out.failed;
	}
	return true;
}

bool pg_prepare_step(struct pg_store *store, uint64_t now)
{
	return make(store, now) || inspect(store);
}

bool pg_prepare_fit(struct pg_store *store)
{
	struct pg_delivery *delivery = &store->delivery;

	for (struct pg_part *part = delivery->batch.first; part; part = part->next)
		if (!fit_part(store, part))
			return false;
	pg_batch_drop_front(&delivery->batch, 0);
	if (delivery->spool && delivery->left_out && !delivery->counted)
		pg_overflow_note(store);
	delivery->counted = false;
	delivery->size = pg_batch_size(&delivery->batch);
	return true;
}

/*
 * How a batch gets to the server. First the tables of its rows are looked at, made or altered where
 * need be, and the rows fitted to them. Then it is written: as a whole, or, where something in it
 * is refused, in pieces, front to back, so that what is refused is found and left out. Each piece
 * is one transaction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "receiver/account.h"
#include "receiver/sinks/postgres/sql.h"
#include "receiver/sinks/postgres/store.h"
#include "receiver/sinks/spool.h"

/* What was refused is not asked for again at once. */
#define ASK_AGAIN NS_PER_SECOND
/* How often tables are looked at again before it is said that this does not help. */
#define REPAIRS 3
/* How often a table is made, or altered, for what still lacks then: others alter it, too. */
#define MAKINGS 3

bool pg_delivery_has_batch(const struct pg_store *store)
{
	return store->delivery.batch.first != NULL;
}

void pg_delivery_load(struct pg_store *store, struct pg_batch *batch, struct pg_mark *mark,
		      struct spool *spool)
{
	struct pg_delivery *delivery = &store->delivery;

	delivery->batch = *batch;
	delivery->size = pg_batch_size(batch);
	delivery->mark = mark;
	delivery->spool = spool;
	delivery->skip = delivery->uncounted = 0;
	delivery->repairs = 0;
}

/* Rows of the batch have found their fate, whichever: they are taken off its front. */
static void settle(struct pg_store *store, uint64_t rows)
{
	struct pg_delivery *delivery = &store->delivery;

	pg_batch_drop_front(&delivery->batch, rows);
	if (delivery->spool) {
		counter_add(&store->account->counts.unspooled, rows);
		pg_overflow_note(store);
	}
	delivery->size = pg_batch_size(&delivery->batch);
	delivery->repairs = 0;
}

static void finish_if_empty(struct pg_store *store)
{
	struct pg_delivery *delivery = &store->delivery;

	if (delivery->batch.first)
		return;
	if (delivery->spool)
		pg_overflow_settled(store);
	delivery->spool = NULL;
	delivery->size = 0;
}

static void fail_front(struct pg_store *store, uint64_t rows, const char *text)
{
	pg_store_failed(store, rows, text);
	settle(store, rows);
}

/* From the line's own time to the commit, for each of the first ROWS. */
static void count_latency(struct pg_store *store, uint64_t rows)
{
	uint64_t now = clock_wall();

	for (const struct pg_part *part = store->delivery.batch.first; rows; part = part->next) {
		uint64_t count = part->rows.count < rows ? part->rows.count : rows;

		for (uint64_t i = 0; i < count; i++)
			if (part->stamps[i] && part->stamps[i] <= now)
				histogram_add(&store->account->committed, now - part->stamps[i]);
		rows -= count;
	}
}

/* ROWS were committed, STORED of them counted by the server: a trigger may leave some out. */
static void settle_stored(struct pg_store *store, uint64_t rows, uint64_t stored)
{
	struct received *counts = &store->account->counts;

	if (stored > rows)
		stored = rows;
	count_latency(store, rows);
	counter_add(&counts->stored, stored);
	counter_add(&counts->batches, 1);
	if (stored < rows)
		pg_store_failed(store, rows - stored, "the server left rows out");
	settle(store, rows);
	pg_store_goes_well(store);
}

/* ---- marks ---- */

/* How many of the batch's rows are done where its writer, or the note in its spool, is there. */
static uint64_t rows_done(const struct pg_batch *batch, uint64_t number, int64_t row)
{
	uint64_t rows = pg_batch_rows(batch), done;

	if (number < batch->number)
		return 0;
	if (number > batch->number || row < 0)
		return rows;
	done = (uint64_t)row > batch->done ? (uint64_t)row - batch->done : 0;
	return done < rows ? done : rows;
}

/*
 * A batch out of a spool may have been settled, wholly or in part, by who left it: stored, as the
 * mark says, and counted, as the note does. What was refused behind the mark is in the note alone.
 */
static void skip_settled(struct pg_delivery *delivery)
{
	const struct pg_mark *mark = delivery->mark;
	const struct spool_note *note = &delivery->spool->note;
	uint64_t stored = rows_done(&delivery->batch, (uint64_t)mark->batch, mark->row);
	uint64_t counted = rows_done(&delivery->batch, note->number, note->item);

	delivery->skip = stored > counted ? stored : counted;
	delivery->uncounted = delivery->skip - counted;
}

/* It is known now how far the writer has got, and so what became of a piece without an answer. */
static void resolve(struct pg_store *store)
{
	struct pg_delivery *delivery = &store->delivery;
	const struct pg_mark *mark = delivery->mark, *moved = &delivery->moved;

	if (delivery->piece && pg_mark_is(mark, moved->batch, moved->row))
		settle_stored(store, delivery->piece, delivery->piece);
	delivery->piece = 0;
	if (delivery->spool && pg_delivery_has_batch(store))
		skip_settled(delivery);
	finish_if_empty(store);
}

static void on_mark(void *owner, const struct pg_outcome *outcome)
{
	struct pg_store *store = owner;
	const struct pg_failure *failure = outcome->failure;

	if (!failure) {
		pg_mark_take(store->delivery.mark, outcome->result);
		resolve(store);
	} else {
		/* Perhaps the table of marks is gone: the session makes it anew. */
		store->session.ready = false;
		pg_store_wait_out(store, failure);
	}
}

static void read_mark(struct pg_store *store)
{
	char *sql = pg_mark_sql_read(store->session.schema, store->delivery.mark);

	if (sql)
		pg_link_query(&store->link, sql, on_mark, store);
	else
		pg_store_pause(store, "out of memory");
	free(sql);
}

/* ---- tables ---- */

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
	if (sql)
		pg_link_query(&store->link, sql, on_inspected, store);
	else
		pg_store_pause(store, "out of memory");
	free(sql);
	return sql != NULL;
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

/* A table that lines did not fit may have been mended since. */
static bool inspect_doubted(struct pg_store *store, uint64_t now)
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

/* Whether TABLE lacks something that can be asked for. */
static bool is_wanting(struct pg_store *store, struct pg_table *table, uint64_t now)
{
	if (pg_table_complete(table))
		table->made = 0;
	else if (now < table->refused_until)
		pg_table_refuse(table, table->refused_until);
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
	counter_add(&counts->rejected_type_conflict, left_out.rejected);
	if (left_out.failed)
		pg_store_failed(store, left_out.failed, why);
	if (store->delivery.spool)
		counter_add(&counts->unspooled, left_out.rejected + left_out.failed);
	return true;
}

static bool fit(struct pg_store *store)
{
	struct pg_delivery *delivery = &store->delivery;

	for (struct pg_part *part = delivery->batch.first; part; part = part->next)
		if (!fit_part(store, part))
			return false;
	pg_batch_drop_front(&delivery->batch, 0);
	if (delivery->skip) {
		struct received *counts = &store->account->counts;

		pg_batch_drop_front(&delivery->batch, delivery->skip);
		counter_add(&counts->stored, delivery->uncounted);
		counter_add(&counts->unspooled, delivery->uncounted);
		pg_overflow_note(store);
		delivery->skip = delivery->uncounted = 0;
	}
	delivery->size = pg_batch_size(&delivery->batch);
	finish_if_empty(store);
	return true;
}

/* ---- writing ---- */

static uint64_t parts_of(const struct pg_batch *batch, uint64_t rows)
{
	uint64_t parts = 0;

	for (const struct pg_part *part = batch->first; rows; part = part->next, parts++)
		rows -= part->rows.count < rows ? part->rows.count : rows;
	return parts;
}

/* Everything that is believed about the piece is asked for anew. */
static void doubt(struct pg_store *store)
{
	struct pg_delivery *delivery = &store->delivery;

	delivery->mark->known = false;
	for (struct pg_part *part = delivery->batch.first; part; part = part->next)
		part->table->known = false;
}

/*
 * Something in a piece of ROWS is refused, it seems among the first SUSPECTS. One row alone is it;
 * else it is looked for: a writer may not know how far it got.
 */
static void narrow(struct pg_store *store, uint64_t rows, uint64_t suspects, const char *text)
{
	if (rows == 1)
		fail_front(store, 1, text);
	else
		store->delivery.limit = suspects > 1 ? suspects / 2 : 1;
}

/* The rows of the first part are not let in, whatever they hold. */
static void bar(struct pg_store *store, uint64_t rows, const char *text)
{
	struct pg_part *part = store->delivery.batch.first;

	part->table->barred_until = store->now + ASK_AGAIN;
	fail_front(store, part->rows.count < rows ? part->rows.count : rows, text);
}

/* The server has taken PARTS of the piece and not the next one, or not the whole. */
static void on_refused(struct pg_store *store, const struct pg_failure *failure, uint64_t rows,
		       uint64_t parts)
{
	struct pg_delivery *delivery = &store->delivery;
	struct pg_part *part = delivery->batch.first;
	uint64_t before = 0;

	if (parts >= parts_of(&delivery->batch, rows)) {
		if (delivery->repairs++ >= REPAIRS && !failure->by_zero) {
			narrow(store, rows, rows, failure->text);
			return;
		}
		doubt(store);
		if (delivery->repairs > REPAIRS)
			pg_store_pause(store, "tables change all the time");
		return;
	}
	for (; parts; parts--, part = part->next)
		before += part->rows.count;
	/* What is refused may be values of a type that the column has no more. */
	if (delivery->repairs < (failure->trouble == PG_REFUSED ? 1 : REPAIRS) &&
	    failure->trouble != PG_BARRED) {
		delivery->repairs++;
		part->table->known = false;
		return;
	}
	/* What comes before goes well on its own. */
	if (before)
		delivery->limit = before;
	else if (failure->trouble == PG_REFUSED)
		narrow(store, rows, part->rows.count < rows ? part->rows.count : rows,
		       failure->text);
	else
		bar(store, rows, failure->text);
}

/* Without marks, it cannot be told whether the piece was committed. */
static void fail_unknown(struct pg_store *store)
{
	uint64_t rows = store->delivery.piece;

	store->delivery.piece = 0;
	fail_front(store, rows, "the connection was lost before the server had answered");
	finish_if_empty(store);
}

static void on_failure(struct pg_store *store, const struct pg_outcome *outcome, uint64_t rows)
{
	struct pg_delivery *delivery = &store->delivery;
	const struct pg_failure *failure = outcome->failure;
	const struct pg_progress *progress = outcome->progress;

	if (failure->trouble == PG_LOST) {
		/* With a mark, it can be told later what became of it. */
		if (store->session.marks)
			return;
		if (progress && progress->sent)
			fail_unknown(store);
		delivery->piece = 0;
		return;
	}
	delivery->piece = 0;
	switch (failure->trouble) {
	case PG_TOO_LONG:
		delivery->most = rows > 1 ? rows / 2 : 1;
		pg_store_wait_out(store, failure);
		break;
	case PG_STANDBY:
	case PG_LATER:
		pg_store_wait_out(store, failure);
		break;
	default:
		on_refused(store, failure, rows, progress ? progress->parts : 0);
		break;
	}
}

/* What was refused is soon behind; that too much takes too long stays so. */
static void grow_limits(struct pg_delivery *delivery)
{
	delivery->limit = delivery->limit < UINT64_MAX / 2 ? delivery->limit * 2 : UINT64_MAX;
	if (delivery->most < UINT64_MAX / 2)
		delivery->most += delivery->most / 16 + 1;
}

static void on_written(void *owner, const struct pg_outcome *outcome)
{
	struct pg_store *store = owner;
	struct pg_delivery *delivery = &store->delivery;
	uint64_t rows = delivery->piece;

	if (outcome->failure) {
		on_failure(store, outcome, rows);
	} else {
		delivery->piece = 0;
		if (store->session.marks)
			*delivery->mark = delivery->moved;
		grow_limits(delivery);
		settle_stored(store, rows, outcome->progress->stored);
	}
	finish_if_empty(store);
}

/*
 * Fails by a division by zero where a table is not what it was when its rows were fitted: values
 * of another type would be taken for something else. From the COPY on, the transaction's own lock
 * keeps it as it is.
 */
static char *check_sql(const struct pg_batch *batch, uint64_t parts)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const struct pg_part *part = batch->first;
	bool failed;

	if (!out)
		return NULL;
	fputs("SELECT 1 / (NOT EXISTS (SELECT FROM ROWS FROM (pg_catalog.unnest('{", out);
	for (uint64_t i = 0; i < parts; i++, part = part->next)
		fprintf(out, "%s%u", i ? "," : "", part->table->oid);
	fputs("}'::pg_catalog.oid[]), pg_catalog.unnest('{", out);
	part = batch->first;
	for (uint64_t i = 0; i < parts; i++, part = part->next)
		fprintf(out, "%s%s", i ? "," : "", part->table->version);
	fprintf(out,
		"}'::pg_catalog.text[])) AS seen(oid, version) WHERE NOT EXISTS (SELECT FROM "
		"pg_catalog.pg_class AS c WHERE c.oid = seen.oid AND "
		"(%s)::pg_catalog.text = seen.version)))::pg_catalog.int4",
		pg_sql_version);
	failed = ferror(out) != 0;
	if (fclose(out) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

static uint64_t piece_rows(const struct pg_store *store, uint64_t total)
{
	uint64_t rows = store->delivery.limit;

	if (rows > store->delivery.most)
		rows = store->delivery.most;
	if (rows > store->writer->rows_max)
		rows = store->writer->rows_max;
	return rows < total ? rows : total;
}

static void write_piece(struct pg_store *store)
{
	struct pg_delivery *delivery = &store->delivery;
	struct pg_batch *batch = &delivery->batch;
	uint64_t total = pg_batch_rows(batch), rows = piece_rows(store, total);
	struct pg_piece piece = { .batch = batch, .rows = rows, .schema = store->session.schema };
	char *check = check_sql(batch, parts_of(batch, rows)), *mark = NULL;
	bool whole = true;

	delivery->moved = *delivery->mark;
	delivery->moved.batch = (int64_t)batch->number;
	delivery->moved.row = rows == total ? -1 : (int64_t)(batch->done + rows);
	if (store->session.marks) {
		mark = pg_mark_sql_move(piece.schema, delivery->mark, delivery->moved.batch,
					delivery->moved.row);
		whole = mark != NULL;
	}
	piece.check = check;
	piece.mark = mark;
	if (check && whole) {
		delivery->piece = rows;
		pg_link_write(&store->link, store->writer, &piece, on_written, store);
	} else {
		pg_store_pause(store, "out of memory");
	}
	free(check);
	free(mark);
}

static bool load(struct pg_store *store, uint64_t now)
{
	struct pg_batch batch;

	if (pg_overflow_next(store, now))
		return pg_delivery_has_batch(store);
	if (store->open_rows == 0 || now < store->due)
		return false;
	pg_store_cut(store, &batch);
	pg_delivery_load(store, &batch, &store->mark, NULL);
	return true;
}

bool pg_delivery_step(struct pg_store *store, uint64_t now)
{
	struct pg_delivery *delivery = &store->delivery;

	if (!pg_delivery_has_batch(store))
		return inspect_doubted(store, now) || load(store, now);
	if (!store->session.marks && delivery->piece) {
		fail_unknown(store);
		return true;
	}
	if (store->session.marks && !delivery->mark->known) {
		read_mark(store);
		return true;
	}
	if (make(store, now) || inspect(store))
		return true;
	if (!fit(store))
		return false;
	if (pg_delivery_has_batch(store))
		write_piece(store);
	return true;
}

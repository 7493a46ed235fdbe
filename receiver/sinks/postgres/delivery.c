/*
 * How a batch gets to the server. First it is prepared (prepare.c). Then it is written: as a whole,
 * or, where something in it is refused (blame.c), in pieces, front to back, so that what is refused
 * is found and left out. Each piece is one transaction.
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
	delivery->fresh = spool != NULL;
	delivery->counted = false;
	delivery->left_out = 0;
	delivery->doubts = 0;
	delivery->refusal.table = NULL;
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
	delivery->doubts = 0;
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

void pg_delivery_fail(struct pg_store *store, uint64_t rows, const char *text)
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

/* How many of the batch's rows are done where its writer, or the note in its spool, is there. */
static uint64_t rows_done(const struct pg_batch *batch, uint64_t number, int64_t row)
{
	if (number < batch->number)
		return 0;
	if (number > batch->number || row < 0)
		return pg_batch_rows(batch);
	return pg_batch_before(batch, (uint64_t)row);
}

/*
 * What of a batch out of a spool was settled before: stored, as the mark says (if there are marks),
 * and counted, as the note does. What was refused behind the mark is in the note alone.
 */
static void skip_settled(struct pg_store *store)
{
	struct pg_delivery *delivery = &store->delivery;
	const struct spool_note note = delivery->spool->note;
	struct received *counts = &store->account->counts;
	uint64_t counted = rows_done(&delivery->batch, note.number, note.item), stored = 0;

	if (store->session.marks)
		stored = rows_done(&delivery->batch, (uint64_t)delivery->mark->batch,
				   delivery->mark->row);
	if (stored > counted) {
		counter_add(&counts->stored, stored - counted);
		counter_add(&counts->unspooled, stored - counted);
	}
	if (delivery->fresh && note.number == delivery->batch.number)
		delivery->left_out = note.left_out;
	delivery->counted = delivery->left_out > 0;
	delivery->fresh = false;
	pg_batch_drop_front(&delivery->batch, stored > counted ? stored : counted);
	delivery->size = pg_batch_size(&delivery->batch);
	pg_overflow_note(store);
}

/* It is known now how far the writer has got, and so what became of a piece without an answer. */
static void resolve(struct pg_store *store)
{
	struct pg_delivery *delivery = &store->delivery;
	uint64_t stored =
		rows_done(&delivery->batch, (uint64_t)delivery->mark->batch, delivery->mark->row);

	delivery->piece = 0;
	if (delivery->spool)
		skip_settled(store);
	else if (stored)
		settle_stored(store, stored, stored);
	finish_if_empty(store);
}

static void on_mark(void *owner, const struct pg_outcome *outcome)
{
	struct pg_store *store = owner;
	const struct pg_failure *failure = outcome->failure;

	if (!failure) {
		pg_mark_take(store->delivery.mark, outcome->result);
		if (store->delivery.mark->known)
			resolve(store);
		else
			pg_store_pause(store,
				       "table " PG_MARK_TABLE " does not show what is in it");
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

/* Without marks, it cannot be told whether the piece was committed. */
static void fail_unknown(struct pg_store *store)
{
	uint64_t rows = store->delivery.piece;

	store->delivery.piece = 0;
	pg_delivery_fail(store, rows, "the connection was lost before the server had answered");
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
		pg_blame(store, failure, rows, progress ? progress->parts : 0);
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
 * Fails by a division by zero where a table, by its name, is not what it was when its rows were
 * fitted: values of another type would be taken for something else. From the COPY on, the
 * transaction's own lock keeps it as it is.
 */
static char *check_sql(const char *schema, const struct pg_batch *batch, uint64_t parts)
{
	const struct pg_part *part = batch->first;
	struct pg_sql_text text;
	bool done = true;
	char *sql;

	if (!pg_sql_begin(&text))
		return NULL;
	fputs("SELECT 1 / (NOT EXISTS (SELECT FROM (VALUES ", text.out);
	for (uint64_t i = 0; i < parts && done; i++, part = part->next) {
		fprintf(text.out, "%s(%u, '%s', pg_catalog.to_regclass(", i ? "," : "",
			part->table->oid, part->table->version);
		done = pg_sql_put_table_literal(text.out, schema, part->table);
		fputs("))", text.out);
	}
	fprintf(text.out,
		") AS seen(oid, version, named) WHERE NOT EXISTS (SELECT FROM "
		"pg_catalog.pg_class AS c WHERE c.oid = seen.named AND c.oid = seen.oid AND "
		"(%s)::pg_catalog.text = seen.version)))::pg_catalog.int4",
		pg_sql_version);
	sql = pg_sql_end(&text);
	if (done)
		return sql;
	free(sql);
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
	char *check = check_sql(store->session.schema, batch, pg_batch_parts(batch, rows)),
	     *mark = NULL;
	bool whole = true;

	delivery->moved = *delivery->mark;
	delivery->moved.batch = (int64_t)batch->number;
	delivery->moved.row = rows == total ? -1 : (int64_t)pg_batch_ordinal(batch, rows);
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

	/* A record that could not be read is left out: there may be another one. */
	if (pg_overflow_next(store, now))
		return pg_delivery_has_batch(store) ||
		       (pg_link_is_idle(&store->link) && now >= store->pause_until);
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
		return pg_prepare_doubted(store, now) || load(store, now);
	if (!store->session.marks && delivery->piece) {
		fail_unknown(store);
		return true;
	}
	if (store->session.marks && !delivery->mark->known) {
		read_mark(store);
		return true;
	}
	if (delivery->fresh) {
		skip_settled(store);
		finish_if_empty(store);
		return true;
	}
	if (pg_prepare_step(store, now))
		return true;
	if (delivery->refusal.table)
		pg_blame_judge(store);
	if (!pg_prepare_fit(store))
		return false;
	finish_if_empty(store);
	if (pg_delivery_has_batch(store))
		write_piece(store);
	return true;
}

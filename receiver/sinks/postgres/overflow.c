/*
 * Batches on disk, with --on-full spool. Whatever is put there stands behind what is being
 * delivered: the batch at hand goes there first, and is dropped from disk when it is settled. So
 * a spool is in order, and whoever finds it goes on where its writer was.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/units.h"
#include "receiver/account.h"
#include "receiver/options.h"
#include "receiver/sinks/postgres/store.h"
#include "receiver/sinks/spool.h"

/* How often it is looked for spools that others have left behind. */
#define LOOK (2 * NS_PER_SECOND)
/* What the disk did not take is not tried again at once. */
#define TRY_AGAIN NS_PER_SECOND

static bool has_records(const struct spool *spool)
{
	return spool && spool->records > 0;
}

bool pg_overflow_waits(const struct pg_store *store)
{
	return has_records(store->overflow.own) || has_records(store->overflow.adopted);
}

static bool say_failure(struct pg_store *store, int error)
{
	struct pg_overflow *overflow = &store->overflow;

	overflow->retry_at = store->now + TRY_AGAIN;
	if (!overflow->said)
		message_error("could not spool to %s: %s", store->options->on_full.directory,
			      strerror(-error));
	overflow->said = true;
	return false;
}

/* Puts BATCH at the end of the worker's own spool. */
static bool append(struct pg_store *store, const struct pg_batch *batch)
{
	struct pg_rows bytes = { .data = NULL };
	struct spool_record record = { .number = batch->number, .items = pg_batch_rows(batch) };
	int error = -ENOMEM;

	if (pg_batch_encode(batch, &bytes)) {
		record.data = bytes.data;
		record.length = bytes.length;
		error = spool_append(store->overflow.own, &record);
	}
	pg_rows_free(&bytes);
	if (error)
		return say_failure(store, error);
	counter_add(&store->account->counts.spooled, record.items);
	store->overflow.said = false;
	return true;
}

static bool open_own(struct pg_store *store)
{
	struct pg_overflow *overflow = &store->overflow;

	if (!overflow->own)
		overflow->own = spool_create(store->options->on_full.directory, store->mark.writer);
	return overflow->own || say_failure(store, -errno);
}

/* The batch at hand, if it is in memory only. */
static bool append_delivery(struct pg_store *store)
{
	struct pg_delivery *delivery = &store->delivery;

	if (!pg_delivery_has_batch(store) || delivery->spool)
		return true;
	if (!append(store, &delivery->batch))
		return false;
	delivery->spool = store->overflow.own;
	return true;
}

static void append_open(struct pg_store *store)
{
	struct pg_batch batch = store->open;

	/* It has its number for good once it is on disk. */
	batch.number = store->number + 1;
	if (store->open_rows == 0 || !append(store, &batch))
		return;
	pg_store_cut(store, &batch);
	pg_batch_clear(&batch);
}

void pg_overflow_relieve(struct pg_store *store, bool all)
{
	size_t held = pg_store_held(store);
	bool much = held >= PG_ROOM || (held >= PG_ROOM / 2 && store->open_size >= PG_ROOM / 4);

	if (!all && (!much || store->now < store->overflow.retry_at))
		return;
	if (held == 0)
		return;
	if (open_own(store) && append_delivery(store))
		append_open(store);
}

static struct pg_table *find_table(void *context, const char *name, size_t length)
{
	const char *reason;

	return pg_tables_add(context, name, length, &reason);
}

/* What cannot be read is left out, and its rows are counted. */
static void leave_out(struct pg_store *store, struct spool *spool, const char *why)
{
	uint64_t before = spool->items, rows;

	spool_drop(spool);
	rows = before - spool->items;
	message_error("%s: %llu rows cannot be read: %s", spool->path, (unsigned long long)rows,
		      why);
	pg_store_failed(store, rows, "what was spooled could not be read");
	counter_add(&store->account->counts.unspooled, rows);
}

/* What was accepted once is not subject to limits again, which are each worker's own. */
static bool decode(struct pg_store *store, struct pg_batch *batch,
		   const struct spool_record *record, const char **why)
{
	const struct pg_catalog catalog = { .table = find_table, .context = &store->tables };
	const struct pg_shape kept = store->shape;
	bool done;

	store->shape.columns_max = PG_COLUMNS_MAX;
	store->shape.columns_left = UINT32_MAX;
	done = pg_batch_decode(batch, record->data, record->length, &catalog, why);
	store->shape.columns_max = kept.columns_max;
	store->shape.columns_left = kept.columns_left;
	return done;
}

static void load(struct pg_store *store, struct spool *spool, struct pg_mark *mark)
{
	struct pg_batch batch = { .number = 0 };
	struct spool_record record = { .number = 0 };
	const char *why = "its checksum is wrong";
	int error = spool_peek(spool, &record);

	if (error && error != -EBADMSG) {
		pg_store_pause(store, strerror(-error));
		return;
	}
	if (error == 0 && decode(store, &batch, &record, &why) && batch.first) {
		pg_delivery_load(store, &batch, mark, spool);
		/* How much of it was stored already, by who left it, its mark says. */
		if (spool == store->overflow.adopted)
			mark->known = false;
		return;
	}
	if (why == pg_batch_no_memory)
		pg_store_pause(store, why);
	else
		leave_out(store, spool, why);
}

static void adopt(struct pg_store *store, uint64_t now)
{
	struct pg_overflow *overflow = &store->overflow;
	struct spool *spool;
	uint64_t cut = 0;
	char rows[UNITS_TEXT];

	overflow->adopt_at = now + LOOK;
	spool = spool_adopt(store->options->on_full.directory, store->shape.layout->suffix, &cut);
	if (cut)
		message_warning("%llu bytes of spools in %s were not written whole",
				(unsigned long long)cut, store->options->on_full.directory);
	if (!spool)
		return;
	message_note("%s: %s rows were left behind, and are stored now", spool->path,
		     units_grouped(rows, spool->items));
	overflow->adopted = spool;
	overflow->adopted_mark = (struct pg_mark){ .row = -1 };
	snprintf(overflow->adopted_mark.writer, sizeof(overflow->adopted_mark.writer), "%s",
		 spool->id);
}

/* Its rows are stored: neither the file nor the mark is needed any more. */
static void end_adopted(struct pg_store *store)
{
	struct pg_overflow *overflow = &store->overflow;
	char *sql = pg_mark_sql_remove(store->session.schema, &overflow->adopted_mark);

	spool_close(overflow->adopted);
	overflow->adopted = NULL;
	overflow->adopt_at = 0;
	if (sql && store->session.marks)
		pg_link_query(&store->link, sql, NULL, NULL);
	free(sql);
}

bool pg_overflow_next(struct pg_store *store, uint64_t now)
{
	struct pg_overflow *overflow = &store->overflow;

	if (!store->options->on_full.directory)
		return false;
	if (!overflow->adopted && now >= overflow->adopt_at)
		adopt(store, now);
	if (overflow->adopted && !has_records(overflow->adopted))
		end_adopted(store);
	else if (overflow->adopted)
		load(store, overflow->adopted, &overflow->adopted_mark);
	else if (has_records(overflow->own))
		load(store, overflow->own, &store->mark);
	else
		return false;
	return true;
}

/* Whoever finds the spool is not to count again what was counted: the mark alone does not say. */
void pg_overflow_note(struct pg_store *store)
{
	const struct pg_batch *batch = &store->delivery.batch;
	struct spool_note note = { .number = batch->number,
				   .item = batch->first ? (int64_t)pg_batch_ordinal(batch, 0) : -1,
				   .left_out = store->delivery.left_out };

	spool_note(store->delivery.spool, &note);
}

void pg_overflow_settled(struct pg_store *store)
{
	spool_drop(store->delivery.spool);
}

void pg_overflow_close(struct pg_store *store)
{
	struct pg_overflow *overflow = &store->overflow;

	if (store->options->on_full.directory)
		pg_overflow_relieve(store, true);
	if (overflow->own)
		spool_close(overflow->own);
	if (overflow->adopted)
		spool_close(overflow->adopted);
	overflow->own = overflow->adopted = NULL;
}

/*
 * Who is to blame where the server refuses a piece: a table that was altered meanwhile, a table
 * that takes no rows, or a row, which is looked for by halves.
 */
#include <string.h>

#include "common/clock.h"
#include "receiver/sinks/postgres/store.h"

/* How long a table that let no rows in is left alone. */
#define BARRED NS_PER_SECOND
/* How often in a row tables are looked at again at once. */
#define DOUBTS 3

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
		pg_delivery_fail(store, 1, text);
	else
		store->delivery.limit = suspects > 1 ? suspects / 2 : 1;
}

/* The rows of the first part are not let in, whatever they hold. */
static void bar(struct pg_store *store, uint64_t rows, const char *text)
{
	struct pg_part *part = store->delivery.batch.first;

	part->table->barred_until = store->now + BARRED;
	pg_delivery_fail(store, part->rows.count < rows ? part->rows.count : rows, text);
}

/* All that the server has taken does not make a transaction. */
static void blame_whole(struct pg_store *store, const struct pg_failure *failure, uint64_t rows)
{
	struct pg_delivery *delivery = &store->delivery;

	/* A constraint that is looked at last; the check and the mark fail otherwise. */
	if (failure->trouble == PG_REFUSED && !failure->by_zero) {
		narrow(store, rows, rows, failure->text);
		return;
	}
	doubt(store);
	if (delivery->doubts++ >= DOUBTS)
		pg_store_pause(store,
			       failure->by_zero ? "tables change all the time" : failure->text);
}

void pg_blame(struct pg_store *store, const struct pg_failure *failure, uint64_t rows,
	      uint64_t parts)
{
	struct pg_delivery *delivery = &store->delivery;
	struct pg_part *part = delivery->batch.first;
	uint64_t before = 0;

	if (parts >= pg_batch_parts(&delivery->batch, rows)) {
		blame_whole(store, failure, rows);
		return;
	}
	for (; parts; parts--, part = part->next)
		before += part->rows.count;
	/* What comes before goes well on its own. */
	if (before) {
		delivery->limit = before;
		return;
	}
	if (failure->trouble == PG_BARRED) {
		bar(store, rows, failure->text);
		return;
	}
	delivery->refusal =
		(struct pg_refusal){ .table = part->table, .oid = part->table->oid, .rows = rows };
	delivery->refusal.failure = *failure;
	memcpy(delivery->refusal.version, part->table->version, sizeof(part->table->version));
	part->table->known = false;
}

void pg_blame_judge(struct pg_store *store)
{
	struct pg_refusal refusal = store->delivery.refusal;
	uint64_t count;

	store->delivery.refusal.table = NULL;
	if (refusal.oid != refusal.table->oid ||
	    strcmp(refusal.version, refusal.table->version) != 0)
		return;
	/* Another worker may have made anew what was dropped. */
	if (refusal.failure.trouble == PG_CHANGED) {
		if (store->delivery.doubts++ >= DOUBTS)
			bar(store, refusal.rows, refusal.failure.text);
		return;
	}
	count = store->delivery.batch.first->rows.count;
	narrow(store, refusal.rows, count < refusal.rows ? count : refusal.rows,
	       refusal.failure.text);
}

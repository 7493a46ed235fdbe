/* The PostgreSQL sink: lines become rows, rows batches. store.h says how it is made up. */
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"
#include "receiver/account.h"
#include "receiver/options.h"
#include "receiver/pool/privilege.h"
#include "receiver/sinks/postgres/conninfo.h"
#include "receiver/sinks/postgres/outage.h"
#include "receiver/sinks/postgres/store.h"
#include "receiver/sinks/postgres/template.h"
#include "receiver/sinks/sink.h"
#include "receiver/sinks/spool.h"

/* Of all tables together: some 70 bytes each. */
#define COLUMNS_MAX 65536
#define PAUSE_FIRST (100 * NS_PER_MS)
#define PAUSE_LAST  (5 * NS_PER_SECOND)
/* How long the end of a worker may wait for its mark to be removed. */
#define REMOVE_LIMIT NS_PER_SECOND
/* A table that a line did not fit is looked at again, not more often. */
#define LOOK_AGAIN NS_PER_SECOND

void pg_store_pause(struct pg_store *store, const char *why)
{
	uint64_t pause = store->pauses < 6 ? PAUSE_FIRST << store->pauses : PAUSE_LAST;

	store->pauses++;
	store->held_up = true;
	store->pause_until = store->now + (pause < PAUSE_LAST ? pause : PAUSE_LAST);
	outage_begin(store->outage, store->index, why);
}

void pg_store_wait_out(struct pg_store *store, const struct pg_failure *failure)
{
	/* The link sees to that, and session and marks are asked for again. */
	if (failure->trouble == PG_LOST)
		return;
	pg_store_pause(store, failure->text);
	/* Connecting again may find another server: see target_session_attrs. */
	if (failure->trouble == PG_STANDBY)
		pg_link_drop(&store->link, store->now);
}

void pg_store_goes_well(struct pg_store *store)
{
	if (!store->held_up)
		return;
	store->held_up = false;
	store->pauses = 0;
	outage_end(store->outage, store->index);
}

void pg_store_failed(struct pg_store *store, uint64_t rows, const char *text)
{
	if (outage_is_first(store->outage, OUTAGE_NOT_STORED))
		message_error("could not store %llu lines: %s", (unsigned long long)rows, text);
	account_store_error(store->account, rows, text);
}

size_t pg_store_held(const struct pg_store *store)
{
	return store->open_size + store->delivery.size;
}

void pg_store_cut(struct pg_store *store, struct pg_batch *batch)
{
	*batch = store->open;
	batch->number = ++store->number;
	for (struct pg_part *part = batch->first; part; part = part->next) {
		part->table->part = NULL;
		pg_rows_shrink(&part->rows);
	}
	store->open = (struct pg_batch){ .number = 0 };
	store->open_size = 0;
	store->open_rows = 0;
	store->due = UINT64_MAX;
}

static void reject(struct pg_store *store, enum pg_row_result why, const char *reason,
		   const char *line, size_t length)
{
	struct received *counts = &store->account->counts;
	uint64_t *counter;

	switch (why) {
	case PG_ROW_CONFLICT:
		counter = &counts->rejected_type_conflict;
		break;
	case PG_ROW_ENCODING:
		counter = &counts->rejected_encoding;
		break;
	case PG_ROW_LIMIT:
		counter = &counts->rejected_limit;
		break;
	default:
		pg_store_failed(store, 1, reason);
		return;
	}
	account_reject(store->account, counter, reason, 0, line, length);
}

static void count_row(struct pg_store *store, const struct pg_part *before, size_t size,
		      const struct pg_part *part)
{
	store->open_size += pg_part_size(part) - (part == before ? size : 0);
	store->open_rows++;
	if (store->due == UINT64_MAX)
		store->due = store->now + store->options->flush;
	if (store->open_rows >= store->options->batch_rows ||
	    store->open_size >= store->options->batch)
		store->due = 0;
	if (store->options->on_full.directory)
		pg_overflow_relieve(store, false);
}

static struct pg_table *find_table(struct pg_store *store, const struct lp_text *measurement,
				   const char **reason)
{
	char buffer[2 * PG_NAME_MAX];
	const char *name = measurement->at;
	size_t length = measurement->length;

	*reason = "the measurement is longer than 63 bytes";
	if (measurement->escaped && length <= sizeof(buffer)) {
		length = lp_unescape_measurement(buffer, *measurement);
		name = buffer;
	}
	return length <= PG_NAME_MAX ? pg_tables_find(&store->tables, name, length, reason) : NULL;
}

static void postgres_put(void *sink, const struct lp_point *point, const char *line, size_t length,
			 int64_t received)
{
	struct pg_store *store = sink;
	struct pg_when when = { .time = point->has_time ? point->time : received,
				.stamp = point->has_time && point->time > 0 ? (uint64_t)point->time
									    : 0,
				.received = received,
				.now = store->now };
	enum pg_row_result result = PG_ROW_LIMIT;
	const char *reason;
	struct pg_table *table;
	struct pg_part *part;
	size_t size;

	/* All lines of a burst came at the same time; the last service() may be long ago. */
	if (received != store->received) {
		store->received = received;
		store->now = when.now = clock_now();
	}
	if (store->options->on_full.what == ON_FULL_DROP && pg_store_held(store) >= PG_ROOM) {
		counter_add(&store->account->counts.dropped, 1);
		return;
	}
	table = find_table(store, &point->measurement, &reason);
	if (table) {
		part = table->part;
		size = part ? pg_part_size(part) : 0;
		result = pg_table_add_row(table, point, &when, &store->open, &reason);
	}
	if (result == PG_ROW_ADDED) {
		count_row(store, part, size, table->part);
		return;
	}
	reject(store, result, reason, line, length);
	/* Perhaps somebody has mended it: then nothing but a look will tell. */
	if (result == PG_ROW_CONFLICT && !store->doubted) {
		store->doubted = table;
		store->doubt_at = store->now + LOOK_AGAIN;
	}
}

static bool postgres_has_room(const void *sink)
{
	const struct pg_store *store = sink;

	return store->options->on_full.what == ON_FULL_DROP || pg_store_held(store) < PG_ROOM;
}

static struct sink_wait postgres_wait_for(const void *sink)
{
	return pg_link_wait_for(&((const struct pg_store *)sink)->link);
}

static uint64_t postgres_due(const void *sink)
{
	const struct pg_store *store = sink;
	uint64_t due = store->due;

	/* What the disk did not take is tried again there even without a server. */
	if (store->options->on_full.directory && !postgres_has_room(store) &&
	    store->overflow.retry_at > store->now)
		return clock_earlier(store->overflow.retry_at, pg_link_due(&store->link));
	if (!pg_link_is_idle(&store->link))
		return pg_link_due(&store->link);
	if (pg_delivery_has_batch(store) || !store->session.ready)
		due = 0;
	if (store->doubted)
		due = clock_earlier(due, store->doubt_at);
	if (store->options->on_full.directory)
		due = clock_earlier(due, store->overflow.adopt_at);
	return due > store->pause_until ? due : store->pause_until;
}

/* The connection may have been lost while nothing was done on it, or not have come about. */
static void note_loss(struct pg_store *store)
{
	const struct pg_link *link = &store->link;

	if (link->state != LINK_DOWN || link->attempts == 0)
		return;
	pg_session_lost(store);
	store->held_up = true;
	outage_begin(store->outage, store->index, link->failure.text);
}

static void postgres_service(void *sink, uint64_t now, bool ready)
{
	struct pg_store *store = sink;
	bool go_on = true;

	store->now = now;
	if (store->options->on_full.directory)
		pg_overflow_relieve(store, false);
	while (go_on) {
		pg_link_service(&store->link, now, ready);
		note_loss(store);
		ready = false;
		if (!pg_link_is_idle(&store->link) || now < store->pause_until)
			break;
		go_on = store->session.ready ? pg_delivery_step(store, now)
					     : pg_session_step(store);
	}
	if (!go_on && now >= store->pause_until)
		pg_store_goes_well(store);
}

static void postgres_flush(void *sink)
{
	struct pg_store *store = sink;

	if (store->open_rows)
		store->due = 0;
	postgres_service(sink, clock_now(), false);
}

/* With a spool, nothing need be waited for that cannot be stored now. */
static bool postgres_busy(const void *sink)
{
	const struct pg_store *store = sink;

	if (store->options->on_full.directory &&
	    (!store->session.ready || store->held_up || pg_overflow_waits(store)))
		return false;
	return store->open_rows > 0 || pg_delivery_has_batch(store);
}

/* At the end, what is left could not be stored. */
static void give_up(struct pg_store *store)
{
	uint64_t left = store->open_rows;

	if (!store->delivery.spool)
		left += pg_batch_rows(&store->delivery.batch);
	if (left)
		pg_store_failed(store, left, "not written before the end");
}

/* The mark of a worker that leaves nothing behind. If it stays, it does no harm. */
static void remove_mark(struct pg_store *store)
{
	uint64_t limit = clock_now() + REMOVE_LIMIT;
	char *sql;

	if (!pg_link_is_idle(&store->link) || !store->session.marks || !store->mark.known ||
	    pg_overflow_waits(store))
		return;
	sql = pg_mark_sql_remove(store->session.schema, &store->mark);
	if (sql)
		pg_link_query(&store->link, sql, NULL, NULL);
	free(sql);
	while (store->link.state == LINK_WAITING && clock_now() < limit) {
		struct sink_wait wait = pg_link_wait_for(&store->link);
		struct pollfd fds = { .fd = wait.fd, .events = wait.events };

		poll(&fds, 1, clock_timeout_ms(limit));
		pg_link_service(&store->link, clock_now(), fds.revents != 0);
	}
}

static void postgres_close(void *sink)
{
	struct pg_store *store = sink;

	remove_mark(store);
	pg_overflow_close(store);
	give_up(store);
	outage_leave(store->outage, store->index);
	pg_link_close(&store->link);
	pg_batch_clear(&store->open);
	pg_batch_clear(&store->delivery.batch);
	pg_tables_close(&store->tables);
	free(store->delivery.asked);
	free(store->session.schema);
	free(store);
}

/* Whether those who will run the workers may put spools where they are to be. */
static bool check_spool(const struct receive_options *options)
{
	struct identity user = { .user = geteuid(), .group = getegid() };

	if (options->user && !identity_find(&user, options->user))
		return false;
	return spool_check(options->on_full.directory, user.user, user.group);
}

/* Names and texts are UTF-8, and a name that the database cannot hold would stop everything. */
static bool check_encoding(const PGconn *connection)
{
	const char *encoding = PQparameterStatus(connection, "server_encoding");

	if (!encoding || strcmp(encoding, "UTF8") == 0 || strcmp(encoding, "SQL_ASCII") == 0)
		return true;
	message_error("the database has the encoding %s (expected UTF8)", encoding);
	message_hint("CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0");
	return false;
}

static bool postgres_prepare(const struct receive_options *options, void **shared)
{
	static struct pg_shared all;
	PGconn *connection;
	bool fit;

	all.template = pg_template_open(options->create_table);
	if (!all.template || (options->on_full.directory && !check_spool(options)))
		return false;
	connection = pg_connect_wait(options->database);
	if (!connection)
		return false;
	fit = check_encoding(connection);
	PQfinish(connection);
	all.outage = outage_open();
	if (!all.outage)
		message_error("out of memory");
	*shared = &all;
	return fit && all.outage;
}

static void *postgres_open(const struct sink_start *start)
{
	const struct receive_options *options = start->options;
	struct pg_store *store = calloc(1, sizeof(*store));

	if (!store || !pg_tables_open(&store->tables, &store->shape, options->max_tables)) {
		message_error("out of memory");
		free(store);
		return NULL;
	}
	store->options = options;
	store->account = start->account;
	store->outage = ((const struct pg_shared *)start->shared)->outage;
	store->template = ((const struct pg_shared *)start->shared)->template;
	store->index = start->index;
	store->due = UINT64_MAX;
	store->now = clock_now();
	store->delivery.limit = store->delivery.most = UINT64_MAX;
	store->writer = pg_writer_by_index(options->writer);
	store->shape = (struct pg_shape){ .layout = pg_layout_by_index(options->layout),
					  .conflict = (enum pg_conflict)options->on_type_conflict,
					  .ns = options->ns,
					  .provenance = options->provenance,
					  .columns_max = (uint32_t)options->max_columns,
					  .columns_left = COLUMNS_MAX,
					  .worker = (int64_t)start->index,
					  .cookie = (int64_t)start->cookie };
	/* Buffers of rows are taken and given back with each batch: not to the kernel each time. */
	mallopt(M_MMAP_THRESHOLD, (int)PG_ROOM);
	mallopt(M_TRIM_THRESHOLD, (int)PG_ROOM);
	/* A file that may not grow is an error like any other, not the end. */
	if (options->on_full.directory)
		signal(SIGXFSZ, SIG_IGN);
	outage_leave(store->outage, store->index);
	pg_mark_new(&store->mark, store->shape.layout->suffix);
	pg_link_open(&store->link, options->database);
	return store;
}

const struct sink_ops sink_postgres = {
	.waits = true,
	.prepare = postgres_prepare,
	.open = postgres_open,
	.put = postgres_put,
	.has_room = postgres_has_room,
	.wait_for = postgres_wait_for,
	.due = postgres_due,
	.service = postgres_service,
	.flush = postgres_flush,
	.busy = postgres_busy,
	.close = postgres_close,
};

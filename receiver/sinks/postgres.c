/*
 * The PostgreSQL sink: one connection per worker, a table per measurement, binary COPY.
 *
 * A table is inspected, and made or widened where columns are missing, when a line first asks for
 * it. Until the answer is there, its lines wait as text; then they become rows. The worker goes on
 * receiving all the while: everything here is queued on a pg_link.
 */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "receiver/options.h"
#include "receiver/sinks/pg_link.h"
#include "receiver/sinks/pg_table.h"
#include "receiver/sinks/pg_waiting.h"
#include "receiver/sinks/sink.h"
#include "receiver/account.h"

/*
 * What may wait in memory, in bytes: rows, texts and queued batches together. It is looked at
 * before each packet; one packet of the shortest lines for the widest table makes up to 36 MB of
 * rows.
 */
#define ROOM        ((size_t)8 << 20)
#define TABLES_MAX  1024
#define COLUMNS_MAX 65536 /* of all tables */
#define ROW_CELL    4     /* bytes of a row for a column that a line leaves out */
/* What could not be made is not asked for again at once. */
#define RETRY_AFTER NS_PER_SECOND
#define MAP_SLOTS   4096 /* a power of two, several times TABLES_MAX */

struct entry {
	struct sink *sink;
	struct pg_table *table;
	enum { ENTRY_NEW, ENTRY_ASKING, ENTRY_READY, ENTRY_BROKEN } state;
	bool created;      /* creating was tried since the last new column came up */
	bool said;         /* that something could not be made */
	uint64_t retry_at; /* clock_now() time */
	struct pg_waiting waiting;
	size_t charge; /* what the waiting lines may become, in held */
};

struct sink {
	const struct receive_options *options;
	struct account *account;
	struct pg_link link;
	char *schema; /* where tables are made, as SQL writes it */
	size_t held;  /* bytes in rows, and what waiting texts may become */
	size_t columns;
	uint64_t due; /* when rows must be written; UINT64_MAX: none wait */
	size_t entry_count;
	struct entry *last; /* the one that was used last */
	struct entry entries[TABLES_MAX];
	uint16_t map[MAP_SLOTS]; /* measurement -> entry + 1 */
};

static void ask(struct entry *entry);

static uint32_t hash_name(const char *name, size_t length)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	return hash;
}

static bool is_named(const struct entry *entry, const char *name, size_t length)
{
	return entry->table->name_length == length && memcmp(entry->table->name, name, length) == 0;
}

/* The entry of a measurement, made if need be. NULL with *REASON: there can be none. */
static struct entry *find_entry(struct sink *sink, const char *name, size_t length,
				const char **reason)
{
	uint32_t at = hash_name(name, length) & (MAP_SLOTS - 1);
	struct entry *entry;

	if (sink->last && is_named(sink->last, name, length))
		return sink->last;
	for (; sink->map[at]; at = (at + 1) & (MAP_SLOTS - 1)) {
		entry = &sink->entries[sink->map[at] - 1];
		if (is_named(entry, name, length))
			return sink->last = entry;
	}
	if (sink->entry_count == TABLES_MAX) {
		*reason = "there are as many measurements as there may be";
		return NULL;
	}
	entry = &sink->entries[sink->entry_count];
	*entry = (struct entry){ .sink = sink, .table = pg_table_new(sink->schema, name, length) };
	if (!entry->table) {
		*reason = "out of memory";
		return NULL;
	}
	sink->map[at] = (uint16_t)++sink->entry_count;
	return sink->last = entry;
}

static void reject(struct sink *sink, enum pg_row_result why, const char *reason,
		   const struct pg_waiting_line *line)
{
	struct received *counts = &sink->account->counts;
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
		account_store_error(sink->account, 1, "out of memory");
		return;
	}
	account_reject(sink->account, counter, reason, 0, line->text, line->length);
}

static void store_failed(struct sink *sink, uint64_t lines, const char *text)
{
	if (sink->account->store_error[0] == '\0')
		message_error("could not store %llu lines: %.*s", (unsigned long long)lines,
			      (int)strcspn(text, "\n"), text);
	account_store_error(sink->account, lines, text);
}

static void on_copied(struct pg_task *task, const PGresult *result, const char *error)
{
	struct sink *sink = task->owner;
	uint64_t rows = 0;

	if (result)
		rows = strtoull(PQcmdTuples((PGresult *)result), NULL, 10);
	sink->account->counts.stored += rows;
	sink->account->counts.batches += result != NULL;
	if (rows < task->rows)
		store_failed(sink, task->rows - rows, error ? error : "the server left rows out");
}

static bool submit(struct sink *sink, struct pg_task task)
{
	struct pg_task *copy = malloc(sizeof(*copy));

	if (!copy || !task.sql) {
		free(copy);
		free(task.sql);
		free(task.data);
		return false;
	}
	*copy = task;
	copy->owner = sink;
	pg_link_submit(&sink->link, copy);
	return true;
}

/* Queues the rows of a table as one COPY. */
static void write_rows(struct entry *entry)
{
	struct sink *sink = entry->sink;
	struct pg_rows *rows = &entry->table->rows;
	struct pg_task task = {
		.data = rows->data, .length = rows->length, .rows = rows->count, .done = on_copied
	};

	if (rows->count == 0)
		return;
	sink->held -= rows->length;
	if (pg_rows_end(rows)) {
		task.data = rows->data;
		task.length = rows->length;
		task.sql = pg_table_sql_copy(entry->table, sink->link.connection);
	}
	*rows = (struct pg_rows){ .data = NULL };
	pg_rows_shrink(&task.data, task.length);
	if (!submit(sink, task))
		store_failed(sink, task.rows, "out of memory");
}

static void wait_for_table(struct entry *entry, const struct lp_point *point,
			   const struct pg_waiting_line *line)
{
	struct sink *sink = entry->sink;
	const char *reason = "the tables have as many columns as they may have together";
	uint32_t columns = entry->table->column_count;
	size_t before = entry->waiting.length, charge, row;
	enum pg_row_result result = PG_ROW_LIMIT;

	if (sink->columns < COLUMNS_MAX)
		result = pg_table_learn(entry->table, point, &reason);
	sink->columns += entry->table->column_count - columns;
	if (entry->table->column_count > columns)
		entry->created = false;
	if (result == PG_ROW_ADDED && !pg_waiting_add(&entry->waiting, line))
		result = PG_ROW_NO_MEMORY;
	if (result != PG_ROW_ADDED) {
		reject(sink, result, reason, line);
		return;
	}
	charge = entry->waiting.length - before;
	row = (size_t)ROW_CELL * entry->table->column_count;
	if (charge < row)
		charge = row;
	entry->charge += charge;
	sink->held += charge;
	if (entry->state != ENTRY_ASKING)
		ask(entry);
}

static void add_row(struct entry *entry, const struct lp_point *point,
		    const struct pg_waiting_line *line)
{
	struct sink *sink = entry->sink;
	struct pg_rows *rows = &entry->table->rows;
	size_t before = rows->length;
	const char *reason = "";
	enum pg_row_result result =
		pg_table_add_row(entry->table, point,
				 point->has_time ? point->time : line->received, &reason);

	sink->held += rows->length - before;
	if (result == PG_ROW_NEW_COLUMNS && clock_now() < entry->retry_at) {
		account_store_error(sink->account, 1, "a column could not be made");
		return;
	}
	if (result == PG_ROW_NEW_COLUMNS) {
		/* The rows so far have the columns so far. */
		write_rows(entry);
		wait_for_table(entry, point, line);
		return;
	}
	if (result != PG_ROW_ADDED) {
		reject(sink, result, reason, line);
		return;
	}
	if (sink->due == UINT64_MAX)
		sink->due = clock_now() + sink->options->flush;
	if (rows->length >= sink->options->batch)
		write_rows(entry);
}

static void put_point(struct entry *entry, const struct lp_point *point,
		      const struct pg_waiting_line *line)
{
	if (entry->state == ENTRY_READY)
		add_row(entry, point, line);
	else if (entry->state == ENTRY_BROKEN && clock_now() < entry->retry_at)
		account_store_error(entry->sink->account, 1, "the table could not be made");
	else
		wait_for_table(entry, point, line);
}

/* The table is known, or known not to come: the lines that waited for it go their way. */
static void replay(struct entry *entry)
{
	static struct lp_point point;
	struct pg_waiting waiting = entry->waiting;
	struct pg_waiting_line line;
	size_t at = 0;

	entry->sink->held -= entry->charge;
	entry->charge = 0;
	entry->waiting = (struct pg_waiting){ .data = NULL };
	while (pg_waiting_next(&waiting, &at, &line)) {
		struct lp_cursor cursor;
		struct lp_error error;

		/* It was a point when it came. */
		lp_cursor_init(&cursor, line.text, line.length);
		lp_next(&cursor, &point, &error);
		put_point(entry, &point, &line);
	}
	pg_waiting_clear(&waiting);
}

/*
 * Something could not be made. A table that is there goes on without the columns that are not;
 * lines that need what is missing are store errors, until it is tried again.
 */
static void give_up(struct entry *entry, const char *error)
{
	struct sink *sink = entry->sink;
	uint32_t columns = entry->table->column_count;

	if (!entry->said)
		message_error("could not make table \"%s\" ready: %.*s", entry->table->name,
			      (int)strcspn(error, "\n"), error);
	entry->said = true;
	entry->retry_at = clock_now() + RETRY_AFTER;
	entry->state = pg_table_forget_missing(entry->table) ? ENTRY_READY : ENTRY_BROKEN;
	sink->columns -= columns - entry->table->column_count;
	replay(entry);
}

static void on_created(struct pg_task *task, const PGresult *result, const char *error)
{
	struct entry *entry = task->context;

	(void)result;
	if (error)
		give_up(entry, error);
	else
		ask(entry);
}

static void on_inspected(struct pg_task *task, const PGresult *result, const char *error)
{
	struct entry *entry = task->context;
	struct pg_task create = { .done = on_created, .context = entry };

	if (error) {
		give_up(entry, error);
	} else if (pg_table_inspected(entry->table, result)) {
		entry->state = ENTRY_READY;
		replay(entry);
	} else if (entry->created) {
		give_up(entry, "its columns did not appear");
	} else {
		entry->created = true;
		create.sql = pg_table_sql_create(entry->table, entry->sink->link.connection);
		if (!submit(entry->sink, create))
			give_up(entry, "out of memory");
	}
}

/* Which columns does the table have? */
static void ask(struct entry *entry)
{
	struct pg_task task = { .done = on_inspected, .context = entry };

	entry->state = ENTRY_ASKING;
	task.sql = pg_table_sql_inspect(entry->table, entry->sink->link.connection);
	if (!submit(entry->sink, task))
		give_up(entry, "out of memory");
}

static void postgres_put(void *opaque, const struct lp_point *point, const char *line,
			 size_t length, int64_t received)
{
	struct sink *sink = opaque;
	const struct lp_text *measurement = &point->measurement;
	char buffer[2 * PG_NAME_MAX];
	const char *name = measurement->at, *reason = "the measurement is longer than 63 bytes";
	size_t name_length = measurement->length;
	struct pg_waiting_line whole = { .text = line, .length = length, .received = received };
	struct entry *entry = NULL;

	if (measurement->escaped && name_length <= sizeof(buffer)) {
		name_length = lp_unescape_measurement(buffer, *measurement);
		name = buffer;
	}
	if (name_length <= PG_NAME_MAX)
		entry = find_entry(sink, name, name_length, &reason);
	if (entry)
		put_point(entry, point, &whole);
	else
		reject(sink, PG_ROW_LIMIT, reason, &whole);
}

static bool postgres_has_room(const void *opaque)
{
	const struct sink *sink = opaque;

	return sink->held + sink->link.bytes < ROOM;
}

static int postgres_wait_for(const void *opaque, short *events)
{
	const struct sink *sink = opaque;

	return pg_link_wait_for(&sink->link, events);
}

static uint64_t postgres_due(const void *opaque)
{
	const struct sink *sink = opaque;

	return sink->due;
}

static void postgres_flush(void *opaque)
{
	struct sink *sink = opaque;

	sink->due = UINT64_MAX;
	for (size_t i = 0; i < sink->entry_count; i++)
		write_rows(&sink->entries[i]);
	pg_link_service(&sink->link);
}

static void postgres_service(void *opaque, uint64_t now)
{
	struct sink *sink = opaque;

	/* Memory that many small batches fill is freed only by writing them. */
	if (now >= sink->due || sink->held >= ROOM / 2)
		postgres_flush(sink);
	else
		pg_link_service(&sink->link);
}

static bool postgres_busy(const void *opaque)
{
	const struct sink *sink = opaque;

	return sink->held > 0 || sink->link.head;
}

static void postgres_close(void *opaque)
{
	struct sink *sink = opaque;

	pg_link_close(&sink->link, "not written before the end");
	for (size_t i = 0; i < sink->entry_count; i++) {
		struct entry *entry = &sink->entries[i];
		uint64_t left = entry->table->rows.count + entry->waiting.lines;

		if (left)
			store_failed(sink, left, "not written before the end");
		pg_waiting_clear(&entry->waiting);
		pg_table_free(entry->table);
	}
	PQfreemem(sink->schema);
	free(sink);
}

/* The schema that unqualified names are made in, for good: search_path does not move tables. */
static char *current_schema(PGconn *connection)
{
	PGresult *result = PQexec(connection, "SELECT pg_catalog.current_schema()");
	char *schema = NULL;

	if (PQntuples(result) == 1 && !PQgetisnull(result, 0, 0))
		schema = PQescapeIdentifier(connection, PQgetvalue(result, 0, 0),
					    (size_t)PQgetlength(result, 0, 0));
	else
		message_error("the database has no schema to make tables in (see search_path)");
	PQclear(result);
	return schema;
}

static bool postgres_check(const struct receive_options *options)
{
	struct pg_link link;
	char *schema;

	if (!pg_link_open(&link, options->database))
		return false;
	schema = current_schema(link.connection);
	pg_link_close(&link, "");
	PQfreemem(schema);
	return schema != NULL;
}

static void *postgres_open(const struct receive_options *options, struct account *account)
{
	struct sink *sink = calloc(1, sizeof(*sink));

	if (!sink) {
		message_error("out of memory");
		return NULL;
	}
	sink->options = options;
	sink->account = account;
	sink->due = UINT64_MAX;
	if (!pg_link_open(&sink->link, options->database)) {
		free(sink);
		return NULL;
	}
	sink->schema = current_schema(sink->link.connection);
	if (!sink->schema) {
		postgres_close(sink);
		return NULL;
	}
	return sink;
}

const struct sink_ops sink_postgres = {
	.waits = true,
	.check = postgres_check,
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

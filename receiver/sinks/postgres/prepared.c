/*
 * The writers of prepared INSERTs, one for each row: prepared waits for each answer, pipeline does
 * not. For each part a statement is prepared, and its rows are executed; then come the check and
 * the mark. In a pipeline, all up to the synchronisation is one transaction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "receiver/sinks/postgres/batch.h"
#include "receiver/sinks/postgres/cells.h"
#include "receiver/sinks/postgres/sql.h"
#include "receiver/sinks/postgres/table.h"
#include "receiver/sinks/postgres/writer.h"

/*
 * Commands go into a pipeline in lots of so many, of which two are under way: neither the output,
 * which libpq keeps in memory, nor the answers add up, and the server does not wait either.
 */
#define LOT 128

/* In their order, with one PREPARE, and its ROWs, for each part. */
enum command { BEGIN, PREPARE, ROW, CHECK, MARK, COMMIT, ROLLBACK, NONE };

/* A place in this series. */
struct place {
	enum command command;
	const struct pg_part *part; /* at hand */
	uint64_t rows;              /* of it, from the one at hand on */
	uint64_t behind;            /* of the piece, in the parts behind it */
};

struct preparing {
	const struct pg_batch *batch;
	char *schema, *check, *mark;
	struct place next, answered; /* what is sent, and answered, next */
	uint64_t under_way;          /* commands that were sent and are not answered */
	const char *row;             /* the next one */
	struct pg_progress progress;
	bool failed, synced, done;

	/* The parameters of a row, as libpq takes them. */
	struct pg_cell cells[PG_COLUMNS_MAX];
	const char *values[PG_COLUMNS_MAX];
	int lengths[PG_COLUMNS_MAX], formats[PG_COLUMNS_MAX];
	Oid types[PG_COLUMNS_MAX];
};

static void enter_part(struct place *place, const struct pg_part *part)
{
	uint64_t left = place->behind;

	place->command = PREPARE;
	place->part = part;
	place->rows = part->rows.count < left ? part->rows.count : left;
	place->behind = left - place->rows;
}

static void advance(struct place *place, const struct pg_batch *batch)
{
	if (place->command == BEGIN)
		enter_part(place, batch->first);
	else if (place->command == ROW && --place->rows > 0)
		place->command = ROW;
	else if (place->command == ROW && place->behind > 0)
		enter_part(place, place->part->next);
	else
		place->command++;
}

static char *insert_sql(const struct preparing *preparing, const struct pg_part *part)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool failed;

	if (!out)
		return NULL;
	fputs("INSERT INTO ", out);
	pg_sql_put_table(out, preparing->schema, part->table);
	pg_sql_put_columns(out, part);
	fputs(" VALUES (", out);
	for (unsigned int i = 1; i <= part->column_count; i++)
		fprintf(out, "%s$%u", i > 1 ? "," : "", i);
	fputc(')', out);
	failed = ferror(out) != 0;
	if (fclose(out) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

static bool send_prepare(struct preparing *preparing, PGconn *connection)
{
	const struct pg_part *part = preparing->next.part;
	char *sql = insert_sql(preparing, part);
	bool sent;

	for (uint16_t i = 0; i < part->column_count; i++) {
		preparing->types[i] = pg_type_oid(part->columns[i].type);
		preparing->formats[i] = 1; /* binary */
	}
	preparing->row = part->rows.data;
	sent = sql && PQsendPrepare(connection, "", sql, part->column_count, preparing->types);
	free(sql);
	return sent;
}

static bool send_row(struct preparing *preparing, PGconn *connection)
{
	uint16_t count = preparing->next.part->column_count;

	preparing->row = pg_row_read(preparing->row, preparing->cells);
	for (uint16_t i = 0; i < count; i++) {
		preparing->values[i] = preparing->cells[i].data;
		preparing->lengths[i] = (int)preparing->cells[i].length;
	}
	return PQsendQueryPrepared(connection, "", count, preparing->values, preparing->lengths,
				   preparing->formats, 1);
}

/* What a pipeline takes too; there, a text is one statement. */
static bool send_text(PGconn *connection, const char *sql)
{
	return PQsendQueryParams(connection, sql, 0, NULL, NULL, NULL, NULL, 1);
}

static bool send_command(struct preparing *preparing, PGconn *connection)
{
	switch (preparing->next.command) {
	case BEGIN:
		return send_text(connection, "BEGIN");
	case PREPARE:
		return send_prepare(preparing, connection);
	case ROW:
		return send_row(preparing, connection);
	case CHECK:
		return send_text(connection, preparing->check);
	case MARK:
		return send_text(connection, preparing->mark);
	case COMMIT:
		return send_text(connection, "COMMIT");
	case ROLLBACK:
		return send_text(connection, "ROLLBACK");
	case NONE:
		break;
	}
	return false;
}

/* False: lost, or out of memory. */
static bool send_next(struct preparing *preparing, PGconn *connection)
{
	preparing->progress.sent |= preparing->next.command == COMMIT;
	if (!send_command(preparing, connection))
		return false;
	preparing->under_way++;
	advance(&preparing->next, preparing->batch);
	return true;
}

static void take_result(struct preparing *preparing, const PGresult *result)
{
	struct pg_progress *progress = &preparing->progress;
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		preparing->failed = true;
	} else if (preparing->answered.command == ROW) {
		progress->stored += strtoull(PQcmdTuples((PGresult *)result), NULL, 10);
		progress->parts += preparing->answered.rows == 1;
	}
}

static void preparing_free(void *writing)
{
	struct preparing *preparing = writing;

	free(preparing->schema);
	free(preparing->check);
	free(preparing->mark);
	free(preparing);
}

/* The texts of PIECE are copied. What is not to be asked is a SELECT of nothing. */
static struct preparing *preparing_new(const struct pg_piece *piece)
{
	struct preparing *preparing = calloc(1, sizeof(*preparing));

	if (!preparing)
		return NULL;
	preparing->batch = piece->batch;
	preparing->next.behind = preparing->answered.behind = piece->rows;
	preparing->schema = strdup(piece->schema);
	preparing->check = strdup(piece->check ? piece->check : "SELECT");
	preparing->mark = strdup(piece->mark ? piece->mark : "SELECT");
	if (preparing->schema && preparing->check && preparing->mark)
		return preparing;
	preparing_free(preparing);
	return NULL;
}

static bool preparing_done(const void *writing)
{
	return ((const struct preparing *)writing)->done;
}

static const struct pg_progress *preparing_progress(const void *writing)
{
	return &((const struct preparing *)writing)->progress;
}

static void *prepared_start(const struct pg_piece *piece, PGconn *connection)
{
	struct preparing *preparing = preparing_new(piece);

	if (preparing && !send_next(preparing, connection)) {
		preparing_free(preparing);
		preparing = NULL;
	}
	return preparing;
}

static enum pg_step prepared_result(void *writing, PGconn *connection, const PGresult *result)
{
	struct preparing *preparing = writing;

	if (result) {
		take_result(preparing, result);
		return PG_STEP_GO_ON;
	}
	/* Whether it went well or not, COMMIT is the end of the transaction. */
	preparing->done = preparing->answered.command >= COMMIT;
	if (preparing->done)
		return PG_STEP_GO_ON;
	advance(&preparing->answered, preparing->batch);
	if (preparing->failed)
		preparing->next.command = preparing->answered.command = ROLLBACK;
	return send_next(preparing, connection) ? PG_STEP_GO_ON : PG_STEP_LOST;
}

/* Whether all that can go before the synchronisation has gone. Behind an error, nothing can. */
static bool is_all(const struct preparing *preparing)
{
	return preparing->failed || preparing->next.command == COMMIT;
}

/* Without one or the other, the server may keep its answers to itself. */
static bool end_lot(struct preparing *preparing, PGconn *connection)
{
	if (!is_all(preparing))
		return PQsendFlushRequest(connection);
	preparing->synced = true;
	preparing->progress.sent = !preparing->failed;
	return PQpipelineSync(connection);
}

static bool fill_pipeline(struct preparing *preparing, PGconn *connection)
{
	while (!preparing->synced && preparing->under_way <= LOT) {
		for (unsigned int i = 0; i < LOT && !is_all(preparing); i++)
			if (!send_next(preparing, connection))
				return false;
		if (!end_lot(preparing, connection))
			return false;
	}
	return true;
}

static void *pipeline_start(const struct pg_piece *piece, PGconn *connection)
{
	struct preparing *preparing = preparing_new(piece);

	if (!preparing)
		return NULL;
	advance(&preparing->next, preparing->batch);
	advance(&preparing->answered, preparing->batch);
	if (PQenterPipelineMode(connection) && fill_pipeline(preparing, connection))
		return preparing;
	preparing_free(preparing);
	return NULL;
}

static enum pg_step pipeline_result(void *writing, PGconn *connection, const PGresult *result)
{
	struct preparing *preparing = writing;

	if (!result) {
		preparing->under_way--;
		advance(&preparing->answered, preparing->batch);
		return fill_pipeline(preparing, connection) ? PG_STEP_GO_ON : PG_STEP_LOST;
	}
	if (PQresultStatus(result) != PGRES_PIPELINE_SYNC) {
		take_result(preparing, result);
		return PG_STEP_GO_ON;
	}
	preparing->done = PQexitPipelineMode(connection);
	return preparing->done ? PG_STEP_GO_ON : PG_STEP_LOST;
}

const struct pg_writer pg_writer_prepared = {
	.name = "prepared",
	.rows_max = 1000,
	.start = prepared_start,
	.result = prepared_result,
	.done = preparing_done,
	.progress = preparing_progress,
	.free = preparing_free,
};

const struct pg_writer pg_writer_pipeline = {
	.name = "pipeline",
	.rows_max = 1000,
	.start = pipeline_start,
	.result = pipeline_result,
	.done = preparing_done,
	.progress = preparing_progress,
	.free = preparing_free,
};

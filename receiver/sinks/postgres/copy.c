/*
 * The writer of binary COPY: a COPY for each part, the check and the mark, all in one text. The
 * server takes the statements of one text as one transaction.
 */
#include <stdio.h>
#include <stdlib.h>

#include "receiver/sinks/postgres/batch.h"
#include "receiver/sinks/postgres/cells.h"
#include "receiver/sinks/postgres/sql.h"
#include "receiver/sinks/postgres/writer.h"

/* How much is handed to libpq before it must have left. */
#define CHUNK ((size_t)64 * 1024)

/*
 * What a COPY costs beside its rows grows with the square of their number, up to a thousand of
 * them: the server buffers so many, and remembers the same descriptor for each in a hash table
 * (src/backend/utils/resowner/resowner.c). So some hundreds of rows are cheaper in several COPYs,
 * and thousands in one.
 */
#define FEW_ROWS  200
#define MANY_ROWS 4000

struct copying {
	const struct pg_part *part; /* at hand */
	uint64_t taken;             /* rows of it, in COPYs that are done */
	uint64_t rows;              /* of the COPY at hand */
	const char *data;           /* of these rows */
	uint64_t left;              /* rows of the piece, from this COPY's on */
	size_t length, sent;        /* bytes of this COPY's rows */
	enum { COPY_HEADER, COPY_ROWS, COPY_TRAILER, COPY_END } stage;
	struct pg_progress progress;
	bool part_ends; /* with the COPY whose data were sent last */
	bool done;
};

/* How many of a part's ROWS, of which TAKEN are copied, the next COPY takes. */
static uint64_t copy_rows(uint64_t rows, uint64_t taken)
{
	uint64_t copies = rows >= MANY_ROWS ? 1 : rows / FEW_ROWS + 1;
	uint64_t most = rows / copies + 1;

	return rows - taken < most ? rows - taken : most;
}

static char *copy_sql(const struct pg_piece *piece)
{
	struct pg_sql_text text;
	uint64_t left = piece->rows;

	if (!pg_sql_begin(&text))
		return NULL;
	for (const struct pg_part *part = piece->batch->first; left > 0; part = part->next) {
		uint64_t rows = part->rows.count < left ? part->rows.count : left;

		left -= rows;
		for (uint64_t taken = 0; taken < rows; taken += copy_rows(rows, taken)) {
			fputs("COPY ", text.out);
			pg_sql_put_table(text.out, piece->schema, part->table);
			pg_sql_put_columns(text.out, part);
			fputs(" FROM STDIN (FORMAT binary);", text.out);
		}
	}
	fprintf(text.out, "%s;%s", piece->check, piece->mark ? piece->mark : "");
	return pg_sql_end(&text);
}

/* Rows of the part at hand that belong to the piece. */
static uint64_t part_rows(const struct copying *copying)
{
	uint64_t most = copying->taken + copying->left;

	return most < copying->part->rows.count ? most : copying->part->rows.count;
}

static void begin_copy(struct copying *copying)
{
	const struct pg_rows *all = &copying->part->rows;
	const char *end = all->data + all->length;

	copying->stage = COPY_HEADER;
	copying->sent = 0;
	copying->rows = copy_rows(part_rows(copying), copying->taken);
	if (copying->taken + copying->rows < all->count)
		end = pg_row_skip(copying->data, copying->rows);
	copying->length = (size_t)(end - copying->data);
}

static void begin_part(struct copying *copying, const struct pg_part *part)
{
	copying->part = part;
	copying->taken = 0;
	copying->data = part->rows.data;
	begin_copy(copying);
}

/* The next COPY, if there is one. */
static void end_copy(struct copying *copying)
{
	copying->left -= copying->rows;
	copying->taken += copying->rows;
	copying->data += copying->length;
	copying->progress.sent = copying->left == 0;
	if (copying->left == 0)
		return;
	if (copying->taken < copying->part->rows.count)
		begin_copy(copying);
	else
		begin_part(copying, copying->part->next);
}

static void *copy_start(const struct pg_piece *piece, PGconn *connection)
{
	struct copying *copying = calloc(1, sizeof(*copying));
	char *sql = copy_sql(piece);

	if (!copying || !sql || !PQsendQuery(connection, sql)) {
		free(copying);
		copying = NULL;
	} else {
		copying->left = piece->rows;
		begin_part(copying, piece->batch->first);
	}
	free(sql);
	return copying;
}

/* > 0: it was taken; 0: not now. */
static int put_rows(struct copying *copying, PGconn *connection)
{
	int taken = 1;

	while (copying->sent < copying->length && taken > 0) {
		size_t size = copying->length - copying->sent;

		if (PQflush(connection) == 1)
			return 0;
		size = size < CHUNK ? size : CHUNK;
		taken = PQputCopyData(connection, copying->data + copying->sent, (int)size);
		if (taken > 0)
			copying->sent += size;
	}
	return taken;
}

static int put_stage(struct copying *copying, PGconn *connection)
{
	switch (copying->stage) {
	case COPY_HEADER:
		return PQputCopyData(connection, pg_copy_header, PG_COPY_HEADER_SIZE);
	case COPY_ROWS:
		return put_rows(copying, connection);
	case COPY_TRAILER:
		return PQputCopyData(connection, pg_copy_trailer, sizeof(pg_copy_trailer));
	case COPY_END:
		break;
	}
	return PQputCopyEnd(connection, NULL);
}

static enum pg_step copy_data(void *writing, PGconn *connection)
{
	struct copying *copying = writing;

	for (;; copying->stage++) {
		int taken = put_stage(copying, connection);

		if (taken <= 0)
			return taken == 0 ? PG_STEP_WAIT : PG_STEP_LOST;
		if (copying->stage == COPY_END)
			break;
	}
	copying->part_ends = copying->taken + copying->rows == part_rows(copying);
	end_copy(copying);
	return PG_STEP_GO_ON;
}

static enum pg_step copy_result(void *writing, PGconn *connection, const PGresult *result)
{
	struct copying *copying = writing;

	(void)connection;
	copying->done = !result;
	if (!result)
		return PG_STEP_GO_ON;
	if (PQresultStatus(result) == PGRES_COPY_IN)
		return PG_STEP_WAIT;
	/* What returns rows are the check and the mark. */
	if (PQresultStatus(result) == PGRES_COMMAND_OK) {
		copying->progress.parts += copying->part_ends;
		copying->progress.stored += strtoull(PQcmdTuples((PGresult *)result), NULL, 10);
	}
	return PG_STEP_GO_ON;
}

static bool copy_done(const void *writing)
{
	return ((const struct copying *)writing)->done;
}

static const struct pg_progress *copy_progress(const void *writing)
{
	return &((const struct copying *)writing)->progress;
}

const struct pg_writer pg_writer_copy = {
	.name = "copy",
	.rows_max = UINT64_MAX,
	.start = copy_start,
	.data = copy_data,
	.result = copy_result,
	.done = copy_done,
	.progress = copy_progress,
	.free = free,
};

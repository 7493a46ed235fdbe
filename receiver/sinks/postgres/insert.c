/*
 * The writer of INSERT: one for each part, with its rows as literals, the check and the mark, all
 * in one text. The server takes the statements of one text as one transaction.
 */
#include <stdio.h>
#include <stdlib.h>

#include "receiver/sinks/postgres/batch.h"
#include "receiver/sinks/postgres/cells.h"
#include "receiver/sinks/postgres/sql.h"
#include "receiver/sinks/postgres/table.h"
#include "receiver/sinks/postgres/writer.h"

struct inserting {
	uint64_t parts; /* of the piece */
	struct pg_progress progress;
	bool done;
};

/* Its type is unknown (a literal's is), so it becomes what the column is. TEXT is for use. */
static bool put_cell(FILE *out, enum pg_type type, struct pg_cell cell, struct pg_rows *text)
{
	if (!cell.data) {
		fputs("NULL", out);
		return true;
	}
	text->length = 0;
	if (!pg_cell_text(text, type, cell))
		return false;
	pg_sql_put_literal(out, text->length ? text->data : "", text->length);
	return true;
}

/* The first ROWS of PART. False: out of memory. */
static bool put_rows(FILE *out, const struct pg_part *part, uint64_t rows, struct pg_rows *text)
{
	struct pg_cell cells[PG_COLUMNS_MAX];
	const char *at = part->rows.data;

	for (uint64_t row = 0; row < rows; row++) {
		at = pg_row_read(at, cells);
		for (uint16_t i = 0; i < part->column_count; i++) {
			fputs(i ? "," : row ? ",(" : "(", out);
			if (!put_cell(out, part->columns[i].type, cells[i], text))
				return false;
		}
		fputc(')', out);
	}
	return true;
}

/* Writes the statements, and counts the parts. False: out of memory. */
static bool put_piece(FILE *out, const struct pg_piece *piece, uint64_t *parts)
{
	struct pg_rows text = { .data = NULL };
	uint64_t left = piece->rows;
	bool done = true;

	for (const struct pg_part *part = piece->batch->first; left > 0 && done;
	     part = part->next) {
		uint64_t rows = part->rows.count < left ? part->rows.count : left;

		fputs("INSERT INTO ", out);
		pg_sql_put_table(out, piece->schema, part->table);
		pg_sql_put_columns(out, part);
		fputs(" VALUES ", out);
		done = put_rows(out, part, rows, &text);
		fputc(';', out);
		left -= rows;
		++*parts;
	}
	fprintf(out, "%s;%s", piece->check ? piece->check : "", piece->mark ? piece->mark : "");
	pg_rows_free(&text);
	return done;
}

static char *insert_sql(const struct pg_piece *piece, uint64_t *parts)
{
	struct pg_sql_text text;
	bool done;
	char *sql;

	if (!pg_sql_begin(&text))
		return NULL;
	done = put_piece(text.out, piece, parts);
	sql = pg_sql_end(&text);
	if (done)
		return sql;
	free(sql);
	return NULL;
}

static void *insert_start(const struct pg_piece *piece, PGconn *connection)
{
	struct inserting *inserting = calloc(1, sizeof(*inserting));
	char *sql = inserting ? insert_sql(piece, &inserting->parts) : NULL;

	if (!sql || !PQsendQuery(connection, sql)) {
		free(inserting);
		inserting = NULL;
	} else {
		inserting->progress.sent = true;
	}
	free(sql);
	return inserting;
}

static enum pg_step insert_result(void *writing, PGconn *connection, const PGresult *result)
{
	struct inserting *inserting = writing;
	struct pg_progress *progress = &inserting->progress;

	(void)connection;
	inserting->done = !result;
	/* What comes behind the parts is the check and the mark. */
	if (PQresultStatus(result) == PGRES_COMMAND_OK && progress->parts < inserting->parts) {
		progress->parts++;
		progress->stored += strtoull(PQcmdTuples((PGresult *)result), NULL, 10);
	}
	return PG_STEP_GO_ON;
}

static bool insert_done(const void *writing)
{
	return ((const struct inserting *)writing)->done;
}

static const struct pg_progress *insert_progress(const void *writing)
{
	return &((const struct inserting *)writing)->progress;
}

const struct pg_writer pg_writer_insert = {
	.name = "insert",
	.rows_max = 1000,
	.start = insert_start,
	.result = insert_result,
	.done = insert_done,
	.progress = insert_progress,
	.free = free,
};

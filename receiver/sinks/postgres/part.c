#include "receiver/sinks/postgres/part.h"
#include "receiver/sinks/postgres/table.h"

#include <stdlib.h>
#include <string.h>

#include "receiver/sinks/postgres/cells.h"

#define FIRST_STAMPS 64

struct pg_part *pg_part_new(struct pg_table *table, const struct pg_heading *columns,
			    uint16_t count)
{
	struct pg_part *part = calloc(1, sizeof(*part));

	if (!part)
		return NULL;
	part->columns = calloc(count ? count : 1, sizeof(*columns));
	if (!part->columns) {
		free(part);
		return NULL;
	}
	if (columns)
		memcpy(part->columns, columns, count * sizeof(*columns));
	part->table = table;
	part->column_count = count;
	return part;
}

void pg_part_free(struct pg_part *part)
{
	if (!part)
		return;
	pg_rows_free(&part->rows);
	free(part->stamps);
	free(part->ordinals);
	free(part->columns);
	free(part);
}

size_t pg_part_size(const struct pg_part *part)
{
	/* The names of the columns come twice, as SQL and in what is sent. */
	return sizeof(*part) + part->column_count * sizeof(struct pg_column) + part->rows.room +
	       part->stamp_room * sizeof(*part->stamps) +
	       (part->ordinals ? part->rows.count * sizeof(*part->ordinals) : 0);
}

static bool grow_stamps(struct pg_part *part)
{
	size_t room = part->stamp_room ? 2 * part->stamp_room : FIRST_STAMPS;
	uint64_t *stamps = realloc(part->stamps, room * sizeof(*stamps));

	if (!stamps)
		return false;
	part->stamps = stamps;
	part->stamp_room = room;
	return true;
}

bool pg_part_end_row(struct pg_part *part, uint64_t stamp)
{
	if (part->rows.count >= part->stamp_room && !grow_stamps(part))
		return false;
	part->stamps[part->rows.count++] = stamp;
	return true;
}

void pg_part_drop_front(struct pg_part *part, uint64_t count)
{
	struct pg_rows *rows = &part->rows;
	size_t bytes;

	if (count == 0)
		return;
	bytes = (size_t)(pg_row_skip(rows->data, count) - rows->data);
	rows->length -= bytes;
	rows->count -= count;
	memmove(rows->data, rows->data + bytes, rows->length);
	memmove(part->stamps, part->stamps + count, rows->count * sizeof(*part->stamps));
	if (part->ordinals)
		memmove(part->ordinals, part->ordinals + count,
			rows->count * sizeof(*part->ordinals));
}

/* What pg_part_fit() makes of a part. */
struct fitting {
	const struct pg_fit *fits;
	struct pg_part *from, *to;
	uint16_t *target;      /* of each column of FROM that is kept: which of TO's it becomes */
	uint16_t *source;      /* of each column of TO: whose value the row at hand takes */
	struct pg_cell *cells; /* of the row at hand */
	struct pg_left_out left_out;
};

#define NO_SOURCE UINT16_MAX

/* Finds the target of each column, and makes TO's headings, in the order of FROM. */
static bool plan_headings(struct fitting *fitting)
{
	struct pg_part *to = fitting->to;
	bool same = true;

	for (uint16_t i = 0; i < fitting->from->column_count; i++) {
		const struct pg_fit *fit = &fitting->fits[i];
		uint16_t at = 0;

		same &= fit->fate == PG_FIT_KEEP && fit->to.type == fitting->from->columns[i].type;
		if (fit->fate != PG_FIT_KEEP)
			continue;
		while (at < to->column_count && to->columns[at].column != fit->to.column)
			at++;
		if (at == to->column_count)
			to->columns[to->column_count++] = fit->to;
		fitting->target[i] = at;
	}
	return same && to->column_count == fitting->from->column_count;
}

enum verdict { FITS, FAILS, REJECTED };

/* Finds where each column of TO has its value from. */
static enum verdict choose_sources(struct fitting *fitting)
{
	enum verdict verdict = FITS;

	for (uint16_t i = 0; i < fitting->to->column_count; i++)
		fitting->source[i] = NO_SOURCE;
	for (uint16_t i = 0; i < fitting->from->column_count; i++) {
		uint16_t *source;

		if (!fitting->cells[i].data)
			continue;
		if (fitting->fits[i].fate == PG_FIT_REJECT)
			return REJECTED;
		if (fitting->fits[i].fate == PG_FIT_FAIL) {
			verdict = FAILS;
			continue;
		}
		source = &fitting->source[fitting->target[i]];
		if (*source != NO_SOURCE)
			return REJECTED;
		*source = i;
	}
	return verdict;
}

static bool write_row(const struct fitting *fitting)
{
	const struct pg_part *from = fitting->from;
	struct pg_part *to = fitting->to;
	bool done = pg_rows_start_row(&to->rows, to->column_count);

	for (uint16_t i = 0; i < to->column_count && done; i++) {
		uint16_t source = fitting->source[i];

		if (source == NO_SOURCE)
			done = pg_rows_null(&to->rows);
		else
			done = pg_cell_convert(&to->rows, from->columns[source].type,
					       fitting->cells[source], to->columns[i].type);
	}
	return done;
}

static bool write_rows(struct fitting *fitting)
{
	const struct pg_part *from = fitting->from;
	const char *at = from->rows.data;

	for (uint64_t i = 0; i < from->rows.count; i++) {
		enum verdict verdict;

		at = pg_row_read(at, fitting->cells);
		verdict = choose_sources(fitting);
		fitting->left_out.rejected += verdict == REJECTED;
		fitting->left_out.failed += verdict == FAILS;
		if (verdict != FITS)
			continue;
		if (!write_row(fitting) || !pg_part_end_row(fitting->to, from->stamps[i]))
			return false;
		/* It never moves to the back. */
		if (from->ordinals)
			from->ordinals[fitting->to->rows.count - 1] = from->ordinals[i];
	}
	return true;
}

/* Gives PART the headings of OTHER, and its rows where ROWS is set; OTHER gets PART's. */
static void swap(struct pg_part *part, struct pg_part *other, bool rows)
{
	struct pg_part old = *part;

	part->columns = other->columns;
	part->column_count = other->column_count;
	other->columns = old.columns;
	other->column_count = old.column_count;
	if (!rows)
		return;
	part->rows = other->rows;
	part->stamps = other->stamps;
	part->stamp_room = other->stamp_room;
	other->rows = old.rows;
	other->stamps = old.stamps;
	other->stamp_room = old.stamp_room;
}

static bool fit_part(struct fitting *fitting)
{
	bool same;

	fitting->to->column_count = 0;
	same = plan_headings(fitting);
	if (!same && !write_rows(fitting))
		return false;
	swap(fitting->from, fitting->to, !same);
	return true;
}

bool pg_part_fit(struct pg_part *part, const struct pg_fit *fits, struct pg_left_out *left_out)
{
	size_t count = part->column_count ? part->column_count : 1;
	struct fitting fitting = {
		.fits = fits,
		.from = part,
		.to = pg_part_new(part->table, part->columns, part->column_count),
		.target = calloc(count, sizeof(*fitting.target)),
		.source = calloc(count, sizeof(*fitting.source)),
		.cells = calloc(count, sizeof(*fitting.cells)),
	};
	bool done = fitting.to && fitting.target && fitting.source && fitting.cells &&
		    fit_part(&fitting);

	if (done) {
		left_out->rejected += fitting.left_out.rejected;
		left_out->failed += fitting.left_out.failed;
	}
	pg_part_free(fitting.to);
	free(fitting.target);
	free(fitting.source);
	free(fitting.cells);
	return done;
}

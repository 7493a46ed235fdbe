/* A template as it is kept: what template_read.c makes and template.c writes. */
#ifndef FAIRPORT_RECEIVER_POSTGRES_TEMPLATE_PIECES_H
#define FAIRPORT_RECEIVER_POSTGRES_TEMPLATE_PIECES_H

#include <stdbool.h>
#include <stddef.h>

enum pg_piece_kind {
	PG_PIECE_TEXT,
	PG_PIECE_SCHEMA,
	PG_PIECE_TABLE,
	PG_PIECE_COLUMNS,
	PG_PIECE_TIME,
	PG_PIECE_UNKNOWN
};

struct pg_piece {
	enum pg_piece_kind kind;
	bool escaped;   /* it stands in E'...': what is special there is doubled */
	const char *at; /* of a text */
	size_t length;
};

struct pg_template {
	char *text; /* owned, as the pieces; they refer to it */
	struct pg_piece *pieces;
	size_t count, room;
};

/* Takes the text, of LENGTH bytes, apart. False after saying what is wrong with template NAME. */
bool pg_template_read(struct pg_template *template, size_t length, const char *name);

#endif

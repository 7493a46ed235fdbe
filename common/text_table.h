/* A table of text: columns as wide as their widest cell, one of which gives way. */
#ifndef FAIRPORT_TEXT_TABLE_H
#define FAIRPORT_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_TABLE_COLUMNS 12
#define TEXT_CELL          48

struct text_column {
	const char *title; /* NULL ends the columns */
	bool left;         /* aligned left; else right */
	bool gives_way;    /* is cut where the table would be too wide */
	bool optional;     /* left out where every cell of it is empty */
};

struct text_row {
	char cells[TEXT_TABLE_COLUMNS][TEXT_CELL];
};

/* All zero but for COLUMNS is an empty table. */
struct text_table {
	const struct text_column *columns;
	struct text_row *rows;
	size_t count, room;
};

/*
 * Adds a row of empty cells. It is valid until the next one is added; NULL without memory: the
 * table is shorter then.
 */
struct text_row *text_table_add(struct text_table *table);

/* Exact up to nine digits, then shortened: "12.34G". */
void text_number(char cell[static TEXT_CELL], uint64_t value);

/* "12.3%"; empty where WHOLE is 0. */
void text_share(char cell[static TEXT_CELL], uint64_t part, uint64_t whole);

/* Prints titles and rows to standard output, WIDTH columns at most unless no column gives way. */
void text_table_print(const struct text_table *table, size_t width);

void text_table_free(struct text_table *table);

#endif

/*
 * float8 as PostgreSQL prints it: the fewest digits that read back as the same value, and of these
 * the nearest to it. lp_write_float() does so for line protocol, in another form where numbers are
 * large, and with another choice where two are as good.
 */
#ifndef FAIRPORT_RECEIVER_POSTGRES_FLOAT_TEXT_H
#define FAIRPORT_RECEIVER_POSTGRES_FLOAT_TEXT_H

#define PG_FLOAT_TEXT 32 /* "-1.7976931348623157e+308" and some */

/* VALUE is finite. Returns the byte behind the text, which is not terminated. */
char *pg_float_text(char to[static PG_FLOAT_TEXT], double value);

#endif

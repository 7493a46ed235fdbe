/* The command line of fairport-receive. */
#ifndef FAIRPORT_RECEIVER_OPTIONS_H
#define FAIRPORT_RECEIVER_OPTIONS_H

#include "common/openmetrics/listener.h"
#include "common/options.h"
#include "receiver/steering/policy.h"

enum receive_protocol { PROTOCOL_UDP, PROTOCOL_TCP };

/* What the time stamps of lines count. */
enum precision { PRECISION_NS, PRECISION_US, PRECISION_MS, PRECISION_S };

struct default_time {
	const char *text; /* NULL: not given */
	int64_t ns;       /* since 1970 */
};

/* What a new generation of workers receives on. */
enum handover {
	HANDOVER_REBIND,  /* sockets of its own, bound while the old ones still are */
	HANDOVER_INHERIT, /* the sockets of the old generation */
};

/* What becomes of lines when rows that wait for the server fill the memory there is for them. */
struct on_full {
	const char *text;
	enum { ON_FULL_BLOCK, ON_FULL_DROP, ON_FULL_SPOOL } what;
	const char *directory; /* of spools */
};

struct receive_options {
	const char *listen;   /* [ADDR:]PORT|SERVICE as given; NULL with sockets that were passed */
	const char *database; /* libpq conninfo */
	const char *json, *run;
	const char *control; /* path of the control socket */
	const char *user;    /* USER[:GROUP] */
	struct policy steer;
	struct openmetrics_address openmetrics;
	size_t protocol; /* enum receive_protocol */
	size_t model;    /* index into model_names */
	size_t engine;   /* index into receive_engine_names */
	size_t handover; /* enum handover */
	size_t sink;     /* index into sink_names */
	uint64_t workers;
	uint64_t rcvbuf;          /* bytes asked for per socket */
	uint64_t backlog;         /* connections that may wait to be accepted */
	uint64_t max_connections; /* open at once, per worker */
	uint64_t idle_timeout;    /* ns without a byte until a connection is closed */
	uint64_t drain;           /* ns that draining may take */
	uint64_t flush;           /* ns a row may wait */
	uint64_t batch;           /* bytes, and rows, that are enough for a transaction */
	uint64_t batch_rows;
	size_t layout;           /* index into pg_layout_names */
	size_t writer;           /* index into pg_writer_names */
	size_t on_type_conflict; /* enum pg_conflict */
	struct on_full on_full;
	const char *create_table; /* template: a file, or the name of one */
	uint64_t max_tables, max_columns;
	bool ns, provenance;
	struct default_time default_time; /* of lines without a time stamp */
	size_t precision;                 /* enum precision */
	bool strict;                      /* a packet with a bad line is bad as a whole */
	bool from_stdin;                  /* no pool, no socket */
	uint64_t duration, interval;      /* ns */
	int ready_fd;
	bool exclusive; /* EPOLLEXCLUSIVE on a shared socket */
	bool join;      /* a group that others hold */
	bool pin, incoming_cpu;
	bool quiet, verbose;
};

extern const struct program receive_program;
extern const char *const protocol_names[], *const handover_names[];

/* Reads the command line and checks what concerns more than one option. */
enum options_result receive_options_parse(struct receive_options *options, int argc, char **argv);

#endif

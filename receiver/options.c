#include "receiver/options.h"

#include <errno.h>
#include <string.h>

#include "common/units.h"
#include "receiver/engines/engine.h"
#include "receiver/models/model.h"
#include "receiver/pool/pool.h"
#include "receiver/sinks/postgres/table.h"
#include "receiver/sinks/postgres/writer.h"
#include "receiver/sinks/sink.h"

const char *const protocol_names[] = { "udp", "tcp", NULL };
const char *const handover_names[] = { "rebind", "inherit", NULL };
static const char *const pg_conflict_names[] = { "reject", "widen", "new-column", NULL };

static int on_full_parse(void *value, const char **expected)
{
	static const char spool[] = "spool:";
	struct on_full *on_full = value;

	*expected = "block, drop or spool:DIR";
	on_full->directory = NULL;
	if (strcmp(on_full->text, "block") == 0) {
		on_full->what = ON_FULL_BLOCK;
	} else if (strcmp(on_full->text, "drop") == 0) {
		on_full->what = ON_FULL_DROP;
	} else if (strncmp(on_full->text, spool, strlen(spool)) == 0 &&
		   on_full->text[strlen(spool)]) {
		on_full->what = ON_FULL_SPOOL;
		on_full->directory = on_full->text + strlen(spool);
	} else {
		return -EINVAL;
	}
	return 0;
}

static const char *const precision_names[] = { "ns", "us", "ms", "s", NULL };

static int default_time_parse(void *value, const char **expected)
{
	struct default_time *time = value;

	*expected = "ns since 1970, e.g. 1700000000000000000";
	return units_time(time->text, &time->ns);
}

#define ROW(member) .offset = offsetof(struct receive_options, member)

static const struct option_row rows[] = {
	{ .name = "protocol",
	  .letter = 'p',
	  .kind = OPTION_CHOICE,
	  ROW(protocol),
	  .choices = protocol_names,
	  .metavar = "udp|tcp",
	  .fallback = "udp",
	  .heading = "Pool",
	  .help = "lines in packets, or in streams" },
	{ .name = "model",
	  .letter = 'm',
	  .kind = OPTION_CHOICE,
	  ROW(model),
	  .choices = model_names,
	  .metavar = "MODEL",
	  .fallback = "reuseport",
	  .help = "reuseport: a socket for each worker; shared: all on\n"
		  "one socket; single: one worker; dispatcher (UDP):\n"
		  "one process reads and hands packets on; fdpass\n"
		  "(TCP): one accepts and hands connections on" },
	{ .name = "workers",
	  .letter = 'w',
	  .kind = OPTION_NUMBER,
	  ROW(workers),
	  .metavar = "N",
	  .least = 1,
	  .most = POOL_SLOTS,
	  .help = "worker processes (default: 4; 1 with model single)" },
	{ .name = "steer",
	  .kind = OPTION_PARSED,
	  ROW(steer),
	  .size = sizeof(struct policy),
	  .parse = policy_parse,
	  .metavar = "POLICY",
	  .fallback = "hash",
	  .help = "who gets what, with model reuseport: hash (the\n"
		  "kernel's), random, cpu; by eBPF, with privilege:\n"
		  "round-robin, weighted:W,.., least-queue, series,\n"
		  "consistent" },
	{ .name = "control",
	  .letter = 'c',
	  .kind = OPTION_TEXT,
	  ROW(control),
	  .metavar = "SOCKET",
	  .help = "take commands of fairport-control on this Unix\nsocket" },
	{ .name = "openmetrics",
	  .kind = OPTION_PARSED,
	  ROW(openmetrics),
	  .size = sizeof(struct openmetrics_address),
	  .parse = openmetrics_address_parse,
	  .metavar = "[ADDR:]PORT",
	  .help = "serve metrics over HTTP there, at /metrics; without\n"
		  "ADDR on 127.0.0.1" },
	{ .name = "handover",
	  .kind = OPTION_CHOICE,
	  ROW(handover),
	  .choices = handover_names,
	  .metavar = "HOW",
	  .fallback = "rebind",
	  .help = "what workers receive on after a restart: sockets of\n"
		  "their own (rebind) or those of the old (inherit)" },
	{ .name = "drain",
	  .kind = OPTION_DURATION,
	  ROW(drain),
	  .metavar = "DURATION",
	  .fallback = "5s",
	  .least = 1,
	  .help = "how long a worker that leaves may take for what is\n"
		  "queued and for connections that are open" },
	{ .name = "join",
	  .kind = OPTION_FLAG,
	  ROW(join),
	  .help = "share the port with a group that others hold" },
	{ .name = "user",
	  .letter = 'u',
	  .kind = OPTION_TEXT,
	  ROW(user),
	  .metavar = "USER[:GROUP]",
	  .help = "workers run as this user once the sockets are open" },
	{ .name = "pin", .kind = OPTION_FLAG, ROW(pin), .help = "worker i on the i-th CPU alone" },
	{ .name = "incoming-cpu",
	  .kind = OPTION_FLAG,
	  ROW(incoming_cpu),
	  .help = "packets that came in on a worker's CPU prefer its\n"
		  "socket (SO_INCOMING_CPU); with --pin" },
	{ .name = "duration",
	  .letter = 'd',
	  .kind = OPTION_DURATION,
	  ROW(duration),
	  .metavar = "DURATION",
	  .least = 1,
	  .help = "stop after this time (default: no limit)" },
	{ .name = "engine",
	  .letter = 'e',
	  .kind = OPTION_CHOICE,
	  ROW(engine),
	  .choices = receive_engine_names,
	  .metavar = "ENGINE",
	  .fallback = "auto",
	  .heading = "Receiving",
	  .help = "calls that packets are taken by: recvfrom, recvmmsg,\n"
		  "gro (trains of one flow in one piece; how long those\n"
		  "were that are dropped is not known), auto: recvmmsg" },
	{ .name = "rcvbuf",
	  .kind = OPTION_SIZE,
	  ROW(rcvbuf),
	  .metavar = "SIZE",
	  .fallback = "8MiB",
	  .least = 2048,
	  .most = 1u << 30,
	  .help = "receive buffer of each socket; the kernel may grant\n"
		  "less, which is said" },
	{ .name = "exclusive",
	  .kind = OPTION_FLAG,
	  ROW(exclusive),
	  .help = "model shared: wake one worker, not all\n"
		  "(EPOLLEXCLUSIVE)" },
	{ .name = "backlog",
	  .kind = OPTION_NUMBER,
	  ROW(backlog),
	  .metavar = "N",
	  .fallback = "4096",
	  .least = 1,
	  .most = 1u << 20,
	  .help = "TCP: connections that may wait to be accepted" },
	{ .name = "max-connections",
	  .kind = OPTION_COUNT,
	  ROW(max_connections),
	  .metavar = "N",
	  .fallback = "10k",
	  .least = 1,
	  .most = 1000000,
	  .help = "TCP: open at once, for each worker" },
	{ .name = "idle-timeout",
	  .kind = OPTION_DURATION,
	  ROW(idle_timeout),
	  .metavar = "DURATION",
	  .fallback = "1m",
	  .least = 1000000,
	  .help = "TCP: close a connection that was silent for so long" },
	{ .name = "stdin",
	  .kind = OPTION_FLAG,
	  ROW(from_stdin),
	  .heading = "Lines",
	  .help = "read a file or pipe on standard input: no address,\n"
		  "no pool" },
	{ .name = "precision",
	  .kind = OPTION_CHOICE,
	  ROW(precision),
	  .choices = precision_names,
	  .metavar = "ns|us|ms|s",
	  .fallback = "ns",
	  .help = "what the time stamps of lines count" },
	{ .name = "default-time",
	  .kind = OPTION_PARSED,
	  ROW(default_time),
	  .size = sizeof(struct default_time),
	  .parse = default_time_parse,
	  .metavar = "NS",
	  .help = "with --stdin, the time of lines that have none, in\n"
		  "ns since 1970 (default: when they are read)" },
	{ .name = "strict",
	  .kind = OPTION_FLAG,
	  ROW(strict),
	  .help = "one bad line, and all of its packet is rejected;\n"
		  "with --stdin all of the input, which may have 64 MiB" },
	{ .name = "sink",
	  .letter = 's',
	  .kind = OPTION_CHOICE,
	  ROW(sink),
	  .choices = sink_names,
	  .metavar = "SINK",
	  .fallback = "postgres",
	  .heading = "Storing",
	  .help = "postgres: rows, in a table per measurement; null:\n"
		  "lines are decoded and counted only; echo: they are\n"
		  "sent back in upper case; stdout, with --stdin: JSON,\n"
		  "a point a line" },
	{ .name = "database",
	  .kind = OPTION_TEXT,
	  ROW(database),
	  .metavar = "CONNINFO",
	  .secret = true,
	  .help = "libpq connection string or URI; what it leaves out\n"
		  "comes from PGHOST, PGDATABASE and so on" },
	{ .name = "layout",
	  .letter = 'l',
	  .kind = OPTION_CHOICE,
	  ROW(layout),
	  .choices = pg_layout_names,
	  .metavar = "LAYOUT",
	  .fallback = "typed",
	  .heading = "PostgreSQL",
	  .help = "typed: a column per tag and field; jsonb: columns\n_time, _tags and _fields" },
	{ .name = "create-table",
	  .kind = OPTION_TEXT,
	  ROW(create_table),
	  .metavar = "FILE",
	  .help = "SQL that makes a table, with {schema}, {table},\n"
		  "{columns}, {time}; or plain, unlogged, partitioned,\n"
		  "timescaledb, citus (default: plain)" },
	{ .name = "ns",
	  .kind = OPTION_FLAG,
	  ROW(ns),
	  .help = "also the time in ns, as a bigint: timestamptz has\nmicroseconds" },
	{ .name = "provenance",
	  .kind = OPTION_FLAG,
	  ROW(provenance),
	  .help = "with each row its worker, the cookie of the socket,\nand when it came" },
	{ .name = "on-type-conflict",
	  .kind = OPTION_CHOICE,
	  ROW(on_type_conflict),
	  .choices = pg_conflict_names,
	  .metavar = "WHAT",
	  .fallback = "reject",
	  .help = "a value not of its column's type: reject its line,\n"
		  "widen the column's type, or use a new-column" },
	{ .name = "max-tables",
	  .kind = OPTION_NUMBER,
	  ROW(max_tables),
	  .metavar = "N",
	  .fallback = "1024",
	  .least = 1,
	  .most = 100000,
	  .help = "measurements that a worker takes; lines of others\n"
		  "are rejected" },
	{ .name = "max-columns",
	  .kind = OPTION_NUMBER,
	  ROW(max_columns),
	  .metavar = "N",
	  .fallback = "1000",
	  .least = 8,
	  .most = PG_COLUMNS_MAX,
	  .help = "columns that a table may have; lines that need more\n"
		  "are rejected" },
	{ .name = "writer",
	  .kind = OPTION_CHOICE,
	  ROW(writer),
	  .choices = pg_writer_names,
	  .metavar = "WRITER",
	  .fallback = "copy",
	  .help = "how rows are written: copy (binary), or, slower,\n"
		  "insert (many rows a statement), prepared or\n"
		  "pipeline (a row each)" },
	{ .name = "on-full",
	  .kind = OPTION_PARSED,
	  ROW(on_full),
	  .size = sizeof(struct on_full),
	  .parse = on_full_parse,
	  .metavar = "WHAT",
	  .fallback = "block",
	  .help = "when the server cannot follow and memory is full:\n"
		  "block (the kernel queues, then drops), drop lines,\n"
		  "or spool:DIR (they wait in files there)" },
	{ .name = "flush",
	  .kind = OPTION_DURATION,
	  ROW(flush),
	  .metavar = "DURATION",
	  .fallback = "200ms",
	  .least = 1000000,
	  .help = "longest time a row waits for others" },
	{ .name = "batch",
	  .kind = OPTION_SIZE,
	  ROW(batch),
	  .metavar = "SIZE",
	  .fallback = "4MiB",
	  .least = 1024,
	  .most = 4u << 20,
	  .help = "so many bytes of rows do not wait for --flush" },
	{ .name = "batch-rows",
	  .kind = OPTION_COUNT,
	  ROW(batch_rows),
	  .metavar = "N",
	  .fallback = "100k",
	  .least = 1,
	  .most = 10000000,
	  .help = "neither do so many rows" },
	OPTIONS_RECORDS(struct receive_options),
	OPTION_INTERVAL(struct receive_options),
	OPTION_READY(struct receive_options),
	OPTIONS_MESSAGES(struct receive_options),
	OPTIONS_END,
};

const struct program receive_program = {
	.name = "fairport-receive",
	.summary = "takes line protocol on one port with a pool of workers.",
	.usage = "[ADDR:]PORT|SERVICE|--stdin [options]",
	.rows = rows,
	.examples = "  # four workers on all addresses, into the database of PGDATABASE\n"
		    "  fairport-receive 8089\n"
		    "  # one flow evened out, nothing stored, on a port the kernel chooses\n"
		    "  fairport-receive 127.0.0.1:0 --steer random --sink null --duration 10s\n"
		    "  # TCP, one accepter for eight workers, to be restarted and resized\n"
		    "  fairport-receive '[::1]:8089' -p tcp -m fdpass -w 8 -c /run/receive.ctl\n"
		    "  # what a file holds, a JSON object a point\n"
		    "  fairport-receive --stdin --sink stdout <lines.lp\n",
};

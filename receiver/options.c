#include "receiver/options.h"

#include <stdlib.h>
#include <string.h>

#include "receiver/engines/engine.h"
#include "receiver/models/model.h"
#include "receiver/pool/pool.h"
#include "receiver/sinks/sink.h"

const char *const protocol_names[] = { "udp", "tcp", NULL };
const char *const handover_names[] = { "rebind", "inherit", NULL };

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
	{ .name = "sink",
	  .letter = 's',
	  .kind = OPTION_CHOICE,
	  ROW(sink),
	  .choices = sink_names,
	  .metavar = "SINK",
	  .fallback = "postgres",
	  .heading = "Storing",
	  .help = "postgres: a table per measurement, typed columns;\n"
		  "null: lines are decoded and counted only; echo:\n"
		  "they are sent back in upper case" },
	{ .name = "database",
	  .kind = OPTION_TEXT,
	  ROW(database),
	  .metavar = "CONNINFO",
	  .secret = true,
	  .help = "libpq connection string or URI; what it leaves out\n"
		  "comes from PGHOST, PGDATABASE and so on" },
	{ .name = "flush",
	  .kind = OPTION_DURATION,
	  ROW(flush),
	  .metavar = "DURATION",
	  .fallback = "200ms",
	  .least = 1000000,
	  .help = "longest time a row waits to be written" },
	{ .name = "batch",
	  .kind = OPTION_SIZE,
	  ROW(batch),
	  .metavar = "SIZE",
	  .fallback = "256KiB",
	  .least = 1024,
	  .most = 4u << 20,
	  .help = "rows of a table are written when they are this large" },
	OPTIONS_RECORDS(struct receive_options),
	OPTION_INTERVAL(struct receive_options),
	OPTION_READY(struct receive_options),
	OPTIONS_MESSAGES(struct receive_options),
	OPTIONS_END,
};

const struct program receive_program = {
	.name = "fairport-receive",
	.summary = "takes line protocol on one port with a pool of workers.",
	.usage = "[ADDR:]PORT|SERVICE [options]",
	.rows = rows,
	.examples = "  # four workers on all addresses, into the database of PGDATABASE\n"
		    "  fairport-receive 8089\n"
		    "  # one flow evened out, nothing stored, on a port the kernel chooses\n"
		    "  fairport-receive 127.0.0.1:0 --steer random --sink null --duration 10s\n"
		    "  # TCP, one accepter for eight workers, to be restarted and resized\n"
		    "  fairport-receive '[::1]:8089' -p tcp -m fdpass -w 8 -c /run/receive.ctl\n",
};

static bool is_set(const char *const *names, size_t index, const char *name)
{
	return strcmp(names[index], name) == 0;
}

/* What belongs to one protocol or model. NULL, or why it does not fit. */
static const char *check_model(const struct receive_options *options, const struct model *model)
{
	bool tcp = options->protocol == PROTOCOL_TCP;

	if (tcp && !model->tcp)
		return "--model dispatcher is for UDP; for TCP, one process accepts with fdpass";
	if (!tcp && !model->udp)
		return "--model fdpass hands connections on: it goes with --protocol tcp";
	if (model->one_worker && options->workers > 1)
		return "--model single has one worker";
	if (options->steer.kind != POLICY_HASH && !model->member_each)
		return "--steer goes with --model reuseport: the others have one socket";
	if (options->join && !model->member_each)
		return "--join goes with --model reuseport: one socket shares its port with none";
	if (options->exclusive && !is_set(model_names, options->model, "shared"))
		return "--exclusive goes with --model shared";
	if (options->incoming_cpu && (!options->pin || !model->member_each))
		return "--incoming-cpu goes with --pin and --model reuseport";
	if (tcp && !is_set(receive_engine_names, options->engine, "auto"))
		return "--engine is for UDP";
	if (is_set(sink_names, options->sink, "echo") && !tcp && model->front)
		return "--sink echo: workers behind a dispatcher do not know the senders";
	return NULL;
}

enum options_result receive_options_parse(struct receive_options *options, int argc, char **argv)
{
	int first;
	enum options_result result = options_parse(&receive_program, options, argc, argv, &first);
	const struct model *model;
	const char *unfit;

	if (result != OPTIONS_RUN)
		return result;
	if (argc - first > 1)
		return options_refuse(&receive_program, "unexpected argument \"%s\"",
				      argv[first + 1]);
	if (options->database && !is_set(sink_names, options->sink, "postgres"))
		return options_refuse(&receive_program, "--database goes with --sink postgres");
	model = model_by_index(options->model);
	unfit = check_model(options, model);
	if (options->workers == 0)
		options->workers = model->one_worker ? 1 : 4;
	if (!unfit)
		unfit = policy_unfit(&options->steer, options->workers,
				     options->protocol == PROTOCOL_TCP);
	if (unfit)
		return options_refuse(&receive_program, "%s", unfit);
	options->listen = argc > first ? argv[first] : NULL;
	if (!options->listen && !getenv("LISTEN_FDS"))
		return options_refuse(&receive_program,
				      "what to listen on is missing (expected [ADDR:]PORT)");
	return OPTIONS_RUN;
}

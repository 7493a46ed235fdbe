#include "receiver/options.h"

#include <string.h>

#include "receiver/sink.h"

#define ROW(member) .offset = offsetof(struct receive_options, member)

static const struct option_row rows[] = {
	{ .name = "workers",
	  .letter = 'w',
	  .kind = OPTION_NUMBER,
	  ROW(workers),
	  .metavar = "N",
	  .fallback = "4",
	  .least = 1,
	  .most = 512,
	  .heading = "Pool",
	  .help = "worker processes, each with one SO_REUSEPORT socket" },
	{ .name = "rcvbuf",
	  .kind = OPTION_SIZE,
	  ROW(rcvbuf),
	  .metavar = "SIZE",
	  .fallback = "8MiB",
	  .least = 2048,
	  .most = 1u << 30,
	  .help = "receive buffer of each socket; the kernel may grant\nless, which is said" },
	{ .name = "duration",
	  .letter = 'd',
	  .kind = OPTION_DURATION,
	  ROW(duration),
	  .metavar = "DURATION",
	  .least = 1,
	  .help = "stop after this time (default: no limit)" },
	{ .name = "sink",
	  .letter = 's',
	  .kind = OPTION_CHOICE,
	  ROW(sink),
	  .choices = sink_names,
	  .metavar = "SINK",
	  .fallback = "postgres",
	  .heading = "Storing",
	  .help = "postgres: a table per measurement, typed columns;\n"
		  "null: lines are decoded and counted only" },
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
	.summary = "takes line protocol on one UDP port with a pool of workers.",
	.usage = "[ADDR:]PORT|SERVICE [options]",
	.rows = rows,
	.examples = "  # four workers on all addresses, into the database of PGDATABASE\n"
		    "  fairport-receive 8089\n"
		    "  # a database by its URI, eight workers, records for later analysis\n"
		    "  fairport-receive '[::1]:8089' -w 8 --database postgresql://db/metrics \\\n"
		    "      --json receive.ndjson\n"
		    "  # no database: only decode and count, on a port the kernel chooses\n"
		    "  fairport-receive 127.0.0.1:0 --sink null --duration 10s\n",
};

enum options_result receive_options_parse(struct receive_options *options, int argc, char **argv)
{
	int first;
	enum options_result result = options_parse(&receive_program, options, argc, argv, &first);

	if (result != OPTIONS_RUN)
		return result;
	if (argc - first < 1)
		return options_refuse(&receive_program,
				      "what to listen on is missing (expected [ADDR:]PORT)");
	if (argc - first > 1)
		return options_refuse(&receive_program, "unexpected argument \"%s\"",
				      argv[first + 1]);
	if (options->database && strcmp(sink_names[options->sink], "postgres") != 0)
		return options_refuse(&receive_program, "--database goes with --sink postgres");
	options->listen = argv[first];
	return OPTIONS_RUN;
}

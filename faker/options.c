#include "faker/options.h"

#include <stdint.h>

#include "common/rng.h"
#include "faker/source.h"

static const struct option_row rows[] = {
	{ .name = "source",
	  .letter = 's',
	  .kind = OPTION_CHOICE,
	  .offset = offsetof(struct fake_options, source),
	  .choices = source_names,
	  .metavar = "STRATEGY",
	  .fallback = "fixed",
	  .heading = "Traffic",
	  .help = "fixed: one socket sends everything, one flow;\n"
		  "per-packet: a new socket, and so a new source port,\nfor each packet" },
	{ .name = "source-addr",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct fake_options, source_addr),
	  .metavar = "ADDR[/BITS]",
	  .help = "send from this address, or from random addresses of\n"
		  "this range (127.0.0.0/16), which the host must own" },
	{ .name = "count",
	  .letter = 'n',
	  .kind = OPTION_COUNT,
	  .offset = offsetof(struct fake_options, count),
	  .metavar = "N",
	  .least = 1,
	  .help = "packets to send (default: no limit)" },
	{ .name = "duration",
	  .letter = 'd',
	  .kind = OPTION_DURATION,
	  .offset = offsetof(struct fake_options, duration),
	  .metavar = "DURATION",
	  .least = 1,
	  .help = "stop after this time (default: no limit)" },
	{ .name = "rate",
	  .letter = 'r',
	  .kind = OPTION_RATE,
	  .offset = offsetof(struct fake_options, rate),
	  .metavar = "RATE",
	  .fallback = "max",
	  .help = "packets per second, on a fixed schedule" },
	{ .name = "lines",
	  .letter = 'l',
	  .kind = OPTION_COUNT,
	  .offset = offsetof(struct fake_options, lines),
	  .metavar = "N",
	  .fallback = "1",
	  .least = 1,
	  .most = 1000,
	  .help = "lines of line protocol per packet" },
	{ .name = "seed",
	  .kind = OPTION_NUMBER,
	  .offset = offsetof(struct fake_options, seed),
	  .metavar = "N",
	  .least = 1,
	  .most = INT64_MAX, /* what JSON readers take */
	  .help = "seed of all random choices (default: a new one)" },
	{ .name = "allow-public",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct fake_options, allow_public),
	  .help = "send to addresses that are not loopback or private" },
	OPTIONS_RECORDS(struct fake_options),
	OPTION_INTERVAL(struct fake_options),
	OPTIONS_MESSAGES(struct fake_options),
	OPTIONS_END,
};

const struct program fake_program = {
	.name = "fairport-fake",
	.summary = "sends InfluxDB line protocol over UDP from chosen source sockets.",
	.usage = "HOST:PORT [options]",
	.rows = rows,
	.examples = "  # one source socket: with SO_REUSEPORT, all packets reach one worker\n"
		    "  fairport-fake 127.0.0.1:8089 --source fixed --count 200k --rate 20k\n"
		    "  # a new source port for each packet: the workers share evenly\n"
		    "  fairport-fake 127.0.0.1:8089 --source per-packet --count 200k --rate 20k\n"
		    "  # as fast as it goes for ten seconds, eight lines a packet, with records\n"
		    "  fairport-fake '[::1]:8089' --duration 10s --lines 8 --json "
		    "fake.ndjson\n",
};

enum options_result fake_options_parse(struct fake_options *options, int argc, char **argv)
{
	int first;
	enum options_result result = options_parse(&fake_program, options, argc, argv, &first);

	if (result != OPTIONS_RUN)
		return result;
	if (argc - first < 1)
		return options_refuse(&fake_program,
				      "where to send is missing (expected HOST:PORT)");
	if (argc - first > 1)
		return options_refuse(&fake_program, "unexpected argument \"%s\"", argv[first + 1]);
	options->target = argv[first];
	if (options->seed == 0)
		options->seed = rng_fresh_seed() | 1;
	return OPTIONS_RUN;
}

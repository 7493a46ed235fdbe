#include "faker/options.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/clock.h"
#include "common/rng.h"
#include "common/units.h"
#include "faker/lines/dataset.h"
#include "faker/engines/engine.h"
#include "faker/packet.h"

static const char *const protocol_names[] = { "udp", "tcp", NULL };
static const char *const precision_names[] = { "ns", "us", "ms", "s", NULL };

static int parse_timestamps(void *parsed, const char **expected)
{
	struct timestamps_option *option = parsed;

	*expected = "now, step:DURATION as in step:10ms, up to 1h, or none";
	if (strcmp(option->text, "now") == 0)
		option->kind = TIMESTAMPS_NOW;
	else if (strcmp(option->text, "none") == 0)
		option->kind = TIMESTAMPS_NONE;
	else if (strncmp(option->text, "step:", 5) == 0)
		option->kind = TIMESTAMPS_STEP;
	else
		return -EINVAL;
	if (option->kind == TIMESTAMPS_STEP &&
	    (units_duration(option->text + 5, &option->step) != 0 ||
	     option->step > 3600 * NS_PER_SECOND))
		return -EINVAL;
	return 0;
}

static int parse_echo(void *parsed, const char **expected)
{
	*expected = "upper";
	return strcmp(*(const char *const *)parsed, "upper") == 0 ? 0 : -EINVAL;
}

#define PARSED(member, function)                                                                   \
	.kind = OPTION_PARSED, .offset = offsetof(struct fake_options, member),                    \
	.size = sizeof(((struct fake_options *)0)->member), .parse = (function)

static const struct option_row rows[] = {
	{ .name = "source",
	  .letter = 's',
	  PARSED(source, source_parse),
	  .metavar = "STRATEGY",
	  .fallback = "fixed",
	  .heading = "Sources",
	  .help = "fixed: one socket sends everything, one flow;\n"
		  "per-packet: a new source port for each packet;\n"
		  "pool:K: K sockets; rotate:N, rotate:DURATION: a new\n"
		  "socket every N packets or so often; list:FILE: the\n"
		  "addresses and ports of a file" },
	{ .name = "source-addr",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct fake_options, source_addr),
	  .metavar = "ADDR[/BITS]",
	  .help = "send from this address, or from many addresses of\n"
		  "this range (127.0.0.0/16), which the host must own" },
	{ .name = "popularity",
	  PARSED(popularity, popularity_parse),
	  .metavar = "KIND",
	  .fallback = "in-turn",
	  .help = "which source of a pool or list sends: in-turn,\n"
		  "uniform, zipf:S, or elephant:SHARE (the share of the\n"
		  "first one)" },
	{ .name = "protocol",
	  .letter = 'p',
	  .kind = OPTION_CHOICE,
	  .offset = offsetof(struct fake_options, protocol),
	  .choices = protocol_names,
	  .metavar = "udp|tcp",
	  .fallback = "udp",
	  .help = "with tcp, sources are connections" },
	{ .name = "engine",
	  .letter = 'e',
	  .kind = OPTION_CHOICE,
	  .offset = offsetof(struct fake_options, engine),
	  .choices = engine_names,
	  .metavar = "ENGINE",
	  .fallback = "auto",
	  .help = "how packets are sent: sendto, sendmmsg, gso\n"
		  "(UDP_SEGMENT), raw (own headers, CAP_NET_RAW); auto:\n"
		  "the fastest that keeps the strategy's meaning" },
	{ .name = "threads",
	  .letter = 't',
	  .kind = OPTION_COUNT,
	  .offset = offsetof(struct fake_options, threads),
	  .metavar = "N",
	  .fallback = "1",
	  .least = 1,
	  .most = 256,
	  .help = "threads that send" },
	{ .name = "allow-public",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct fake_options, allow_public),
	  .help = "send to addresses that are not loopback or private" },

	{ .name = "count",
	  .letter = 'n',
	  .kind = OPTION_COUNT,
	  .offset = offsetof(struct fake_options, count),
	  .metavar = "N",
	  .least = 1,
	  .most = 1ull << 50,
	  .heading = "Pace",
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
	  PARSED(rate, rate_parse),
	  .metavar = "RATE",
	  .fallback = "max",
	  .help = "packets per second, on a fixed schedule; 10k..500k:\n"
		  "a ramp over --duration or --count" },
	{ .name = "arrivals",
	  PARSED(arrivals, arrivals_parse),
	  .metavar = "PROCESS",
	  .fallback = "constant",
	  .help = "constant, poisson, or burst:N (N at a time, all from\n"
		  "one source of a pool)" },
	{ .name = "start-at",
	  PARSED(start_at, start_parse),
	  .metavar = "TIME",
	  .help = "wait for 2026-01-31T12:00:00Z or @1769860800, so\n"
		  "that many hosts start together" },
	{ .name = "seed",
	  .kind = OPTION_NUMBER,
	  .offset = offsetof(struct fake_options, seed),
	  .metavar = "N",
	  .least = 1,
	  .most = INT64_MAX, /* what JSON readers take */
	  .help = "seed of all random choices (default: a new one)" },

	{ .name = "schema",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct fake_options, schema),
	  .metavar = "NAME|FILE",
	  .heading = "Data",
	  .help = "what lines are made of: host (default), cpu, web,\n"
		  "sensor, or a schema file" },
	{ .name = "series",
	  .kind = OPTION_COUNT,
	  .offset = offsetof(struct fake_options, series),
	  .metavar = "N",
	  .least = 1,
	  .most = 100000000,
	  .help = "different series (default: all of the schema)" },
	{ .name = "lines",
	  .letter = 'l',
	  .kind = OPTION_COUNT,
	  .offset = offsetof(struct fake_options, lines),
	  .metavar = "N",
	  .least = 1,
	  .most = 1000,
	  .help = "lines per packet (default: 1; with --packet-size as\n"
		  "many as fit)" },
	{ .name = "packet-size",
	  .kind = OPTION_SIZE,
	  .offset = offsetof(struct fake_options, packet_size),
	  .metavar = "BYTES",
	  .least = 16,
	  .most = DATAGRAM_MAX,
	  .help = "fill packets to exactly this size with line feeds" },
	{ .name = "invalid",
	  .kind = OPTION_SHARE,
	  .offset = offsetof(struct fake_options, invalid),
	  .metavar = "SHARE",
	  .fallback = "0",
	  .help = "make this share of the lines wrong: 0.01, 1%" },
	{ .name = "sequence",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct fake_options, sequence),
	  .help = "add integer fields \"sender\" and \"sequence\"" },
	{ .name = "sender",
	  .kind = OPTION_NUMBER,
	  .offset = offsetof(struct fake_options, sender),
	  .metavar = "N",
	  .least = 1,
	  .most = 1ull << 53,
	  .help = "sender of the first thread (default: from the seed)" },
	{ .name = "timestamps",
	  PARSED(timestamps, parse_timestamps),
	  .metavar = "KIND",
	  .help = "now (default), step:DURATION (from 2025-01-01 on),\n"
		  "or none" },
	{ .name = "precision",
	  .kind = OPTION_CHOICE,
	  .offset = offsetof(struct fake_options, precision),
	  .choices = precision_names,
	  .metavar = "ns|us|ms|s",
	  .fallback = "ns",
	  .help = "unit of the time stamps" },
	{ .name = "replay",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct fake_options, replay),
	  .metavar = "FILE",
	  .help = "send recorded lines instead (-: standard input)" },
	{ .name = "loop",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct fake_options, loop),
	  .help = "replay again and again" },
	{ .name = "dry-run",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct fake_options, dry_run),
	  .help = "print the lines, send nothing; needs no HOST:PORT" },

	{ .name = "timeout",
	  .kind = OPTION_DURATION,
	  .offset = offsetof(struct fake_options, timeout),
	  .metavar = "DURATION",
	  .fallback = "3s",
	  .least = NS_PER_MS,
	  .heading = "TCP",
	  .help = "for connecting, sending, replies, and for the other\nside to close" },
	{ .name = "expect-echo",
	  PARSED(expect_echo, parse_echo),
	  .metavar = "upper",
	  .help = "each message must come back in upper case" },

	OPTIONS_RECORDS(struct fake_options),
	OPTION_INTERVAL(struct fake_options),
	OPTIONS_MESSAGES(struct fake_options),
	OPTIONS_END,
};

const struct program fake_program = {
	.name = "fairport-fake",
	.summary = "sends InfluxDB line protocol from chosen sources.",
	.usage = "HOST:PORT [options]",
	.rows = rows,
	.examples = "  # one source socket: with SO_REUSEPORT, all packets reach one worker\n"
		    "  fairport-fake 127.0.0.1:8089 --source fixed --count 200k --rate 20k\n"
		    "  # a new source port for each packet: the workers share evenly\n"
		    "  fairport-fake 127.0.0.1:8089 --source per-packet --count 200k --rate 20k\n"
		    "  # 64 sources, one with half of the packets, at random times, for 10 s\n"
		    "  fairport-fake 127.0.0.1:8089 --source pool:64 --popularity elephant:50% \\\n"
		    "      --rate 20k --arrivals poisson --duration 10s\n",
};

/* What goes with TCP or with datagrams only. */
static enum options_result check_protocol(const struct fake_options *options)
{
	if (options->protocol == PROTOCOL_UDP && options->expect_echo)
		return options_refuse(&fake_program, "--expect-echo needs --protocol tcp");
	if (options->protocol == PROTOCOL_TCP && options->engine != ENGINE_AUTO)
		return options_refuse(&fake_program,
				      "--engine %s sends datagrams; it does not go with "
				      "--protocol tcp",
				      engine_names[options->engine]);
	return OPTIONS_RUN;
}

static enum options_result check_pace(const struct fake_options *options)
{
	if (options->rate.from != options->rate.to && !options->duration && !options->count)
		return options_refuse(&fake_program,
				      "a ramp (--rate %s) needs --duration or --count",
				      options->rate.text);
	if (options->rate.from > 0 && options->duration && !options->count &&
	    (double)options->arrivals.burst > (options->rate.from + options->rate.to) / 2 *
						      (double)options->duration / NS_PER_SECOND)
		return options_refuse(&fake_program,
				      "--arrivals %s is more than the packets of --rate in "
				      "--duration",
				      options->arrivals.text);
	if (options->arrivals.kind == ARRIVALS_POISSON && options->rate.from == 0)
		return options_refuse(&fake_program, "--arrivals poisson needs a --rate");
	if (!source_is_pool(&options->source) && options->popularity.kind != POPULARITY_IN_TURN)
		return options_refuse(&fake_program,
				      "--popularity needs --source pool:K or list:FILE");
	if (options->source.path && options->source_addr)
		return options_refuse(&fake_program,
				      "--source list:FILE names addresses; it does not go with "
				      "--source-addr");
	return OPTIONS_RUN;
}

/* Lines are made or replayed: what shapes made lines does nothing to recorded ones. */
static enum options_result check_data(const struct fake_options *options)
{
	const char *shaping = options->schema            ? "--schema"
			      : options->series          ? "--series"
			      : options->invalid > 0     ? "--invalid"
			      : options->sequence        ? "--sequence"
			      : options->timestamps.text ? "--timestamps"
			      : options->precision       ? "--precision"
							 : NULL;

	if (options->replay && shaping)
		return options_refuse(&fake_program,
				      "--replay sends lines as they were recorded; it does not go "
				      "with %s",
				      shaping);
	if (options->loop && !options->replay)
		return options_refuse(&fake_program, "--loop needs --replay");
	if (options->dry_run && options->json && strcmp(options->json, "-") == 0)
		return options_refuse(&fake_program, "--dry-run prints lines where --json - would "
						     "print records");
	if (options->sender && !options->sequence)
		return options_refuse(&fake_program, "--sender needs --sequence");
	return OPTIONS_RUN;
}

static enum options_result check_options(const struct fake_options *options)
{
	enum options_result result = check_protocol(options);

	if (result == OPTIONS_RUN)
		result = check_pace(options);
	return result == OPTIONS_RUN ? check_data(options) : result;
}

/* Values that follow from others. */
static void fill_in(struct fake_options *options)
{
	if (options->seed == 0)
		options->seed = rng_fresh_seed() | 1;
	if (options->lines == 0 && options->packet_size == 0)
		options->lines = 1;
	if (!options->schema && !options->replay)
		options->schema = "host";
	if (options->sequence && options->sender == 0)
		options->sender = options->seed & UINT32_MAX;
}

enum options_result fake_options_parse(struct fake_options *options, int argc, char **argv)
{
	int first;
	enum options_result result = options_parse(&fake_program, options, argc, argv, &first);

	if (result != OPTIONS_RUN)
		return result;
	if (argc - first < 1 && !options->dry_run)
		return options_refuse(&fake_program,
				      "where to send is missing (expected HOST:PORT)");
	if (argc - first > 1)
		return options_refuse(&fake_program, "unexpected argument \"%s\"", argv[first + 1]);
	options->target = argv[first];
	result = check_options(options);
	if (result == OPTIONS_RUN)
		fill_in(options);
	return result;
}

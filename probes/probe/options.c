#include "probes/probe/options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "probes/probe/processes.h"

const char *const tier_names[] = { "auto", "bpf", "none", NULL };
static const char *const by_names[] = { "worker", "socket", "thread", "cpu", "flow", NULL };

/* Calls TAKE for each word of a list with commas; false where it does not take one. */
static bool each_word(const char *text, bool (*take)(void *, const char *, size_t), void *value)
{
	for (;;) {
		size_t length = strcspn(text, ",");

		if (length == 0 || !take(value, text, length))
			return false;
		if (text[length] == '\0')
			return true;
		text += length + 1;
	}
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && strncmp(text, word, length) == 0;
}

static bool take_with(void *value, const char *text, size_t length)
{
	struct probe_with *with = value;
	bool all = is_word(text, length, "all");
	bool flows = all || is_word(text, length, "flows");
	bool waits = all || is_word(text, length, "waits");

	if (!flows && !waits && !is_word(text, length, "arrivals"))
		return false;
	with->arrivals = true;
	with->flows |= flows;
	with->waits |= waits;
	return true;
}

static int parse_with(void *value, const char **expected)
{
	struct probe_with *with = value;

	*expected = "arrivals, flows, waits or all, or some of them with commas";
	return each_word(with->text, take_with, with) ? 0 : -EINVAL;
}

static bool take_pid(void *value, const char *text, size_t length)
{
	struct probe_pids *pids = value;
	char *end;
	long pid = strtol(text, &end, 10);

	if (end != text + length || *text < '1' || *text > '9' || pid > INT_MAX ||
	    pids->count == PROBE_PIDS)
		return false;
	pids->items[pids->count++] = (pid_t)pid;
	return true;
}

static int parse_pids(void *value, const char **expected)
{
	struct probe_pids *pids = value;

	*expected = "process ids, 64 at most, e.g. 4711 or 4711,4712";
	return each_word(pids->text, take_pid, pids) ? 0 : -EINVAL;
}

#define ROW(member)    .offset = offsetof(struct probe_options, member)
#define PARSED(member) ROW(member), .size = sizeof(((struct probe_options *)0)->member)

static const struct option_row rows[] = {
	{ .name = "port",
	  .letter = 'p',
	  .kind = OPTION_PARSED,
	  PARSED(ports),
	  .parse = ports_parse,
	  .repeats = true,
	  .metavar = "PORT[,..]",
	  .heading = "What to count",
	  .help = "local ports, UDP and TCP: 8089, 53,8089, 9000-9003" },
	{ .name = "pid",
	  .kind = OPTION_PARSED,
	  PARSED(pids),
	  .parse = parse_pids,
	  .repeats = true,
	  .metavar = "PID[,..]",
	  .help = "these processes only; without --port, on all their\nports" },
	{ .name = "comm",
	  .letter = 'c',
	  .kind = OPTION_TEXT,
	  ROW(comm),
	  .metavar = "NAME",
	  .help = "processes of this name only; likewise" },
	{ .name = "cgroup",
	  .kind = OPTION_TEXT,
	  ROW(cgroup),
	  .metavar = "PATH",
	  .help = "processes in this cgroup (v2) or below only;\nlikewise" },
	{ .name = "netns",
	  .kind = OPTION_TEXT,
	  ROW(netns),
	  .metavar = "NAME|PID",
	  .help = "network namespace, by its name or of a process\n(default: this one)" },
	{ .name = "with",
	  .letter = 'w',
	  .kind = OPTION_PARSED,
	  PARSED(with),
	  .parse = parse_with,
	  .repeats = true,
	  .metavar = "WHAT[,..]",
	  .help = "count also arrivals, flows, waits (time in the\n"
		  "queue, truncation), or all; each costs something\nper packet" },
	{ .name = "by",
	  .letter = 'b',
	  .kind = OPTION_CHOICE,
	  ROW(by),
	  .choices = by_names,
	  .metavar = "WHOM",
	  .fallback = "worker",
	  .help = "worker, socket, thread, cpu, or flow" },
	{ .name = "tier",
	  .kind = OPTION_CHOICE,
	  ROW(tier),
	  .choices = tier_names,
	  .metavar = "TIER",
	  .fallback = "auto",
	  .help = "bpf, none (no privilege: queues and drops only),\n"
		  "or what is allowed" },
	{ .name = "wait",
	  .kind = OPTION_FLAG,
	  ROW(wait),
	  .help = "go on although nobody has a socket there yet" },
	{ .name = "duration",
	  .letter = 'd',
	  .kind = OPTION_DURATION,
	  ROW(duration),
	  .metavar = "DURATION",
	  .least = 10000000,
	  .help = "stop after this time (default: no limit)" },
	OPTIONS_RECORDS(struct probe_options),
	{ .name = "openmetrics",
	  .kind = OPTION_PARSED,
	  PARSED(openmetrics),
	  .parse = openmetrics_address_parse,
	  .metavar = "[ADDR:]PORT",
	  .help = "serve metrics over HTTP (default address 127.0.0.1)" },
	OPTION_INTERVAL(struct probe_options),
	OPTION_READY(struct probe_options),
	OPTIONS_MESSAGES(struct probe_options),
	OPTIONS_END,
};

const struct program probe_program = {
	.name = "fairport-probe",
	.summary = "counts in the kernel who gets what on a port.",
	.usage = "--port PORT [options]",
	.rows = rows,
	.examples =
		"  # who receives on port 8089, and with which calls? ^C ends\n"
		"  fairport-probe --port 8089\n"
		"  # everything, by flow, on whatever ports nginx has, for ten seconds\n"
		"  fairport-probe --comm nginx --with all --by flow --duration 10s\n"
		"  # records four times a second, for the analysis of a run\n"
		"  fairport-probe --port 8089 --interval 250ms --json probe.ndjson --run lab-7\n",
};

enum options_result probe_options_parse(struct probe_options *options, int argc, char **argv)
{
	int first;
	enum options_result result = options_parse(&probe_program, options, argc, argv, &first);

	if (result != OPTIONS_RUN)
		return result;
	if (argc > first)
		return options_refuse(&probe_program, "unexpected argument \"%s\"", argv[first]);
	if (!options->ports.text && !processes_limited(options))
		return options_refuse(&probe_program,
				      "what to count is missing (expected --port PORT, e.g. "
				      "--port 8089, or --pid, --comm or --cgroup)");
	if (options->tier == TIER_NONE && (options->with.text || options->by != BY_WORKER))
		return options_refuse(&probe_program,
				      "--with and --by need BPF (expected no --tier none)");
	if (options->by == BY_FLOW)
		options->with.flows = options->with.arrivals = true;
	return OPTIONS_RUN;
}

#include "probes/groups/options.h"

static const struct option_row rows[] = {
	{ .name = "udp",
	  .letter = 'u',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct groups_options, udp),
	  .heading = "What to show",
	  .help = "UDP sockets; without --tcp, these alone" },
	{ .name = "tcp",
	  .letter = 't',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct groups_options, tcp),
	  .help = "TCP listeners; without --udp, these alone" },
	{ .name = "all",
	  .letter = 'a',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct groups_options, all),
	  .help = "also sockets that are in no group" },
	{ .name = "every",
	  .letter = 'e',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct groups_options, every),
	  .help = "every member of large groups, a line each" },
	{ .name = "netns",
	  .letter = 'n',
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct groups_options, netns),
	  .metavar = "NAME|PID",
	  .heading = "Where to look, and for how long",
	  .help = "network namespace: a name of ip-netns(8), or the\n"
		  "pid of a process in it (default: our own)" },
	{ .name = "all-netns",
	  .letter = 'N',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct groups_options, all_netns),
	  .help = "every network namespace that has a process or name" },
	{ .name = "look",
	  .letter = 'l',
	  .kind = OPTION_DURATION,
	  .offset = offsetof(struct groups_options, look),
	  .metavar = "DURATION",
	  .fallback = "500ms",
	  .most = 3600 * 1000000000ull,
	  .help = "how long a queue is watched that is not empty" },
	{ .name = "check",
	  .letter = 'c',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct groups_options, check),
	  .help = "status 3 if any member is marked" },
	OPTIONS_RECORDS(struct groups_options),
	OPTIONS_MESSAGES(struct groups_options),
	OPTIONS_END,
};

const struct program groups_program = {
	.name = "fairport-groups",
	.summary = "shows SO_REUSEPORT groups, whose they are, and what is wrong.",
	.usage = "[PORTS...] [options]\n\n"
		 "PORTS are local ports: 8089, 53,8089 or 9000-9003; then all sockets on them are\n"
		 "shown. Without them, all groups of this network namespace.",
	.rows = rows,
	.examples = "  # whose sockets are on port 8089, and does anybody read them?\n"
		    "  fairport-groups 8089\n"
		    "  # every group of every container on this host\n"
		    "  fairport-groups --all-netns\n"
		    "  # in a test: status 3 if a member is dead, foreign, shadowing or stale\n"
		    "  fairport-groups 8089 --check --quiet\n",
};

static enum options_result take_ports(struct groups_options *options, int count, char **words)
{
	for (int i = 0; i < count; i++) {
		const char *expected;

		options->ports.text = words[i];
		if (ports_parse(&options->ports, &expected) != 0)
			return options_refuse(&groups_program, "invalid port \"%s\" (expected %s)",
					      words[i], expected);
	}
	return OPTIONS_RUN;
}

enum options_result groups_options_parse(struct groups_options *options, int argc, char **argv)
{
	int first;
	enum options_result result;

	*options = (struct groups_options){ .netns = NULL };
	result = options_parse(&groups_program, options, argc, argv, &first);
	if (result == OPTIONS_RUN)
		result = take_ports(options, argc - first, argv + first);
	if (result != OPTIONS_RUN)
		return result;
	if (options->netns && options->all_netns)
		return options_refuse(&groups_program,
				      "--netns and --all-netns exclude each other");
	return OPTIONS_RUN;
}

#include "receiver/control/options.h"

#include <string.h>

static const struct option_row rows[] = {
	{ .name = "timeout",
	  .letter = 't',
	  .kind = OPTION_DURATION,
	  .offset = offsetof(struct control_options, timeout),
	  .metavar = "DURATION",
	  .fallback = "30s",
	  .least = 1000000,
	  .most = 86400 * 1000000000ull,
	  .heading = "Options",
	  .help = "how long the answer may take" },
	{ .name = "json",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct control_options, json),
	  .help = "print the answer as it came: one JSON object" },
	OPTIONS_END,
};

static const struct program control_program = {
	.name = "fairport-control",
	.summary = "tells a running fairport-receive what to do, or asks it.",
	.usage = "SOCKET COMMAND [ARGUMENT] [options]\n\n"
		 "SOCKET is what fairport-receive was given with --control. Commands:\n"
		 "  steer POLICY              choose the socket of each packet in another way\n"
		 "  workers N                 have so many workers\n"
		 "  stats                     what each worker has received so far\n"
		 "  restart                   replace all workers by a new generation\n"
		 "  drain                     take what is queued, report, and end\n"
		 "  help                      list the commands that the receiver knows",
	.rows = rows,
	.examples = "  # who has received how much\n"
		    "  fairport-control /run/fairport.sock stats\n"
		    "  # twice as much for the first worker of two\n"
		    "  fairport-control /run/fairport.sock steer weighted:2,1\n"
		    "  # new workers, and only their generation\n"
		    "  fairport-control /run/fairport.sock restart --json | jq .generation\n",
};

/* A command is one line of words, so that this may not be in one of them. */
static enum options_result check_word(const char *what, const char *word)
{
	if (*word && !word[strcspn(word, " \t\r\n")])
		return OPTIONS_RUN;
	return options_refuse(&control_program,
			      "invalid %s \"%s\" (expected a word without blanks)", what, word);
}

enum options_result control_options_parse(struct control_options *options, int argc, char **argv)
{
	int first;
	enum options_result result;

	*options = (struct control_options){ .socket = NULL };
	result = options_parse(&control_program, options, argc, argv, &first);
	if (result != OPTIONS_RUN)
		return result;
	if (argc - first < 2)
		return options_refuse(&control_program,
				      "the %s is missing (expected SOCKET COMMAND, e.g. "
				      "/run/fairport.sock stats)",
				      argc == first ? "socket" : "command");
	if (argc - first > 3)
		return options_refuse(&control_program, "unexpected argument \"%s\"",
				      argv[first + 3]);
	options->socket = argv[first];
	options->command = argv[first + 1];
	options->argument = argv[first + 2]; /* argv ends with NULL */
	result = check_word("command", options->command);
	if (result == OPTIONS_RUN && options->argument)
		result = check_word("argument", options->argument);
	return result;
}

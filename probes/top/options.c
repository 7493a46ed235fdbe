#include "probes/top/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "probes/top/model.h"

static const struct option_row rows[] = {
	{ .name = "netns",
	  .letter = 'n',
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct top_options, netns),
	  .metavar = "NAME|PID",
	  .heading = "What to show",
	  .help = "the sockets of another network namespace: its name,\n"
		  "or a process in it (default: of this one)" },
	{ .name = "wait",
	  .letter = 'w',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct top_options, wait),
	  .help = "wait for sockets where nobody has one on these ports\nyet" },
	{ .name = "sort",
	  .letter = 's',
	  .kind = OPTION_CHOICE,
	  .offset = offsetof(struct top_options, sort),
	  .metavar = "KEY",
	  .choices = sort_names,
	  .fallback = "slot",
	  .help = "what members are sorted by at first; numbers: most\nfirst" },
	{ .name = "no-flows",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct top_options, no_flows),
	  .help = "do not count flows, which is what costs most" },
	{ .name = "no-arrivals",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct top_options, no_arrivals),
	  .help = "count what is received instead of what arrives" },
	{ .name = "interval",
	  .letter = 'i',
	  .kind = OPTION_DURATION,
	  .offset = offsetof(struct top_options, interval),
	  .metavar = "DURATION",
	  .fallback = "1s",
	  .least = TOP_LEAST_INTERVAL,
	  .heading = "How",
	  .help = "time between two readings" },
	{ .name = "duration",
	  .letter = 'd',
	  .kind = OPTION_DURATION,
	  .offset = offsetof(struct top_options, duration),
	  .metavar = "DURATION",
	  .least = 10000000,
	  .help = "end after this time (default: no limit)" },
	{ .name = "lines",
	  .letter = 'l',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct top_options, lines),
	  .help = "print lines, as where there is no terminal" },
	OPTION_READY(struct top_options),
	OPTIONS_MESSAGES(struct top_options),
	OPTIONS_END,
};

const struct program top_program = {
	.name = "fairport-top",
	.summary = "shows who gets what on a port, as it happens.",
	.usage = "[PORT]... [options]",
	.rows = rows,
	.examples = "  # who gets what on port 8089, now? q ends\n"
		    "  fairport-top 8089\n"
		    "  # every group of two and more sockets on this host, twice a second\n"
		    "  fairport-top --interval 500ms\n"
		    "  # ten seconds of a container's port, as lines for a file\n"
		    "  fairport-top 8089 --netns 4711 --duration 10s --lines\n",
};

static enum options_result refuse_word(const char *word, const char *expected)
{
	return options_refuse(&top_program, "invalid value \"%s\" for PORT (expected %s)", word,
			      expected);
}

/* Joins the COUNT words by commas. NULL without memory. */
static char *join(char **words, int count)
{
	size_t length = 1;
	char *text, *end;

	for (int i = 0; i < count; i++)
		length += strlen(words[i]) + 1;
	text = malloc(length);
	if (!text)
		return NULL;
	end = text;
	*end = '\0';
	for (int i = 0; i < count; i++) {
		if (i > 0)
			*end++ = ',';
		end = stpcpy(end, words[i]);
	}
	return text;
}

enum options_result top_options_parse(struct top_options *options, int argc, char **argv,
				      char **ports_text)
{
	int first;
	enum options_result result = options_parse(&top_program, options, argc, argv, &first);
	const char *expected;

	*ports_text = NULL;
	options->ports = (struct ports){ .text = NULL };
	if (result != OPTIONS_RUN)
		return result;
	for (int i = first; i < argc; i++) {
		struct ports one = { .text = argv[i] };

		if (ports_parse(&one, &expected) != 0)
			return refuse_word(argv[i], expected);
		for (size_t word = 0; word < PORTS_WORDS; word++)
			options->ports.bits[word] |= one.bits[word];
	}
	if (options->wait && first == argc)
		return options_refuse(&top_program, "--wait needs a port to wait for");
	if (first == argc)
		return OPTIONS_RUN;
	*ports_text = join(argv + first, argc - first);
	if (!*ports_text) {
		message_error("could not read the ports: %s", strerror(ENOMEM));
		return OPTIONS_BAD;
	}
	options->ports.text = *ports_text;
	return OPTIONS_RUN;
}

#include "analysis/assert/options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/assert/claim.h"
#include "common/message.h"

#define ROW(member) .offset = offsetof(struct assert_options, member)

static int parse_budget(void *value, const char **expected)
{
	struct flake_budget *budget = value;
	char *end;

	*expected = "a probability from 1e-12 to 0.1, e.g. 1e-6";
	budget->value = strtod(budget->text, &end);
	if (budget->text[strspn(budget->text, "0123456789.eE-")] || end == budget->text || *end)
		return -EINVAL;
	return budget->value >= 1e-12 && budget->value <= 0.1 ? 0 : -ERANGE;
}

static const struct option_row rows[] = {
	OBSERVE_ROWS(struct assert_options),
	OPTION_TOLERANCE(struct assert_options, "Strictness"),
	{ .name = "flake-budget",
	  .letter = 'b',
	  .kind = OPTION_PARSED,
	  ROW(budget),
	  .parse = parse_budget,
	  .size = sizeof(struct flake_budget),
	  .metavar = "P",
	  .fallback = "1e-6",
	  .help = "how often a fair hash may be called unfair" },
	{ .name = "tap",
	  .kind = OPTION_FLAG,
	  ROW(tap),
	  .heading = "Output",
	  .help = "print TAP, the Test Anything Protocol" },
	{ .name = "junit",
	  .kind = OPTION_TEXT,
	  ROW(junit),
	  .metavar = "FILE",
	  .help = "write JUnit XML to FILE (-: standard output)" },
	{ .name = "json",
	  .kind = OPTION_TEXT,
	  ROW(json),
	  .metavar = "FILE",
	  .help = "write NDJSON records to FILE (-: standard output)" },
	{ .name = "run",
	  .kind = OPTION_TEXT,
	  ROW(run),
	  .metavar = "ID",
	  .help = "run name in records (default: that of the run)" },
	OBSERVE_READY(struct assert_options),
	OPTIONS_MESSAGES(struct assert_options),
	OPTIONS_END,
};

const struct program assert_program = {
	.name = "fairport-assert",
	.summary = "checks claims about a run or a live port, for tests and CI.",
	.usage = "CLAIM... (DIR | --port PORT) [options]\n\n"
		 "CLAIM is one of these; quote what has < or > in it:\n"
		 "  even                 the busiest worker is within --tolerance\n"
		 "  single               one worker got everything\n"
		 "  no-loss              nothing was lost; of what came, or of what was sent\n"
		 "  no-resets            no TCP connection was reset or refused, or failed\n"
		 "  max-share<=SHARE     no worker got more; like even, it minds chance\n"
		 "  min-share>=SHARE     no worker got less\n"
		 "  max-over-mean<=RATIO the busiest got at most so many times the mean\n"
		 "  drops<=N             no more were dropped at the sockets\n"
		 "  workers=N  flows>=N  so many; with = != < <= > >=\n"
		 "  verdict=NAME         that of fairport-report, or with !=\n"
		 "  KEY<=VALUE           any key of summary.json; with = != < <= > >=\n\n"
		 "Status 0: all hold; 3: one does not; 2: none fails, but one is inconclusive.",
	.rows = rows,
	.examples = "  # in a test: is what 'fairport run' left behind even, with nothing lost?\n"
		    "  fairport-assert even no-loss runs/mine\n"
		    "  # a server of one's own, as it runs, for a CI system's test report\n"
		    "  fairport-assert even workers=4 --port 8089 -d 30s --junit fairport.xml\n"
		    "  # any number of the summary\n"
		    "  fairport-assert 'rates.received_pps>=50000' 'max-share<=30%' runs/mine\n",
};

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static enum options_result take_claims(struct assert_options *options, int count, char **words)
{
	const char *expected;

	options->claims = calloc((size_t)count + 1, sizeof(*options->claims));
	if (!options->claims) {
		message_error("out of memory");
		return OPTIONS_BAD;
	}
	for (int i = 0; i < count; i++) {
		if (claim_parse(&options->claims[options->claim_count++], words[i], &expected))
			continue;
		if (is_directory(words[i]))
			return options_refuse(&assert_program,
					      "one run at a time: %s is a directory as well",
					      words[i]);
		return options_refuse(&assert_program, "invalid claim \"%s\" (expected %s)",
				      words[i], expected);
	}
	return OPTIONS_RUN;
}

/* The directory is the last of the words. A claim in its place says that there is none. */
static enum options_result take_directory(struct assert_options *options, int *count, char **words)
{
	const char *expected;
	struct claim claim;

	if (*count == 0 ||
	    (claim_parse(&claim, words[*count - 1], &expected) && !is_directory(words[*count - 1])))
		return options_refuse(&assert_program,
				      "what to look at is missing (expected DIR, or --port PORT)");
	options->directory = words[--*count];
	return OPTIONS_RUN;
}

static bool is_stdout(const char *path)
{
	return path && strcmp(path, "-") == 0;
}

bool assert_options_text(const struct assert_options *options)
{
	return !options->tap && !is_stdout(options->junit) && !is_stdout(options->json);
}

static enum options_result check_options(const struct assert_options *options)
{
	int writers = options->tap + is_stdout(options->junit) + is_stdout(options->json);

	if (options->claim_count == 0)
		return options_refuse(&assert_program,
				      "nothing is claimed (expected e.g. even, no-loss)");
	if (!options->watch.ports.text && observe_only_live(&options->watch))
		return options_refuse(&assert_program, "--%s needs --port",
				      observe_only_live(&options->watch));
	if (writers > 1)
		return options_refuse(&assert_program,
				      "only one of --tap, --junit - and --json - can have standard "
				      "output");
	return OPTIONS_RUN;
}

enum options_result assert_options_parse(struct assert_options *options, int argc, char **argv)
{
	int first, count;
	enum options_result result;
	const char *expected;
	struct claim claim;

	*options = (struct assert_options){ .claims = NULL };
	result = options_parse(&assert_program, options, argc, argv, &first);
	count = argc - first;
	if (result == OPTIONS_RUN && !options->watch.ports.text)
		result = take_directory(options, &count, argv + first);
	if (result == OPTIONS_RUN && options->watch.ports.text && count > 0 &&
	    !claim_parse(&claim, argv[argc - 1], &expected) && is_directory(argv[argc - 1]))
		return options_refuse(&assert_program,
				      "--port and the directory %s exclude each "
				      "other",
				      argv[argc - 1]);
	if (result == OPTIONS_RUN)
		result = take_claims(options, count, argv + first);
	return result == OPTIONS_RUN ? check_options(options) : result;
}

void assert_options_free(struct assert_options *options)
{
	free(options->claims);
}

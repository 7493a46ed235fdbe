#include "lab/options.h"

#include <getopt.h>
#include <stdint.h>
#include <string.h>

#include "common/message.h"
#include "lab/scenario.h"
#include "lab/words.h"

#define ROW(member)    .offset = offsetof(struct run_options, member)
#define PARSED(member) ROW(member), .size = sizeof(((struct run_options *)0)->member)

static const char *const netns_names[] = { "auto", "private", "host", NULL };
static const char *const auto_or_none[] = { "auto", "none", NULL };

static const struct option_row rows[] = {
	{ .name = "out",
	  .letter = 'o',
	  .kind = OPTION_TEXT,
	  ROW(out),
	  .metavar = "DIR",
	  .heading = "Run",
	  .help = "directory of the results (default runs/ID-SCENARIO);\n"
		  "with several scenarios, one below it for each" },
	{ .name = "database",
	  .kind = OPTION_TEXT,
	  ROW(database),
	  .metavar = "WHICH",
	  .fallback = "private",
	  .help = "private: a throw-away server for this run;\n"
		  "none: store nothing; or a libpq conninfo" },
	{ .name = "probes",
	  .kind = OPTION_CHOICE,
	  ROW(probes),
	  .choices = auto_or_none,
	  .metavar = "WHICH",
	  .fallback = "auto",
	  .help = "auto: count in the kernel too, as far as this host\nallows; none: workers "
		  "only" },
	{ .name = "netns",
	  .kind = OPTION_CHOICE,
	  ROW(netns),
	  .choices = netns_names,
	  .metavar = "WHICH",
	  .fallback = "auto",
	  .help = "network namespace: private, host, or auto: private\n"
		  "where that is allowed and no given database is used" },
	{ .name = "listen",
	  .kind = OPTION_TEXT,
	  ROW(listen),
	  .metavar = "ADDR:PORT",
	  .fallback = "127.0.0.1:0",
	  .help = "where the receiver listens and the faker sends" },
	{ .name = "seed",
	  .kind = OPTION_NUMBER,
	  ROW(seed),
	  .metavar = "N",
	  .least = 1,
	  .most = INT64_MAX, /* what JSON readers take */
	  .help = "seed of all random choices (default: a new one)" },
	{ .name = "plots",
	  .kind = OPTION_CHOICE,
	  ROW(plots),
	  .choices = auto_or_none,
	  .metavar = "WHICH",
	  .fallback = "auto",
	  .help = "auto: draw pictures where gnuplot is found; none" },
	{ .name = "title",
	  .kind = OPTION_TEXT,
	  ROW(title),
	  .metavar = "TEXT",
	  .help = "what the report calls the run" },
	OPTION_LABELS(struct run_options, "say this of the run, for comparisons and history,\n"
					  "e.g. version=1.4.2; once for each key"),
	{ .name = "run",
	  .kind = OPTION_TEXT,
	  ROW(run),
	  .metavar = "ID",
	  .help = "name of the run (default: made from the time)" },
	OPTIONS_MESSAGES(struct run_options),
	OPTIONS_END,
};

const struct program run_program = {
	.name = "fairport-run",
	.summary = "runs scenarios: receiver, faker and probes, then the report.",
	.usage = "SCENARIO... [options]",
	.rows = rows,
	.examples = "  # the founding experiment: one source socket, then one per packet\n"
		    "  fairport-run skewed even\n"
		    "  # a scenario of your own, its results in a place of your choice\n"
		    "  fairport-run ./mine.conf --out /tmp/mine\n"
		    "  # without a database, and without probes\n"
		    "  fairport-run even --database none --probes none\n",
};

const char *const database_kind_names[DATABASE_KINDS] = { "private", "none", "given" };

enum database_kind run_database_kind(const struct run_options *options)
{
	enum database_kind kind = DATABASE_PRIVATE;

	while (kind < DATABASE_GIVEN && strcmp(options->database, database_kind_names[kind]) != 0)
		kind++;
	return kind;
}

/* The words made of a scenario's settings and the command line; the options point into them. */
static struct words merged;

void run_options_free(void)
{
	words_free(&merged);
}

enum options_result run_options_parse(struct run_options *options, const struct scenario *scenario,
				      int argc, char **argv, int *first)
{
	enum options_result result;

	if (!scenario) {
		result = options_parse(&run_program, options, argc, argv, first);
		if (result == OPTIONS_RUN && *first == argc)
			return options_refuse(&run_program, "which scenario? (expected a file, or "
							    "skewed, even)");
		return result;
	}
	run_options_free();
	words_add(&merged, "%s", argv[0]);
	words_add_settings(&merged, &scenario->sections[SECTION_RUN]);
	for (int i = 1; i < argc; i++)
		words_add(&merged, "%s", argv[i]);
	if (merged.failed) {
		message_error("out of memory");
		return OPTIONS_BAD;
	}
	optind = 0; /* makes getopt_long(3) start anew */
	result = options_parse(&run_program, options, (int)merged.count, merged.items, first);
	if (result == OPTIONS_BAD)
		message_hint("look at [run] in %s", scenario->path);
	return result;
}

/*
 * Command lines from one table per program: parsing, --help with its defaults, and the "options"
 * of the header record all follow the rows.
 */
#ifndef FAIRPORT_OPTIONS_H
#define FAIRPORT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ndjson;

/* What a value looks like, and the type of the member it is written to. */
enum option_kind {
	OPTION_FLAG,        /* bool; takes no value */
	OPTION_TEXT,        /* const char *, NULL where there is no fallback */
	OPTION_NUMBER,      /* uint64_t: a plain whole number, no units */
	OPTION_COUNT,       /* uint64_t: 500, 10k, 1M */
	OPTION_RATE,        /* uint64_t per second: like a count, or "max" = 0 */
	OPTION_SIZE,        /* uint64_t bytes: 64kB, 8MiB */
	OPTION_DURATION,    /* uint64_t ns: 10, 250ms */
	OPTION_FILE_NUMBER, /* int: an open file descriptor, -1 where there is no fallback */
	OPTION_CHOICE,      /* size_t: index into CHOICES */
	OPTION_SHARE,       /* double from 0 to 1: 0.05, 5% */
	OPTION_PARSED, /* a struct that PARSE fills, its first member the text (const char *) */
};

struct option_row {
	const char *name;           /* long name without dashes; NULL ends the table */
	const char *fallback;       /* default, as a user would write it; NULL: none */
	const char *metavar;        /* "N" in --count N; NULL for flags */
	const char *help;           /* one or two lines; a line feed is indented */
	const char *heading;        /* set on the first row of a group in --help */
	const char *const *choices; /* NULL-ended, for OPTION_CHOICE */
	/*
	 * For OPTION_PARSED: fills the rest of the struct at VALUE from its text, or returns -errno
	 * and sets *EXPECTED to the form that was expected ("constant, poisson or burst:N").
	 */
	int (*parse)(void *value, const char **expected);
	size_t size;   /* of the struct, for OPTION_PARSED: cleared where there is no fallback */
	size_t offset; /* of the member in the values */
	uint64_t least, most; /* bounds of numeric kinds; most 0: no upper bound */
	enum option_kind kind;
	char letter;  /* short name, or 0 */
	bool secret;  /* OPTION_TEXT that may hold a password: not written to records */
	bool repeats; /* OPTION_PARSED: given again, PARSE adds to what the struct has */
};

struct program {
	const char *name;    /* "fairport-fake" */
	const char *summary; /* one sentence */
	const char *usage;   /* what follows the name: "HOST:PORT [options]" */
	const struct option_row *rows;
	const char *examples; /* three, each with a comment line */
};

enum options_result {
	OPTIONS_RUN,  /* go on; *POSITIONAL is the index of the first other argument */
	OPTIONS_DONE, /* --help or --version was printed: leave with EXIT_DONE */
	OPTIONS_BAD,  /* an error was printed: leave with EXIT_CANNOT_RUN */
};

/* Rows that mean the same everywhere. TYPE is the struct of the values. */
#define OPTIONS_RECORDS(type)                                                                      \
	{ .name = "json",                                                                          \
	  .kind = OPTION_TEXT,                                                                     \
	  .offset = offsetof(type, json),                                                          \
	  .metavar = "FILE",                                                                       \
	  .heading = "Output",                                                                     \
	  .help = "write NDJSON records to FILE (-: standard output)" },                           \
	{                                                                                          \
		.name = "run", .kind = OPTION_TEXT, .offset = offsetof(type, run),                 \
		.metavar = "ID", .help = "run name in records (default: made of the time)"         \
	}
#define OPTIONS_MESSAGES(type)                                                                     \
	{ .name = "quiet",                                                                         \
	  .letter = 'q',                                                                           \
	  .kind = OPTION_FLAG,                                                                     \
	  .offset = offsetof(type, quiet),                                                         \
	  .help = "no notes on standard error" },                                                  \
	{                                                                                          \
		.name = "verbose", .letter = 'v', .kind = OPTION_FLAG,                             \
		.offset = offsetof(type, verbose), .help = "details on standard error"             \
	}
#define OPTION_INTERVAL(type)                                                                      \
	{                                                                                          \
		.name = "interval", .letter = 'i', .kind = OPTION_DURATION,                        \
		.offset = offsetof(type, interval), .metavar = "DURATION", .fallback = "1s",       \
		.least = 10000000, .help = "time between interval records"                         \
	}
#define OPTION_READY_IN(type, member)                                                              \
	{                                                                                          \
		.name = "ready-fd", .kind = OPTION_FILE_NUMBER, .offset = offsetof(type, member),  \
		.metavar = "N", .help = "write one byte to file descriptor N when ready"           \
	}
#define OPTION_READY(type) OPTION_READY_IN(type, ready_fd)
#define OPTION_TOLERANCE(type, title)                                                              \
	{                                                                                          \
		.name = "tolerance", .letter = 't', .kind = OPTION_NUMBER,                         \
		.offset = offsetof(type, tolerance), .metavar = "PERCENT", .fallback = "10",       \
		.most = 1000, .heading = (title),                                                  \
		.help = "\"even\" is when the busiest worker has at most this\n"                   \
			"much more than the mean"                                                  \
	}
#define OPTIONS_END                                                                                \
	{                                                                                          \
		.name = NULL                                                                       \
	}

/* Sets every member from its fallback, then reads ARGV. Says what is wrong by itself. */
enum options_result options_parse(const struct program *program, void *values, int argc,
				  char **argv, int *positional);

/* For main(): whether to go on; if not, *STATUS is what to leave with. */
bool options_go_on(enum options_result result, int *status);

/* Says MESSAGE as an error about the command line and how to get help. Returns OPTIONS_BAD. */
enum options_result options_refuse(const struct program *program, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * How many bytes of WORD, an element of the argv that was parsed, may be shown: all of them, or
 * those before the value of a secret option.
 */
size_t options_showable(const struct program *program, const void *values, const char *word);

/* Writes {"count":200000,...}: every option with the value in force, in base units. */
void options_record(const struct program *program, const void *values, struct ndjson *out);

#endif

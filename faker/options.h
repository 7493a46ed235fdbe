/* The command line of fairport-fake. */
#ifndef FAIRPORT_FAKER_OPTIONS_H
#define FAIRPORT_FAKER_OPTIONS_H

#include "common/options.h"
#include "faker/popularity.h"
#include "faker/schedule.h"
#include "faker/source.h"
#include "faker/start.h"

enum protocol { PROTOCOL_UDP, PROTOCOL_TCP };

/* Indices into engine_names. */
enum engine_choice { ENGINE_AUTO, ENGINE_SENDTO, ENGINE_SENDMMSG, ENGINE_GSO, ENGINE_RAW };

/* "now", "step:10ms" or "none". */
struct timestamps_option {
	const char *text;
	int kind;      /* enum timestamps */
	uint64_t step; /* ns */
};

struct fake_options {
	const char *target; /* HOST:PORT as given; NULL with --dry-run */

	struct source_option source;
	const char *source_addr;
	struct popularity_option popularity;
	size_t protocol, engine;
	uint64_t threads;
	bool allow_public;

	uint64_t count;    /* packets; 0: no limit */
	uint64_t duration; /* ns; 0: no limit */
	struct rate_option rate;
	struct arrivals_option arrivals;
	struct start_option start_at;
	uint64_t seed;

	const char *schema, *replay;
	uint64_t series;      /* 0: what the schema has */
	uint64_t lines;       /* per packet; 0: as many as fit into PACKET_SIZE */
	uint64_t packet_size; /* bytes; 0: what the lines need */
	double invalid;
	bool sequence, loop, dry_run;
	uint64_t sender; /* 0: made from the seed */
	struct timestamps_option timestamps;
	size_t precision;

	const char *expect_echo;
	uint64_t timeout; /* ns */

	const char *json, *run;
	uint64_t interval; /* ns */
	bool quiet, verbose;
};

extern const struct program fake_program;

/* Reads the command line and checks what concerns more than one option. */
enum options_result fake_options_parse(struct fake_options *options, int argc, char **argv);

#endif

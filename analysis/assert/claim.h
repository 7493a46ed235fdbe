/* Claims about a run, as they stand on the command line, and what becomes of them. */
#ifndef FAIRPORT_ANALYSIS_ASSERT_CLAIM_H
#define FAIRPORT_ANALYSIS_ASSERT_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "analysis/assert/decide.h"
#include "analysis/assert/elsewhere.h"
#include "analysis/assert/resets.h"

struct analysis;
struct claim_row;
struct run;

#define CLAIM_KEY 96

struct claim {
	const char *text; /* all of it, as given; nothing here is copied but the key */
	const struct claim_row *row;
	char key[CLAIM_KEY];   /* of summary.json */
	const char *op, *want; /* NULL where the claim is a word alone */
	double limit;          /* WANT as a share or ratio, where it is one */
	uint64_t count;        /* ... a count */
};

/* What claims are about. */
struct subject {
	const struct run *run;
	const struct analysis *analysis;
	const json_t *summary;
	double tolerance, budget;
	bool interrupted; /* it was watched for less than was asked */
	/* Of a live port: what happened meanwhile in its network namespace. */
	struct resets resets;
	bool resets_known;
	struct elsewhere elsewhere;
};

#define CLAIM_EVIDENCE 640

struct result {
	const struct claim *claim;
	enum outcome outcome;
	char evidence[CLAIM_EVIDENCE]; /* a sentence with the numbers */
	uint64_t more_flows;           /* that an inconclusive one needs; 0: not told */
};

/* How a claim is read, and how it is decided; one row for each kind. */
struct claim_row {
	const char *name;      /* NULL: any key of summary.json */
	const char *form;      /* as users write it, and an example */
	const char *const *op; /* those that it takes, NULL-ended; NULL: it is a word alone */
	/* Reads claim->want; false: it has another form. NULL: it is taken as it is. */
	bool (*read)(struct claim *claim);
	/* False after an error message: it cannot be decided about, as there is no such thing. */
	bool (*check)(struct result *out, const struct claim *claim, const struct subject *subject);
	/* Once it does not hold it never will, however much of the records is missing. */
	bool final;
};

/*
 * Reads one from TEXT, which must stay valid. Returns false, and sets *EXPECTED to the form that
 * was expected, valid until the next call.
 */
bool claim_parse(struct claim *out, const char *text, const char **expected);

/*
 * Decides about it. What holds only as far as the records go is inconclusive. False after an error
 * message.
 */
bool claim_check(struct result *out, const struct claim *claim, const struct subject *subject);

/* For the rows: the outcome, and its evidence. Always true. */
bool claim_result(struct result *out, enum outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

bool claim_read_share(struct claim *claim);
bool claim_read_ratio(struct claim *claim);
bool claim_read_count(struct claim *claim);
bool claim_read_verdict(struct claim *claim);

bool claim_even(struct result *out, const struct claim *claim, const struct subject *subject);
bool claim_single(struct result *out, const struct claim *claim, const struct subject *subject);
bool claim_max_share(struct result *out, const struct claim *claim, const struct subject *subject);
bool claim_min_share(struct result *out, const struct claim *claim, const struct subject *subject);
bool claim_max_over_mean(struct result *out, const struct claim *claim,
			 const struct subject *subject);
bool claim_no_loss(struct result *out, const struct claim *claim, const struct subject *subject);
bool claim_no_resets(struct result *out, const struct claim *claim, const struct subject *subject);
bool claim_drops(struct result *out, const struct claim *claim, const struct subject *subject);
bool claim_workers(struct result *out, const struct claim *claim, const struct subject *subject);
bool claim_flows(struct result *out, const struct claim *claim, const struct subject *subject);
bool claim_verdict(struct result *out, const struct claim *claim, const struct subject *subject);
bool claim_key(struct result *out, const struct claim *claim, const struct subject *subject);

#endif

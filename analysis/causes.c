#include "analysis/causes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/causes/family.h"
#include "analysis/run.h"

/*
 * In the order of what the remedy changes: a member that loses or takes a whole share first, then
 * what chooses, connections that fail, what it can choose from, what is lost in between, and what
 * only explains numbers.
 */
static const struct {
	const char *name;
	cause_finder *find;
	bool of_sockets; /* what is seen of sockets is enough */
} known[] = {
	{ "dead-member", cause_dead_member, true },
	{ "shadowed", cause_shadowed, true },
	{ "foreign-member", cause_foreign_member, true },
	{ "stale-member", cause_stale_member, true },
	{ "connected-member", cause_connected_member, true },
	{ "steering-program", cause_steering_program, false },
	{ "accept-queue-overflow", cause_accept_queue_overflow, true },
	{ "accept-queue-lost", cause_accept_queue_lost, true },
	{ "nat-collapse", cause_nat_collapse, false },
	{ "one-flow", cause_one_flow, false },
	{ "heavy-flow", cause_heavy_flow, false },
	{ "few-flows", cause_few_flows, false },
	{ "flows-split", cause_flows_split, false },
	{ "flows-unknown", cause_flows_unknown, false },
	{ "rcvbuf-overflow", cause_rcvbuf_overflow, true },
	{ "sender-limited", cause_sender_limited, false },
};

_Static_assert(sizeof(known) / sizeof(known[0]) <= CAUSES_LIMIT, "there is room for every cause");

#define WRITE(text, format)                                                                        \
	do {                                                                                       \
		va_list arguments;                                                                 \
		va_start(arguments, format);                                                       \
		vsnprintf(text, sizeof(text), format, arguments);                                  \
		va_end(arguments);                                                                 \
	} while (0)

void cause_evidence(struct cause *cause, const char *format, ...)
{
	WRITE(cause->evidence, format);
}

void cause_remedy(struct cause *cause, const char *format, ...)
{
	WRITE(cause->remedy, format);
}

void cause_command(struct cause *cause, const char *format, ...)
{
	if (cause->command_count == CAUSE_COMMANDS)
		return;
	WRITE(cause->commands[cause->command_count], format);
	cause->command_count++;
}

void cause_choose_by_packet(struct cause *cause, size_t workers)
{
	cause_command(cause, "struct sock_filter code[] = {");
	cause_command(cause, "    { BPF_LD | BPF_W | BPF_ABS, 0, 0, SKF_AD_OFF + SKF_AD_RANDOM },");
	cause_command(cause, "    { BPF_ALU | BPF_MOD | BPF_K, 0, 0, %zu }, { BPF_RET | BPF_A } };",
		      workers);
	cause_command(cause, "struct sock_fprog choose = { 3, code };");
	cause_command(cause, "setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &choose,");
	cause_command(cause, "           sizeof(choose)); /* fd: any one member */");
}

const char *cause_count(char buffer[static UNITS_TEXT], double count)
{
	if (!(count >= 0 && count < 1e18))
		return "?";
	return units_grouped(buffer, (uint64_t)(count + 0.5));
}

bool scene_hash_was_uneven(const struct scene *scene)
{
	const struct analysis *analysis = scene->analysis;

	/* It does so as well where it has to choose anew, though nothing can be expected then. */
	if (analysis->chooser != CHOOSER_HASH && analysis->chooser != CHOOSER_REGROUPED)
		return false;
	/* What splits flows is no hash. */
	if (analysis->chooser == CHOOSER_HASH && seen_flows_are_split(&analysis->seen))
		return false;
	if (analysis->seen.seen)
		return analysis->distribution.workers > 1 &&
		       analysis->seen.max_over_mean > 1 + analysis->tolerance;
	return analysis->distribution.verdict == VERDICT_FEW_FLOWS;
}

void causes_find(struct causes *out, const struct analysis *analysis, const struct run *run)
{
	const struct scene scene = { analysis, run };

	out->count = 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct cause *cause = &out->list[out->count];

		if (!analysis && !known[i].of_sockets)
			continue;
		*cause = (struct cause){ .name = known[i].name };
		if (known[i].find(cause, &scene))
			out->count++;
	}
}

static bool same_commands(const struct cause *left, const struct cause *right)
{
	if (left->command_count != right->command_count)
		return false;
	for (size_t i = 0; i < left->command_count; i++)
		if (strcmp(left->commands[i], right->commands[i]) != 0)
			return false;
	return true;
}

const struct cause *causes_same_code(const struct causes *causes, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (causes->list[place].command_count &&
		    same_commands(&causes->list[i], &causes->list[place]))
			return &causes->list[i];
	return NULL;
}

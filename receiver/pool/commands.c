#include "receiver/pool/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/address.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/units.h"
#include "receiver/models/model.h"
#include "receiver/options.h"
#include "receiver/pool/change.h"
#include "receiver/pool/control.h"
#include "receiver/pool/life.h"
#include "receiver/pool/pool.h"
#include "receiver/pool/report.h"

/* An answer is used before the next command comes. */
static char refusal[640];

/* What was not done, and what the receiver said about it last. */
static const char *because(const char *what)
{
	snprintf(refusal, sizeof(refusal), "%s: %s", what, message_last_error());
	return refusal;
}

static const char *steer(void *context, const char *argument, struct ndjson *answer)
{
	struct pool *pool = context;
	struct policy policy = { .text = argument };
	const char *expected, *unfit;

	if (!pool->steering)
		return "there is one socket: nothing to choose (see --model)";
	if (policy_parse(&policy, &expected) != 0) {
		snprintf(refusal, sizeof(refusal), "invalid policy \"%s\" (expected %s)", argument,
			 expected);
		return refusal;
	}
	unfit = policy_unfit(&policy, pool->count, pool->group.tcp);
	if (unfit)
		return unfit;
	policy.text = strdup(argument);
	if (!policy.text || !change_steer(pool, &policy)) {
		free((char *)policy.text);
		return because("the policy could not be changed");
	}
	free(pool->policy_text);
	pool->policy_text = (char *)policy.text;
	ndjson_string(answer, "steer", policy.text);
	message_note("steering by %s now", policy.text);
	return NULL;
}

static const char *workers(void *context, const char *argument, struct ndjson *answer)
{
	struct pool *pool = context;
	const char *unfit;
	uint64_t count;

	if (units_count(argument, &count) != 0 || count < 1 || count > POOL_SLOTS) {
		snprintf(refusal, sizeof(refusal), "invalid number \"%s\" (expected 1 to %d)",
			 argument, POOL_SLOTS);
		return refusal;
	}
	if (pool->model->one_worker && count != 1)
		return "model single has one worker";
	unfit = policy_unfit(&pool->policy, count, pool->group.tcp);
	if (unfit)
		return unfit;
	if (!change_resize(pool, count))
		return message_last_error();
	ndjson_uint(answer, "workers", pool->count);
	message_note("%s now", report_status(pool));
	return NULL;
}

static const char *restart(void *context, const char *argument, struct ndjson *answer)
{
	struct pool *pool = context;

	(void)argument;
	if (!change_restart(pool))
		return message_last_error();
	ndjson_uint(answer, "generation", pool->generation);
	return NULL;
}

static const char *drain(void *context, const char *argument, struct ndjson *answer)
{
	struct pool *pool = context;

	(void)argument;
	(void)answer;
	pool->reason = POOL_DRAINED;
	pool->told_to_stop = true;
	return NULL;
}

static void tell_life(const struct life *life, struct ndjson *answer)
{
	struct received counts;

	counters_read(received_counters, &counts, &life->account->counts);
	ndjson_open_object(answer, NULL);
	report_identity(answer, life);
	ndjson_string(answer, "state", life_states[life->state]);
	counters_record(received_counters, answer, &counts);
	ndjson_close_object(answer);
}

/* All that the processes of a slot did, those that have ended too. */
static void tell_slot(const struct pool *pool, size_t slot, struct ndjson *answer)
{
	const struct life *now = pool->seats[slot].life;
	struct received sum = lives_total(pool, false, slot);

	ndjson_open_object(answer, NULL);
	ndjson_uint(answer, "index", slot);
	if (slot >= pool->count)
		ndjson_string(answer, "state", "gone");
	else
		ndjson_string(answer, "state", now ? life_states[now->state] : "waiting");
	if (now) {
		ndjson_uint(answer, "generation", now->generation);
		ndjson_int(answer, "pid", now->pid);
	}
	counters_record(received_counters, answer, &sum);
	if (pool->steering)
		ndjson_uint(answer, "decisions",
			    pool->decisions_counted ? pool->decisions[slot]
						    : sum.packets + sum.drops + sum.connections);
	ndjson_close_object(answer);
}

static const char *stats(void *context, const char *argument, struct ndjson *answer)
{
	struct pool *pool = context;
	char text[ADDRESS_TEXT];

	(void)argument;
	lives_read_drops(pool);
	pool_read_decisions(pool);
	ndjson_string(answer, "address", address_text(text, &pool->group.address));
	ndjson_string(answer, "protocol", protocol_names[pool->options->protocol]);
	ndjson_string(answer, "model", pool->model->name);
	ndjson_string(answer, "steer", report_policy(pool));
	ndjson_uint(answer, "generation", pool->generation);
	ndjson_uint(answer, "elapsed_ns", clock_now() - pool->started);
	ndjson_string(answer, "decisions_by", pool->decisions_counted ? "program" : "arrivals");
	ndjson_uint(answer, "fallbacks", pool->fallbacks);
	ndjson_uint(answer, "restarts", pool->restarts);
	ndjson_uint(answer, "respawns", pool->respawns);
	ndjson_uint(answer, "crashed", pool->crashed);
	ndjson_open_array(answer, "slots");
	for (size_t i = 0; i < pool->slots_used; i++)
		tell_slot(pool, i, answer);
	ndjson_close_array(answer);
	ndjson_open_array(answer, "workers");
	for (const struct life *life = pool->lives; life; life = life->next)
		if (!life->front && life->state != LIFE_ENDED)
			tell_life(life, answer);
	ndjson_close_array(answer);
	/* A shared socket has no process, and never ends. */
	ndjson_open_array(answer, "fronts");
	for (const struct life *life = pool->lives; life; life = life->next)
		if (life->front && (life->state != LIFE_ENDED || !life->pid))
			tell_life(life, answer);
	ndjson_close_array(answer);
	return NULL;
}

const struct control_command pool_commands[] = {
	{ "steer", "POLICY", "choose sockets by POLICY from now on", steer },
	{ "workers", "N", "change the number of workers", workers },
	{ "stats", NULL, "what each worker has received so far", stats },
	{ "restart", NULL, "replace all workers by a new generation", restart },
	{ "drain", NULL, "take what is queued, report, and end", drain },
	{ NULL, NULL, NULL, NULL },
};

/* The sink that counts and forgets: what receiving alone costs. */
#include "receiver/account.h"
#include "receiver/sinks/sink.h"

bool sink_idle_prepare(const struct receive_options *options, void **shared)
{
	(void)options, (void)shared;
	return true;
}

void *sink_idle_open(const struct sink_start *start)
{
	return start->account;
}

bool sink_idle_has_room(const void *sink)
{
	(void)sink;
	return true;
}

struct sink_wait sink_idle_wait_for(const void *sink)
{
	(void)sink;
	return (struct sink_wait){ .fd = -1 };
}

uint64_t sink_idle_due(const void *sink)
{
	(void)sink;
	return UINT64_MAX;
}

void sink_idle_service(void *sink, uint64_t now, bool ready)
{
	(void)sink, (void)now, (void)ready;
}

void sink_idle_flush(void *sink)
{
	(void)sink;
}

bool sink_idle_busy(const void *sink)
{
	(void)sink;
	return false;
}

static void null_put(void *sink, const struct lp_point *point, const char *line, size_t length,
		     int64_t received)
{
	struct account *account = sink;

	(void)point, (void)line, (void)length, (void)received;
	counter_add(&account->counts.discarded, 1);
}

const struct sink_ops sink_null = {
	SINK_IDLE,
	.put = null_put,
};

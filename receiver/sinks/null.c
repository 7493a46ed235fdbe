/* The sink that counts and forgets: what receiving alone costs. */
#include <poll.h>

#include "common/lp.h"
#include "receiver/sink.h"
#include "receiver/slot.h"

static bool null_check(const struct receive_options *options)
{
	(void)options;
	return true;
}

static void *null_open(const struct receive_options *options, struct slot *slot)
{
	(void)options;
	return slot;
}

static void null_put(void *sink, const struct lp_point *point, const char *line, size_t length,
		     int64_t received)
{
	struct slot *slot = sink;

	(void)point, (void)line, (void)length, (void)received;
	slot->counts.discarded++;
}

static bool null_has_room(const void *sink)
{
	(void)sink;
	return true;
}

static int null_wait_for(const void *sink, short *events)
{
	(void)sink;
	*events = 0;
	return -1;
}

static uint64_t null_due(const void *sink)
{
	(void)sink;
	return UINT64_MAX;
}

static void null_service(void *sink, uint64_t now)
{
	(void)sink, (void)now;
}

static void null_flush(void *sink)
{
	(void)sink;
}

static bool null_busy(const void *sink)
{
	(void)sink;
	return false;
}

const struct sink_ops sink_null = {
	.check = null_check,
	.open = null_open,
	.put = null_put,
	.has_room = null_has_room,
	.wait_for = null_wait_for,
	.due = null_due,
	.service = null_service,
	.flush = null_flush,
	.busy = null_busy,
	.close = null_flush,
};

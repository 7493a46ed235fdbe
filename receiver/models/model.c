#include "receiver/models/model.h"

#include "receiver/intake.h"
#include "receiver/models/front.h"

static const struct model models[] = {
	{ .name = "reuseport",
	  .udp = &intake_datagrams,
	  .tcp = &intake_listener,
	  .member_each = true,
	  .sockets = "a SO_REUSEPORT socket each" },
	{ .name = "shared",
	  .udp = &intake_datagrams,
	  .tcp = &intake_listener,
	  .sockets = "all on one socket" },
	{ .name = "single",
	  .udp = &intake_datagrams,
	  .tcp = &intake_listener,
	  .one_worker = true,
	  .sockets = "alone on one socket" },
	{ .name = "dispatcher",
	  .udp = &intake_datagrams,
	  .front = dispatcher_run,
	  .front_name = "dispatcher",
	  .sockets = "behind one process that reads the socket" },
	{ .name = "fdpass",
	  .tcp = &intake_passed,
	  .front = accepter_run,
	  .front_name = "accepter",
	  .sockets = "behind one process that accepts" },
};

const char *const model_names[] = { "reuseport", "shared", "single", "dispatcher", "fdpass", NULL };

const struct model *model_by_index(size_t index)
{
	return &models[index];
}

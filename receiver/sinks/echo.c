/* The sink that sends lines back in upper case: what both ways cost, and that nothing is lost. */
#include "receiver/sinks/sink.h"

const struct sink_ops sink_echo = {
	SINK_IDLE,
	.answers = true,
};

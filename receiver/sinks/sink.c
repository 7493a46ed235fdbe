#include "receiver/sinks/sink.h"

const char *const sink_names[] = { "postgres", "null", "echo", "stdout", NULL };

static const struct sink_ops *const sinks[] = { &sink_postgres, &sink_null, &sink_echo,
						&sink_stdout };

const struct sink_ops *sink_by_index(size_t index)
{
	return sinks[index];
}

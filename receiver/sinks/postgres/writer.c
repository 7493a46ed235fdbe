#include "receiver/sinks/postgres/writer.h"

static const struct pg_writer *const writers[] = { &pg_writer_copy, &pg_writer_insert,
						   &pg_writer_prepared, &pg_writer_pipeline };

const char *const pg_writer_names[] = { "copy", "insert", "prepared", "pipeline", NULL };

const struct pg_writer *pg_writer_by_index(size_t index)
{
	return writers[index];
}

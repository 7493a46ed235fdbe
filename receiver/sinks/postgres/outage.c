#include "receiver/sinks/postgres/outage.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/units.h"
#include "receiver/pool/pool.h"

struct outage {
	_Atomic uint64_t since; /* clock_now() time when the first could not go on; 0: all can */
	_Atomic bool out[POOL_SLOTS];
	_Atomic bool said[OUTAGE_THINGS];
};

struct outage *outage_open(void)
{
	struct outage *outage = mmap(NULL, sizeof(*outage), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return outage == MAP_FAILED ? NULL : outage;
}

void outage_begin(struct outage *outage, size_t index, const char *why)
{
	uint64_t all_well = 0;

	if (atomic_exchange(&outage->out[index], true))
		return;
	if (atomic_compare_exchange_strong(&outage->since, &all_well, clock_now()))
		message_warning("PostgreSQL cannot store at the moment, receiving goes on: %s",
				why);
}

bool outage_is_first(struct outage *outage, enum outage_thing thing)
{
	return !atomic_exchange(&outage->said[thing], true);
}

/* Takes worker INDEX out. When the outage began if that ends it, else 0. */
static uint64_t take_out(struct outage *outage, size_t index)
{
	if (!atomic_exchange(&outage->out[index], false))
		return 0;
	for (size_t i = 0; i < POOL_SLOTS; i++)
		if (atomic_load(&outage->out[i]))
			return 0;
	return atomic_exchange(&outage->since, 0);
}

void outage_end(struct outage *outage, size_t index)
{
	char text[UNITS_TEXT];
	uint64_t since = take_out(outage, index);

	if (since)
		message_note("PostgreSQL stores again, after %s",
			     units_duration_text(text, clock_now() - since));
}

void outage_leave(struct outage *outage, size_t index)
{
	take_out(outage, index);
}

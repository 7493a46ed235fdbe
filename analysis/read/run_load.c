#include "analysis/read/run_load.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/read/load.h"
#include "common/message.h"

/* Those at the sockets that the receiver tells of. False: out of memory. */
static bool find_flows(struct run *run)
{
	struct observed *observed = &run->observed;
	const struct lives *all[] = { &run->lives, &run->fronts };
	bool *wanted = calloc(observed->member_count + 1, sizeof(*wanted));

	if (!wanted)
		return false;
	for (size_t i = 0; i < 2; i++)
		for (size_t life = 0; life < all[i]->count; life++) {
			size_t at = observed_find(observed, all[i]->list[life].cookie);

			if (at != OBSERVED_NONE)
				wanted[at] = true;
		}
	run_find_flows(run, wanted);
	free(wanted);
	return true;
}

static bool load_workers(struct run *run)
{
	enum stream_result receive = load_receive(run);
	bool told = run->lives.count > 0;

	if (told && !load_receive_finish(run))
		return false;
	load_probe(run);
	load_groups(run);
	if (observed_join(&run->observed) && (!told || find_flows(run)))
		return told || load_observed(run, receive);
	message_error("out of memory");
	return false;
}

static bool load_all(struct run *run, const char *directory, bool may_be_blind)
{
	struct stat status;

	*run = (struct run){ .directory = directory,
			     .may_be_blind = may_be_blind,
			     .seen_flows = NAN,
			     .seen_effective_flows = NAN };
	errno = 0;
	if (stat(directory, &status) != 0 || !S_ISDIR(status.st_mode)) {
		message_error("could not open run directory %s: %s", directory,
			      strerror(errno ? errno : ENOTDIR));
		message_hint("a run directory is what 'fairport run' writes, or any directory "
			     "with a receive.ndjson");
		return false;
	}
	load_manifest(run);
	if (!load_workers(run))
		return false;
	load_fake(run);
	load_bpftrace(run);
	load_store(run);
	return true;
}

bool run_load(struct run *run, const char *directory)
{
	return load_all(run, directory, false);
}

bool run_load_any(struct run *run, const char *directory)
{
	return load_all(run, directory, true);
}

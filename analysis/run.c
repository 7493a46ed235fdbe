#include "analysis/run.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/load.h"
#include "analysis/stream.h"
#include "common/message.h"

void load_manifest(struct run *run)
{
	char path[PATH_MAX];
	json_error_t error;

	if (stream_path(path, sizeof(path), run->directory, "manifest.json") != 0 ||
	    access(path, F_OK) != 0)
		return;
	run->manifest = json_load_file(path, 0, &error);
	if (!run->manifest && error.line < 0) {
		message_warning("could not read %s: %s", path, strerror(errno));
	} else if (!run->manifest) {
		message_warning("%s: line %d: not JSON from column %d on", path, error.line,
				error.column);
	} else if (!json_is_object(run->manifest)) {
		message_warning("%s: not an object", path);
		json_decref(run->manifest);
		run->manifest = NULL;
	}
	if (!run->manifest)
		run->incomplete = true;
	run->interrupted = json_is_true(json_object_get(run->manifest, "interrupted"));
}

bool run_load(struct run *run, const char *directory)
{
	struct stat status;

	*run = (struct run){ .directory = directory };
	errno = 0;
	if (stat(directory, &status) != 0 || !S_ISDIR(status.st_mode)) {
		message_error("could not open run directory %s: %s", directory,
			      strerror(errno ? errno : ENOTDIR));
		message_hint("a run directory is what 'fairport run' writes, or any directory "
			     "with a receive.ndjson");
		return false;
	}
	load_manifest(run);
	if (!load_receive(run))
		return false;
	load_fake(run);
	load_probe(run);
	load_bpftrace(run);
	load_store(run);
	return true;
}

void run_free(struct run *run)
{
	json_decref(run->manifest);
	json_decref(run->receive_header);
	json_decref(run->receive_summary);
	json_decref(run->sender.header);
	json_decref(run->sender.summary);
	lives_free(&run->lives);
	lives_free(&run->fronts);
	free(run->workers);
	free(run->probe.entries);
	free(run->bpftrace.entries);
}

const char *run_text(const struct run *run, const char *key)
{
	const char *text = record_text(run->manifest, key);

	return text ? text : record_text(run->receive_header, key);
}

const char *run_unit(const struct run *run, bool plural)
{
	if (run->tcp)
		return plural ? "connections" : "connection";
	return plural ? "packets" : "packet";
}

uint64_t run_units(const struct run *run, const struct received *counts)
{
	return run->tcp ? counts->connections : counts->packets;
}

bool run_drops_trains(const struct run *run)
{
	return run->total.drops && run->engine && strcmp(run->engine, "gro") == 0;
}

uint64_t tally_packets(const struct tally *tally)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < tally->count; i++)
		packets += tally->entries[i].packets;
	return packets;
}

#include "analysis/chooser.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "analysis/run.h"
#include "analysis/read/stream.h"

/*
 * Whether sockets came or went: then each flow was assigned more than once, perhaps to different
 * workers. A worker that takes over a socket changes nothing.
 */
static bool regrouped(const struct run *run)
{
	uint64_t last;

	for (size_t i = 0; i < run->worker_count; i++)
		if (run->workers[i].moved)
			return true;
	if (run->first_count && run->first_count < run->worker_count)
		return true;
	return record_count(run->receive_summary, "workers", &last) && last < run->worker_count;
}

enum chooser chooser_find(const struct run *run)
{
	if (strcmp(run->model, "reuseport") != 0)
		return CHOOSER_MODEL;
	if (strcmp(run->steer, "hash") != 0)
		return CHOOSER_PROGRAM;
	return regrouped(run) ? CHOOSER_REGROUPED : CHOOSER_HASH;
}

static const char *model_text(const struct run *run)
{
	static const struct {
		const char *model, *text;
	} known[] = {
		{ "shared",
		  "the workers take from one socket, and whoever is ready first gets what "
		  "is next" },
		{ "dispatcher", "one process takes all packets and hands them on, to each worker "
				"that keeps up in turn" },
		{ "fdpass", "one process accepts all connections and passes them on, to each "
			    "worker that keeps up in turn" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(run->model, known[i].model) == 0)
			return known[i].text;
	return "there is no group whose hash would choose";
}

const char *chooser_text(char buffer[static CHOOSER_TEXT], enum chooser chooser,
			 const struct run *run)
{
	switch (chooser) {
	case CHOOSER_MODEL:
		return model_text(run);
	case CHOOSER_PROGRAM:
		snprintf(buffer, CHOOSER_TEXT, "a steering program chose (%.40s), not the hash",
			 run->steer);
		return buffer;
	case CHOOSER_REGROUPED:
		return "the sockets of the group changed meanwhile, so that the hash assigned "
		       "each flow more than once";
	case CHOOSER_HASH:
		break;
	}
	return "the kernel's hash chose";
}

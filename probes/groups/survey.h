/* The sockets of one network namespace or of many, looked at several times. */
#ifndef FAIRPORT_GROUPS_SURVEY_H
#define FAIRPORT_GROUPS_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/sockets/namespace.h"
#include "probes/sockets/sockets.h"

struct groups_options;
struct watched;

/* One namespace. */
struct place {
	const struct namespace *namespace;
	struct socket_list list; /* of the last look */
	bool left_out;           /* it could not be entered, or was gone */
};

struct survey {
	const struct groups_options *options;
	struct namespace_list namespaces;
	struct place *places; /* one for each of these */
	size_t count;
	struct socket_iterators *iterators; /* NULL: without */
	int iterators_error;                /* why: -errno */
	bool all_visible;                   /* every process could be looked into */
	struct watched *watched;            /* what the looks told, by place and cookie */
	size_t watched_count;
	size_t looks;
	uint64_t looked; /* ns from the first look to the last */
};

/* Finds the namespaces and gets ready. False after an error message; survey_close() in any case. */
bool survey_open(struct survey *survey, const struct groups_options *options);

/* Looks once, or as often as the queues want it. False after an error message. */
bool survey_look(struct survey *survey);

void survey_close(struct survey *survey);

/* All that was found is of one namespace, in which this process is now. */
static inline bool survey_is_empty(const struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++)
		if (survey->places[i].list.count)
			return false;
	return true;
}

#endif

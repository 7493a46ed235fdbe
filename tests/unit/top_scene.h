/* Readings of a group that tests make up, one after the other. */
#ifndef FAIRPORT_TESTS_UNIT_TOP_SCENE_H
#define FAIRPORT_TESTS_UNIT_TOP_SCENE_H

#include "tests/unit/helpers.h"

#include "common/clock.h"
#include "probes/top/history.h"
#include "probes/top/model.h"

#define SCENE_MEMBERS 4
#define SCENE_FLOWS   64

/* What the next reading is to hold; cookies are 10, 11, ... */
struct scene {
	struct history history;
	struct reading_member members[SCENE_MEMBERS];
	bool there[SCENE_MEMBERS];
	struct reading_flow flows[SCENE_FLOWS]; /* those of a member together, by hash */
	size_t flow_count;
	bool flows_counted;
	uint64_t time;
};

static inline void scene_begin(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	for (size_t i = 0; i < SCENE_MEMBERS; i++) {
		struct reading_member *member = &scene->members[i];

		scene->there[i] = true;
		*member = (struct reading_member){ .cookie = 10 + i,
						   .slot = (uint32_t)i,
						   .pid = 500 - (pid_t)i,
						   .owners = 1,
						   .state = 'S',
						   .program_known = true,
						   .counted = true,
						   .packets_known = true,
						   .room = 1000 };
		snprintf(member->command, sizeof(member->command), "worker%zu", i % 2);
		member->local.v4 = (struct sockaddr_in){ .sin_family = AF_INET,
							 .sin_port = htons(8089),
							 .sin_addr = { htonl(INADDR_LOOPBACK) } };
		member->local.length = sizeof(member->local.v4);
	}
}

/* Adds a reading a second after the last. */
static inline void scene_read(struct scene *scene)
{
	struct reading reading = { .members = calloc(SCENE_MEMBERS, sizeof(*reading.members)),
				   .flows = calloc(SCENE_FLOWS, sizeof(*reading.flows)),
				   .flows_counted = scene->flows_counted };

	assert_true(reading.members && reading.flows);
	scene->time += NS_PER_SECOND;
	reading.time = scene->time;
	memcpy(reading.flows, scene->flows, sizeof(scene->flows));
	for (size_t i = 0; i < SCENE_MEMBERS; i++)
		if (scene->there[i])
			reading.members[reading.count++] = scene->members[i];
	assert_int_equal(history_add(&scene->history, &reading), 0);
	assert_null(reading.members);
}

/* Each member receives and takes so many packets. */
static inline void scene_receive(struct scene *scene, const uint64_t packets[SCENE_MEMBERS])
{
	for (size_t i = 0; i < SCENE_MEMBERS; i++) {
		scene->members[i].arrived += packets[i];
		scene->members[i].taken += packets[i];
	}
}

static inline struct view scene_view(struct scene *scene)
{
	struct view view;

	assert_int_equal(view_make(&view, &scene->history, false), 0);
	return view;
}

static inline void scene_end(struct scene *scene)
{
	history_free(&scene->history);
}

#endif

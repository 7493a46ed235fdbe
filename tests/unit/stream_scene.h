/* A directory of the test's own, files in it, and what reading them says on standard error. */
#ifndef FAIRPORT_TESTS_UNIT_STREAM_SCENE_H
#define FAIRPORT_TESTS_UNIT_STREAM_SCENE_H

#include <limits.h>
#include <sys/stat.h>

#include "tests/unit/helpers.h"

#define SCENE_TEXT 8192

struct scene {
	char directory[64];
	char said[SCENE_TEXT]; /* by what ran between scene_listen() and scene_heard() */
	struct capture capture;
};

static inline void scene_open(struct scene *scene)
{
	snprintf(scene->directory, sizeof(scene->directory), "/tmp/fairport-unit-XXXXXX");
	assert_non_null(mkdtemp(scene->directory));
}

static inline const char *scene_path(const struct scene *scene, const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", scene->directory, name);
	return path;
}

static inline void scene_write(const struct scene *scene, const char *name, const char *text,
			       size_t length)
{
	FILE *file = fopen(scene_path(scene, name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

/* Removes the files with these names, ended by NULL, and the directory. */
static inline void scene_close(const struct scene *scene, const char *const names[])
{
	for (; *names; names++)
		remove(scene_path(scene, *names));
	assert_int_equal(rmdir(scene->directory), 0);
}

static inline void scene_listen(struct scene *scene)
{
	capture_begin(&scene->capture, stderr);
}

static inline void scene_heard(struct scene *scene)
{
	capture_end(&scene->capture, scene->said, sizeof(scene->said));
}

#endif

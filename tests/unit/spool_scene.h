/* A directory for spools, records that know what they hold, and other processes. */
#ifndef FAIRPORT_TESTS_UNIT_SPOOL_SCENE_H
#define FAIRPORT_TESTS_UNIT_SPOOL_SCENE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "receiver/sinks/spool.h"

struct scene {
	char directory[40];
};

static inline int scene_setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	*state = scene;
	strcpy(scene->directory, "/tmp/fairport-test-XXXXXX");
	return mkdtemp(scene->directory) ? 0 : -1;
}

/* DIRECTORY/NAME, until the next call. */
static __attribute__((noinline)) const char *path_of(const struct scene *scene, const char *name)
{
	static char path[400];

	snprintf(path, sizeof(path), "%s/%s", scene->directory, name);
	return path;
}

/* Removes all but ".." and ".". How many files there were. */
static inline size_t empty_directory(const struct scene *scene)
{
	DIR *stream = opendir(scene->directory);
	const struct dirent *entry;
	size_t count = 0;

	while (stream && (entry = readdir(stream)))
		count += remove(path_of(scene, entry->d_name)) == 0;
	if (stream)
		closedir(stream);
	return count;
}

static inline int scene_teardown(void **state)
{
	struct scene *scene = *state;

	empty_directory(scene);
	rmdir(scene->directory);
	free(scene);
	return 0;
}

/* Record NUMBER has NUMBER % 7 items, and LENGTH bytes that depend on both. */
static inline char *make_data(uint64_t number, size_t length)
{
	char *data = malloc(length + 1);

	for (size_t i = 0; data && i < length; i++)
		data[i] = (char)(number * 31 + length + i * 7 + (i >> 8));
	return data;
}

static inline int append(struct spool *spool, uint64_t number, size_t length)
{
	char *data = make_data(number, length);
	struct spool_record record = { number, number % 7, data, length };
	int error = spool_append(spool, &record);

	free(data);
	return error;
}

static inline void assert_append(struct spool *spool, uint64_t number, size_t length)
{
	uint64_t records = spool->records, items = spool->items;

	assert_int_equal(append(spool, number, length), 0);
	assert_int_equal(spool->records, records + 1);
	assert_int_equal(spool->items, items + number % 7);
}

/* The first record is NUMBER, whole. */
static inline void assert_first(struct spool *spool, uint64_t number)
{
	struct spool_record record;
	char *data;

	assert_int_equal(spool_peek(spool, &record), 0);
	assert_int_equal(record.number, number);
	assert_int_equal(record.items, number % 7);
	data = make_data(number, record.length);
	assert_memory_equal(record.data, data, record.length);
	free(data);
}

/* What waits is records FIRST to LAST; they are dropped. */
static inline void assert_drains(struct spool *spool, uint64_t first, uint64_t last)
{
	struct spool_record record;

	for (uint64_t i = first; i <= last; i++) {
		assert_int_equal(spool->records, last - i + 1);
		assert_first(spool, i);
		spool_drop(spool);
	}
	assert_int_equal(spool->records, 0);
	assert_int_equal(spool->items, 0);
	assert_int_equal(spool_peek(spool, &record), -ENOENT);
}

static inline struct spool *assert_adopts(const struct scene *scene, const char *id,
					  uint64_t records, uint64_t cut)
{
	uint64_t was_cut;
	struct spool *spool = spool_adopt(scene->directory, "", &was_cut);

	assert_non_null(spool);
	assert_string_equal(spool->id, id);
	assert_int_equal(spool->records, records);
	assert_int_equal(was_cut, cut);
	return spool;
}

static inline void assert_adopts_none(const struct scene *scene)
{
	uint64_t cut;

	errno = EIO;
	assert_null(spool_adopt(scene->directory, "", &cut));
	assert_int_equal(errno, 0);
	assert_int_equal(cut, 0);
}

/* What is left of it where the process ends here. */
static inline void abandon(struct spool *spool)
{
	close(spool->fd);
	free(spool->data);
	free(spool->path);
	free(spool);
}

static inline uint64_t size_of(const struct scene *scene, const char *name)
{
	struct stat status;

	assert_int_equal(stat(path_of(scene, name), &status), 0);
	return (uint64_t)status.st_size;
}

/* Turns one bit. */
static inline void damage(const struct scene *scene, const char *name, uint64_t at)
{
	int fd = open(path_of(scene, name), O_RDWR);
	char byte;

	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

#endif

/* The spool: order, what a full disk and damage do to it, its files and its directory. */
/* link: receiver/sinks/spool.c receiver/sinks/spool_file.c receiver/sinks/spool_check.c */
#include "tests/unit/helpers.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "tests/unit/spool_scene.h"

#define START  4096 /* of the records in the file */
#define HEADER 40   /* of each record */
#define NOBODY 65534

static void test_order(void **state)
{
	struct scene *scene = *state;
	struct spool *spool = spool_create(scene->directory, "a");
	uint64_t next = 1;

	assert_non_null(spool);
	assert_string_equal(spool->id, "a");
	for (uint64_t i = 1; i <= 5000; i++) {
		assert_append(spool, i, i * i % 3001);
		/* Something is read now and then, in between. */
		if (i % 3 == 0) {
			assert_first(spool, next++);
			spool_drop(spool);
			assert_int_equal(spool->records, i - next + 1);
		}
	}
	assert_drains(spool, next, 5000);
	spool_drop(spool);
	assert_int_equal(spool->records, 0);
	spool_close(spool);
	assert_int_equal(empty_directory(scene), 0);
}

static void test_empty_begins_anew(void **state)
{
	struct scene *scene = *state;
	struct spool *spool = spool_create(scene->directory, "a");

	for (uint64_t round = 0; round < 3; round++) {
		for (uint64_t i = 1; i <= 10; i++)
			assert_append(spool, i, 100);
		assert_int_equal(spool->tail, START + 10 * (HEADER + 100));
		assert_int_equal(size_of(scene, "a.spool"), spool->tail);
		assert_drains(spool, 1, 10);
		assert_int_equal(size_of(scene, "a.spool"), START);
		assert_append(spool, 1, 0);
		assert_drains(spool, 1, 1);
	}
	/* What came after the file was emptied is found, and nothing else. */
	assert_append(spool, 1, 5000);
	spool_close(spool);
	spool = assert_adopts(scene, "a", 1, 0);
	assert_drains(spool, 1, 1);
	spool_close(spool);
}

/* As if it had not been changed for so many seconds. */
static void set_age(const struct scene *scene, const char *name, time_t age)
{
	const struct timespec times[2] = { { 1700000000, 0 }, { 1700000000 - age, 0 } };

	assert_int_equal(utimensat(AT_FDCWD, path_of(scene, name), times, 0), 0);
}

static void test_close_and_adopt(void **state)
{
	struct scene *scene = *state;
	struct spool *spool;

	for (const char *id = "cab"; *id; id++) {
		spool = spool_create(scene->directory, (const char[]){ *id, '\0' });
		assert_append(spool, (uint64_t)*id, 1000);
		spool_close(spool);
	}
	/* The oldest first, then by name; and with what was not dropped. */
	set_age(scene, "a.spool", 10);
	set_age(scene, "b.spool", 9);
	set_age(scene, "c.spool", 9);
	spool = assert_adopts(scene, "a", 1, 0);
	assert_append(spool, 'a' + 1, 20);
	assert_append(spool, 'a' + 2, 20);
	assert_first(spool, 'a');
	spool_drop(spool);
	spool_close(spool);
	set_age(scene, "a.spool", 11);
	spool = assert_adopts(scene, "a", 2, 0);
	assert_int_equal(spool->items, ('a' + 1) % 7 + ('a' + 2) % 7);
	assert_drains(spool, 'a' + 1, 'a' + 2);
	spool_close(spool);
	for (int c = 'b'; c <= 'c'; c++) {
		spool = assert_adopts(scene, (const char[]){ (char)c, '\0' }, 1, 0);
		assert_drains(spool, (uint64_t)c, (uint64_t)c);
		spool_close(spool);
	}
	assert_adopts_none(scene);
	assert_int_equal(empty_directory(scene), 0);
}

/* Whoever removes a file by hand: the next one of that name is another's. */
static void test_replaced(void **state)
{
	struct scene *scene = *state;
	struct spool *other, *spool = spool_create(scene->directory, "a");

	assert_int_equal(unlink(path_of(scene, "a.spool")), 0);
	assert_append(spool, 1, 10);
	other = spool_create(scene->directory, "a");
	assert_append(other, 2, 10);
	assert_drains(spool, 1, 1);
	spool_close(spool);
	spool_close(other);
	spool = assert_adopts(scene, "a", 1, 0);
	assert_drains(spool, 2, 2);
	spool_close(spool);
}

static void test_create_twice(void **state)
{
	struct scene *scene = *state;
	struct spool *other, *spool = spool_create(scene->directory, "a");

	other = spool_create(scene->directory, "a");
	assert_null(other);
	assert_int_equal(errno, EEXIST);
	/* Nor is it taken away from who has it. */
	assert_append(spool, 1, 10);
	assert_adopts_none(scene);
	assert_drains(spool, 1, 1);
	assert_adopts_none(scene);
	assert_append(spool, 2, 10);
	assert_drains(spool, 2, 2);
	spool_close(spool);
	assert_int_equal(empty_directory(scene), 0);
}

/* Appends until there is an error, which is returned, and that leaves all as it was. */
static int fill(const struct scene *scene, struct spool *spool, uint64_t *number)
{
	int error;

	while ((error = append(spool, *number, 10000)) == 0)
		++*number;
	assert_int_equal(spool->records, *number - 1);
	assert_int_equal(size_of(scene, "a.spool"), spool->tail);
	/* Again, and then a record that still fits. */
	assert_int_equal(append(spool, *number, 10000), error);
	assert_append(spool, *number, 10);
	assert_int_equal(size_of(scene, "a.spool"), spool->tail);
	return error;
}

static void test_file_limit(void **state)
{
	struct scene *scene = *state;
	struct rlimit before, limit;
	struct spool *spool = spool_create(scene->directory, "a");
	uint64_t number = 1;
	int error;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ START + 123456, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	error = fill(scene, spool, &number);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(error, -EFBIG);
	assert_int_equal(number, 123456 / (10000 + HEADER) + 1);
	assert_append(spool, number + 1, 10000);
	assert_drains(spool, 1, number + 1);
	spool_close(spool);
}

static void test_full_disk(void **state)
{
	struct scene *scene = *state;
	struct spool *spool;
	uint64_t number = 1;

	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", scene->directory, "tmpfs", 0, "size=1m") != 0) {
		print_message("skipped: a file system of one's own takes root\n");
		skip();
	}
	spool = spool_create(scene->directory, "a");
	assert_non_null(spool);
	assert_int_equal(fill(scene, spool, &number), -ENOSPC);
	assert_true(number > 90);
	/* What is dropped makes room, here at the latest when all is. */
	assert_drains(spool, 1, number);
	assert_append(spool, 1, 500000);
	spool_close(spool);
	spool = assert_adopts(scene, "a", 1, 0);
	assert_drains(spool, 1, 1);
	spool_close(spool);
	assert_int_equal(umount(scene->directory), 0);
}

static void test_damaged_data(void **state)
{
	struct scene *scene = *state;
	struct spool *spool = spool_create(scene->directory, "a");
	struct spool_record record;

	for (uint64_t i = 1; i <= 5; i++)
		assert_append(spool, i, 1000);
	damage(scene, "a.spool", START + 2 * (HEADER + 1000) + HEADER + 500);
	spool_close(spool);
	spool = assert_adopts(scene, "a", 5, 0);
	for (uint64_t i = 1; i <= 2; i++) {
		assert_first(spool, i);
		spool_drop(spool);
	}
	assert_int_equal(spool_peek(spool, &record), -EBADMSG);
	assert_int_equal(spool_peek(spool, &record), -EBADMSG);
	spool_drop(spool);
	assert_int_equal(spool->items, 4 + 5);
	assert_drains(spool, 4, 5);
	spool_close(spool);
}

/* Where the next record begins is not known: all behind it is lost, and said to be. */
static void test_damaged_header(void **state)
{
	struct scene *scene = *state;
	struct spool *spool;
	struct spool_record record;

	for (uint64_t at = 0; at < HEADER; at++) {
		spool = spool_create(scene->directory, "a");
		for (uint64_t i = 1; i <= 5; i++)
			assert_append(spool, i, 1000);
		damage(scene, "a.spool", START + 2 * (HEADER + 1000) + at);
		for (uint64_t i = 1; i <= 2; i++) {
			assert_first(spool, i);
			spool_drop(spool);
		}
		assert_int_equal(spool_peek(spool, &record), -EBADMSG);
		assert_int_equal(spool->items, 3 + 4 + 5);
		spool_drop(spool);
		assert_int_equal(spool->records + spool->items, 0);
		assert_append(spool, 6, 10);
		assert_drains(spool, 6, 6);
		spool_close(spool);
	}
	spool = spool_create(scene->directory, "a");
	for (uint64_t i = 1; i <= 5; i++)
		assert_append(spool, i, 1000);
	spool_close(spool);
	damage(scene, "a.spool", START + 2 * (HEADER + 1000) + 10);
	spool = assert_adopts(scene, "a", 2, 3 * (HEADER + 1000));
	assert_append(spool, 3, 10);
	assert_drains(spool, 1, 3);
	spool_close(spool);
}

static uint64_t blocks_of(const struct spool *spool)
{
	struct stat status;

	assert_int_equal(fstat(spool->fd, &status), 0);
	return (uint64_t)status.st_blocks * 512;
}

static void test_space_comes_back(void **state)
{
	const uint64_t mib = 1024 * 1024;
	struct scene *scene = *state;
	struct spool *spool = spool_create(scene->directory, "a");

	for (uint64_t i = 1; i <= 40; i++)
		assert_append(spool, i, mib);
	if (fallocate(spool->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 1) != 0) {
		spool_close(spool);
		print_message("skipped: this file system cannot punch holes\n");
		skip();
	}
	for (uint64_t i = 1; i <= 30; i++)
		spool_drop(spool);
	assert_in_range(blocks_of(spool), 10 * mib, 20 * mib);
	/* The head in the file is not in the hole. */
	abandon(spool);
	spool = assert_adopts(scene, "a", 10, 0);
	assert_drains(spool, 31, 40);
	assert_true(blocks_of(spool) <= mib);
	for (uint64_t i = 1; i <= 30; i++)
		assert_append(spool, i, mib);
	for (uint64_t i = 1; i <= 20; i++)
		spool_drop(spool);
	assert_in_range(blocks_of(spool), 10 * mib, 20 * mib);
	assert_drains(spool, 21, 30);
	spool_close(spool);
}

static void write_file(const struct scene *scene, const char *name, const void *data, size_t length)
{
	int fd = open(path_of(scene, name), O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, length), length);
	close(fd);
}

static void test_other_files(void **state)
{
	static const struct {
		uint32_t magic, version;
		uint64_t head;
	} newer = { 0x50534646, 2, START };
	static const char *const left_alone[] = { "text.spool", "newer.spool", "fifo.spool",
						  "link.spool" };
	static const char long_name[] = "0123456789012345678901234567890123456789012345678901234567"
					"890123.spool";
	struct scene *scene = *state;
	struct spool *spool = spool_create(scene->directory, "kept");
	struct capture capture;
	char said[4000];
	bool good;

	assert_append(spool, 1, 10);
	spool_close(spool);
	strcpy(said, path_of(scene, "kept.spool"));
	assert_int_equal(rename(said, path_of(scene, "kept")), 0);
	write_file(scene, "text.spool", "text", 4);
	write_file(scene, "newer.spool", &newer, sizeof(newer));
	write_file(scene, "notes.txt", "", 0);
	write_file(scene, ".spool", "", 0);
	write_file(scene, ".a.spool", "", 0);
	write_file(scene, long_name, "", 0);
	write_file(scene, "empty.spool", "", 0);
	assert_int_equal(mkfifo(path_of(scene, "fifo.spool"), 0600), 0);
	assert_int_equal(symlink("kept", path_of(scene, "link.spool")), 0);
	capture_begin(&capture, stderr);
	good = spool_check(scene->directory, geteuid(), getegid());
	capture_end(&capture, said, sizeof(said));
	assert_true(good);
	for (size_t i = 0; i < COUNT(left_alone); i++)
		assert_non_null(strstr(said, left_alone[i]));
	assert_null(strstr(said, "notes"));
	assert_null(strstr(said, "empty"));
	assert_adopts_none(scene);
	assert_int_equal(access(path_of(scene, "empty.spool"), F_OK), -1);
	assert_int_equal(size_of(scene, "text.spool"), 4);
	assert_int_equal(empty_directory(scene), 9);
}

static void check(const char *directory, uid_t user, bool good, const char *want)
{
	struct capture capture;
	char said[1000];
	bool was_good;

	capture_begin(&capture, stderr);
	was_good = spool_check(directory, user, user == geteuid() ? getegid() : user);
	capture_end(&capture, said, sizeof(said));
	if (!strstr(said, want) || (!*want && *said))
		fail_msg("said '%s', not '%s'", said, want);
	assert_int_equal(was_good, good);
}

static void test_directory(void **state)
{
	struct scene *scene = *state;
	char new[400];
	struct stat status;
	uint64_t cut;

	strcpy(new, path_of(scene, "new"));
	check(new, geteuid(), true, "");
	assert_int_equal(stat(new, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	check(new, geteuid(), true, "");
	assert_int_equal(rmdir(new), 0);
	check(path_of(scene, "no/new"), geteuid(), false, "/no/new: No such file or directory\n");
	write_file(scene, "file", "", 0);
	check(path_of(scene, "file"), geteuid(), false,
	      "error: could not write to spool directory /tmp/");
	check(path_of(scene, "file"), geteuid(), false, "/file: Not a directory\n");
	assert_null(spool_create(new, "a"));
	assert_int_equal(errno, ENOENT);
	assert_null(spool_adopt(new, "", &cut));
	assert_int_equal(errno, ENOENT);
}

static void test_other_user(void **state)
{
	struct scene *scene = *state;
	char new[400];
	struct stat status;

	if (geteuid() != 0) {
		print_message("skipped: only root can act for another user\n");
		skip();
	}
	assert_int_equal(chmod(scene->directory, 0711), 0);
	strcpy(new, path_of(scene, "new"));
	check(new, 0, true, "");
	check(new, NOBODY, false, "/new: Permission denied\n");
	assert_int_equal(rmdir(new), 0);
	assert_int_equal(chmod(scene->directory, 0777), 0);
	check(new, NOBODY, true, "");
	assert_int_equal(stat(new, &status), 0);
	assert_int_equal(status.st_uid, NOBODY);
	assert_int_equal(status.st_gid, NOBODY);
	/* It acted for the other user, and does not any more. */
	write_file(scene, "new/root.spool", "", 0);
	assert_int_equal(stat(path_of(scene, "new/root.spool"), &status), 0);
	assert_int_equal(status.st_uid, 0);
	check(new, NOBODY, true, "/new/root.spool: Permission denied: left alone\n");
	assert_int_equal(unlink(path_of(scene, "new/root.spool")), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order),           TEST(test_empty_begins_anew),
		TEST(test_close_and_adopt), TEST(test_create_twice),
		TEST(test_file_limit),      TEST(test_replaced),
		TEST(test_full_disk),       TEST(test_damaged_data),
		TEST(test_damaged_header),  TEST(test_space_comes_back),
		TEST(test_other_files),     TEST(test_directory),
		TEST(test_other_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

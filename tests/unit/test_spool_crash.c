/* Spools that other processes use, and leave behind. */
/* link: receiver/sinks/spool.c receiver/sinks/spool_file.c */
#include "tests/unit/helpers.h"

#include <inttypes.h>
#include "tests/unit/spool_scene.h"

#define START  4096 /* of the records in the file */
#define HEADER 40   /* of each record */

/* A process that has opened spool "a", appends records 1 to COUNT, drops DROPS, and stays. */
static pid_t start_user(const struct scene *scene, uint64_t count, uint64_t drops)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct spool *spool = spool_create(scene->directory, "a");

		for (uint64_t i = 1; spool && i <= count; i++)
			if (append(spool, i, 300) != 0)
				_exit(1);
		for (uint64_t i = 1; spool && i <= drops; i++)
			spool_drop(spool);
		if (!spool || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void kill_user(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_killed(void **state)
{
	struct scene *scene = *state;
	struct spool *spool;
	pid_t pid = start_user(scene, 1000, 0);

	/* As long as it lives, it is its. */
	assert_adopts_none(scene);
	kill_user(pid);
	spool = assert_adopts(scene, "a", 1000, 0);
	assert_adopts_none(scene);
	assert_drains(spool, 1, 1000);
	spool_close(spool);
	assert_int_equal(empty_directory(scene), 0);
}

static void test_killed_later(void **state)
{
	struct scene *scene = *state;
	struct spool *spool;

	kill_user(start_user(scene, 100, 60));
	spool = assert_adopts(scene, "a", 40, 0);
	assert_drains(spool, 61, 100);
	spool_close(spool);
	/* Nothing was left in these. */
	kill_user(start_user(scene, 100, 100));
	assert_adopts_none(scene);
	kill_user(start_user(scene, 0, 0));
	assert_adopts_none(scene);
	assert_int_equal(empty_directory(scene), 0);
}

/* Appends without end; the pipe tells how far it got. */
static pid_t start_appender(const struct scene *scene, int told)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct spool *spool = spool_create(scene->directory, "a");

		for (uint64_t i = 1; spool && append(spool, i, 200000) == 0; i++)
			if (write(told, &i, sizeof(i)) != sizeof(i))
				break;
		_exit(1);
	}
	return pid;
}

/* Killed wherever it is: what it said is stored is there. */
static void test_killed_at_work(void **state)
{
	struct scene *scene = *state;

	for (unsigned int round = 0; round < 30; round++) {
		uint64_t last = 0, stored = 0, cut;
		struct spool *spool;
		int told[2];
		pid_t pid;

		assert_int_equal(pipe(told), 0);
		pid = start_appender(scene, told[1]);
		close(told[1]);
		while (last < 1 + round * 3)
			assert_int_equal(read(told[0], &last, sizeof(last)), sizeof(last));
		kill_user(pid);
		while (read(told[0], &stored, sizeof(stored)) == sizeof(stored))
			last = stored;
		close(told[0]);
		spool = spool_adopt(scene->directory, "", &cut);
		assert_non_null(spool);
		assert_in_range(spool->records, last, last + 1);
		assert_in_range(cut, 0, HEADER + 200000 - 1);
		assert_drains(spool, 1, spool->records);
		spool_close(spool);
	}
}

/* The file as a crash may leave it: cut at every byte of its last record. */
static void test_torn(void **state)
{
	struct scene *scene = *state;

	for (uint64_t left = 0; left <= HEADER + 100; left++) {
		struct spool *spool = spool_create(scene->directory, "a");
		uint64_t records = left == HEADER + 100 ? 4 : 3;

		for (uint64_t i = 1; i <= 3; i++)
			assert_append(spool, i, 100);
		assert_append(spool, 4, 100);
		spool_close(spool);
		assert_int_equal(truncate(path_of(scene, "a.spool"),
					  (off_t)(START + 3 * (HEADER + 100) + left)),
				 0);
		spool = assert_adopts(scene, "a", records, records == 4 ? 0 : left);
		assert_int_equal(spool->items, records == 4 ? 1 + 2 + 3 + 4 : 1 + 2 + 3);
		assert_int_equal(size_of(scene, "a.spool"), spool->tail);
		/* And it goes on from there. */
		assert_append(spool, records + 1, 50);
		spool_close(spool);
		spool = assert_adopts(scene, "a", records + 1, 0);
		assert_drains(spool, 1, records + 1);
		spool_close(spool);
	}
}

/* The last record has its length, but not all its bytes. */
static void test_torn_inside(void **state)
{
	struct scene *scene = *state;

	for (uint64_t at = 0; at < HEADER + 100; at++) {
		struct spool *spool = spool_create(scene->directory, "a");

		for (uint64_t i = 1; i <= 3; i++)
			assert_append(spool, i, 100);
		spool_close(spool);
		damage(scene, "a.spool", START + 2 * (HEADER + 100) + at);
		spool = assert_adopts(scene, "a", 2, HEADER + 100);
		assert_int_equal(spool->items, 1 + 2);
		assert_drains(spool, 1, 2);
		spool_close(spool);
	}
}

/* Cut anywhere before the end of its only record: nothing is left, and that is said. */
static void test_torn_first(void **state)
{
	static const uint64_t sizes[] = { 0, 40, 100, START, START + 1, START + HEADER + 99 };
	struct scene *scene = *state;
	uint64_t cut;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct spool *spool = spool_create(scene->directory, "a");

		assert_append(spool, 1, 100);
		spool_close(spool);
		assert_int_equal(truncate(path_of(scene, "a.spool"), (off_t)sizes[i]), 0);
		assert_null(spool_adopt(scene->directory, "", &cut));
		assert_int_equal(cut, sizes[i] > START ? sizes[i] - START : 0);
		assert_int_equal(empty_directory(scene), 0);
	}
}

#define USERS  4
#define ROUNDS 300

/* Makes spools, leaves them, and adopts what it finds; a byte of TAKEN counts each record. */
static void pass_on(const struct scene *scene, uint64_t user, int taken)
{
	for (uint64_t i = 0; i < ROUNDS; i++) {
		uint64_t number = user * ROUNDS + i, cut;
		struct spool_record record;
		struct spool *spool;
		char id[20];

		snprintf(id, sizeof(id), "%03" PRIu64, number % 10);
		/* Another one may have it: ids are no more than ten here, to make it hard. */
		while (!(spool = spool_create(scene->directory, id))) {
			spool = spool_adopt(scene->directory, "", &cut);
			if (spool)
				break;
		}
		if (append(spool, number, 100) != 0)
			_exit(1);
		spool_close(spool);
		spool = spool_adopt(scene->directory, "", &cut);
		while (spool && spool_peek(spool, &record) == 0) {
			if (write(taken, &record.number, sizeof(record.number)) !=
			    sizeof(record.number))
				_exit(1);
			spool_drop(spool);
		}
		if (spool)
			spool_close(spool);
	}
	_exit(0);
}

/* Nobody takes a spool from another, or uses a file that was removed. */
static void test_many_processes(void **state)
{
	struct scene *scene = *state;
	unsigned char seen[USERS * ROUNDS] = { 0 };
	int taken[2], quiet = open("/dev/null", O_WRONLY), status;
	struct spool *spool;
	uint64_t number, cut;

	assert_int_equal(pipe(taken), 0);
	for (uint64_t i = 0; i < USERS; i++)
		if (fork() == 0) {
			dup2(quiet, STDERR_FILENO);
			pass_on(scene, i, taken[1]);
		}
	close(quiet);
	close(taken[1]);
	while (read(taken[0], &number, sizeof(number)) == sizeof(number))
		seen[number]++;
	close(taken[0]);
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	while ((spool = spool_adopt(scene->directory, "", &cut))) {
		struct spool_record record;

		for (; spool_peek(spool, &record) == 0; spool_drop(spool))
			seen[record.number]++;
		spool_close(spool);
	}
	for (size_t i = 0; i < COUNT(seen); i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(empty_directory(scene), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_killed),         TEST(test_killed_later), TEST(test_killed_at_work),
		TEST(test_torn),           TEST(test_torn_inside),  TEST(test_torn_first),
		TEST(test_many_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

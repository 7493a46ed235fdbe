/* Whose a socket is: real sockets of real processes. */
#include "tests/unit/helpers.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/owners.h"

static uint64_t inode_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_ino;
}

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	return fd;
}

/* A process that has what this one has, and calls itself NAME. */
static pid_t start(const char *name)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static const struct socket_owner *find(const struct owner_list *list, uint64_t inode, pid_t pid)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].inode == inode && list->items[i].pid == pid)
			return &list->items[i];
	return NULL;
}

/* Two sockets, one of them with a second descriptor; a child has both, and one of its own. */
static void test_shared(void **state)
{
	int first = new_socket(), second = new_socket(), again = dup(first);
	uint64_t inodes[2] = { inode_of(first), inode_of(second) };
	struct owner_list list;
	pid_t child;

	(void)state;
	assert_true(again >= 0);
	if (inodes[0] > inodes[1]) {
		uint64_t swap = inodes[0];

		inodes[0] = inodes[1];
		inodes[1] = swap;
	}
	child = start("a b) S (c");
	assert_int_equal(owners_find(&list, inodes, 2), 0);
	assert_int_equal(list.count, 4);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(list.items[2 * i].inode, inodes[i]);
		assert_int_equal(list.items[2 * i + 1].inode, inodes[i]);
		assert_true(list.items[2 * i].pid < list.items[2 * i + 1].pid);
		assert_string_equal(find(&list, inodes[i], getpid())->command, "test_owners");
		/* A command may look like anything. */
		assert_string_equal(find(&list, inodes[i], child)->command, "a b) S (c");
		assert_int_equal(find(&list, inodes[i], child)->state, 'S');
		assert_int_equal(find(&list, inodes[i], child)->sockets, 2);
	}
	owner_list_free(&list);
	assert_int_equal(owners_find(&list, &inodes[1], 1), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].sockets, 1);
	owner_list_free(&list);
	end(child);
	close(first);
	close(second);
	close(again);
}

static void test_states(void **state)
{
	int fd = new_socket();
	uint64_t inode = inode_of(fd);
	struct owner_list list;
	pid_t child = start("stopped");
	int status;

	(void)state;
	kill(child, SIGSTOP);
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_int_equal(owners_find(&list, &inode, 1), 0);
	assert_int_equal(find(&list, inode, child)->state, 'T');
	owner_list_free(&list);
	end(child);
	assert_int_equal(owners_find(&list, &inode, 1), 0);
	assert_int_equal(list.count, 1);
	owner_list_free(&list);
	close(fd);
}

/* 15 characters are kept, and the name of the file has the rest, if it begins so. */
static void test_long_command(void **state)
{
	int fd = new_socket();
	uint64_t inode = inode_of(fd);
	struct owner_list list;
	pid_t child = start("a-name-of-more-than-15");

	(void)state;
	assert_int_equal(owners_find(&list, &inode, 1), 0);
	assert_string_equal(find(&list, inode, child)->command, "a-name-of-more-");
	owner_list_free(&list);
	end(child);
	close(fd);
}

static void test_nobody(void **state)
{
	int fd = new_socket();
	uint64_t inode = inode_of(fd);
	struct owner_list list;

	(void)state;
	close(fd);
	assert_int_equal(owners_find(&list, &inode, 1), 0);
	assert_int_equal(list.count, 0);
	owner_list_free(&list);
	assert_int_equal(owners_find(&list, NULL, 0), 0);
	assert_int_equal(list.count, 0);
	owner_list_free(&list);
}

static void test_unseen(void **state)
{
	int fd = new_socket();
	uint64_t inode = inode_of(fd);
	struct owner_list list;
	bool restored;
	int error;

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: only root can see all\n");
		skip();
	}
	assert_int_equal(seteuid(65534), 0);
	error = owners_find(&list, &inode, 1);
	restored = seteuid(0) == 0;
	assert_true(restored);
	assert_int_equal(error, 0);
	assert_false(list.all_visible);
	owner_list_free(&list);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),       cmocka_unit_test(test_states),
		cmocka_unit_test(test_long_command), cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Who holds a port: real sockets of real processes, and what is said about them. */
/* link: receiver/pool/holders.c receiver/pool/bound.c */
#include "tests/unit/helpers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/address.h"
#include "receiver/pool/holders.h"

#define HOLDERS_LIMIT 12
#define NOBODY        65534

/* Processes that hold a socket each. */
struct fixture {
	pid_t pids[HOLDERS_LIMIT];
	size_t count;
};

/* A socket that is not bound yet. */
static int new_socket(const struct address *address, bool tcp)
{
	int yes = 1, fd = socket(address->any.sa_family, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
	return fd;
}

static struct address address_of(const char *host, uint16_t port)
{
	struct address address;

	memset(&address, 0, sizeof(address));
	address.length = sizeof(address.v4);
	address.v4.sin_family = AF_INET;
	if (inet_pton(AF_INET, host, &address.v4.sin_addr) != 1) {
		address.length = sizeof(address.v6);
		address.v6.sin6_family = AF_INET6;
		assert_int_equal(inet_pton(AF_INET6, host, &address.v6.sin6_addr), 1);
	}
	address_set_port(&address, port);
	return address;
}

/* A UDP and TCP port that nobody has at any address. */
static uint16_t free_port(void)
{
	struct address address = address_of("0.0.0.0", 0);
	int tcp, udp = socket(AF_INET, SOCK_DGRAM, 0);

	for (;;) {
		address_set_port(&address, 0);
		tcp = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(bind(tcp, &address.any, address.length), 0);
		assert_int_equal(getsockname(tcp, &address.any, &address.length), 0);
		close(tcp);
		if (bind(udp, &address.any, address.length) == 0)
			break;
	}
	close(udp);
	return address_port(&address);
}

enum how { HOW_BOUND = 0, HOW_TCP = 1, HOW_CONNECTED = 2, HOW_TWICE = 4, HOW_DEAF = 8 };

/* In the child: opens it as USER, says so, and stays. */
static void hold(const struct address *address, unsigned int how, uid_t user, int ready)
{
	struct address peer = address_of("127.0.0.1", 9);
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (user && (setgroups(0, NULL) != 0 || setresuid(user, user, user) != 0))
		_exit(1);
	fd = new_socket(address, how & HOW_TCP);
	if (bind(fd, &address->any, address->length) != 0 ||
	    ((how & HOW_CONNECTED) && connect(fd, &peer.any, peer.length) != 0) ||
	    ((how & HOW_TCP) && !(how & HOW_DEAF) && listen(fd, 1) != 0) ||
	    ((how & HOW_TWICE) && dup(fd) < 0) || write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* Starts a process that has a socket at HOST. */
static void hold_as(struct fixture *fixture, const char *host, uint16_t port, unsigned int how,
		    uid_t user)
{
	struct address address = address_of(host, port);
	int ready[2];
	char byte;

	assert_true(fixture->count < HOLDERS_LIMIT);
	assert_int_equal(pipe(ready), 0);
	fixture->pids[fixture->count] = fork();
	if (fixture->pids[fixture->count] == 0)
		hold(&address, how, user, ready[1]);
	fixture->count++;
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

static void release(struct fixture *fixture)
{
	while (fixture->count > 0) {
		pid_t pid = fixture->pids[--fixture->count];

		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	release(*state);
	free(*state);
	return 0;
}

/* What is to be bound. */
struct ours {
	const char *host;
	bool wildcard, tcp, join;
};

static bool allow(const struct ours *ours, uint16_t port, char said[static 4096])
{
	struct address address = address_of(ours->host, port);
	struct capture capture;
	bool allowed;

	capture_begin(&capture, stderr);
	allowed = holders_allow(&address, ours->wildcard, ours->tcp, ours->join);
	capture_end(&capture, said, 4096);
	return allowed;
}

static void assert_said(const char *said, const char *format, ...)
{
	char want[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(want, sizeof(want), format, arguments);
	va_end(arguments);
	if (!strstr(said, want))
		fail_msg("\"%s\" is not in: %s", want, said);
}

static void test_same_address(void **state)
{
	struct ours ours = { .host = "127.0.0.1" };
	struct fixture *fixture = *state;
	uint16_t port = free_port();
	char said[4096];

	assert_true(allow(&ours, port, said));
	assert_string_equal(said, "");
	hold_as(fixture, "127.0.0.1", port, HOW_TWICE, 0);
	assert_false(allow(&ours, port, said));
	assert_said(said, "error: 127.0.0.1:%u (UDP) is held by pid %d (test_holders)\n", port,
		    fixture->pids[0]);
	assert_said(said,
		    "hint: as the same user they would share its packets; end them, take "
		    "another port, or join their group with --join, if they set SO_REUSEPORT\n");
	hold_as(fixture, "127.0.0.1", port, HOW_BOUND, 0);
	assert_false(allow(&ours, port, said));
	assert_said(said, " by pid %d (test_holders) and pid %d (test_holders)\n", fixture->pids[0],
		    fixture->pids[1]);
	ours.join = true;
	assert_true(allow(&ours, port, said));
	assert_said(said, "warning: 127.0.0.1:%u (UDP) is shared with pid %d", port,
		    fixture->pids[0]);
	assert_null(strstr(said, "error"));
	ours = (struct ours){ .host = "127.0.0.1", .tcp = true };
	assert_true(allow(&ours, port, said));
	assert_string_equal(said, "");
	release(fixture);
	ours.tcp = false;
	assert_true(allow(&ours, port, said));
	assert_string_equal(said, "");
}

static void test_many(void **state)
{
	struct ours ours = { .host = "127.0.0.1" };
	struct fixture *fixture = *state;
	uint16_t port = free_port();
	char said[4096], last[64];

	for (size_t i = 0; i < 8; i++)
		hold_as(fixture, "127.0.0.1", port, HOW_BOUND, 0);
	assert_false(allow(&ours, port, said));
	assert_said(said, " and pid %d (test_holders)\n", fixture->pids[7]);
	for (size_t i = 8; i < 11; i++)
		hold_as(fixture, "127.0.0.1", port, HOW_BOUND, 0);
	assert_false(allow(&ours, port, said));
	for (size_t i = 0; i < 8; i++)
		assert_said(said, "pid %d (test_holders)", fixture->pids[i]);
	snprintf(last, sizeof(last), "pid %d ", fixture->pids[8]);
	assert_null(strstr(said, last));
	assert_said(said, " and 3 more\n");
}

/* Theirs, ours, and what is said: a part of the text; NULL: nothing. */
static void test_overlaps(void **state)
{
	static const struct {
		const char *theirs;
		unsigned int how;
		struct ours ours;
		bool allowed;
		const char *says;
	} cases[] = {
		{ "127.0.0.2", 0, { "127.0.0.1", false, false, false }, true, NULL },
		{ "::1", 0, { "127.0.0.1", false, false, false }, true, NULL },
		{ "127.0.0.1", 0, { "::1", false, false, false }, true, NULL },
		{ "::ffff:127.0.0.1", 0, { "127.0.0.1", false, false, false }, false, "held" },
		{ "0.0.0.0", 0, { "0.0.0.0", false, false, false }, false, "held" },
		{ "::", 0, { "::", true, false, false }, false, "[::]:" },
		{ "127.0.0.1", 0, { "0.0.0.0", false, false, false }, true, "who takes all" },
		{ "127.0.0.1", 0, { "::", true, false, false }, true, "who takes all" },
		{ "::1", 0, { "::", true, false, false }, true, "warning: [::1]:" },
		{ "0.0.0.0", 0, { "::", true, false, false }, true, "sent to it from [::]:" },
		{ "127.0.0.1", 0, { "::", false, false, false }, true, NULL },
		{ "0.0.0.0", 0, { "127.0.0.1", false, false, false }, true, "from 0.0.0.0:" },
		{ "::", 0, { "127.0.0.1", false, false, false }, true, "is for IPv6 only\n" },
		{ "::", 0, { "0.0.0.0", false, false, false }, true, "is for IPv6 only\n" },
		{ "::", 0, { "::1", false, false, false }, true, "(test_holders)\n" },
		{ "0.0.0.0", 0, { "::1", false, false, false }, true, NULL },
		{ "127.0.0.1", HOW_CONNECTED, { "0.0.0.0", false, false, false }, true, NULL },
		{ "127.0.0.1", HOW_CONNECTED, { "127.0.0.1", false, false, false }, false, "held" },
		{ "127.0.0.1", HOW_TCP, { "127.0.0.1", false, false, false }, true, NULL },
		{ "127.0.0.1", HOW_TCP, { "127.0.0.1", false, true, false }, false, "(TCP) is" },
		{ "127.0.0.1", HOW_TCP, { "127.0.0.1", false, true, true }, true, "connections" },
		{ "127.0.0.1", HOW_TCP, { "::", true, true, false }, true, "(TCP) is" },
		{ "::1", HOW_TCP, { "::1", false, true, false }, false, "[::1]:" },
		{ "127.0.0.1",
		  HOW_TCP | HOW_DEAF,
		  { "127.0.0.1", false, true, false },
		  true,
		  NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint16_t port = free_port();
		char said[4096];

		hold_as(*state, cases[i].theirs, port, cases[i].how, 0);
		if (allow(&cases[i].ours, port, said) != cases[i].allowed ||
		    (cases[i].says ? !strstr(said, cases[i].says) : *said))
			fail_msg("case %zu, %s and %s: %s", i, cases[i].theirs, cases[i].ours.host,
				 said);
		release(*state);
	}
}

static void test_many_addresses(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "127.0.0.2", "127.0.0.3",
					     "127.0.0.4", "127.0.0.5", "127.0.0.6" };
	const struct ours ours = { .host = "0.0.0.0" };
	struct fixture *fixture = *state;
	uint16_t port = free_port();
	size_t lines = 0;
	char said[4096];

	for (size_t i = 0; i < COUNT(hosts); i++)
		hold_as(fixture, hosts[i], port, HOW_BOUND, 0);
	hold_as(fixture, hosts[0], port, HOW_BOUND, 0);
	assert_true(allow(&ours, port, said));
	for (const char *at = said; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, 5);
	assert_said(said, "warning: 2 more addresses are held on this port\n");
}

/* A socket that a service manager passed is ours, though the manager has it as well. */
static void test_own(void **state)
{
	const struct ours ours = { .host = "127.0.0.1" };
	struct fixture *fixture = *state;
	uint16_t port = free_port();
	struct address address = address_of(ours.host, port);
	int fd = new_socket(&address, false);
	char said[4096];

	assert_int_equal(bind(fd, &address.any, address.length), 0);
	hold_as(fixture, "127.0.0.2", port, HOW_BOUND, 0); /* inherits ours */
	assert_true(allow(&ours, port, said));
	assert_string_equal(said, "");
	close(fd);
	assert_false(allow(&ours, port, said));
	assert_said(said, "pid %d (test_holders)\n", fixture->pids[0]);
	assert_true(allow(&ours, 0, said));
}

static void need_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("skipped: only root can have processes of another user\n");
	skip();
}

static void test_other_user(void **state)
{
	struct ours ours = { .host = "127.0.0.1" };
	struct fixture *fixture = *state;
	struct address address;
	struct capture capture;
	uint16_t port = free_port();
	char said[4096];
	int fd;

	need_root();
	hold_as(fixture, "127.0.0.1", port, HOW_BOUND, NOBODY);
	snprintf(said, sizeof(said), "/proc/%d/fd", fixture->pids[0]);
	fd = open(said, O_RDONLY | O_DIRECTORY);
	if (fd < 0) {
		print_message("skipped: CAP_SYS_PTRACE is missing\n");
		skip();
	}
	close(fd);
	assert_false(allow(&ours, port, said));
	assert_said(said, "is held by pid %d (test_holders, user nobody)\n", fixture->pids[0]);
	assert_said(said, "hint: all members of a group must belong to one effective user (this "
			  "one is root), and all must set SO_REUSEPORT before bind(2);");
	/* The rule is the kernel's. */
	address = address_of("127.0.0.1", port);
	fd = new_socket(&address, false);
	assert_int_equal(bind(fd, &address.any, address.length), -1);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
	capture_begin(&capture, stderr);
	holders_explain(&address, false, false);
	capture_end(&capture, said, sizeof(said));
	assert_said(said, "hint: port %u (UDP) is held by pid %d (test_holders, user nobody)\n",
		    port, fixture->pids[0]);
	assert_said(said, "hint: all members of a group must belong to one effective user");
}

/* Who is not root does not see whose socket it is, but the user. */
static void test_unseen(void **state)
{
	const struct ours ours = { .host = "127.0.0.1" };
	struct fixture *fixture = *state;
	uint16_t port = free_port();
	char said[4096];
	bool allowed;
	int restored;

	need_root();
	hold_as(fixture, "127.0.0.1", port, HOW_BOUND, 0);
	hold_as(fixture, "127.0.0.1", port, HOW_BOUND, 0);
	assert_int_equal(seteuid(NOBODY), 0);
	allowed = allow(&ours, port, said);
	restored = seteuid(0);
	assert_int_equal(restored, 0);
	assert_false(allowed);
	assert_said(said, "is held by a process of user root that is not visible\n");
	assert_said(said, "(this one is nobody)");
}

static void test_explain(void **state)
{
	uint16_t port = free_port();
	struct address address = address_of("127.0.0.1", port);
	struct fixture *fixture = *state;
	struct capture capture;
	char said[4096];

	capture_begin(&capture, stderr);
	holders_explain(&address, false, true);
	capture_end(&capture, said, sizeof(said));
	assert_said(said, "no holder is visible: it may be gone by now, or connections of it");
	assert_said(said, "'ss -tanp sport = :%u'\n", port);
	hold_as(fixture, "0.0.0.0", port, HOW_BOUND, 0);
	capture_begin(&capture, stderr);
	holders_explain(&address, false, false);
	capture_end(&capture, said, sizeof(said));
	assert_said(said, "port %u (UDP) is held by pid %d (test_holders)\n", port,
		    fixture->pids[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_same_address),   TEST(test_many),    TEST(test_overlaps),
		TEST(test_many_addresses), TEST(test_own),     TEST(test_other_user),
		TEST(test_unseen),         TEST(test_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

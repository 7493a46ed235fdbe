/* The service manager: sockets that it passes, and what it is told. */
/* link: receiver/pool/service.c */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/message.h"
#include "receiver/pool/service.h"

/* What stands at descriptors 3, 4, ... and what is made of it. */
struct passed {
	const char *kinds; /* u: UDP, l: listening TCP, t: TCP, x: Unix, f: a file */
	bool tcp;
	int result;
	const char *says;
};

static int open_kind(char kind)
{
	int fd;

	switch (kind) {
	case 'u':
		return socket(AF_INET6, SOCK_DGRAM, 0);
	case 'x':
		return socket(AF_UNIX, SOCK_DGRAM, 0);
	case 'f':
		return open("/dev/null", O_RDWR);
	default:
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (kind == 'l' && listen(fd, 1) != 0)
			return -1;
		return fd;
	}
}

/* In a child, which may set its environment and descriptors. Its exit status is 0 if all is well.
 */
static int take(const struct passed *passed)
{
	size_t count = strlen(passed->kinds);
	char text[24];
	int first = -1, result;

	for (size_t i = 0; i < count; i++) {
		int fd = open_kind(passed->kinds[i]), want = 3 + (int)i;

		if (fd < 0 || (fd != want && (dup2(fd, want) != want || close(fd) != 0)))
			return 1;
	}
	snprintf(text, sizeof(text), "%zu", count);
	setenv("LISTEN_FDS", text, 1);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDNAMES", "a:b", 1);
	result = service_sockets(passed->tcp, &first);
	if (result != passed->result)
		return 2;
	if (getenv("LISTEN_FDS") || getenv("LISTEN_PID") || getenv("LISTEN_FDNAMES"))
		return 3;
	for (int fd = first; fd < first + result; fd++)
		if (fcntl(fd, F_GETFD) != FD_CLOEXEC || !(fcntl(fd, F_GETFL) & O_NONBLOCK))
			return 4;
	return result > 0 && first != 3 ? 5 : 0;
}

static void test_sockets(void **state)
{
	static const struct passed cases[] = {
		{ "u", false, 1, "" },
		{ "uuu", false, 3, "" },
		{ "l", true, 1, "" },
		{ "ll", true, 2, "" },
		{ "", false, -EINVAL, "sockets that were passed (LISTEN_FDS): Invalid argument" },
		{ "ul", false, -EPROTOTYPE,
		  "socket 2 of 2 (descriptor 4): it is not a UDP socket" },
		{ "u", true, -EPROTOTYPE, "it is not a TCP socket that listens" },
		{ "t", true, -EPROTOTYPE, "it is not a TCP socket that listens" },
		{ "x", false, -EPROTOTYPE, "it is not a UDP socket" },
		{ "f", false, -EPROTOTYPE, "it is not a UDP socket" },
		{ "f", true, -EPROTOTYPE, "hint: in a socket unit, ListenDatagram= is for UDP" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct capture capture;
		char said[1024];
		int status = -1;
		pid_t pid;

		capture_begin(&capture, stderr);
		pid = fork();
		if (pid == 0) {
			/* Standard error stays; what else was open may stand in the way. */
			for (int fd = 3; fd < 32; fd++)
				close(fd);
			status = take(&cases[i]);
			fflush(stderr);
			_exit(status);
		}
		waitpid(pid, &status, 0);
		capture_end(&capture, said, sizeof(said));
		if (status != 0 || !strstr(said, cases[i].says) || (!*cases[i].says && *said))
			fail_msg("case %zu, \"%s\": status %d: %s", i, cases[i].kinds, status,
				 said);
	}
}

/* For another process, or for nobody. */
static void test_not_ours(void **state)
{
	int first;

	(void)state;
	unsetenv("LISTEN_FDS");
	assert_int_equal(service_sockets(false, &first), 0);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", "1", 1);
	assert_int_equal(service_sockets(false, &first), 0);
	assert_null(getenv("LISTEN_FDS"));
}

/* The manager's end of NOTIFY_SOCKET: an abstract address that the kernel chooses. */
static int open_manager(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(address);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	char text[sizeof(address.sun_path) + 1];

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	length -= (socklen_t)offsetof(struct sockaddr_un, sun_path);
	memcpy(text, address.sun_path, length);
	text[0] = '@';
	text[length] = '\0';
	setenv("NOTIFY_SOCKET", text, 1);
	return fd;
}

static const char *told(int manager)
{
	static char text[512];
	ssize_t got = recv(manager, text, sizeof(text) - 1, 0);

	assert_true(got >= 0);
	text[got] = '\0';
	return text;
}

static void test_states(void **state)
{
	int manager = open_manager();
	uint64_t before = clock_now() / 1000;
	unsigned long long at;

	(void)state;
	service_ready("4 workers on 127.0.0.1:8089");
	assert_string_equal(told(manager), "READY=1\nSTATUS=4 workers on 127.0.0.1:8089");
	service_reloading();
	assert_int_equal(sscanf(told(manager), "RELOADING=1\nMONOTONIC_USEC=%llu", &at), 1);
	assert_in_range(at, before, clock_now() / 1000);
	service_ready("100% anew");
	assert_string_equal(told(manager), "READY=1\nSTATUS=100% anew");
	service_stopping();
	assert_string_equal(told(manager), "STOPPING=1");
	/* Each told something, once. */
	assert_int_equal(recv(manager, &at, sizeof(at), 0), -1);
	/* Without a manager, or with one that is gone, nothing happens. */
	close(manager);
	service_ready("ready");
	unsetenv("NOTIFY_SOCKET");
	service_ready("ready");
	service_reloading();
	service_ready("ready");
	service_stopping();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

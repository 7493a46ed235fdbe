/* The control socket: commands and answers, clients that mean no good, and what is at its path. */
/* link: receiver/pool/control.c receiver/pool/unix_listener.c */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "receiver/pool/control.h"

#define HELP_TEXT "steer POLICY, stats, large, help"
#define ROUNDS    100000 /* of the loop, before something that should happen counts as missing */

struct fixture {
	char directory[64], path[96];
	struct control *control;
	int steered; /* how often */
	char policy[64];
};

static const char *run_steer(void *context, const char *argument, struct ndjson *answer)
{
	struct fixture *fixture = context;

	if (strcmp(argument, "worst") == 0) {
		ndjson_uint(answer, "half", 1); /* nothing of it may be seen */
		return "there is no policy \"worst\"";
	}
	fixture->steered++;
	snprintf(fixture->policy, sizeof(fixture->policy), "%s", argument);
	ndjson_string(answer, "steer", argument);
	return NULL;
}

static const char *run_stats(void *context, const char *argument, struct ndjson *answer)
{
	const struct fixture *fixture = context;

	assert_null(argument);
	ndjson_int(answer, "steered", fixture->steered);
	return NULL;
}

/* More than a socket's buffer holds. */
static const char *run_large(void *context, const char *argument, struct ndjson *answer)
{
	(void)context;
	(void)argument;
	ndjson_open_array(answer, "numbers");
	for (uint64_t i = 0; i < 200000; i++)
		ndjson_uint(answer, NULL, i);
	ndjson_close_array(answer);
	return NULL;
}

static const struct control_command commands[] = {
	{ "steer", "POLICY", "choose otherwise", run_steer },
	{ "stats", NULL, "what was received", run_stats },
	{ "large", NULL, "much", run_large },
	{ NULL, NULL, NULL, NULL },
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	strcpy(fixture->directory, "/tmp/fairport-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof(fixture->path), "%s/control", fixture->directory);
	fixture->control = control_open(fixture->path, commands, fixture);
	assert_non_null(fixture->control);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	control_close(fixture->control);
	unlink(fixture->path);
	assert_int_equal(rmdir(fixture->directory), 0);
	free(fixture);
	return 0;
}

/* What the pool does at its wait point; nothing is waited for. Returns whether it had to. */
static bool serve_once(struct fixture *fixture)
{
	struct pollfd fds[CONTROL_FDS];
	size_t count = control_wait_for(fixture->control, fds);
	int ready = poll(fds, count, 0);

	assert_in_range(count, 0, CONTROL_FDS);
	assert_true(ready >= 0);
	control_service(fixture->control, fds, count);
	return ready > 0;
}

static void serve(struct fixture *fixture)
{
	size_t rounds = 0;

	while (serve_once(fixture))
		assert_true(rounds++ < ROUNDS); /* else it would keep a CPU busy */
}

static int join(const struct fixture *fixture)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, fixture->path, strlen(fixture->path) + 1);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say_bytes(int fd, const char *text, size_t length)
{
	assert_int_equal(send(fd, text, length, MSG_NOSIGNAL), length);
}

static void say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text));
}

/* What has been answered: "" for nothing yet, NULL once the connection is closed. */
static const char *heard(int fd)
{
	static char text[8192];
	ssize_t got = recv(fd, text, sizeof(text) - 1, 0);

	if (got < 0 && errno == EAGAIN)
		return "";
	if (got <= 0)
		return NULL;
	text[got] = '\0';
	return text;
}

#define assert_heard(fd, want)                                                                     \
	do {                                                                                       \
		const char *text_heard = heard(fd);                                                \
		assert_non_null(text_heard);                                                       \
		assert_string_equal(text_heard, want);                                             \
	} while (0)

static void test_answers(void **state)
{
	static const struct {
		const char *line, *answer;
	} cases[] = {
		{ "steer hash\n", "{\"ok\":true,\"steer\":\"hash\"}\n" },
		{ "  steer \t weighted:3,1  \r\n", "{\"ok\":true,\"steer\":\"weighted:3,1\"}\n" },
		{ "steer \"x\\\n", "{\"ok\":true,\"steer\":\"\\\"x\\\\\"}\n" },
		{ "stats\n", "{\"ok\":true,\"steered\":3}\n" },
		{ "steer worst\n",
		  "{\"ok\":false,\"error\":\"there is no policy \\\"worst\\\"\"}\n" },
		{ "steer\n", "{\"ok\":false,\"error\":\"command \\\"steer\\\" takes one argument; "
			     "expected steer POLICY\"}\n" },
		{ "steer a b\n",
		  "{\"ok\":false,\"error\":\"command \\\"steer\\\" takes one argument; "
		  "expected steer POLICY\"}\n" },
		{ "stats now\n",
		  "{\"ok\":false,\"error\":\"command \\\"stats\\\" takes no argument; "
		  "expected stats\"}\n" },
		{ "jump high\n", "{\"ok\":false,\"error\":\"unknown command \\\"jump\\\"; "
				 "expected " HELP_TEXT "\"}\n" },
		{ "\n", "{\"ok\":false,\"error\":\"unknown command \\\"\\\"; "
			"expected " HELP_TEXT "\"}\n" },
		{ "STATS\n", "{\"ok\":false,\"error\":\"unknown command \\\"STATS\\\"; "
			     "expected " HELP_TEXT "\"}\n" },
		{ "help\n", "{\"ok\":true,\"commands\":["
			    "{\"name\":\"steer\",\"argument\":\"POLICY\","
			    "\"meaning\":\"choose otherwise\"},"
			    "{\"name\":\"stats\",\"argument\":null,"
			    "\"meaning\":\"what was received\"},"
			    "{\"name\":\"large\",\"argument\":null,\"meaning\":\"much\"}]}\n" },
	};
	struct fixture *fixture = *state;
	int fd = join(fixture);

	for (size_t i = 0; i < COUNT(cases); i++) {
		say(fd, cases[i].line);
		serve(fixture);
		assert_heard(fd, cases[i].answer);
	}
	close(fd);
	assert_int_equal(fixture->steered, 3);
}

/* Several in one piece, and one in many pieces; one turn carries out one of them. */
static void test_pieces(void **state)
{
	static const char slowly[] = "steer random\n";
	struct fixture *fixture = *state;
	int fd = join(fixture);

	say(fd, "steer a\nsteer b\nstats\nst");
	serve_once(fixture);
	serve_once(fixture);
	assert_int_equal(fixture->steered, 1);
	serve(fixture);
	assert_heard(fd, "{\"ok\":true,\"steer\":\"a\"}\n{\"ok\":true,\"steer\":\"b\"}\n"
			 "{\"ok\":true,\"steered\":2}\n");
	say(fd, "ats\n");
	serve(fixture);
	assert_heard(fd, "{\"ok\":true,\"steered\":2}\n");
	for (const char *at = slowly; *at; at++) {
		assert_heard(fd, "");
		say_bytes(fd, at, 1);
		serve(fixture);
	}
	assert_heard(fd, "{\"ok\":true,\"steer\":\"random\"}\n");
	close(fd);
}

/* Answers come also when no more is sent, and half a line is no command. */
static void test_ends(void **state)
{
	struct fixture *fixture = *state;
	int fd = join(fixture);

	say(fd, "steer a\nstats\nsteer b");
	shutdown(fd, SHUT_WR);
	serve(fixture);
	assert_heard(fd, "{\"ok\":true,\"steer\":\"a\"}\n{\"ok\":true,\"steered\":1}\n");
	assert_null(heard(fd));
	close(fd);
	fd = join(fixture);
	say(fd, "steer");
	close(fd);
	serve(fixture);
	fd = join(fixture);
	close(fd);
	serve(fixture);
	assert_int_equal(fixture->steered, 1);
}

static void test_long_lines(void **state)
{
	struct fixture *fixture = *state;
	char line[5000], start[] = "steer ";
	int fd = join(fixture);

	memset(line, 'x', sizeof(line));
	memcpy(line, start, strlen(start));
	line[4095] = '\n';
	say_bytes(fd, line, 4096);
	serve(fixture);
	assert_non_null(strstr(heard(fd), "{\"ok\":true,\"steer\":\"xxx"));
	line[4095] = 'x';
	line[4096] = '\n';
	say_bytes(fd, line, sizeof(line));
	serve(fixture);
	assert_heard(fd, "{\"ok\":false,\"error\":\"a command has at most 4095 bytes\"}\n");
	assert_null(heard(fd));
	close(fd);
	assert_int_equal(fixture->steered, 1);
}

static void test_odd_bytes(void **state)
{
	struct fixture *fixture = *state;
	int fd = join(fixture);

	say_bytes(fd, "stats\0x\n", 8);
	serve(fixture);
	assert_heard(fd, "{\"ok\":false,\"error\":\"a command is text: it has no zero bytes\"}\n");
	say(fd, "\xff\x1b[2J\n");
	serve(fixture);
	assert_heard(fd, "{\"ok\":false,\"error\":\"unknown command \\\"\\ufffd\\u001b[2J\\\"; "
			 "expected " HELP_TEXT "\"}\n");
	close(fd);
}

/* Reads on until the end of the line, while the other side is served; returns its bytes. */
static size_t hear_line(struct fixture *fixture, int fd)
{
	size_t total = 0, rounds = 0;

	for (;;) {
		const char *text = heard(fd);

		assert_non_null(text);
		assert_true(rounds++ < ROUNDS);
		total += strlen(text);
		if (*text && text[strlen(text) - 1] == '\n')
			return total;
		serve_once(fixture);
	}
}

/* An answer that does not fit into the socket comes in parts; meanwhile others are served. */
static void test_large_answer(void **state)
{
	struct fixture *fixture = *state;
	int slow = join(fixture), quick = join(fixture);

	say(slow, "large\n");
	serve(fixture);
	say(quick, "stats\n");
	serve(fixture);
	assert_heard(quick, "{\"ok\":true,\"steered\":0}\n");
	/* Digits, commas, and {"ok":true,"numbers":[]} with its line feed. */
	assert_int_equal(hear_line(fixture, slow),
			 10 + 90 * 2 + 900 * 3 + 9000 * 4 + 90000 * 5 + 100000 * 6 + 199999 + 25);
	say(slow, "steer late\n");
	serve(fixture);
	assert_heard(slow, "{\"ok\":true,\"steer\":\"late\"}\n");
	close(quick);
	close(slow);
}

/* More clients than there are places, of which none goes by itself. */
static void test_eight_that_stay(void **state)
{
	struct fixture *fixture = *state;
	int idle[3 * CONTROL_FDS], fd;

	for (size_t i = 0; i < COUNT(idle); i++) {
		idle[i] = join(fixture);
		say(idle[i], i % 3 == 0 ? "steer half" : i % 3 == 1 ? "large\nlarge\n" : " ");
		serve(fixture);
	}
	fd = join(fixture);
	say(fd, "stats\n");
	serve(fixture);
	assert_heard(fd, "{\"ok\":true,\"steered\":0}\n");
	/* Those who were silent for longest had to go. */
	assert_null(heard(idle[0]));
	assert_heard(idle[COUNT(idle) - 1], "");
	for (size_t i = 0; i < COUNT(idle); i++)
		close(idle[i]);
	serve(fixture);
	say(fd, "stats\n");
	serve(fixture);
	assert_heard(fd, "{\"ok\":true,\"steered\":0}\n");
	close(fd);
}

/* Who only writes is left while its answer waits, and is read no further. */
static void test_never_reads(void **state)
{
	struct fixture *fixture = *state;
	size_t sent = 0;
	int fd = join(fixture);

	for (size_t i = 0; i < ROUNDS; i++) {
		if (send(fd, "steer x\n", 8, MSG_NOSIGNAL) != 8)
			break;
		sent++;
		serve_once(fixture);
	}
	assert_in_range(sent, 2, ROUNDS - 1);
	assert_true((size_t)fixture->steered < sent);
	/* READ_TIMEOUT is 2 s. */
	for (int i = 0; i < 2000 && send(fd, "x", 1, MSG_NOSIGNAL) < 0 && errno == EAGAIN; i++) {
		usleep(10000);
		serve_once(fixture);
	}
	assert_int_equal(errno, EPIPE);
	close(fd);
}

/* With no descriptor left, a client that knocks must not keep the caller busy. */
static void test_no_descriptors(void **state)
{
	struct fixture *fixture = *state;
	struct pollfd fds[CONTROL_FDS];
	struct rlimit limit, none;
	int fd = join(fixture), lowest = dup(fd);

	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ .rlim_cur = (rlim_t)lowest, .rlim_max = limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	serve(fixture);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(control_wait_for(fixture->control, fds), 0);
	/* ACCEPT_PAUSE is over at some time. */
	for (int i = 0; i < 2000 && control_wait_for(fixture->control, fds) == 0; i++)
		usleep(10000);
	say(fd, "stats\n");
	serve(fixture);
	assert_heard(fd, "{\"ok\":true,\"steered\":0}\n");
	close(fd);
}

/* Whether control_open() comes back, and what it said. */
static struct control *open_at(const char *path, char *said, size_t room)
{
	struct capture capture;
	struct control *control;

	capture_begin(&capture, stderr);
	control = control_open(path, commands, NULL);
	capture_end(&capture, said, room);
	return control;
}

/* What a receiver that was killed leaves behind. */
static void leave_stale(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void test_path(void **state)
{
	struct fixture *fixture = *state;
	struct control *second;
	struct stat status;
	char said[1024], path[200];
	mode_t mask = umask(0);
	int fd;

	/* A living one stays. */
	assert_null(open_at(fixture->path, said, sizeof(said)));
	assert_non_null(strstr(said, "something listens there\n"));
	assert_non_null(strstr(said, "hint: end what uses it, or name another"));
	fd = join(fixture);
	say(fd, "stats\n");
	serve(fixture);
	assert_heard(fd, "{\"ok\":true,\"steered\":0}\n");
	close(fd);
	/* One that nobody listens on is replaced, and readable for the owner only. */
	control_close(fixture->control);
	fixture->control = NULL;
	leave_stale(fixture->path);
	assert_int_equal(access(fixture->path, F_OK), 0);
	second = open_at(fixture->path, said, sizeof(said));
	assert_non_null(second);
	assert_string_equal(said, "");
	assert_int_equal(stat(fixture->path, &status), 0);
	assert_int_equal(status.st_mode, S_IFSOCK | 0600);
	assert_int_equal(umask(mask), 0);
	control_close(second);
	assert_int_equal(access(fixture->path, F_OK), -1);
	/* Any other file stays, also where a socket of ours was before. */
	fd = open(fixture->path, O_WRONLY | O_CREAT, 0600);
	close(fd);
	assert_null(open_at(fixture->path, said, sizeof(said)));
	assert_non_null(strstr(said, "there is a file that is not a socket\n"));
	assert_int_equal(access(fixture->path, F_OK), 0);
	memset(path, 'p', sizeof(path));
	path[108] = '\0';
	assert_null(open_at(path, said, sizeof(said)));
	assert_non_null(strstr(said, "its path has 108 bytes, and a socket's at most 107: ppp"));
	assert_null(open_at("", said, sizeof(said)));
	assert_non_null(strstr(said, "its path is empty\n"));
	assert_null(open_at("/nonexistent/socket", said, sizeof(said)));
	assert_non_null(strstr(said, "socket /nonexistent/socket: No such file or directory\n"));
}

/* What took the place of ours is not removed with it. */
static void test_replaced(void **state)
{
	struct fixture *fixture = *state;
	int fd;

	assert_int_equal(unlink(fixture->path), 0);
	fd = open(fixture->path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	close(fd);
	control_close(fixture->control);
	fixture->control = NULL;
	assert_int_equal(access(fixture->path, F_OK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_pieces),
		TEST(test_ends),
		TEST(test_long_lines),
		TEST(test_odd_bytes),
		TEST(test_large_answer),
		TEST(test_eight_that_stay),
		TEST(test_never_reads),
		TEST(test_no_descriptors),
		TEST(test_path),
		TEST(test_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The sink that prints, and a reader who does not read, or leaves. */
/* link: receiver/sinks/stdout.c receiver/sinks/null.c receiver/account.c */
/* link: receiver/engines/taking.c */
#include "helpers.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "common/lp.h"
#include "receiver/account.h"
#include "receiver/sinks/sink.h"

#define LINE "m,t=v f=1 17\n"
#define PRINTED                                                                                    \
	"{\"name\":\"m\",\"tags\":{\"t\":\"v\"},\"fields\":{\"f\":{\"float\":1}},\"time\":17}\n"

/* The sink's standard output is a pipe meanwhile; nothing may be asserted before end(). */
struct scene {
	struct account *account;
	const struct sink_ops *ops;
	void *sink;
	int saved, pipe[2];
};

static bool begin(struct scene *scene)
{
	struct sink_start start = { .account = account_open() };

	signal(SIGPIPE, SIG_IGN);
	fflush(stdout);
	scene->account = start.account;
	scene->ops = &sink_stdout;
	scene->saved = dup(STDOUT_FILENO);
	if (!start.account || scene->saved < 0 || pipe2(scene->pipe, O_CLOEXEC) != 0)
		return false;
	dup2(scene->pipe[1], STDOUT_FILENO);
	close(scene->pipe[1]);
	scene->sink = sink_stdout.open(&start);
	return scene->sink != NULL;
}

static void stop_reading(struct scene *scene)
{
	close(scene->pipe[0]);
	scene->pipe[0] = -1;
}

static void end(struct scene *scene)
{
	scene->ops->close(scene->sink);
	dup2(scene->saved, STDOUT_FILENO);
	close(scene->saved);
	if (scene->pipe[0] >= 0)
		stop_reading(scene);
}

static void put(struct scene *scene)
{
	static struct lp_point point;
	struct lp_cursor cursor;
	struct lp_error error;

	lp_cursor_init(&cursor, LINE, strlen(LINE));
	lp_next(&cursor, &point, &error);
	scene->ops->put(scene->sink, &point, cursor.line, cursor.line_length, 5);
}

/* As many points as it takes. */
static uint64_t put_all(struct scene *scene)
{
	uint64_t count = 0;

	while (scene->ops->has_room(scene->sink) && count < 1000000) {
		put(scene);
		scene->ops->service(scene->sink, 0, false);
		count++;
	}
	return count;
}

static void test_printed(void **state)
{
	struct scene scene;
	struct sink_wait idle, waiting;
	char text[256] = "";
	ssize_t length = -1;
	bool busy, opened = begin(&scene);

	(void)state;
	idle = sink_stdout.wait_for(scene.sink);
	put(&scene);
	put(&scene);
	waiting = sink_stdout.wait_for(scene.sink);
	busy = sink_stdout.busy(scene.sink);
	sink_stdout.service(scene.sink, 0, false);
	busy &= !sink_stdout.busy(scene.sink);
	length = read(scene.pipe[0], text, sizeof(text) - 1);
	end(&scene);
	assert_true(opened);
	assert_int_equal(idle.fd, -1);
	assert_int_equal(waiting.fd, STDOUT_FILENO);
	assert_int_equal(waiting.events, POLLOUT);
	assert_true(busy);
	assert_int_equal(length, 2 * strlen(PRINTED));
	assert_string_equal(text, PRINTED PRINTED);
	assert_int_equal(scene.account->counts.stored, 2);
	account_close(scene.account);
}

/* It holds about 1 MiB and never waits; what is read then makes room. */
static void test_stalled(void **state)
{
	struct scene scene;
	bool opened = begin(&scene), busy, room;
	uint64_t count = put_all(&scene), stored = scene.account->counts.stored, all = 0;
	static char text[1 << 16];

	(void)state;
	while (sink_stdout.busy(scene.sink)) {
		all += (uint64_t)read(scene.pipe[0], text, sizeof(text));
		sink_stdout.service(scene.sink, 0, true);
	}
	busy = sink_stdout.busy(scene.sink);
	room = sink_stdout.has_room(scene.sink);
	end(&scene);
	assert_true(opened);
	assert_in_range(count * strlen(PRINTED), 1 << 20, 3 << 20);
	/* What fits into the pipe at first is through. */
	assert_in_range(stored, 1, count - 1);
	assert_false(busy);
	assert_true(room);
	assert_int_equal(scene.account->counts.stored, count);
	assert_true(all <= count * strlen(PRINTED));
	account_close(scene.account);
}

static void test_gone(void **state)
{
	struct scene scene;
	struct capture capture;
	bool opened = begin(&scene), busy, room;
	char text[128];

	(void)state;
	capture_begin(&capture, stderr);
	put(&scene);
	stop_reading(&scene);
	sink_stdout.service(scene.sink, 0, true);
	busy = sink_stdout.busy(scene.sink);
	room = sink_stdout.has_room(scene.sink);
	put(&scene);
	sink_stdout.service(scene.sink, 0, true);
	end(&scene);
	capture_end(&capture, text, sizeof(text));
	assert_true(opened);
	assert_false(busy);
	assert_false(room);
	assert_string_equal(text,
			    "fairport: error: could not write to standard output: Broken pipe\n");
	assert_int_equal(scene.account->counts.stored, 0);
	assert_int_equal(scene.account->counts.store_errors, 2);
	account_close(scene.account);
}

/* What is still held at the end has not been printed. */
static void test_left(void **state)
{
	struct scene scene;
	bool opened = begin(&scene);
	uint64_t count = put_all(&scene);

	(void)state;
	end(&scene);
	assert_true(opened);
	assert_true(scene.account->counts.store_errors > 0);
	assert_int_equal(scene.account->counts.stored + scene.account->counts.store_errors, count);
	account_close(scene.account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printed),
		cmocka_unit_test(test_stalled),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

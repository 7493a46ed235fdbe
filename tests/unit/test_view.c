/* What a sample says about the processes that were asked for. */
/* link: probes/probe/view.c probes/probe/processes.c probes/tap/sample.c */
#include "tests/unit/helpers.h"

#include "probes/probe/options.h"
#include "probes/probe/view.h"

#define ROW(pid_, tid_, member_, call_, packets_, name)                                            \
	{                                                                                          \
		.pid = (pid_), .tid = (tid_), .member = (member_), .call = (call_),                \
		.in_cgroup = 1, .counters = { .calls = 1, .packets = (packets_) },                 \
		.queue_max = (packets_), .batches = { (packets_) }, .command = name                \
	}

/* Two threads of process 7 on socket 2 (cookie 20), which also accepts on 3; process 8 on 2. */
static struct tap_row rows[] = {
	{ .pid = 0 },
	ROW(8, 8, 2, CALL_RECVMSG, 100, "other"),
	ROW(7, 70, 2, CALL_RECVFROM, 1, "server"),
	ROW(7, 71, 2, CALL_RECVFROM, 2, "server"),
	ROW(7, 71, 2, CALL_RECVMMSG, 4, "server"),
	ROW(7, 70, 3, CALL_ACCEPT, 8, "server"),
	ROW(9, 9, 2, CALL_READ, 16, "other"),
	/* A row in which nothing was counted yet, and one of another control group. */
	{ .pid = 6, .tid = 6, .member = 2, .in_cgroup = 1, .command = "server" },
	{ .pid = 5, .tid = 5, .member = 2, .counters = { .calls = 3 }, .command = "server" },
};

static struct sample_member members[] = {
	{ .cookie = 0 }, { .cookie = 0 }, { .cookie = 20 }, { .cookie = 30, .tcp = true }
};

static const struct sample sample = {
	.members = members, .member_count = COUNT(members), .rows = rows, .row_count = COUNT(rows)
};

static void test_by_worker(void **state)
{
	struct probe_options options = { .by = BY_WORKER };
	struct view view = { .workers = NULL };

	(void)state;
	assert_int_equal(view_make(&view, &sample, &sample, &options), 0);
	assert_int_equal(view.count, 4);
	/* By pid, then cookie. */
	assert_int_equal(view.workers[0].pid, 7);
	assert_int_equal(view.workers[0].cookie, 20);
	assert_int_equal(view.workers[0].tid, 0);
	assert_int_equal(view.workers[0].total.packets, 7);
	assert_int_equal(view.workers[0].total.calls, 3);
	assert_int_equal(view.workers[0].by_call[CALL_RECVFROM].packets, 3);
	assert_int_equal(view.workers[0].by_call[CALL_RECVMMSG].packets, 4);
	assert_int_equal(view.workers[0].queue_max, 4);
	assert_int_equal(view.workers[0].batches[0], 7);
	assert_string_equal(view.workers[0].command, "server");
	/* Connections are no packets. */
	assert_int_equal(view.workers[1].cookie, 30);
	assert_int_equal(view.workers[1].total.packets, 0);
	assert_int_equal(worker_accepts(&view.workers[1]), 8);
	assert_int_equal(worker_taken(&view.workers[1]), 8);
	assert_int_equal(view.total.packets, 123);
	assert_int_equal(view.by_call[CALL_ACCEPT].packets, 8);
	assert_int_equal(view_taken(&view), 131);
	assert_int_equal(view.members[2].total.packets, 123);
	assert_int_equal(view.members[3].total.packets, 0);
	/* Made anew, it forgets what it was. */
	assert_int_equal(view_make(&view, &sample, &sample, &options), 0);
	assert_int_equal(view.total.packets, 123);
	view_free(&view);
	assert_int_equal(view.count, 0);
}

static void test_by_thread(void **state)
{
	struct probe_options options = { .by = BY_THREAD };
	struct view view = { .workers = NULL };

	(void)state;
	assert_int_equal(view_make(&view, &sample, &sample, &options), 0);
	assert_int_equal(view.count, 5);
	assert_int_equal(view.workers[0].tid, 70);
	assert_int_equal(view.workers[0].total.packets, 1);
	assert_int_equal(view.workers[1].tid, 71);
	assert_int_equal(view.workers[1].total.packets, 6);
	assert_int_equal(view.total.packets, 123);
	view_free(&view);
}

/* In an interval without a packet of its own, a worker keeps its place. */
static void test_pause(void **state)
{
	static struct tap_row idle[COUNT(rows)];
	struct probe_options options = { .by = BY_WORKER };
	struct sample delta = sample;
	struct view view = { .workers = NULL };

	(void)state;
	memcpy(idle, rows, sizeof(idle));
	for (size_t i = 0; i < COUNT(idle); i++)
		idle[i].counters = (struct tap_counters){ 0 };
	delta.rows = idle;
	assert_int_equal(view_make(&view, &delta, &sample, &options), 0);
	assert_int_equal(view.count, 4);
	assert_int_equal(view.workers[0].pid, 7);
	assert_int_equal(view_taken(&view), 0);
	assert_int_equal(view_make(&view, &delta, &delta, &options), 0);
	assert_int_equal(view.count, 0);
	view_free(&view);
}

static uint64_t packets_of(const struct probe_options *options)
{
	struct view view = { .workers = NULL };
	uint64_t packets;

	assert_int_equal(view_make(&view, &sample, &sample, options), 0);
	packets = view.total.packets;
	view_free(&view);
	return packets;
}

static void test_processes(void **state)
{
	struct probe_options by_pid = { .pids = { .items = { 8, 9 }, .count = 2 } };
	struct probe_options by_name = { .comm = "server" };
	struct probe_options both = { .comm = "server", .pids = { .items = { 8 }, .count = 1 } };
	struct probe_options prefix = { .comm = "serv" };

	(void)state;
	assert_int_equal(packets_of(&by_pid), 116);
	assert_int_equal(packets_of(&by_name), 7);
	assert_int_equal(packets_of(&both), 0);
	assert_int_equal(packets_of(&prefix), 0);
}

/* The kernel keeps 15 characters, whoever asks for more. */
static void test_long_name(void **state)
{
	struct tap_row row = { .pid = 1, .in_cgroup = 1, .command = "fairport-receiv" };
	struct probe_options whole = { .comm = "fairport-receive" };
	struct probe_options cut = { .comm = "fairport-receiv" };
	struct probe_options other = { .comm = "fairport-receix" };

	(void)state;
	assert_true(view_takes(&whole, &row));
	assert_true(view_takes(&cut, &row));
	assert_false(view_takes(&other, &row));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_worker), cmocka_unit_test(test_by_thread),
		cmocka_unit_test(test_pause),     cmocka_unit_test(test_processes),
		cmocka_unit_test(test_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Whether arrivals = receptions + drops + queue, and when that is wrong. */
/* link: probes/probe/balance.c probes/probe/processes.c probes/probe/view.c probes/tap/sample.c */
#include "tests/unit/helpers.h"

#include "probes/probe/report.h"
#include "probes/probe/source.h"

/* In place of source.c, which needs the kernel: nobody has an owner that could be asked for. */
const struct socket_info *source_socket(const struct source *source, uint64_t cookie)
{
	(void)source;
	(void)cookie;
	return NULL;
}

bool source_takes(const struct source *source, const struct socket_info *socket)
{
	(void)source;
	(void)socket;
	return false;
}

#define MEMBERS (TAP_FIRST + 3)

/* The first that is a socket; what is before it must not count. */
#define FIRST TAP_FIRST

struct scene {
	struct sample_member members[MEMBERS];
	struct sample now;
	struct probe_options options;
	struct source source;
};

static void begin(struct scene *scene)
{
	*scene = (struct scene){ .options = { .with = { .arrivals = true } } };
	scene->source.options = &scene->options;
	scene->now.members = scene->members;
	scene->now.member_count = MEMBERS;
	scene->members[1].counters.arrivals = 1000000;
	for (size_t i = FIRST; i < MEMBERS; i++)
		scene->members[i] = (struct sample_member){
			.cookie = i,
			.known = true,
			.open = true,
			.counters = { .arrivals = 100, .taken = 60, .dropped = 30 },
			.queue_at_start = 5,
			.queue_packets = 15,
		};
}

static struct balance balance(const struct scene *scene)
{
	return balance_of(&scene->source, &scene->now);
}

static void test_sums(void **state)
{
	struct scene scene;
	struct balance sum;

	(void)state;
	begin(&scene);
	sum = balance(&scene);
	assert_true(sum.known);
	assert_false(sum.wrong);
	assert_int_equal(sum.arrivals, 300);
	assert_int_equal(sum.queue_at_start, 15);
	assert_int_equal(sum.taken, 180);
	assert_int_equal(sum.dropped, 90);
	assert_int_equal(sum.queue, 45);
	assert_int_equal(sum.in_transit, 0);
	assert_int_equal(sum.lost_at_close, 0);
	scene.options.with.arrivals = false;
	assert_false(balance(&scene).known);
}

static void test_listeners_have_none(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	scene.members[FIRST].tcp = true;
	assert_int_equal(balance(&scene).arrivals, 200);
	assert_int_equal(balance(&scene).dropped, 60);
}

static void test_closed(void **state)
{
	struct scene scene;
	struct balance sum;

	(void)state;
	begin(&scene);
	/* Its queue is gone, with 15 packets in it. */
	scene.members[FIRST].open = false;
	sum = balance(&scene);
	assert_int_equal(sum.lost_at_close, 15);
	assert_int_equal(sum.queue, 30);
	assert_false(sum.wrong);
	/* More taken than had arrived. */
	scene.members[FIRST].counters.taken = 76;
	assert_true(balance(&scene).wrong);
	assert_int_equal(balance(&scene).lost_at_close, 0);
}

/* So many for each CPU and one for each thread can be on their way; not more, nor less than none.
 */
static void test_wrong(void **state)
{
	int64_t most = 64 * sysconf(_SC_NPROCESSORS_ONLN) + 3;
	struct scene scene;

	(void)state;
	begin(&scene);
	scene.now.row_count = 3;
	scene.members[FIRST].in_transit = most;
	assert_false(balance(&scene).wrong);
	assert_int_equal(balance(&scene).in_transit, most);
	scene.members[FIRST].in_transit = most + 1;
	assert_true(balance(&scene).wrong);
	/* Another socket does not make up for it. */
	scene.members[FIRST].in_transit = -1;
	scene.members[FIRST + 1].in_transit = 1;
	assert_true(balance(&scene).wrong);
}

static void test_told_sockets(void **state)
{
	struct scene scene;
	struct worker sums[MEMBERS] = { 0 };
	struct account account = { .source = &scene.source,
				   .now = &scene.now,
				   .view = { .members = sums } };

	(void)state;
	begin(&scene);
	assert_false(account_takes(&account, 0));
	assert_false(account_takes(&account, 1));
	assert_true(account_takes(&account, FIRST));
	/* A place that was given away and never filled. */
	scene.members[FIRST].known = false;
	scene.members[FIRST].counters = (struct member_counters){ 0 };
	assert_false(account_takes(&account, FIRST));
	scene.members[FIRST].counters.dropped = 1;
	assert_true(account_takes(&account, FIRST));
	/* Of a process that was asked for, or not. */
	scene.options.comm = "server";
	assert_false(account_takes(&account, FIRST));
	sums[FIRST].pid = 7;
	assert_true(account_takes(&account, FIRST));
	assert_false(account_takes(&account, FIRST + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),         cmocka_unit_test(test_listeners_have_none),
		cmocka_unit_test(test_closed),       cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_told_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

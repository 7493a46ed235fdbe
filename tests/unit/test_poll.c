/* Drops and queues as sock_diag(7) tells them, without privilege. */
/* link: probes/probe/poll.c probes/tap/sample.c */
#include "tests/unit/helpers.h"

#include "probes/probe/poll.h"
#include "probes/sockets/sockets.h"
#include "probes/tap/sample.h"

static struct socket_info udp(uint64_t cookie, uint64_t drops, uint64_t queue)
{
	struct socket_info info = {
		.cookie = cookie, .drops = drops, .queue = queue, .rcvbuf = 4096
	};

	info.local.any.sa_family = AF_INET;
	address_set_port(&info.local, 8089);
	return info;
}

static void test_drops(void **state)
{
	struct socket_info items[] = { udp(1, 100, 0), udp(2, 0xffffffff, 7) };
	struct socket_list list = { .items = items, .count = 1 };
	struct poll_known known = { .items = NULL };
	struct sample sample = { .time = 0 };

	(void)state;
	assert_int_equal(poll_begin(&known, &list), 0);
	items[0].drops = 103;
	/* The second one has come since then. */
	list.count = 2;
	assert_int_equal(poll_sample(&known, &list, &sample), 0);
	assert_int_equal(sample.member_count, 3);
	assert_int_equal(sample.members[1].cookie, 1);
	assert_int_equal(sample.members[1].counters.dropped, 3);
	assert_int_equal(sample.members[1].port, 8089);
	assert_int_equal(sample.members[1].rcvbuf, 4096);
	assert_int_equal(sample.members[2].counters.dropped, 0xffffffff);
	assert_int_equal(sample.members[2].queue_bytes, 7);
	assert_true(sample.members[1].known && sample.members[1].open);
	/* The kernel's count has 32 bits. */
	items[1].drops = 4;
	assert_int_equal(poll_sample(&known, &list, &sample), 0);
	assert_int_equal(sample.members[2].counters.dropped, 0x100000004);
	sample_free(&sample);
	poll_forget(&known);
}

static void test_places(void **state)
{
	struct socket_info items[] = { udp(1, 0, 0), udp(2, 0, 0), udp(3, 5, 0) };
	struct socket_list list = { .items = items, .count = 3 };
	struct poll_known known = { .items = NULL };
	struct sample sample = { .time = 0 };

	(void)state;
	assert_int_equal(poll_begin(&known, &list), 0);
	/* The first two are closed; a listener is opened. */
	items[0] = udp(3, 6, 9);
	items[1] = udp(4, 0, 2);
	items[1].tcp = true;
	items[1].backlog = 128;
	list.count = 2;
	assert_int_equal(poll_sample(&known, &list, &sample), 0);
	assert_int_equal(sample.member_count, 5);
	assert_false(sample.members[1].open || sample.members[2].open);
	assert_true(sample.members[3].open);
	assert_int_equal(sample.members[3].counters.dropped, 1);
	assert_int_equal(sample.members[4].cookie, 4);
	assert_true(sample.members[4].tcp);
	assert_int_equal(sample.members[4].queue_packets, 2);
	assert_int_equal(sample.members[4].queue_bytes, 0);
	assert_int_equal(sample.members[4].rcvbuf, 128);
	sample_free(&sample);
	poll_forget(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

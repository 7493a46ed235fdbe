/* Which causes are named of listeners, and which are not: of runs that are made up. */
#include "tests/unit/look_scene.h"

/* It accepts nothing at all: no longer queue would help. */
static void dead_listener(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "true", 50, 50, 0, 3, 0, 0);
	listener_of(test, 2, "true", 20, 0, 9, 9, 30, 0);
	check(test, "unexplained", "dead-member");
	assert_has(first(test)->evidence,
		   "20 connections arrived at the socket of pid 102, webd, 9 "
		   "wait there");
	end(test);
}

static void accept_overflow(void **state)
{
	struct test *test = make();
	struct causes blind;

	(void)state;
	listener_of(test, 1, "true", 50, 44, 6, 9, 360, 30);
	listener_of(test, 2, "true", 50, 50, 0, 3, 0, 0);
	test->tolerance = 0.5;
	check(test, "even", "accept-queue-overflow");
	assert_has(first(test)->evidence, "330 packets of handshakes, repeated ones too, found a "
					  "full accept queue, all of them at pid 101, webd: 9 "
					  "connections waited there, its backlog is 8; 100 "
					  "connections came through meanwhile");
	/* It is full to the end, and the other is not. */
	assert_has(first(test)->remedy, "it was full to the end: that worker accepts too slowly");
	assert_has(first(test)->commands[1], "nsenter -t 101 -n sysctl -w net.core.somaxconn=4096");
	assert_has(first(test)->commands[2], "listen(fd, 4096);");
	/* Sockets alone tell that, where nobody knows who received what. */
	causes_find(&blind, NULL, &test->run);
	assert_int_equal(blind.count, 1);
	assert_string_equal(blind.list[0].name, "accept-queue-overflow");
	end(test);
}

static void accept_burst(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "true", 50, 50, 0, 9, 1, 0);
	listener_of(test, 2, "true", 50, 50, 0, 9, 3, 0);
	check(test, "even", "accept-queue-overflow");
	assert_has(first(test)->evidence,
		   "4 packets of handshakes, repeated ones too, found a full "
		   "accept queue, 3 of them at pid 102");
	assert_has(first(test)->remedy, "a longer queue, ");
	end(test);
}

/* What was accepted is then not what the hash assigned. */
static void turned_away_is_no_few_flows(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "true", 60, 60, 0, 3, 0, 0);
	listener_of(test, 2, "true", 40, 40, 0, 9, 20, 0);
	check(test, "few-flows", "accept-queue-overflow");
	check_sentence(test, "got 1.20 times the mean of what was accepted; those that were turned "
			     "away are missing in it");
	end(test);

	test = make();
	listener_of(test, 1, "true", 60, 60, 0, 3, 0, 0);
	listener_of(test, 2, "true", 40, 40, 0, 9, 1, 0);
	check(test, "few-flows", "accept-queue-overflow few-flows");
	check_sentence(test, "The hash assigns connections, and so few on 2 workers");
	end(test);
}

/* Its queue was never full: what it dropped, it dropped for another reason. */
static void dropped_for_another_reason(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "true", 50, 50, 0, 8, 5, 0);
	listener_of(test, 2, "true", 50, 50, 0, 3, 0, 0);
	check(test, "even", "");
	end(test);
}

static void accept_lost(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "false", 70, 26, 0, 8, 0, 0);
	listener_of(test, 2, "true", 70, 70, 0, 8, 0, 0);
	check(test, "uneven", "accept-queue-lost");
	assert_has(first(test)->evidence, "44 connections were reset, since the listener of pid "
					  "101, webd, was closed while they waited to be accepted; "
					  "it had got 70 and accepted 26");
	assert_has(first(test)->commands[0], "net.ipv4.tcp_migrate_req=1");
	end(test);
}

/* The kernel gave what waited to the other, which accepts more than came to it. */
static void accept_migrated(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "false", 70, 26, 0, 8, 0, 0);
	listener_of(test, 2, "true", 70, 110, 4, 8, 0, 0);
	check(test, "uneven", "");
	end(test);
}

static void accept_partly_migrated(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "false", 70, 26, 0, 8, 0, 0);
	listener_of(test, 2, "true", 70, 96, 4, 8, 0, 0);
	check(test, "uneven", "accept-queue-lost");
	assert_has(first(test)->evidence, "14 connections were reset");
	end(test);
}

/* Of such that nobody accepted, none is known to be lost: accepts may not be seen. */
static void accepts_unseen(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "false", 70, 0, 0, 8, 0, 0);
	listener_of(test, 2, "true", 70, 0, 0, 8, 0, 0);
	check(test, "idle", "");
	check_sentence(test, "No worker received anything.");
	end(test);
}

static void only_older_connections(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "true", 0, 0, 0, 0, 0, 0);
	listener_of(test, 2, "true", 0, 0, 0, 0, 0, 0);
	for (unsigned int i = 1; i <= 2; i++)
		PROBE(RECORD("worker", "probe") ",\"pid\":%u,\"comm\":\"webd\",\"cookie\":0,"
						"\"packets\":0,\"bytes\":3,\"calls\":1,"
						"\"eagain\":0,\"accepts\":0}\n",
		      100 + i);
	check(test, "idle", "");
	check_sentence(test,
		       "No connection was opened meanwhile, and only new ones are shared out. "
		       "2 processes read 6 B on older connections");
	end(test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dead_listener),
		cmocka_unit_test(accept_overflow),
		cmocka_unit_test(accept_burst),
		cmocka_unit_test(turned_away_is_no_few_flows),
		cmocka_unit_test(dropped_for_another_reason),
		cmocka_unit_test(accept_lost),
		cmocka_unit_test(accept_migrated),
		cmocka_unit_test(accept_partly_migrated),
		cmocka_unit_test(accepts_unseen),
		cmocka_unit_test(only_older_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* link: analysis/explain/evidence.c analysis/explain/unknown.c */
/* Which numbers decide, and what is said not to be known, of runs that are made up. */
#include "tests/unit/look_scene.h"

#include "analysis/explain/evidence.h"

static void gather(struct test *test, struct evidence *out)
{
	look(test);
	assert_int_equal(evidence_gather(out, &test->analysis, &test->run, false), 0);
}

/* The keys of the numbers: "max_over_mean cv". */
static void check_keys(const struct evidence *evidence, const char *want)
{
	char got[256] = "";

	for (size_t i = 0; i < evidence->count; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
			 evidence->numbers[i].key);
	assert_string_equal(got, want);
}

/* Each thing that is not known has its part here, and no other is. */
static void check_unknown(const struct evidence *evidence, const char *const want[])
{
	size_t count = 0;

	for (; want[count]; count++) {
		assert_true(count < evidence->unknown_count);
		assert_has(evidence->unknown[count], want[count]);
	}
	if (count < evidence->unknown_count)
		fail_msg("and \"%s\"", evidence->unknown[count]);
}

#define UNKNOWN(evidence, ...) check_unknown(evidence, (const char *const[]){ __VA_ARGS__, NULL })
#define SENT                   "fake.ndjson"

/* Two workers with 25 flows of 4 packets each. */
static void two_even(struct test *test)
{
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
}

static void even(void **state)
{
	struct test *test = make();
	struct evidence out;

	(void)state;
	two_even(test);
	group_of(test, 1, 2, "hash", NULL, NULL);
	gather(test, &out);
	check_keys(&out, "max_over_mean cv flows heaviest_share p_value");
	assert_true(out.numbers[0].value == 1 && out.numbers[1].value == 0);
	assert_true(out.numbers[0].interval.high > 1);
	assert_string_equal(out.numbers[0].note, "even is up to 1.10");
	assert_has(out.numbers[1].note, "by hash 0.0");
	assert_true(out.numbers[2].value == 50);
	assert_string_equal(out.numbers[2].note, "");
	assert_true(out.numbers[3].value == 0.02);
	assert_has(out.numbers[4].note, "by flows, ");
	UNKNOWN(&out, SENT);
	/* The look was shorter than was asked for. */
	assert_int_equal(evidence_gather(&out, &test->analysis, &test->run, true), 0);
	UNKNOWN(&out, SENT, "what comes after the interrupt");
	end(test);
}

/* 100 came to each, and one lost most of them: that is not the hash's doing. */
static void lost_after_arrival(void **state)
{
	struct test *test = make();
	struct evidence out;

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 10, 80);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	sent(test, 200, 50, "false");
	gather(test, &out);
	check_keys(&out, "max_over_mean arrived_max_over_mean cv flows heaviest_share p_value");
	assert_true(fabs(out.numbers[0].value - 100 / 55.0) < 1e-12);
	assert_true(out.numbers[1].value == 1);
	assert_string_equal(out.numbers[5].note, "as it arrived");
	UNKNOWN(&out, "groups.ndjson");
	end(test);
}

/* 51 flows, (600 + 200)^2 / (600^2 + 50 * 4^2) = 1.8 of which are effective. */
static void unequal_flows(void **state)
{
	struct test *test = make();
	struct evidence out;

	(void)state;
	socket_of(test, 1, 700, 700, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 1, 600);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	gather(test, &out);
	assert_string_equal(out.numbers[2].key, "flows");
	assert_string_equal(out.numbers[2].note, "as good as 2 equal ones");
	assert_true(out.numbers[3].value == 0.75);
	assert_string_equal(out.numbers[3].note, "from 10.0.0.1:1000");
	end(test);
}

/* Where a flow went to several workers no hash can be tested, and nothing is resampled. */
static void split(void **state)
{
	struct test *test = make();
	struct evidence out;

	(void)state;
	socket_of(test, 1, 200, 200, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 2, 100);
	test->flows = 0;
	flows_of(test, 2, 2, 50);
	gather(test, &out);
	check_keys(&out, "max_over_mean cv flows heaviest_share");
	assert_true(isnan(out.numbers[0].interval.low));
	end(test);
}

static void nothing_to_share(void **state)
{
	struct test *test = make();
	struct evidence out;

	(void)state;
	socket_of(test, 1, 0, 0, 0);
	socket_of(test, 2, 0, 0, 0);
	gather(test, &out);
	check_keys(&out, "");
	end(test);

	test = make();
	socket_of(test, 1, 100, 100, 0);
	flows_of(test, 1, 25, 4);
	gather(test, &out);
	check_keys(&out, "");
	end(test);
}

/* The probe counted more flows than it tells. */
static void untold_flows(void **state)
{
	struct test *test = make();
	struct evidence out;

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 100, 0);
	group_of(test, 1, 2, "", NULL, NULL);
	test->told = 50;
	gather(test, &out);
	check_keys(&out, "max_over_mean cv flows p_value");
	UNKNOWN(&out, "whether a program steers", "which flows came to whom", SENT);
	end(test);
}

static void regrouped(void **state)
{
	struct test *test = make();
	struct evidence out;

	(void)state;
	two_even(test);
	PROBE(RECORD("socket", "probe") ",\"cookie\":3,\"protocol\":\"udp\",\"port\":53,"
					"\"open\":false,\"dropped\":0,\"packets\":4,"
					"\"arrivals\":4,\"owners\":[],\"reasons\":[]}\n");
	gather(test, &out);
	UNKNOWN(&out, "groups.ndjson", "how the group shares as it is now", SENT);
	end(test);
}

/* Socket 1 with these owners, from which pid 101 took 60 packets and pid 150 SECOND. */
static void shared_socket(struct test *test, unsigned int second, const char *owners)
{
	for (unsigned int i = 0; i < 2; i++)
		PROBE(RECORD("worker", "probe") ",\"pid\":%u,\"comm\":\"dnsd\",\"cookie\":1,"
						"\"packets\":%u,\"bytes\":1,\"calls\":60,"
						"\"eagain\":0,\"accepts\":0}\n",
		      i ? 150 : 101, i ? second : 60);
	PROBE(RECORD("socket", "probe") ",\"cookie\":1,\"protocol\":\"udp\",\"port\":53,"
					"\"open\":true,\"dropped\":0,\"packets\":%u,"
					"\"arrivals\":%u,\"queue_packets\":0,\"rcvbuf\":8192,"
					"\"owners\":[%s],\"reasons\":[]}\n",
	      60 + second, 60 + second, owners);
}

#define OWNER(pid) "{\"pid\":" pid ",\"comm\":\"dnsd\"}"

static void several_take_from_a_member(void **state)
{
	struct test *test = make();
	struct evidence out;

	(void)state;
	shared_socket(test, 40, OWNER("101") "," OWNER("150"));
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	group_of(test, 1, 2, "hash", NULL, NULL);
	gather(test, &out);
	UNKNOWN(&out, "the shares of processes: several took from the same socket", SENT);
	end(test);

	/* One tried, and had nothing. */
	test = make();
	shared_socket(test, 0, OWNER("101") "," OWNER("150"));
	socket_of(test, 2, 60, 60, 0);
	flows_of(test, 1, 15, 4);
	flows_of(test, 2, 15, 4);
	group_of(test, 1, 2, "hash", NULL, NULL);
	gather(test, &out);
	UNKNOWN(&out, SENT);
	end(test);
}

/* Who has the only socket open, and takes nothing, is no worker, or one that got nothing. */
static void one_socket_for_all(void **state)
{
	struct test *test = make();
	struct evidence out;

	(void)state;
	shared_socket(test, 40, OWNER("101") "," OWNER("150"));
	group_of(test, 1, 1, "hash", NULL, NULL);
	gather(test, &out);
	UNKNOWN(&out, SENT);
	end(test);

	test = make();
	shared_socket(test, 40, OWNER("9") "," OWNER("101") "," OWNER("150") "," OWNER("151"));
	group_of(test, 1, 1, "hash", NULL, NULL);
	gather(test, &out);
	UNKNOWN(&out, "whether 2 more processes that have the socket open", SENT);
	end(test);
}

/* Only what got most is told of; the others are named if they got anything. */
static void other_groups(void **state)
{
	struct test *test = make();
	struct evidence out;

	(void)state;
	two_even(test);
	socket_of(test, 3, 30, 30, 0);
	socket_of(test, 4, 8, 8, 0);
	socket_of(test, 5, 0, 0, 0);
	group_of(test, 1, 2, "hash", NULL, NULL);
	group_of(test, 3, 4, "hash", NULL, NULL);
	group_of(test, 5, 5, "hash", NULL, NULL);
	gather(test, &out);
	UNKNOWN(&out, "the shares at UDP 0.0.0.0:53 (2 sockets), which got 38 packets: ", SENT);
	end(test);
}

/* 6 of 8 bytes were read on connections whose listener is not known. */
static void older_connections(void **state)
{
	struct test *test = make();
	struct evidence out;

	(void)state;
	listener_of(test, 1, "true", 50, 50, 0, 3, 0, 0);
	listener_of(test, 2, "true", 50, 50, 0, 3, 0, 0);
	PROBE(RECORD("worker", "probe") ",\"pid\":101,\"comm\":\"webd\",\"cookie\":0,"
					"\"packets\":0,\"bytes\":6,\"calls\":1,\"eagain\":0,"
					"\"accepts\":0}\n");
	gather(test, &out);
	UNKNOWN(&out, "groups.ndjson",
		"how the load of connections from before is shared: 6 B, 75 % of all", SENT);
	assert_string_equal(out.numbers[2].label, "connections");
	end(test);
}

/* Nobody could tell who received what; of drops at a queue that is full the reason is known. */
static void blind(void **state)
{
	struct test *test = make();
	struct evidence out;

	(void)state;
	listener_of(test, 1, "true", 50, 50, 9, 9, 7, 0);
	listener_of(test, 2, "true", 50, 50, 8, 8, 5, 0);
	look(test);
	assert_int_equal(evidence_gather(&out, NULL, &test->run, false), 0);
	check_keys(&out, "");
	UNKNOWN(&out, "who received what", "why 5 packets of handshakes were dropped",
		"groups.ndjson", SENT);
	end(test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(even),
		cmocka_unit_test(lost_after_arrival),
		cmocka_unit_test(unequal_flows),
		cmocka_unit_test(split),
		cmocka_unit_test(nothing_to_share),
		cmocka_unit_test(untold_flows),
		cmocka_unit_test(regrouped),
		cmocka_unit_test(several_take_from_a_member),
		cmocka_unit_test(one_socket_for_all),
		cmocka_unit_test(other_groups),
		cmocka_unit_test(older_connections),
		cmocka_unit_test(blind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Steering policies: what --steer may say, and whom a policy fits. */
/* link: receiver/steering/policy.c */
#include "tests/unit/helpers.h"

#include <errno.h>

#include "receiver/steering/policy.h"
#include "receiver/steering/steering.h"

static void test_names(void **state)
{
	static const struct {
		const char *text;
		enum policy_kind kind;
		bool ebpf;
	} cases[] = {
		{ "hash", POLICY_HASH, false },
		{ "random", POLICY_RANDOM, false },
		{ "cpu", POLICY_CPU, false },
		{ "round-robin", POLICY_ROUND_ROBIN, true },
		{ "weighted:1", POLICY_WEIGHTED, true },
		{ "least-queue", POLICY_LEAST_QUEUE, true },
		{ "series", POLICY_SERIES, true },
		{ "consistent", POLICY_CONSISTENT, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy policy = { .text = cases[i].text, .weight_count = 99 };
		const char *expected;

		if (policy_parse(&policy, &expected) != 0)
			fail_msg("%s", cases[i].text);
		assert_int_equal(policy.kind, cases[i].kind);
		assert_int_equal(policy_is_ebpf(&policy), cases[i].ebpf);
		assert_int_equal(policy.weight_count, cases[i].kind == POLICY_WEIGHTED);
		assert_string_equal(policy.text, cases[i].text);
	}
}

static void test_weights(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		uint16_t weights[8];
	} cases[] = {
		{ "weighted:3,1", 2, { 3, 1 } },
		{ "weighted:1", 1, { 1 } },
		{ "weighted:4096", 1, { 4096 } },
		{ "weighted:4095,1", 2, { 4095, 1 } },
		{ "weighted:0,0,7", 3, { 0, 0, 7 } },
		{ "weighted:007,0", 2, { 7, 0 } },
		{ "weighted:1,2,3,4,5,6,7,8", 8, { 1, 2, 3, 4, 5, 6, 7, 8 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy policy = { .text = cases[i].text };
		const char *expected;

		if (policy_parse(&policy, &expected) != 0)
			fail_msg("%s", cases[i].text);
		assert_int_equal(policy.weight_count, cases[i].count);
		assert_memory_equal(policy.weights, cases[i].weights,
				    cases[i].count * sizeof(uint16_t));
	}
}

static void test_errors(void **state)
{
	static const char names[] = "hash, random, cpu, round-robin, weighted:W,... as in "
				    "weighted:3,1, least-queue, series or consistent";
	static const char weights[] =
		"up to 64 whole weights with a sum from 1 to 4096, as in weighted:3,1";
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", names },
		{ "Hash", names },
		{ "hash ", names },
		{ " hash", names },
		{ "hashes", names },
		{ "round", names },
		{ "round_robin", names },
		{ "round-robin:3", names },
		{ "least-queue,", names },
		{ "weighted", names },
		{ "weighted=3,1", names },
		{ "weighted:", weights },
		{ "weighted:,", weights },
		{ "weighted:3,", weights },
		{ "weighted:,3", weights },
		{ "weighted:3,,1", weights },
		{ "weighted:3;1", weights },
		{ "weighted:3, 1", weights },
		{ "weighted:3,1 ", weights },
		{ "weighted:+3,1", weights },
		{ "weighted:-3,5", weights },
		{ "weighted:1.5,1", weights },
		{ "weighted:0x3,1", weights },
		{ "weighted:1k", weights },
		{ "weighted:0", weights },
		{ "weighted:0,0,0", weights },
		{ "weighted:4097", weights },
		{ "weighted:4096,1", weights },
		{ "weighted:65537,1", weights },
		{ "weighted:4294967297", weights },
		{ "weighted:18446744073709551617", weights },
		{ "weighted:99999999999999999999999999999999", weights },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = exact_copy(cases[i].text, strlen(cases[i].text) + 1);
		struct policy policy = { .text = text };
		const char *expected = NULL;

		if (policy_parse(&policy, &expected) != -EINVAL)
			fail_msg("\"%s\" was taken", cases[i].text);
		assert_string_equal(expected, cases[i].expected);
		free(text);
	}
}

/* "weighted:" and COUNT times ",1". */
static int parse_ones(struct policy *policy, size_t count)
{
	char *text = malloc(16 + 2 * count);
	const char *expected;
	size_t length = (size_t)sprintf(text, "weighted:1");
	int result;

	for (size_t i = 1; i < count; i++)
		length += (size_t)sprintf(text + length, ",1");
	policy->text = text;
	result = policy_parse(policy, &expected);
	free(text);
	return result;
}

static void test_number_of_weights(void **state)
{
	struct policy policy;

	(void)state;
	assert_int_equal(parse_ones(&policy, POLICY_WEIGHTS), 0);
	assert_int_equal(policy.weight_count, POLICY_WEIGHTS);
	assert_int_equal(parse_ones(&policy, POLICY_WEIGHTS + 1), -EINVAL);
	assert_int_equal(parse_ones(&policy, 1000), -EINVAL);
}

static void test_fits(void **state)
{
	static const struct {
		const char *text;
		size_t workers;
		bool tcp;
		const char *want;
	} cases[] = {
		{ "weighted:3,1", 2, false, NULL },
		{ "weighted:3,1", 2, true, NULL },
		{ "weighted:3,1", 4, false, "weighted has 2 weights for 4 workers" },
		{ "weighted:3,1", 1, true, "weighted has 2 weights for 1 worker" },
		{ "weighted:3", 2, false, "weighted has 1 weight for 2 workers" },
		{ "series", 4, false, NULL },
		{ "series", 4, true,
		  "series reads packets, and TCP is chosen for before there is any" },
		{ "least-queue", 4, true, NULL },
		{ "consistent", STEERING_SLOTS, true, NULL },
		{ "consistent", STEERING_SLOTS + 1, true,
		  "consistent chooses among at most 512 workers" },
		{ "random", STEERING_SLOTS + 1, false, NULL },
		{ "hash", STEERING_SLOTS + 1, true, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy policy = { .text = cases[i].text };
		const char *expected, *why;

		assert_int_equal(policy_parse(&policy, &expected), 0);
		why = policy_unfit(&policy, cases[i].workers, cases[i].tcp);
		if (cases[i].want && why)
			assert_string_equal(why, cases[i].want);
		else if (cases[i].want || why)
			fail_msg("%s: %s", cases[i].text, why ? why : "fits");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),  cmocka_unit_test(test_weights),
		cmocka_unit_test(test_errors), cmocka_unit_test(test_number_of_weights),
		cmocka_unit_test(test_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* link: analysis/history/numbers.c */
/* The numbers of a summary by their key paths, and what they are counted in. */
#include "tests/unit/helpers.h"

#include "analysis/history/numbers.h"

static json_t *document(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(json);
	return json;
}

static void check_numbers(const char *text, const struct number *want, size_t count)
{
	json_t *json = document(text);
	struct numbers got;

	assert_int_equal(numbers_of(&got, json), 0);
	assert_int_equal(got.count, count);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(got.list[i].key, want[i].key);
		assert_true(got.list[i].value == want[i].value);
		if (want[i].unit)
			assert_string_equal(got.list[i].unit, want[i].unit);
		else
			assert_null(got.list[i].unit);
	}
	numbers_free(&got);
	json_decref(json);
}

static void test_paths(void **state)
{
	static const struct number want[] = {
		{ (char *)"schema", 1, NULL },
		{ (char *)"rates.sent_pps", 100000.5, "packets/s" },
		{ (char *)"distribution.workers.0.share", 0.25, NULL },
		{ (char *)"distribution.workers.0.packets", 7, "packets" },
		{ (char *)"distribution.workers.1.share", -0.75, NULL },
		{ (char *)"deep.0.0.1", 9007199254740993.0, NULL },
		{ (char *)"", 0, NULL },
	};

	(void)state;
	check_numbers("{\"schema\":1,\"text\":\"5\",\"rates\":{\"sent_pps\":100000.5,\"x\":null},"
		      "\"distribution\":{\"workers\":[{\"share\":0.25,\"packets\":7},"
		      "{\"share\":-0.75}]},\"yes\":true,\"deep\":[[[false,9007199254740993]]]}",
		      want, 6);
	check_numbers("{}", NULL, 0);
	check_numbers("[null,\"a\",{},[]]", NULL, 0);
}

static void test_units(void **state)
{
	static const struct {
		const char *key, *unit;
	} rows[] = {
		{ "rates.received_pps", "packets/s" },
		{ "rates.stored_rows_per_s", "rows/s" },
		{ "sender.late_ns.p99", "ns" },
		{ "latency_ns.max", "ns" },
		{ "receiver.cpu_ns_per_packet", "ns" },
		{ "ledger.packets.dropped.rcvbuf", "packets" },
		{ "ledger.packets.send_errors", "calls" },
		{ "ledger.lines.rejected.syntax", "lines" },
		{ "counters_agree.probe.packets", "packets" },
		{ "distribution.workers.0.bytes", "bytes" },
		{ "distribution.workers.0.pid", NULL },
		{ "distribution.workers.0.drops", "packets" },
		{ "distribution.max_share", NULL },
		{ "distribution.p_value", NULL },
		{ "distribution.intervals.level", NULL },
		{ "distribution.intervals.max_share.low", NULL },
		{ "distribution.intervals.effective_workers.high", "workers" },
		{ "distribution.effective_flows", "flows" },
		{ "receiver.fronts.0.lost_in_crash", "packets" },
		{ "run.cpus", NULL },
		{ "", NULL },
		{ "nspacket", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *unit = numbers_unit(rows[i].key);

		if ((unit == NULL) != (rows[i].unit == NULL) ||
		    (unit && strcmp(unit, rows[i].unit) != 0))
			fail_msg("%s: %s instead of %s", rows[i].key, unit ? unit : "none",
				 rows[i].unit ? rows[i].unit : "none");
	}
}

/* More than the first room there is. */
static void test_many(void **state)
{
	json_t *array = json_array();
	struct numbers got;

	(void)state;
	for (int i = 0; i < 5000; i++)
		json_array_append_new(array, json_integer(i));
	assert_int_equal(numbers_of(&got, array), 0);
	assert_int_equal(got.count, 5000);
	assert_string_equal(got.list[4999].key, "4999");
	assert_true(got.list[4999].value == 4999);
	numbers_free(&got);
	json_decref(array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

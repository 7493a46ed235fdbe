/* Sets of counters, and the receiver's: its table, its ledger, the samples in its account. */
/* link: receiver/account.c receiver/engines/taking.c */
#include "tests/unit/helpers.h"

#include "common/counters.h"
#include "receiver/account.h"

struct sums {
	uint64_t packets;
	uint64_t untold; /* no row in the table */
	uint64_t bytes, errors;
};

/* Not in the order of the members. */
static const struct counter table[] = {
	COUNTER(struct sums, errors),
	COUNTER(struct sums, packets),
	COUNTER(struct sums, bytes),
	{ NULL, 0 },
};

static void test_arithmetic(void **state)
{
	struct sums into = { .packets = 10, .untold = 1, .bytes = UINT64_MAX, .errors = 0 };
	const struct sums what = { .packets = 3, .untold = 100, .bytes = 2, .errors = UINT64_MAX };
	const struct sums sum = { .packets = 13, .untold = 1, .bytes = 1, .errors = UINT64_MAX };
	const struct sums start = into;

	(void)state;
	counters_add(table, &into, &what);
	assert_memory_equal(&into, &sum, sizeof(into));
	counters_subtract(table, &into, &what);
	assert_memory_equal(&into, &start, sizeof(into));
	counters_subtract(table, &into, &into);
	assert_int_equal(into.packets + into.bytes + into.errors, 0);
	assert_int_equal(into.untold, 1);
}

static void test_read(void **state)
{
	const struct sums shared = { .packets = 1, .untold = 2, .bytes = UINT64_MAX, .errors = 4 };
	struct sums into = { .packets = 9, .untold = 9, .bytes = 9, .errors = 9 };

	(void)state;
	counters_read(table, &into, &shared);
	assert_int_equal(into.packets, 1);
	assert_int_equal(into.untold, 9);
	assert_int_equal(into.bytes, UINT64_MAX);
	assert_int_equal(into.errors, 4);
}

static void test_record(void **state)
{
	const struct sums what = { .packets = 1, .untold = 2, .bytes = INT64_MAX, .errors = 4 };
	struct memory_record record;
	struct ndjson *out = memory_record_begin(&record);
	json_t *json;

	(void)state;
	ndjson_open_object(out, "counts");
	counters_record(table, out, &what);
	ndjson_close_object(out);
	json = memory_record_end(&record);
	assert_json(json_object_get(json, "counts"),
		    "{\"errors\":4,\"packets\":1,\"bytes\":9223372036854775807}");
	json_decref(json);
	free(record.text);
}

/* Every member of the receiver's counters has one row. */
static void test_received_table(void **state)
{
	uint64_t seen[sizeof(struct received) / sizeof(uint64_t)] = { 0 };
	const struct counter *row = received_counters;

	(void)state;
	for (; row->key; row++) {
		assert_int_equal(row->offset % sizeof(uint64_t), 0);
		assert_true(row->offset < sizeof(seen));
		assert_int_equal(seen[row->offset / sizeof(uint64_t)]++, 0);
	}
	assert_int_equal(row - received_counters, COUNT(seen));
}

static void test_received_ledger(void **state)
{
	struct received counts = { .lines = 5000,
				   .stored = 1000,
				   .discarded = 100,
				   .rejected_syntax = 1,
				   .rejected_truncated = 2,
				   .rejected_type_conflict = 4,
				   .rejected_limit = 8,
				   .rejected_encoding = 16,
				   .rejected_strict = 32,
				   .store_errors = 200 };

	(void)state;
	assert_int_equal(received_rejected(&counts), 63);
	assert_int_equal(received_pending(&counts), 5000 - 1363);
	counts.lines = 1363;
	assert_int_equal(received_pending(&counts), 0);
	/* Read while the worker writes: settled before it was counted. */
	counts.lines = 1362;
	assert_int_equal(received_pending(&counts), 0);
}

static void test_samples(void **state)
{
	static struct account account;
	char line[SAMPLE_LINE + 40];

	(void)state;
	for (uint32_t i = 0; i < SAMPLES + 3; i++) {
		size_t length = i == 0 ? 0 : SAMPLE_LINE - 2 + i;
		char *copy;

		memset(line, 'a' + (int)i, sizeof(line));
		copy = exact_copy(line, length);
		account_reject(&account, &account.counts.rejected_limit, "why", i + 1, copy,
			       length);
		free(copy);
	}
	assert_int_equal(account.counts.rejected_limit, SAMPLES + 3);
	assert_int_equal(received_rejected(&account.counts), SAMPLES + 3);
	assert_int_equal(account.samples_kept, SAMPLES);
	for (uint32_t i = 0; i < SAMPLES; i++) {
		const struct sample *sample = &account.samples[i];

		assert_string_equal(sample->reason, "why");
		assert_int_equal(sample->column, i + 1);
		assert_int_equal(sample->length, i == 0 ? 0 : SAMPLE_LINE - 2 + i);
		for (uint32_t k = 0; k < sample->length && k < SAMPLE_LINE; k++)
			assert_int_equal(sample->line[k], 'a' + (int)i);
	}
	assert_string_equal(account.store_error, "");
}

static void test_store_errors(void **state)
{
	static struct account account;
	char text[2 * STORE_ERROR_TEXT];

	(void)state;
	account_store_error(&account, 3, "ERROR:  first\nDETAIL:  more\n");
	account_store_error(&account, 4, "ERROR:  second\n");
	assert_int_equal(account.counts.store_errors, 7);
	assert_string_equal(account.store_error, "ERROR:  first");
	memset(&account, 0, sizeof(account));
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	account_store_error(&account, 1, text);
	assert_int_equal(strlen(account.store_error), STORE_ERROR_TEXT - 1);
	assert_int_equal(account.latency.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),      cmocka_unit_test(test_read),
		cmocka_unit_test(test_record),          cmocka_unit_test(test_received_table),
		cmocka_unit_test(test_received_ledger), cmocka_unit_test(test_samples),
		cmocka_unit_test(test_store_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

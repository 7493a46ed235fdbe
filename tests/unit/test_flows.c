/* Flows: what counts as one, their number, effective number and order, merging, the limit. */
/* link: faker/flows.c */
#include "tests/unit/helpers.h"

#include <arpa/inet.h>
#include <math.h>

#include "common/address.h"
#include "faker/flows.h"

static struct flows flows;

static int open_flows(void **state)
{
	(void)state;
	return flows_open(&flows);
}

static int close_flows(void **state)
{
	(void)state;
	flows_close(&flows);
	return 0;
}

static struct address v4(uint32_t ip, uint16_t port)
{
	struct address address = { .v4 = { .sin_family = AF_INET,
					   .sin_port = htons(port),
					   .sin_addr.s_addr = htonl(ip) },
				   .length = sizeof(address.v4) };

	return address;
}

static struct address v6(uint64_t high, uint64_t low, uint16_t port)
{
	struct address address = { .v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) },
				   .length = sizeof(address.v6) };

	for (int i = 0; i < 8; i++) {
		address.v6.sin6_addr.s6_addr[i] = (uint8_t)(high >> (56 - 8 * i));
		address.v6.sin6_addr.s6_addr[8 + i] = (uint8_t)(low >> (56 - 8 * i));
	}
	return address;
}

static void add(struct address source, uint64_t packets)
{
	flows_add(&flows, &source, packets);
}

/* The packets of all flows of SET, which must be as many as its count says. */
static uint64_t total_of(const struct flows *set)
{
	uint64_t packets = set->untracked;
	uint32_t count = 0;

	for (uint32_t i = 0; i < set->capacity; i++) {
		packets += set->slots[i].packets;
		count += set->slots[i].packets != 0;
	}
	assert_int_equal(count, set->count);
	assert_true(count <= set->capacity / 2);
	return packets;
}

static uint64_t total(void)
{
	return total_of(&flows);
}

static void assert_effective(double want)
{
	double effective = flows_effective(&flows);

	if (fabs(effective - want) > 1e-9 * want)
		fail_msg("%.12g flows instead of %.12g", effective, want);
}

static void test_none(void **state)
{
	(void)state;
	assert_true(flows_effective(&flows) == 0);
	assert_int_equal(flows.count, 0);
	assert_int_equal(flows.untracked, 0);
	assert_int_equal(flows_number(&flows), 0);
	/* Nothing sent is no flow. */
	add(v4(1, 1), 0);
	assert_int_equal(flows.count, 0);
	assert_int_equal(flows_number(&flows), 0);
}

/* Sources that differ in a single bit of address or port, or in the order of their halves. */
static void test_identity(void **state)
{
	struct address sources[1 + 16 + 32 + 1 + 16 + 128 + 2 + 3];
	size_t n = 0;

	(void)state;
	sources[n++] = v4(0, 0);
	for (unsigned int bit = 0; bit < 16; bit++)
		sources[n++] = v4(0, (uint16_t)(1u << bit));
	for (unsigned int bit = 0; bit < 32; bit++)
		sources[n++] = v4(1u << bit, 0);
	sources[n++] = v6(5, 3, 0);
	for (unsigned int bit = 0; bit < 16; bit++)
		sources[n++] = v6(5, 3, (uint16_t)(1u << bit));
	for (unsigned int bit = 0; bit < 64; bit++) {
		sources[n++] = v6(5 ^ 1ull << bit, 3, 0);
		sources[n++] = v6(5, 3 ^ 1ull << bit, 0);
	}
	sources[n++] = v6(3, 5, 0);
	sources[n++] = v6(UINT64_MAX, UINT64_MAX, 65535);
	/* Whose bytes begin as those of an IPv4 address do. */
	sources[n++] = v6(0, 0, 0);
	sources[n++] = v6(1ull << 63, 0, 0);
	sources[n++] = v6(1ull << 32, 0, 0);
	assert_int_equal(n, COUNT(sources));
	for (size_t round = 1; round <= 3; round++) {
		for (size_t i = 0; i < n; i++)
			add(sources[i], round);
		assert_int_equal(flows.count, n);
		assert_int_equal(flows_number(&flows), n);
		assert_int_equal(total(), n * round * (round + 1) / 2);
		assert_effective((double)n);
	}
}

static void test_effective(void **state)
{
	static const struct {
		uint64_t packets[6]; /* of flow 0, 1, ... until a 0 */
		double want;
	} cases[] = {
		{ { 1 }, 1 },
		{ { 1000000 }, 1 },
		{ { 5, 5 }, 2 },
		{ { 1, 2, 3 }, 36.0 / 14 },
		{ { 99, 1 }, 10000.0 / 9802 },
		{ { 10, 10, 10, 10, 10 }, 5 },
		{ { 1ull << 40, 1ull << 40, 1 }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		close_flows(NULL);
		assert_int_equal(open_flows(NULL), 0);
		for (uint16_t k = 0; cases[i].packets[k]; k++)
			add(v4(0x7f000001, k), cases[i].packets[k]);
		assert_effective(cases[i].want);
	}
}

/* Through several sizes of the table; the second half of the packets comes in another order. */
static void test_growth(void **state)
{
	const uint32_t many = 20000;

	(void)state;
	flows.untracked = 7;
	for (uint32_t i = 0; i < many; i++) {
		add(v4(0x7f000000 + i / 4, (uint16_t)(1024 + i % 4)), 1);
		add(v6(0xfd00000000000000, i / 4, (uint16_t)(1024 + i % 4)), 1);
	}
	for (uint32_t i = many; i-- > 0;) {
		add(v4(0x7f000000 + i / 4, (uint16_t)(1024 + i % 4)), 2);
		add(v6(0xfd00000000000000, i / 4, (uint16_t)(1024 + i % 4)), 2);
	}
	assert_int_equal(flows.count, 2 * many);
	assert_int_equal(flows.untracked, 7);
	assert_int_equal(total(), 6 * many + 7);
	flows.untracked = 0;
	assert_int_equal(flows_number(&flows), 2 * many);
	assert_effective(2 * many);
}

/* Heaviest first; of equal ones the lower address, then the lower port, as numbers. */
static void test_heaviest(void **state)
{
	static const struct {
		uint32_t ip;
		uint16_t port;
		uint64_t packets;
	} sorted[] = {
		{ 9, 9, 1ull << 40 }, { 3, 255, 100 },      { 3, 256, 100 },
		{ 3, 1024, 100 },     { 256, 1, 100 },      { 1, 7, 5 },
		{ 2, 7, 4 },          { 0x7f000001, 5, 1 }, { 0x7f000002, 4, 1 },
	};
	struct flow out[COUNT(sorted) + 1];

	(void)state;
	assert_int_equal(flows_heaviest(&flows, out, COUNT(out)), 0);
	/* In several parts, from the middle outwards. */
	for (size_t i = 0; i < COUNT(sorted); i++) {
		size_t k = (i * 4 + 5) % COUNT(sorted);

		add(v4(sorted[k].ip, sorted[k].port), sorted[k].packets / 2);
		add(v4(sorted[k].ip, sorted[k].port), sorted[k].packets - sorted[k].packets / 2);
	}
	for (size_t wanted = 0; wanted <= COUNT(out); wanted++) {
		size_t most = wanted < COUNT(sorted) ? wanted : COUNT(sorted);

		memset(out, 0xee, sizeof(out));
		assert_int_equal(flows_heaviest(&flows, out, wanted), most);
		for (size_t i = 0; i < most; i++) {
			struct address address, want = v4(sorted[i].ip, sorted[i].port);

			flow_address(&out[i], &address);
			assert_memory_equal(&address.v4, &want.v4, sizeof(want.v4));
			assert_int_equal(out[i].packets, sorted[i].packets);
		}
	}
}

/* Against sorting them all: more flows than are asked for, in an order that has no system. */
static void test_heaviest_of_many(void **state)
{
	enum { MANY = 5000, MOST = 40 };
	struct flow out[MOST];
	uint64_t left = 0;

	(void)state;
	/* 7919 is a prime: every weight from 1 to MANY once. */
	for (uint32_t i = 0; i < MANY; i++)
		add(v6(0xfd00, i, 1), i * 7919 % MANY + 1);
	assert_int_equal(flows_heaviest(&flows, out, MOST), MOST);
	for (uint64_t i = 0; i < MOST; i++)
		assert_int_equal(out[i].packets, MANY - i);
	/* All alike: by address alone. */
	for (uint32_t i = 0; i < MANY; i++)
		add(v6(0xfd00, i, 1), MANY - i * 7919 % MANY);
	assert_int_equal(flows_heaviest(&flows, out, MOST), MOST);
	for (uint64_t i = 0; i < MOST; i++) {
		struct address address, want = v6(0xfd00, i, 1);

		flow_address(&out[i], &address);
		assert_memory_equal(&address.v6, &want.v6, sizeof(want.v6));
		left += out[i].packets;
	}
	assert_int_equal(left, MOST * (MANY + 1));
}

/* What was counted is an address again, which a socket call would take. */
static void test_addresses(void **state)
{
	const struct address sources[] = {
		v4(0, 0),
		v4(0x7f000001, 8089),
		v4(UINT32_MAX, 65535),
		v6(0, 1, 8089),
		v6(0, 0x0000ffff7f000001, 1),
		v6(0xfd00000000000001, 0x0203040506070809, 65535),
		v6(UINT64_MAX, UINT64_MAX, 256),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sources); i++) {
		char want[ADDRESS_TEXT], text[ADDRESS_TEXT];
		struct address address;
		struct flow flow;

		close_flows(NULL);
		assert_int_equal(open_flows(NULL), 0);
		add(sources[i], 3);
		assert_int_equal(flows_heaviest(&flows, &flow, 1), 1);
		memset(&address, 0xee, sizeof(address));
		flow_address(&flow, &address);
		assert_string_equal(address_text(text, &address), address_text(want, &sources[i]));
		assert_int_equal(address.length, sources[i].length);
		assert_memory_equal(&address.any, &sources[i].any, sources[i].length);
	}
}

static int by_address(const void *left, const void *right)
{
	const struct flow *a = left, *b = right;
	int order = memcmp(a->address, b->address, sizeof(a->address));

	return order ? order : (int)ntohs(a->port) - (int)ntohs(b->port);
}

/* The same flows with the same packets. */
static void assert_same(const struct flows *one, const struct flows *two)
{
	struct flow *a = calloc(one->count + 1, sizeof(*a)), *b;

	assert_int_equal(one->count, two->count);
	assert_int_equal(one->untracked, two->untracked);
	assert_int_equal(flows_number(one), flows_number(two));
	b = calloc(two->count + 1, sizeof(*b));
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(flows_heaviest(one, a, one->count + 1), one->count);
	assert_int_equal(flows_heaviest(two, b, two->count + 1), two->count);
	qsort(a, one->count, sizeof(*a), by_address);
	qsort(b, two->count, sizeof(*b), by_address);
	for (uint32_t i = 0; i < one->count; i++) {
		assert_int_equal(by_address(&a[i], &b[i]), 0);
		assert_int_equal(a[i].family, b[i].family);
		assert_int_equal(a[i].packets, b[i].packets);
	}
	free(a);
	free(b);
}

/* Sets that overlap, of sizes from nothing to many, give what one set counts. */
static void test_merge(void **state)
{
	static const uint32_t sizes[] = { 10, 0, 3000, 700, 20000 };
	struct flows parts[COUNT(sizes)], merged;

	(void)state;
	assert_int_equal(flows_open(&merged), 0);
	for (uint32_t i = 0; i < COUNT(sizes); i++) {
		assert_int_equal(flows_open(&parts[i]), 0);
		for (uint32_t k = 0; k < sizes[i]; k++) {
			/* From its own start on, so that some are in one part only. */
			struct address source = k % 2 ? v4(k + i * 100, 5) : v6(1, k + i * 100, 5);

			flows_add(&parts[i], &source, k % 7 + i);
			flows_add(&flows, &source, k % 7 + i);
		}
	}
	assert_true(flows.count > 20000 && flows.count < 23000);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		flows_merge(&merged, &parts[i]);
		total_of(&merged);
	}
	assert_same(&merged, &flows);
	assert_int_equal(total_of(&merged), total());
	/* Those that were merged are as they were. */
	assert_int_equal(parts[4].count, sizes[4]);
	for (size_t i = 0; i < COUNT(sizes); i++)
		flows_close(&parts[i]);
	flows_close(&merged);
}

/* FLOWS_LIMIT flows that are remembered and OTHERS: 3 % are 3.7 standard errors of the sketch. */
static void assert_number(const struct flows *set, double others)
{
	double estimate = (double)flows_number(set), number = FLOWS_LIMIT + others;

	if (fabs(estimate - number) > 0.03 * number)
		fail_msg("%.0f flows instead of %.0f", estimate, number);
}

static void fill(struct flows *set, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++) {
		struct address source = v4(i, 9);

		flows_add(set, &source, 1);
	}
}

static void test_limit(void **state)
{
	static const uint32_t numbers[] = { 100, 5000, 60000, 500000, 2000000 };
	uint32_t others = 0;

	(void)state;
	fill(&flows, 0, FLOWS_LIMIT);
	assert_int_equal(flows.count, FLOWS_LIMIT);
	assert_int_equal(flows.untracked, 0);
	assert_int_equal(flows_number(&flows), FLOWS_LIMIT);
	assert_effective(FLOWS_LIMIT);
	/* New ones are no longer told apart, but their number is known; those known still count. */
	add(v4(FLOWS_LIMIT, 9), 3);
	add(v4(FLOWS_LIMIT, 9), 2);
	add(v6(1, 1, 1), 5);
	assert_int_equal(flows.count, FLOWS_LIMIT);
	assert_int_equal(flows.untracked, 10);
	assert_number(&flows, 2);
	assert_effective(FLOWS_LIMIT + 10.0);
	add(v4(0, 9), 99);
	add(v4(FLOWS_LIMIT - 1, 9), 99);
	assert_int_equal(flows.untracked, 10);
	assert_number(&flows, 2);
	assert_int_equal(total(), FLOWS_LIMIT + 10 + 2 * 99);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		fill(&flows, FLOWS_LIMIT + others, numbers[i] - others);
		others = numbers[i];
		assert_number(&flows, others + 1.0);
	}
	assert_int_equal(flows.untracked, others + 10);
	/* Once more the same: as many flows, twice the packets. */
	fill(&flows, FLOWS_LIMIT, others);
	assert_number(&flows, others + 1.0);
	assert_int_equal(flows.untracked, 2 * others + 10);
	assert_true(flows.capacity * sizeof(struct flow) <= 64u << 20);
}

/* Together more than are remembered, of which one set, then both, remember a part. */
static void test_merge_beyond(void **state)
{
	const uint32_t half = FLOWS_LIMIT / 2;
	struct flows other, merged;

	(void)state;
	assert_int_equal(flows_open(&other), 0);
	assert_int_equal(flows_open(&merged), 0);
	fill(&flows, 0, 3 * half);
	assert_int_equal(flows.untracked, half);
	/* An eighth of the limit is in both. */
	fill(&other, 3 * half - half / 4, half);
	assert_int_equal(other.untracked, 0);
	flows_merge(&merged, &flows);
	assert_int_equal(flows_number(&merged), flows_number(&flows));
	flows_merge(&merged, &other);
	assert_int_equal(merged.count, FLOWS_LIMIT);
	assert_int_equal(merged.untracked, 2 * half);
	assert_number(&merged, half + 0.75 * half);
	assert_int_equal(total_of(&merged), 4 * half);
	/* The other way round. */
	flows_merge(&other, &flows);
	assert_int_equal(other.count, FLOWS_LIMIT);
	assert_int_equal(total_of(&other), 4 * half);
	assert_number(&other, half + 0.75 * half);
	/* The same flows in another order, so that each set remembers what the other does not. */
	flows_close(&other);
	assert_int_equal(flows_open(&other), 0);
	fill(&other, half, 2 * half);
	fill(&other, 0, half);
	flows_merge(&other, &flows);
	assert_number(&other, half);
	flows_close(&merged);
	flows_close(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_none, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_identity, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_effective, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_growth, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_heaviest, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_heaviest_of_many, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_addresses, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_merge, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_limit, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_merge_beyond, open_flows, close_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

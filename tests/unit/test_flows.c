/* Flows: what counts as one, the effective number of them, and the limit. */
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

/* The packets of all flows, which must be as many as COUNT says. */
static uint64_t total(void)
{
	uint64_t packets = flows.untracked;
	uint32_t count = 0;

	for (uint32_t i = 0; i < flows.capacity; i++) {
		packets += flows.slots[i].packets;
		count += flows.slots[i].key != 0;
	}
	assert_int_equal(count, flows.count);
	assert_true(count <= flows.capacity / 2 || count == FLOWS_LIMIT);
	return packets;
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
}

/* Sources that differ in a single bit of address or port, or in the order of their halves. */
static void test_identity(void **state)
{
	struct address sources[1 + 16 + 32 + 1 + 16 + 128 + 2];
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
	assert_int_equal(n, COUNT(sources));
	for (size_t round = 1; round <= 3; round++) {
		for (size_t i = 0; i < n; i++)
			add(sources[i], round);
		assert_int_equal(flows.count, n);
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
	assert_effective(2 * many);
}

static void test_limit(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < FLOWS_LIMIT; i++)
		add(v4(i, 9), 1);
	assert_int_equal(flows.count, FLOWS_LIMIT);
	assert_int_equal(flows.untracked, 0);
	assert_effective(FLOWS_LIMIT);
	/* New ones are no longer told apart; those known still count. */
	add(v4(FLOWS_LIMIT, 9), 3);
	add(v4(FLOWS_LIMIT, 9), 2);
	add(v6(1, 1, 1), 5);
	assert_int_equal(flows.count, FLOWS_LIMIT);
	assert_int_equal(flows.untracked, 10);
	assert_effective(FLOWS_LIMIT + 10.0);
	add(v4(0, 9), 99);
	add(v4(FLOWS_LIMIT - 1, 9), 99);
	assert_int_equal(flows.untracked, 10);
	assert_int_equal(total(), FLOWS_LIMIT + 10 + 2 * 99);
	assert_true(flows.capacity * sizeof(struct flow) <= 32u << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_none, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_identity, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_effective, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_growth, open_flows, close_flows),
		cmocka_unit_test_setup_teardown(test_limit, open_flows, close_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The checksum of UDP: known ones, against the plain algorithm, and as a receiver checks it. */
/* link: faker/engines/checksum.c */
#include "tests/unit/helpers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>

#include "common/rng.h"
#include "faker/engines/checksum.h"

/* What is covered, as it is described: RFC 768 and RFC 8200, 8.1. */
struct covered {
	uint8_t bytes[40 + 8 + 65536];
	size_t length, check; /* where the field stands */
};

static void put(struct covered *covered, const void *data, size_t length)
{
	memcpy(covered->bytes + covered->length, data, length);
	covered->length += length;
}

static void put_number(struct covered *covered, uint32_t number, size_t bytes)
{
	for (size_t i = bytes; i-- > 0;)
		covered->bytes[covered->length++] = (uint8_t)(number >> (8 * i));
}

/* ADDRESSES are source and target, 8 or 32 bytes in all. */
static void cover(struct covered *covered, const uint8_t *addresses, size_t addresses_length,
		  uint16_t source, uint16_t target, const void *data, size_t length)
{
	const uint32_t udp_length = (uint32_t)(8 + length);

	covered->length = 0;
	put(covered, addresses, addresses_length);
	if (addresses_length == 8) {
		put_number(covered, IPPROTO_UDP, 2);
		put_number(covered, udp_length, 2);
	} else {
		put_number(covered, udp_length, 4);
		put_number(covered, IPPROTO_UDP, 4);
	}
	put_number(covered, source, 2);
	put_number(covered, target, 2);
	put_number(covered, udp_length, 2);
	covered->check = covered->length;
	put_number(covered, 0, 2);
	put(covered, data, length);
	if (length % 2)
		put_number(covered, 0, 1);
}

/* 16 bits at a time, the carry added back each time: RFC 1071 to the letter. */
static uint16_t plain_sum(const struct covered *covered)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < covered->length; i += 2) {
		sum += (uint32_t)covered->bytes[i] << 8 | covered->bytes[i + 1];
		if (sum > UINT16_MAX)
			sum -= UINT16_MAX;
	}
	return (uint16_t)sum;
}

static uint16_t checksum_of(const uint8_t *addresses, size_t addresses_length, uint16_t source,
			    uint16_t target, const void *data, size_t length)
{
	const struct udphdr udp = { .source = htons(source),
				    .dest = htons(target),
				    .len = htons((uint16_t)(sizeof(udp) + length)) };
	char *names = exact_copy((const char *)addresses, addresses_length);
	char *payload = exact_copy(data, length);
	uint16_t result = ntohs(checksum_udp(names, addresses_length, &udp, payload, length));

	free(names);
	free(payload);
	return result;
}

/* The plain algorithm gives the same, and a receiver finds all bits set. Returns it. */
static uint16_t assert_right(const uint8_t *addresses, size_t addresses_length, uint16_t source,
			     uint16_t target, const void *data, size_t length)
{
	static struct covered covered;
	uint16_t result = checksum_of(addresses, addresses_length, source, target, data, length),
		 want;

	cover(&covered, addresses, addresses_length, source, target, data, length);
	want = (uint16_t)~plain_sum(&covered);
	if (result != (want ? want : UINT16_MAX))
		fail_msg("%zu bytes of addresses, %zu of data: %#06x instead of %#06x",
			 addresses_length, length, result, want);
	covered.bytes[covered.check] = (uint8_t)(result >> 8);
	covered.bytes[covered.check + 1] = (uint8_t)result;
	assert_int_equal(plain_sum(&covered), UINT16_MAX);
	return result;
}

static void test_known(void **state)
{
	static const struct {
		int family;
		const char *source, *target;
		uint16_t source_port, target_port;
		const char *data;
		uint16_t want;
	} cases[] = {
		/* Of Forouzan, "TCP/IP Protocol Suite", on UDP. */
		{ AF_INET, "153.18.8.105", "171.2.14.10", 1087, 13, "TESTING", 0x6914 },
		/* 7f00 + 0001 + 7f00 + 0001 + 0011 + 0008 + 0001 + 0002 + 0008 = fe26 */
		{ AF_INET, "127.0.0.1", "127.0.0.1", 1, 2, "", 0x01d9 },
		/* 0001 + 0001 + 000b + 0011 + 0400 + 0009 + 000b + 6162 + 6300 = c894 */
		{ AF_INET6, "::1", "::1", 1024, 9, "abc", 0x376b },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const size_t half = cases[i].family == AF_INET ? 4 : 16;
		uint8_t addresses[32];

		assert_int_equal(inet_pton(cases[i].family, cases[i].source, addresses), 1);
		assert_int_equal(inet_pton(cases[i].family, cases[i].target, addresses + half), 1);
		assert_int_equal(assert_right(addresses, 2 * half, cases[i].source_port,
					      cases[i].target_port, cases[i].data,
					      strlen(cases[i].data)),
				 cases[i].want);
	}
}

static void fill(struct rng *rng, uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(rng_next(rng) >> 56);
}

/* Every length up to that of a frame, and the longest that there are. */
static void test_lengths(void **state)
{
	static const size_t long_ones[] = { 4096, 32767, 65506, 65507 };
	static uint8_t data[65507];
	uint8_t addresses[32];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 4, 0);
	for (size_t i = 0; i <= 1500 + COUNT(long_ones); i++) {
		size_t length = i <= 1500 ? i : long_ones[i - 1501];
		uint16_t source, target;

		fill(&rng, addresses, sizeof(addresses));
		fill(&rng, data, length);
		source = (uint16_t)rng_next(&rng);
		target = (uint16_t)rng_next(&rng);
		assert_right(addresses, 8, source, target, data, length);
		assert_right(addresses, 32, source, target, data, length);
	}
}

/* Where every addition carries, and where none does. */
static void test_extremes(void **state)
{
	static const uint8_t values[] = { 0, 1, 0x80, 0xfe, 0xff };
	static uint8_t data[65507];
	uint8_t addresses[32];

	(void)state;
	for (size_t i = 0; i < COUNT(values) * COUNT(values); i++) {
		const uint8_t value = values[i % COUNT(values)];

		memset(addresses, values[i / COUNT(values)], sizeof(addresses));
		memset(data, value, sizeof(data));
		for (size_t length = 0; length <= sizeof(data); length += length < 70 ? 1 : 2181) {
			uint16_t port = (uint16_t)(value << 8 | value);

			assert_right(addresses, 8, port, port, data, length);
			assert_right(addresses, 32, port, port, data, length);
		}
	}
}

/*
 * Sums that carry in the last place only. All before the data is taken as words from zero on, so
 * eight bytes of data can make the sum of 64 bits what is wanted before up to three bytes follow.
 */
static void test_late_carries(void **state)
{
	static const uint64_t sums[] = {
		UINT64_MAX,         /* the odd bytes carry out of it */
		0xffffffff00010000, /* which takes all the foldings: 1 0000 ffff, 1 ffff, 1 0000 */
		0xffff00000001ffff,
		0x00000000ffffffff,
	};
	static const uint8_t addresses[32];

	(void)state;
	for (size_t i = 0; i < COUNT(sums) * 4; i++) {
		const size_t length = 8 + i % 4;
		const struct udphdr udp = { .len = htons((uint16_t)(sizeof(udp) + length)) };
		const uint16_t protocol[2] = { htons(IPPROTO_UDP), udp.len };
		uint8_t data[11] = { [8] = 1, 2, 3 };
		uint64_t before, word;
		uint32_t pair;

		memcpy(&before, &udp, sizeof(before));
		memcpy(&pair, protocol, sizeof(pair));
		word = sums[i / 4] - before - pair;
		word -= word > sums[i / 4]; /* a borrow goes round as a carry does */
		memcpy(data, &word, sizeof(word));
		assert_right(addresses, 8, 0, 0, data, length);
		assert_right(addresses, 32, 0, 0, data, length);
	}
}

/* 0 says that there is none: a checksum of 0 is sent as its other form, 0xffff. */
static void test_never_zero(void **state)
{
	static struct covered covered;
	uint8_t addresses[32], data[64];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5, 0);
	for (int i = 0; i < 1000; i++) {
		const size_t addresses_length = i % 2 ? 8 : 32;
		const size_t length = 2 + rng_below(&rng, sizeof(data) - 1);
		uint16_t missing;

		fill(&rng, addresses, sizeof(addresses));
		fill(&rng, data, length);
		/* What the first two bytes would have to be. */
		data[0] = data[1] = 0;
		cover(&covered, addresses, addresses_length, 1, 2, data, length);
		missing = (uint16_t)~plain_sum(&covered);
		data[0] = (uint8_t)(missing >> 8);
		data[1] = (uint8_t)missing;
		assert_int_equal(assert_right(addresses, addresses_length, 1, 2, data, length),
				 UINT16_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),      cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_extremes),   cmocka_unit_test(test_late_carries),
		cmocka_unit_test(test_never_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

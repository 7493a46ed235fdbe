/* Ranges of source addresses: their bounds, and what is picked from them. */
/* link: faker/address_range.c */
#include "tests/unit/helpers.h"

#include <arpa/inet.h>
#include <errno.h>

#include "common/rng.h"
#include "faker/address_range.h"

static void test_ranges(void **state)
{
	static const struct {
		const char *text, *first;
		uint64_t size;
	} cases[] = {
		{ "127.0.0.1", "127.0.0.1", 1 },
		{ "127.0.0.1/32", "127.0.0.1", 1 },
		{ "127.0.0.1/31", "127.0.0.0", 2 },
		{ "127.0.0.7/30", "127.0.0.5", 2 },
		{ "127.0.0.7/29", "127.0.0.1", 6 },
		{ "127.0.0.0/16", "127.0.0.1", 65534 },
		{ "127.9.8.7/16", "127.9.0.1", 65534 },
		{ "10.0.0.0/8", "10.0.0.1", (1u << 24) - 2 },
		{ "255.255.255.255/1", "128.0.0.1", (1u << 31) - 2 },
		{ "1.2.3.4/0", "0.0.0.1", (1ull << 32) - 2 },
		{ "::1", "::1", 1 },
		{ "fd00::/128", "fd00::", 1 },
		{ "fd00::1/127", "fd00::", 2 },
		{ "fd00::7/125", "fd00::1", 6 },
		{ "fd00::1:2:3:4/96", "fd00::1:2:0:1", (1ull << 32) - 2 },
		{ "fd00::/66", "fd00::1", (1ull << 62) - 2 },
		{ "fd00::/65", "fd00::1", (1ull << 63) - 2 },
		/* Of a larger one, 2^63 addresses. */
		{ "fd00::/64", "fd00::1", (1ull << 63) - 2 },
		{ "fd00:1:2:3::/8", "fd00:1:2:3::1", (1ull << 63) - 2 },
		{ "::/0", "::1", (1ull << 63) - 2 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char host[ADDRESS_TEXT];
		struct address_range range;
		const char *why = "";

		if (address_range_parse(&range, cases[i].text, &why) != 0)
			fail_msg("%s: %s", cases[i].text, why);
		if (range.size != cases[i].size ||
		    strcmp(address_host(host, &range.first), cases[i].first) != 0)
			fail_msg("%s: %ju from %s", cases[i].text, (uintmax_t)range.size, host);
		assert_int_equal(address_port(&range.first), 0);
	}
}

/* All addresses, counted from the first: as sources of a list have them. */
static void test_whole_ranges(void **state)
{
	static const struct {
		const char *text, *first, *last;
		uint64_t size;
	} cases[] = {
		{ "127.0.0.1", "127.0.0.1", "127.0.0.1", 1 },
		{ "127.0.0.1/31", "127.0.0.0", "127.0.0.1", 2 },
		{ "127.0.0.7/30", "127.0.0.4", "127.0.0.7", 4 },
		{ "127.9.8.7/16", "127.9.0.0", "127.9.255.255", 65536 },
		{ "1.2.3.4/0", "0.0.0.0", "255.255.255.255", 1ull << 32 },
		{ "::1", "::1", "::1", 1 },
		{ "fd00::7/125", "fd00::", "fd00::7", 8 },
		{ "fd00::1:2:3:4/96", "fd00::1:2:0:0", "fd00::1:2:ffff:ffff", 1ull << 32 },
		{ "fd00::/64", "fd00::", "fd00::7fff:ffff:ffff:ffff", 1ull << 63 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct address_range range;
		struct address first, last;
		char host[ADDRESS_TEXT];
		const char *why = "";

		if (address_range_parse_whole(&range, cases[i].text, &why) != 0)
			fail_msg("%s: %s", cases[i].text, why);
		assert_int_equal(range.size, cases[i].size);
		address_range_at(&range, 0, &first);
		assert_memory_equal(&first, &range.first, sizeof(first));
		assert_string_equal(address_host(host, &first), cases[i].first);
		address_range_at(&range, range.size - 1, &last);
		assert_string_equal(address_host(host, &last), cases[i].last);
		assert_int_equal(address_port(&last), 0);
	}
}

#define FORM "expected an address like 127.0.0.1 or a range like 127.0.0.0/16"
#define BITS "the number of bits after '/' is not one of this family"

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", FORM },
		{ "/16", FORM },
		{ "localhost", FORM },
		{ "127.1", FORM },
		{ "127.0.0.256", FORM },
		{ "127.0.0.1 ", FORM },
		{ " 127.0.0.1", FORM },
		{ "127.0.0.1:80", FORM },
		{ "127.0.0.1-127.0.0.9", FORM },
		{ "[::1]", FORM },
		{ "[::1]/128", FORM },
		{ "::1::2/64", FORM },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555/128", FORM },
		{ "127.0.0.1/", BITS },
		{ "127.0.0.1/33", BITS },
		{ "::1/129", BITS },
		{ "127.0.0.1/-1", BITS },
		{ "127.0.0.1/+8", BITS },
		{ "127.0.0.1/8.0", BITS },
		{ "127.0.0.1/0k", BITS },
		{ "127.0.0.1/8 ", BITS },
		{ "127.0.0.1/8/8", BITS },
		{ "127.0.0.1//8", BITS },
		{ "127.0.0.1/255.0.0.0", BITS },
		{ "127.0.0.1/4294967304", BITS },
		{ "127.0.0.1/18446744073709551624", BITS },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct address_range range;
		const char *why = "";

		if (address_range_parse(&range, cases[i].text, &why) != -EINVAL)
			fail_msg("\"%s\" is accepted", cases[i].text);
		assert_string_equal(why, cases[i].why);
		why = "";
		assert_int_equal(address_range_parse_whole(&range, cases[i].text, &why), -EINVAL);
		assert_string_equal(why, cases[i].why);
	}
}

static struct address_range range_of(const char *text)
{
	struct address_range range;
	const char *why;

	assert_int_equal(address_range_parse(&range, text, &why), 0);
	return range;
}

/*
 * COUNT picks: all lie from the first address to the last, and each is picked at times. With
 * six addresses and 400 picks one of them is missed with 6 * (5/6)^400 < 1e-30.
 */
static void test_small_picks(void **state)
{
	static const struct {
		const char *text;
		uint32_t first, count; /* the last byte */
	} cases[] = {
		{ "127.0.0.9", 9, 1 },    { "127.0.0.9/32", 9, 1 }, { "127.0.0.9/31", 8, 2 },
		{ "127.0.0.9/30", 9, 2 }, { "127.0.0.9/29", 9, 6 }, { "fd00::9", 9, 1 },
		{ "fd00::9/127", 8, 2 },  { "fd00::9/125", 9, 6 },
	};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct address_range range = range_of(cases[i].text);
		uint32_t seen[256] = { 0 };

		for (int k = 0; k < 400; k++) {
			struct address picked;
			const uint8_t *last = &picked.v6.sin6_addr.s6_addr[15];

			memset(&picked, 0xff, sizeof(picked));
			address_range_pick(&range, &rng, &picked);
			assert_int_equal(address_port(&picked), 0);
			assert_int_equal(picked.length, range.first.length);
			if (picked.any.sa_family == AF_INET)
				last = (const uint8_t *)&picked.v4.sin_addr + 3;
			seen[*last]++;
		}
		for (uint32_t k = 0; k < COUNT(seen); k++)
			assert_int_equal(seen[k] > 0, k >= cases[i].first &&
							      k < cases[i].first + cases[i].count);
	}
}

/* In large ranges every bit of the host part takes both values: missed with 2 * 63 * 2^-100. */
static void test_large_picks(void **state)
{
	static const struct {
		const char *text;
		uint64_t high, low, moving;
	} cases[] = {
		{ "127.0.0.0/16", 0, 0x7f000000, 0xffff },
		{ "127.0.0.0/8", 0, 0x7f000000, 0xffffff },
		{ "fd00:1:2:3::/64", 0xfd00000100020003, 0, UINT64_MAX >> 1 },
		{ "fd00:1:2:3:4:5::/96", 0xfd00000100020003, 0x0004000500000000, UINT32_MAX },
	};
	struct rng rng, again;

	(void)state;
	rng_seed(&rng, 2, 0);
	again = rng;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct address_range range = range_of(cases[i].text);
		uint64_t ones = 0, zeros = 0;

		for (int k = 0; k < 100; k++) {
			uint64_t high = 0, low = 0;
			struct address one, two;

			address_range_pick(&range, &rng, &one);
			address_range_pick(&range, &again, &two);
			assert_memory_equal(&one, &two, sizeof(one));
			if (one.any.sa_family == AF_INET)
				low = ntohl(one.v4.sin_addr.s_addr);
			for (int byte = 0; byte < 8 && one.any.sa_family == AF_INET6; byte++) {
				high = high << 8 | one.v6.sin6_addr.s6_addr[byte];
				low = low << 8 | one.v6.sin6_addr.s6_addr[8 + byte];
			}
			assert_int_equal(high, cases[i].high);
			assert_int_equal(low & ~cases[i].moving, cases[i].low);
			ones |= low;
			zeros |= ~low;
		}
		assert_int_equal(ones & cases[i].moving, cases[i].moving);
		assert_int_equal(zeros & cases[i].moving, cases[i].moving);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),      cmocka_unit_test(test_whole_ranges),
		cmocka_unit_test(test_refused),     cmocka_unit_test(test_small_picks),
		cmocka_unit_test(test_large_picks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

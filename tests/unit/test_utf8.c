/* UTF-8 against a decoder that works the other way round, and with no byte to spare. */
#include "tests/unit/helpers.h"

#include <sys/mman.h>

#include "common/utf8.h"

/* Two pages of which the second must not be touched; texts end where it begins. */
static char *edge;

static int make_edge(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*state = NULL;
	if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0)
		return -1;
	edge = pages + page;
	return 0;
}

static const char *at_edge(const char *text, size_t length)
{
	return memcpy(edge - length, text, length);
}

/* The encoding of CODE by arithmetic alone; its length. */
static size_t encode(uint32_t code, char *to)
{
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned int marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = length; i-- > 1; code >>= 6)
		to[i] = (char)(0x80 | (code & 0x3f));
	to[0] = (char)(marks[length] | code);
	return length;
}

/* What utf8_length() should say: decode without any check, encode again, compare. */
static size_t want_length(const char *text, size_t left)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t length = at[0] < 0xc0 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	static const unsigned int masks[] = { 0, 0xff, 0x1f, 0x0f, 0x07 };
	uint32_t code = at[0] & masks[length];
	char again[4];

	if (length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		code = code << 6 | (at[i] & 0x3f);
	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return encode(code, again) == length && memcmp(again, text, length) == 0 ? length : 0;
}

static void test_every_character(void **state)
{
	char text[4];

	(void)state;
	for (uint32_t code = 0; code < 0x110000; code++) {
		size_t length = encode(code, text);
		bool surrogate = code >= 0xd800 && code < 0xe000;

		if (utf8_length(text, length) != (surrogate ? 0 : length))
			fail_msg("U+%04X", code);
	}
}

/* All first bytes with the bytes at the edges of every rule behind them. */
static void test_sequences(void **state)
{
	static const char edges[] = "\000\177\200\217\220\237\240\277\300\377";
	const size_t n = sizeof(edges) - 1;

	(void)state;
	for (size_t i = 0; i < 256 * n * n * n; i++) {
		char text[4] = { (char)(i / (n * n * n)), edges[i / (n * n) % n], edges[i / n % n],
				 edges[i % n] };

		for (size_t left = 1; left <= sizeof(text); left++)
			if (utf8_length(text, left) != want_length(text, left))
				fail_msg("%02x %02x %02x %02x of %zu bytes", text[0] & 0xff,
					 text[1] & 0xff, text[2] & 0xff, text[3] & 0xff, left);
	}
}

/* A character cut short is none, and what is missing of it is not looked at. */
static void test_cut(void **state)
{
	static const char *const characters[] = { "a", "\303\237", "\342\202\254",
						  "\360\237\230\200" };

	(void)state;
	for (size_t i = 0; i < COUNT(characters); i++)
		for (size_t left = 0; left <= i + 1; left++)
			assert_int_equal(utf8_length(at_edge(characters[i], left), left),
					 left == i + 1 ? left : 0);
}

/* One bad byte at every place of texts of every length up to three steps of eight. */
static void test_valid(void **state)
{
	static const char text[] = "abcdefgh\303\237ijklmno\342\202\254pqrstuvwxyz";
	char copy[24];

	(void)state;
	assert_true(utf8_valid(at_edge("", 0), 0));
	assert_true(utf8_valid(at_edge(text, sizeof(text) - 1), sizeof(text) - 1));
	assert_false(utf8_valid(at_edge(text, 9), 9));
	assert_true(utf8_valid(at_edge(text, 10), 10));
	assert_false(utf8_valid(at_edge(text, 18), 18));
	assert_false(utf8_valid(at_edge(text, 19), 19));
	assert_true(utf8_valid(at_edge(text, 20), 20));
	memset(copy, 'x', sizeof(copy));
	for (size_t length = 1; length <= sizeof(copy); length++) {
		assert_true(utf8_valid(at_edge(copy, length), length));
		for (size_t bad = 0; bad < length; bad++) {
			copy[bad] = '\200';
			assert_false(utf8_valid(at_edge(copy, length), length));
			copy[bad] = 'x';
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_valid),
	};

	return cmocka_run_group_tests(tests, make_edge, NULL);
}

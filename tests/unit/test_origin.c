/* Lists of sources: what a line means, what is refused, which source a slot is. */
/* link: faker/origin.c faker/origin_list.c faker/address_range.c */
#include "tests/unit/helpers.h"

#include <sys/stat.h>

#include "common/message.h"
#include "common/rng.h"
#include "faker/origin.h"

#define NAME "sources.txt"

static void write_list(const char *text, size_t length)
{
	FILE *file = fopen(NAME, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

/* "127.0.0.1:1 127.0.0.1:2 ...": all sources, in the order of their slots. */
static void list_sources(const struct origins *origins, char *to)
{
	*to = '\0';
	for (uint64_t slot = 0; slot < origins->count; slot++) {
		struct address source;
		char text[ADDRESS_TEXT];

		memset(&source, 0xff, sizeof(source));
		assert_true(origins_choose(origins, slot, NULL, &source));
		to += sprintf(to, "%s%s", slot ? " " : "", address_text(text, &source));
	}
}

static void test_lists(void **state)
{
	static const struct {
		const char *text, *want;
		uint64_t addresses;
	} cases[] = {
		{ "127.0.0.1", "127.0.0.1:0", 1 },
		{ "127.0.0.1:5000\n", "127.0.0.1:5000", 1 },
		{ "127.0.0.1:1\r\n127.0.0.1:65535\r\n", "127.0.0.1:1 127.0.0.1:65535", 1 },
		{ "127.0.0.1:5000-5002", "127.0.0.1:5000 127.0.0.1:5001 127.0.0.1:5002", 1 },
		{ "127.0.0.1:7-7", "127.0.0.1:7", 1 },
		{ "127.0.0.1:00080", "127.0.0.1:80", 1 },
		{ "127.0.0.6/30:9", "127.0.0.4:9 127.0.0.5:9 127.0.0.6:9 127.0.0.7:9", 4 },
		{ "127.0.0.6/31", "127.0.0.6:0 127.0.0.7:0", 2 },
		{ "127.0.0.6/32:3", "127.0.0.6:3", 1 },
		/* Addresses first, then ports. */
		{ "127.0.0.6/31:1-2", "127.0.0.6:1 127.0.0.7:1 127.0.0.6:2 127.0.0.7:2", 2 },
		{ "# first\n\n \t 127.0.0.1:1 \t# one\n  #\n127.0.0.2:1#two\n127.0.0.3:1-2\n#",
		  "127.0.0.1:1 127.0.0.2:1 127.0.0.3:1 127.0.0.3:2", 3 },
		/* Without a port once more is another one. */
		{ "127.0.0.1\n127.0.0.1\n127.0.0.1:5\n127.0.0.0/31\n",
		  "127.0.0.1:0 127.0.0.1:0 127.0.0.1:5 127.0.0.0:0 127.0.0.1:0", 2 },
		{ "127.0.0.1:5-6\n127.0.0.1:7-8\n127.0.0.1:4\n",
		  "127.0.0.1:5 127.0.0.1:6 127.0.0.1:7 127.0.0.1:8 127.0.0.1:4", 1 },
		{ "[::1]", "[::1]:0", 1 },
		{ "[::1]:5000", "[::1]:5000", 1 },
		{ "[::1]:5000-5001", "[::1]:5000 [::1]:5001", 1 },
		{ "[fd00::6/127]:5", "[fd00::6]:5 [fd00::7]:5", 2 },
		{ "[fd00::5/127]:1-2", "[fd00::4]:1 [fd00::5]:1 [fd00::4]:2 [fd00::5]:2", 2 },
		{ "[fd00::/127]\n[::1]:9", "[fd00::]:0 [fd00::1]:0 [::1]:9", 3 },
		{ "[1111:2222:3333:4444:5555:6666:123.123.123.123/128]:65534-65535",
		  "[1111:2222:3333:4444:5555:6666:7b7b:7b7b]:65534 "
		  "[1111:2222:3333:4444:5555:6666:7b7b:7b7b]:65535",
		  1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int family = strchr(cases[i].text, '[') ? AF_INET6 : AF_INET;
		struct origins origins;
		char sources[1024];

		write_list(cases[i].text, strlen(cases[i].text));
		if (!origins_read(&origins, NAME, family))
			fail_msg("%s is refused", cases[i].text);
		list_sources(&origins, sources);
		assert_string_equal(sources, cases[i].want);
		assert_int_equal(origins_addresses(&origins), cases[i].addresses);
		origins_free(&origins);
		assert_int_equal(origins.count, 0);
	}
}

/* What reading the list says, without "test: error: ". */
static void refusal(const char *path, int family, char *message, size_t room)
{
	struct origins origins;
	struct capture err;
	char text[512];
	bool read;

	capture_begin(&err, stderr);
	read = origins_read(&origins, path, family);
	capture_end(&err, text, sizeof(text));
	if (read)
		fail_msg("%s is accepted", path);
	assert_int_equal(origins.count, 0);
	assert_null(origins.blocks);
	if (strncmp(text, "test: error: ", 13) != 0)
		fail_msg("%s", text);
	snprintf(message, room, "%.*s", (int)strcspn(text, "\n") - 13, text + 13);
}

#define FORM                " (expected ADDR, ADDR:PORT, ADDR:PORT-PORT, ADDR/BITS:PORT; IPv6 in brackets)"
#define INVALID(line, text) NAME ":" line ": invalid source \"" text "\"" FORM
#define REVERSED(text)      NAME ":1: invalid source \"" text "\" (expected the lower port first)"
#define MANY(line, text)    NAME ":" line ": with \"" text "\" there are more than 1048576 sources"

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", NAME " holds no source" },
		{ "\n \n# nothing\n", NAME " holds no source" },
		{ "127.0.0.1:1\n\n127.0.0.1:99999", INVALID("3", "127.0.0.1:99999") },
		{ "127.0.0.1:65536", INVALID("1", "127.0.0.1:65536") },
		{ "127.0.0.1:0", INVALID("1", "127.0.0.1:0") },
		{ "127.0.0.1:", INVALID("1", "127.0.0.1:") },
		{ "127.0.0.1:-5", INVALID("1", "127.0.0.1:-5") },
		{ "127.0.0.1:5-", INVALID("1", "127.0.0.1:5-") },
		{ "127.0.0.1:5-6-7", INVALID("1", "127.0.0.1:5-6-7") },
		{ "127.0.0.1:5-70000", INVALID("1", "127.0.0.1:5-70000") },
		{ "127.0.0.1:+5", INVALID("1", "127.0.0.1:+5") },
		{ "127.0.0.1:5k", INVALID("1", "127.0.0.1:5k") },
		{ "127.0.0.1:http", INVALID("1", "127.0.0.1:http") },
		{ "127.0.0.1 : 5", INVALID("1", "127.0.0.1 : 5") },
		{ "127.0.0.1:5 127.0.0.1:6", INVALID("1", "127.0.0.1:5 127.0.0.1:6") },
		{ "127.0.0.1:5,", INVALID("1", "127.0.0.1:5,") },
		{ "localhost:5", INVALID("1", "localhost:5") },
		{ ":5", INVALID("1", ":5") },
		{ "5", INVALID("1", "5") },
		{ "127.0.0.0/33:5", INVALID("1", "127.0.0.0/33:5") },
		{ "127.0.0.0/:5", INVALID("1", "127.0.0.0/:5") },
		{ "127.0.0.0:5/24", INVALID("1", "127.0.0.0:5/24") },
		{ "::1", INVALID("1", "::1") },
		{ "::1:5", INVALID("1", "::1:5") },
		{ "[127.0.0.1]:5", INVALID("1", "[127.0.0.1]:5") },
		{ "[::1", INVALID("1", "[::1") },
		{ "[::1]5", INVALID("1", "[::1]5") },
		{ "[]:5", INVALID("1", "[]:5") },
		{ "[fd00::]/120:5", INVALID("1", "[fd00::]/120:5") },
		{ "127.0.0.1:6-5", REVERSED("127.0.0.1:6-5") },
		{ "127.0.0.1:5\n[::1]:5",
		  NAME ":2: source \"[::1]:5\" is not an IPv4 address, which the target is" },
		{ "127.0.0.1:5\n\n127.0.0.1:5",
		  NAME ":3: source 127.0.0.1:5 stands in line 1 already" },
		{ "127.0.0.1:9\n127.0.0.0/24:5\n127.0.0.7:3-8\n127.0.0.1:9",
		  NAME ":3: source 127.0.0.7:5 stands in line 2 already" },
		{ "127.0.0.9:5-20\n127.0.0.8/29:20-30",
		  NAME ":2: source 127.0.0.9:20 stands in line 1 already" },
		{ "127.0.0.0/8", MANY("1", "127.0.0.0/8") },
		{ "127.0.0.0/12:1-2", MANY("1", "127.0.0.0/12:1-2") },
		{ "127.0.0.0/12:1\n127.0.0.0:2", MANY("2", "127.0.0.0:2") },
		{ "0.0.0.0/0:1-65535", MANY("1", "0.0.0.0/0:1-65535") },
	};
	char message[512];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_list(cases[i].text, strlen(cases[i].text));
		refusal(NAME, AF_INET, message, sizeof(message));
		assert_string_equal(message, cases[i].message);
	}
	write_list("127.0.0.1", 9);
	refusal(NAME, AF_INET6, message, sizeof(message));
	assert_string_equal(message, NAME ":1: source \"127.0.0.1\" is not an IPv6 address, "
					  "which the target is");
	write_list("[fd00::/64]:1-9", 15);
	refusal(NAME, AF_INET6, message, sizeof(message));
	assert_string_equal(message, MANY("1", "[fd00::/64]:1-9"));
	write_list("[fd00::1]:5\n[fd00::/120]:5", 26);
	refusal(NAME, AF_INET6, message, sizeof(message));
	assert_string_equal(message, NAME ":2: source [fd00::1]:5 stands in line 1 already");
	write_list("127.0.0.1:5\0#\n", 14);
	refusal(NAME, AF_INET, message, sizeof(message));
	assert_string_equal(message, NAME ":1: invalid zero byte");
}

static void test_unreadable(void **state)
{
	char message[512];

	(void)state;
	refusal("missing.txt", AF_INET, message, sizeof(message));
	assert_string_equal(message, "could not open missing.txt: No such file or directory");
	assert_int_equal(mkdir("folder", 0700), 0);
	refusal("folder", AF_INET, message, sizeof(message));
	assert_string_equal(message, "could not read folder: Is a directory");
	assert_int_equal(rmdir("folder"), 0);
}

/* As many as there may be, and blocks of different sizes: each slot finds its own. */
static void test_many(void **state)
{
	struct origins origins;
	struct address source;
	char text[ADDRESS_TEXT], want[ADDRESS_TEXT];
	FILE *file;

	(void)state;
	write_list("127.0.0.0/12:9", 14);
	assert_true(origins_read(&origins, NAME, AF_INET));
	assert_int_equal(origins.count, 1u << 20);
	assert_int_equal(origins_addresses(&origins), 1u << 20);
	assert_true(origins_choose(&origins, (1u << 20) - 1, NULL, &source));
	assert_string_equal(address_text(text, &source), "127.15.255.255:9");
	origins_free(&origins);

	file = fopen(NAME, "w");
	assert_non_null(file);
	for (unsigned int i = 0; i < 200; i++)
		fprintf(file, "127.0.0.%u:1000-%u\n", i, 1000 + i);
	fclose(file);
	assert_true(origins_read(&origins, NAME, AF_INET));
	assert_int_equal(origins.count, 200 * 201 / 2);
	assert_int_equal(origins_addresses(&origins), 200);
	for (unsigned int i = 0, slot = 0; i < 200; i++)
		for (unsigned int k = 0; k <= i; k++, slot++) {
			snprintf(want, sizeof(want), "127.0.0.%u:%u", i, 1000 + k);
			assert_true(origins_choose(&origins, slot, NULL, &source));
			assert_string_equal(address_text(text, &source), want);
		}
	origins_free(&origins);
}

static void test_range_and_none(void **state)
{
	struct origins origins = { .blocks = NULL };
	struct address source;
	char host[ADDRESS_TEXT];
	const char *why;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	assert_false(origins_choose(&origins, 0, &rng, &source));
	assert_int_equal(origins_addresses(&origins), 1);
	assert_int_equal(address_range_parse(&origins.range, "127.0.0.4/30", &why), 0);
	assert_int_equal(origins_addresses(&origins), 2);
	for (uint64_t slot = 0; slot < 50; slot++) {
		assert_true(origins_choose(&origins, slot, &rng, &source));
		assert_int_equal(address_port(&source), 0);
		address_host(host, &source);
		if (strcmp(host, "127.0.0.5") != 0)
			assert_string_equal(host, "127.0.0.6");
	}
	origins_free(&origins);
}

static void test_ports(void **state)
{
	struct port_range range = ports_ephemeral();

	(void)state;
	assert_true(range.first > 0);
	assert_true(range.first <= range.last);
	assert_int_equal(ports_count((struct port_range){ 0, 0 }), 1);
	assert_int_equal(ports_count((struct port_range){ 5000, 5009 }), 10);
	assert_int_equal(ports_count((struct port_range){ 0, 65535 }), 65536);
}

static void test_local(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{ "127.0.0.1:1", true },
		{ "127.200.0.1:80", true },
		/* Of documents (RFC 5737): nobody's. */
		{ "192.0.2.1:0", false },
		{ "203.0.113.9:5000", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct address address;
		const char *why;
		bool wildcard;

		assert_int_equal(address_resolve_listener(&address, cases[i].text, &wildcard, &why),
				 0);
		if (origin_is_local(&address) != cases[i].want)
			fail_msg("%s is%s local", cases[i].text, cases[i].want ? " not" : "");
	}
}

/* The list is in a directory of its own, so that its name is known. */
static int enter(void **state)
{
	static char directory[] = "/tmp/fairport-unit-XXXXXX";

	*state = mkdtemp(directory);
	return *state ? chdir(*state) : -1;
}

static int leave(void **state)
{
	unlink(NAME);
	return chdir("/") != 0 || rmdir(*state) != 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),          cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many),           cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_range_and_none), cmocka_unit_test(test_ports),
		cmocka_unit_test(test_local),
	};

	message_program("test");
	return cmocka_run_group_tests(tests, enter, leave);
}

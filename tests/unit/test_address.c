/* Socket addresses from text and to text. Only numbers are resolved: no test asks a name server. */
#include "tests/unit/helpers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>

#include "common/address.h"

#define BRACKETS "an IPv6 address stands in brackets: [::1]:8089"
#define NO_PORT  "the port is missing"
#define UNCLOSED "expected ']:' and a port after the IPv6 address"
#define NO_HOST  "expected HOST:PORT, e.g. 127.0.0.1:8089"
#define NUMBER   "a port is a number from 0 to 65535 or a service name"
#define TOO_LONG "it is too long"

static char long_host[300], long_service[300];

static void assert_shown(const char *text, const struct address *address, const char *want)
{
	char buffer[ADDRESS_TEXT];

	assert_ptr_equal(address_text(buffer, address), buffer);
	if (strcmp(buffer, want) != 0)
		fail_msg("%s: %s instead of %s", text, buffer, want);
}

static void test_targets(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "127.0.0.1:8089", "127.0.0.1:8089" },
		{ "0.0.0.0:1", "0.0.0.0:1" },
		{ "255.255.255.255:65535", "255.255.255.255:65535" },
		{ "[127.0.0.1]:80", "127.0.0.1:80" },
		{ "127.0.0.1:0080", "127.0.0.1:80" },
		{ "[::1]:8089", "[::1]:8089" },
		{ "[::]:1", "[::]:1" },
		{ "[2001:DB8:0:0::5]:53", "[2001:db8::5]:53" },
		{ "[::ffff:10.0.0.1]:53", "[::ffff:10.0.0.1]:53" },
		{ "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
		  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *why = "";
		struct address address;

		memset(&address, 0xff, sizeof(address));
		if (address_resolve_target(&address, cases[i].text, &why) != 0)
			fail_msg("%s: %s", cases[i].text, why);
		assert_shown(cases[i].text, &address, cases[i].want);
		assert_int_equal(address.length, address.any.sa_family == AF_INET
							 ? sizeof(address.v4)
							 : sizeof(address.v6));
	}
}

static void test_listeners(void **state)
{
	static const struct {
		const char *text, *want;
		bool wildcard;
	} cases[] = {
		{ "8089", "[::]:8089", true },
		{ ":8089", "[::]:8089", true },
		{ "0", "[::]:0", true },
		{ "127.0.0.1:8089", "127.0.0.1:8089", false },
		{ "127.0.0.1:0", "127.0.0.1:0", false },
		{ "0.0.0.0:514", "0.0.0.0:514", false },
		{ "[::1]:8089", "[::1]:8089", false },
		{ "[::]:8089", "[::]:8089", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool wildcard = !cases[i].wildcard;
		struct address address;
		const char *why = "";

		if (address_resolve_listener(&address, cases[i].text, &wildcard, &why) != 0)
			fail_msg("%s: %s", cases[i].text, why);
		assert_shown(cases[i].text, &address, cases[i].want);
		assert_int_equal(wildcard, cases[i].wildcard);
	}
}

static void test_services(void **state)
{
	const struct servent *service = getservbyname("syslog", "udp");
	struct address address;
	const char *why = "";
	bool wildcard;

	(void)state;
	if (!service) {
		print_message("skipped: this host does not know the service syslog/udp\n");
		skip();
		return;
	}
	assert_int_equal(address_resolve_target(&address, "127.0.0.1:syslog", &why), 0);
	assert_int_equal(address_port(&address), ntohs((uint16_t)service->s_port));
	assert_int_equal(address_resolve_listener(&address, "syslog", &wildcard, &why), 0);
	assert_int_equal(address_port(&address), ntohs((uint16_t)service->s_port));
	assert_true(wildcard);
}

static void test_errors(void **state)
{
	static const struct {
		const char *text, *target, *listener; /* NULL: fine as such */
	} cases[] = {
		{ "", NO_PORT, NO_PORT },
		{ ":", NO_PORT, NO_PORT },
		{ "127.0.0.1:", NO_PORT, NO_PORT },
		{ "[::1]:", NO_PORT, NO_PORT },
		{ "::1", BRACKETS, BRACKETS },
		{ "::1:8089", BRACKETS, BRACKETS },
		{ "2001:db8::5:53", BRACKETS, BRACKETS },
		{ "127.0.0.1:80:90", BRACKETS, BRACKETS },
		{ "[::1", UNCLOSED, UNCLOSED },
		{ "[::1]", UNCLOSED, UNCLOSED },
		{ "[::1]8089", UNCLOSED, UNCLOSED },
		{ "[::1] :8089", UNCLOSED, UNCLOSED },
		{ "8089", NO_HOST, NULL },
		{ ":8089", NO_HOST, NULL },
		{ "127.0.0.1:0", "nothing can be sent to port 0", NULL },
		{ "127.0.0.1:65536", NUMBER, NUMBER },
		{ "127.0.0.1:73625", NUMBER, NUMBER },
		{ "127.0.0.1:4294975385", NUMBER, NUMBER },
		{ "127.0.0.1:99999999999999999999999999", NUMBER, NUMBER },
		{ "127.0.0.1:+8089", NUMBER, NUMBER },
		{ "127.0.0.1:+70000", NUMBER, NUMBER },
		{ "127.0.0.1: 8089", NUMBER, NUMBER },
		{ "127.0.0.1:-1", NUMBER, NUMBER },
		{ "127.0.0.1:-18446744073709543527", NUMBER, NUMBER },
		{ long_host, TOO_LONG, TOO_LONG },
		{ long_service, TOO_LONG, TOO_LONG },
	};

	(void)state;
	memset(long_host, 'a', sizeof(long_host) - 1);
	memcpy(long_host + sizeof(long_host) - 4, ":80", 4);
	memset(long_service, '0', sizeof(long_service) - 1);
	memcpy(long_service, "127.0.0.1:", 10);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *why[2] = { NULL, NULL };
		struct address address;
		bool wildcard;
		int errors[2] = {
			address_resolve_target(&address, cases[i].text, &why[0]),
			address_resolve_listener(&address, cases[i].text, &wildcard, &why[1]),
		};

		for (int k = 0; k < 2; k++) {
			const char *want = k ? cases[i].listener : cases[i].target;

			if (errors[k] != (want ? -EINVAL : 0) ||
			    (want && strcmp(why[k] ? why[k] : "", want) != 0))
				fail_msg("\"%s\" as %s: error %d: %s", cases[i].text,
					 k ? "listener" : "target", errors[k], why[k]);
		}
	}
}

static void test_unresolved(void **state)
{
	static const char *const texts[] = { "127.0.0.1:no-such-service", "127.0.0.1:80x",
					     "127.0.0.1:0x50", "[::1]:8089 " };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *why = NULL;
		struct address address;

		assert_int_equal(address_resolve_target(&address, texts[i], &why), -EADDRNOTAVAIL);
		assert_non_null(why);
		assert_true(strlen(why) > 5);
	}
}

static void test_private(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{ "126.255.255.255", false },
		{ "127.0.0.0", true },
		{ "127.255.255.255", true },
		{ "128.0.0.0", false },
		{ "9.255.255.255", false },
		{ "10.0.0.0", true },
		{ "10.255.255.255", true },
		{ "11.0.0.0", false },
		{ "172.15.255.255", false },
		{ "172.16.0.0", true },
		{ "172.31.255.255", true },
		{ "172.32.0.0", false },
		{ "192.167.255.255", false },
		{ "192.168.0.0", true },
		{ "192.168.255.255", true },
		{ "192.169.0.0", false },
		{ "169.253.255.255", false },
		{ "169.254.0.0", true },
		{ "169.254.255.255", true },
		{ "169.255.0.0", false },
		{ "100.63.255.255", false },
		{ "100.64.0.0", true },
		{ "100.127.255.255", true },
		{ "100.128.0.0", false },
		{ "8.8.8.8", false },
		{ "255.255.255.255", false },
		{ "224.0.0.1", false },
		{ "[::1]", true },
		{ "[::2]", false },
		{ "[fe7f:ffff::]", false },
		{ "[fe80::]", true },
		{ "[febf:ffff::1]", true },
		{ "[fec0::]", false },
		{ "[fbff:ffff::]", false },
		{ "[fc00::]", true },
		{ "[fdff:ffff::1]", true },
		{ "[fe00::]", false },
		{ "[2001:db8::1]", false },
		{ "[ff02::1]", false },
		{ "[::ffff:127.0.0.1]", true },
		{ "[::ffff:10.1.2.3]", true },
		{ "[::ffff:8.8.8.8]", false },
		{ "[::7f00:1]", false },
		{ "[2001:db8::ffff:127.0.0.1]", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct address address;
		const char *why = "";
		char text[128];

		snprintf(text, sizeof(text), "%s:9", cases[i].text);
		assert_int_equal(address_resolve_target(&address, text, &why), 0);
		if (address_is_private(&address) != cases[i].want)
			fail_msg("%s", cases[i].text);
	}
}

static void test_parts(void **state)
{
	static const char *const texts[] = { "10.1.2.3:5", "[fd00::7]:5" };
	static const char *const hosts[] = { "10.1.2.3", "fd00::7" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct address address;
		char buffer[ADDRESS_TEXT];
		const char *why;

		assert_int_equal(address_resolve_target(&address, texts[i], &why), 0);
		assert_int_equal(address_port(&address), 5);
		assert_string_equal(address_host(buffer, &address), hosts[i]);
		address_set_port(&address, 0xfedc);
		assert_int_equal(address_port(&address), 0xfedc);
		assert_string_equal(address_host(buffer, &address), hosts[i]);
		assert_non_null(strstr(address_text(buffer, &address), ":65244"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),    cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_services),   cmocka_unit_test(test_errors),
		cmocka_unit_test(test_unresolved), cmocka_unit_test(test_private),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

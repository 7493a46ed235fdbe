/* Sets of ports: what is taken, and how they are told. */
/* link: probes/sockets/ports.c */
#include "tests/unit/helpers.h"

#include <errno.h>

#include "probes/sockets/ports.h"

static int parse(struct ports *ports, const char *text)
{
	const char *expected = NULL;
	int error;

	*ports = (struct ports){ .text = text };
	error = ports_parse(ports, &expected);
	assert_non_null(expected);
	return error;
}

static void test_taken(void **state)
{
	static const struct {
		const char *text;
		unsigned int first, last; /* both are in it; what is beside them is not */
		const char *told;
	} cases[] = {
		{ "8089", 8089, 8089, "port 8089" },
		{ "1", 1, 1, "port 1" },
		{ "65535", 65535, 65535, "port 65535" },
		{ "9000-9003", 9000, 9003, "ports 9000-9003" },
		{ "9000-9000", 9000, 9000, "port 9000" },
		{ "9000,9001", 9000, 9001, "ports 9000-9001" },
		{ "8089,53", 53, 8089, "ports 53, 8089" },
		{ "53,8089,53", 53, 8089, "ports 53, 8089" },
		{ "1-65535", 1, 65535, "ports 1-65535" },
		{ "10001,10003,10005,10007,10009,10011,10013,10015", 10001, 10015,
		  "ports 10001, 10003, 10005, 10007, 10009, 10011, ..." },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[PORTS_TEXT];
		struct ports ports;

		assert_int_equal(parse(&ports, cases[i].text), 0);
		assert_false(ports_empty(&ports));
		assert_true(ports_has(&ports, (uint16_t)cases[i].first));
		assert_true(ports_has(&ports, (uint16_t)cases[i].last));
		assert_false(ports_has(&ports, (uint16_t)(cases[i].first - 1)));
		if (cases[i].last < 65535)
			assert_false(ports_has(&ports, (uint16_t)(cases[i].last + 1)));
		assert_string_equal(ports_text(text, &ports), cases[i].told);
	}
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"0",
		"65536",
		"x",
		"8089x",
		"-1",
		"8089,",
		",8089",
		"9-8",
		"9-",
		"-",
		"9--10",
		" 8089",
		"8089 ",
		"+80",
		"8089,,53",
		"0-10",
		"1-65536",
		"0x50",
		"8089-9000-9001",
		"99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct ports ports;

		if (parse(&ports, texts[i]) != -EINVAL)
			fail_msg("\"%s\" was taken", texts[i]);
	}
}

static void test_added(void **state)
{
	struct ports ports = { .text = NULL };

	(void)state;
	assert_true(ports_empty(&ports));
	ports_add(&ports, 65535);
	assert_true(ports_has(&ports, 65535));
	assert_false(ports_has(&ports, 0));
	assert_false(ports_empty(&ports));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

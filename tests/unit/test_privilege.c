/* Who the workers run as: how users are named, and that root is given up for good. */
/* link: receiver/pool/privilege.c */
#include "tests/unit/helpers.h"

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "receiver/pool/privilege.h"

#define NUMBER 54321 /* a user and a group that have no entry */

static bool find(struct identity *identity, const char *text, char said[static 1024])
{
	struct capture capture;
	bool found;

	capture_begin(&capture, stderr);
	found = identity_find(identity, text);
	capture_end(&capture, said, 1024);
	return found;
}

static void need_root(void)
{
	if (geteuid() == 0 && !getpwuid(NUMBER) && !getgrgid(NUMBER) && getpwnam("nobody"))
		return;
	print_message("skipped: this takes root, and a user \"nobody\"\n");
	skip();
}

static void test_names(void **state)
{
	char number[32], said[1024];
	struct identity identity;
	struct passwd nobody;

	(void)state;
	need_root();
	nobody = *getpwnam("nobody"); /* of which only the numbers stay */
	assert_true(find(&identity, "nobody", said));
	assert_string_equal(said, "");
	assert_string_equal(identity.name, "nobody");
	assert_int_equal(identity.user, nobody.pw_uid);
	assert_int_equal(identity.group, nobody.pw_gid);
	assert_true(find(&identity, "nobody:", said));
	assert_int_equal(identity.group, nobody.pw_gid);
	assert_true(find(&identity, "nobody:54321", said));
	assert_int_equal(identity.group, NUMBER);
	assert_true(find(&identity, "nobody:root", said));
	assert_int_equal(identity.group, 0);
	snprintf(number, sizeof(number), "%u", nobody.pw_uid);
	assert_true(find(&identity, number, said));
	assert_string_equal(identity.name, "nobody");
	assert_int_equal(identity.group, nobody.pw_gid);
	assert_true(find(&identity, "54321:54321", said));
	assert_string_equal(identity.name, "54321");
	assert_int_equal(identity.user, NUMBER);
	assert_int_equal(identity.group, NUMBER);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "(expected USER or USER:GROUP" },
		{ ":", "(expected USER or USER:GROUP" },
		{ ":root", "(expected USER or USER:GROUP" },
		{ "nosuchuser", "there is no user \"nosuchuser\"" },
		{ "nobody:nosuchgroup", "there is no group \"nosuchgroup\"" },
		{ "nobody:root:root", "there is no group \"root:root\"" },
		{ "-1:0", "there is no user \"-1\"" },
		{ "0x10:0", "there is no user \"0x10\"" },
		{ "4294967295:0", "there is no user \"4294967295\"" },
		{ "nobody:4294967295", "there is no group \"4294967295\"" },
		{ "nobody:99999999999999999999999", "there is no group" },
		{ "54321", "a group is needed (USER:GROUP)" },
		{ "54321:", "a group is needed (USER:GROUP)" },
		{ "root", "this is for giving up root" },
		{ "0:nogroup", "this is for giving up root" },
		{ "00:54321", "this is for giving up root" },
		{ "a23456789012345678901234567890123456789012345678901234567890123x",
		  "(expected USER or USER:GROUP" },
	};
	struct identity identity;
	char said[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (find(&identity, cases[i].text, said) || !strstr(said, cases[i].says))
			fail_msg("\"%s\": %s", cases[i].text, said);
}

/* The value of "Uid:" and the like in /proc/self/status, up to the end of the line. */
static bool status_is(const char *key, const char *want)
{
	char line[512];
	FILE *file = fopen("/proc/self/status", "re");
	bool is = false;

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, key, strlen(key)) == 0) {
			char *value = line + strlen(key);

			value += strspn(value, "\t ");
			value[strcspn(value, "\n")] = '\0';
			while (*value && value[strlen(value) - 1] == ' ')
				value[strlen(value) - 1] = '\0';
			is = strcmp(value, want) == 0;
		}
	if (file)
		fclose(file);
	return is;
}

/* The number of the first thing that is not as it should be, for an exit status. */
static int become_and_check(const struct identity *identity)
{
	struct identity again;
	gid_t groups[3] = { 0, 1, 2 };

	if (setgroups(3, groups) != 0)
		return 1;
	if (!identity_assume(identity))
		return 2;
	if (!status_is("Uid:", "54321\t54321\t54321\t54321"))
		return 3;
	if (!status_is("Gid:", "54321\t54321\t54321\t54321"))
		return 4;
	if (!status_is("Groups:", "54321"))
		return 5;
	if (!status_is("CapEff:", "0000000000000000") ||
	    !status_is("CapPrm:", "0000000000000000") ||
	    !status_is("CapInh:", "0000000000000000") || !status_is("CapAmb:", "0000000000000000"))
		return 6;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 7;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
		return 8;
	/* And now without root. */
	if (identity_find(&again, "54321:54321"))
		return 9;
	return 0;
}

/* In a child; what it says is dropped, and its exit status returned. */
static int in_child(int (*check)(const struct identity *), const struct identity *identity)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(100);
		_exit(check(identity));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_assume(void **state)
{
	const struct identity identity = { .name = "54321", .user = NUMBER, .group = NUMBER };

	(void)state;
	need_root();
	assert_int_equal(in_child(become_and_check, &identity), 0);
}

/* Capabilities that would survive the change of user are gone too. */
static int keep_and_check(const struct identity *identity)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return 1;
	return identity_assume(identity) && status_is("CapPrm:", "0000000000000000") ? 0 : 2;
}

static int fail_without_root(const struct identity *identity)
{
	if (setresuid(1, 1, 1) != 0)
		return 1;
	return identity_assume(identity) ? 2 : 0;
}

static int fail_as_root(const struct identity *identity)
{
	const struct identity root = { .name = "root", .user = 0, .group = 0 };

	(void)identity;
	return identity_assume(&root) ? 2 : 0;
}

static void test_surprises(void **state)
{
	const struct identity identity = { .name = "54321", .user = NUMBER, .group = NUMBER };

	(void)state;
	need_root();
	assert_int_equal(in_child(keep_and_check, &identity), 0);
	assert_int_equal(in_child(fail_without_root, &identity), 0);
	assert_int_equal(in_child(fail_as_root, &identity), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_assume),
		cmocka_unit_test(test_surprises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

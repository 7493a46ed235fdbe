#include "receiver/pool/privilege.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/capability.h"
#include "common/message.h"

#define NAME_LIMIT sizeof(((struct identity *)0)->name)

static bool may_change(void)
{
	uint64_t needed = 1u << CAP_SETUID | 1u << CAP_SETGID;

	return (capability_effective() & needed) == needed;
}

/* A user or group ID; the highest one means "unchanged" in setresuid(2). */
static bool read_number(const char *text, uint32_t *out)
{
	uint64_t number = 0;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return false;
	for (; *text; text++) {
		number = number * 10 + (uint64_t)(*text - '0');
		if (number >= UINT32_MAX)
			return false;
	}
	*out = (uint32_t)number;
	return true;
}

static bool refuse(const char *text, const char *why, const char *what)
{
	message_error("invalid value \"%s\" for --user: %s \"%s\"", text, why, what);
	return false;
}

/* A name goes before a number, as in chown(1). *ENTRY may be NULL for a number. */
static bool find_user(struct identity *out, const char *text, const struct passwd **entry)
{
	*entry = getpwnam(out->name);
	if (!*entry) {
		if (!read_number(out->name, &out->user))
			return refuse(text, "there is no user", out->name);
		*entry = getpwuid(out->user);
	}
	if (*entry) {
		out->user = (*entry)->pw_uid;
		out->group = (*entry)->pw_gid;
		/* initgroups(3) goes by the name. */
		snprintf(out->name, sizeof(out->name), "%s", (*entry)->pw_name);
	}
	if (out->user == 0)
		return refuse(text, "this is for giving up root, which is user", out->name);
	return true;
}

static bool find_group(struct identity *out, const char *text, const char *group)
{
	const struct group *entry = getgrnam(group);

	if (entry)
		out->group = entry->gr_gid;
	else if (!read_number(group, &out->group))
		return refuse(text, "there is no group", group);
	return true;
}

bool identity_find(struct identity *out, const char *text)
{
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	const struct passwd *entry;

	*out = (struct identity){ .user = 0 };
	if (length == 0 || length >= NAME_LIMIT) {
		message_error("invalid value \"%s\" for --user (expected USER or USER:GROUP, "
			      "names or numbers)",
			      text);
		return false;
	}
	memcpy(out->name, text, length);
	if (!find_user(out, text, &entry))
		return false;
	if (colon && colon[1]) {
		if (!find_group(out, text, colon + 1))
			return false;
	} else if (!entry) {
		return refuse(text, "a group is needed (USER:GROUP), as there is no entry for user",
			      out->name);
	}
	if (!may_change()) {
		message_error("could not arrange for workers to run as user %s: Operation not "
			      "permitted",
			      out->name);
		message_hint("--user takes root, or CAP_SETUID and CAP_SETGID");
		return false;
	}
	return true;
}

/* Who was not root but had capabilities keeps them through setresuid(2): capabilities(7). */
static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	return syscall(SYS_capset, &header, none) == 0;
}

/* Believing the calls is not enough: security bits and user namespaces have surprises. */
static bool is_for_good(const struct identity *identity)
{
	uid_t user[3];
	gid_t group[3];

	if (getresuid(&user[0], &user[1], &user[2]) != 0 ||
	    getresgid(&group[0], &group[1], &group[2]) != 0)
		return false;
	for (size_t i = 0; i < 3; i++)
		if (user[i] != identity->user || group[i] != identity->group)
			return false;
	return !may_change() && setresuid((uid_t)-1, 0, (uid_t)-1) != 0;
}

bool identity_assume(const struct identity *identity)
{
	const char *step = NULL;

	/* The user last: after that, nothing more may be changed. */
	if (initgroups(identity->name, identity->group) != 0)
		step = "set its groups";
	else if (setresgid(identity->group, identity->group, identity->group) != 0)
		step = "set its group";
	else if (setresuid(identity->user, identity->user, identity->user) != 0)
		step = "set the user";
	else if (!drop_capabilities())
		step = "drop the capabilities";
	else if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		step = "renounce new privileges";
	if (step) {
		message_error("could not become user %s: could not %s: %s", identity->name, step,
			      strerror(errno));
		return false;
	}
	if (!is_for_good(identity)) {
		message_error("could not become user %s: root could be regained", identity->name);
		return false;
	}
	return true;
}

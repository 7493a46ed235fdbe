/* Whether a directory will do for spools: asked before anybody relies on it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/message.h"
#include "receiver/sinks/spool.h"
#include "receiver/sinks/spool_file.h"

/* Who accesses files, for a while. Capabilities of root that overrule modes go with it. */
struct access_as {
	int user, group;
};

static struct access_as access_begin(uid_t user, gid_t group)
{
	struct access_as before = { .group = setfsgid(group) };

	before.user = setfsuid(user);
	return before;
}

static void access_end(struct access_as before)
{
	setfsuid((uid_t)before.user);
	setfsgid((gid_t)before.group);
}

static int try_directory(const char *directory)
{
	char *path;
	int fd, error = 0;

	if (asprintf(&path, "%s/.check-XXXXXX", directory) < 0)
		return -ENOMEM;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0 || !spool_lock(fd, LOCK_EX | LOCK_NB))
		error = -errno;
	if (fd >= 0) {
		unlink(path);
		close(fd);
	}
	free(path);
	return error;
}

static void warn_of(const char *directory, const char *name)
{
	struct spool_file_header header;
	uint64_t size;
	char *path;
	int fd;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && !spool_read_file_header(fd, &header, &size))
		message_warning("%s is no spool of this version: left alone", path);
	else if (fd < 0 && errno != ENOENT)
		message_warning("could not open spool %s: %s: left alone", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	free(path);
}

static void warn_of_foreign(const char *directory)
{
	struct spool_name *names;
	size_t count;

	(void)spool_files(directory, &names, &count);
	for (size_t i = 0; i < count; i++)
		warn_of(directory, names[i].name);
	free(names);
}

bool spool_check(const char *directory, uid_t user, gid_t group)
{
	struct access_as before;
	int error;

	if (mkdir(directory, 0700) == 0 ? lchown(directory, user, group) != 0 : errno != EEXIST) {
		message_error("could not make spool directory %s: %s", directory, strerror(errno));
		return false;
	}
	before = access_begin(user, group);
	error = try_directory(directory);
	if (!error)
		warn_of_foreign(directory);
	access_end(before);
	if (error)
		message_error("could not write to spool directory %s: %s", directory,
			      strerror(-error));
	return error == 0;
}

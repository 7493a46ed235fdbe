#include "common/datadir.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * Directory of the running executable, without a slash at its end; "" until it is known. It is read
 * once: in a mount namespace that the process enters later, the link may name another place.
 */
static char own_directory[PATH_MAX];

static int find_own_directory(void)
{
	char path[PATH_MAX];
	ssize_t length;
	char *slash;

	if (own_directory[0])
		return 0;
	length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (length < 0)
		return -errno;
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	strcpy(own_directory, path);
	return 0;
}

static int join(char *buffer, size_t size, const char *between, const char *name)
{
	int error = find_own_directory();

	if (error)
		return error;
	if (snprintf(buffer, size, "%s/%s%s", own_directory, between, name) >= (int)size)
		return -ENAMETOOLONG;
	return 0;
}

int datadir_path(char *buffer, size_t size, const char *name)
{
	return join(buffer, size, "../share/fairport/", name);
}

int datadir_program(char *buffer, size_t size, const char *name)
{
	return join(buffer, size, "", name);
}

#include "common/datadir.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Directory of the running executable, without a slash at its end. */
static int own_directory(char directory[static PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", directory, PATH_MAX - 1);
	char *slash;

	if (length < 0)
		return -errno;
	directory[length] = '\0';
	slash = strrchr(directory, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	return 0;
}

static int join(char *buffer, size_t size, const char *between, const char *name)
{
	char directory[PATH_MAX];
	int error = own_directory(directory);

	if (error)
		return error;
	if (snprintf(buffer, size, "%s/%s%s", directory, between, name) >= (int)size)
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

#include "probes/tap/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The root of all cgroups has this inode number; that of a cgroup namespace has another. */
#define ROOT_INODE 1

/* What follows DIRECTORY in PATH, "" or "/..."; NULL if PATH is not in it. */
static const char *below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	if (strncmp(path, directory, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	return path + length;
}

/*
 * Where cgroup v2 is mounted: with PATH, the mount that has it, else the first. False if nowhere.
 */
static bool find_mount(char mount[static PATH_MAX], const char *path)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	bool found = false;

	while (mounts && (path || !found) && (entry = getmntent(mounts))) {
		if (strcmp(entry->mnt_type, "cgroup2") != 0)
			continue;
		if (path && (!below(path, entry->mnt_dir) ||
			     (found && strlen(entry->mnt_dir) < strlen(mount))))
			continue;
		snprintf(mount, PATH_MAX, "%s", entry->mnt_dir);
		found = true;
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

/* A mount without a place: it is gone when its last descriptor is closed. */
static int mount_nowhere(void)
{
	int context = fsopen("cgroup2", FSOPEN_CLOEXEC), mounted, root, error;

	if (context < 0)
		return -errno;
	mounted = fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0
			  ? fsmount(context, FSMOUNT_CLOEXEC, 0)
			  : -1;
	error = -errno;
	close(context);
	if (mounted < 0)
		return error;
	root = openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	error = -errno;
	close(mounted);
	return root < 0 ? error : root;
}

static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Sockets belong to cgroups of all namespaces: only from the real root all of them are seen. */
static int open_root(void)
{
	char path[PATH_MAX];
	int root = find_mount(path, NULL) ? open_directory(path) : mount_nowhere();
	struct stat status;

	if (root < 0)
		return root;
	if (fstat(root, &status) == 0 && status.st_ino == ROOT_INODE)
		return root;
	close(root);
	return -EXDEV;
}

static int open_named(const char *path)
{
	struct statfs system;

	if (statfs(path, &system) != 0)
		return -errno;
	if (system.f_type != CGROUP2_SUPER_MAGIC)
		return -ENOTSUP;
	return open_directory(path);
}

bool tap_cgroup_has(const char *named, pid_t pid)
{
	char *real = realpath(named, NULL);
	char mount[PATH_MAX], path[64], line[PATH_MAX + 8];
	bool has = false;
	FILE *file = NULL;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (real && find_mount(mount, real))
		file = fopen(path, "re");
	/* "0::/a/b": the hierarchy of version 2, and the path in it. */
	while (file && !has && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		has = strncmp(line, "0::", 3) == 0 && below(line + 3, below(real, mount));
	}
	if (file)
		fclose(file);
	free(real);
	return has;
}

int tap_cgroup_open(struct tap_cgroup *out, const char *named, bool root)
{
	int error = 0;

	*out = (struct tap_cgroup){ .root = -1, .named = -1 };
	if (named)
		error = out->named = open_named(named);
	if (error >= 0 && root)
		error = out->root = open_root();
	if (error >= 0)
		return 0;
	tap_cgroup_close(out);
	return error;
}

void tap_cgroup_close(struct tap_cgroup *cgroup)
{
	if (cgroup->root >= 0)
		close(cgroup->root);
	if (cgroup->named >= 0)
		close(cgroup->named);
	cgroup->root = cgroup->named = -1;
}

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

/* Where cgroup v2 is mounted; false if nowhere. */
static bool find_mount(char path[static PATH_MAX])
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	bool found = false;

	while (mounts && !found && (entry = getmntent(mounts))) {
		found = strcmp(entry->mnt_type, "cgroup2") == 0;
		if (found)
			snprintf(path, PATH_MAX, "%s", entry->mnt_dir);
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

static int open_root(void)
{
	char path[PATH_MAX];
	int root;

	if (!find_mount(path))
		return mount_nowhere();
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -errno : root;
}

/* The path of a directory below the place where cgroup v2 is mounted; empty: the root. */
static bool path_below(char below[static PATH_MAX], const char *path)
{
	char mount[PATH_MAX], *real = realpath(path, NULL);
	bool inside = real && find_mount(mount) && strncmp(real, mount, strlen(mount)) == 0;

	if (inside)
		snprintf(below, PATH_MAX, "%s", real + strlen(mount));
	free(real);
	return inside;
}

static uint32_t depth_of(const char *path)
{
	char below[PATH_MAX];
	uint32_t depth = 0;

	if (path_below(below, path))
		for (const char *c = below; *c; c++)
			depth += *c == '/' && c[1] != '\0';
	return depth;
}

bool tap_cgroup_has(const char *named, pid_t pid)
{
	char below[PATH_MAX], path[64], line[PATH_MAX + 8];
	bool has = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	file = path_below(below, named) ? fopen(path, "re") : NULL;
	while (file && !has && fgets(line, sizeof(line), file)) {
		size_t length = strlen(below);

		/* "0::/a/b": the hierarchy of version 2, and the path in it. */
		line[strcspn(line, "\n")] = '\0';
		has = strncmp(line, "0::", 3) == 0 && strncmp(line + 3, below, length) == 0 &&
		      (line[3 + length] == '\0' || line[3 + length] == '/' || length == 0);
	}
	if (file)
		fclose(file);
	return has;
}

static int find_named(struct tap_cgroup *out, const char *path)
{
	struct statfs system;
	struct stat status;

	if (statfs(path, &system) != 0 || stat(path, &status) != 0)
		return -errno;
	if (system.f_type != CGROUP2_SUPER_MAGIC)
		return -ENOTSUP;
	if (!S_ISDIR(status.st_mode))
		return -ENOTDIR;
	/* The kernel's id of a cgroup is the inode number of its directory. */
	out->id = status.st_ino;
	out->level = depth_of(path);
	return 0;
}

int tap_cgroup_open(struct tap_cgroup *out, const char *named, bool root)
{
	int error;

	*out = (struct tap_cgroup){ .root = -1 };
	error = named ? find_named(out, named) : 0;
	if (error || !root)
		return error;
	out->root = open_root();
	if (out->root >= 0)
		return 0;
	error = out->root;
	out->root = -1;
	return error;
}

void tap_cgroup_close(struct tap_cgroup *cgroup)
{
	if (cgroup->root >= 0)
		close(cgroup->root);
	cgroup->root = -1;
}

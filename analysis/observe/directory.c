#include "analysis/observe/directory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/observe/observe.h"
#include "common/message.h"
#include "common/signals.h"

static const char *const left_behind[] = { PROBE_RECORDS, GROUPS_RECORDS, PROBE_LOG, GROUPS_LOG };

/* With errno of mkdir(2) where it is none. */
static bool is_directory(const char *path)
{
	int error = errno;
	struct stat found;
	bool is = error == EEXIST && stat(path, &found) == 0 && S_ISDIR(found.st_mode);

	errno = error;
	return is;
}

/* What is there of another run would be read as part of this one, or be lost. */
static bool has_no_run(const char *directory)
{
	static const char *const names[] = { "receive.ndjson", "manifest.json", PROBE_RECORDS,
					     GROUPS_RECORDS };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		if (access(path, F_OK) != 0)
			continue;
		message_error("directory %s has a run already: %s", directory, names[i]);
		message_hint("give --keep a directory that is not there yet, or remove the old "
			     "run");
		return false;
	}
	return true;
}

bool directory_make(struct observation *out, const char *keep)
{
	const char *base = getenv("TMPDIR");
	int length;

	if (keep) {
		length = snprintf(out->directory, sizeof(out->directory), "%s", keep);
		errno = ENAMETOOLONG;
		if (length < (int)sizeof(out->directory) &&
		    (mkdir(out->directory, 0777) == 0 || is_directory(out->directory)))
			return has_no_run(out->directory);
		message_error("could not make directory %s: %s", keep, strerror(errno));
		return false;
	}
	length = snprintf(out->directory, sizeof(out->directory), "%s/fairport-XXXXXX",
			  base && *base ? base : "/tmp");
	errno = ENAMETOOLONG;
	if (length < (int)sizeof(out->directory) && mkdtemp(out->directory)) {
		out->temporary = true;
		return true;
	}
	message_error("could not make a temporary directory in %s: %s",
		      base && *base ? base : "/tmp", strerror(errno));
	return false;
}

void observe_end(struct observation *observation)
{
	char path[PATH_MAX];

	for (size_t i = 0;
	     observation->temporary && i < sizeof(left_behind) / sizeof(left_behind[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", observation->directory, left_behind[i]);
		unlink(path);
	}
	if (observation->temporary && rmdir(observation->directory) != 0)
		message_warning("could not remove directory %s: %s", observation->directory,
				strerror(errno));
	observation->temporary = false;
	/* What is left is to write results, which somebody may never read. */
	signals_let_end();
}

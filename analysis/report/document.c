#include "analysis/report/document.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/read/stream.h"
#include "common/message.h"

bool document_is_wanted(const struct document *document, const char *directory)
{
	return document->where ? strcmp(document->where, "none") != 0 : directory != NULL;
}

bool document_is_output(const struct document *document)
{
	return document->where && strcmp(document->where, "-") == 0;
}

static int write_file(const struct document *document, const void *content, const char *path)
{
	FILE *file = fopen(path, "we");
	int error = 0;

	if (!file)
		return -errno;
	errno = 0;
	document->write(file, content);
	if (fflush(file) != 0 || ferror(file))
		error = errno ? -errno : -EIO;
	if (fclose(file) != 0 && !error)
		error = -errno;
	return error;
}

/* Beside PATH first: nobody sees half a document. */
static int replace_file(const struct document *document, const void *content, const char *path)
{
	char temporary[PATH_MAX];
	int length = snprintf(temporary, sizeof(temporary), "%s.%ld.new", path, (long)getpid()),
	    error;

	if (length < 0 || (size_t)length >= sizeof(temporary))
		return -ENAMETOOLONG;
	error = write_file(document, content, temporary);
	if (!error && rename(temporary, path) != 0)
		error = -errno;
	if (error)
		unlink(temporary);
	return error;
}

/* A device, a pipe or a link is written to, not replaced. */
static bool is_to_be_kept(const char *path)
{
	struct stat there;

	return lstat(path, &there) == 0 && !S_ISREG(there.st_mode);
}

bool document_write(const struct document *document, const char *directory, const void *content)
{
	char inside[PATH_MAX];
	const char *path = document->where;
	int error = 0;

	if (document_is_output(document)) {
		document->write(stdout, content);
		return true;
	}
	if (!path) {
		error = stream_path(inside, sizeof(inside), directory, document->name);
		path = inside;
	}
	if (!error)
		error = is_to_be_kept(path) ? write_file(document, content, path)
					    : replace_file(document, content, path);
	if (error)
		message_error("could not write %s: %s", path, strerror(-error));
	return !error;
}

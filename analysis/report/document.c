#include "analysis/report/document.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "analysis/finding.h"
#include "analysis/report/html.h"
#include "analysis/report/markdown.h"
#include "analysis/report/report.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/message.h"

bool document_is_wanted(const struct document *document)
{
	return !document->where || strcmp(document->where, "none") != 0;
}

bool document_is_output(const struct document *document)
{
	return document->where && strcmp(document->where, "-") == 0;
}

static int write_file(const struct document *document, const struct report *report,
		      const char *path)
{
	FILE *file = fopen(path, "we");
	int error = 0;

	if (!file)
		return -errno;
	errno = 0;
	document->write(file, report);
	if (fflush(file) != 0 || ferror(file))
		error = errno ? -errno : -EIO;
	if (fclose(file) != 0 && !error)
		error = -errno;
	return error;
}

/* Beside PATH first: nobody sees half a document. */
static int replace_file(const struct document *document, const struct report *report,
			const char *path)
{
	char temporary[PATH_MAX];
	int length = snprintf(temporary, sizeof(temporary), "%s.new", path), error;

	if (length < 0 || (size_t)length >= sizeof(temporary))
		return -ENAMETOOLONG;
	error = write_file(document, report, temporary);
	if (!error && rename(temporary, path) != 0)
		error = -errno;
	if (error)
		unlink(temporary);
	return error;
}

bool document_write(const struct document *document, const struct report *report)
{
	char inside[PATH_MAX];
	const char *path = document->where;
	int error = 0;

	if (document_is_output(document)) {
		document->write(stdout, report);
		return true;
	}
	if (!path) {
		error = stream_path(inside, sizeof(inside), report->run->directory, document->name);
		path = inside;
	}
	if (!error)
		error = replace_file(document, report, path);
	if (error)
		message_error("could not write %s: %s", path, strerror(-error));
	return !error;
}

void document_html(FILE *out, const struct report *report)
{
	html_open(out, finding_title(report->run));
	html_run(out, report);
	html_close(out);
}

void document_markdown(FILE *out, const struct report *report)
{
	markdown_run(out, report);
}

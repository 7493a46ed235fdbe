#include "analysis/compare/compare_show.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/compare/compare_runs.h"
#include "analysis/compare/compared.h"
#include "analysis/compare/compared_page.h"
#include "analysis/read/stream.h"
#include "analysis/report/document.h"
#include "common/exit.h"
#include "common/message.h"

enum { PAGE, MARKDOWN, DOCUMENTS };

struct showing {
	const struct compare_options *options;
	struct document documents[DOCUMENTS];
	struct compared_page page;
	char drawn_in[PATH_MAX]; /* a directory of its own, to be removed; or "" */
};

static bool is_wanted(const struct showing *showing, size_t document)
{
	return document_is_wanted(&showing->documents[document], showing->options->out);
}

static bool write_json(const json_t *json, const char *directory)
{
	char path[PATH_MAX];
	int error = stream_path(path, sizeof(path), directory, "comparison.json");
	bool done;

	errno = -error;
	done = !error && json_dump_file(json, path, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) == 0;
	if (!done)
		message_error("could not write %s/comparison.json: %s", directory,
			      strerror(errno ? errno : EIO));
	return done;
}

/* A page whose pictures have no other place has them drawn in a directory that does not last. */
static bool make_directory(struct showing *showing)
{
	const char *parent = getenv("TMPDIR");
	int length;

	errno = ENAMETOOLONG;
	length = snprintf(showing->drawn_in, sizeof(showing->drawn_in), "%s/fairport-report-XXXXXX",
			  parent && *parent ? parent : "/tmp");

	if (length < (int)sizeof(showing->drawn_in) && mkdtemp(showing->drawn_in))
		return true;
	message_warning("could not make a directory to draw in: %s", strerror(errno));
	showing->drawn_in[0] = '\0';
	return false;
}

static void remove_file(const char *directory, const char *name)
{
	char path[PATH_MAX];

	if (stream_path(path, sizeof(path), directory, name) == 0)
		unlink(path);
}

/* False after a warning. */
static bool draw(struct showing *showing)
{
	const char *out = showing->options->out;
	bool page = is_wanted(showing, PAGE);
	const char *directory = out;
	enum compared_picture result;

	if (showing->options->no_plots || (!out && !page))
		return true;
	if (!out && !make_directory(showing))
		return false;
	if (!out)
		directory = showing->drawn_in;
	result = compared_draw(showing->page.compared, directory,
			       !out   ? "wide narrow"
			       : page ? "svg png wide narrow"
				      : "svg png");
	if (result == COMPARED_DRAWN && page)
		showing->page.pictures = directory;
	return result != COMPARED_FAILED;
}

static void tidy(const struct showing *showing)
{
	const char *directory = *showing->drawn_in ? showing->drawn_in : showing->options->out;

	if (!directory)
		return;
	remove_file(directory, "comparison-wide.svg");
	remove_file(directory, "comparison-narrow.svg");
	if (*showing->drawn_in) {
		remove_file(directory, "comparison.dat");
		rmdir(directory);
	}
}

/* False after a message. */
static bool write_files(struct showing *showing)
{
	const char *out = showing->options->out;
	bool done = true;

	if (out && mkdir(out, 0777) != 0 && errno != EEXIST) {
		message_error("could not create %s: %s", out, strerror(errno));
		return false;
	}
	if (out)
		done = write_json(showing->page.json, out);
	done &= draw(showing);
	for (size_t i = 0; i < DOCUMENTS; i++)
		if (is_wanted(showing, i))
			done &= document_write(&showing->documents[i], out, &showing->page);
	tidy(showing);
	return done;
}

/* Returns whether all was written. */
static bool show(const struct compare_options *options, const struct compared *compared)
{
	struct showing showing = {
		.options = options,
		.documents = { [PAGE] = { "comparison.html", options->html, compared_html },
			       [MARKDOWN] = { "comparison.md", options->markdown,
					      compared_markdown } },
		.page = { .compared = compared, .json = compared_json(compared) },
	};
	bool done;

	if (!showing.page.json) {
		message_error("out of memory");
		return false;
	}
	/* What goes to standard output is alone there. */
	if (!document_is_output(&showing.documents[PAGE]) &&
	    !document_is_output(&showing.documents[MARKDOWN]))
		compared_text(compared);
	done = write_files(&showing);
	json_decref(showing.page.json);
	return done;
}

int compare_show(const struct compare_options *options)
{
	struct compared compared;
	bool incomplete, done = compare_load(&compared, options, &incomplete);

	if (done)
		incomplete |= !show(options, &compared);
	compared_free(&compared);
	if (!done)
		return EXIT_CANNOT_RUN;
	return incomplete ? EXIT_INCOMPLETE : EXIT_DONE;
}

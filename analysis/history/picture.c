#include "analysis/history/picture.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/report/gnuplot.h"
#include "common/datadir.h"
#include "common/message.h"

/* For free(3); NULL: out of memory. */
static char *script_of(const char *template, const char *const arguments[])
{
	char *script = NULL;
	size_t length;
	FILE *out = open_memstream(&script, &length);

	if (!out)
		return NULL;
	fputs("kinds = 'svg png'; call ", out);
	gnuplot_quote(out, template);
	for (; *arguments; arguments++) {
		fputc(' ', out);
		gnuplot_quote(out, *arguments);
	}
	if (fclose(out) == 0)
		return script;
	free(script);
	return NULL;
}

static enum picture_result explain(const char *template, int error, const char *errors)
{
	if (error == 0)
		return PICTURE_DRAWN;
	if (error == -ENOENT)
		return PICTURE_NO_GNUPLOT;
	if (error == -ECANCELED)
		message_warning("gnuplot failed to draw %s:\n%s", template,
				*errors ? errors : "it said nothing");
	else
		message_warning("could not run gnuplot: %s", strerror(-error));
	return PICTURE_FAILED;
}

enum picture_result picture_draw(const char *template, const char *const arguments[])
{
	char path[PATH_MAX], file[64], errors[GNUPLOT_ERRORS] = "", *script;
	int error;

	snprintf(file, sizeof(file), "plots/%s", template);
	error = datadir_path(path, sizeof(path), file);
	if (!error && access(path, R_OK) != 0)
		error = -errno;
	if (error) {
		message_warning("could not read the template %s: %s", file, strerror(-error));
		return PICTURE_FAILED;
	}
	script = script_of(path, arguments);
	error = script ? gnuplot_run(script, errors) : -ENOMEM;
	free(script);
	/* The second argument is what the names of the pictures begin with. */
	if (!error && !gnuplot_drew_all(arguments[1]))
		return PICTURE_FAILED;
	return explain(template, error, errors);
}

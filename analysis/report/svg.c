/* Drawings of gnuplot as parts of an HTML document. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/report/escape.h"
#include "analysis/report/html_parts.h"

#define LARGEST (16 << 20) /* bytes */

/* The whole file, as a string for free(3); NULL with errno set. */
static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(LARGEST + 1);
	size_t length;

	if (!file || !text) {
		if (file)
			fclose(file);
		free(text);
		return NULL;
	}
	length = fread(text, 1, LARGEST + 1, file);
	if (ferror(file) || length > LARGEST) {
		errno = length > LARGEST ? EFBIG : EIO;
		free(text);
		text = NULL;
	} else {
		text[length] = '\0';
	}
	fclose(file);
	return text;
}

/* The value of the attribute NAME='...' or "..." between AT and END. */
static const char *attribute(const char *at, const char *end, const char *name, size_t *length)
{
	size_t size = strlen(name);

	for (; at + size + 2 < end; at++) {
		const char *close;

		if (strncmp(at, name, size) != 0 || at[size] != '=')
			continue;
		close = strchr(at + size + 2, at[size + 1]);
		if (!close || close > end)
			return NULL;
		*length = (size_t)(close - at) - size - 2;
		return at + size + 2;
	}
	return NULL;
}

/* Titles are for files: here LABEL says it; a document has one <title>. */
static const char *skip_element(const char *at, const char *open, const char *close)
{
	const char *end;

	if (strncmp(at, open, strlen(open)) != 0)
		return at;
	end = strstr(at, close);
	return end ? end + strlen(close) : at;
}

/*
 * The names that elements have, and by which others refer to them, get a PREFIX: each drawing
 * has the same ones.
 */
static void copy_body(FILE *out, const char *at, const char *prefix)
{
	static const char *const names[] = { " id=", "xlink:href=", "url(#" };

	while (*at) {
		at = skip_element(at, "<title>", "</title>");
		at = skip_element(at, "<desc>", "</desc>");
		if (strncmp(at, names[0], strlen(names[0])) == 0) {
			fprintf(out, "%s%c%s-", names[0], at[4], prefix);
			at += 5;
		} else if (strncmp(at, names[1], strlen(names[1])) == 0 && at[12] == '#') {
			fprintf(out, "href=%c#%s-", at[11], prefix);
			at += 13;
		} else if (strncmp(at, names[2], strlen(names[2])) == 0) {
			fprintf(out, "%s%s-", names[2], prefix);
			at += 5;
		} else if (*at) {
			fputc(*at++, out);
		}
	}
}

int html_svg(FILE *out, const char *path, const char *prefix, const char *label)
{
	char *text = read_file(path);
	const char *open = text ? strstr(text, "<svg") : NULL;
	const char *end = open ? strchr(open, '>') : NULL;
	size_t length = 0;
	const char *box = end ? attribute(open, end, "viewBox", &length) : NULL;

	if (!box) {
		int error = text ? -EINVAL : -errno;

		free(text);
		return error;
	}
	fprintf(out, "<svg viewBox=\"%.*s\" role=\"img\" aria-label=\"", (int)length, box);
	escape_html(out, label);
	fputs("\">", out);
	copy_body(out, end + 1, prefix);
	free(text);
	return 0;
}

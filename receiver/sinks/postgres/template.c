#include "receiver/sinks/postgres/template.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/datadir.h"
#include "common/message.h"
#include "common/utf8.h"
#include "receiver/sinks/postgres/template_pieces.h"

#define SIZE_MAX_READ ((size_t)1 << 20)

static const char plain[] = "CREATE TABLE IF NOT EXISTS {schema}.{table} ({columns});\n";

static struct pg_template *parse(const char *name, const char *text, size_t length)
{
	struct pg_template *template = calloc(1, sizeof(*template));

	if (template)
		template->text = malloc(length + 1);
	if (!template || !template->text) {
		message_error("could not use table template \"%s\": out of memory", name);
		pg_template_free(template);
		return NULL;
	}
	memcpy(template->text, text, length);
	template->text[length] = '\0';
	if (pg_template_read(template, length, name))
		return template;
	pg_template_free(template);
	return NULL;
}

static bool is_plain_word(const char *file)
{
	return file[strspn(file, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

/* The path of the template WORD that is installed. */
static int find_installed(char *path, size_t size, const char *word)
{
	char name[NAME_MAX];

	if (snprintf(name, sizeof(name), "tables/%s.sql", word) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	return datadir_path(path, size, name);
}

static int read_file(const char *path, char *buffer, size_t *length)
{
	FILE *file = fopen(path, "re");
	int error = 0;

	if (!file)
		return -errno;
	errno = 0;
	*length = fread(buffer, 1, SIZE_MAX_READ + 1, file);
	if (ferror(file))
		error = errno ? -errno : -EIO;
	else if (*length > SIZE_MAX_READ)
		error = -EFBIG;
	fclose(file);
	return error;
}

static struct pg_template *read_template(const char *file, char *buffer)
{
	bool installed = is_plain_word(file);
	char path[PATH_MAX];
	size_t length = 0;
	int error = installed ? find_installed(path, sizeof(path), file) : 0;

	if (!error)
		error = read_file(installed ? path : file, buffer, &length);
	if (error) {
		message_error("could not read table template \"%s\": %s", file, strerror(-error));
		if (installed)
			message_hint("a plain word is the name of a template that comes with the "
				     "program, such as partitioned; write ./%s for a file",
				     file);
		return NULL;
	}
	if (memchr(buffer, '\0', length) || !utf8_valid(buffer, length)) {
		message_error("could not use table template \"%s\": it is no text in UTF-8", file);
		return NULL;
	}
	return parse(file, buffer, length);
}

struct pg_template *pg_template_open(const char *file)
{
	struct pg_template *template = NULL;
	char *buffer;

	if (!file)
		return parse("plain", plain, sizeof(plain) - 1);
	buffer = malloc(SIZE_MAX_READ + 1);
	if (buffer)
		template = read_template(file, buffer);
	else
		message_error("could not read table template \"%s\": out of memory", file);
	free(buffer);
	return template;
}

void pg_template_free(struct pg_template *template)
{
	if (!template)
		return;
	free(template->pieces);
	free(template->text);
	free(template);
}

static void put_escaped(FILE *out, const char *text, size_t length, const char *special)
{
	for (size_t i = 0; i < length; i++) {
		if (strchr(special, text[i]))
			fputc(text[i], out);
		fputc(text[i], out);
	}
}

void pg_template_put(const struct pg_template *template, const struct pg_template_values *values,
		     FILE *out)
{
	const char *const texts[] = {
		[PG_PIECE_SCHEMA] = values->schema,
		[PG_PIECE_TABLE] = values->table,
		[PG_PIECE_COLUMNS] = values->columns,
		[PG_PIECE_TIME] = values->time,
	};

	for (size_t i = 0; i < template->count; i++) {
		const struct pg_piece *piece = &template->pieces[i];

		if (piece->kind == PG_PIECE_TEXT)
			put_escaped(out, piece->at, piece->length, piece->escaped ? "\\" : "");
		else
			put_escaped(out, texts[piece->kind], strlen(texts[piece->kind]),
				    piece->escaped ? "'\\" : "");
	}
	/* What ends without a semicolon, or with a comment, is ended here. */
	fputs("\n;\n", out);
}

#include "common/ndjson.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "common/lp_internal.h"
#include "common/utf8.h"

int ndjson_open(struct ndjson *out, const char *path, const char *program, const char *run)
{
	*out = (struct ndjson){ .path = path, .program = program, .run = run };
	if (!path)
		return 0;
	out->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	return out->file ? 0 : -errno;
}

static void key_before(struct ndjson *out, const char *key)
{
	if (out->comma)
		fputc(',', out->file);
	out->comma = true;
	if (key)
		fprintf(out->file, "\"%s\":", key);
}

static bool is_special(char byte)
{
	return (unsigned char)byte < 0x20 || byte == '"' || byte == '\\';
}

/* What is plain goes out in one piece, up to the next byte that is not. */
static void write_quoted(FILE *file, const char *value, size_t length)
{
	const char *at = value, *end = value + length;

	fputc('"', file);
	while (at < end) {
		size_t step = utf8_length(at, (size_t)(end - at));

		if (step > 0 && !is_special(*at)) {
			at += step;
			continue;
		}
		fwrite(value, 1, (size_t)(at - value), file);
		if (step == 0)
			fputs("\\ufffd", file);
		else if (*at == '"' || *at == '\\')
			fprintf(file, "\\%c", *at);
		else
			fprintf(file, "\\u%04x", (unsigned int)*at);
		value = ++at;
	}
	fwrite(value, 1, (size_t)(at - value), file);
	fputc('"', file);
}

void ndjson_begin(struct ndjson *out, const char *type)
{
	if (!out->file)
		return;
	fputc('{', out->file);
	out->comma = false;
	ndjson_uint(out, "schema", 1);
	ndjson_string(out, "type", type);
	ndjson_string(out, "program", out->program);
	ndjson_string(out, "run", out->run);
	ndjson_uint(out, "t_ns", clock_wall());
}

void ndjson_end(struct ndjson *out)
{
	if (!out->file)
		return;
	fputs("}\n", out->file);
	errno = 0;
	if ((fflush(out->file) != 0 || ferror(out->file)) && out->error == 0)
		out->error = errno ? errno : EIO;
}

void ndjson_uint(struct ndjson *out, const char *key, uint64_t value)
{
	if (!out->file)
		return;
	key_before(out, key);
	fprintf(out->file, "%" PRIu64, value);
}

void ndjson_int(struct ndjson *out, const char *key, int64_t value)
{
	if (!out->file)
		return;
	key_before(out, key);
	fprintf(out->file, "%" PRId64, value);
}

void ndjson_bool(struct ndjson *out, const char *key, bool value)
{
	if (!out->file)
		return;
	key_before(out, key);
	fputs(value ? "true" : "false", out->file);
}

void ndjson_double(struct ndjson *out, const char *key, double value)
{
	if (!out->file)
		return;
	key_before(out, key);
	if (isfinite(value))
		fprintf(out->file, "%.12g", value);
	else
		fputs("null", out->file);
}

void ndjson_shortest(struct ndjson *out, const char *key, double value)
{
	char text[LP_NUMBER_TEXT];
	const char *end = lp_write_float(text, value);

	if (!out->file)
		return;
	key_before(out, key);
	fwrite(text, 1, (size_t)(end - text), out->file);
}

void ndjson_key(struct ndjson *out, const char *key, size_t length)
{
	if (!out->file)
		return;
	key_before(out, NULL);
	write_quoted(out->file, key, length);
	fputc(':', out->file);
	out->comma = false;
}

void ndjson_text(struct ndjson *out, const char *key, const char *value, size_t length)
{
	if (!out->file)
		return;
	key_before(out, key);
	write_quoted(out->file, value, length);
}

void ndjson_string(struct ndjson *out, const char *key, const char *value)
{
	if (!out->file)
		return;
	if (value) {
		ndjson_text(out, key, value, strlen(value));
		return;
	}
	key_before(out, key);
	fputs("null", out->file);
}

static void open_nested(struct ndjson *out, const char *key, char bracket)
{
	if (!out->file)
		return;
	key_before(out, key);
	fputc(bracket, out->file);
	out->comma = false;
}

static void close_nested(struct ndjson *out, char bracket)
{
	if (!out->file)
		return;
	fputc(bracket, out->file);
	out->comma = true;
}

void ndjson_open_object(struct ndjson *out, const char *key)
{
	open_nested(out, key, '{');
}

void ndjson_close_object(struct ndjson *out)
{
	close_nested(out, '}');
}

void ndjson_open_array(struct ndjson *out, const char *key)
{
	open_nested(out, key, '[');
}

void ndjson_close_array(struct ndjson *out)
{
	close_nested(out, ']');
}

int ndjson_close(struct ndjson *out)
{
	if (!out->file)
		return 0;
	errno = 0;
	if (out->file != stdout && fclose(out->file) != 0 && out->error == 0)
		out->error = errno ? errno : EIO;
	out->file = NULL;
	return -out->error;
}

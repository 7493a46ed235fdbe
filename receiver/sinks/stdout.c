/*
 * The sink that prints: a JSON object a point, one a line, for --stdin. docs/output-format.md has
 * the form. What the reader of standard output does not take waits here, and nothing blocks, so
 * that a signal ends the program whoever reads or does not.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/lp.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "receiver/account.h"
#include "receiver/sinks/sink.h"

/* Bytes that may wait; a line may make several times its length of them. */
#define ROOM ((size_t)1 << 20)

struct output {
	struct account *account;
	struct ndjson json; /* into TEXT */
	char *text;
	size_t length, sent;
	uint64_t points; /* in TEXT */
	size_t most; /* bytes a write: so many do not block when poll(2) says that there is room */
	bool failed;
	char *scratch; /* for what is unescaped */
	size_t scratch_room;
};

typedef size_t unescaper(char *to, struct lp_text text);

/* What is meant by TEXT; NULL: out of memory. */
static const char *plain(struct output *output, struct lp_text text, unescaper *unescape,
			 size_t *length)
{
	*length = text.length;
	if (!text.escaped)
		return text.at;
	if (output->scratch_room < text.length) {
		char *larger = realloc(output->scratch, text.length);

		if (!larger)
			return NULL;
		output->scratch = larger;
		output->scratch_room = text.length;
	}
	*length = unescape(output->scratch, text);
	return output->scratch;
}

static void put_key(struct output *output, struct lp_text text)
{
	size_t length;
	const char *key = plain(output, text, lp_unescape_key, &length);

	if (key)
		ndjson_key(&output->json, key, length);
	else
		output->json.error = ENOMEM;
}

static void put_text(struct output *output, const char *key, struct lp_text text,
		     unescaper *unescape)
{
	size_t length;
	const char *value = plain(output, text, unescape, &length);

	if (value)
		ndjson_text(&output->json, key, value, length);
	else
		output->json.error = ENOMEM;
}

/* The decoder lets UTF-8 pass only, and finite numbers: JSON can hold both. */
static void put_field(struct output *output, const struct lp_field *field)
{
	struct ndjson *json = &output->json;

	put_key(output, field->key);
	ndjson_open_object(json, NULL);
	switch (field->type) {
	case LP_FLOAT:
		/* Minus zero is zero, as in the conformance corpus. */
		ndjson_shortest(json, "float", field->value.number + 0.0);
		break;
	case LP_INTEGER:
		ndjson_int(json, "int", field->value.integer);
		break;
	case LP_UNSIGNED:
		ndjson_uint(json, "uint", field->value.natural);
		break;
	case LP_STRING:
		put_text(output, "string", field->value.string, lp_unescape_string);
		break;
	case LP_BOOLEAN:
		ndjson_bool(json, "bool", field->value.boolean);
		break;
	}
	ndjson_close_object(json);
}

/* An object has no two members of one name: the last one counts, as in a database. */
static bool comes_again(const struct lp_point *point, uint32_t index)
{
	struct lp_text key = point->fields[index].key;

	for (uint32_t i = index + 1; i < point->field_count; i++) {
		struct lp_text other = point->fields[i].key;

		if (other.length == key.length && memcmp(other.at, key.at, key.length) == 0)
			return true;
	}
	return false;
}

static void put_members(struct output *output, const struct lp_point *point, int64_t time)
{
	struct ndjson *json = &output->json;

	put_text(output, "name", point->measurement, lp_unescape_measurement);
	ndjson_open_object(json, "tags");
	for (uint32_t i = 0; i < point->tag_count; i++) {
		put_key(output, point->tags[i].key);
		put_text(output, NULL, point->tags[i].value, lp_unescape_key);
	}
	ndjson_close_object(json);
	ndjson_open_object(json, "fields");
	for (uint32_t i = 0; i < point->field_count; i++)
		if (!comes_again(point, i))
			put_field(output, &point->fields[i]);
	ndjson_close_object(json);
	ndjson_int(json, "time", time);
}

static void fail(struct output *output, int error)
{
	message_error("could not write to standard output: %s", strerror(error));
	account_store_error(output->account, output->points, strerror(error));
	output->points = 0;
	output->failed = true;
}

static void stdout_put(void *sink, const struct lp_point *point, const char *line, size_t length,
		       int64_t received)
{
	struct output *output = sink;

	(void)line, (void)length;
	output->points++;
	if (output->failed) {
		account_store_error(output->account, output->points, "");
		output->points = 0;
		return;
	}
	output->json.comma = false;
	ndjson_open_object(&output->json, NULL);
	put_members(output, point, point->has_time ? point->time : received);
	ndjson_end(&output->json);
	if (output->json.error)
		fail(output, output->json.error);
}

static bool stdout_has_room(const void *sink)
{
	const struct output *output = sink;

	return !output->failed && output->length < ROOM;
}

static bool stdout_busy(const void *sink)
{
	const struct output *output = sink;

	return output->points > 0;
}

static struct sink_wait stdout_wait_for(const void *sink)
{
	return (struct sink_wait){ .fd = stdout_busy(sink) ? STDOUT_FILENO : -1,
				   .events = POLLOUT };
}

/* As much as can be without waiting. False: an error. */
static bool write_some(struct output *output)
{
	while (output->sent < output->length) {
		struct pollfd to = { .fd = STDOUT_FILENO, .events = POLLOUT };
		size_t left = output->length - output->sent;
		ssize_t written;

		if (poll(&to, 1, 0) <= 0)
			return true;
		written = write(STDOUT_FILENO, output->text + output->sent,
				left < output->most ? left : output->most);
		if (written < 0)
			return errno == EAGAIN || errno == EINTR;
		output->sent += (size_t)written;
	}
	return true;
}

static void stdout_flush(void *sink)
{
	struct output *output = sink;

	if (!stdout_busy(sink))
		return;
	if (!write_some(output)) {
		fail(output, errno);
	} else if (output->sent == output->length) {
		counter_add(&output->account->counts.stored, output->points);
		output->points = 0;
		output->sent = 0;
		rewind(output->json.file);
		fflush(output->json.file);
	}
}

static void stdout_service(void *sink, uint64_t now, bool ready)
{
	(void)now, (void)ready;
	stdout_flush(sink);
}

static void stdout_close(void *sink)
{
	struct output *output = sink;

	if (output->points)
		account_store_error(output->account, output->points, "not written before the end");
	if (output->json.file)
		fclose(output->json.file);
	free(output->text);
	free(output->scratch);
	free(output);
}

static void *stdout_open(const struct sink_start *start)
{
	struct output *output = calloc(1, sizeof(*output));
	struct stat status;

	if (output)
		output->json.file = open_memstream(&output->text, &output->length);
	if (!output || !output->json.file) {
		message_error("out of memory");
		free(output);
		return NULL;
	}
	output->account = start->account;
	output->most = PIPE_BUF;
	if (fstat(STDOUT_FILENO, &status) == 0 &&
	    (S_ISREG(status.st_mode) || (S_ISCHR(status.st_mode) && !isatty(STDOUT_FILENO))))
		output->most = SIZE_MAX;
	return output;
}

const struct sink_ops sink_stdout = {
	.prepare = sink_idle_prepare,
	.open = stdout_open,
	.put = stdout_put,
	.has_room = stdout_has_room,
	.wait_for = stdout_wait_for,
	.due = sink_idle_due,
	.service = stdout_service,
	.flush = stdout_flush,
	.busy = stdout_busy,
	.close = stdout_close,
};

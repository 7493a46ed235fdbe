/*
 * Any bytes through the decoder, and each point through the encoder and back: what was read lies
 * within the buffer, which stays as it is, and what is written means the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp.h"

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

typedef size_t unescape_fn(char *to, struct lp_text text);

struct bytes {
	char *at;
	size_t length;
};

static void *allocate(size_t length)
{
	void *memory = malloc(length ? length : 1);

	CHECK(memory);
	return memory;
}

static void check_span(const struct lp_cursor *cursor, struct lp_text text)
{
	CHECK(text.at >= cursor->line);
	CHECK(text.at + text.length <= cursor->line + cursor->line_length);
}

static void check_spans(const struct lp_cursor *cursor, const struct lp_point *point)
{
	check_span(cursor, point->measurement);
	CHECK(point->tag_count <= LP_MAX_TAGS);
	CHECK(point->field_count > 0 && point->field_count <= LP_MAX_FIELDS);
	for (uint32_t i = 0; i < point->tag_count; i++) {
		check_span(cursor, point->tags[i].key);
		check_span(cursor, point->tags[i].value);
	}
	for (uint32_t i = 0; i < point->field_count; i++) {
		check_span(cursor, point->fields[i].key);
		if (point->fields[i].type == LP_STRING)
			check_span(cursor, point->fields[i].value.string);
	}
}

static struct bytes meaning(struct lp_text text, unescape_fn *unescape)
{
	struct bytes meant = { allocate(text.length), 0 };

	meant.length = unescape(meant.at, text);
	CHECK(meant.length <= text.length);
	return meant;
}

static void check_same_text(struct lp_text one, struct lp_text other, unescape_fn *unescape)
{
	struct bytes a = meaning(one, unescape), b = meaning(other, unescape);

	CHECK(a.length == b.length && memcmp(a.at, b.at, a.length) == 0);
	free(a.at);
	free(b.at);
}

static void check_same_field(const struct lp_field *one, const struct lp_field *other)
{
	check_same_text(one->key, other->key, lp_unescape_key);
	CHECK(one->type == other->type);
	switch (one->type) {
	case LP_FLOAT:
		CHECK(memcmp(&one->value.number, &other->value.number, sizeof(double)) == 0);
		break;
	case LP_INTEGER:
		CHECK(one->value.integer == other->value.integer);
		break;
	case LP_UNSIGNED:
		CHECK(one->value.natural == other->value.natural);
		break;
	case LP_BOOLEAN:
		CHECK(one->value.boolean == other->value.boolean);
		break;
	case LP_STRING:
		check_same_text(one->value.string, other->value.string, lp_unescape_string);
		break;
	}
}

static void check_same_point(const struct lp_point *one, const struct lp_point *other)
{
	check_same_text(one->measurement, other->measurement, lp_unescape_measurement);
	CHECK(one->tag_count == other->tag_count);
	for (uint32_t i = 0; i < one->tag_count; i++) {
		check_same_text(one->tags[i].key, other->tags[i].key, lp_unescape_key);
		check_same_text(one->tags[i].value, other->tags[i].value, lp_unescape_key);
	}
	CHECK(one->field_count == other->field_count);
	for (uint32_t i = 0; i < one->field_count; i++)
		check_same_field(&one->fields[i], &other->fields[i]);
	CHECK(one->has_time == other->has_time);
	CHECK(!one->has_time || one->time == other->time);
}

static void encode_field(struct lp_encoder *line, const struct lp_field *field)
{
	struct bytes key = meaning(field->key, lp_unescape_key), text;

	switch (field->type) {
	case LP_FLOAT:
		lp_encode_float(line, key.at, key.length, field->value.number);
		break;
	case LP_INTEGER:
		lp_encode_integer(line, key.at, key.length, field->value.integer);
		break;
	case LP_UNSIGNED:
		lp_encode_unsigned(line, key.at, key.length, field->value.natural);
		break;
	case LP_BOOLEAN:
		lp_encode_boolean(line, key.at, key.length, field->value.boolean);
		break;
	case LP_STRING:
		text = meaning(field->value.string, lp_unescape_string);
		lp_encode_string(line, key.at, key.length, text.at, text.length);
		free(text.at);
		break;
	}
	free(key.at);
}

static int64_t encode(char *buffer, size_t length, const struct lp_point *point)
{
	struct bytes name = meaning(point->measurement, lp_unescape_measurement);
	struct lp_encoder line;

	lp_encode_begin(&line, buffer, length, name.at, name.length);
	free(name.at);
	for (uint32_t i = 0; i < point->tag_count; i++) {
		struct bytes key = meaning(point->tags[i].key, lp_unescape_key);
		struct bytes value = meaning(point->tags[i].value, lp_unescape_key);

		lp_encode_tag(&line, key.at, key.length, value.at, value.length);
		free(key.at);
		free(value.at);
	}
	for (uint32_t i = 0; i < point->field_count; i++)
		encode_field(&line, &point->fields[i]);
	return lp_encode_end(&line, point->has_time ? &point->time : NULL);
}

/* Whatever was decoded can be encoded; into one byte less than it needs it cannot. */
static void check_round_trip(const struct lp_cursor *from, const struct lp_point *point)
{
	/* A byte of a string may need an escape, and a number get more digits. */
	size_t room = 2 * (size_t)from->line_length + 32 * (size_t)point->field_count + 32;
	char *buffer = allocate(room), *exact;
	static struct lp_point again;
	struct lp_cursor cursor;
	struct lp_error error;
	int64_t length;

	length = encode(buffer, room, point);
	CHECK(length > 0 && (size_t)length <= room);
	exact = allocate((size_t)length);
	CHECK(encode(exact, (size_t)length - 1, point) < 0);
	CHECK(encode(exact, (size_t)length, point) == length);
	CHECK(memcmp(exact, buffer, (size_t)length) == 0);
	lp_cursor_init(&cursor, exact, (size_t)length);
	CHECK(lp_next(&cursor, &again, &error) == LP_POINT);
	CHECK(cursor.at == exact + length);
	check_same_point(point, &again);
	free(exact);
	free(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buffer = allocate(size);
	static struct lp_point point;
	const char *last = buffer;
	struct lp_cursor cursor;
	struct lp_error error;
	enum lp_result result;
	uint32_t number = 0;

	if (size > 0)
		memcpy(buffer, data, size);
	lp_cursor_init(&cursor, buffer, size);
	while ((result = lp_next(&cursor, &point, &error)) != LP_END) {
		CHECK(cursor.line >= last && cursor.at > cursor.line);
		CHECK(cursor.line + cursor.line_length <= cursor.at);
		CHECK(cursor.at <= buffer + size);
		CHECK(cursor.line_number > number);
		last = cursor.at;
		number = cursor.line_number;
		if (result == LP_POINT) {
			check_spans(&cursor, &point);
			check_round_trip(&cursor, &point);
		} else {
			CHECK(error.reason && error.column > 0);
			CHECK(error.column <= cursor.line_length + 1);
		}
	}
	CHECK(cursor.at == buffer + size);
	CHECK(size == 0 || memcmp(buffer, data, size) == 0);
	free(buffer);
	return 0;
}

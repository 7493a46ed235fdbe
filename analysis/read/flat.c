#include "analysis/read/flat.h"

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#define DEPTH_LIMIT 64 /* ours have 4; jansson's own limit is 2048 */

/* Where in an object one is: the next field is mostly the one that comes next in the table. */
struct place {
	const struct flat_field *fields;
	size_t next;
	uint64_t seen; /* a bit for each field */
	char *base;    /* what offsets count from; NULL: no room for it */
};

enum level { LEVEL_OUTSIDE, LEVEL_RECORD, LEVEL_LIST, LEVEL_ITEM };

struct reader {
	const struct flat_form *form;
	const char *run;
	enum level level;
	struct place record, item;
	const struct flat_list *list; /* whose array comes next, or is being read */
	uint64_t lists_seen;
	const struct flat_field *field; /* whose value comes next */
	const char *want;               /* the text that has to come next */
	bool one;                       /* the number that has to come next is 1 */
	unsigned int heads;             /* of schema, type, program and run, those that came */
	size_t skipping;                /* depth within a value that nobody wants */
	bool done;
};

static bool is(const char *text, const unsigned char *key, size_t length)
{
	return strncmp(text, (const char *)key, length) == 0 && text[length] == '\0';
}

/* Notes the field with this key as the one whose value comes next. False: it came before. */
static bool find_field(struct reader *reader, struct place *place, const unsigned char *key,
		       size_t length)
{
	size_t i = place->next;

	if (!place->fields[i].key || !is(place->fields[i].key, key, length))
		for (i = 0; place->fields[i].key; i++)
			if (is(place->fields[i].key, key, length))
				break;
	if (!place->fields[i].key)
		return true;
	if (place->seen >> i & 1)
		return false;
	place->seen |= (uint64_t)1 << i;
	place->next = i + 1;
	reader->field = &place->fields[i];
	return true;
}

static bool all_seen(const struct place *place)
{
	size_t count = 0;

	while (place->fields[count].key)
		count++;
	return place->seen == (count ? UINT64_MAX >> (FLAT_FIELDS - count) : 0);
}

/* What every record begins with. */
static bool find_head(struct reader *reader, const unsigned char *key, size_t length)
{
	static const char *const heads[] = { "schema", "type", "program", "run" };
	const char *const wants[] = { NULL, reader->form->type, reader->form->program,
				      reader->run };

	for (unsigned int i = 0; i < 4; i++) {
		if (!is(heads[i], key, length))
			continue;
		if (reader->heads >> i & 1)
			return false;
		reader->heads |= 1u << i;
		reader->one = i == 0;
		reader->want = wants[i];
		return true;
	}
	return true;
}

static bool find_list(struct reader *reader, const unsigned char *key, size_t length)
{
	for (size_t i = 0; reader->form->lists && reader->form->lists[i].key; i++) {
		if (!is(reader->form->lists[i].key, key, length))
			continue;
		if (reader->lists_seen >> i & 1)
			return false;
		reader->lists_seen |= (uint64_t)1 << i;
		reader->list = &reader->form->lists[i];
	}
	return true;
}

static int take_key(void *context, const unsigned char *key, size_t length)
{
	struct reader *reader = context;

	if (reader->skipping)
		return 1;
	if (reader->level == LEVEL_ITEM)
		return find_field(reader, &reader->item, key, length);
	if (!find_field(reader, &reader->record, key, length))
		return 0;
	return reader->field || (find_head(reader, key, length) && find_list(reader, key, length));
}

static struct flat_items *items_of(const struct reader *reader)
{
	return (struct flat_items *)(reader->record.base + reader->list->offset);
}

/* Whether any value may stand here, because nobody wants it. */
static bool unwanted(const struct reader *reader)
{
	if (reader->skipping)
		return true;
	if (reader->level == LEVEL_ITEM)
		return !reader->field;
	return reader->level == LEVEL_RECORD && !reader->field && !reader->want && !reader->one &&
	       !reader->list;
}

static char *target(const struct reader *reader)
{
	return (reader->level == LEVEL_ITEM ? reader->item.base : reader->record.base) +
	       reader->field->offset;
}

static int store_count(struct reader *reader, uint64_t count)
{
	memcpy(target(reader), &count, sizeof(count));
	reader->field = NULL;
	return 1;
}

static int take_null(void *context)
{
	struct reader *reader = context;

	if (!reader->skipping && reader->field && reader->field->kind == FLAT_MAYBE_COUNT)
		return store_count(reader, FLAT_NULL);
	return unwanted(reader);
}

static int take_boolean(void *context, int value)
{
	(void)value;
	return unwanted(context);
}

static int take_integer(void *context, long long value)
{
	struct reader *reader = context;

	if (!reader->skipping && reader->field)
		return reader->field->kind != FLAT_TEXT && value >= 0 &&
		       store_count(reader, (uint64_t)value);
	if (!reader->skipping && reader->one) {
		reader->one = false;
		return value == 1;
	}
	return unwanted(reader);
}

static int take_double(void *context, double value)
{
	(void)value;
	return unwanted(context);
}

static int take_string(void *context, const unsigned char *text, size_t length)
{
	struct reader *reader = context;
	bool same;

	if (!reader->skipping && reader->field) {
		char *into = target(reader);

		if (reader->field->kind != FLAT_TEXT || length >= reader->field->size)
			return 0;
		memcpy(into, text, length);
		into[length] = '\0';
		reader->field = NULL;
		return 1;
	}
	if (reader->skipping || !reader->want)
		return unwanted(reader);
	same = is(reader->want, text, length);
	reader->want = NULL;
	return same;
}

/* Room for one more item of the list; NULL: there is none. */
static char *add_item(const struct reader *reader)
{
	struct flat_items *items = items_of(reader);
	size_t size = reader->list->item;
	char *item;

	if (items->count == items->room) {
		size_t room = items->room ? 2 * items->room : 16;
		void *list = realloc(items->list, room * size);

		if (!list)
			return NULL;
		items->list = list;
		items->room = room;
	}
	item = (char *)items->list + items->count++ * size;
	return memset(item, 0, size);
}

static int take_object(void *context)
{
	struct reader *reader = context;

	if (!reader->skipping && reader->level == LEVEL_OUTSIDE) {
		reader->level = LEVEL_RECORD;
		return 1;
	}
	if (!reader->skipping && reader->level == LEVEL_LIST) {
		reader->level = LEVEL_ITEM;
		reader->item =
			(struct place){ .fields = reader->list->fields, .base = add_item(reader) };
		return reader->item.base != NULL;
	}
	return unwanted(reader) && ++reader->skipping < DEPTH_LIMIT;
}

static int take_object_end(void *context)
{
	struct reader *reader = context;

	if (reader->skipping) {
		reader->skipping--;
		return 1;
	}
	if (reader->level == LEVEL_ITEM) {
		reader->level = LEVEL_LIST;
		return all_seen(&reader->item);
	}
	reader->level = LEVEL_OUTSIDE;
	reader->done = true;
	return 1;
}

static int take_array(void *context)
{
	struct reader *reader = context;

	if (!reader->skipping && reader->level == LEVEL_RECORD && reader->list) {
		items_of(reader)->count = 0;
		reader->level = LEVEL_LIST;
		return 1;
	}
	return unwanted(reader) && ++reader->skipping < DEPTH_LIMIT;
}

static int take_array_end(void *context)
{
	struct reader *reader = context;

	if (reader->skipping) {
		reader->skipping--;
		return 1;
	}
	reader->level = LEVEL_RECORD;
	reader->list = NULL;
	return 1;
}

static bool complete(const struct reader *reader)
{
	size_t lists = 0;

	while (reader->form->lists && reader->form->lists[lists].key)
		lists++;
	return reader->done && reader->heads == 0xf && all_seen(&reader->record) &&
	       reader->lists_seen == ((uint64_t)1 << lists) - 1;
}

/*
 * Only text in which parsers of JSON could not differ: no escapes, nothing but ASCII, no control
 * characters. In blocks, which compilers make a few instructions of.
 */
static bool is_plain(const char *line, size_t length)
{
	unsigned char odd = 0;
	size_t at = 0;

	for (; length - at >= 64; at += 64)
		for (size_t i = 0; i < 64; i++)
			odd |= (signed char)line[at + i] < 0x20 || line[at + i] == '\\';
	for (; at < length; at++)
		odd |= (signed char)line[at] < 0x20 || line[at] == '\\';
	return !odd;
}

bool flat_read(const struct flat_form *form, const char *run, const char *line, size_t length,
	       void *out)
{
	static const yajl_callbacks callbacks = {
		.yajl_null = take_null,
		.yajl_boolean = take_boolean,
		.yajl_integer = take_integer,
		.yajl_double = take_double,
		.yajl_string = take_string,
		.yajl_start_map = take_object,
		.yajl_map_key = take_key,
		.yajl_end_map = take_object_end,
		.yajl_start_array = take_array,
		.yajl_end_array = take_array_end,
	};
	struct reader reader = { .form = form, .run = run };
	yajl_handle handle;
	bool good;

	reader.record = (struct place){ .fields = form->fields, .base = out };
	if (!is_plain(line, length))
		return false;
	handle = yajl_alloc(&callbacks, NULL, &reader);
	if (!handle)
		return false;
	good = yajl_parse(handle, (const unsigned char *)line, length) == yajl_status_ok &&
	       yajl_complete_parse(handle) == yajl_status_ok && complete(&reader);
	yajl_free(handle);
	return good;
}

#include "faker/lines/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faker/lines/dataset.h"
#include "faker/lines/digits.h"
#include "faker/lines/schema.h"
#include "faker/lines/series.h"
#include "faker/lines/text.h"

struct builder {
	struct layout_measurement *measurement; /* the one under construction */
	struct text text;                       /* all pieces */
	struct text pending;                    /* constant text since the last part */
	struct part *part;                      /* the next free ones */
	struct piece *piece;
};

/* Ends the constant text, or whatever stands in its place. */
static struct piece take_pending(struct builder *builder)
{
	struct piece piece = {
		.at = (uint32_t)builder->text.length,
		.length = (uint32_t)builder->pending.length,
	};

	text_move(&builder->text, &builder->pending);
	return piece;
}

/* What follows the constant text is of KIND. */
static struct part *add_part(struct builder *builder, enum part_kind kind)
{
	struct part *part = builder->part++;

	part->kind = kind;
	part->before = take_pending(builder);
	return part;
}

static void add_piece(struct builder *builder, struct piece piece, size_t *longest)
{
	*builder->piece++ = piece;
	if (piece.length > *longest)
		*longest = piece.length;
}

/* Bytes of the longest number from LOW to HIGH, which is near one of them: 99.99, not 100. */
static size_t number_max(const struct part *part)
{
	const int64_t values[] = { part->low, part->low + 1, part->high - 1, part->high };
	size_t longest = 0;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		uint64_t magnitude = (uint64_t)(values[i] < 0 ? -values[i] : values[i]);
		char text[48], *end;
		size_t length;

		if (values[i] < part->low || values[i] > part->high)
			continue;
		end = part->decimals ? digits_decimal(text, magnitude, part->decimals)
				     : digits_whole(text, magnitude);
		length = (size_t)(end - text) + (values[i] < 0);
		if (length > longest)
			longest = length;
	}
	return longest;
}

/* The first USED values of TAG, if there are several. Returns the bytes of the longest. */
static size_t add_values(struct builder *builder, const struct schema_tag *tag, uint64_t used,
			 uint64_t every)
{
	struct part *part;
	size_t longest = 0;

	if (used == 1) {
		text_tag(&builder->pending, tag->key, tag->values[0]);
		return 0;
	}
	text_tag_prefix(&builder->pending, tag->key, "");
	part = add_part(builder, PART_VALUE);
	part->every = every;
	part->count = used;
	part->pieces = builder->piece;
	for (uint64_t i = 0; i < used; i++) {
		text_tag_value(&builder->pending, tag->values[i]);
		add_piece(builder, take_pending(builder), &longest);
	}
	return longest;
}

/* PREFIX1 to PREFIX of USED. */
static size_t add_counted(struct builder *builder, const struct schema_tag *tag, uint64_t used,
			  uint64_t every)
{
	struct part *part;
	char text[32];

	text_tag_prefix(&builder->pending, tag->key, tag->prefix);
	part = add_part(builder, PART_COUNTED);
	part->every = every;
	part->count = used;
	return (size_t)(digits_whole(text, used) - text);
}

/*
 * The series of a measurement count through its tags in turn, the first changing fastest, but the
 * one that grows slowest, and the last if there is none.
 */
static const struct schema_tag *slowest_tag(const struct schema_measurement *measurement)
{
	const struct schema_tag *growing = schema_growing_tag(measurement);

	return growing || measurement->tag_count == 0
		       ? growing
		       : &measurement->tags[measurement->tag_count - 1];
}

static void add_tags(struct builder *builder, const struct schema_measurement *schema)
{
	struct layout_measurement *measurement = builder->measurement;
	const struct schema_tag *slowest = slowest_tag(schema);
	uint64_t every = 1, faster = 1;

	for (size_t i = 0; i < schema->tag_count; i++)
		if (&schema->tags[i] != slowest &&
		    __builtin_mul_overflow(faster, schema->tags[i].count, &faster))
			faster = UINT64_MAX;
	for (size_t i = 0; i < schema->tag_count; i++) {
		const struct schema_tag *tag = &schema->tags[i];
		uint64_t before = tag == slowest ? faster : every;
		/* Those that all series of this measurement need. */
		uint64_t used = measurement->count ? (measurement->count - 1) / before + 1 : 1;

		if (tag != slowest) {
			if (used > tag->count)
				used = tag->count;
			if (__builtin_mul_overflow(every, tag->count, &every))
				every = UINT64_MAX;
		}
		measurement->line_max += tag->values ? add_values(builder, tag, used, before)
						     : add_counted(builder, tag, used, before);
	}
	measurement->tags_tail = builder->pending.length;
}

static const char *const suffixes[] = {
	[LP_FLOAT] = "",  [LP_INTEGER] = "i", [LP_UNSIGNED] = "u",
	[LP_STRING] = "", [LP_BOOLEAN] = "",
};

static void append_choice(struct text *text, const struct schema_field *field, const char *choice)
{
	if (field->type == LP_STRING) {
		text_string(text, choice);
	} else {
		text_append(text, choice);
		text_append(text, suffixes[field->type]);
	}
}

static size_t add_choices(struct builder *builder, const struct schema_field *field)
{
	struct part *part;
	size_t longest = 0;

	if (field->choice_count == 1) {
		append_choice(&builder->pending, field, field->choices[0]);
		return 0;
	}
	part = add_part(builder, PART_CHOICE);
	part->count = field->choice_count;
	part->pieces = builder->piece;
	for (size_t i = 0; i < field->choice_count; i++) {
		append_choice(&builder->pending, field, field->choices[i]);
		add_piece(builder, take_pending(builder), &longest);
	}
	return longest;
}

static size_t add_number(struct builder *builder, const struct schema_field *field)
{
	static const enum part_kind kinds[] = {
		[GENERATOR_UNIFORM] = PART_UNIFORM,
		[GENERATOR_WALK] = PART_WALK,
		[GENERATOR_COUNTER] = PART_COUNTER,
	};
	struct part *part = add_part(builder, kinds[field->generator]);
	uint64_t span = (uint64_t)(field->high - field->low);

	part->decimals = field->decimals;
	part->low = field->low;
	part->high = field->high;
	part->count = span + 1;
	if (part->kind == PART_WALK) {
		/* One bounce at a bound is enough for steps up to the whole range. */
		part->step = (uint64_t)field->step < span ? field->step : (int64_t)span;
		part->count = 2 * (uint64_t)part->step + 1;
	}
	if (part->kind == PART_COUNTER) {
		part->high = field->type == LP_FLOAT ? SCHEMA_FLOAT_MOST : SCHEMA_WHOLE_MOST;
		part->count = (uint64_t)field->step + 1;
	}
	builder->measurement->states += part->kind != PART_UNIFORM;
	text_append(&builder->pending, suffixes[field->type]);
	return number_max(part);
}

static void add_fields(struct builder *builder, const struct schema_measurement *schema)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct schema_field *field = &schema->fields[i];

		text_append(&builder->pending, i == 0 ? " " : ",");
		text_field(&builder->pending, field->key);
		builder->measurement->line_max += field->generator == GENERATOR_CHOICE
							  ? add_choices(builder, field)
							  : add_number(builder, field);
	}
}

static void write_sender(char text[static 64], const struct dataset_options *options,
			 uint32_t thread)
{
	snprintf(text, 64, ",sender=%" PRIu64 "i,sequence=", options->sender + thread);
}

static void add_measurement(struct builder *builder, const struct schema_measurement *schema,
			    const struct dataset_options *options)
{
	struct layout_measurement *measurement = builder->measurement;
	char sender[64], last[64];

	text_measurement(&builder->pending, schema->name);
	measurement->name_length = builder->pending.length;
	measurement->parts = builder->part;
	add_tags(builder, schema);
	measurement->fields = builder->part;
	add_fields(builder, schema);
	measurement->end = builder->part;
	if (options->sequence) {
		write_sender(sender, options, options->thread);
		write_sender(last, options, options->threads - 1);
		text_append(&builder->pending, sender);
		/* The same maximum for all threads. */
		measurement->line_max += strlen(last) - strlen(sender);
	}
	measurement->tail = take_pending(builder);
	measurement->line_max += measurement->tail.length;
	for (const struct part *part = measurement->parts; part < measurement->end; part++)
		measurement->line_max += part->before.length;
}

static bool allocate(struct layout *layout, const struct schema *schema)
{
	/* One of each to spare, as calloc() may return NULL for none. */
	size_t measurements = schema->measurement_count + 1, parts = 1, pieces = 1;

	for (size_t i = 0; i < schema->measurement_count; i++) {
		const struct schema_measurement *measurement = &schema->measurements[i];

		parts += measurement->tag_count + measurement->field_count;
		for (size_t k = 0; k < measurement->tag_count; k++)
			pieces += measurement->tags[k].values ? measurement->tags[k].count : 0;
		for (size_t k = 0; k < measurement->field_count; k++)
			pieces += measurement->fields[k].choice_count;
	}
	layout->measurement_count = schema->measurement_count;
	layout->measurements = calloc(measurements, sizeof(*layout->measurements));
	layout->parts = calloc(parts, sizeof(*layout->parts));
	layout->pieces = calloc(pieces, sizeof(*layout->pieces));
	return layout->measurements && layout->parts && layout->pieces;
}

static bool split_series(struct layout *layout, const struct schema *schema, uint64_t series)
{
	uint64_t *counts = calloc(schema->measurement_count, sizeof(*counts)), first = 0;

	if (!counts)
		return false;
	layout->series = series_split(schema, series, counts);
	for (size_t i = 0; i < schema->measurement_count; i++) {
		layout->measurements[i].first = first;
		layout->measurements[i].count = counts[i];
		first += counts[i];
	}
	free(counts);
	return true;
}

bool layout_open(struct layout *layout, const struct dataset_options *options)
{
	const struct schema *schema = options->schema;
	struct builder builder = { .part = NULL };

	*layout = (struct layout){ .text = NULL };
	if (!allocate(layout, schema) || !split_series(layout, schema, options->series))
		return false;
	builder.part = layout->parts;
	builder.piece = layout->pieces;
	for (size_t i = 0; i < schema->measurement_count; i++) {
		builder.measurement = &layout->measurements[i];
		add_measurement(&builder, &schema->measurements[i], options);
	}
	/* What is copied beyond the last piece. */
	if (text_reserve(&builder.text, PIECE_COPY))
		memset(builder.text.at + builder.text.length, 0, PIECE_COPY);
	layout->text = builder.text.at;
	free(builder.pending.at);
	return !builder.text.failed && !builder.pending.failed;
}

void layout_close(struct layout *layout)
{
	free(layout->measurements);
	free(layout->parts);
	free(layout->pieces);
	free(layout->text);
}

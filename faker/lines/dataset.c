#include "faker/lines/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "common/rng.h"
#include "faker/lines/digits.h"
#include "faker/lines/invalid.h"
#include "faker/lines/layout.h"
#include "faker/lines/series.h"
#include "faker/stride.h"

/* The random numbers of thread t are stream STREAM + t of the seed; others use small ones. */
#define STREAM (1ull << 32)

/* A counter begins at up to so many steps. */
#define COUNTER_START 1000

#define SEQUENCE_DIGITS 19

/* What a thread has of a measurement. */
struct owned {
	uint64_t first;  /* the number of its first series among those of the thread */
	int64_t *states; /* of walks and counters, series by series */
};

struct dataset {
	struct layout layout;
	struct rng rng;
	struct owned *owned;            /* by measurement */
	int64_t *states;                /* all of them */
	uint64_t count, number, stride; /* series of the thread; the next one, and the way on */
	uint64_t base, threads;         /* series NUMBER is NUMBER * THREADS + BASE of all */
	size_t measurement;             /* of the next series */
	uint64_t lines;                 /* made so far */
	uint64_t time, time_step, unit; /* ns: of the next line, between lines, per unit */
	double invalid;
	size_t invalid_kinds;
	enum timestamps timestamps;
	bool sequence;
};

/* The measurement of a series of the thread: the last one that begins before it or there. */
static inline size_t find_measurement(const struct dataset *dataset, uint64_t number)
{
	size_t at = 0, left = dataset->layout.measurement_count;

	while (left > 1) {
		size_t half = left / 2;

		at = dataset->owned[at + half].first <= number ? at + half : at;
		left -= half;
	}
	return at;
}

static inline int64_t *states_of(const struct dataset *dataset, size_t measurement, uint64_t number)
{
	const struct owned *owned = &dataset->owned[measurement];

	return owned->states +
	       (number - owned->first) * dataset->layout.measurements[measurement].states;
}

/* On to the next series, whose states may be far off in memory: they are asked for early. */
static inline void advance(struct dataset *dataset)
{
	uint64_t left = dataset->count - dataset->number, stride = dataset->stride;
	uint64_t number = stride < left ? dataset->number + stride : stride - left;
	const int64_t *states;
	size_t measurement;

	measurement = find_measurement(dataset, number);
	states = states_of(dataset, measurement, number);
	for (size_t i = 0; i < dataset->layout.measurements[measurement].states; i += 8)
		__builtin_prefetch(states + i, 1);
	dataset->number = number;
	dataset->measurement = measurement;
}

static inline char *put(char *to, const char *text, struct piece piece)
{
	memcpy(to, text + piece.at, PIECE_COPY);
	if (__builtin_expect(piece.length > PIECE_COPY, 0))
		memcpy(to + PIECE_COPY, text + piece.at + PIECE_COPY, piece.length - PIECE_COPY);
	return to + piece.length;
}

static inline char *put_number(char *to, int64_t value, unsigned int decimals)
{
	uint64_t magnitude = (uint64_t)(value < 0 ? -value : value);

	*to = '-';
	to += value < 0;
	return decimals ? digits_decimal(to, magnitude, decimals) : digits_whole(to, magnitude);
}

static inline char *put_tags(char *to, const struct layout *layout,
			     const struct layout_measurement *measurement, uint64_t series)
{
	for (const struct part *part = measurement->parts; part < measurement->fields; part++) {
		uint64_t value = part->every > 1 ? series / part->every : series;

		if (value >= part->count)
			value %= part->count;
		to = put(to, layout->text, part->before);
		if (part->kind == PART_VALUE)
			to = put(to, layout->text, part->pieces[value]);
		else
			to = digits_whole(to, value + 1);
	}
	return to;
}

/* Moves from VALUE, and turns around at a bound. */
static inline int64_t walk(const struct part *part, struct rng *rng, int64_t value)
{
	value += (int64_t)rng_below(rng, part->count) - part->step;
	value = value > part->high ? 2 * part->high - value : value;
	return value < part->low ? 2 * part->low - value : value;
}

static inline int64_t count_on(const struct part *part, struct rng *rng, int64_t value)
{
	value += (int64_t)rng_below(rng, part->count);
	return value > part->high ? 0 : value;
}

/* RNG is the caller's own, so that it stays in registers: any byte written could change it. */
static inline char *put_fields(char *to, const struct layout *layout,
			       const struct layout_measurement *measurement, int64_t *state,
			       struct rng *rng)
{
	for (const struct part *part = measurement->fields; part < measurement->end; part++) {
		int64_t value;

		to = put(to, layout->text, part->before);
		switch (part->kind) {
		case PART_UNIFORM:
			value = part->low + (int64_t)rng_below(rng, part->count);
			break;
		case PART_WALK:
			value = *state = walk(part, rng, *state);
			state++;
			break;
		case PART_COUNTER:
			value = *state = count_on(part, rng, *state);
			state++;
			break;
		default:
			to = put(to, layout->text, part->pieces[rng_below(rng, part->count)]);
			continue;
		}
		to = put_number(to, value, part->decimals);
	}
	return to;
}

/* TIME + STEP, or the beginning again when that is beyond what a time stamp holds. */
static uint64_t later(uint64_t time, uint64_t step)
{
	return step <= INT64_MAX - time ? time + step : DATASET_STEP_START;
}

static inline char *put_time(char *to, struct dataset *dataset, int64_t now)
{
	uint64_t time = now > 0 ? (uint64_t)now : 0;

	if (dataset->timestamps == TIMESTAMPS_STEP) {
		time = dataset->time;
		dataset->time = later(time, dataset->time_step);
	}
	*to++ = ' ';
	return digits_whole(to, dataset->unit > 1 ? time / dataset->unit : time);
}

size_t dataset_line(struct dataset *dataset, int64_t now, char *buffer, bool *invalid)
{
	const struct layout *layout = &dataset->layout;
	const struct layout_measurement *measurement = &layout->measurements[dataset->measurement];
	uint64_t number = dataset->number;
	int64_t *states = states_of(dataset, dataset->measurement, number);
	struct rng rng = dataset->rng;
	char *to = buffer, *fields, *fields_end;

	advance(dataset);
	to = put_tags(to, layout, measurement,
		      number * dataset->threads + dataset->base - measurement->first);
	fields = to + measurement->tags_tail;
	to = put_fields(to, layout, measurement, states, &rng);
	to = put(to, layout->text, measurement->tail);
	if (dataset->sequence) {
		to = digits_whole(to, dataset->lines);
		*to++ = 'i';
	}
	dataset->lines++;
	fields_end = to;
	if (dataset->timestamps != TIMESTAMPS_NONE)
		to = put_time(to, dataset, now);
	*to = '\n';
	*invalid = dataset->invalid > 0 && rng_unit(&rng) < dataset->invalid;
	if (*invalid) {
		const size_t places[INVALID_PLACES] = {
			[INVALID_TAGS] = measurement->name_length,
			[INVALID_FIELDS] = (size_t)(fields - buffer),
			[INVALID_FIELDS_END] = (size_t)(fields_end - buffer),
			[INVALID_END] = (size_t)(to - buffer),
		};

		to = buffer - 1 +
		     invalid_make(&invalid_kinds[rng_below(&rng, dataset->invalid_kinds)], buffer,
				  places);
	}
	dataset->rng = rng;
	return (size_t)(to - buffer) + 1;
}

/* The first state: walks anywhere in their range, counters after some time. */
static void fill_states(struct dataset *dataset, const struct layout_measurement *measurement,
			int64_t *state, uint64_t series)
{
	for (uint64_t i = 0; i < series; i++) {
		for (const struct part *part = measurement->fields; part < measurement->end;
		     part++) {
			uint64_t most = (uint64_t)part->high;

			if (part->kind == PART_WALK) {
				most = (uint64_t)(part->high - part->low);
			} else if (part->kind != PART_COUNTER) {
				continue;
			} else if ((part->count - 1) < most / COUNTER_START) {
				most = (part->count - 1) * COUNTER_START;
			}
			*state++ = part->low + (int64_t)rng_below(&dataset->rng, most + 1);
		}
	}
}

static bool open_states(struct dataset *dataset)
{
	const struct layout *layout = &dataset->layout;
	uint64_t total = 0;

	dataset->owned = calloc(layout->measurement_count, sizeof(*dataset->owned));
	if (!dataset->owned)
		return false;
	for (size_t i = layout->measurement_count, end = dataset->count; i-- > 0;) {
		uint64_t first = layout->measurements[i].first, before = 0, states;

		if (first > dataset->base)
			before = (first - dataset->base - 1) / dataset->threads + 1;
		dataset->owned[i].first = before;
		if (__builtin_mul_overflow(end - before, layout->measurements[i].states, &states) ||
		    __builtin_add_overflow(total, states, &total))
			return false;
		end = before;
	}
	dataset->states = calloc(total ? total : 1, sizeof(*dataset->states));
	if (!dataset->states)
		return false;
	total = 0;
	for (size_t i = 0; i < layout->measurement_count; i++) {
		uint64_t end = i + 1 < layout->measurement_count ? dataset->owned[i + 1].first
								 : dataset->count;
		uint64_t series = end - dataset->owned[i].first;

		dataset->owned[i].states = dataset->states + total;
		fill_states(dataset, &layout->measurements[i], dataset->owned[i].states, series);
		total += series * layout->measurements[i].states;
	}
	return true;
}

struct dataset *dataset_open(const struct dataset_options *options)
{
	struct dataset *dataset = calloc(1, sizeof(*dataset));
	uint64_t step;

	if (!dataset)
		return NULL;
	if (!layout_open(&dataset->layout, options))
		goto failed;
	rng_seed(&dataset->rng, options->seed, STREAM + options->thread);
	/* With fewer series than threads some threads have the same one. */
	dataset->threads = options->threads;
	dataset->base = options->thread % dataset->layout.series;
	dataset->count = (dataset->layout.series - dataset->base - 1) / options->threads + 1;
	dataset->stride = stride_of(dataset->count);
	if (!open_states(dataset))
		goto failed;
	dataset->measurement = find_measurement(dataset, 0);
	if (__builtin_mul_overflow(options->step, (uint64_t)options->thread, &step))
		step = UINT64_MAX;
	dataset->time = later(DATASET_STEP_START, step);
	if (__builtin_mul_overflow(options->step, (uint64_t)options->threads, &dataset->time_step))
		dataset->time_step = UINT64_MAX;
	dataset->unit = options->unit;
	dataset->timestamps = options->timestamps;
	dataset->sequence = options->sequence;
	dataset->invalid = options->invalid;
	dataset->invalid_kinds = invalid_count(options->schema);
	return dataset;
failed:
	dataset_close(dataset);
	return NULL;
}

void dataset_close(struct dataset *dataset)
{
	if (!dataset)
		return;
	layout_close(&dataset->layout);
	free(dataset->owned);
	free(dataset->states);
	free(dataset);
}

size_t dataset_line_max(const struct dataset_options *options)
{
	struct layout layout = { .measurements = NULL };
	bool opened = layout_open(&layout, options);
	char time[32];
	size_t most = 0;

	for (size_t i = 0; opened && i < layout.measurement_count; i++)
		if (layout.measurements[i].count > 0 && layout.measurements[i].line_max > most)
			most = layout.measurements[i].line_max;
	layout_close(&layout);
	if (!opened)
		return 0;
	if (options->sequence)
		most += SEQUENCE_DIGITS + strlen("i");
	if (options->timestamps != TIMESTAMPS_NONE)
		most += strlen(" ") +
			(size_t)(digits_whole(time, INT64_MAX / (int64_t)options->unit) - time);
	if (options->invalid > 0)
		most += INVALID_GROWTH;
	return most + strlen("\n");
}

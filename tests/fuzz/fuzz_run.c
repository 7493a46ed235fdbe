/*
 * The streams of a run, damaged in any way: reading them ends, what is wrong is said, and what is
 * left adds up. The input is no stream but what is done to whole ones, so that few bytes reach
 * deep: edits of lines, and of the numbers and bytes in them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/agreement.h"
#include "analysis/ledger.h"
#include "analysis/read/run_load.h"
#include "analysis/run.h"
#include "tests/fuzz/run_streams.h"

static char directory[] = "/tmp/fairport-fuzz-XXXXXX";

static void remove_all(void)
{
	for (size_t i = 0; i < STREAMS; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/%s", directory, streams[i].name);
		remove(path);
		free(streams[i].whole);
	}
	rmdir(directory);
}

static void make_all(void)
{
	streams_make();
	if (!mkdtemp(directory))
		abort();
	atexit(remove_all);
}

/* COUNT bytes at AT become LENGTH others. */
static void replace(struct stream *stream, size_t at, size_t count, const void *bytes,
		    size_t length)
{
	if (at > stream->used)
		at = stream->used;
	if (count > stream->used - at)
		count = stream->used - at;
	if (stream->used - count + length > LONGEST)
		return;
	memmove(stream->text + at + length, stream->text + at + count, stream->used - at - count);
	memcpy(stream->text + at, bytes, length);
	stream->used += length - count;
}

/* Where line NUMBER, counted round and round, begins; *LENGTH with its line feed. */
static size_t find_line(const struct stream *stream, unsigned int number, size_t *length)
{
	size_t lines = 0, at = 0;

	for (size_t i = 0; i < stream->used; i++)
		lines += stream->text[i] == '\n';
	for (number = lines ? number % (unsigned int)lines : 0; number > 0; number--)
		at = (size_t)((char *)memchr(stream->text + at, '\n', stream->used - at) -
			      stream->text) +
		     1;
	for (*length = 0; at + *length < stream->used; ++*length)
		if (stream->text[at + *length] == '\n') {
			++*length;
			break;
		}
	return at;
}

/* Line TO gets line FROM before it, of the same stream or of another. */
static void copy_line(struct stream *into, const struct stream *source, unsigned int from,
		      unsigned int to)
{
	static char line[LONGEST];
	size_t length, ignored, at = find_line(source, from, &length);

	memcpy(line, source->text + at, length);
	replace(into, find_line(into, to, &ignored), 0, line, length);
}

/* The first value after a byte of the line becomes another. */
static void replace_value(struct stream *stream, unsigned int line, size_t offset,
			  unsigned int which)
{
	static const char *const values[] = {
		"0",
		"-1",
		"-0",
		"1",
		"4",
		"4095",
		"4096",
		"1000000000",
		"1e300",
		"1e999",
		"1.5",
		"null",
		"true",
		"\"\"",
		"\"7\"",
		"[]",
		"{}",
		"\xff",
		"\"\\u0000\"",
		"9223372036854775807",
		"18446744073709551616",
		"72057594037927936",
		"2000000000",
		"NaN",
	};
	const char *value = values[which % (sizeof(values) / sizeof(values[0]))];
	size_t length, at = find_line(stream, line, &length);
	size_t end = at + length;

	at += length ? offset % length : 0;
	while (at < end && stream->text[at] != ':')
		at++;
	if (at < end)
		replace(stream, at + 1, strcspn(stream->text + at + 1, ",}]\n"), value,
			strlen(value));
}

/* Does what the first of SIZE bytes say; returns how many these were. */
static size_t edit(const uint8_t *data, size_t size)
{
	struct stream *stream = &streams[data[0] % STREAMS];
	size_t length, at, bytes = data[5] % 16;

	switch (data[1] % 6) {
	case 0:
		replace_value(stream, data[2], (size_t)data[3] << 8 | data[4], data[5]);
		return 6;
	case 1:
		copy_line(stream, &streams[data[4] % STREAMS], data[2], data[3]);
		return 6;
	case 2:
		at = find_line(stream, data[2], &length);
		replace(stream, at, length, "", 0);
		return 6;
	case 3: /* cut off in this line */
		at = find_line(stream, data[2], &length);
		stream->used = at + (length ? ((size_t)data[3] << 8 | data[4]) % length : 0);
		return 6;
	case 4: /* one stream becomes another, or nothing */
		stream->used = 0;
		if (data[2] & 1)
			replace(stream, 0, 0, streams[data[3] % STREAMS].whole,
				streams[data[3] % STREAMS].length);
		return 6;
	default:
		if (bytes > size - 6)
			bytes = size - 6;
		at = find_line(stream, data[2], &length);
		replace(stream, at + (length ? ((size_t)data[3] << 8 | data[4]) % length : 0),
			data[5] >> 4, data + 6, bytes);
		return 6 + bytes;
	}
}

static void write_all(void)
{
	for (size_t i = 0; i < STREAMS; i++) {
		char path[64];
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", directory, streams[i].name);
		remove(path);
		if (!streams[i].used)
			continue;
		file = fopen(path, "we");
		if (!file || fwrite(streams[i].text, 1, streams[i].used, file) != streams[i].used ||
		    fclose(file) != 0)
			abort();
	}
}

/* Sums of the parts are the whole. */
static void check_sums(const struct run *run)
{
	uint64_t packets = 0, lives = 0;

	for (size_t i = 0; i < run->worker_count; i++)
		packets += run->workers[i].counts.packets;
	for (size_t i = 0; i < run->lives.count; i++)
		lives += run->lives.list[i].counts.packets;
	if (packets != run->total.packets || lives != packets)
		abort();
	for (size_t p = 0; p < run->timeline.count; p++)
		if (run->timeline.points[p].end < run->timeline.points[p].start ||
		    (p && run->timeline.points[p].start < run->timeline.points[p - 1].end))
			abort();
}

static void check_ledgers(const struct run *run)
{
	struct packet_ledger packets;
	struct line_ledger lines;
	struct agreement agreement;

	ledger_packets(&packets, run);
	ledger_lines(&lines, run, &packets);
	agreement_check(&agreement, run);
	for (const struct ledger_row *row = packet_rows; row->key; row++)
		if (row->side != LEDGER_REST && ledger_amount(&packets, row)->value < 0)
			abort();
}

static void load(void)
{
	char *said = NULL;
	size_t length = 0;
	FILE *usual = stderr;
	struct run run;
	bool loaded;

	/* What sanitizers say goes to the descriptor. */
	stderr = open_memstream(&said, &length);
	loaded = run_load_any(&run, directory);
	fclose(stderr);
	stderr = usual;
	/* Nothing is left out without a word. */
	if ((!loaded || run.incomplete) && length == 0)
		abort();
	if (loaded && !run.blind) {
		check_sums(&run);
		check_ledgers(&run);
	}
	run_free(&run);
	free(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool made;

	if (!made)
		make_all();
	made = true;
	for (size_t i = 0; i < STREAMS; i++) {
		memcpy(streams[i].text, streams[i].whole, streams[i].length);
		streams[i].used = streams[i].length;
	}
	while (size >= 6) {
		size_t used = edit(data, size);

		data += used;
		size -= used;
	}
	write_all();
	load();
	return 0;
}

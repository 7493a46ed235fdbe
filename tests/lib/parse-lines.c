/* For tests/bench/parser: decodes a file in memory, ROUNDS times, and says how long each took. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/lp.h"

/* What was found, so that no compiler leaves anything out. */
struct found {
	uint64_t lines, tags, fields, rejected;
};

/* One pass over all lines; the name is what callgrind counts by. */
__attribute__((noinline)) void parse_lines(const char *text, size_t length, struct found *found)
{
	static struct lp_point point;
	struct lp_cursor cursor;
	struct lp_error error;
	enum lp_result result;

	lp_cursor_init(&cursor, text, length);
	while ((result = lp_next(&cursor, &point, &error)) != LP_END) {
		found->lines++;
		if (result == LP_REJECTED) {
			found->rejected++;
			continue;
		}
		found->tags += point.tag_count;
		found->fields += point.field_count;
	}
}

static char *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	char *text = NULL;

	if (!file || fstat(fileno(file), &status) != 0)
		return NULL;
	*length = (size_t)status.st_size;
	text = malloc(*length + 1);
	if (text && fread(text, 1, *length, file) != *length)
		text = NULL;
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	struct found found = { 0 };
	size_t length = 0;
	char *text = argc == 3 ? read_file(argv[1], &length) : NULL;
	long rounds = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	if (!text) {
		fprintf(stderr, "usage: parse-lines FILE ROUNDS\n");
		return 1;
	}
	for (long round = 0; round < rounds; round++) {
		uint64_t start, ns;

		found = (struct found){ 0 };
		start = clock_now();
		parse_lines(text, length, &found);
		ns = clock_now() - start;
		printf("%.1f %.1f\n", (double)length * 1e3 / (double)ns,
		       (double)ns / (double)found.lines);
	}
	fprintf(stderr,
		"%" PRIu64 " lines, %" PRIu64 " tags, %" PRIu64 " fields, %" PRIu64 " rejected\n",
		found.lines, found.tags, found.fields, found.rejected);
	free(text);
	return 0;
}

/*
 * What a file of records can be instead: cut off, foreign, damaged, not a file. What is whole is
 * taken, what is not is named with its line, and only the first few of such lines.
 */
#include "tests/unit/stream_scene.h"

#include "analysis/read/line_file.h"
#include "analysis/read/stream.h"
#include "common/message.h"

#define HEAD "{\"schema\":1,\"type\":\"header\",\"program\":\"fake\",\"run\":\"a\"}\n"
#define INTERVAL                                                                                   \
	"{\"schema\":1,\"type\":\"interval\",\"program\":\"fake\",\"run\":\"a\",\"n\":12}\n"

static const char *take(void *context, const char *type, json_t *record)
{
	char *taken = context;

	assert_string_equal(type, record_text(record, "type"));
	strncat(taken, type, 1);
	return strcmp(type, "wrong") == 0 ? "a wrong one" : NULL;
}

/* Reads a file of these bytes; what was taken is the first letters of the records' types. */
static void check(const char *bytes, size_t length, enum stream_result result, const char *taken,
		  const char *said)
{
	char got[256] = "", want[SCENE_TEXT] = "";
	struct scene scene;
	struct stream stream = { .directory = scene.directory,
				 .name = "fake.ndjson",
				 .program = "fake",
				 .take = take,
				 .context = got };
	enum stream_result read;

	scene_open(&scene);
	scene_write(&scene, "fake.ndjson", bytes, length);
	scene_listen(&scene);
	read = stream_read(&stream);
	scene_heard(&scene);
	for (size_t at = 0, line; said[at]; at += line + 1) {
		size_t used = strlen(want);

		line = strcspn(said + at, "\n");
		snprintf(want + used, sizeof(want) - used, "unit: warning: %s/fake.ndjson%.*s\n",
			 scene.directory, (int)line, said + at);
	}
	scene_close(&scene, (const char *const[]){ "fake.ndjson", NULL });
	assert_string_equal(scene.said, want);
	assert_string_equal(got, taken);
	assert_int_equal(read, result);
}

#define CHECK(text, result, taken, said) check(text, sizeof(text) - 1, result, taken, said)

static void whole_streams(void **state)
{
	(void)state;
	CHECK(HEAD INTERVAL, STREAM_READ, "hi", "");
	CHECK("", STREAM_READ, "", "");
	/* Windows' line ends, empty lines, and no line feed behind the last record. */
	CHECK("\n \t\r\n" HEAD "\r\n\n{\"schema\":1,\"type\":\"x\",\"program\":\"fake\"}\r\n"
	      "{\"schema\":1,\"type\":\"y\",\"program\":\"fake\"}",
	      STREAM_READ, "hxy", "");
}

static void streams_that_are_cut_off(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < sizeof(INTERVAL) - 2; cut++) {
		char text[sizeof(HEAD INTERVAL)];

		memcpy(text, HEAD INTERVAL, sizeof(text));
		check(text, sizeof(HEAD) - 1 + cut, STREAM_DAMAGED, "h",
		      ":2: cut off: the file ends within a record\n");
	}
}

static void foreign_lines(void **state)
{
	(void)state;
	CHECK("{\"schema\":1,\"type\":\"h\",\"program\":\"probe\"}\n" INTERVAL, STREAM_DAMAGED, "i",
	      ":1: a record of another program\n");
	CHECK("{\"schema\":2,\"type\":\"h\",\"program\":\"fake\"}\n" INTERVAL, STREAM_DAMAGED, "i",
	      ":1: a record of another schema; this program knows schema 1\n");
	CHECK("{\"schema\":\"1\",\"type\":\"h\",\"program\":\"fake\"}\n", STREAM_DAMAGED, "",
	      ":1: not a record: it has no \"schema\" or no \"program\"\n");
	CHECK(HEAD "[]\n{}\n{\"type\":1}\n" INTERVAL, STREAM_DAMAGED, "hi",
	      ":2: not an object\n:3: not a record: it has no \"type\"\n"
	      ":4: not a record: it has no \"type\"\n");
	CHECK("{\"schema\":1,\"type\":\"wrong\",\"program\":\"fake\"}\n", STREAM_DAMAGED, "w",
	      ":1: a wrong one\n");
}

/* Two streams in one file: the first one counts. */
static void records_of_two_runs(void **state)
{
	(void)state;
	CHECK(HEAD
	      "{\"schema\":1,\"type\":\"header\",\"program\":\"fake\",\"run\":\"b\"}\n" INTERVAL,
	      STREAM_DAMAGED, "hi", ":2: a record of another run\n");
	/* What names none belongs to it. */
	CHECK("{\"schema\":1,\"type\":\"x\",\"program\":\"fake\"}\n" HEAD, STREAM_READ, "xh", "");
}

static void damaged_lines(void **state)
{
	(void)state;
	CHECK(HEAD "{\"schema\":1,\"type\":\"x\0\",\"program\":\"fake\"}\n" INTERVAL,
	      STREAM_DAMAGED, "hi", ":2: not JSON: a NUL byte in column 22\n");
	CHECK(HEAD "\0\0\0\0", STREAM_DAMAGED, "h", ":2: not JSON: a NUL byte in column 1\n");
	CHECK(HEAD "{\"n\":1.}\n{\"n\":-}\n{\"n\":01}\n{\"n\":1e}\n", STREAM_DAMAGED, "h",
	      ":2: not JSON from column 7 on\n:3: not JSON from column 6 on\n"
	      ":4: not JSON from column 6 on\n:5: not JSON from column 7 on\n");
	CHECK(HEAD INTERVAL INTERVAL "{\"n\":1}{\"n\":2}\n", STREAM_DAMAGED, "hii",
	      ":4: not JSON from column 8 on\n");
}

/* JSON that is well formed, and yet says nothing that one could rely on. */
static void doubtful_lines(void **state)
{
	char deep[sizeof(HEAD) + 5001] = HEAD;

	(void)state;
	CHECK(HEAD "{\"n\":18446744073709551616}\n{\"n\":1e999}\n", STREAM_DAMAGED, "h",
	      ":2: a number that is too large, before column 25\n"
	      ":3: a number that is too large, before column 10\n");
	CHECK(HEAD "{\"n\":\"\xff\"}\n", STREAM_DAMAGED, "h", ":2: not UTF-8 behind column 6\n");
	CHECK(HEAD "{\"type\":\"x\",\"n\":1,\"n\":2}\n", STREAM_DAMAGED, "h",
	      ":2: a member that is there twice, in column 21\n");
	memset(deep + sizeof(HEAD) - 1, '[', 5000);
	strcat(deep, "\n");
	check(deep, strlen(deep), STREAM_DAMAGED, "h",
	      ":2: nested deeper than any record, in column 2049\n");
}

static void only_the_first_few_are_named(void **state)
{
	(void)state;
	CHECK("[]\n[]\n[]\n[]\n[]\n[]\n[]\n" HEAD "[]\n", STREAM_DAMAGED, "h",
	      ":1: not an object\n:2: not an object\n:3: not an object\n:4: not an object\n"
	      ":5: not an object\n: 3 more such lines\n");
}

/* A line beyond all measure is not kept in memory; what stands behind it is read. */
static void long_lines(void **state)
{
	size_t length = LINE_FILE_LONGEST, used = sizeof(HEAD) - 1, end = sizeof(INTERVAL) - 1;
	char *text = malloc(4 * length + used + end);

	(void)state;
	assert_non_null(text);
	memcpy(text, HEAD, used);
	memset(text + used, 'x', 4 * length);
	for (size_t extra = 0; extra < 3; extra++) {
		static const size_t lengths[] = { LINE_FILE_LONGEST + 1, 2 * LINE_FILE_LONGEST + 7,
						  4 * LINE_FILE_LONGEST - 1 };
		size_t at = used + lengths[extra];

		text[at] = '\n';
		memcpy(text + at + 1, INTERVAL, end);
		check(text, at + 1 + end, STREAM_DAMAGED, "hi",
		      ":2: longer than any record: more than 16 MiB\n");
		memset(text + at, 'x', end + 1);
	}
	check(text, used + 3 * length, STREAM_DAMAGED, "h",
	      ":2: longer than any record: more than 16 MiB\n");
	/* The longest that is read: not JSON, but looked at, as one word. */
	text[used + length] = '\n';
	memcpy(text + used + length + 1, INTERVAL, end);
	check(text, used + length + 1 + end, STREAM_DAMAGED, "hi",
	      ":2: not JSON from column 16777216 on\n");
	free(text);
}

/* A tree of it would take a hundred times its room. */
static void crowded_lines(void **state)
{
	size_t used = sizeof(HEAD) - 1, end = sizeof(INTERVAL), values = 512 * 1024 + 1;
	char *text = malloc(used + 3 * values + end + 64), *at = text;

	(void)state;
	assert_non_null(text);
	at = stpcpy(at, HEAD "{\"schema\":1,\"type\":\"x\",\"program\":\"fake\",\"l\":[");
	for (size_t i = 0; i < values; i++)
		at = stpcpy(at, "{},");
	at = stpcpy(at, "1]}\n" INTERVAL);
	check(text, (size_t)(at - text), STREAM_DAMAGED, "hi",
	      ":2: more in it than in any record: more than 524288 values\n");
	free(text);
}

/* Lines of every length about the size of the buffer, so that it ends at each place of one. */
static void buffers_that_end_anywhere(void **state)
{
	static char text[3 * 1024 * 1024];

	(void)state;
	for (size_t shift = 0; shift < sizeof(INTERVAL) + 2; shift++) {
		size_t used = 1024 * 1024 - sizeof(INTERVAL) + shift, head = sizeof(HEAD) - 1;

		memset(text, ' ', used);
		memcpy(text, HEAD, head);
		for (size_t at = head + 40; at < used; at += 997)
			text[at] = '\n';
		memcpy(text + used, "\n" INTERVAL INTERVAL, 2 * sizeof(INTERVAL) - 1);
		check(text, used + 2 * sizeof(INTERVAL) - 1, STREAM_READ, "hii", "");
	}
}

static enum stream_result read_in(struct scene *scene)
{
	char got[16] = "";
	struct stream stream = {
		.directory = scene->directory, .name = "fake.ndjson", .take = take, .context = got
	};
	enum stream_result result;

	scene_listen(scene);
	result = stream_read(&stream);
	scene_heard(scene);
	return result;
}

static void things_that_are_no_files(void **state)
{
	const char *const names[] = { "fake.ndjson", NULL };
	struct scene scene;

	(void)state;
	scene_open(&scene);
	assert_int_equal(read_in(&scene), STREAM_ABSENT);
	assert_string_equal(scene.said, "");
	assert_int_equal(mkdir(scene_path(&scene, "fake.ndjson"), 0700), 0);
	assert_int_equal(read_in(&scene), STREAM_DAMAGED);
	assert_non_null(strstr(scene.said, "fake.ndjson: Is a directory\n"));
	assert_int_equal(rmdir(scene_path(&scene, "fake.ndjson")), 0);
	/* Nobody writes to it: to wait would be for ever. */
	assert_int_equal(mkfifo(scene_path(&scene, "fake.ndjson"), 0600), 0);
	assert_int_equal(read_in(&scene), STREAM_DAMAGED);
	assert_non_null(strstr(scene.said, "fake.ndjson: Not a regular file\n"));
	scene_close(&scene, names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_streams),
		cmocka_unit_test(streams_that_are_cut_off),
		cmocka_unit_test(foreign_lines),
		cmocka_unit_test(records_of_two_runs),
		cmocka_unit_test(damaged_lines),
		cmocka_unit_test(doubtful_lines),
		cmocka_unit_test(only_the_first_few_are_named),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(crowded_lines),
		cmocka_unit_test(buffers_that_end_anywhere),
		cmocka_unit_test(things_that_are_no_files),
	};

	message_program("unit");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A text in pieces has the lines that it has as a whole, wherever it is cut. */
#include "tests/unit/helpers.h"

#include <errno.h>

#include "common/lp_stream.h"
#include "common/rng.h"

#define LONG 4096 /* longer than any text here */

/* The lines of a text as one text: "2!3:reason=LINE|", "4:LINE|". */
struct outcome {
	char text[1 << 16];
	size_t length;
};

static struct lp_point point;

static void note(struct outcome *to, uint64_t number, const struct lp_cursor *cursor,
		 enum lp_result result, const struct lp_error *error)
{
	char *at = to->text + to->length;

	assert_true(to->length + cursor->line_length + 64 < sizeof(to->text));
	at += sprintf(at, "%ju", (uintmax_t)number);
	if (result == LP_REJECTED)
		at += sprintf(at, "!%u%s%s=", error->column,
			      error->class == LP_REJECT_LIMIT ? "L:" : ":", error->reason);
	else
		*at++ = ':';
	memcpy(at, cursor->line, cursor->line_length);
	at += cursor->line_length;
	*at++ = '|';
	*at = '\0';
	to->length = (size_t)(at - to->text);
}

static void take_all(struct lp_stream *stream, struct outcome *to)
{
	struct lp_cursor cursor;
	struct lp_error error;
	enum lp_result result;

	while ((result = lp_stream_next(stream, &cursor, &point, &error)) != LP_END)
		note(to, stream->number, &cursor, result, &error);
}

/* Puts in LENGTH bytes, in a buffer that holds no more than it has to. */
static void put(struct lp_stream *stream, const char *text, size_t length, struct outcome *to)
{
	while (length > 0) {
		size_t room, piece;
		char *at;

		assert_int_equal(lp_stream_room(stream, &at, &room), 0);
		assert_true(room > 0);
		piece = length < room ? length : room;
		memcpy(at, text, piece);
		lp_stream_add(stream, piece);
		take_all(stream, to);
		text += piece;
		length -= piece;
	}
}

/* In pieces of FIRST bytes and then of PIECE. */
static void stream_text(const char *text, size_t length, size_t line_max, size_t first,
			size_t piece, struct outcome *to)
{
	struct lp_stream stream;
	size_t at = 0;

	to->length = 0;
	to->text[0] = '\0';
	assert_true(lp_stream_open(&stream, line_max, 0));
	while (at < length) {
		size_t bytes = at ? piece : first;

		if (bytes > length - at)
			bytes = length - at;
		put(&stream, text + at, bytes, to);
		at += bytes;
	}
	lp_stream_end(&stream);
	take_all(&stream, to);
	lp_stream_close(&stream);
}

/* Not looked at before it has ended, and then twice. */
static void keep_text(const char *text, size_t length, size_t line_max, struct outcome *to)
{
	struct lp_stream stream;
	size_t room;
	char *at;

	assert_true(lp_stream_open(&stream, line_max, length + 1));
	assert_int_equal(lp_stream_room(&stream, &at, &room), 0);
	memcpy(at, text, length);
	lp_stream_add(&stream, length);
	lp_stream_end(&stream);
	for (int round = 0; round < 2; round++) {
		to->length = 0;
		to->text[0] = '\0';
		lp_stream_rewind(&stream);
		take_all(&stream, to);
	}
	lp_stream_close(&stream);
}

/* What the decoder makes of all of it at once. */
static void decode_whole(const char *text, size_t length, struct outcome *to)
{
	struct lp_cursor cursor;
	struct lp_error error;
	enum lp_result result;

	to->length = 0;
	to->text[0] = '\0';
	lp_cursor_init(&cursor, text, length);
	while ((result = lp_next(&cursor, &point, &error)) != LP_END)
		note(to, cursor.line_number, &cursor, result, &error);
}

static void expect(const struct outcome *got, const char *want, const char *text, size_t first,
		   size_t piece)
{
	if (strcmp(got->text, want) != 0)
		fail_msg("\"%s\" in pieces of %zu and %zu:\n%s instead of\n%s", text, first, piece,
			 got->text, want);
}

static const char *const texts[] = {
	"",
	"a v=1\n",
	"a v=1",
	"a v=1\nb v=2",
	"a v=1\r\nb v=2\r\n",
	"a v=1\r",
	"\r",
	"\r\n\ra v=1\n",
	"\n\na v=1\n\n \nb v=2\n\n",
	"# one\na v=1\n  # two\r\nb v=2\n# three",
	"  a v=1 5  \n   ",
	"wrong\na v=1\nb\n",
	"a s=\"one\ntwo\" 1\nb v=2\n",
	"a s=\"x\\\"\ny\\\\\"\nb v=2",
	"a s=\"x\",t=\"\r\ny\"\r\nb v=2",
	"a,t=\" v=1\nb,t=\" v=2\n",
	"a v=x,s=\"\ny\"\nb v=2\n",
	"a s=\"x\nb v=2\nc v=3\n",
	"a s=\"x\nb s=\"y\"\nc v=3\n",
	"a s=\"x\"y t=\"\n\" 1\nb v=2\n",
	"a s=\"\xff\n\" 1\nb s=\"\xc3\xa4\n\" 1\n",
	"a s=\"x\n\"z\nb v=2\n",
	"a s=\"x\n\"\r\nb v=2\n",
	"a s=\"x\n\"\rb v=2\n",
	"a s=\"\\",
	"a s=\"\\\"",
	"a v=1 1x\nb v=18446744073709551616i\n",
};

static void test_every_cut(void **state)
{
	static struct outcome got, want;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *text = texts[i];
		size_t length = strlen(text);

		decode_whole(text, length, &want);
		for (size_t first = 1; first <= length + 1; first++) {
			stream_text(text, length, LONG, first, length, &got);
			expect(&got, want.text, text, first, length);
			stream_text(text, length, LONG, first, first, &got);
			expect(&got, want.text, text, first, first);
		}
	}
}

/* Of all bytes that mean something, so that every kind of error comes up. */
static size_t random_text(struct rng *rng, char *text, size_t most)
{
	static const char *const parts[] = { "\"",   "\n",     " ",       ",",   "=",
					     "\\",   "\r",     "#",       "a",   "1",
					     "t",    "m f=\"", "m f=1\n", "\" ", "\xc3\xa4",
					     "\xff", ",g=\"",  "\\\"" };
	size_t count = 1 + (size_t)rng_below(rng, 24), length = 0;

	for (size_t i = 0; i < count; i++) {
		const char *part = parts[rng_below(rng, COUNT(parts))];

		if (length + strlen(part) >= most)
			break;
		strcpy(text + length, part);
		length += strlen(part);
	}
	return length;
}

/* Pieces of each size give the same, and without long lines that is what the whole gives. */
static void test_random(void **state)
{
	static struct outcome got, want;
	struct rng rng;
	char text[128];

	(void)state;
	rng_seed(&rng, 1, 0);
	for (size_t round = 0; round < 30000; round++) {
		size_t length = random_text(&rng, text, sizeof(text));
		size_t line_max = round % 2 ? LONG : 1 + (size_t)rng_below(&rng, 16);

		if (line_max == LONG)
			decode_whole(text, length, &want);
		else
			stream_text(text, length, line_max, length, length, &want);
		for (size_t piece = 1; piece <= 5; piece++) {
			stream_text(text, length, line_max, piece, piece, &got);
			expect(&got, want.text, text, piece, piece);
		}
		keep_text(text, length, line_max, &got);
		expect(&got, want.text, text, length, 0);
		stream_text(text, length, line_max, 1 + (size_t)rng_below(&rng, length + 1), length,
			    &got);
		expect(&got, want.text, text, 0, length);
	}
}

/* Lines of at most eight bytes. */
static void test_long_lines(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "m f=1234\nm f=1\n", "1:m f=1234|2:m f=1|" },
		{ "m f=1234", "1:m f=1234|" },
		{ "m f=12345", "1!9L:line too long=m f=1234|" },
		{ "m f=12345\nm f=1\n", "1!9L:line too long=m f=1234|2:m f=1|" },
		{ "m f=1234\r\nm f=1\n", "1!9L:line too long=m f=1234|2:m f=1|" },
		{ "m f=\"ab\"\nm f=\"abc\"\nm f=1\n",
		  "1:m f=\"ab\"|2!9L:line too long=m f=\"abc|3:m f=1|" },
		/* Wrong in any case, but where it ends is not seen. */
		{ "m =1234567\nm f=1\n", "1!9L:line too long=m =12345|2:m f=1|" },
		/* A line feed within the string that was too long is counted. */
		{ "m f=\"\n\" 12345\nm f=1\n", "1!9L:line too long=m f=\"\n\" |3:m f=1|" },
		/* Closed too late is as good as not closed. */
		{ "m f=\"\nm f=\"\nm f=1\n",
		  "1!5:string without its closing quote=m f=\"|2!5:string without its closing "
		  "quote=m f=\"|3:m f=1|" },
		/* Blanks and comments are no lines, however long. */
		{ "#123456789\nm f=1\n", "2:m f=1|" },
		{ "      #123456789\nm f=1\n", "2:m f=1|" },
		{ "#12345678", "" },
		{ "                    \nm f=1\n", "2:m f=1|" },
		{ "                    \r\nm f=1\n", "2:m f=1|" },
		{ "                    ", "" },
		{ "#1\n#2\n#3\n#4\nm f=1234\n", "5:m f=1234|" },
	};
	static struct outcome got;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text = rows[i].text;
		size_t length = strlen(text);

		for (size_t piece = 1; piece <= length; piece++) {
			stream_text(text, length, 8, piece, piece, &got);
			expect(&got, rows[i].want, text, piece, piece);
		}
		keep_text(text, length, 8, &got);
		expect(&got, rows[i].want, text, length, 0);
	}
}

/* What needs nothing more is not waited for: somebody types. */
static void test_at_once(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "a v=1\n", "1:a v=1|" },
		{ "# x\na v=1\n\nb v=2\nc", "2:a v=1|4:b v=2|" },
		{ "wrong\n", "1!6:expected a tag or a field=wrong|" },
		{ "a s=\"x\"y\n", "1!8:unexpected text behind a string=a s=\"x\"y|" },
		{ "a v=x,s=\"y\"\n", "1!5:expected a field value=a v=x,s=\"y\"|" },
		/* The next line may close it. */
		{ "a s=\"x\n", "" },
		{ "a s=\"x\nb s=\"", "" },
		{ "a s=\"x\nb s=\"y", "1!5:string without its closing quote=a s=\"x|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct outcome got;
		struct lp_stream stream;

		for (size_t first = 1; first <= strlen(rows[i].text); first++) {
			got = (struct outcome){ .length = 0 };
			assert_true(lp_stream_open(&stream, LONG, 0));
			put(&stream, rows[i].text, first, &got);
			put(&stream, rows[i].text + first, strlen(rows[i].text) - first, &got);
			expect(&got, rows[i].want, rows[i].text, first, SIZE_MAX);
			lp_stream_close(&stream);
		}
	}
}

static void test_kept(void **state)
{
	static const char text[] = "a v=1\nwrong\nb v=2";
	static const char want[] = "1:a v=1|2!6:expected a tag or a field=wrong|3:b v=2|";
	static struct outcome got;
	struct lp_stream stream;
	size_t room;
	char *to;

	(void)state;
	assert_true(lp_stream_open(&stream, LONG, strlen(text)));
	put(&stream, text, strlen(text), &got);
	/* There is room for a byte more, which tells that it is one too many. */
	assert_int_equal(lp_stream_room(&stream, &to, &room), 0);
	lp_stream_end(&stream);
	take_all(&stream, &got);
	assert_string_equal(got.text, want);
	lp_stream_rewind(&stream);
	got.length = 0;
	take_all(&stream, &got);
	assert_string_equal(got.text, want);
	lp_stream_add(&stream, 1);
	assert_int_equal(lp_stream_room(&stream, &to, &room), -EMSGSIZE);
	lp_stream_close(&stream);
}

/* A kept text grows over several sizes of the buffer. */
static void test_kept_large(void **state)
{
	static const char line[] = "measurement,tag=value field=12345i 1700000000000000000\n";
	const size_t count = 100000;
	struct lp_cursor cursor;
	struct lp_stream stream;
	struct lp_error error;
	size_t found = 0;

	(void)state;
	assert_true(lp_stream_open(&stream, 1 << 20, count * strlen(line)));
	for (size_t i = 0; i < count; i++) {
		for (size_t at = 0, room; at < strlen(line); at += room) {
			char *to;

			assert_int_equal(lp_stream_room(&stream, &to, &room), 0);
			room = room < strlen(line) - at ? room : strlen(line) - at;
			memcpy(to, line + at, room);
			lp_stream_add(&stream, room);
		}
	}
	lp_stream_end(&stream);
	while (lp_stream_next(&stream, &cursor, &point, &error) == LP_POINT)
		found++;
	assert_int_equal(found, count);
	assert_int_equal(stream.number, count);
	lp_stream_close(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut),  cmocka_unit_test(test_random),
		cmocka_unit_test(test_long_lines), cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_kept),       cmocka_unit_test(test_kept_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The writers of INSERT, against a libpq that writes down what it is given. */
/* link: receiver/sinks/postgres/insert.c receiver/sinks/postgres/prepared.c */
/* link: receiver/sinks/postgres/sql.c receiver/sinks/postgres/types.c */
/* link: receiver/sinks/postgres/batch.c receiver/sinks/postgres/part.c */
/* link: receiver/sinks/postgres/rows.c receiver/sinks/postgres/cells.c */
/* link: receiver/sinks/postgres/json.c receiver/sinks/postgres/float_text.c */
#include "tests/unit/helpers.h"

#include "receiver/sinks/postgres/columns.h"
#include "receiver/sinks/postgres/table.h"
#include "receiver/sinks/postgres/template.h"
#include "receiver/sinks/postgres/writer.h"
#include "tests/unit/pg_scene.h"

/* sql.c needs these for tables that are made. */
const struct pg_fixed *pg_layout_next(const struct pg_shape *shape, const struct pg_fixed *fixed)
{
	(void)shape;
	return fixed;
}

void pg_template_put(const struct pg_template *template, const struct pg_template_values *values,
		     FILE *out)
{
	(void)template;
	(void)values;
	(void)out;
}

/* What libpq was given, a line each, and what the server would know. */
struct pg_conn {
	char *text;
	size_t length;
	FILE *out;
	unsigned int calls, refused; /* the call with this number fails; 0: none does */
	bool pipeline;
	uint64_t sent, flushed, synced; /* commands; those that will be answered for sure */
};

struct pg_result {
	ExecStatusType status;
	const char *tuples;
};

static PGconn server;

static int take(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int take(const char *format, ...)
{
	va_list arguments;

	if (++server.calls == server.refused)
		return 0;
	va_start(arguments, format);
	vfprintf(server.out, format, arguments);
	va_end(arguments);
	return 1;
}

int PQsendQuery(PGconn *connection, const char *query)
{
	assert_ptr_equal(connection, &server);
	assert_false(server.pipeline);
	server.sent++;
	return take("query %s\n", query);
}

int PQsendQueryParams(PGconn *connection, const char *command, int count, const Oid *types,
		      const char *const *values, const int *lengths, const int *formats, int format)
{
	assert_ptr_equal(connection, &server);
	assert_int_equal(count, 0);
	assert_true(!types && !values && !lengths && !formats && format == 1);
	server.sent++;
	return take("text %s\n", command);
}

int PQsendPrepare(PGconn *connection, const char *name, const char *query, int count,
		  const Oid *types)
{
	char text[200] = "";

	assert_ptr_equal(connection, &server);
	assert_string_equal(name, "");
	server.sent++;
	for (int i = 0; i < count; i++)
		sprintf(text + strlen(text), " %u", types[i]);
	return take("prepare %s:%s\n", query, text);
}

int PQsendQueryPrepared(PGconn *connection, const char *name, int count, const char *const *values,
			const int *lengths, const int *formats, int format)
{
	char text[200] = "";

	assert_ptr_equal(connection, &server);
	assert_string_equal(name, "");
	assert_int_equal(format, 1);
	server.sent++;
	for (int i = 0; i < count; i++) {
		assert_int_equal(formats[i], 1);
		if (values[i])
			sprintf(text + strlen(text), " %d:%.2x", lengths[i],
				(unsigned char)values[i][lengths[i] - 1]);
		else
			strcat(text, " NULL");
	}
	return take("row%s\n", text);
}

int PQenterPipelineMode(PGconn *connection)
{
	assert_false(connection->pipeline);
	connection->pipeline = true;
	return take("pipeline\n");
}

int PQexitPipelineMode(PGconn *connection)
{
	assert_true(connection->pipeline);
	connection->pipeline = false;
	return take("exit\n");
}

int PQpipelineSync(PGconn *connection)
{
	assert_true(connection->pipeline);
	connection->flushed = connection->synced = connection->sent;
	return take("sync\n");
}

int PQsendFlushRequest(PGconn *connection)
{
	assert_true(connection->pipeline);
	connection->flushed = connection->sent;
	return take("flush\n");
}

ExecStatusType PQresultStatus(const PGresult *result)
{
	return result ? result->status : PGRES_FATAL_ERROR;
}

char *PQcmdTuples(PGresult *result)
{
	return (char *)result->tuples;
}

static struct pg_column columns[] = {
	{ .name = "time", .length = 4 },
	{ .name = "a\"b", .length = 3 },
	{ .name = "text", .length = 4 },
};
static struct pg_table one = { .name = "one", .name_length = 3, .columns = columns },
		       two = { .name = "t\"wo", .name_length = 4, .columns = columns };
static struct pg_batch batch;
static const struct pg_writer *writer;
static void *writing;

static struct pg_part *add_part(struct pg_table *table, const char *letters)
{
	struct pg_heading headings[COUNT(columns)];

	return pg_batch_add_part(&batch, table, headings, headings_of(headings, letters));
}

static int setup(void **state)
{
	struct pg_part *part = add_part(&one, "jf");

	(void)state;
	write_row(part, "x'\\y|1.5", 0);
	write_row(part, "x|", 0);
	part = add_part(&two, "tis");
	write_row(part, "1767225600000001000|-7|it's", 0);
	write_row(part, "1767225600000001000||\\", 0);
	write_row(part, "1767225600000002000|8|$1", 0);
	part = add_part(&one, "b");
	write_row(part, "true", 0);
	memset(&server, 0, sizeof(server));
	server.out = open_memstream(&server.text, &server.length);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (writing)
		writer->free(writing);
	writing = NULL;
	pg_batch_clear(&batch);
	if (server.out)
		fclose(server.out);
	free(server.text);
	return 0;
}

/* The first ROWS of the batch; the texts are gone when it has begun. */
static bool start(const struct pg_writer *by, uint64_t rows, bool marks)
{
	char *schema = strdup("\"s\""), *check = strdup("C"), *mark = strdup("M");
	struct pg_piece piece = { &batch, rows, schema, check, marks ? mark : NULL };

	writer = by;
	writing = by->start(&piece, &server);
	free(schema);
	free(check);
	free(mark);
	return writing;
}

static enum pg_step answer(ExecStatusType status, const char *tuples)
{
	struct pg_result result = { status, tuples };

	return writer->result(writing, &server, &result);
}

static enum pg_step end_answer(void)
{
	return writer->result(writing, &server, NULL);
}

static void assert_progress(uint64_t parts, uint64_t stored, bool sent, bool done)
{
	const struct pg_progress *progress = writer->progress(writing);

	assert_int_equal(progress->parts, parts);
	assert_int_equal(progress->stored, stored);
	assert_int_equal(progress->sent, sent);
	assert_int_equal(writer->done(writing), done);
}

static void forget_given(void)
{
	fflush(server.out);
	rewind(server.out);
	memset(server.text, 0, server.length);
}

/* What libpq was given since the last time. */
static void assert_given(const char *want)
{
	fflush(server.out);
	assert_string_equal(server.text, want);
	forget_given();
}

static void test_insert(void **state)
{
	(void)state;
	assert_true(start(&pg_writer_insert, 6, true));
	assert_given("query INSERT INTO \"s\".\"one\" (\"time\", \"a\"\"b\") VALUES "
		     "( E'{\"a\":\"x''\\\\\\\\y\"}','1.5'),('{\"a\":\"x\"}',NULL);"
		     "INSERT INTO \"s\".\"t\"\"wo\" (\"time\", \"a\"\"b\", \"text\") VALUES "
		     "('2026-01-01 00:00:00.000001+00','-7','it''s'),"
		     "('2026-01-01 00:00:00.000001+00',NULL, E'\\\\'),"
		     "('2026-01-01 00:00:00.000002+00','8','$1');"
		     "INSERT INTO \"s\".\"one\" (\"time\") VALUES ('true');C;M\n");
	assert_progress(0, 0, true, false);
	assert_int_equal(answer(PGRES_COMMAND_OK, "2"), PG_STEP_GO_ON);
	assert_progress(1, 2, true, false);
	assert_int_equal(answer(PGRES_COMMAND_OK, "2"), PG_STEP_GO_ON);
	assert_int_equal(answer(PGRES_COMMAND_OK, "1"), PG_STEP_GO_ON);
	assert_progress(3, 5, true, false);
	assert_int_equal(answer(PGRES_TUPLES_OK, "1"), PG_STEP_GO_ON);
	assert_int_equal(answer(PGRES_COMMAND_OK, "1"), PG_STEP_GO_ON);
	assert_progress(3, 5, true, false);
	assert_int_equal(end_answer(), PG_STEP_GO_ON);
	assert_progress(3, 5, true, true);
	assert_given("");
}

static void test_insert_fewer(void **state)
{
	(void)state;
	assert_true(start(&pg_writer_insert, 1, false));
	assert_given("query INSERT INTO \"s\".\"one\" (\"time\", \"a\"\"b\") VALUES "
		     "( E'{\"a\":\"x''\\\\\\\\y\"}','1.5');C;\n");
	assert_int_equal(answer(PGRES_FATAL_ERROR, ""), PG_STEP_GO_ON);
	assert_progress(0, 0, true, false);
	assert_int_equal(end_answer(), PG_STEP_GO_ON);
	assert_progress(0, 0, true, true);
}

/* What the commands are for the whole batch, and how far it got before each. */
static const struct {
	const char *given, *tuples;
	uint64_t parts, stored;
} commands[] = {
	{ "text BEGIN\n", "", 0, 0 },
	{ "prepare INSERT INTO \"s\".\"one\" (\"time\", \"a\"\"b\") VALUES ($1,$2): 3802 701\n", "",
	  0, 0 },
	{ "row 14:7d 8:00\n", "1", 0, 0 },
	{ "row 10:7d NULL\n", "1", 0, 1 },
	{ "prepare INSERT INTO \"s\".\"t\"\"wo\" (\"time\", \"a\"\"b\", \"text\") "
	  "VALUES ($1,$2,$3): 1184 20 25\n",
	  "", 1, 2 },
	{ "row 8:01 8:f9 4:73\n", "1", 1, 2 },
	{ "row 8:01 NULL 1:5c\n", "0", 1, 3 },
	{ "row 8:02 8:08 2:31\n", "1", 1, 3 },
	{ "prepare INSERT INTO \"s\".\"one\" (\"time\") VALUES ($1): 16\n", "", 2, 4 },
	{ "row 1:01\n", "1", 2, 4 },
	{ "text C\n", "1", 3, 5 },
	{ "text M\n", "1", 3, 5 },
	{ "text COMMIT\n", "", 3, 5 },
};

#define LAST (COUNT(commands) - 1)

/* Each command waits for the one before it. */
static void test_prepared(void **state)
{
	(void)state;
	assert_true(start(&pg_writer_prepared, 6, true));
	for (size_t i = 0; i < COUNT(commands); i++) {
		assert_given(commands[i].given);
		assert_progress(commands[i].parts, commands[i].stored, i == LAST, false);
		assert_int_equal(answer(PGRES_COMMAND_OK, commands[i].tuples), PG_STEP_GO_ON);
		assert_given("");
		assert_int_equal(end_answer(), PG_STEP_GO_ON);
	}
	assert_progress(3, 5, true, true);
	assert_given("");
}

static void test_prepared_fewer(void **state)
{
	static const size_t given[] = { 0, 1, 2, 3, 4, 5, 10 };

	(void)state;
	assert_true(start(&pg_writer_prepared, 3, false));
	for (size_t i = 0; i < COUNT(given); i++) {
		assert_given(commands[given[i]].given);
		answer(PGRES_COMMAND_OK, commands[given[i]].tuples);
		end_answer();
	}
	assert_progress(2, 3, false, false);
	assert_given("text SELECT\n");
	answer(PGRES_TUPLES_OK, "1");
	end_answer();
	assert_given("text COMMIT\n");
}

/* Whatever fails, the transaction is ended, and never by COMMIT. */
static void test_prepared_errors(void **state)
{
	for (size_t bad = 0; bad < COUNT(commands); bad++) {
		assert_true(start(&pg_writer_prepared, 6, true));
		for (size_t i = 0; i < bad; i++) {
			answer(PGRES_COMMAND_OK, commands[i].tuples);
			end_answer();
		}
		forget_given();
		answer(PGRES_FATAL_ERROR, "");
		assert_int_equal(end_answer(), PG_STEP_GO_ON);
		assert_progress(commands[bad].parts, commands[bad].stored, bad == LAST,
				bad == LAST);
		if (bad < LAST) {
			assert_given("text ROLLBACK\n");
			answer(PGRES_COMMAND_OK, "");
			assert_int_equal(end_answer(), PG_STEP_GO_ON);
			assert_progress(commands[bad].parts, commands[bad].stored, false, true);
		}
		assert_given("");
		teardown(state);
		setup(state);
	}
}

/* All that comes between BEGIN and COMMIT. */
static void assert_pipelined(void)
{
	char want[2000] = "pipeline\n";

	for (size_t i = 1; i < LAST; i++)
		strcat(want, commands[i].given);
	strcat(want, "sync\n");
	assert_given(want);
}

static void test_pipeline(void **state)
{
	(void)state;
	assert_true(start(&pg_writer_pipeline, 6, true));
	assert_pipelined();
	for (size_t i = 1; i < LAST; i++) {
		assert_progress(commands[i].parts, commands[i].stored, true, false);
		assert_int_equal(answer(PGRES_COMMAND_OK, commands[i].tuples), PG_STEP_GO_ON);
		assert_int_equal(end_answer(), PG_STEP_GO_ON);
	}
	assert_progress(3, 5, true, false);
	assert_given("");
	assert_int_equal(answer(PGRES_PIPELINE_SYNC, ""), PG_STEP_GO_ON);
	assert_progress(3, 5, true, true);
	assert_given("exit\n");
}

static void test_pipeline_errors(void **state)
{
	for (size_t bad = 1; bad < LAST; bad++) {
		assert_true(start(&pg_writer_pipeline, 6, true));
		for (size_t i = 1; i < LAST; i++) {
			answer(i < bad    ? PGRES_COMMAND_OK
			       : i == bad ? PGRES_FATAL_ERROR
					  : PGRES_PIPELINE_ABORTED,
			       i < bad ? commands[i].tuples : "");
			assert_int_equal(end_answer(), PG_STEP_GO_ON);
		}
		assert_pipelined();
		assert_int_equal(answer(PGRES_PIPELINE_SYNC, ""), PG_STEP_GO_ON);
		assert_progress(commands[bad].parts, commands[bad].stored, true, true);
		assert_given("exit\n");
		teardown(state);
		setup(state);
	}
}

#define MANY 5000

static void make_many(void)
{
	struct pg_part *part;

	pg_batch_clear(&batch);
	part = add_part(&one, "i");
	for (unsigned int i = 0; i < MANY; i++)
		write_row(part, "1", 0);
}

/* Answers what the server, by what it was sent, has to answer. */
static void answer_flushed(uint64_t *answered, uint64_t bad)
{
	for (uint64_t end = server.flushed; *answered < end; ++*answered) {
		ExecStatusType status = *answered < bad    ? PGRES_COMMAND_OK
					: *answered == bad ? PGRES_FATAL_ERROR
							   : PGRES_PIPELINE_ABORTED;

		assert_int_equal(answer(status, *answered && *answered <= MANY ? "1" : ""),
				 PG_STEP_GO_ON);
		assert_int_equal(end_answer(), PG_STEP_GO_ON);
		assert_true(server.sent - *answered <= 300);
	}
}

static void run_many(uint64_t bad)
{
	uint64_t answered = 0;

	make_many();
	assert_true(start(&pg_writer_pipeline, MANY, true));
	/* Something is under way, and its answers will come, until it is all. */
	while (!server.synced) {
		assert_in_range(server.flushed - answered, 1, 300);
		answer_flushed(&answered, bad);
	}
	answer_flushed(&answered, bad);
	assert_int_equal(answered, server.sent);
	assert_false(writer->done(writing));
	assert_int_equal(answer(PGRES_PIPELINE_SYNC, ""), PG_STEP_GO_ON);
}

static void test_pipeline_bounds(void **state)
{
	(void)state;
	run_many(UINT64_MAX);
	assert_int_equal(server.sent, 1 + MANY + 2);
	assert_progress(1, MANY, true, true);
}

/* Behind an error, nothing more is sent than was under way. */
static void test_pipeline_stops(void **state)
{
	static const uint64_t bad[] = { 0, 1, 2, 127, 128, 129, 130, 2000, MANY / 2 };

	for (size_t i = 0; i < COUNT(bad); i++) {
		run_many(bad[i]);
		assert_true(server.sent <= bad[i] + 400);
		assert_progress(0, bad[i] ? bad[i] - 1 : 0, false, true);
		teardown(state);
		setup(state);
	}
}

/* Whichever call of libpq's fails: that is said, and nothing is done any more. */
static void test_lost(void **state)
{
	static const struct pg_writer *const all[] = { &pg_writer_insert, &pg_writer_prepared,
						       &pg_writer_pipeline };
	static const unsigned int calls[] = { 1, 13, 14 };

	for (size_t i = 0; i < COUNT(all); i++)
		for (unsigned int call = 1; call <= calls[i]; call++) {
			enum pg_step step = PG_STEP_GO_ON;

			server.refused = call;
			if (start(all[i], 6, true))
				for (size_t at = 0; at <= LAST && step == PG_STEP_GO_ON; at++) {
					answer(PGRES_COMMAND_OK, "1");
					step = end_answer();
				}
			if (writing && step == PG_STEP_GO_ON)
				step = answer(PGRES_PIPELINE_SYNC, "");
			assert_true(!writing || step == PG_STEP_LOST);
			assert_int_equal(server.calls, call);
			if (writing)
				assert_false(writer->done(writing));
			teardown(state);
			setup(state);
		}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_insert),          TEST(test_insert_fewer),
		TEST(test_prepared),        TEST(test_prepared_fewer),
		TEST(test_prepared_errors), TEST(test_pipeline),
		TEST(test_pipeline_errors), TEST(test_pipeline_bounds),
		TEST(test_pipeline_stops),  TEST(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

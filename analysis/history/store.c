#include "analysis/history/store.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/history/facts.h"
#include "analysis/history/numbers.h"
#include "analysis/history/server.h"
#include "common/datadir.h"
#include "common/message.h"

#define SCHEMA_FILE  "history/schema.sql"
#define SCHEMA_BYTES 65536
#define DIGITS       12 /* as in the file; measurements have all of them */

/*
 * Who stores the same run at the same time waits here for the other: the row is locked, whether
 * there was something to change or not.
 */
static const char insert_run[] =
	"INSERT INTO fairport.run AS r (run, scenario, version, commit, host, kernel, cpus, "
	"started, labels, options, verdict, summary) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7::integer, $8::timestamptz, $9::jsonb, $10::jsonb, $11, "
	"$12::jsonb) "
	"ON CONFLICT (run) DO UPDATE SET scenario = excluded.scenario, "
	"version = excluded.version, commit = excluded.commit, host = excluded.host, "
	"kernel = excluded.kernel, cpus = excluded.cpus, started = excluded.started, "
	"labels = excluded.labels, options = excluded.options, verdict = excluded.verdict, "
	"summary = excluded.summary "
	"WHERE r IS DISTINCT FROM excluded";

static const char insert_numbers[] =
	"WITH given AS (SELECT * FROM unnest($2::text[], $3::float8[], $4::text[]) "
	"AS g (key, value, unit)), "
	"gone AS (DELETE FROM fairport.measurement WHERE run = $1 AND key NOT IN "
	"(SELECT key FROM given)) "
	"INSERT INTO fairport.measurement AS m (run, key, value, unit) "
	"SELECT $1, key, value, unit FROM given "
	"ON CONFLICT (run, key) DO UPDATE SET value = excluded.value, unit = excluded.unit "
	"WHERE (m.value, m.unit) IS DISTINCT FROM (excluded.value, excluded.unit)";

/* A text for free(3); NULL after an error message. */
static char *read_schema(void)
{
	char path[PATH_MAX], *text = NULL;
	FILE *file = NULL;
	size_t length = 0;
	int error = datadir_path(path, sizeof(path), SCHEMA_FILE);

	if (!error) {
		file = fopen(path, "re");
		error = file ? 0 : -errno;
	}
	if (file) {
		text = calloc(1, SCHEMA_BYTES);
		length = text ? fread(text, 1, SCHEMA_BYTES - 1, file) : 0;
		if (length == 0)
			error = text ? -EIO : -ENOMEM;
		fclose(file);
	}
	if (!error)
		return text;
	free(text);
	message_error("could not read %s: %s", SCHEMA_FILE, strerror(-error));
	return NULL;
}

/*
 * CREATE SCHEMA IF NOT EXISTS is no protection from who makes it at the same moment: one after the
 * other. The number is any, of ours alone.
 */
static bool make_schema(PGconn *connection, const char *task)
{
	enum server_schema found;
	char *schema;
	bool done;

	if (!server_do(connection, task, "SELECT pg_catalog.pg_advisory_xact_lock(7233187210894)",
		       0, NULL))
		return false;
	found = server_schema(connection, task);
	if (found != SERVER_SCHEMA_NONE)
		return found == SERVER_SCHEMA_OURS;
	schema = read_schema();
	done = schema && server_script(connection, "make schema fairport", schema);
	free(schema);
	return done;
}

static bool insert_facts(PGconn *connection, const char *task, const struct run_facts *facts,
			 const json_t *summary)
{
	char cpus[24];
	char *labels = json_dumps(facts->labels, JSON_COMPACT);
	char *options = json_dumps(facts->options, JSON_COMPACT);
	char *document = json_dumps(summary, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
	const char *const values[] = {
		facts->id,
		facts->scenario,
		facts->version,
		facts->commit,
		facts->host,
		facts->kernel,
		facts->cpus > 0 ? cpus : NULL,
		*facts->started ? facts->started : NULL,
		labels,
		options,
		facts->verdict,
		document,
	};
	bool done = false;

	snprintf(cpus, sizeof(cpus), "%" PRId64, facts->cpus);
	if (labels && options && document)
		done = server_do(connection, task, insert_run, 12, values);
	else
		message_error("could not %s: out of memory", task);
	free(labels);
	free(options);
	free(document);
	return done;
}

enum column { KEYS, VALUES, UNITS, COLUMNS };

/* "{...}" for free(3); NULL: out of memory. */
static char *column_text(const struct numbers *numbers, enum column column)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	for (size_t i = 0; i < numbers->count; i++) {
		const struct number *number = &numbers->list[i];

		putc(i ? ',' : '{', out);
		if (column == KEYS)
			server_put_element(out, number->key);
		else if (column == VALUES)
			fprintf(out, "%.17g", number->value);
		else if (number->unit)
			server_put_element(out, number->unit);
		else
			fputs("NULL", out);
	}
	fputs(numbers->count ? "}" : "{}", out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static bool insert_measurements(PGconn *connection, const char *task, const char *run,
				const json_t *summary)
{
	struct numbers numbers;
	char *columns[COLUMNS] = { NULL };
	bool made = numbers_of(&numbers, summary) == 0, done = false;

	for (enum column i = 0; made && i < COLUMNS; i++) {
		columns[i] = column_text(&numbers, i);
		made = columns[i] != NULL;
	}
	if (made) {
		const char *const values[] = { run, columns[KEYS], columns[VALUES],
					       columns[UNITS] };

		done = server_do(connection, task, insert_numbers, 4, values);
	} else {
		message_error("could not %s: out of memory", task);
	}
	for (size_t i = 0; i < COLUMNS; i++)
		free(columns[i]);
	numbers_free(&numbers);
	return done;
}

static bool store(PGconn *connection, const char *task, const struct run_facts *facts,
		  const json_t *summary)
{
	enum server_schema found;

	/* Whatever the role's defaults are. */
	if (!server_do(connection, task, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", 0,
		       NULL))
		return false;
	found = server_schema(connection, task);
	if (found == SERVER_SCHEMA_OTHER ||
	    (found == SERVER_SCHEMA_NONE && !make_schema(connection, task)))
		return false;
	return insert_facts(connection, task, facts, summary) &&
	       insert_measurements(connection, task, facts->id, summary) &&
	       server_do(connection, task, "COMMIT", 0, NULL);
}

bool store_run(const char *conninfo, const struct run_facts *facts, const json_t *summary)
{
	char task[128];
	PGconn *connection;
	bool done;

	if (!facts->id) {
		message_error("could not store the run: its streams do not name it");
		message_hint("give the programs --run ID: that is what the history knows it by");
		return false;
	}
	snprintf(task, sizeof(task), "store run %.100s", facts->id);
	connection = server_connect("--store", conninfo);
	if (!connection)
		return false;
	/* What is not committed is rolled back when the connection ends. */
	done = store(connection, task, facts, summary);
	if (done)
		message_note("run %s is stored in database %s", facts->id, PQdb(connection));
	PQfinish(connection);
	return done;
}

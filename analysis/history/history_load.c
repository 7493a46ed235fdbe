/* The history as the server has it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/history/history.h"
#include "analysis/history/history_internal.h"
#include "analysis/history/server.h"
#include "common/message.h"

#define TASK "read the history"

#define OURS "concat_ws(' ', coalesce(r.version, 'unknown'), left(r.commit, 12))"
/* Of what was tested, which the user says; else of fairport. */
#define VERSION "coalesce(r.labels->>'version', " OURS ")"

/* What a group is named by, and what else tells its runs apart. */
static const struct {
	const char *name, *elsewhere;
} columns[] = {
	[GROUPING_VERSION] = { VERSION, "concat_ws(' ', r.host, r.kernel, " OURS ")" },
	[GROUPING_HOST] = { "coalesce(r.host, 'unknown')",
			    "concat_ws(' ', " VERSION ", r.kernel)" },
	[GROUPING_KERNEL] = { "coalesce(r.kernel, 'unknown')",
			      "concat_ws(' ', " VERSION ", r.host)" },
	[GROUPING_LABEL] = { "coalesce(r.labels->>$3::text, 'unknown')",
			     "concat_ws(' ', " VERSION ", r.host, r.kernel)" },
};

static size_t row_of(const struct history_options *options)
{
	return options->by.kind == GROUPING_NAME ? GROUPING_VERSION : options->by.kind;
}

/* {"KEY","KEY"} for free(3); NULL: out of memory. */
static char *key_array(const struct keys *keys)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	for (size_t i = 0; i < keys->count; i++) {
		putc(i ? ',' : '{', out);
		server_put_element(out, keys->list[i].path);
	}
	putc('}', out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static PGresult *ask_rows(PGconn *connection, const struct history *history,
			  const struct history_options *options)
{
	char sql[1536], *keys = key_array(&history->keys);
	const char *const values[] = { keys, options->scenario, options->by.text };
	bool by_label = options->by.kind == GROUPING_LABEL;
	PGresult *result = NULL;

	snprintf(
		sql, sizeof(sql),
		"SELECT scenario, name, elsewhere, key, value FROM ("
		"SELECT coalesce(r.scenario, '') AS scenario, %s AS name, %s AS elsewhere, m.key, "
		"m.value, r.started, r.run "
		"FROM fairport.run AS r JOIN fairport.measurement AS m USING (run) "
		"WHERE m.key = ANY ($1::text[]) AND ($2::text IS NULL OR r.scenario = $2)) AS rows "
		"ORDER BY scenario, array_position($1::text[], key), "
		"min(started) OVER (PARTITION BY scenario, key, name) NULLS LAST, name, "
		"started NULLS LAST, run",
		columns[row_of(options)].name, columns[row_of(options)].elsewhere);
	if (keys)
		result = server_ask(connection, TASK, sql, by_label ? 3 : 2, values);
	else
		message_error("could not " TASK ": out of memory");
	free(keys);
	return result;
}

static bool count_runs(PGconn *connection, struct history *history,
		       const struct history_options *options)
{
	const char *const values[] = { options->scenario, options->by.text };
	PGresult *result = server_ask(connection, TASK,
				      "SELECT count(*), count(labels->>$2::text) FROM fairport.run "
				      "WHERE $1::text IS NULL OR scenario = $1",
				      2, values);
	bool labelled;

	if (!result)
		return false;
	history->runs = strtoul(PQgetvalue(result, 0, 0), NULL, 10);
	labelled = strcmp(PQgetvalue(result, 0, 1), "0") != 0;
	PQclear(result);
	if (history->runs && options->by.kind == GROUPING_LABEL && !labelled) {
		message_error("could not " TASK ": no run has a label %s", options->by.text);
		message_hint("labels are given by --label KEY=VALUE of 'fairport-run', and of "
			     "'fairport-report --store'");
		return false;
	}
	if (history->runs)
		return true;
	message_error("could not " TASK ": there is no run%s%s in database %s",
		      options->scenario ? " of scenario " : "",
		      options->scenario ? options->scenario : "", PQdb(connection));
	message_hint("runs are stored by 'fairport-report DIR --store CONNINFO'");
	return false;
}

static bool take_rows(struct history *history, const PGresult *result)
{
	bool fits = true;

	for (int i = 0; fits && i < PQntuples(result); i++) {
		struct history_row row = { .scenario = PQgetvalue(result, i, 0),
					   .group = PQgetvalue(result, i, 1),
					   .elsewhere = PQgetvalue(result, i, 2),
					   .key = PQgetvalue(result, i, 3),
					   .value = strtod(PQgetvalue(result, i, 4), NULL) };

		/* Nothing that we store; but the table is everybody's. */
		if (isfinite(row.value))
			fits = history_add(history, &row);
	}
	fits = fits && history_figures(history);
	if (!fits)
		message_error("could not " TASK ": out of memory");
	return fits;
}

/* Whether at least one key has numbers; those that have none are named. */
static bool has_numbers(const struct history *history)
{
	for (size_t i = 0; i < history->keys.count; i++) {
		const struct key *key = &history->keys.list[i];
		bool found = false;

		for (size_t k = 0; k < history->count; k++)
			found |= history->series[k].key == key;
		if (!found && history->count)
			message_warning("no stored run has a number at %s", key->path);
		else if (!found)
			message_error("no stored run has a number at %s", key->path);
	}
	if (history->count == 0)
		message_hint("SELECT DISTINCT key FROM fairport.measurement; lists what there is");
	return history->count > 0;
}

static bool load_from(PGconn *connection, struct history *history,
		      const struct history_options *options)
{
	PGresult *rows;
	bool done = false;

	switch (server_schema(connection, TASK)) {
	case SERVER_SCHEMA_NONE:
		message_error("could not " TASK ": there is none in database %s", PQdb(connection));
		message_hint("runs are stored by 'fairport-report DIR --store CONNINFO'");
		return false;
	case SERVER_SCHEMA_OTHER:
		return false;
	default:
		break;
	}
	if (!count_runs(connection, history, options))
		return false;
	rows = ask_rows(connection, history, options);
	if (rows)
		done = take_rows(history, rows) && has_numbers(history);
	PQclear(rows);
	return done;
}

bool history_load(struct history *history, const struct history_options *options)
{
	PGconn *connection;
	bool done;

	*history = (struct history){ .series = NULL };
	if (!options->keys)
		keys_history(&history->keys);
	else if (!keys_parse(&history->keys, options->keys))
		return false;
	connection = server_connect("--history", options->conninfo);
	done = connection && load_from(connection, history, options);
	PQfinish(connection);
	return done;
}

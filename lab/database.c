#include "lab/database.h"

#include <errno.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/programs.h"
#include "common/received.h"

#define START_LIMIT (60 * NS_PER_SECOND)
#define STOP_LIMIT  (20 * NS_PER_SECOND)
#define ROLE        "fairport"
/* Part of the name of the socket. Said to both sides, because PGPORT may be set. */
#define PORT "5432"

/* Whom the server runs as, when we are root. */
static bool choose_user(struct process_place *place)
{
	const struct passwd *user;

	if (geteuid() != 0)
		return true;
	user = getpwnam("postgres");
	if (!user)
		user = getpwnam("nobody");
	if (!user || user->pw_uid == 0) {
		message_error("could not start PostgreSQL: it refuses to run as root, and there is "
			      "neither a user postgres nor nobody");
		return false;
	}
	place->uid = user->pw_uid;
	place->gid = user->pw_gid;
	return true;
}

static bool make_directory(struct database *database, const struct process_place *place)
{
	const char *parent = getenv("TMPDIR");

	if (!parent || !*parent)
		parent = "/tmp";
	/* It stands in a conninfo and in a setting that is a list, and the server starts in "/". */
	if (*parent != '/' || strpbrk(parent, " ,'\"\\") || strlen(parent) > 64) {
		message_error("could not make the private database in TMPDIR %s", parent);
		message_hint("it must be an absolute path of at most 64 bytes, without spaces, "
			     "commas and quotes: the server's socket stands there");
		return false;
	}
	/* Not in the run directory: the server's user may not be able to go there, and the path
	 * of a Unix socket has room for 107 bytes. */
	snprintf(database->directory, sizeof(database->directory), "%s/fairport-pg-XXXXXX", parent);
	if (!mkdtemp(database->directory)) {
		message_error("could not make directory %s: %s", database->directory,
			      strerror(errno));
		database->directory[0] = '\0';
		return false;
	}
	if (place->uid && chown(database->directory, place->uid, place->gid) != 0) {
		message_error("could not give %s to user %u: %s", database->directory, place->uid,
			      strerror(errno));
		return false;
	}
	return true;
}

static bool init_cluster(const struct database *database, const struct process_place *place,
			 struct interrupt *interrupt)
{
	char program[PATH_MAX], data[PATH_MAX + 8];
	char *const argv[] = { program, "-D",         data,        "-U",
			       ROLE,    "-A",         "trust",     "-E",
			       "UTF8",  "--locale=C", "--no-sync", "--no-instructions",
			       NULL };
	struct process init;

	if (!programs_find_postgres(program, sizeof(program), "initdb")) {
		message_error("could not find PostgreSQL's initdb in PATH or /usr/lib/postgresql");
		message_hint("install it with 'make deps', or use --database CONNINFO or none");
		return false;
	}
	snprintf(data, sizeof(data), "%s/data", database->directory);
	if (!process_start(&init, "initdb", place, argv))
		return false;
	/* It ends its own child, which otherwise leaves shared memory behind. */
	init.last_resort = SIGTERM;
	switch (process_await_end(&init, START_LIMIT, interrupt)) {
	case WAIT_DONE:
		break;
	default:
		process_stop(&init, SIGTERM, STOP_LIMIT, interrupt);
		return false;
	}
	if (process_exit_status(&init) == 0)
		return true;
	message_error("initdb failed with status %d; see %s/initdb.log", process_exit_status(&init),
		      place->logs);
	return false;
}

static bool await_server(struct database *database, const char *logs, struct interrupt *interrupt)
{
	uint64_t limit = clock_now() + START_LIMIT;

	while (clock_now() < limit) {
		if (PQping(database->conninfo) == PQPING_OK)
			return true;
		switch (process_await_end(&database->server, 20 * NS_PER_MS, interrupt)) {
		case WAIT_TIMEOUT:
			continue;
		case WAIT_SIGNAL:
			return false;
		default:
			message_error("PostgreSQL did not start; see %s/postgres.log", logs);
			return false;
		}
	}
	message_error("PostgreSQL did not answer in time; see %s/postgres.log", logs);
	return false;
}

/* PGSERVICE, PGOPTIONS and their like are about the user's servers, not about ours. */
static void forget_environment(void)
{
	PQconninfoOption *options = PQconndefaults();

	for (const PQconninfoOption *option = options; option && option->keyword; option++)
		if (option->envvar)
			unsetenv(option->envvar);
	PQconninfoFree(options);
	unsetenv("PGSERVICE");
}

bool database_start(struct database *database, const char *logs, struct interrupt *interrupt)
{
	struct process_place place = { .logs = logs, .new_group = true };
	char program[PATH_MAX], data[PATH_MAX + 8], sockets[PATH_MAX + 32];
	/* The cluster lives as long as the run: what only a power cut needs is off. */
	char *const argv[] = { program,
			       "-D",
			       data,
			       "-p",
			       PORT,
			       "-c",
			       "listen_addresses=",
			       "-c",
			       sockets,
			       "-c",
			       "fsync=off",
			       "-c",
			       "full_page_writes=off",
			       "-c",
			       "max_connections=600",
			       "-c",
			       "max_wal_size=4GB",
			       NULL };

	*database = (struct database){ .directory = "" };
	forget_environment();
	if (!choose_user(&place) || !make_directory(database, &place) ||
	    !init_cluster(database, &place, interrupt))
		return false;
	if (!programs_find_postgres(program, sizeof(program), "postgres")) {
		message_error("could not find the PostgreSQL server beside its initdb");
		return false;
	}
	snprintf(data, sizeof(data), "%s/data", database->directory);
	snprintf(sockets, sizeof(sockets), "unix_socket_directories=%s", database->directory);
	snprintf(database->conninfo, sizeof(database->conninfo),
		 "host=%s hostaddr='' port=" PORT " user=%s dbname=postgres", database->directory,
		 ROLE);
	if (!process_start(&database->server, "postgres", &place, argv))
		return false;
	/* "Immediate shutdown": after SIGKILL its shared memory would stay (postgres(1)). */
	database->server.last_resort = SIGQUIT;
	return await_server(database, logs, interrupt);
}

static bool count_table(PGconn *connection, const char *name, uint64_t *rows)
{
	char query[256], *quoted = PQescapeIdentifier(connection, name, strlen(name));
	PGresult *result;
	bool done;

	snprintf(query, sizeof(query), "SELECT count(*) FROM public.%s", quoted);
	PQfreemem(quoted);
	result = PQexec(connection, query);
	done = PQresultStatus(result) == PGRES_TUPLES_OK;
	if (done)
		*rows = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return done;
}

bool database_count(const struct database *database, struct ndjson *out)
{
	PGconn *connection = PQconnectdb(database->conninfo);
	PGresult *tables =
		PQexec(connection, "SELECT tablename FROM pg_catalog.pg_tables "
				   "WHERE schemaname = 'public' "
				   "AND tablename <> '" RECEIVED_OWN_TABLE "' ORDER BY 1");
	bool done = PQresultStatus(tables) == PGRES_TUPLES_OK;
	uint64_t sum = 0, rows = 0;
	int count = done ? PQntuples(tables) : 0;

	ndjson_begin(out, "header");
	ndjson_string(out, "server_version", PQparameterStatus(connection, "server_version"));
	ndjson_end(out);
	for (int i = 0; i < count && done; i++) {
		done = count_table(connection, PQgetvalue(tables, i, 0), &rows);
		if (!done)
			break;
		ndjson_begin(out, "table");
		ndjson_string(out, "table", PQgetvalue(tables, i, 0));
		ndjson_uint(out, "rows", rows);
		ndjson_end(out);
		sum += rows;
	}
	if (done) {
		ndjson_begin(out, "summary");
		ndjson_int(out, "tables", count);
		ndjson_uint(out, "rows", sum);
		ndjson_end(out);
	} else {
		message_error("could not count the rows: %s", PQerrorMessage(connection));
	}
	PQclear(tables);
	PQfinish(connection);
	return done;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info, (void)type, (void)walk;
	return remove(path);
}

void database_stop(struct database *database, struct interrupt *interrupt)
{
	/* SIGINT: "fast shutdown" (postgres(1)). */
	process_stop(&database->server, SIGINT, STOP_LIMIT, interrupt);
	if (database->directory[0] == '\0')
		return;
	if (nftw(database->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
		message_warning("could not remove %s: %s", database->directory, strerror(errno));
	database->directory[0] = '\0';
}

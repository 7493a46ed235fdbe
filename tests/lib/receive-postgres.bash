# What the files about storing in PostgreSQL share, beside receive.bash: one server for all tests of a
# file, and a database of its own for each test.
# shellcheck shell=bash

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	start_postgres
}

teardown_file() {
	stop_servers
}

setup() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
	sql "CREATE DATABASE test$BATS_TEST_NUMBER" >/dev/null
	export PGDATABASE=test$BATS_TEST_NUMBER
}

# send TEXT: one packet, its backslashes read as printf reads them. The shell's own printf would make
# a packet of each line.
send() {
	printf '%b' "$1" >packet
	cat packet >"/dev/udp/127.0.0.1/$PORT"
}

# send_lines: those of standard input, as they stand there; one packet.
send_lines() {
	cat >packet
	cat packet >"/dev/udp/127.0.0.1/$PORT"
}

# stored_soon COUNT [TABLE]: waits until so many rows are there.
stored_soon() {
	eventually 20 answers "SELECT count(*) FROM ${2:-m}" "$1"
}

# Ends the receiver, which has to leave with this exit status (0) and consistent records.
stop() {
	stop_receiver_with "${1:-0}"
	assert_books
}

# A new test: the receiver that ended leaves no trace in the database.
empty_database() {
	sql 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' 2>/dev/null
}

# Why lines were rejected, each reason once, as the samples of all workers say.
reasons() {
	ndjson receive.ndjson worker '.rejected_samples[].reason' | jq -r . | sort -u
}

# The tables, without the receiver's own.
tables() {
	sql "SELECT string_agg(relname, ' ' ORDER BY relname COLLATE \"C\") FROM pg_class
		WHERE relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'fairport_batches'
		AND relnamespace = 'public'::regnamespace"
}

# The columns of table $1 with their types.
columns() {
	sql "SELECT string_agg(attname || ' ' || atttypid::regtype, ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = '$1'::regclass AND attnum > 0 AND NOT attisdropped"
}

# What the rows of table $1 hold, a line each: time_ns, and what is not NULL, as column=value.
members() {
	sql "SELECT time_ns, (SELECT string_agg(key || '=' || value, ' ' ORDER BY key)
		FROM jsonb_each_text(jsonb_strip_nulls(to_jsonb(r) - 'time' - 'time_ns'))) FROM $1 AS r ORDER BY 1, 2"
}

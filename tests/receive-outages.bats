#!/usr/bin/env bats
# fairport-receive and a PostgreSQL server that stops, crashes, is cut off, or can store nothing for a
# while: every line has one fate, and SELECT count(*) says what the ledger says.
# SQL and text for other shells stand in single quotes; the libraries use postgres_under. Each test is a
# subshell to shellcheck.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive

# lives_through COMMAND...: under load, with what it does to the server; every line is stored.
lives_through() {
	start_store --workers 2
	start_numbered --source pool:64 --rate 10k
	eventually 20 has_stored 1500
	"$@"
	eventually 20 has_stored $(($(count_of stored) + 1500))
	stop_fake
	stop_receiver
	assert_all_stored
}

# For so long that lines come meanwhile.
stay_away() {
	end_server "$PGHOST"
	eventually 10 has_come $(($(count_of lines) + 1500))
	begin_server "$PGHOST"
}

stop_and_start() {
	end_server "$PGHOST"
	begin_server "$PGHOST"
}

crash_and_start() {
	crash_server "$PGHOST"
	begin_server "$PGHOST"
}

# PostgreSQL takes that for a crash of all.
kill_backend() {
	kill -KILL "$(sql "SELECT pid $SESSIONS LIMIT 1")"
	eventually 10 grep -q 'terminating any other active server processes' postgres.log
	eventually 10 answers 'SELECT 1' 1
}

@test "the server stops and comes back" {
	start_postgres
	lives_through stay_away
	assert_equal "$(grep -c 'warning: PostgreSQL cannot store at the moment, receiving goes on: ' receive.err)" 1
	assert_equal "$(grep -c 'PostgreSQL stores again, after ' receive.err)" 1
}

@test "the server is restarted" {
	start_postgres
	lives_through stop_and_start
}

@test "the server crashes, and recovers" {
	start_postgres
	lives_through crash_and_start
}

@test "a backend crashes, and the server ends all others" {
	start_postgres
	lives_through kill_backend
}

# Each time in the middle of a transaction.
cut_connections() {
	sql "DO \$\$
		DECLARE
			cuts int := 0;
		BEGIN
			WHILE cuts < $1 LOOP
				PERFORM pg_stat_clear_snapshot();
				SELECT cuts + count(pg_terminate_backend(pid, 10000)) INTO cuts
					$SESSIONS AND state = 'active' AND query LIKE '%COPY%';
			END LOOP;
		END
		\$\$"
}

@test "connections are cut 20 times in the middle of a transaction" {
	start_postgres
	start_store --workers 2 --flush 5ms
	start_numbered --source pool:64 --lines 10 --rate 1k
	cut_connections 20
	eventually 10 has_come 50000
	stop_fake
	stop_receiver
	assert_all_stored
}

@test "the server lets transactions take so little time that they must be small" {
	start_postgres
	sql "CREATE TABLE sensor (time timestamptz NOT NULL, sequence bigint);
		CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
			'BEGIN PERFORM pg_sleep(0.002); RETURN NEW; END';
		CREATE TRIGGER wait BEFORE INSERT ON sensor FOR EACH ROW EXECUTE FUNCTION wait();
		ALTER ROLE tester SET statement_timeout = '200ms'"
	start_store --workers 1 --batch-rows 500 --flush 1m
	numbered --count 50
	eventually 20 has_stored 500
	stop_receiver
	assert_all_stored
	grep -q 'canceling statement due to statement timeout' postgres.log
}

@test "a lock that another session holds is waited for, also when nothing comes any more" {
	start_postgres
	sql "CREATE TABLE sensor (time timestamptz NOT NULL); ALTER ROLE tester SET lock_timeout = '50ms'"
	start_store --workers 4
	hold_lock 'LOCK TABLE sensor'
	numbered --count 200 --source pool:64
	eventually 10 grep -q 'lock timeout' receive.err
	release_lock
	eventually 10 has_stored 2000
	stop_receiver
	assert_all_stored
	assert_equal "$(grep -c 'warning: PostgreSQL cannot store at the moment' receive.err)" 1
	assert_equal "$(grep -c 'PostgreSQL stores again' receive.err)" 1
}

@test "the disk is full: what could not be stored is, when there is space again" {
	require_root
	start_postgres
	end_server "$PGHOST"
	local space=$PGHOST/space
	mkdir "$space"
	# Where nobody else sees it, and gone with the server.
	postgres_under=(unshare --mount bash -euc 'mount -t tmpfs -o size=3m,mode=1777 tmpfs "$0"
		install -d -o postgres -m 700 "$0/files"; exec "$@"' "$space")
	begin_server "$PGHOST"
	sql "CREATE TABLESPACE small LOCATION '$space/files'"
	sql "CREATE TABLE sensor (time timestamptz NOT NULL) TABLESPACE small"
	start_store --workers 2
	start_numbered --source pool:64 --lines 10 --rate 2k
	eventually 20 grep -q 'warning: PostgreSQL cannot store at the moment.*No space left on device' receive.err
	eventually 10 has_come $(($(count_of lines) + 5000))
	nsenter --mount "--target=${servers[$PGHOST]}" mount -o remount,size=100m "$space"
	eventually 10 has_stored $(($(count_of lines)))
	stop_fake
	stop_receiver
	assert_all_stored
}

@test "the connection is lost about the COMMIT: what became of it is found out" {
	require_command perl
	start_postgres
	local writer how=(before behind between)
	for writer in copy insert prepared pipeline; do
		echo "$writer"
		start_proxy "${how[@]}" "${how[@]}" "${how[@]}"
		start_store --workers 2 --flush 20ms --writer $writer --database "host=$PROXIED"
		start_numbered --source pool:64 --rate 2k
		eventually 20 has_cut 9
		eventually 20 has_stored $(($(count_of stored) + 200))
		stop_fake
		stop_receiver
		stop_proxy
		assert_all_stored
		assert_equal "$(sql 'SELECT count(*) FROM fairport_batches')" 0
		sql 'DROP TABLE sensor'
	done
}

# A transaction that was committed just then may be among what is pending.
@test "workers are killed under load: no line is stored twice, and none is lost that is not named" {
	start_postgres
	start_store --workers 2 --flush 5ms
	start_numbered --source pool:64 --rate 10k
	local i pid
	for i in 1 2 3; do
		eventually 10 has_stored $(($(count_of stored) + 1000))
		pid=$(worker_pid $((i % 2)))
		kill -KILL "$pid"
		eventually 10 has_another $((i % 2)) "$pid"
	done
	stop_fake
	stop_receiver_with 2
	assert_books
	assert_equal "$(received '.packets + .drops')" "$(sent_lines)"
	assert_equal "$(sql 'SELECT count(*) = count(DISTINCT sequence) FROM sensor')" t
	assert_equal "$(received "$(rows) as \$rows | .stored <= \$rows and \$rows <= .stored + .pending")" true
}

# Whether $1 of the receiver's sessions wait in the trigger.
wait_in_trigger() {
	answers "SELECT count(*) $SESSIONS AND wait_event = 'advisory'" "$1"
}

@test "a transaction that was thought dead still commits: its rows are not stored again" {
	require_command perl
	start_postgres
	sql "CREATE TABLE sensor (time timestamptz NOT NULL);
		CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
			'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END';
		CREATE TRIGGER wait AFTER INSERT ON sensor FOR EACH STATEMENT EXECUTE FUNCTION wait()"
	hold_lock 'SELECT pg_advisory_xact_lock(1)'
	start_proxy between
	start_store --workers 1 --database "host=$PROXIED"
	numbered --count 50
	eventually 10 has_cut 1
	eventually 10 wait_in_trigger 2
	release_lock
	eventually 10 has_stored 500
	stop_receiver
	assert_all_stored
}

@test "without marks, what became of a transaction is not known: store errors" {
	require_command perl
	start_postgres
	sql 'CREATE ROLE plain LOGIN; CREATE TABLE sensor (time timestamptz NOT NULL, id text, humidity bigint,
		temperature double precision, sender bigint, sequence bigint); GRANT ALL ON sensor TO plain'
	start_store --workers 4 --database 'user=plain'
	numbered --count 100 --source pool:64
	eventually 10 has_stored 1000
	sql "SELECT pg_terminate_backend(pid, 1000) $SESSIONS" >/dev/null
	fake --schema sensor --sequence --sender 2 --count 100 --source pool:64 >/dev/null
	eventually 10 has_stored 1100
	stop_receiver
	assert_ledger
	assert_equal "$(grep -c 'warning: table fairport_batches cannot be used: .*permission denied' receive.err)" 1
	assert_equal "$(grep -c 'hint: without it' receive.err)" 1
}

# two_servers: PGHOST, and SECOND.
two_servers() {
	start_postgres
	make_cluster
	SECOND=$CLUSTER
	begin_server "$SECOND"
}

# How many rows both of them hold.
rows_of_both() {
	echo $(($(rows) + $(PGHOST=$SECOND rows)))
}

make_read_only() {
	sql 'ALTER SYSTEM SET default_transaction_read_only = on'
	sql 'SELECT pg_reload_conf()' >/dev/null
	eventually 10 answers 'SHOW default_transaction_read_only' on
}

@test "the server becomes read-only: the other one that is named takes over" {
	two_servers
	start_store --workers 2 --database "host=$PGHOST,$SECOND target_session_attrs=read-write"
	start_numbered --source pool:64 --rate 10k
	eventually 10 has_stored 1000
	make_read_only
	eventually 10 has_stored $(($(count_of stored) + 2000))
	stop_fake
	stop_receiver
	assert_books
	assert_equal "$(received '[.lines, .stored, .pending, .drops]')" "[$(sent_lines),$(sent_lines),0,0]"
	assert_equal "$(rows_of_both)" "$(sent_lines)"
	{ sql 'SELECT sequence FROM sensor' && PGHOST=$SECOND sql 'SELECT sequence FROM sensor'; } | sort -n >stored
	cmp stored <(seq 0 $(($(sent_lines) - 1)))
}

@test "the server becomes read-only before anything was stored" {
	two_servers
	start_store --workers 2 --database "host=$PGHOST,$SECOND target_session_attrs=read-write"
	eventually 10 answers "SELECT count(*) $SESSIONS AND state = 'idle' AND query LIKE '%fairport_batches%'" 2
	make_read_only
	numbered --count 100 --source pool:64
	eventually 10 has_stored 1000
	PGHOST=$SECOND
	stop_receiver
	assert_all_stored
}

@test "the server becomes read-only, and then comes the first line of another table" {
	two_servers
	start_store --workers 1 --database "host=$PGHOST,$SECOND target_session_attrs=read-write"
	echo 'm f=1' >lines
	fake --replay lines >/dev/null
	eventually 10 has_stored 1
	make_read_only
	numbered --count 100
	eventually 10 has_stored 1001
	stop_receiver
	assert_books
	assert_equal "$(rows)" 1
	assert_equal "$(PGHOST=$SECOND rows)" 1000
}

# Rows count as stored when the standby has them too. Any server that can be reached is taken, and found
# to be a standby.
@test "the primary dies, and its standby is promoted" {
	start_postgres
	make_cluster
	SECOND=$CLUSTER
	rm -r "$SECOND/data"
	(cd / && "${postgres_prefix[@]}" "$(postgres_program pg_basebackup)" -D "$SECOND/data" -R -c fast -X stream \
		--no-sync)
	begin_server "$SECOND"
	sql "ALTER SYSTEM SET synchronous_standby_names = '*'"
	sql 'SELECT pg_reload_conf()' >/dev/null
	eventually 10 answers 'SELECT sync_state FROM pg_stat_replication' sync
	start_store --workers 2 --flush 20ms --database "host=$PGHOST,$SECOND"
	start_numbered --source pool:64 --rate 10k
	eventually 10 has_stored 2000
	crash_server "$PGHOST"
	eventually 10 has_come $(($(count_of lines) + 2000))
	grep -q 'warning: PostgreSQL cannot store at the moment' receive.err
	PGHOST=$SECOND
	sql 'SELECT pg_promote()' >/dev/null
	eventually 20 has_stored $(($(count_of stored) + 3000))
	stop_fake
	stop_receiver
	assert_all_stored
}

@test "without a server, flat out: a worker stays below 64 MiB, and every line has its fate" {
	start_postgres
	local on_full protocol fate
	while IFS='|' read -r on_full protocol fate; do
		echo "$on_full"
		start_store --workers 1 --on-full "$on_full" --protocol "$protocol"
		numbered --protocol "$protocol" --count 100
		eventually 10 has_stored 1000
		end_server "$PGHOST"
		fake --schema sensor --lines 100 --count 6000 --protocol "$protocol" >/dev/null
		[ "$protocol" = udp ] || eventually 20 has_come 601000
		begin_server "$PGHOST"
		eventually 20 all_settled
		stop_receiver
		assert_ledger
		assert_equal "$(received "[.store_errors, .spooled - .unspooled, .lines - .stored - .dropped]")" '[0,0,0]'
		assert_equal "$(received "$fate")" true
		(($(ndjson receive.ndjson worker .peak_rss_bytes) < 64 * 1024 * 1024))
		sql 'DROP TABLE sensor'
	done <<-'TABLE'
		block|udp|.drops > 0 and .packets + .drops == 6100
		drop|tcp|.dropped > 0 and .lines == 601000
		spool:spool|tcp|.spooled > 0 and .lines == 601000
	TABLE
}

@test "a worker that leaves in an outage does not keep it from being over" {
	start_postgres
	sql "CREATE TABLE sensor (time timestamptz NOT NULL); ALTER ROLE tester SET lock_timeout = '50ms'"
	start_store --workers 4 --on-full "spool:$PWD/spool"
	hold_lock 'LOCK TABLE sensor'
	numbered --count 200 --source pool:64
	eventually 10 grep -q 'warning: PostgreSQL cannot store' receive.err
	# All have met it.
	eventually 10 counts_so '[.slots[].lines] | min > 0'
	eventually 10 answers "SELECT count(*) $SESSIONS AND query LIKE '%ALTER TABLE%'" 4
	control workers 1 >/dev/null
	eventually 10 counts_so '.workers | length == 1'
	release_lock
	eventually 20 all_settled
	eventually 10 grep -q 'PostgreSQL stores again' receive.err
	end_server "$PGHOST"
	eventually 10 grep -q 'warning: PostgreSQL cannot store.*connection' receive.err
	begin_server "$PGHOST"
	eventually 10 count_is lines '. == 2000'
	stop_receiver
	assert_all_stored
}

@test "a second signal ends the wait for a server: what was in memory is pending" {
	start_postgres
	start_store --workers 2
	numbered --count 100 --source pool:64
	eventually 10 has_stored 1000
	end_server "$PGHOST"
	numbered --count 100 --source pool:64
	eventually 10 has_come 2000
	kill -TERM "$RECEIVER"
	eventually 10 grep -q draining receive.err
	kill -INT "$RECEIVER"
	local status=0
	await_receiver || status=$?
	assert_equal "$status" 2
	assert_equal "$(received '[.lines, .stored, .pending]')" '[2000,1000,1000]'
}

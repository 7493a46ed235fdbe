#!/usr/bin/env bats
# Runs that are kept in PostgreSQL, and what is read from there. Each file has a server of its own.
#
# SQL and jq's own variables stand in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/repeats

setup() {
	require_command jq
	require_command psql
	cd "$BATS_TEST_TMPDIR" || return 1
	start_postgres
}

teardown() {
	stop_leftovers
}

# Stores run directory $1, in what PGHOST and its like name.
store() {
	"$BIN/fairport-report" "$1" --plots none --store "${2:-dbname=postgres}"
}

# Prints the history.
history_of() {
	"$BIN/fairport-report" --history dbname=postgres "$@"
}

# What changes whenever a row is written.
row_versions() {
	sql "SELECT xmin, ctid FROM fairport.$1 ORDER BY ctid"
}

@test "a run is stored with all that tells it from others, and its summary" {
	cp -r "$BATS_TEST_DIRNAME/data/skewed" run
	run -0 --separate-stderr store run
	assert_regex "$stderr" "run 20260131T230000Z-1 is stored in database postgres"
	run -0 sql "SELECT run, scenario, version, commit IS NULL, host, kernel, cpus, started AT TIME ZONE 'UTC',
		verdict, options->'receive'->>'workers' FROM fairport.run"
	assert_output '20260131T230000Z-1|skewed|0.1.0|t|lab|6.1.0|2|2026-01-31 23:00:00|few-flows|4'
	run -0 sql 'SELECT summary FROM fairport.run'
	# Whatever follows the analysis (expectations) is in the file alone.
	assert_equal "$(jq -S 'del(.expect)' <<<"$output")" "$(jq -S 'del(.expect)' run/summary.json)"
}

# jq's own paths and numbers are the independent list; pairs are compared as JSON.
@test "every number of summary.json is a measurement under its key path, and nothing else is" {
	cp -r "$BATS_TEST_DIRNAME/data/skewed" run
	store run
	sql "SELECT json_agg(json_build_array(key, value) ORDER BY key COLLATE \"C\") FROM fairport.measurement" >got
	jq -c '[paths(numbers) as $p | [($p | map(tostring) | join(".")), getpath($p)]]' run/summary.json >want
	assert_equal "$(jq 'length' want)" "$(sql 'SELECT count(*) FROM fairport.measurement')"
	[ "$(jq length want)" -gt 60 ]
	# What summary.json shows has 12 digits.
	run -0 jq -n --slurpfile got got --slurpfile want want '[$got[0], $want[0]] |
		map(map([.[0], .[1]]) | sort_by(.[0])) | transpose |
		map(select(.[0][0] != .[1][0] or (.[0][1] - .[1][1] | fabs) > (.[1][1] | fabs) * 1e-11))'
	assert_output "[]"
	run -0 sql "SELECT key, value, unit FROM fairport.measurement WHERE key IN ('rates.received_pps',
		'distribution.max_share', 'sender.late_ns.p50', 'ledger.packets.dropped.rcvbuf') ORDER BY key"
	assert_output 'distribution.max_share|1|
ledger.packets.dropped.rcvbuf|0|packets
rates.received_pps|100000|packets/s
sender.late_ns.p50|3327|ns'
}

@test "the same run again writes nothing; a changed one is replaced, and forgets what it lost" {
	make_run run one 0 100000
	store run
	local runs measurements
	runs=$(row_versions run)
	measurements=$(row_versions measurement)
	store run
	assert_equal "$(row_versions run)" "$runs"
	assert_equal "$(row_versions measurement)" "$measurements"
	assert_equal "$(sql "SELECT value FROM fairport.measurement WHERE key = 'rates.sent_pps'")" 100000
	make_run run one 0 80000
	store run
	assert_equal "$(sql "SELECT value FROM fairport.measurement WHERE key = 'rates.sent_pps'")" 80000
	assert_equal "$(sql 'SELECT count(*) FROM fairport.run')" 1
	assert_equal "$(sql "SELECT (summary->'rates'->>'sent_pps')::float8 FROM fairport.run")" 80000
	rm run/fake.ndjson
	store run
	assert_equal "$(sql "SELECT count(*) FROM fairport.measurement WHERE key = 'rates.sent_pps'")" 0
}

# How many sessions of the report wait for a lock.
waiting() {
	[ "$(sql "SELECT count(*) FROM pg_stat_activity
		WHERE application_name = 'fairport-report' AND wait_event_type = 'Lock'")" = "$1" ]
}

# Nobody can make a schema until all of them have found that there is none.
@test "many at once make the schema once, and each run is there" {
	local i pids=()
	for i in 1 2 3; do
		make_run "run$i" "run-$i" "$i" 100000
	done
	hold_lock 'LOCK TABLE pg_catalog.pg_namespace IN SHARE MODE'
	# Twice each, so that some store the same run at the same time.
	for i in 1 2 3 1 2 3; do
		store "run$i" >/dev/null 2>>errors 3>&- &
		pids+=($!)
	done
	eventually 20 waiting 6
	release_lock
	for i in "${pids[@]}"; do
		wait "$i" || cat errors
	done
	run -1 grep 'error:' errors
	assert_equal "$(sql 'SELECT count(*), count(DISTINCT run) FROM fairport.run')" "3|3"
	assert_equal "$(sql 'SELECT count(DISTINCT n) FROM (SELECT count(*) AS n FROM fairport.measurement GROUP BY run) AS m')" 1
}

@test "a run that cannot be stored whole leaves nothing" {
	make_run run one 0 100000
	store run
	sql 'DELETE FROM fairport.run'
	sql "ALTER TABLE fairport.measurement ADD CHECK (key <> 'rates.sent_pps')"
	run --separate-stderr -2 store run
	assert_regex "$stderr" "error: could not store run one: .*check constraint"
	assert_equal "$(sql 'SELECT count(*) FROM fairport.run')" 0
}

@test "what is wrong is said, and no password with it" {
	make_run run one 0 100000
	run --separate-stderr -2 store run "host=$BATS_TEST_TMPDIR/nowhere password=secret7"
	assert_regex "$stderr" "error: could not connect to PostgreSQL: .*nowhere"
	refute_regex "$stderr" secret7
	# libpq would name parts of these passwords, taking them for a host or a port.
	local uri
	for uri in user:top@secret7@localhost user:top/secret7@localhost user@top:secret7@localhost; do
		run --separate-stderr -2 store run "postgresql://$uri:1/history"
		assert_regex "$stderr" 'error: invalid value for --store: an "@" where a URI has none'
		refute_regex "$stderr" 'top|secret7'
	done
	run --separate-stderr -2 store run "postgresql://user:secret7@127.0.0.1:1/history?options=a@b"
	assert_regex "$stderr" "error: could not connect to PostgreSQL: .*127.0.0.1"
	refute_regex "$stderr" secret7
	run --separate-stderr -2 store run "hots=x password=secret7"
	assert_regex "$stderr" 'error: invalid value for --store: not a libpq connection string'
	refute_regex "$stderr" secret7
	sql "CREATE ROLE visitor LOGIN"
	run --separate-stderr -2 store run "dbname=postgres user=visitor"
	assert_regex "$stderr" "could not make schema fairport: permission denied for database postgres"
	assert_regex "$stderr" "hint: share/fairport/history/schema.sql says what has to be granted"
	store run
	run --separate-stderr -2 store run "dbname=postgres user=visitor"
	assert_regex "$stderr" "could not store run one: permission denied for"
	sql "UPDATE fairport.format SET version = 99"
	run --separate-stderr -2 store run
	assert_regex "$stderr" "schema fairport of this database has format 99, not 1"
	run --separate-stderr -1 history_of
	assert_regex "$stderr" "schema fairport of this database has format 99, not 1"
}

@test "a connection that breaks: what was to be done, that trying again is safe, and nothing half stored" {
	make_run run one 0 100000
	store run
	sql 'DELETE FROM fairport.run'
	hold_lock 'LOCK TABLE fairport.measurement'
	store run >out 2>err 3>&- &
	local pid=$! status=0
	eventually 20 waiting 1
	sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fairport-report'"
	wait "$pid" || status=$?
	release_lock
	assert_equal "$status" 2
	assert_regex "$(<err)" "error: could not store run one: .*terminating connection"
	assert_regex "$(<err)" "hint: the connection is lost: try again"
	assert_equal "$(sql 'SELECT count(*) FROM fairport.run')" 0
}

@test "what the schema's file says lets somebody else store and read" {
	make_run run one 0 100000
	sql "CREATE ROLE visitor LOGIN"
	psql -Xq -v ON_ERROR_STOP=1 -f "$BIN/../share/fairport/history/schema.sql"
	sql "GRANT USAGE ON SCHEMA fairport TO visitor;
		GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA fairport TO visitor"
	store run "dbname=postgres user=visitor"
	store run "dbname=postgres user=visitor"
	assert_equal "$(sql 'SELECT run FROM fairport.run')" one
}

@test "names that a terminal would obey are shown, not sent to it" {
	make_run run one 0 100000 "$(printf '1.0\033[31m\u202e')" "$(printf 'e\033]0;x\007ven')"
	store run >/dev/null
	run -0 history_of --key rates.sent_pps
	assert_line --index 0 'e?]0;x?ven: sent packets per second'
	assert_line --index 2 --regexp '^1\.0\?\[31m\? +1 '
}

@test "names that SQL and arrays give a meaning to" {
	make_run run "it's {\"a\",NULL}; \\x -- %s" 0 100000 "0.1'0"
	store run
	assert_equal "$(sql 'SELECT run, version FROM fairport.run')" "it's {\"a\",NULL}; \\x -- %s|0.1'0"
}

# Seven runs of 0.9, then four of 0.10: the order of time, not of names. Medians 103,000 and 121,500.
keep_two_versions() {
	local i
	for i in 1 2 3 4 5 6 7; do
		make_run "old$i" "old-$i" "$((i * 100))" "$((99000 + i * 1000))" 0.9 even "$((i * 500))"
		store "old$i"
	done
	for i in 1 2 3 4; do
		make_run "new$i" "new-$i" "$((2000 + i * 100))" "$((119000 + i * 1000))" 0.10
		store "new$i"
	done
	make_run other other 5000 50000 0.10 skewed
	store other
}

@test "the history by version: medians, intervals, and each scenario on its own" {
	keep_two_versions >/dev/null 2>&1
	run --separate-stderr -0 history_of --scenario even --key rates.sent_pps
	assert_equal "$stderr" ""
	assert_line --index 0 "even: sent packets per second"
	assert_line --index 1 --regexp '^version +runs +median +95 % interval +least +most$'
	assert_line --index 2 --regexp '^0\.9 +7 +103,000 +100,000 \.\. 106,000 +100,000 +106,000$'
	assert_line --index 3 --regexp '^0\.10 +4 +121,500 +120,000 +123,000$'
	assert_output --partial "it takes 6 runs to be 95 % sure of a median"
	refute_output --partial skewed
	refute_line --regexp '.{81}'
	run -0 history_of
	assert_output --partial "even: skew"
	assert_output --partial "skewed: received packets per second"
	refute_output --partial "Runs of several"
	sql "UPDATE fairport.run SET host = 'other' WHERE run = 'old-3'"
	run -0 history_of --scenario even
	assert_output --partial "Runs of several hosts or kernels, or by several versions of fairport, stand"
	run -0 history_of --scenario even --by host --key rates.sent_pps
	assert_line --regexp '^lab +10 '
	assert_line --regexp '^other +1 +102,000 +102,000 +102,000$'
}

@test "the history as pictures" {
	require_command gnuplot
	keep_two_versions >/dev/null 2>&1
	# It may be there already.
	mkdir out
	run --separate-stderr -0 history_of --out out
	assert_equal "$stderr" ""
	local name
	for name in even-rates.received_pps even-distribution.cv skewed-rates.received_pps; do
		[ -s "out/history-$name.svg" ]
		[ -s "out/history-$name.png" ]
	done
	run -0 grep -c '^' out/history-even-rates.received_pps.dat
	assert_output 17
	grep -q '0\.9 (7)' out/history-even-rates.received_pps.svg
	grep -q 'even: received packets per second by version' out/history-even-rates.received_pps.svg
	run --separate-stderr -2 history_of --out /dev/null/out
	assert_regex "$stderr" "could not make directory /dev/null/out: Not a directory"
}

# draw_groups N NAME: the picture of N versions called NAME1, NAME2, ..., each with one run of 2 ms.
draw_groups() {
	make_run run one 0 100000
	store run >/dev/null 2>&1
	sql "INSERT INTO fairport.run SELECT 'g' || i, repeat('long ', 14), '$2' || i, NULL, host, kernel, cpus,
			started + i * interval '1 day', labels, options, verdict, summary
		FROM fairport.run, generate_series(1, $1) AS i WHERE run = 'one';
		INSERT INTO fairport.measurement SELECT run, 'latency_ns.p99', 2e6, 'ns' FROM fairport.run
		WHERE run <> 'one'"
	history_of --scenario "$(printf 'long %.0s' {1..14})" --key latency_ns.p99 --out out
}

# The text of the picture, an element a line.
drawn_text() {
	sed -nE 's/<tspan[^>]*>|<\/tspan>//g; s|.*<text>(.+)</text>.*|\1|p' out/*.svg
}

@test "a picture of durations, of long names, and of more versions than there is room for" {
	require_command gnuplot
	run -0 draw_groups 70 a-version-with-a-name-of-its-own-
	refute_line --regexp '.{81}'
	drawn_text >text
	# Every third one has its name, of which the end is what differs.
	grep -qx 'a-version-with\.\.f-its-own-70 (1)' text
	assert_equal "$(grep -c '^a-version-with\.\.[of-]*its-own-[0-9]* (1)$' text)" 24
	grep -qx 'ms, not from 0 on' text
	grep -qx 'long long long long long long lon\.\.: latency until received, 99 % by version' text ||
		fail "$(<text)"
}

@test "labels: of the manifest, of --label, and in place of fairport's version" {
	local i
	for i in 1 2 3 4; do
		make_run "run$i" "run-$i" "$((i * 100))" "$((100000 + i * 1000))"
		jq --arg version "2.$((i / 3))" '.labels = {version: $version, tuning: "it'"'"'s {\"a\"}", odd: 7}' \
			"run$i/manifest.json" >manifest.new
		mv manifest.new "run$i/manifest.json"
		store "run$i"
	done
	make_run old old 0 90000
	store old
	assert_equal "$(jq -c .run.labels run1/summary.json)" '{"version":"2.0","tuning":"it'"'"'s {\"a\"}"}'
	run -0 history_of --key rates.sent_pps
	assert_line --index 2 --regexp '^0\.1\.0 +1 +90,000 '
	assert_line --index 3 --regexp '^2\.0 +2 +101,500 '
	assert_line --index 4 --regexp '^2\.1 +2 +103,500 '
	refute_output --partial "Runs of several"
	run -0 history_of --key rates.sent_pps --by tuning
	assert_line --index 1 --regexp '^tuning +runs '
	assert_line --index 2 --regexp '^unknown +1 '
	assert_line --index 3 --regexp "^it's \{\"a\"\} +4 "
	assert_output --partial "Runs of several versions, hosts or kernels stand"
	"$BIN/fairport-report" run4 --plots none --store dbname=postgres --label version=3 --label build=nightly
	assert_equal "$(sql "SELECT labels->>'version', labels->>'build', labels->>'tuning' IS NOT NULL, version
		FROM fairport.run WHERE run = 'run-4'")" "3|nightly|t|0.1.0"
	run --separate-stderr -1 "$BIN/fairport-report" run4 --label version=3
	assert_regex "$stderr" "error: --label goes with --store"
	run --separate-stderr -1 "$BIN/fairport-report" run4 --store dbname=postgres --label version
	assert_regex "$stderr" 'invalid value "version" for --label \(expected KEY=VALUE'
}

# What fairport-explain keeps of a server that is not ours: no manifest, and no records of its own.
@test "a run of the probe alone: when and where it was, and by labels what" {
	mkdir seen
	jq -c '., if .type == "worker" then . + {type: "socket", protocol: "udp", port: 8089, dropped: 0,
		open: true, queue_packets: 0} else empty end' "$BATS_TEST_DIRNAME/data/skewed/probe.ndjson" >seen/probe.ndjson
	store seen
	run -0 sql "SELECT scenario IS NULL, version, host, kernel, cpus, started AT TIME ZONE 'UTC',
		options->'probe'->>'port' FROM fairport.run"
	assert_output "t|0.1.0|lab|6.1.0|2|2026-01-31 23:00:00|8089"
	"$BIN/fairport-report" seen --plots none --store dbname=postgres --label scenario=dns --label version=9.18
	run -0 history_of --scenario dns --key distribution.max_share
	assert_line --index 0 "dns: share of the busiest worker"
	assert_line --index 2 --regexp '^9\.18 +1 +1 '
}

@test "the queries of the documentation answer" {
	keep_two_versions >/dev/null 2>&1
	awk '/^```/ { inside = $0 == "```sql"; number += inside; next } inside { print >"query" number ".sql" }' \
		"$TOP/docs/history.md"
	run -0 psql -XAt -v ON_ERROR_STOP=1 -f query1.sql
	assert_output 'even|0.9|7|0
even|0.10|4|0
skewed|0.10|1|0'
	run -0 psql -XAt -F ' ' -v ON_ERROR_STOP=1 -c "SET TimeZone = 'UTC'" -f query2.sql
	# Times are whole nanoseconds, so the rates are not quite. Before it: 100,000 to 106,000, 120,000.
	assert_line --regexp '^new-2 .* 120999\.99[0-9]* 103499\.99[0-9]*$'
	[ ! -e query3.sql ]
}

@test "a history that is not there, or has nothing of what is asked for" {
	run --separate-stderr -1 history_of
	assert_regex "$stderr" "could not read the history: there is none in database postgres"
	make_run run one 0 100000
	store run
	run --separate-stderr -1 history_of --scenario odd
	assert_regex "$stderr" "there is no run of scenario odd in database postgres"
	run --separate-stderr -1 history_of --key no.such_key
	assert_regex "$stderr" "no stored run has a number at no.such_key"
	run --separate-stderr -1 history_of --key rates.sent_pps,,
	assert_regex "$stderr" 'invalid value "rates.sent_pps,," for --key'
	run --separate-stderr -1 history_of --by server
	assert_regex "$stderr" "could not read the history: no run has a label server"
	run --separate-stderr -1 history_of --by 'a b'
	assert_regex "$stderr" 'invalid value "a b" for --by'
	run --separate-stderr -0 history_of --key rates.sent_pps,no.such_key
	assert_regex "$stderr" "warning: no stored run has a number at no.such_key"
}

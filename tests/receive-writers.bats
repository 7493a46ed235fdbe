#!/usr/bin/env bats
# fairport-receive --writer, --flush, --batch, --batch-rows: rows are the same whoever writes them, one
# that is refused costs itself only, and they go in transactions of many.
#
# SQL and jq stand in single quotes.
# shellcheck disable=SC2016,SC2030,SC2031

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive
load lib/receive-postgres

WRITERS=(copy insert prepared pipeline)

# Every type, two tables, and texts that need quoting.
all_types() {
	cat <<-'SCHEMA'
		measurement orders
		tag shop    values Berlin "New York" "d'Or" "\"x\", \\y\\z"
		tag till    count 9
		field items integer  uniform -1000000000 1000000000
		field sum   float    uniform -1 1 decimals 6
		field large float    choice 1e300 5e-324 -0 0.1 1e22 123456789.125
		field seen  unsigned choice 18446744073709551615 0 10000 9007199254740993
		field paid  boolean  choice true false
		field note  string   choice "" "it's" "\"gift\"" "\\" "$1 $$ %s" "é 😀" "NULL" "\\N" "{}"
		measurement queue
		tag shop    values Berlin "New York"
		field waiting integer walk 0 40 3
	SCHEMA
}

# What is in both tables, in the order of the column of time $1.
digest() {
	sql "SELECT md5(string_agg(r::text, ' ' ORDER BY $1)), count(*) FROM orders AS r" &&
		sql "SELECT md5(string_agg(r::text, ' ' ORDER BY $1)), count(*) FROM queue AS r"
}

@test "20000 lines of all types are the same rows, whoever writes them, in both layouts" {
	local layout time writer first
	all_types >all.schema
	for layout in typed jsonb; do
		first=''
		time=$([ $layout = typed ] && echo time || echo _time)
		for writer in "${WRITERS[@]}"; do
			echo "$layout $writer"
			empty_database
			start_receiver 127.0.0.1:0 --workers 2 --layout $layout --writer "$writer"
			fake --schema all.schema --count 1000 --lines 20 --seed 7 --rate 3k --source pool:8 \
				--timestamps step:1us >fake.out
			stop
			assert_equal "$(received '[.lines, .stored]')" '[20000,20000]'
			first=${first:-$(digest "$time")}
			assert_equal "$(digest "$time")" "$first"
		done
		assert_equal "$(sql 'SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM queue)')" 20000
	done
}

@test "rows that the server refuses cost themselves only, whoever writes them" {
	local writer layout field
	for writer in "${WRITERS[@]}"; do
		for layout in typed jsonb; do
			echo "$writer $layout"
			empty_database
			if [ $layout = typed ]; then
				sql 'CREATE TABLE m (time timestamptz, v bigint CHECK (v NOT IN (13, 700)))'
			else
				sql "CREATE TABLE m (_time timestamptz, _tags jsonb, _fields jsonb CHECK ((_fields->>'v')::int NOT IN (13, 700)))"
			fi
			start_receiver 127.0.0.1:0 --workers 1 --layout $layout --writer "$writer"
			seq -f 'm v=%.0fi' 1000 | sed '500s/.*/other v=500i/' >lines
			fake --replay lines --lines 10 --rate 5k >fake.out
			stop 2
			assert_equal "$(received '[.lines, .stored, .store_errors]')" '[1000,998,2]'
			assert_equal "$(ndjson receive.ndjson worker '.store_error | test("violates check constraint")')" true
			assert_equal "$(grep -c 'error: could not store' receive.err)" 1
			field=v
			[ $layout = typed ] || field="(_fields->>'v')::int"
			assert_equal "$(sql "SELECT count(*), count(DISTINCT $field), sum($field) FROM m")" \
				"997|997|$((500500 - 713 - 500))"
			assert_equal "$(sql 'SELECT count(*) FROM other')" 1
		done
	done
}

@test "connections that are cut under load lose and double nothing, whoever writes" {
	local writer cut
	for writer in "${WRITERS[@]}"; do
		echo "$writer"
		empty_database
		start_store --workers 2 --writer "$writer" --flush 20ms
		start_numbered --rate 4k --count 4k --source pool:16
		for cut in 500 1500 2500; do
			eventually 20 has_stored $cut
			sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fairport-receive'" >/dev/null
		done
		await_fake
		stop
		assert_equal "$(received .lines)" 4000
		assert_all_stored
	done
}

@test "what came in quick succession goes in one transaction" {
	local writer
	for writer in "${WRITERS[@]}"; do
		echo "$writer"
		empty_database
		start_receiver 127.0.0.1:0 --workers 2 --writer "$writer"
		fake --schema cpu --count 5k --rate 10k --source pool:16 >fake.out
		stop
		assert_equal "$(received '[.stored, .batches < 100]')" '[5000,true]'
		assert_equal "$(sql 'SELECT count(DISTINCT xmin::text) FROM cpu')" "$(received .batches)"
	done
}

@test "--flush: a line is stored soon after it came; --batch-rows and --batch: earlier" {
	local i
	# Two lines, each with nothing behind it.
	start_receiver 127.0.0.1:0 --workers 1
	for i in 1 2; do
		send "m f=$i $i\n"
		stored_soon $i
	done
	stop
	assert_equal "$(received .batches)" 2
	start_receiver 127.0.0.1:0 --workers 1 --flush 1h --batch-rows 100
	seq -f 'rows f=%.0f' 100 | send_lines
	stored_soon 100 rows
	send 'rows f=1\n'
	stop
	assert_equal "$(received '[.stored, .batches]')" '[101,2]'
	start_receiver 127.0.0.1:0 --workers 1 --flush 1h --batch 64KiB
	seq -f 'bytes f="a text that is not short at all",n=%.0fi' 1000 | send_lines
	stored_soon 1000 bytes
	send 'bytes f="a short one"\n'
	stop
	assert_equal "$(received '[.stored, .batches]')" '[1001,2]'
}

@test "--flush 1h: nothing is written before the end, which then is one transaction" {
	start_receiver 127.0.0.1:0 --workers 1 --flush 1h --interval 50ms
	fake --schema cpu --count 100 --lines 5 --rate 5k >fake.out
	stop
	assert_equal "$(received '[.stored, .batches]')" '[500,1]'
	assert_equal "$(sql 'SELECT count(DISTINCT xmin::text) FROM cpu')" 1
}

@test "the time from a line's time stamp to its commit is known, of lines that have one" {
	start_receiver 127.0.0.1:0 --workers 2
	fake --schema cpu --count 500 --rate 10k --source pool:16 >fake.out
	fake --schema cpu --count 100 --rate 10k --timestamps none >fake.out
	# The sender's clock may be wrong.
	send 'cpu usage_user=1 4102444800000000000\ncpu usage_user=1 -1\n'
	stop
	assert_equal "$(received '[.stored, .committed_ns.count]')" '[602,500]'
	assert_equal "$(received '.elapsed_ns as $elapsed | .committed_ns |
		[.p50 > 0, .p50 <= .p90, .p90 <= .p99, .p99 <= .p999, .p999 <= .max, .max <= $elapsed]')" \
		'[true,true,true,true,true,true]'
	assert_equal "$(jq -s 'map(select(.type == "worker").committed_ns.count) | add' receive.ndjson)" 500
	grep -q '^Time stamp to commit: ' receive.out
}

#!/usr/bin/env bats
# fairport-receive --on-type-conflict: values that are not of their column's type, from one worker and
# from several at once, in tables that are new, altered, or another's.
#
# SQL and text for printf stand in single quotes.
# shellcheck disable=SC2016,SC2030,SC2031

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive
load lib/receive-postgres

# The columns of the time stamp, with --ns.
TIMES='time timestamp with time zone, time_ns bigint'

# send_mixed COUNT VALUE...: lines of table m, whose field v has these values in turn, from as many
# sources; their times are 1, 2, ... ns.
send_mixed() {
	local count=$1
	shift
	awk -v count="$count" -v values="$*" 'BEGIN { n = split(values, value, " ")
		for (i = 1; i <= count; i++) print "m v=" value[(i - 1) % n + 1], i }' >lines
	fake --replay lines --source per-packet --rate 10k >fake.out
}

# mixed_values COUNT: what there is in the rows of each of these kinds of values, with its column.
mixed_values() {
	sql "SELECT (time_ns - 1) % $1 AS kind, count(*), string_agg(DISTINCT members, ' or ' ORDER BY members)
		FROM m, LATERAL (SELECT string_agg(key || '=' || value, '+') AS members
			FROM jsonb_each_text(jsonb_strip_nulls(to_jsonb(m) - 'time' - 'time_ns'))) AS members
		GROUP BY 1 ORDER BY 1"
}

@test "--on-type-conflict reject: what is not of the column's type is rejected, whoever made it" {
	start_receiver 127.0.0.1:0 --workers 1 --ns
	send_mixed 500 9007199254740993i 0.1 18446744073709551615u '"text"' true
	stop
	assert_equal "$(received '[.lines, .stored, .rejected_type_conflict]')" '[500,100,400]'
	assert_equal "$(mixed_values 5)" '0|100|v=9007199254740993'
	assert_regex "$(reasons)" "value is not of its column's type"
	empty_database
	start_receiver 127.0.0.1:0 --workers 4 --ns
	send_mixed 2000 0.1 9007199254740993i 18446744073709551615u '"text"' true
	stop
	assert_equal "$(received '[.lines, .stored + .rejected_type_conflict, .stored > 0]')" '[2000,2000,true]'
	assert_equal "$(sql 'SELECT count(DISTINCT v), count(DISTINCT time_ns), count(*) FROM m')" \
		"1|$(received .stored)|$(received .stored)"
}

@test "--on-type-conflict widen: numbers become numeric, all else text, and no digit is lost" {
	local workers
	for workers in 1 4; do
		echo "$workers workers"
		empty_database
		start_receiver 127.0.0.1:0 --workers $workers --ns --on-type-conflict widen
		send_mixed 2000 0.1 9007199254740993i 18446744073709551615u -9223372036854775808i
		stop
		assert_equal "$(received '[.lines, .stored]')" '[2000,2000]'
		assert_equal "$(columns m)" "$TIMES, v numeric"
		assert_equal "$(mixed_values 4)" "$(
			cat <<-'ROWS'
				0|500|v=0.1
				1|500|v=9007199254740993
				2|500|v=18446744073709551615
				3|500|v=-9223372036854775808
			ROWS
		)"
		empty_database
		start_receiver 127.0.0.1:0 --workers $workers --ns --on-type-conflict widen
		send_mixed 2000 true 0.1 9007199254740993i 18446744073709551615u '"text"'
		stop
		assert_equal "$(received '[.lines, .stored]')" '[2000,2000]'
		assert_equal "$(columns m)" "$TIMES, v text"
		assert_equal "$(mixed_values 5)" "$(
			cat <<-'ROWS'
				0|400|v=true
				1|400|v=0.1
				2|400|v=9007199254740993
				3|400|v=18446744073709551615
				4|400|v=text
			ROWS
		)"
	done
}

@test "--on-type-conflict new-column: each type has its column, whoever came first" {
	start_receiver 127.0.0.1:0 --workers 1 --ns --on-type-conflict new-column
	send_mixed 500 0.1 9007199254740993i 18446744073709551615u '"text"' true
	stop
	assert_equal "$(received '[.lines, .stored]')" '[500,500]'
	assert_equal "$(mixed_values 5)" "$(
		cat <<-'ROWS'
			0|100|v=0.1
			1|100|v_int=9007199254740993
			2|100|v_uint=18446744073709551615
			3|100|v_string=text
			4|100|v_bool=true
		ROWS
	)"
	empty_database
	start_receiver 127.0.0.1:0 --workers 4 --ns --on-type-conflict new-column
	send_mixed 2000 0.1 9007199254740993i 18446744073709551615u '"text"' true
	stop
	assert_equal "$(received '[.lines, .stored]')" '[2000,2000]'
	# A worker that did not know yet whose v is may have taken the column beside it.
	assert_equal "$(mixed_values 5 | sed 's/v_[a-z]*=/v=/g; s/|\(.*\) or \1$/|\1/')" "$(
		cat <<-'ROWS'
			0|400|v=0.1
			1|400|v=9007199254740993
			2|400|v=18446744073709551615
			3|400|v=text
			4|400|v=true
		ROWS
	)"
}

@test "a float has one text, whether its column was widened before it came or after" {
	local value
	start_receiver 127.0.0.1:0 --workers 1 --on-type-conflict widen
	for value in 1e22 1e15 1e16 123456789012345680 0.1 1e-4 1e-5 1e-7 5e-324 1.7976931348623157e308 -2.5 0 \
		-1e100; do
		printf 'm t=%s,n=%s\n' $value $value
	done >values
	send_lines <values
	stored_soon 13
	send 'm t="x",n=1i\n'
	stored_soon 14
	send_lines <values
	stop
	assert_equal "$(columns m)" 'time timestamp with time zone, t text, n numeric'
	assert_equal "$(sql "SELECT count(DISTINCT t), count(DISTINCT n::text), count(*) FROM m WHERE t <> 'x'")" '13|13|26'
	assert_equal "$(sql "SELECT count(*) FROM m WHERE t <> 'x' AND t::float8 = n::float8 AND t::float8::text = t")" 26
}

@test "a tag and a field of the same name, in one line and in different ones" {
	local what m n
	while IFS='/' read -r what m n; do
		echo "$what"
		empty_database
		start_receiver 127.0.0.1:0 --workers 1 --ns --on-type-conflict "$what"
		send 'm,f=tag f=1 1\nm,f=tag g=true 2\nm f="string" 3\nm f=4 4\n'
		send 'n f=1 1\nn,f=tag g=true 2\nn,f=tag f=3 3\nn f=4,f=5 4\n'
		stop
		assert_equal "$(members m | paste -sd ' ')" "$m"
		assert_equal "$(members n | paste -sd ' ')" "$n"
	done <<-'TABLE'
		reject/2|f=tag g=true 3|f=string/1|f=1 4|f=5
		widen/2|f=tag g=true 3|f=string 4|f=4/1|f=1 2|f=tag g=true 4|f=5
		new-column/1|f=tag f_float=1 2|f=tag g=true 3|f=string 4|f_float=4/1|f=1 2|f_tag=tag g=true 3|f=3 f_tag=tag 4|f=5
	TABLE
}

@test "--on-type-conflict new-column: no name for the other column, or another's" {
	local long
	long=$(printf 'n%.0s' {1..57})
	start_receiver 127.0.0.1:0 --workers 1 --ns --on-type-conflict new-column
	send "m $long=1,g=1 1\nm $long=true 2\nm $long=\"text\" 3\nm g=2 4\n"
	send 'n v=1,v_int="taken" 1\nn v=2i 2\nn v=true 3\nn v=4i,w=true 4\nn v=3 5\n'
	stop
	assert_equal "$(received '[.lines, .stored, .rejected_type_conflict]')" '[9,6,3]'
	assert_equal "$(members m)" "$(printf '%s\n' "1|g=1 $long=1" "2|${long}_bool=true" '4|g=2')"
	assert_equal "$(members n | paste -sd ' ')" '1|v=1 v_int=taken 3|v_bool=true 5|v=3'
	assert_equal "$(reasons)" "$(
		cat <<-'REASONS'
			a value is neither of its column's type nor of that of the column beside it
			a value is not of its column's type, whose name is too long for a column beside it
		REASONS
	)"
}

@test "a table that was altered since it was made" {
	local what fitting rows
	start_receiver 127.0.0.1:0 --workers 1 --ns
	send 'm a=1i,b=true,c=3,d="four",e=5u 1\n'
	stop
	while IFS='/' read -r what fitting rows; do
		echo "$what"
		sql 'DROP TABLE IF EXISTS n; CREATE TABLE n AS TABLE m; ALTER TABLE n DROP COLUMN a, ALTER b TYPE text,
			ALTER c TYPE numeric, ALTER d TYPE integer USING 4; ALTER TABLE n RENAME e TO was_e'
		start_receiver 127.0.0.1:0 --workers 1 --ns --on-type-conflict "$what"
		send 'n a=1i 2\nn b=true 3\nn c=3.5 4\nn d="four" 5\nn e=5u 6\n'
		stored_soon $((1 + fitting)) n
		send 'n a=2i,b="text",c=7u,was_e=8u 7\n'
		stop
		assert_equal "$(members n | paste -sd ' ')" "1|b=true c=3 d=4 was_e=5 $rows 7|a=2 b=text c=7 was_e=8"
	done <<-'TABLE'
		reject/2/2|a=1 6|e=5
		widen/4/2|a=1 3|b=true 4|c=3.5 6|e=5
		new-column/5/2|a=1 3|b_bool=true 4|c_float=3.5 5|d_string=four 6|e=5
	TABLE
}

@test "a line that does not fit costs itself only, also as the first of all" {
	sql 'CREATE TABLE m (time timestamptz, v bigint)'
	start_receiver 127.0.0.1:0 --workers 1
	send 'm v="bad" 1\nm v=1i 2\nm v=2i 3\nm,v=bad w=1 4\nm v=3i 5\n'
	stop
	assert_equal "$(received '[.lines, .stored, .rejected_type_conflict]')" '[5,3,2]'
	assert_equal "$(sql 'SELECT sum(v) FROM m')" 6
}

is_mended() {
	send 'm v=6 6\n'
	[ "$(sql 'SELECT count(*) > 0 FROM m WHERE v = 6')" = t ]
}

@test "a column that cannot be widened: lines that fit it are stored, and it is said why others are not" {
	sql 'CREATE TABLE m (time timestamptz, v float8); CREATE VIEW depends AS SELECT v FROM m'
	start_receiver 127.0.0.1:0 --workers 1 --on-type-conflict widen
	send 'm v=1 1\nm v=2 2\nm v=3i 3\nm v="x" 4\nm v=5 5\n'
	# Of the packet, also the last line: its value was made a text, as the one before it.
	stored_soon 2
	# It is asked for again after a second.
	eventually 10 is_mended
	stop 2
	assert_equal "$(received '.store_errors == 3 and .stored == .lines - 3')" true
	grep -q 'could not make table "m" ready: .*cannot alter type of a column used by a view' receive.err
}

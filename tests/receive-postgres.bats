#!/usr/bin/env bats
# fairport-receive into PostgreSQL: layouts, values, names, limits, and where each row came from. Values
# are read back as PostgreSQL prints them.
#
# SQL and text for printf stand in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive
load lib/receive-postgres

# Lines with every type, its extremes, and all that texts can hold.
send_hard_values() {
	send 'm,tag=a\\ b\\,c\\=d"e i=9223372036854775807i,u=18446744073709551615u,f=0.1,s="",b=true 1\n'
	send 'm,tag=é\xf0\x9f\x98\x80 i=-9223372036854775808i,u=0u,f=-0,s="a \\"b\\" \\\\ \\n\\t\x01\x7f\x1f",b=f 2\n'
	send "m,tag=' i=9007199254740993i,u=10000u,f=5e-324,s=\"'; \$\$ \u2028\",b=T 3\n"
	send 'm i=0i,u=9999u,f=1.7976931348623157e+308 4\nm f=1e22 5\nm f=12345678.875 6\n'
	stored_soon 6
}

# The tags and strings of these lines, as JSON.
HARD_TEXTS='["a b,c=d\"e", ""]
["é😀", "a \"b\" \\ \n\t\u0001'$'\x7f''\u001f"]
["'"'"'", "'"'"'; $$ '$'\u2028''"]'

@test "typed: each type in a column of its own, and every value exact" {
	start_receiver 127.0.0.1:0 --workers 1 --ns
	send_hard_values
	stop
	assert_equal "$(columns m)" \
		'time timestamp with time zone, time_ns bigint, tag text, i bigint, u numeric, f double precision, s text, b boolean'
	assert_equal "$(sql 'SELECT i, u, f, b FROM m ORDER BY time_ns')" "$(
		cat <<-'ROWS'
			9223372036854775807|18446744073709551615|0.1|t
			-9223372036854775808|0|-0|f
			9007199254740993|10000|5e-324|t
			0|9999|1.7976931348623157e+308|
			||1e+22|
			||12345678.875|
		ROWS
	)"
	assert_equal "$(sql 'SELECT json_build_array(tag, s) FROM m WHERE time_ns < 4 ORDER BY time_ns')" "$HARD_TEXTS"
	assert_equal "$(sql 'SELECT count(*) FROM m WHERE time_ns > 3 AND (tag, s, b) IS NULL')" 3
}

@test "jsonb: tags are strings, fields of their own JSON types, and every value exact" {
	start_receiver 127.0.0.1:0 --workers 1 --layout jsonb --ns
	send_hard_values
	stop
	assert_equal "$(columns m)" "_time timestamp with time zone, _time_ns bigint, _tags jsonb, _fields jsonb"
	assert_equal "$(sql "SELECT string_agg(key || ' ' || jsonb_typeof(value), ', ' ORDER BY key)
		FROM m, jsonb_each(_fields) WHERE _time_ns = 1")" "b boolean, f number, i number, s string, u number"
	assert_equal "$(sql "SELECT _fields->>'i', _fields->>'u', _fields->>'b', (_fields->>'f')::float8 FROM m
		ORDER BY _time_ns")" "$(
		cat <<-'ROWS'
			9223372036854775807|18446744073709551615|true|0.1
			-9223372036854775808|0|false|0
			9007199254740993|10000|true|5e-324
			0|9999||1.7976931348623157e+308
			|||1e+22
			|||12345678.875
		ROWS
	)"
	assert_equal "$(sql "SELECT json_build_array(_tags->'tag', _fields->'s') FROM m WHERE _time_ns < 4
		ORDER BY _time_ns")" "$HARD_TEXTS"
	assert_equal "$(sql "SELECT string_agg(DISTINCT _tags::text, ' ') FROM m WHERE _time_ns > 3")" "{}"
	assert_equal "$(sql "SELECT string_agg(_fields::text, ' ' ORDER BY _time_ns) FROM m WHERE _time_ns > 4")" \
		'{"f": 10000000000000000000000} {"f": 12345678.875}'
}

@test "tables that exist are used as they are, in both layouts" {
	sql 'CREATE TABLE m (f float8, id serial, "time" timestamptz, note varchar(9) DEFAULT $$none$$, v varchar(3), n numeric)'
	sql 'CREATE TABLE j (_fields jsonb, _tags jsonb, id serial, _time timestamptz)'
	start_receiver 127.0.0.1:0 --workers 1
	send 'm,v=tag f=1.5,n=3u,more=true 1000\n'
	stored_soon 1
	stop
	start_receiver 127.0.0.1:0 --workers 1 --layout jsonb
	send 'j,v=tag f=1.5 1000\n'
	stored_soon 1 j
	stop
	assert_equal "$(sql 'SELECT f, id, extract(epoch FROM time), note, v, n, more FROM m')" '1.5|1|0.000001|none|tag|3|t'
	assert_equal "$(sql 'SELECT * FROM j')" '{"f": 1.5}|{"v": "tag"}|1|1970-01-01 00:00:00.000001+00'
}

@test "a column that every row needs and that has another type costs the table's lines only" {
	sql 'CREATE TABLE m (time timestamp, f float8); CREATE TABLE j (_time timestamptz, _tags json, _fields jsonb)'
	sql 'CREATE TABLE n (time timestamptz, time_ns numeric, f float8)'
	start_receiver 127.0.0.1:0 --workers 1 --ns
	send 'm f=1 1\nother f=1 1\nn f=1 1\n'
	stored_soon 1 other
	send 'm f=2 2\nother f=2 2\nn f=2 2\n'
	stored_soon 2 other
	stop
	assert_equal "$(received '[.lines, .stored, .rejected_type_conflict, .store_errors]')" '[6,2,4,0]'
	# The first line came before the table was looked at.
	assert_equal "$(reasons | grep -v '^a value')" "$(
		cat <<-'REASONS'
			the table's column "time" is not of type timestamptz
			the table's column "time_ns" is not of type bigint
		REASONS
	)"
	assert_equal "$(columns m)" 'time timestamp without time zone, f double precision'
	start_receiver 127.0.0.1:0 --workers 1 --layout jsonb
	send 'j f=1 1\nfine f=1 1\n'
	stored_soon 1 fine
	send 'j f=2 2\n'
	stop
	assert_equal "$(received '[.stored, .rejected_type_conflict]')" '[1,2]'
	assert_equal "$(reasons | grep -v '^a value')" "the table's column \"_tags\" is not of type jsonb"
}

# The name of the time stamp's column.
time_column() {
	[ "$1" = typed ] && echo time || echo _time
}

@test "a time is kept in microseconds, rounded down, and with --ns as it was" {
	local layout time
	for layout in typed jsonb; do
		time=$(time_column $layout)
		empty_database
		start_receiver 127.0.0.1:0 --workers 1 --layout $layout --ns
		printf 'm f=1 %s\n' 0 1 -1 999 1000 -1000 -1001 1700000000123456789 9223372036854775807 \
			-9223372036854775808 | send_lines
		stored_soon 10
		stop
		assert_equal "$(sql "SELECT ${time}_ns, extract(epoch FROM $time) FROM m ORDER BY 1")" "$(
			cat <<-'ROWS'
				-9223372036854775808|-9223372036.854776
				-1001|-0.000002
				-1000|-0.000001
				-1|-0.000001
				0|0.000000
				1|0.000000
				999|0.000000
				1000|0.000001
				1700000000123456789|1700000000.123456
				9223372036854775807|9223372036.854775
			ROWS
		)"
	done
}

@test "--provenance: the database says which worker and socket a row came by, and when" {
	local layout protocol start end
	for protocol in udp tcp; do
		for layout in typed jsonb; do
			echo "$protocol $layout"
			empty_database
			start=$(sql 'SELECT clock_timestamp()')
			start_receiver 127.0.0.1:0 --workers 4 --layout $layout --provenance --protocol $protocol
			fake --protocol $protocol --source per-packet --count 400 --rate 4k --schema cpu >fake.out
			stop
			end=$(sql 'SELECT clock_timestamp()')
			assert_equal "$(received '[.lines, .stored]')" '[400,400]'
			assert_equal "$(sql 'SELECT json_agg(r) FROM (SELECT _worker, count(*) FROM cpu GROUP BY 1 ORDER BY 1) AS r' |
				jq -c 'map([._worker, .count])')" \
				"$(jq -sc 'map(select(.type == "worker") | [.index, .lines]) | sort' receive.ndjson)"
			assert_equal "$(sql 'SELECT count(DISTINCT _worker) FROM cpu')" 4
			assert_equal "$(sql 'SELECT DISTINCT _worker, _cookie FROM cpu ORDER BY 1')" \
				"$(jq -r 'select(.type == "worker") | "\(.index)|\(.cookie)"' receive.ndjson | sort -n)"
			assert_equal "$(sql "SELECT bool_and(_received BETWEEN '$start' AND '$end') FROM cpu")" t
		done
	done
	assert_equal "$(columns cpu | sed 's/timestamp with time zone/timestamptz/g')" \
		'_time timestamptz, _worker bigint, _cookie bigint, _received timestamptz, _tags jsonb, _fields jsonb'
}

@test "tables of others: a row that one does not take costs its own line only" {
	local writer table
	awk 'BEGIN { for (i = 0; i < 200; i++) {
		print "parts f=" i, i % 10 == 3 ? "4000000000000000000" : 1000 + i
		print "strict f=" i (i % 10 == 5 ? "" : ",must=1")
		print "skips f=" i
		print "generated f=" i (i % 10 == 7 ? ",twice=1" : "")
	} }' >lines
	for writer in copy insert prepared pipeline; do
		echo "$writer"
		empty_database
		sql "CREATE TABLE parts (time timestamptz, f float8) PARTITION BY RANGE (time);
			CREATE TABLE part PARTITION OF parts FOR VALUES FROM ('1970-01-01') TO ('1980-01-01');
			CREATE TABLE strict (time timestamptz, f float8, must float8 NOT NULL);
			CREATE TABLE skips (time timestamptz, f float8);
			CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS
				'BEGIN IF NEW.f::int % 10 = 9 THEN RETURN NULL; END IF; RETURN NEW; END';
			CREATE TRIGGER skip BEFORE INSERT ON skips FOR EACH ROW EXECUTE FUNCTION skip();
			CREATE TABLE generated (time timestamptz, f float8, twice float8 GENERATED ALWAYS AS (f * 2) STORED)"
		start_receiver 127.0.0.1:0 --workers 1 --writer $writer
		fake --replay lines --lines 10 --rate 5k >fake.out
		stop_receiver || true
		assert_books
		for table in parts strict skips generated; do
			assert_equal "$table $(sql "SELECT count(*) FROM $table")" "$table 180"
		done
		assert_equal "$(received '[.lines, .stored, .store_errors + .rejected_type_conflict]')" '[800,720,80]'
	done
}

@test "names that are taken by something else than a table cost their lines only" {
	sql "CREATE TABLE base (time timestamptz, f float8); CREATE VIEW a_view AS SELECT * FROM base;
		CREATE INDEX an_index ON base (f); CREATE SEQUENCE a_sequence; CREATE TYPE an_enum AS ENUM ('a');
		CREATE DOMAIN a_domain AS int; CREATE MATERIALIZED VIEW a_copy AS SELECT * FROM base; CREATE TYPE a_row AS (a int)"
	start_receiver 127.0.0.1:0 --workers 1
	send 'a_view f=1 1\na_view f=2 2\ngood f=1 1\nan_index f=1 1\na_sequence f=1 1\nan_enum f=1 1\na_domain f=1 1\n'
	send 'a_copy f=1 1\na_row f=1 1\ngood f=2 2\na_view f=3 3\n'
	stop 2
	assert_equal "$(received '[.lines, .stored, .store_errors]')" '[11,2,9]'
	assert_equal "$(sql 'SELECT count(*) FROM good')" 2
}

@test "a database of another encoding than UTF-8 is refused; one without any holds all bytes" {
	sql "CREATE DATABASE latin$BATS_TEST_NUMBER ENCODING 'LATIN1' TEMPLATE template0" >/dev/null
	sql "CREATE DATABASE ascii$BATS_TEST_NUMBER ENCODING 'SQL_ASCII' TEMPLATE template0" >/dev/null
	export PGDATABASE=latin$BATS_TEST_NUMBER
	run --separate-stderr "$BIN/fairport-receive" 127.0.0.1:0 --duration 1s
	assert_failure 1
	assert_equal "$output" ""
	assert_regex "$stderr" 'error: the database has the encoding LATIN1 \(expected UTF8\)'
	PGDATABASE=ascii$BATS_TEST_NUMBER
	start_receiver 127.0.0.1:0 --workers 1
	send 'm,é=é f=1\n表 表="😀"\n'
	stop
	assert_equal "$(sql 'SELECT "é" FROM m')" é
	assert_equal "$(sql 'SELECT 表 FROM 表')" 😀
}

# Texts, a line each, as names and as strings of line protocol.
escape_names() {
	sed 's/[ ,=]/\\&/g'
}

escape_strings() {
	sed 's/["\\]/\\&/g'
}

@test "names of any kind: cases, reserved words, quotes, dots, blanks, alphabets, 63 bytes" {
	local name full names=(m M 'select' user table 'a b' 'a.b' 'public.m' "it's" '"' '"m"' '""' '$$' '{table}' '%s' 'é' 'É'
		'e\u0301' '表' 'время' '😀' '-' '--' '/*' '*' '1' 'null' 'NULL' '\N' ';' 'a:b' 'pg_class' 'pg_type' 'time'
		'_time' '_worker' 'fairport' 'fairport_Batches')
	full=$(printf '表%.0s' {1..21})
	names+=("$full")
	for name in "${names[@]}"; do
		printf '%b\n' "$name"
	done | sort -u >plain
	escape_names <plain >names
	escape_strings <plain >quoted
	local layout count
	count=$(wc -l <plain)
	assert_equal "$count" 39
	for layout in typed jsonb; do
		echo "$layout"
		empty_database
		start_receiver 127.0.0.1:0 --workers 1 --layout $layout
		# Each as measurement, tag key, tag value, field key and string.
		grep -v '^time$' names | sed 's/.*/&,&=& f=1 1/' | send_lines
		paste names quoted | sed '/^time\t/d; s/\(.*\)\t\(.*\)/fields,t=t \1="\2" 1/' | send_lines
		send 'time f=1 1\n'
		stop
		assert_equal "$(received '[.lines, .stored]')" "[$((2 * count - 1)),$((2 * count - 1))]"
		assert_equal "$(sql "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
			AND relkind = 'r' AND relname NOT IN ('fairport_batches', 'fields')" | sort)" \
			"$(cat plain)"
		name=to_jsonb\(r\)
		[ $layout = typed ] || name=_fields
		assert_equal "$(sql "SELECT count(*) FROM fields AS r, jsonb_each_text($name)
			WHERE key = value AND key <> 't'")" $((count - 1))
	done
}

@test "names that cannot be: too long, the time stamp's, the receiver's, the system's" {
	local long full
	full=$(printf 'n%.0s' {1..63})
	long=$(printf 'é%.0s' {1..32})
	start_receiver 127.0.0.1:0 --workers 1 --ns --provenance
	send "$long f=1 1\n"
	send "m,$long=x f=1 1\n"
	send 'm,time=1 f=1 1\n'
	send 'm time_ns=1i 1\n'
	send "m,$full=x f=1 1\n$full f=1 1\n"
	send "m $long=1 1\nm f=1,time=1 1\nm _worker=1i 1\nm,_received=x f=1 1\nm ctid=\"(0,1)\" 1\n"
	send 'fairport_batches writer="x",batch=1i,row=-1i 1\n'
	stop
	assert_equal "$(received '[.lines, .stored, .rejected_limit, .rejected_type_conflict, .store_errors]')" '[12,2,5,5,0]'
	assert_equal "$(reasons)" "$(
		cat <<-'REASONS'
			a tag or field key is longer than 63 bytes
			the measurement is longer than 63 bytes
			the name "time" belongs to the time stamp
			the name "time_ns" belongs to the time stamp
		REASONS
	)"
	assert_equal "$(tables)" "m $full"
	empty_database
	start_receiver 127.0.0.1:0 --workers 1 --ns --provenance --layout jsonb
	send "m,time=1,_time=2,$long=x ctid=1,_worker=2,_tags=3 1\nfairport_batches f=1 1\n$long f=1 1\nm s=\"a\\0b\" 2\n"
	stop
	assert_equal "$(received '[.lines, .stored, .rejected_limit, .rejected_encoding]')" '[4,1,2,1]'
	assert_equal "$(sql 'SELECT _tags FROM m')" "{\"time\": \"1\", \"_time\": \"2\", \"$long\": \"x\"}"
	assert_equal "$(sql 'SELECT _fields FROM m')" '{"ctid": 1, "_tags": 3, "_worker": 2}'
}

@test "SQL in names and values stays text, whatever the layout and the writer" {
	local layout writer attack
	local attacks=("'); DROP TABLE canary; --" '"); DROP TABLE canary; --' "\\'; DROP TABLE canary; --"
		"x'||(SELECT pg_sleep(60))||'" 'x"."y' '$$; DROP TABLE canary; $$' "E'\\\\'; DROP TABLE canary; --" '\"'
		'$1' '$fairport$; DROP TABLE canary; $fairport$' "'::regclass;DROP TABLE canary;'")
	for writer in copy insert prepared pipeline; do
		for layout in typed jsonb; do
			echo "$writer $layout"
			empty_database
			sql 'CREATE TABLE canary AS SELECT 1 AS alive'
			start_receiver 127.0.0.1:0 --workers 1 --layout $layout --writer $writer --on-type-conflict widen
			for attack in "${attacks[@]}"; do
				printf '%s\n' "$attack"
			done >attacks
			escape_names <attacks >names
			escape_strings <attacks >quoted
			paste names quoted | sed 's/\(.*\)\t\(.*\)/\1,\1=\1 f\1="\2",g\1=1 1/' | send_lines
			sed 's/.*/&,&=& g&="widened" 2/' names | send_lines
			stop
			assert_equal "$(received '[.lines, .stored]')" "[$((2 * ${#attacks[@]})),$((2 * ${#attacks[@]}))]"
			assert_equal "$(sql 'SELECT alive FROM canary')" 1
			assert_equal "$(sql "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
				AND relkind = 'r' AND relname NOT IN ('fairport_batches', 'canary')" | sort)" "$(sort attacks)"
		done
	done
}

@test "--max-tables: lines of further measurements are rejected, all others stored" {
	start_receiver 127.0.0.1:0 --workers 1 --max-tables 3
	send 'a f=1 1\nb f=1 1\nc f=1 1\nd f=1 1\ne f=1 1\na f=2 2\nd f=2 2\nb g=2 2\n'
	stop
	assert_equal "$(received '[.lines, .stored, .rejected_limit]')" '[8,5,3]'
	assert_equal "$(reasons)" 'there are as many measurements as there may be (--max-tables)'
	assert_equal "$(ndjson receive.ndjson worker '[.rejected_samples[].line]')" '["d f=1 1","e f=1 1","d f=2 2"]'
	assert_equal "$(tables)" 'a b c'
}

@test "--max-columns: lines that would need more are rejected, all others stored" {
	start_receiver 127.0.0.1:0 --workers 1 --max-columns 8
	send 'm a=1,b=1,c=1,d=1,e=1,f=1 1\nm g=1 2\nm h=1 3\nm a=2,h=1 4\nm g=2 5\nn a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1 1\nn a=1 2\n'
	stop
	assert_equal "$(received '[.lines, .stored, .rejected_limit]')" '[7,4,3]'
	assert_equal "$(reasons)" 'the table has as many columns as it may have (--max-columns)'
	assert_equal "$(columns m | tr -cd , | wc -c)" 7
	assert_equal "$(columns n)" 'time timestamp with time zone, a double precision'
}

@test "a flood of 5000 measurements: as many tables as may be, and little memory" {
	start_receiver 127.0.0.1:0 --workers 1
	seq -f 'm%.0f,tag=x f=1,g=2i,h="three"' 5000 >lines
	fake --replay lines --lines 10 --rate 2k >fake.out
	stop
	assert_equal "$(received '[.lines, .stored, .rejected_limit]')" '[5000,1024,3976]'
	assert_equal "$(tables | wc -w)" 1024
	(($(ndjson receive.ndjson worker .peak_rss_bytes) < 64 * 1024 * 1024))
}

@test "2000 different columns, one a line: as many as may be, and little memory" {
	start_receiver 127.0.0.1:0 --workers 1
	seq -f 'm c%.0f=1 1' 2000 >lines
	fake --replay lines --lines 10 --rate 1k >fake.out
	stop
	assert_equal "$(received '[.lines, .stored, .rejected_limit]')" '[2000,999,1001]'
	assert_equal "$(sql "SELECT count(*) FROM pg_attribute WHERE attrelid = 'm'::regclass AND attnum > 0")" 1000
	assert_equal "$(sql 'SELECT count(*) FROM m')" 999
	(($(ndjson receive.ndjson worker .peak_rss_bytes) < 64 * 1024 * 1024))
}

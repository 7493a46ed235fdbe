#!/usr/bin/env bats
# fairport-receive --create-table: how tables are made, by the templates that come with it and by one's
# own, and what becomes of lines where that fails.
#
# SQL stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive
load lib/receive-postgres

# The kind, as in pg_class, and the persistence of table $1.
kind_of() {
	sql "SELECT relkind, relpersistence FROM pg_class WHERE oid = '$1'::regclass"
}

@test "plain, unlogged, or nothing said" {
	local template
	for template in '' plain unlogged; do
		empty_database
		start_receiver 127.0.0.1:0 --workers 1 ${template:+--create-table $template}
		send 'm,tag=x f=1,i=2i 1000\n'
		stop
		assert_equal "$(columns m)" 'time timestamp with time zone, tag text, f double precision, i bigint'
		assert_equal "$(sql 'SELECT extract(epoch FROM time), tag, f, i FROM m')" '0.000001|x|1|2'
		assert_equal "$(sql "SELECT attname FROM pg_attribute WHERE attrelid = 'm'::regclass AND attnotnull AND attnum > 0")" time
		if [ "$template" = unlogged ]; then
			assert_equal "$(kind_of m)" 'r|u'
		else
			assert_equal "$(kind_of m)" 'r|p'
		fi
	done
}

@test "a template of one's own: each placeholder, in text and in strings, whatever the name" {
	cat >own.sql <<-'SQL'
		/* {comment} /* {table} */ -- */ -- {unknown}
		CREATE TABLE {schema}.{table} (id bigserial PRIMARY KEY, {columns}, note text DEFAULT '{table} 100%'); -- {table}
		CREATE INDEX ON {schema}.{table} ({time}); COMMENT ON TABLE {schema}.{table} IS 'made for {table}, it''s by {time}';
		DO $body$ BEGIN EXECUTE 'SELECT ''$1''::text'; END $body$;
		SELECT set_config('own.table', E'\'{schema}.{table}\'', true), 'no {PLACEHOLDER} { table }'
	SQL
	local layout time
	for layout in typed jsonb; do
		time=$([ $layout = typed ] && echo time || echo _time)
		empty_database
		start_receiver 127.0.0.1:0 --workers 2 --layout $layout --create-table ./own.sql
		send 'm f=1 1\n'
		# shellcheck disable=SC1003 # the backslash is the name's
		printf '%s\n' '"it'"'"'s\\ \x";--$$ f=1 1' | send_lines
		stop
		assert_equal "$(received '[.stored, .store_errors]')" '[2,0]'
		assert_equal "$(sql "SELECT indexdef FROM pg_indexes WHERE tablename = 'm' AND indexname <> 'm_pkey'" | tr -d '"')" \
			"CREATE INDEX m_${time}_idx ON public.m USING btree ($time)"
		assert_equal "$(sql "SELECT id, note, obj_description('m'::regclass) FROM m")" \
			"1|\"m\" 100%|made for \"m\", it's by $time"
		assert_equal "$(sql "SELECT relname, obj_description(oid) FROM pg_class WHERE relname LIKE '%--%' AND relkind = 'r'")" \
			'"it'"'"'s\ \x";--$$|made for """it'"'"'s\ \x"";--$$", it'"'"'s by '"$time"
	done
}

@test "partitioned: a partition for each month from now on, and a default for all other times" {
	local month next long
	long=$(printf 'é%.0s' {1..31})
	start_receiver 127.0.0.1:0 --workers 2 --create-table partitioned
	fake --schema cpu --count 100 --rate 10k >fake.out
	month=$(sql "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')")
	next=$(sql "SELECT to_char(now() AT TIME ZONE 'UTC' + '1 month', 'YYYY_MM'),
		extract(epoch FROM date_trunc('month', now() AT TIME ZONE 'UTC' + '1 month') AT TIME ZONE 'UTC')::bigint")
	send "cpu,host=first usage_user=1 ${next#*|}000000000\ncpu,host=before usage_user=1 $((${next#*|} - 1))999999999\n"
	send "cpu,host=old usage_user=1 1000000000\ncpu,host=future usage_user=1 4102444800000000000\n"
	send "cpu,host=epoch usage_user=1 -1\n"
	send "$long f=1\n\"a.b\"\\ c f=1\n"
	stop
	assert_equal "$(received '[.lines, .stored]')" '[107,107]'
	assert_equal "$(kind_of cpu)" 'p|p'
	assert_equal "$(sql 'SELECT tableoid::regclass, count(*) FROM cpu GROUP BY 1 ORDER BY tableoid::regclass::text' |
		paste -sd ' ')" "cpu_default|3 cpu_p$month|101 cpu_p${next%|*}|1"
	assert_equal "$(sql "SELECT string_agg(host, ' ' ORDER BY host) FROM cpu_default")" 'epoch future old'
	assert_equal "$(sql "SELECT host FROM cpu_p${next%|*}")" first
	assert_equal "$(sql "SELECT relname, (SELECT count(*) FROM pg_inherits WHERE inhparent = c.oid) FROM pg_class AS c
		WHERE relkind = 'p' ORDER BY relname COLLATE \"C\"" | paste -sd ' ')" "\"a.b\" c|14 cpu|14 $long|14"
	assert_equal "$(sql "SELECT count(DISTINCT tableoid), count(*) FROM \"$long\"")" '1|1'
}

@test "timescaledb and citus: their functions are called once for each table, whoever makes it" {
	local template
	sql 'CREATE SCHEMA extension; CREATE TABLE extension.calls (name text, table_name text, column_name text);
		CREATE FUNCTION extension.create_hypertable(relation regclass, time_column_name name,
			if_not_exists boolean DEFAULT false) RETURNS void LANGUAGE sql AS $$
			INSERT INTO extension.calls SELECT $x$create_hypertable$x$, relation, time_column_name
			WHERE NOT EXISTS (SELECT FROM extension.calls WHERE table_name = relation::text AND if_not_exists) $$;
		CREATE TABLE extension.pg_dist_partition (logicalrelid regclass);
		CREATE FUNCTION extension.create_distributed_table(table_name regclass, distribution_column text)
			RETURNS void LANGUAGE sql AS $$
			INSERT INTO extension.pg_dist_partition VALUES (table_name);
			INSERT INTO extension.calls VALUES ($x$create_distributed_table$x$, table_name, distribution_column) $$;'
	sql "ALTER DATABASE $PGDATABASE SET search_path = public, extension"
	for template in timescaledb citus; do
		echo "$template"
		empty_database
		sql 'TRUNCATE extension.calls'
		start_receiver 127.0.0.1:0 --workers 8 --create-table $template
		fake --count 800 --rate 20k --source per-packet >fake.out
		send "it's\\\\ \"x\" f=1\n"
		stop
		assert_equal "$(received '[.stored, .store_errors]')" '[801,0]'
		assert_equal "$(sql 'SELECT DISTINCT name, column_name FROM extension.calls' | sed 's/.*_//')" \
			"$([ $template = timescaledb ] && echo 'hypertable|time' || echo 'table|time')"
		assert_equal "$(sql 'SELECT table_name FROM extension.calls ORDER BY 1' | paste -sd ' ')" \
			'"it'"'"'s ""x""" cpu disk diskio swap'
	done
}

@test "16 workers make the same 50 tables in partitions at the same time" {
	local i
	start_receiver 127.0.0.1:0 --workers 16 --flush 10ms --create-table partitioned
	for i in {1..20}; do
		seq -f "t%.0f,run=$i f=1" 50
	done >lines
	fake --replay lines --source per-packet --rate 5k >fake.out
	stop
	assert_equal "$(received '[.lines, .stored, .store_errors]')" '[1000,1000,0]'
	assert_equal "$(tables | wc -w)" 50
	assert_equal "$(sql "SELECT count(*), count(DISTINCT inhparent) FROM pg_inherits
		JOIN pg_class AS c ON c.oid = inhrelid WHERE c.relkind = 'r'")" '700|50'
	assert_equal "$(sql 'SELECT count(*), count(DISTINCT run) FROM t1')" '20|20'
	# That they were there already is no news.
	run ! grep -q NOTICE receive.err
}

@test "a template that cannot be is refused at the start, with its line" {
	printf 'CREATE TABLE {schema}.{table}\n({columns}, {color} text)' >unknown.sql
	printf 'CREATE TABLE {table} ({columns});\n\nDO $x$ BEGIN\n PERFORM {table}; END $x$' >dollar.sql
	printf 'CREATE TABLE "{table}" ({columns})' >quoted.sql
	printf 'CREATE TABLE x ({columns}) -- {table}' >without.sql
	printf 'CREATE TABLE {table} ({columns}); SELECT '"'open" >open.sql
	printf 'CREATE TABLE {table} ({columns}); /* ' >comment.sql
	printf 'CREATE TABLE {table} ({columns}); SELECT 1\0' >nul.sql
	: >empty.sql
	head -c 2000000 /dev/zero | tr '\0' ' ' >large.sql
	refuses_each fairport-receive <<-'TABLE'
		0 --create-table ./missing.sql|could not read table template "./missing.sql".*: No such file or directory
		0 --create-table missing|could not read table template "missing".*: No such file
		0 --create-table .|could not read table template
		0 --create-table ./unknown.sql|"./unknown.sql": line 2: \{color\} is unknown \(known are
		0 --create-table ./dollar.sql|"./dollar.sql": line 4: a placeholder stands between dollar quotes.*hint: .*set_config
		0 --create-table ./quoted.sql|"./quoted.sql": line 1: a placeholder stands between double quotes
		0 --create-table ./without.sql|\{table\} does not occur
		0 --create-table ./empty.sql|\{table\} does not occur
		0 --create-table ./open.sql|a string without its closing quote
		0 --create-table ./comment.sql|a comment without its end
		0 --create-table ./nul.sql|no text in UTF-8
		0 --create-table ./large.sql|could not read table template "./large.sql".*: File too large
	TABLE
}

@test "a template whose SQL fails costs its lines only: store errors, said once" {
	cat >picky.sql <<-'SQL'
		CREATE TABLE {schema}.{table} ({columns});
		SELECT 1 / ('{table}' <> '"bad"')::int, 'by the template';
	SQL
	start_receiver 127.0.0.1:0 --workers 1 --create-table ./picky.sql
	send 'good f=1 1\nbad f=1 1\nbad f=2 2\n'
	stored_soon 1 good
	send 'good f=2 2\nbad f=3 3\n'
	stored_soon 2 good
	stop 2
	assert_equal "$(received '[.lines, .stored, .store_errors]')" '[5,2,3]'
	assert_equal "$(tables)" good
	assert_equal "$(grep -c 'error: could not make table "bad" ready: ERROR:  division by zero' receive.err)" 1
	assert_equal "$(grep -c 'error: could not store' receive.err)" 1
}

@test "a template that makes no table, or not its columns" {
	printf 'SELECT 1 AS {table}' >nothing.sql
	printf 'CREATE TABLE {schema}.{table} (x int) -- {columns}' >other.sql
	start_receiver 127.0.0.1:0 --workers 1 --create-table ./nothing.sql
	send 'm f=1 1\n'
	stop 2
	assert_equal "$(received '[.stored, .store_errors]')" '[0,1]'
	# Columns that are missing are added, as to any table.
	start_receiver 127.0.0.1:0 --workers 1 --create-table ./other.sql
	send 'm f=1 1\n'
	stop
	assert_equal "$(columns m)" 'x integer, time timestamp with time zone, f double precision'
}

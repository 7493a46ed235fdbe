#!/usr/bin/env bats
# fairport-receive and a database that others change while it stores, or that does not take what it is
# given: every line has one fate, and SELECT count(*) says what the ledger says.
# SQL stands in single quotes.
# shellcheck disable=SC2016,SC2030,SC2031

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive

@test "a table is dropped, and a column: they are made anew, and no line is lost" {
	start_postgres
	start_store --workers 2
	start_numbered --source pool:64 --rate 5k
	eventually 10 has_stored 1000
	local dropped
	# What had been stored before that is gone with it.
	dropped=$(sql 'BEGIN; LOCK sensor; SELECT count(*) FROM sensor; DROP TABLE sensor; COMMIT')
	eventually 10 has_stored $((dropped + 2000))
	sql 'ALTER TABLE sensor DROP COLUMN humidity'
	eventually 10 has_stored $(($(count_of stored) + 2000))
	stop_fake
	stop_receiver
	assert_books
	assert_equal "$(received '[.lines, .stored, .pending, .drops]')" "[$(sent_lines),$(sent_lines),0,0]"
	assert_equal "$(rows)" $(($(sent_lines) - dropped))
	assert_equal "$(sql 'SELECT count(DISTINCT sequence), count(humidity) > 0 FROM sensor')" \
		"$(($(sent_lines) - dropped))|t"
}

@test "the table of marks is emptied, and dropped, under load" {
	start_postgres
	start_store --workers 2 --flush 5ms
	start_numbered --source pool:64 --rate 5k
	local what
	for what in 'TRUNCATE fairport_batches' 'DROP TABLE fairport_batches' 'DROP TABLE sensor, fairport_batches'; do
		eventually 10 has_stored $(($(count_of stored) + 1000))
		sql "$what"
	done
	eventually 10 has_stored $(($(count_of stored) + 1000))
	stop_fake
	stop_receiver
	assert_books
	assert_equal "$(received '[.lines, .stored, .pending, .drops]')" "[$(sent_lines),$(sent_lines),0,0]"
	# What is there now came behind the last DROP, each line once.
	assert_equal "$(sql 'SELECT count(*) - count(DISTINCT sequence), max(sequence) FROM sensor')" \
		"0|$(($(sent_lines) - 1))"
}

# The binary form of one type may well be read as another's: 8 bytes are 8 bytes.
@test "a column's type is altered while rows are on their way: what does not fit is rejected" {
	start_postgres
	local type using back
	while IFS='|' read -r type using back; do
		echo "$type"
		start_store --workers 2 --flush 5ms
		start_numbered --source pool:64 --rate 10k
		eventually 10 has_stored 1000
		sql "ALTER TABLE sensor ALTER COLUMN sequence TYPE $type USING $using"
		eventually 10 count_is rejected_type_conflict '. > 500'
		stop_fake
		stop_receiver
		assert_ledger
		assert_equal "$(received '[.lines, .stored + .rejected_type_conflict, .drops]')" "[$(sent_lines),$(sent_lines),0]"
		sql "ALTER TABLE sensor ALTER COLUMN sequence TYPE bigint USING $back"
		assert_equal "$(sql "SELECT count(DISTINCT sequence), min(sequence), max(sequence) < $(sent_lines)
			FROM sensor")" "$(received .stored)|0|t"
		sql 'DROP TABLE sensor'
	done <<-'TABLE'
		double precision|sequence|sequence
		numeric|sequence|sequence
		integer|sequence|sequence
		text|sequence|sequence::bigint
		timestamptz|to_timestamp(sequence)|extract(epoch FROM sequence)
	TABLE
}

@test "a table whose type conflicts are mended is looked at again" {
	start_postgres
	sql 'CREATE TABLE m (time timestamptz NOT NULL, f text)'
	start_store --workers 1
	seq -f 'm f=%g' 100 >lines
	fake --replay lines >/dev/null
	eventually 10 count_is rejected_type_conflict '. == 100'
	sql 'DROP TABLE m'
	# Not at once, perhaps.
	is_stored() {
		fake --replay lines >/dev/null
		has_stored 1
	}
	eventually 10 is_stored
	stop_receiver
	assert_ledger
}

@test "a role that may not insert: only its table's lines are store errors; then it may" {
	start_postgres
	sql "CREATE TABLE locked (time timestamptz NOT NULL, f double precision); CREATE ROLE plain LOGIN;
		GRANT CREATE ON SCHEMA public TO plain; GRANT SELECT ON locked TO plain"
	PGUSER=plain start_store --workers 1
	printf 'free f=%d\nlocked f=%d\n' {1..200} >lines
	fake --replay lines >/dev/null
	eventually 10 count_is store_errors '. == 100'
	eventually 10 has_stored 100
	sql 'GRANT INSERT ON locked TO plain'
	# It is not asked for again at once.
	is_let_in() {
		fake --replay lines >/dev/null
		answers 'SELECT count(*) > 0 FROM locked' t
	}
	eventually 10 is_let_in
	stop_receiver_with 2
	assert_ledger
	assert_equal "$(received '.rejected_type_conflict')" 0
	assert_equal "$(sql 'SELECT count(*) FROM free')" "$(received '.lines / 2')"
	assert_equal "$(grep -c 'error: could not store .*permission denied for table locked' receive.err)" 1
}

@test "rows that are refused among good ones: they alone are store errors" {
	start_postgres
	sql "CREATE SCHEMA other; CREATE TABLE other.numbers (sequence bigint UNIQUE);
		INSERT INTO other.numbers SELECT n FROM generate_series(0, 9999) AS n WHERE n NOT IN (6000, 7000);
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
			IF NEW.sequence = 3000 THEN RAISE 'not this one'; END IF; RETURN NEW; END \$\$;
		CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
			IF NEW.sequence % 1000 <> 999 THEN RETURN NEW; END IF; RETURN NULL; END \$\$"
	local writer what lost
	while IFS='|' read -r writer what lost; do
		echo "$writer, $what"
		sql "CREATE TABLE sensor (time timestamptz NOT NULL, sequence bigint)"
		sql "$what"
		start_store --workers 1 --writer "$writer"
		start_numbered --lines 100 --count 100
		await_fake
		eventually 20 all_settled
		stop_receiver_with 2
		assert_ledger
		assert_equal "$(received '[.lines, .store_errors]')" "[10000,$lost]"
		assert_equal "$(sql 'SELECT count(DISTINCT sequence) FROM sensor')" $((10000 - lost))
		sql 'DROP TABLE sensor'
	done <<-'TABLE'
		copy|ALTER TABLE sensor ADD CHECK (sequence NOT IN (0, 5000, 9999))|3
		insert|ALTER TABLE sensor ADD CHECK (sequence NOT IN (0, 5000, 9999))|3
		prepared|ALTER TABLE sensor ADD CHECK (sequence NOT IN (0, 5000, 9999))|3
		pipeline|ALTER TABLE sensor ADD CHECK (sequence NOT IN (0, 5000, 9999))|3
		copy|ALTER TABLE sensor ADD FOREIGN KEY (sequence) REFERENCES other.numbers (sequence) NOT VALID|2
		copy|CREATE UNIQUE INDEX ON sensor (greatest(sequence, 9))|9
		copy|ALTER TABLE sensor ADD EXCLUDE ((sequence / 2 * 2) WITH =) WHERE (sequence > 9990) DEFERRABLE INITIALLY DEFERRED|4
		copy|CREATE TRIGGER refuse BEFORE INSERT ON sensor FOR EACH ROW EXECUTE FUNCTION refuse()|1
		copy|CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON sensor DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()|1
		pipeline|CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON sensor DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()|1
		prepared|CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON sensor DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()|1
		copy|CREATE TRIGGER leave_out BEFORE INSERT ON sensor FOR EACH ROW EXECUTE FUNCTION leave_out()|10
		pipeline|CREATE TRIGGER leave_out BEFORE INSERT ON sensor FOR EACH ROW EXECUTE FUNCTION leave_out()|10
	TABLE
}

@test "rows of several tables are refused: the others of their packets are stored" {
	start_postgres
	sql "CREATE TABLE swap (time timestamptz NOT NULL, used bigint CHECK (used % 10 <> 0));
		CREATE TABLE cpu (time timestamptz NOT NULL, host text CHECK (host <> 'host7'))"
	start_store --workers 2
	fake --seed 3 --lines 20 --count 500 --source pool:64 >/dev/null
	eventually 20 has_come 10000
	eventually 20 all_settled
	stop_receiver_with 2
	assert_ledger
	assert_equal "$(received .store_errors)" "$("$BIN/fairport-fake" --dry-run --seed 3 --lines 20 --count 500 |
		grep -cE '^cpu,.*host=host7 |^swap,.*,used=[0-9]*0i,')"
}

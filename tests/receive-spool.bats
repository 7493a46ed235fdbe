#!/usr/bin/env bats
# fairport-receive --on-full: what becomes of lines when the server is gone and memory is full. What
# is spooled is stored once, whoever stores it.
# Text for other shells stands in single quotes; run --separate-stderr sets $stderr; the libraries use
# receiver_under.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive

# Long lines, over TCP: what is sent arrives. 16 MiB of memory are full after 80,000.
fill() {
	fake --protocol tcp --schema web --sequence --sender 1 --lines 100 "$@" --json fake.ndjson >fake.out
}

start_spooling() {
	start_store --protocol tcp --on-full "spool:$PWD/spool" "$@"
}

spools() {
	find spool -name '*.spool' | wc -l
}

# Whether $1 is what is spooled and not yet taken back.
has_spooled() {
	counts_so "([.slots[].spooled] | add) - ([.slots[].unspooled] | add) | $1"
}

# Ends it in an outage: all that it holds goes to disk.
leave_all() {
	local held
	held=$(stats '.slots | map(.lines - .stored) | add')
	stop_receiver
	assert_books
	assert_equal "$(received '[.pending, .store_errors, .spooled - .unspooled]')" "[0,0,$held]"
}

# Kills all of its processes at once: the parent first, who would start workers again.
kill_receiver() {
	local pid=$RECEIVER workers
	workers=$(stats '.workers[].pid')
	RECEIVER=
	# shellcheck disable=SC2086 # words are meant
	kill -KILL "$pid" $workers
	wait "$pid" || true
	# shellcheck disable=SC2086 # words are meant
	eventually 10 have_ended $workers
	rm receive.ctl
}

@test "what memory cannot hold goes to disk, and to the server when it is back: once, in order" {
	start_postgres
	sql 'CREATE TABLE requests (number bigserial, time timestamptz NOT NULL)'
	start_spooling --workers 1
	end_server "$PGHOST"
	fill --count 1200
	eventually 10 has_come 120000
	assert has_spooled '. > 60000'
	begin_server "$PGHOST"
	eventually 20 has_stored 120000
	assert_equal "$(spools)" 1
	stop_receiver
	assert_all_stored requests
	assert_equal "$(sql 'SELECT count(*) FROM (SELECT sequence - lag(sequence) OVER (ORDER BY number) AS step
		FROM requests) AS steps WHERE step <> 1')" 0
	assert_equal "$(received '.spooled == .unspooled')" true
	assert_equal "$(spools)" 0
	assert_equal "$(sql 'SELECT count(*) FROM fairport_batches')" 0
}

@test "the server stops again and again while what was spooled is stored" {
	start_postgres
	start_spooling --workers 2
	end_server "$PGHOST"
	fill --count 2000 --source pool:64
	eventually 10 has_come 200000
	local i
	for i in 1 2 3; do
		begin_server "$PGHOST"
		eventually 10 has_stored $((i * 30000))
		crash_server "$PGHOST"
	done
	begin_server "$PGHOST"
	eventually 20 has_stored 200000
	stop_receiver
	assert_all_stored requests
	assert_equal "$(spools)" 0
}

# That one of 4 workers gets none of 64 connections has a probability of 4e-8.
@test "SIGTERM in an outage: all goes to disk at once, and the next run stores it" {
	start_postgres
	start_spooling --workers 4
	fill --count 100 --source pool:64
	eventually 10 has_stored 10000
	end_server "$PGHOST"
	fake --protocol tcp --schema sensor --sequence --sender 1 --lines 100 --count 1000 --source pool:64 \
		--json fake.ndjson >fake.out
	eventually 10 has_come 110000
	leave_all
	assert_equal "$(received .stored)" 10000
	assert_equal "$(spools)" 4
	begin_server "$PGHOST"
	# Fewer workers find them all.
	start_spooling --workers 1
	eventually 20 has_stored 100000
	stop_receiver
	assert_books
	assert_equal "$(received '[.lines, .unspooled, .stored]')" '[0,100000,100000]'
	assert_equal "$(grep -c 'spool/.*\.spool: [0-9,]* rows were left behind, and are stored now' receive.err)" 4
	assert_numbers requests 10000
	assert_numbers sensor 100000
	assert_equal "$(spools)" 0
	assert_equal "$(sql 'SELECT count(*) FROM fairport_batches')" 0
}

@test "a worker is killed while it spools: what was on disk is stored once, what was not is pending" {
	start_postgres
	start_spooling --workers 1
	end_server "$PGHOST"
	fill --count 1000
	eventually 10 has_come 100000
	local spooled
	spooled=$(count_of spooled)
	assert [ "$spooled" -gt 0 ]
	kill -KILL "$(worker_pid 0)"
	eventually 10 grep -q 'runs again' receive.err
	fake --protocol tcp --schema sensor --sequence --sender 1 --count 500 --lines 100 >/dev/null
	eventually 10 has_come 150000
	begin_server "$PGHOST"
	eventually 20 has_stored $((spooled + 50000))
	stop_receiver_with 2
	assert_books
	assert_equal "$(received '[.stored, .pending, .crashed]')" "[$((spooled + 50000)),$((100000 - spooled)),1]"
	assert_numbers requests "$spooled"
	assert_numbers sensor 50000
	assert_equal "$(spools)" 0
}

# Rows go to disk from 8 MiB on: those of some 55 connections. Each worker has 128 of 256 (sd 8).
@test "the receiver is killed with all its workers: the next one adopts what was on disk" {
	start_postgres
	start_spooling --workers 2
	end_server "$PGHOST"
	fill --count 2048 --source pool:256
	eventually 10 has_come 204800
	local spooled
	spooled=$(count_of spooled)
	kill_receiver
	assert_equal "$(spools)" 2
	begin_server "$PGHOST"
	start_spooling --workers 2
	eventually 20 has_stored "$spooled"
	stop_receiver
	assert_ledger
	assert_equal "$(received '[.lines, .unspooled, .stored]')" "[0,$spooled,$spooled]"
	assert_equal "$(grep -c 'rows were left behind, and are stored now' receive.err)" 2
	assert_equal "$(sql 'SELECT count(DISTINCT sequence) FROM requests')" "$spooled"
	assert_equal "$(spools)" 0
}

# Rows are written in pieces because of one that is refused; then one waits in a trigger, and there
# the worker is killed.
@test "a worker is killed in the middle of a spooled batch: its rows count once" {
	start_postgres
	sql "CREATE TABLE requests (time timestamptz NOT NULL, sequence bigint CHECK (sequence <> 5));
		CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
			IF NEW.sequence = 500 THEN PERFORM pg_advisory_xact_lock_shared(1); END IF; RETURN NEW; END \$\$;
		CREATE TRIGGER wait BEFORE INSERT ON requests FOR EACH ROW EXECUTE FUNCTION wait()"
	start_spooling --workers 1
	end_server "$PGHOST"
	fill --count 10
	eventually 10 has_come 1000
	leave_all
	begin_server "$PGHOST"
	hold_lock 'SELECT pg_advisory_xact_lock(1)'
	start_spooling --workers 1
	eventually 10 answers "SELECT count(*) $SESSIONS AND wait_event = 'advisory'" 1
	kill -KILL "$(worker_pid 0)"
	eventually 10 grep -q 'runs again' receive.err
	eventually 10 answers "SELECT count(*) $SESSIONS AND wait_event = 'advisory'" 2
	release_lock
	eventually 10 answers 'SELECT count(*) FROM requests' 999
	eventually 10 counts_so '[.slots[] | .unspooled - .stored - .store_errors] | add == 0'
	stop_receiver_with 2
	assert_ledger
	assert_equal "$(received '[.stored, .store_errors]')" '[999,1]'
	assert_equal "$(sql 'SELECT count(DISTINCT sequence) FROM requests')" 999
}

@test "SIGTERM while what was spooled is stored: the next run stores the rest" {
	start_postgres
	start_spooling --workers 2
	end_server "$PGHOST"
	fill --count 1000 --source pool:64
	eventually 10 has_come 100000
	begin_server "$PGHOST"
	eventually 20 has_stored 10000
	stop_receiver
	assert_books
	assert_equal "$(received '[.pending, .store_errors]')" '[0,0]'
	local left
	left=$(received '.spooled - .unspooled')
	assert_equal "$(received '.lines - .stored')" "$left"
	start_spooling --workers 3
	eventually 20 has_stored "$left"
	stop_receiver
	assert_equal "$(received '[.unspooled, .stored]')" "[$left,$left]"
	assert_numbers requests 100000
	assert_equal "$(spools)" 0
}

@test "the parent alone is killed in an outage: its workers leave all on disk" {
	start_postgres
	start_spooling --workers 2
	end_server "$PGHOST"
	fill --count 1000 --source pool:64
	eventually 10 has_come 100000
	local pid=$RECEIVER workers
	workers=$(stats '.workers[].pid')
	RECEIVER=
	kill -KILL "$pid"
	wait "$pid" || true
	# shellcheck disable=SC2086 # words are meant
	eventually 10 have_ended $workers
	rm receive.ctl
	begin_server "$PGHOST"
	start_spooling --workers 2
	eventually 20 has_stored 100000
	stop_receiver
	assert_ledger
	assert_equal "$(received '[.lines, .unspooled, .stored]')" '[0,100000,100000]'
	assert_numbers requests 100000
}

@test "a rolling restart in an outage: the old workers leave at once, the new ones store it all" {
	start_postgres
	start_spooling --workers 2
	fill --count 100 --source pool:64
	eventually 10 has_stored 10000
	end_server "$PGHOST"
	start_fake --protocol tcp --schema sensor --sequence --sender 1 --lines 10 --count 2000 --rate 4k --source rotate:20
	eventually 10 has_come 12000
	control restart >/dev/null
	eventually 10 counts_so '.workers | map(.generation) == [2,2]'
	await_fake
	eventually 10 has_come 30000
	begin_server "$PGHOST"
	eventually 20 has_stored 30000
	stop_receiver
	assert_ledger
	assert_equal "$(received '[.lines, .stored]')" '[30000,30000]'
	assert_numbers sensor 20000
	assert_equal "$(spools)" 0
}

@test "two receivers share a spool directory: none takes what the other uses, but what it left" {
	start_postgres
	start_spooling --workers 2
	local first=$RECEIVER
	mkdir other
	cd other || return 1
	start_store --protocol tcp --workers 2 --on-full "spool:$OLDPWD/spool"
	OTHER=$RECEIVER
	cd ..
	end_server "$PGHOST"
	PORT=$(ndjson receive.ndjson header .port) fill --count 1000 --source pool:64
	PORT=$(ndjson other/receive.ndjson header .port) fake --protocol tcp --schema sensor --sequence --sender 1 \
		--lines 100 --count 3000 --source pool:64 >/dev/null
	RECEIVER=$first
	eventually 10 has_spooled '. > 0'
	begin_server "$PGHOST"
	eventually 20 has_stored 100000
	eventually 20 answers 'SELECT count(*) FROM sensor' 300000
	run ! grep -h 'left behind' receive.err other/receive.err
	# Now the other one is killed in an outage.
	end_server "$PGHOST"
	PORT=$(ndjson other/receive.ndjson header .port) fake --protocol tcp --schema cpu --lines 100 --count 2000 \
		--source pool:64 >/dev/null
	cd other || return 1
	eventually 10 has_come 500000
	local spooled
	spooled=$(($(count_of spooled) - $(count_of unspooled)))
	RECEIVER=$OTHER OTHER=
	kill_receiver
	cd ..
	RECEIVER=$first
	begin_server "$PGHOST"
	eventually 20 has_stored $((100000 + spooled))
	stop_receiver
	assert_books
	assert_equal "$(received '[.lines, .stored]')" "[100000,$((100000 + spooled))]"
	assert_numbers requests 100000
	assert_numbers sensor 300000
	assert_equal "$(sql 'SELECT count(*) FROM cpu')" "$spooled"
	assert_equal "$(spools)" 0
}

# In a mount namespace of its own, whose spool directory has $1 of space and holds $2 bytes already.
start_in_little_space() {
	local size=$1 ballast=$2
	shift 2
	mkdir spool
	receiver_under=(unshare --mount bash -euc 'mount -t tmpfs -o "size=$1" tmpfs spool
		head -c "$2" /dev/zero >spool/ballast; shift 2; exec "$@"' bash "$size" "$ballast")
	start_store --on-full spool:spool "$@"
	receiver_under=()
}

@test "the disk of the spool is full: it is said once, and input waits" {
	require_root
	start_postgres
	start_in_little_space 6m 0 --workers 1
	numbered --count 100
	eventually 10 has_stored 1000
	end_server "$PGHOST"
	fake --schema web --lines 100 --count 4000 --rate 4k >/dev/null
	eventually 10 grep -q 'could not spool to spool: No space left on device' receive.err
	assert has_spooled '. > 0'
	begin_server "$PGHOST"
	eventually 20 all_settled
	stop_receiver
	assert_ledger
	assert_equal "$(received '[.lines == .stored, .packets + .drops + .in_queue]')" '[true,4100]'
	assert_equal "$(grep -c 'error: could not spool' receive.err)" 1
}

# What it holds is enough to be spooled, and not enough to make input wait.
@test "a spool directory without any space: it is said once; at the end, what it could not take is counted" {
	require_root
	start_postgres
	start_in_little_space 64k 64k --workers 1
	end_server "$PGHOST"
	fake --schema web --lines 100 --count 450 --rate 2k >/dev/null
	start_fake --schema web --lines 100 --rate 50
	eventually 10 grep -q 'No space left on device' receive.err
	# It is tried again every second.
	eventually 10 counts_so ".elapsed_ns > $(stats .elapsed_ns) + 2500000000"
	stop_fake
	stop_receiver_with 2
	assert_books
	assert_equal "$(received '[.lines == .store_errors, .pending, .spooled]')" '[true,0,0]'
	assert_equal "$(grep -c 'No space left on device' receive.err)" 1
}

@test "the disk of the spool has space again before the server is back: spooling goes on" {
	require_root
	start_postgres
	start_in_little_space 6m 0 --protocol tcp --workers 1
	end_server "$PGHOST"
	start_fake --protocol tcp --schema web --sequence --sender 1 --lines 100 --count 3000 --timeout 20s
	eventually 10 grep -q 'could not spool to spool: No space left on device' receive.err
	nsenter --mount "--target=$RECEIVER" mount -o remount,size=200m "$PWD/spool"
	eventually 10 has_come 300000
	await_fake
	begin_server "$PGHOST"
	eventually 20 has_stored 300000
	stop_receiver
	assert_all_stored requests
}

@test "workers of another user have a spool directory of theirs" {
	require_root
	chmod 755 .
	start_postgres
	chmod 755 "$PGHOST"
	start_store --protocol tcp --user nobody --workers 2 --on-full spool:spool
	assert_equal "$(stat -c '%U %a' spool)" 'nobody 700'
	end_server "$PGHOST"
	fill --count 100 --source pool:64
	eventually 10 has_come 10000
	leave_all
	assert_equal "$(stat -c '%U %a' spool/*.spool | sort -u)" 'nobody 600'
	begin_server "$PGHOST"
	start_store --protocol tcp --user nobody --workers 2 --on-full spool:spool
	eventually 10 has_stored 10000
	stop_receiver
	assert_ledger
	assert_numbers requests 10000
	assert_equal "$(spools)" 0
}

@test "a spool that is damaged: what can be read is stored, what cannot is counted" {
	start_postgres
	start_spooling --workers 1
	end_server "$PGHOST"
	fill --count 600
	eventually 10 has_come 60000
	leave_all
	# In the first of its records, and at the end of the last.
	local spool
	spool=$(echo spool/*.spool)
	printf 'x' | dd of="$spool" bs=1 seek=100000 conv=notrunc status=none
	truncate -s -1 "$spool"
	echo 'something else' >spool/notes.spool
	begin_server "$PGHOST"
	start_spooling --workers 1
	eventually 10 counts_so '.slots[0] | .unspooled == .stored + .store_errors and .stored > 0 and .store_errors > 0'
	stop_receiver_with 2
	assert_ledger
	grep -q 'warning: .*/spool/notes.spool is no spool of this version: left alone' receive.err
	grep -q 'rows cannot be read: its checksum is wrong' receive.err
	grep -q 'warning: [0-9]* bytes .*were not written whole' receive.err
	assert_equal "$(ls spool)" notes.spool
}

@test "what was spooled does not fit any more: type conflicts, and the rest is stored" {
	start_postgres
	printf 'm i=%di,f=1\nm f=2\n' {1..500} >lines
	start_spooling --workers 1
	end_server "$PGHOST"
	fake --protocol tcp --replay lines --lines 10 >/dev/null
	eventually 10 has_come 1000
	leave_all
	begin_server "$PGHOST"
	sql 'CREATE TABLE m (time timestamptz NOT NULL, i text)'
	start_spooling --workers 1
	eventually 10 counts_so '.slots[0].unspooled == 1000'
	stop_receiver
	assert_ledger
	assert_equal "$(received '[.lines, .stored, .rejected_type_conflict, .store_errors]')" '[0,500,500,0]'
	assert_equal "$(sql 'SELECT sum(f) FROM m')" 1000
	assert_equal "$(spools)" 0
}

@test "drop: lines that find memory full are counted, the others are stored" {
	start_postgres
	start_store --protocol tcp --workers 2 --on-full drop
	end_server "$PGHOST"
	fill --count 4000 --source pool:64
	eventually 10 has_come 400000
	assert count_is dropped '. > 0'
	begin_server "$PGHOST"
	eventually 20 all_settled
	stop_receiver
	assert_ledger
	assert_equal "$(received '[.lines, .stored + .dropped, .store_errors]')" '[400000,400000,0]'
	assert_equal "$(sql 'SELECT count(DISTINCT sequence) FROM requests')" "$(received .stored)"
}

@test "a spool directory that cannot be used, and bad values: status 1, and why" {
	start_postgres
	echo >file
	mkdir -m 500 closed
	refuses_each fairport-receive <<-'TABLE'
		127.0.0.1:0 --on-full spool|invalid value "spool" for --on-full \(expected block, drop or spool:DIR\)
		127.0.0.1:0 --on-full spool:|invalid value "spool:" for --on-full \(expected block, drop or spool:DIR\)
		127.0.0.1:0 --on-full keep|invalid value "keep" for --on-full
		127.0.0.1:0 --on-full Drop|invalid value "Drop" for --on-full
		127.0.0.1:0 --on-full spool:file|error: could not write to spool directory file: Not a directory
		127.0.0.1:0 --on-full spool:no/such|error: could not make spool directory no/such: No such file or directory
	TABLE
	chmod 755 .
	run --separate-stderr "${as_nobody[@]}" "$BIN/fairport-receive" 127.0.0.1:0 --on-full spool:closed
	assert_failure 1
	assert_equal "$output" ""
	assert_regex "$stderr" 'error: could not write to spool directory closed: Permission denied'
	assert_equal "$(ls closed)" ""
	# Root may, but those whom it starts may not.
	require_root
	run --separate-stderr "$BIN/fairport-receive" 127.0.0.1:0 --user nobody --on-full spool:closed
	assert_failure 1
	assert_regex "$stderr" 'error: could not write to spool directory closed: Permission denied'
}

#!/usr/bin/env bats
# alone: traffic has to keep its pace
# fairport-receive: what arrives is counted once, and stored or accounted for.
#
# Lines are sent by bash itself (/dev/udp), one packet per printf, where their text matters.
# Text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# Each test is a subshell to shellcheck.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive

# send TEXT: one packet. The shell's own printf would make a packet of each line.
send() {
	printf '%b' "$1" >packet
	cat packet >"/dev/udp/127.0.0.1/$PORT"
}

# Whether fairport-fake notices that nobody listens.
refused() {
	local status=0
	fake --count 5 --rate 1k --schema cpu >/dev/null 2>&1 || status=$?
	[ "$status" = 2 ]
}

# hold HOST [reuseport]: another process binds a UDP socket there, and sets PORT and OTHER.
hold() {
	rm -f port
	perl -MSocket -e '$| = 1;
		socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
		setsockopt($s, SOL_SOCKET, SO_REUSEPORT, 1) if $ARGV[1];
		bind($s, pack_sockaddr_in(0, inet_aton($ARGV[0]))) or die;
		print +(unpack_sockaddr_in(getsockname($s)))[0], "\n";
		sleep 60' "$1" "${2:-}" >port 3>&- &
	OTHER=$!
	eventually 10 test -s port
	PORT=$(cat port)
}

# With these arguments it does not start.
refuses() {
	run --separate-stderr "$BIN/fairport-receive" "$@" --duration 1s
	assert_failure 1
	assert_equal "$output" ""
}

@test "a table per measurement, typed columns, and as many rows as lines" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 4
	fake --count 20k --rate 10k --source per-packet --seed 5 --timestamps step:1us
	stop_receiver
	assert_equal "$(received '[.packets, .lines, .stored]')" '[20000,20000,20000]'
	assert_equal "$(sql 'SELECT (SELECT count(*) FROM cpu) + (SELECT count(*) FROM disk)
		+ (SELECT count(*) FROM diskio) + (SELECT count(*) FROM swap)')" 20000
	assert_equal "$(sql "SELECT string_agg(column_name || ' ' || data_type, ', '
		ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = 'swap'")" \
		"time timestamp with time zone, host text, free bigint, total bigint, used bigint, used_percent double precision"
	assert_equal "$(sql 'SELECT count(*), sum(used) FROM swap')" \
		"$("$BIN/fairport-fake" --dry-run --count 20k --seed 5 --timestamps step:1us |
			awk -F '[ ,=]' '/^swap/ { n++; used += $9 } END { printf "%d|%.0f", n, used }')"
	assert_ledger
}

@test "every type, escapes and time stamps arrive as they were sent" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1
	# shellcheck disable=SC1003 # the backslashes are the protocol's
	send 'all\\ types,a\\,tag=x\\ y f=1.5,i=-7i,u=18446744073709551615u,s="say \\"hi\\"",b=true 1700000000123456789\n'
	stop_receiver
	assert_equal "$(sql "SELECT extract(epoch FROM time), \"a,tag\", f, i, u, s, b FROM \"all types\"")" \
		'1700000000.123456|x y|1.5|-7|18446744073709551615|say "hi"|t'
}

@test "a line without a time stamp gets the time of its reception" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1
	send 'm f=1\n'
	stop_receiver
	assert_equal "$(sql "SELECT abs(extract(epoch FROM now() - time)) < 60 FROM m")" t
}

@test "a line that does not parse is counted and kept; the rest of its packet is stored" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1
	send 'm f=1 1\nthis is no line\nm f=2 2\n'
	stop_receiver
	assert_equal "$(received '[.packets, .lines, .stored, .rejected_syntax]')" '[1,3,2,1]'
	assert_equal "$(ndjson receive.ndjson worker '.rejected_samples | length')" 1
	assert_equal "$(ndjson receive.ndjson worker '.rejected_samples[0].line')" '"this is no line"'
	grep -q 'worker 0 rejected "this is no line" at column' receive.err
	assert_equal "$(sql 'SELECT sum(f) FROM m')" 3
	assert_ledger
}

@test "the kept sample of rejected lines is bounded" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	for _ in {1..20}; do
		send "$(printf 'x%.0s' {1..300})\n"
	done
	stop_receiver
	assert_equal "$(received .rejected_syntax)" 20
	assert_equal "$(ndjson receive.ndjson worker '[.rejected_samples | length, (map(.line | length) | max)]')" \
		'[4,160]'
}

@test "columns that appear later are added, and rows before them have NULL there" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1 --flush 1s
	send 'm,a=x f=1 1\n'
	send 'm,a=x,b=y f=2,g=3i 2\nm f=4 3\n'
	stop_receiver
	assert_equal "$(sql 'SELECT f, a, b, g FROM m ORDER BY f' | tr '\n' ' ')" '1|x|| 2|x|y|3 4||| '
	assert_equal "$(received .stored)" 3
}

@test "a table that exists is used as it is" {
	start_postgres
	sql 'CREATE TABLE m (f double precision, time timestamptz, extra int DEFAULT 7, v varchar(10))'
	start_receiver 127.0.0.1:0 --workers 1
	send 'm,v=tag f=1 1\n'
	stop_receiver
	assert_equal "$(sql 'SELECT f, extra, v FROM m')" '1|7|tag'
}

@test "what fits no column is a type conflict, and only that line is rejected" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1
	send 'm f=1 1\n'
	eventually 10 answers 'SELECT count(*) FROM m' 1
	send 'm f=1i 2\nm f="text" 3\nm f=2 4\nm,f=tag g=1 5\nm,same=1 same=2 6\nm,time=1 f=3 7\n'
	stop_receiver
	assert_equal "$(received '[.lines, .stored, .rejected_type_conflict]')" '[7,2,5]'
	assert_equal "$(sql 'SELECT sum(f) FROM m')" 3
	assert_ledger
}

@test "names that PostgreSQL would cut, and a NUL, are rejected" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1
	local long
	long=$(printf 'n%.0s' {1..64})
	send "$long f=1 1\nm,$long=x f=1 1\nm $long=1 1\n${long:1} f=1 1\n"
	send 'm s="a\0b" 1\nm f=1 1\n'
	stop_receiver
	assert_equal "$(received '[.lines, .stored, .rejected_limit, .rejected_encoding]')" '[6,2,3,1]'
	assert_ledger
}

@test "names of system tables and SQL in names do no harm" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1
	send 'pg_class,oid=x relname="y" 1\n"quoted";DROP\\ TABLE\\ m;-- f=1 1\n'
	stop_receiver
	assert_equal "$(received '[.lines, .stored]')" '[2,2]'
	assert_equal "$(sql 'SELECT relname FROM public.pg_class')" y
	assert_equal "$(sql 'SELECT count(*) FROM public."""quoted"";DROP TABLE m;--"')" 1
}

@test "names of system columns are rejected, and cost no other line" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1
	send 'm f=1 1\n'
	eventually 10 answers 'SELECT count(*) FROM m' 1
	send 'm xmin=1 2\nm,ctid=x f=1 3\nm f=2 4\n'
	send 'm f=3 5\n'
	stop_receiver
	assert_equal "$(received '[.lines, .stored, .rejected_limit, .store_errors]')" '[5,3,2,0]'
}

@test "a column that may not be added costs the lines that need it, not the table" {
	start_postgres
	sql 'CREATE TABLE m (time timestamptz NOT NULL, f double precision)'
	sql 'CREATE ROLE plain LOGIN; GRANT SELECT, INSERT ON m TO plain'
	PGUSER=plain start_receiver 127.0.0.1:0 --workers 1
	send 'm f=1 1\n'
	eventually 10 answers 'SELECT count(*) FROM m' 1
	send 'm f=2,g=1 2\nm f=3 3\n'
	send 'm f=4 4\nnew f=1 5\n'
	local status=0
	stop_receiver || status=$?
	assert_equal "$status" 2
	assert_equal "$(received '[.lines, .stored, .store_errors]')" '[5,3,2]'
	assert_equal "$(sql 'SELECT sum(f) FROM m')" 8
	assert_equal "$(grep -c 'could not make table "m" ready: .*must be owner' receive.err)" 1
	assert_ledger
}

@test "the widest table and the shortest lines stay within the memory of a worker" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1
	local columns
	columns=$(printf 'c%d=t,' {0..989})
	send "w ${columns%,} 1\n"
	printf 'w c0=t\n%.0s' {1..5000} >packet
	for _ in {1..20}; do
		cat packet >"/dev/udp/127.0.0.1/$PORT"
	done
	stop_receiver
	assert_equal "$(received '.packets + .drops + .in_queue')" 21
	assert_equal "$(received '.stored == .lines')" true
	(($(ndjson receive.ndjson worker .peak_rss_bytes) < 64 * 1024 * 1024))
}

@test "a stopping worker stores what is queued, and refuses what comes later" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1
	send 'm f=1 1\n'
	eventually 10 answers 'SELECT count(*) FROM m' 1
	local backend status=0
	backend=$(sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'fairport-receive'")
	kill -STOP "$backend"
	send 'm f=2 2\n'
	kill -TERM "$RECEIVER"
	eventually 10 grep -q draining receive.err
	# What the socket does not take, ICMP refuses: the first packet after that tells.
	eventually 10 refused
	kill -CONT "$backend"
	await_receiver || status=$?
	assert_equal "$status" 0
	assert_equal "$(received '[.stored == .lines, .lines == .packets, .in_queue, .drops]')" '[true,true,0,0]'
	assert_equal "$(sql 'SELECT count(*) FROM m WHERE f = 2')" 1
}

@test "many workers make the same tables at the same time" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 16 --flush 10ms
	fake --count 4000 --rate 10k --source per-packet
	stop_receiver
	assert_equal "$(received '[.stored, .store_errors]')" '[4000,0]'
}

@test "SIGTERM in the middle of a flood: what was received is stored, what was not is counted" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 2 --rcvbuf 64KiB
	fake --count 100k --json fake.ndjson >fake.out
	stop_receiver
	assert_equal "$(received '.packets + .drops + .in_queue')" 100000
	assert_equal "$(received '.stored == .lines')" true
	assert_equal "$(sql 'SELECT (SELECT count(*) FROM cpu) + (SELECT count(*) FROM disk)
		+ (SELECT count(*) FROM diskio) + (SELECT count(*) FROM swap)')" "$(received .stored)"
}

@test "memory stays below 64 MiB a worker while the server stands still, and nothing is lost twice" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1 --interval 100ms
	fake --count 100 --lines 10
	eventually 10 answers 'SELECT count(*) > 0 FROM swap' t
	local backend
	backend=$(sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'fairport-receive'")
	kill -STOP "$backend"
	fake --count 10k --lines 100 --rate 5k --json fake.ndjson
	kill -CONT "$backend"
	stop_receiver
	(($(ndjson receive.ndjson worker .peak_rss_bytes) < 64 * 1024 * 1024))
	assert_equal "$(received '.packets + .drops + .in_queue')" 10100
	assert_equal "$(received '.stored == .lines')" true
	(($(received .drops) > 0)) # it was too much on purpose
}

@test "--duration ends by itself" {
	run "$BIN/fairport-receive" 127.0.0.1:0 --sink null --duration 100ms
	assert_success
	assert_output --partial "Ended by: duration"
}

@test "the first ^C after --duration ended does not abort the drain" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1 --duration 500ms
	send 'm f=1 1\n'
	eventually 10 answers 'SELECT count(*) FROM m' 1
	local backend status=0
	backend=$(sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'fairport-receive'")
	kill -STOP "$backend"
	send 'm f=2 2\n'
	eventually 10 grep -q draining receive.err
	kill -INT "$RECEIVER"
	kill -CONT "$backend"
	await_receiver || status=$?
	assert_equal "$status" 0
	assert_equal "$(received '[.stored, .reason]')" '[2,"duration"]'
}

@test "dual stack: a port alone takes IPv4 and IPv6" {
	[ -e /proc/net/if_inet6 ] || skip_because "needs IPv6"
	start_receiver 0 --workers 2 --sink null
	"$BIN/fairport-fake" "127.0.0.1:$PORT" --count 100 --rate 10k
	"$BIN/fairport-fake" "[::1]:$PORT" --count 100 --rate 10k
	stop_receiver
	assert_equal "$(received .packets)" 200
}

@test "a service name stands for its port" {
	[ -e /etc/services ] || skip_because "needs /etc/services"
	require_root
	run unshare --net bash -euc 'ip link set lo up
		exec "$0" 127.0.0.1:domain --sink null --duration 50ms' "$BIN/fairport-receive"
	assert_success
	assert_output --partial "127.0.0.1:53"
}

@test "a group of others: refused, naming them; joined with --join" {
	start_pool --workers 2
	local held
	refuses "127.0.0.1:$PORT" --sink null
	assert_regex "$stderr" "error: 127.0.0.1:$PORT \(UDP\) is held by pid $RECEIVER \(fairport-receive\)"
	assert_regex "$stderr" 'hint: .*--join'
	for held in $(stats '.workers[].pid'); do
		assert_regex "$stderr" "pid $held "
	done
	"$BIN/fairport-receive" "127.0.0.1:$PORT" --sink null --join --workers 2 --ready-fd 9 --json joined.ndjson \
		2>joined.err 9>joined.ready >/dev/null 3>&- &
	OTHER=$!
	eventually 10 test -s joined.ready
	assert_regex "$(cat joined.err)" \
		"warning: 127.0.0.1:$PORT \(UDP\) is shared with pid $RECEIVER .*: they take a part of its packets"
	# 400 flows among 4 sockets: 200 for each pool (sd 10); 100 and less is 10 sd away.
	fake --count 400 --rate 20k --source pool:400 >/dev/null
	kill -TERM "$OTHER"
	wait "$OTHER"
	OTHER=
	stop_receiver
	local joined
	joined=$(ndjson joined.ndjson summary .packets)
	assert_equal $(($(received .packets) + joined)) 400
	((joined > 100 && joined < 300))
	assert_books
}

@test "a port held without SO_REUSEPORT: all or none" {
	require_command perl
	hold 127.0.0.1
	refuses "127.0.0.1:$PORT" --sink null
	assert_regex "$stderr" "error: 127.0.0.1:$PORT \(UDP\) is held by pid $OTHER \(perl\)"
	refuses "127.0.0.1:$PORT" --sink null --join
	assert_regex "$stderr" "error: could not open UDP socket 0 on 127.0.0.1:$PORT: Address already in use"
	assert_regex "$stderr" "hint: port $PORT \(UDP\) is held by pid $OTHER \(perl\)"
	assert_regex "$stderr" "hint: all members .* must set SO_REUSEPORT before bind"
	refuses "$PORT" --sink null
	assert_regex "$stderr" "Address already in use"
}

@test "a port held by another user: the rule of the effective user" {
	require_root
	require_command perl
	chmod 755 .
	install -m 666 /dev/null receive.ndjson
	receiver_under=("${as_nobody[@]}")
	start_receiver 127.0.0.1:0 --sink null --workers 2
	receiver_under=()
	refuses "127.0.0.1:$PORT" --sink null
	assert_regex "$stderr" "is held by pid $RECEIVER \(fairport-receive, user nobody\)"
	assert_regex "$stderr" 'hint: all members of a group must belong to one effective user \(this one is root\)'
	refuses "127.0.0.1:$PORT" --sink null --join
	assert_regex "$stderr" "Address already in use"
	# Who may not see whose the sockets are is told so.
	stop_receiver
	start_receiver 127.0.0.1:0 --sink null --workers 2
	run --separate-stderr "${as_nobody[@]}" "$BIN/fairport-receive" "127.0.0.1:$PORT" --sink null
	assert_failure 1
	assert_regex "$stderr" "is held by a process of user root that is not visible"
}

@test "a more specific address of the same port is warned of" {
	require_command perl
	hold 127.0.0.1 reuseport
	run --separate-stderr "$BIN/fairport-receive" "0.0.0.0:$PORT" --sink null --duration 10ms
	assert_success
	assert_regex "$stderr" \
		"warning: 127.0.0.1:$PORT \(UDP\) is held by pid $OTHER \(perl\), who takes all that is sent to it"
	kill "$OTHER"
	hold 0.0.0.0 reuseport
	run --separate-stderr "$BIN/fairport-receive" "127.0.0.1:$PORT" --sink null --duration 10ms
	assert_success
	assert_regex "$stderr" "warning: 127.0.0.1:$PORT \(UDP\) takes all that is sent to it from 0.0.0.0:$PORT"
}

@test "PostgreSQL that cannot be reached: status 1, the server is named, the password is not" {
	local conninfo
	for conninfo in "host=/nonexistent dbname=metrics password=secret123" \
		"postgresql://me:secret123@127.0.0.1:1/metrics" "dbname=metrics passwort=secret123"; do
		run --separate-stderr "$BIN/fairport-receive" 127.0.0.1:0 --database "$conninfo"
		assert_failure 1
		assert_equal "$output" ""
		assert_regex "$stderr" "hint: "
		refute_regex "$stderr" secret123
	done
	run --separate-stderr "$BIN/fairport-receive" 127.0.0.1:0 \
		--database "host=/nonexistent dbname=metrics"
	assert_regex "$stderr" "could not connect to PostgreSQL \(.*dbname=metrics host=/nonexistent"
}

@test "a password does not get into the records" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1 --database "host=$PGHOST password=secret123"
	stop_receiver
	run ! grep -q secret123 receive.ndjson
	grep -q '(not shown)' receive.ndjson
}

@test "a receive buffer that the kernel clamps is said" {
	require_root
	chmod 755 "$BATS_TEST_TMPDIR"
	run --separate-stderr "${as_nobody[@]}" "$BIN/fairport-receive" 127.0.0.1:0 --sink null --rcvbuf 1GB \
		--duration 10ms
	assert_success
	assert_regex "$stderr" "warning: receive buffers of 953.7 MiB were asked for, the kernel granted"
	assert_regex "$stderr" "hint: raise net.core.rmem_max"
}

@test "bad options are refused: status 1, one message, nothing on standard output" {
	refuses_each fairport-receive <<-'TABLE'
		|what to listen on is missing
		127.0.0.1:|the port is missing
		nosuchservice --sink null|invalid address "nosuchservice"
		127.0.0.1:0 extra|unexpected argument "extra"
		127.0.0.1:0 --workers 0|expected 1 to 512
		127.0.0.1:0 --workers 4k|a whole number
		127.0.0.1:0 --sink file|expected one of postgres, null
		127.0.0.1:0 --sink null --database x|--database goes with --sink postgres
		127.0.0.1:0 --rcvbuf 8MiBs|expected e.g. 512, 64kB, 8MiB
		127.0.0.1:0 --interval 0|expected at least
		192.0.2.1:8089 --sink null|Cannot assign requested address
	TABLE
}

#!/usr/bin/env bats
# alone: looks at what is left in the kernel, and traffic has to keep its pace
# fairport-explain: every cause is provoked for real, in a network namespace of the test's own, and
# this cause is named and no other that is not true.
#
# Flake budget: where the hash decides, shares of N = 4 members with F equal flows have a standard
# deviation of sqrt(3 / F) of their mean. With --tolerance 50 and F >= 500 a fair hash is called
# uneven at 6 of these: less than 1e-8; with --tolerance 20 and F >= 4000 at 7 of these.
#
# Text for jq stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/probe
load lib/seen

setup_file() {
	:
}

setup() {
	require_command jq
	[ -x "$BIN/fairport-explain" ] || skip_because "needs fairport-explain, which was not built"
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir tmp
	export TMPDIR=$PWD/tmp
}

teardown() {
	[ -z "${EXPLAIN:-}" ] || stop_explain || true
	teardown_probe
}

# A namespace for what runs.
make_place() {
	require_root_bpf
	require_command python3
	open_namespace
}

explain() {
	"${inside[@]}" "$BIN/fairport-explain" "$@"
}

# Starts to look at port $1 until it is stopped; sets EXPLAIN (its pid). The other arguments are its
# options. Text goes to explain.out, the record to explain.json.
start_explain() {
	rm -f explain.ready
	mkfifo explain.ready
	"${inside[@]}" "$BIN/fairport-explain" --port "$1" --duration 60s --json explain.json \
		--ready-fd 9 "${@:2}" >explain.out 2>explain.err 9>explain.ready 3>&- &
	EXPLAIN=$!
	read -r _ <explain.ready
}

# One ^C: what was seen is explained. Returns its exit status.
stop_explain() {
	local pid=$EXPLAIN
	EXPLAIN=
	kill -INT "$pid"
	wait "$pid"
}

# It has to end with status 0, fit the terminal, and leave nothing behind.
finish_explain() {
	local status=0
	stop_explain || status=$?
	cat explain.out explain.err
	assert_equal "$status" 0
	run -1 grep -nE '^.{81}' explain.out
	assert_equal "$(ls tmp)" ""
}

# Whether the text has $1, wherever its lines are broken.
says() {
	tr -s '\n ' ' ' <explain.out | grep -qF "$1"
}

# The names of the causes in the record.
causes() {
	jq -c '[.distribution.causes[].cause]' explain.json
}

verdict() {
	jq -r .distribution.verdict explain.json
}

# The text of cause $1 in the record: what it shows, then its remedy and commands.
cause() {
	jq -r ".distribution.causes[] | select(.cause == \"$1\") | .evidence, .remedy, .commands[]" \
		explain.json
}

# Starts lib/readers.py with these arguments.
start_readers() {
	rm -f readers.out
	"${inside[@]}" python3 "$TOP/tests/lib/readers.py" "$@" >readers.out 3>&- &
	READERS=$!
	HOLDERS+=("$READERS")
	eventually 10 grep -qs ready readers.out
}

start_workers() {
	start_receiver 127.0.0.1:0 --workers 4 --sink null --rcvbuf 8MiB "$@"
}

# Starts lib/listeners.py with these arguments; their pids are the lines of listeners.out.
start_listeners() {
	rm -f listeners.out
	"${inside[@]}" python3 "$TOP/tests/lib/listeners.py" "$@" >listeners.out 3>&- &
	HOLDERS+=("$!")
	eventually 10 grep -qs ready listeners.out
}

# Starts lib/callers.py with these arguments, and waits until they have called.
start_callers() {
	rm -f callers.out
	"${inside[@]}" python3 "$TOP/tests/lib/callers.py" "$@" >callers.out 3>&- &
	HOLDERS+=("$!")
	eventually 30 grep -qs open callers.out
}

# Runs what cause $1 says to type into a shell: the first $2 lines of its commands.
paste_commands() {
	cause_commands "$1" | head -n "$2" >pasted
	"${inside[@]}" bash -eu pasted
}

cause_commands() {
	jq -r ".distribution.causes[] | select(.cause == \"$1\") | .commands[]" explain.json
}

# Packets to port $1, and until all are taken or dropped.
send_to() {
	PORT=$1 fake --quiet "${@:2}" >/dev/null
	eventually 20 queues_are_empty "$1"
}

queues_are_empty() {
	"${inside[@]}" ss -uanH "sport = :$1" | awk '$2 { exit 1 }'
}

@test "an even group: nothing to explain" {
	make_place
	start_workers
	start_explain "$PORT" --tolerance 50
	send_to "$PORT" --source per-packet --count 4000 --rate 10k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'even []'
	# The intervals hold the figures, and the hash's band the cv.
	jq -e '.decisive | (.max_over_mean | .low <= .value and .value <= .high) and
		(.cv | .low <= .value and .value <= .high) and .flows.value == 4000' explain.json
}

@test "one-flow: a sender with one socket" {
	make_place
	start_workers
	start_explain "$PORT"
	send_to "$PORT" --source fixed --count 1000 --rate 10k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'few-flows ["one-flow"]'
	assert_regex "$(cause one-flow)" 'all 1,000 packets came from 1 source address and port, 127\.0\.0\.1:[0-9]+:'
	assert_regex "$(cause one-flow)" 'BPF_MOD \| BPF_K, 0, 0, 4 '
}

@test "few-flows: fewer flows than workers" {
	make_place
	start_workers
	start_explain "$PORT"
	send_to "$PORT" --source pool:3 --count 3000 --rate 10k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'few-flows ["few-flows"]'
	assert_regex "$(cause few-flows)" '^3 flows for 4 workers'
}

@test "heavy-flow: one sender has most" {
	make_place
	start_workers
	start_explain "$PORT" --tolerance 50
	send_to "$PORT" --source pool:500 --popularity elephant:60% --count 20k --rate 20k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'few-flows ["heavy-flow"]'
	assert_regex "$(cause heavy-flow)" '^1 of 500 flows, from 127\.0\.0\.1:[0-9]+, has (59|60|61)\.[0-9] %'
}

@test "dead-member: a stopped worker" {
	make_place
	start_workers --control receive.ctl
	local pid
	pid=$(worker_pid 2)
	kill -STOP "$pid"
	start_explain "$PORT" --tolerance 20
	PORT=$PORT fake --quiet --source per-packet --count 20k --rate 20k >/dev/null
	stop_explain
	assert_equal "$(verdict) $(causes)" 'unexplained ["dead-member"]'
	assert_regex "$(cause dead-member)" "pid $pid, fairport-receiv.*: its process is stopped \\(state T\\)"
	assert_regex "$(cause dead-member)" "kill -CONT $pid"
	# The hash gave it its share.
	jq -e '.decisive | .max_over_mean.value > 1.3 and .arrived_max_over_mean.value < 1.2' explain.json
	kill -CONT "$pid"
}

@test "dead-member: a process that has stopped to read, though it runs" {
	make_place
	start_readers 8089 3
	open_members udp,127.0.0.1,8089
	start_explain 8089 --tolerance 20
	PORT=8089 fake --quiet --source per-packet --count 4000 --rate 3k >/dev/null
	finish_explain
	assert_equal "$(verdict) $(causes)" 'unexplained ["dead-member"]'
	assert_regex "$(cause dead-member)" "kill $(sed -n '1s/ .*//p' members)"
}

@test "foreign-member: another program in the group, which reads" {
	make_place
	start_workers
	start_readers "$PORT" 1
	start_explain "$PORT" --tolerance 50
	send_to "$PORT" --source per-packet --count 4000 --rate 10k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'even ["foreign-member"]'
	assert_regex "$(cause foreign-member)" 'it is python3, and 4 of 5 members are fairport-receive; [0-9]+ of 4,000 packets'
}

@test "shadowed: a more specific bind takes all" {
	make_place
	start_receiver 0.0.0.0:0 --workers 4 --sink null
	start_readers "$PORT" 1
	start_explain "$PORT"
	send_to "$PORT" --source per-packet --count 1000 --rate 10k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'single ["shadowed"]'
	assert_regex "$(cause shadowed)" "takes what is sent to 127.0.0.1:$PORT before 0.0.0.0:$PORT; 1,000 of 1,000 packets"
}

@test "a more specific bind that gets nothing is not to blame" {
	make_place
	start_receiver 0.0.0.0:0 --workers 4 --sink null
	start_readers "$PORT" 1 host=127.0.0.7
	start_explain "$PORT"
	send_to "$PORT" --source fixed --count 1000 --rate 10k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'few-flows ["one-flow"]'
}

@test "steering-program: an eBPF program with weights" {
	make_place
	require_steering
	start_workers --steer weighted:5,1,1,1
	start_explain "$PORT"
	send_to "$PORT" --source per-packet --count 4000 --rate 10k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'uneven ["steering-program"]'
	assert_regex "$(cause steering-program)" '^an eBPF program .* attached to the group'
}

@test "steering-program: of a single flow, the hash would make no more" {
	make_place
	start_readers 8089 4 always=1
	start_explain 8089
	send_to 8089 --source fixed --count 100 --rate 10k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'uneven ["steering-program"]'
	assert_regex "$(cause steering-program)" 'To take it off would not help: only 1 flow came'
	run -1 grep DETACH explain.out
}

@test "steering-program: a classic BPF program of another server" {
	make_place
	start_readers 8089 4 always=1
	start_explain 8089
	send_to 8089 --source per-packet --count 1000 --rate 10k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'uneven ["steering-program"]'
	assert_regex "$(cause steering-program)" '^a classic BPF program attached .*: the busiest got 4\.00 times the mean'
	assert_regex "$(cause steering-program)" 'SO_DETACH_REUSEPORT_BPF'
}

@test "a steering program that chooses evenly is not to blame for who does not read" {
	make_place
	start_workers --steer random --control receive.ctl
	kill -STOP "$(worker_pid 2)"
	start_explain "$PORT" --tolerance 20
	PORT=$PORT fake --quiet --source per-packet --count 4000 --rate 20k >/dev/null
	finish_explain
	assert_equal "$(verdict) $(causes)" 'uneven ["dead-member"]'
	says 'though the steering program shared out evenly what arrived'
	kill -CONT "$(worker_pid 2)"
}

@test "flows-split: steering by packet" {
	make_place
	start_workers --steer random
	start_explain "$PORT" --tolerance 50
	send_to "$PORT" --source pool:5 --count 5000 --rate 10k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'even ["flows-split"]'
	assert_regex "$(cause flows-split)" '^packets of 5 of 5 flows .* a classic BPF program chooses by packet'
}

@test "connected-member: it gets what its peer sends, and no share" {
	make_place
	start_readers 8089 4 connected
	start_explain 8089 --tolerance 20
	send_to 8089 --source per-packet --count 4000 --rate 10k
	finish_explain
	# In newer kernels it has left the group, whose other members share evenly.
	assert_equal "$(causes)" '["connected-member"]'
	assert_regex "$(cause connected-member)" 'takes what comes from its peer 127\.0\.0\.1:9[, ].*; 0 of 4,000 packets'
}

@test "connected-member: what the remedy says of a connection that is dissolved is so" {
	make_place
	start_readers 8089 4 dissolved
	start_explain 8089 --tolerance 20
	send_to 8089 --source per-packet --count 4000 --rate 10k
	finish_explain
	# It gets packets again where it stayed a member, and none where it has left the group.
	jq '[.distribution.workers[].packets]' explain.json
	if jq -e '.distribution.workers | length == 4' explain.json; then
		assert_equal "$(verdict) $(causes)" 'even []'
	else
		jq -e '.distribution.workers | length == 3' explain.json
	fi
}

@test "rcvbuf-overflow: small buffers before slow readers" {
	make_place
	start_readers 8089 4 rcvbuf=4096 pause=5
	start_explain 8089 --tolerance 50
	send_to 8089 --source per-packet --count 4000 --rate 40k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'even ["rcvbuf-overflow"]'
	assert_regex "$(cause rcvbuf-overflow)" '^[0-9,]+ packets \([0-9.]+ % of those that arrived\) found a full receive buffer.*; its buffer: 8\.0 KiB'
	assert_regex "$(cause rcvbuf-overflow)" 'sysctl -w net.core.rmem_max=4194304'
}

@test "rcvbuf-overflow: one worker is slower than the others" {
	make_place
	start_readers 8089 4 pause=20 slow=2
	start_explain 8089 --tolerance 20
	PORT=8089 fake --quiet --source per-packet --count 4000 --rate 10k >/dev/null
	finish_explain
	assert_equal "$(verdict) $(causes)" 'unexplained ["rcvbuf-overflow"]'
	assert_regex "$(cause rcvbuf-overflow)" 'all of them at pid [0-9]+, python3; .*; the 3 others kept up with as many'
	assert_regex "$(cause rcvbuf-overflow)" 'that worker is slower than the others'
	says 'though the hash shared out evenly what arrived'
	# For seconds it pauses after each packet; and what is to be typed shows it.
	eventually 2 shows_pause
}

shows_pause() {
	paste_commands rcvbuf-overflow 1 | grep -q nanosleep
}

@test "accept-queue-overflow: a short backlog before one that accepts no more" {
	make_place
	start_listeners 8089 2 backlog=2 takes=4
	"${inside[@]}" sysctl -qw net.core.somaxconn=64
	start_explain 8089 --tolerance 1000
	# Of each four are taken, and the backlog and one more wait: 14 at most.
	start_callers 8089 17
	finish_explain
	assert_equal "$(causes)" '["accept-queue-overflow"]'
	# As the kernel counts them, in the namespace of the test's own.
	assert_regex "$(cause accept-queue-overflow)" \
		"^$(tcp_counter ListenOverflows) packets of handshakes, .*, ([0-9]+|all) of them at pid [0-9]+, python3: 3 connections waited there, its backlog is 2; $(cut -d ' ' -f 2 callers.out) connections came through"
	assert_regex "$(cause accept-queue-overflow)" 'it was full to the end: '
	# What is to be typed does what it says, and again does no harm.
	run -0 paste_commands accept-queue-overflow 2
	assert_equal "$("${inside[@]}" sysctl -n net.core.somaxconn)" 4096
	"${inside[@]}" sysctl -qw net.core.somaxconn=8192
	run -0 paste_commands accept-queue-overflow 2
	assert_equal "$("${inside[@]}" sysctl -n net.core.somaxconn)" 8192
}

@test "accept-queue-lost: a listener is closed before what waits" {
	make_place
	start_listeners 8089 2 backlog=64 takes=2
	start_explain 8089 --tolerance 1000
	start_callers 8089 40
	kill -KILL "$(head -n 1 listeners.out)"
	eventually 10 grep -q reset callers.out
	finish_explain
	assert_equal "$(causes)" '["accept-queue-lost"]'
	local text resets
	text=$(cause accept-queue-lost)
	resets=${text%% *}
	# Two were accepted: they end in order.
	eventually 10 grep -qx "reset $resets" callers.out
	assert_regex "$text" "connections? w(as|ere) reset, since the listener of pid $(head -n 1 listeners.out), python3, was closed while they waited to be accepted; it had got $((resets + 2)) and accepted 2"
	# What is to be typed helps.
	run -0 paste_commands accept-queue-lost 1
	assert_equal "$("${inside[@]}" sysctl -n net.ipv4.tcp_migrate_req)" 1
}

@test "a listener is closed, and what waits goes to another: nothing is lost" {
	make_place
	"${inside[@]}" sysctl -qw net.ipv4.tcp_migrate_req=1 || skip_because "needs tcp_migrate_req"
	start_listeners 8089 2 backlog=64 takes=2
	start_explain 8089 --tolerance 1000
	start_callers 8089 40
	kill -KILL "$(head -n 1 listeners.out)"
	eventually 10 one_listens
	finish_explain
	assert_equal "$(causes)" '[]'
	run -1 grep 'reset [1-9]' callers.out
}

one_listens() {
	[ "$("${inside[@]}" ss -tlnH | wc -l)" = 1 ]
}

@test "TCP: only older connections are busy" {
	make_place
	start_listeners 8089 2
	start_callers 8089 4 chatter
	start_explain 8089
	eventually 10 has_read "$(($(bytes_read) + 20))"
	finish_explain
	assert_equal "$(verdict) $(causes)" 'idle []'
	says 'No connection was opened meanwhile, and only new ones are shared out. '
	says ' on older connections, which stay where they are.'
}

# What came on the listeners' first connection, in bytes.
bytes_read() {
	"${inside[@]}" ss -tniH state established 'sport = 8089' | grep -om 1 'bytes_received:[0-9]*' | cut -d : -f 2
}

has_read() {
	[ "$(bytes_read)" -ge "$1" ]
}

@test "several groups on the port: what is not told is named" {
	make_place
	start_workers
	start_readers "$PORT" 2 host=127.0.0.7
	start_explain "$PORT" --tolerance 50
	send_to "$PORT" --source per-packet --count 4000 --rate 10k
	"${inside[@]}" "$BIN/fairport-fake" "127.0.0.7:$PORT" --quiet --source fixed --count 7 >/dev/null
	finish_explain
	assert_equal "$(verdict) $(causes)" 'even []'
	jq -e --arg text "the shares at UDP 127.0.0.7:$PORT (2 sockets), which got 7 packets: they are told only of what got most" \
		'.not_known | index($text)' explain.json
}

@test "stale-member: it runs a file that was replaced" {
	make_place
	require_command perl
	cp "$(command -v perl)" program
	local open='socket(my $made, PF_INET, SOCK_DGRAM, 0) or die;
		setsockopt($made, SOL_SOCKET, 15, 1) or die;
		bind($made, pack_sockaddr_in(8089, inet_aton("127.0.0.1"))) or die;
		syswrite(STDOUT, "ready\n");
		recv($made, my $packet, 9000, 0) while 1;'
	"${inside[@]}" ./program -MSocket -e "$open" >first.out 3>&- &
	HOLDERS+=($!)
	eventually 10 grep -qs ready first.out
	cp program new
	mv new program
	"${inside[@]}" ./program -MSocket -e "$open" >second.out 3>&- &
	HOLDERS+=($!)
	eventually 10 grep -qs ready second.out
	start_explain 8089 --tolerance 50
	send_to 8089 --source per-packet --count 4000 --rate 10k
	finish_explain
	assert_equal "$(verdict) $(causes)" 'even ["stale-member"]'
	assert_regex "$(cause stale-member)" 'it runs a file that was replaced since'
}

@test "nat-collapse: a relay makes one flow of many" {
	make_place
	start_workers
	start_readers 8089 1 "to=$PORT"
	start_explain "$PORT" --keep seen
	PORT=8089 fake --quiet --source pool:64 --count 640 --rate 5k --json fake.ndjson >/dev/null
	eventually 10 eval '[ "$(grep -c sent readers.out)" = 640 ]'
	finish_explain
	# Nobody knows yet what was sent.
	assert_equal "$(verdict) $(causes)" 'few-flows ["one-flow"]'
	jq -e '.not_known | any(test("NAT"))' explain.json
	cp fake.ndjson seen
	run -0 explain seen --json explain.json
	assert_equal "$(verdict) $(causes)" 'few-flows ["nat-collapse"]'
	assert_regex "$(cause nat-collapse)" '^64 flows were sent and 1 arrived, from 1 source address '
}

@test "sender-limited: more was asked for than it can send" {
	make_place
	start_workers
	start_explain "$PORT" --tolerance 50 --keep seen
	PORT=$PORT fake --quiet --source per-packet --duration 50ms --rate 1G --json fake.ndjson >/dev/null
	eventually 10 queues_are_empty "$PORT"
	finish_explain
	cp fake.ndjson seen
	run -0 explain seen --json explain.json --tolerance 50
	assert_equal "$(verdict) $(causes)" 'even ["sender-limited"]'
}

@test "TCP: connections are what is shared" {
	make_place
	start_receiver 127.0.0.1:0 --protocol tcp --workers 4 --sink null
	start_explain "$PORT"
	fake --quiet --protocol tcp --source pool:3 --count 300 >/dev/null
	finish_explain
	assert_equal "$(verdict) $(causes)" 'few-flows ["few-flows"]'
	assert_regex "$(cause few-flows)" '^3 connections for 4 workers'
	assert_equal "$(jq -c .distribution.unit explain.json)" '"connections"'
}

@test "a second interrupt ends it at once, and leaves nothing behind" {
	make_place
	start_readers 8089 2
	start_explain 8089
	local pid=$EXPLAIN probe
	probe=$(pgrep -x -P "$EXPLAIN" fairport-probe)
	# It cannot take the first.
	kill -STOP "$probe"
	kill -INT "$pid"
	eventually 10 grep -qE '^(ShdPnd|SigPnd):.*[1-9a-f]' "/proc/$probe/status"
	kill -TERM "$pid"
	EXPLAIN=
	local status=0
	wait "$pid" || status=$?
	assert_equal "$status" 1
	grep -q 'interrupted twice' explain.err
	assert_equal "$(ls tmp)" ""
	run ! kill -0 "$probe"
}

@test "a probe that is killed is told, and nothing is left behind" {
	make_place
	start_readers 8089 2
	start_explain 8089
	kill -KILL "$(pgrep -x -P "$EXPLAIN" fairport-probe)"
	local status=0
	wait "$EXPLAIN" || status=$?
	EXPLAIN=
	assert_equal "$status" 1
	grep -qxF 'fairport-explain: error: fairport-probe was ended by a signal: Killed' explain.err
	assert_equal "$(ls tmp)" ""
}

@test "two causes at once: the one whose remedy helps most comes first" {
	make_place
	start_workers --control receive.ctl
	kill -STOP "$(worker_pid 2)"
	start_explain "$PORT" --tolerance 20
	PORT=$PORT fake --quiet --source pool:500 --popularity elephant:60% --count 20k --rate 20k >/dev/null
	finish_explain
	assert_equal "$(causes)" '["dead-member","heavy-flow"]'
	kill -CONT "$(worker_pid 2)"
}

@test "without privileges: what can still be said, what not, and how to know more" {
	make_place
	start_readers 8089 4 rcvbuf=4096 pause=5
	local status=0 place
	place=$(mktemp -d /tmp/fairport-test-XXXXXX)
	chmod 777 "$place"
	TMPDIR=$place "${inside[@]}" "${as_nobody[@]}" "$BIN/fairport-explain" --port 8089 --duration 300ms \
		>explain.out 2>explain.err || status=$?
	# Nothing was left in it.
	rmdir "$place"
	assert_equal "$status" 2
	grep -q '^Verdict    unknown\.' explain.out
	grep -q '^Not known  who received what' explain.out
	grep -q 'CAP_BPF' explain.err
	run -1 grep error explain.err
	run -1 grep -nE '^.{81}' explain.out
}

@test "without privileges: an accept queue that is full" {
	make_place
	start_listeners 8089 2 backlog=2 takes=1
	rm -f explain.ready
	mkfifo explain.ready
	# In no place that root alone may enter.
	TMPDIR=/tmp "${inside[@]}" "${as_nobody[@]}" "$BIN/fairport-explain" --port 8089 --duration 60s --json - \
		--ready-fd 9 >explain.json 2>explain.err 9>explain.ready 3>&- &
	EXPLAIN=$!
	read -r _ <explain.ready
	start_callers 8089 11
	local status=0
	stop_explain || status=$?
	assert_equal "$status" 2
	assert_equal "$(causes)" '["accept-queue-overflow"]'
	assert_regex "$(cause accept-queue-overflow)" "^$(tcp_counter ListenOverflows) packets of handshakes"
}

@test "no room for what is seen, or for what is said" {
	make_place
	start_workers
	run -2 --separate-stderr "${inside[@]}" bash -c '"$0" --port "$1" --duration 100ms --quiet >/dev/full' \
		"$BIN/fairport-explain" "$PORT"
	assert_equal "$stderr" "fairport-explain: error: could not write to standard output: No space left on device"
	mkdir small
	mount -t tmpfs -o size=8k none small
	run -1 --separate-stderr env "TMPDIR=$PWD/small" "${inside[@]}" "$BIN/fairport-explain" --port "$PORT" \
		--duration 300ms --quiet
	assert_output ""
	assert_regex "$stderr" 'error: could not keep what was seen: .*/probe\.ndjson is cut off'
	run -0 ls -A small
	assert_output ""
	umount small
}

@test "a port that nobody has" {
	make_place
	run --separate-stderr explain --port 8089 --duration 200ms
	assert_failure 1
	assert_output ""
	assert_regex "$stderr" 'error: nobody has a socket on port 8089'
	assert_equal "$(ls tmp)" ""
}

@test "another network namespace" {
	make_place
	start_workers
	run -0 "$BIN/fairport-explain" --port "$PORT" --netns "$APART" --duration 200ms --quiet
	assert_line --regexp '^Verdict +idle\.'
}

@test "a run that was kept says the same again" {
	make_place
	start_workers
	start_explain "$PORT" --keep seen
	send_to "$PORT" --source fixed --count 100 --rate 10k
	finish_explain
	jq 'del(.t_ns, .seen, .not_known)' explain.json >first.json
	run -0 explain seen --json again.json
	assert_equal "$(jq 'del(.t_ns, .seen, .not_known)' again.json)" "$(cat first.json)"
	# And another one does not take its place.
	cp seen/probe.ndjson before.ndjson
	run -1 --separate-stderr explain --port "$PORT" --duration 100ms --keep seen
	assert_regex "$stderr" 'error: directory seen has a run already: probe\.ndjson'
	assert_output ""
	cmp before.ndjson seen/probe.ndjson
}

@test "names that a terminal would obey, or that are cut within a character, are text" {
	make_place
	start_workers --control receive.ctl
	local name seen
	# As deep as directories of test runs are.
	seen=$(printf 's%.0s' {1..200})
	kill -STOP "$(worker_pid 2)"
	start_explain "$PORT" --keep "$seen" --tolerance 20
	PORT=$PORT fake --quiet --source per-packet --count 4k --rate 20k >/dev/null
	stop_explain
	kill -CONT "$(worker_pid 2)"
	# ESC, U+009B, and 18 characters of two bytes, of which 31 bytes would be kept.
	for name in '\\u001b[31m\\u009b1m' "x$(printf '\u00e4%.0s' {1..18})"; do
		sed -i -E 's/"comm":"[^"]*"/"comm":"'"$name"'"/g' "$seen"/*.ndjson
		run explain "$seen" --json explain.json
		run ! grep -P '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' <<<"$output"
		assert_equal "$(causes)" '["dead-member"]'
		assert_regex "$(cause dead-member)" 'pid [0-9]+, [?x]'
	done
}

@test "the directory of a run" {
	cp -r "$TOP/tests/data/few-flows" run
	run -0 "$BIN/fairport-explain" run --json -
	assert_equal "$(jq -c '[.distribution.causes[].cause]' <<<"$output")" '["few-flows","sender-limited"]'
	assert_equal "$(jq -c '[.schema, .type, .program]' <<<"$output")" '[1,"explanation","explain"]'
	run -0 "$BIN/fairport-explain" "$TOP/tests/data/skewed"
	assert_line --regexp '^Verdict +few-flows\. '
	assert_line --regexp '^Cause 1 +one-flow: '
	# 600 of 800 packets; 51 flows, (600 + 200)^2 / (600^2 + 50 * 4^2) = 1.8 of which are effective.
	rm -r run
	make_seen 600
	run -0 "$BIN/fairport-explain" run
	assert_line --regexp '^ +busiest / mean +1\.750 .*even is up to 1\.10$'
	assert_line --regexp '^ +cv +0\.750 '
	assert_line --regexp '^ +flows +51 +as good as 2 equal ones$'
	assert_line --regexp '^ +heaviest flow +75\.0 % +from 10\.0\.0\.1:1000$'
}

@test "a damaged run is explained as far as it could be read" {
	cp -r "$TOP/tests/data/even" run
	echo '{"schema":1,' >>run/fake.ndjson
	run -2 --separate-stderr "$BIN/fairport-explain" run
	assert_line --regexp '^Verdict +even\. '
	assert_regex "$stderr" 'run/fake\.ndjson:[0-9]+: '
}

@test "options that do not go together" {
	refuses_each fairport-explain <<-'TABLE'
		|what to explain is missing
		run more|unexpected argument "more"
		run --port 8089|--port and a directory exclude each other
		run --keep seen|error: --keep needs --port
		--port 8089 --duration 0|--duration
		--port 8089 --tolerance 10%|--tolerance
		nosuch|could not open run directory nosuch
		--port x|invalid value "x" for --port
	TABLE
}

#!/usr/bin/env bats
# alone: traffic has to keep its pace
# fairport-receive --protocol tcp: connections are dealt out, lines come whole however they are cut,
# and neither restarts nor deaths cost a connection that need not be lost.
# Text for jq stands in single quotes; lib/common uses receiver_under and beside_peer.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive

teardown() {
	exec 5>&- 6>&-
	teardown_receive
}

start_tcp() {
	start_pool --protocol tcp "$@"
}

# The same in a network namespace of its own, where net.ipv4.tcp_migrate_req is $1.
start_tcp_apart() {
	local migrate=$1
	shift
	receiver_under=(unshare --net bash -euc 'ip link set lo up
		echo "$0" >/proc/sys/net/ipv4/tcp_migrate_req; exec "$@"' "$migrate")
	start_tcp "$@"
	receiver_under=()
	beside_peer=(nsenter "--net=/proc/$RECEIVER/ns/net")
}

tcp() {
	fake --protocol tcp "$@" --json fake.ndjson >fake.out
}

sent() {
	ndjson fake.ndjson summary "$1"
}

has_sent() {
	(($(jq -s 'map(select(.type == "interval").packets) | add // 0' fake.ndjson) > $1))
}

# The connections of each index: "[250,250,250,250]".
connections() {
	jq -sc 'map(select(.type == "worker")) | group_by(.index) | map(map(.connections) | add)' receive.ndjson
}

# Descriptor $1 is a connection to the receiver.
connect() {
	eval "exec $1<>/dev/tcp/127.0.0.1/$PORT"
}

# Whether one more connection is.
is_served() {
	tcp --count 1 || true
	[ "$(sent .tcp.completed)" = 1 ]
}

# Every connection ended in order, and every line arrived.
assert_all_arrived() {
	assert_equal "$(sent '.tcp | [.established, .completed, .reset, .refused, .timed_out, .closed_early, .unclosed]')" \
		"[$(sent .tcp.connections),$(sent .tcp.connections),0,0,0,0,0]"
	assert_equal "$(received '[.lines, .bytes]')" "$(sent '[.lines, .bytes]')"
	assert_equal "$(received '.connections - .connections_refused')" "$(sent .tcp.connections)"
	assert_equal "$(received '[.connections_reset, .connections_cut, .connections_idle, .drops]')" '[0,0,0,0]'
	assert_books
}

@test "every model: all connections, lines and bytes, once" {
	local options
	for options in "--model reuseport" "--model shared" "--model shared --exclusive" "--model single" \
		"--model fdpass" "--model reuseport --steer random"; do
		echo "$options"
		# shellcheck disable=SC2086 # words are meant
		start_tcp $options
		tcp --count 1000 --rate 4k --lines 3 --source rotate:2
		stop_receiver
		assert_equal "$(received '[.connections, .lines, .discarded, .packets]')" '[500,3000,3000,0]'
		assert_equal "$(ndjson receive.ndjson header '[.protocol, .engine]')" '["tcp",null]'
		assert_all_arrived
	done
}

@test "fdpass and eBPF round-robin: 1,000 connections over 4 are 250 each" {
	local options all=("--model fdpass")
	[ "$(id -u)" != 0 ] || all+=("--steer round-robin")
	for options in "${all[@]}"; do
		# shellcheck disable=SC2086 # words are meant
		start_tcp $options
		tcp --count 1000 --rate 4k --source per-packet
		stop_receiver
		assert_equal "$(connections)" '[250,250,250,250]'
		assert_all_arrived
	done
}

@test "weighted over TCP; the accepter's record" {
	require_steering
	start_tcp --steer weighted:3,1 --workers 2
	tcp --count 400 --rate 4k --source per-packet
	stop_receiver
	assert_equal "$(connections)" '[300,100]'
	assert_equal "$(received '[.decisions, .decisions_by]')" '[[300,100],"program"]'
	assert_books
	start_tcp --model fdpass --workers 2
	tcp --count 100 --rate 4k --source per-packet
	stop_receiver
	assert_equal "$(ndjson receive.ndjson front '[.name, .connections, .handed_on]')" '["accepter",100,100]'
	assert_equal "$(received '[.connections, .handed_on]')" '[100,100]'
	assert_books
}

# 400 connections among 4: each worker expects 100 (sd 8.7); below 50 or above 150: 5.8 sd, 3e-8.
@test "hash: connections are spread" {
	start_tcp
	tcp --count 400 --rate 4k --source per-packet
	stop_receiver
	assert_equal "$(connections | jq -c '[add, all(. > 50 and . < 150)]')" '[400,true]'
	assert_books
}

@test "lines come whole, however they are cut" {
	start_tcp --workers 1
	connect 5
	printf 'm f=1 1\nm f' >&5
	eventually 10 counts_so '.workers[0].lines == 1'
	printf '=2 2\nm ' >&5
	eventually 10 counts_so '.workers[0].lines == 2'
	local i
	for i in f = '"' 'a b' '"'; do
		printf '%s' "$i" >&5
	done
	printf ' 3\n# no line\n\nm f=4 4\r\nwrong\nm f=5' >&5
	exec 5>&-
	eventually 10 counts_so '.workers[0].lines == 6'
	stop_receiver
	# The last one is whole although no line feed ends it: the connection did.
	assert_equal "$(received '[.connections, .lines, .discarded, .rejected_syntax]')" '[1,6,5,1]'
	assert_equal "$(ndjson receive.ndjson worker '[.rejected_samples[].line]')" '["wrong"]'
	assert_books
}

@test "a line that is too long is rejected, and what follows is not" {
	start_tcp --workers 1
	connect 5
	head -c 3000000 /dev/zero | tr '\0' x >&5
	printf '\nm f=1 1\n' >&5
	exec 5>&-
	eventually 10 counts_so '.workers[0].discarded == 1'
	stop_receiver
	assert_equal "$(received '[.lines, .discarded, .rejected_limit]')" '[2,1,1]'
	(($(ndjson receive.ndjson worker .peak_rss_bytes) < 16 * 1024 * 1024))
	assert_books
}

@test "a line that breaks off with its connection is rejected" {
	require_command perl
	start_tcp --workers 1
	perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0); connect($s, pack_sockaddr_in($ARGV[0], inet_aton("127.0.0.1"))) or die;
		syswrite($s, "m f=1 1\nm f=2"); $| = 1; print "sent\n"; readline STDIN;
		setsockopt($s, SOL_SOCKET, SO_LINGER, pack("II", 1, 0)); close($s)' "$PORT" >perl.out \
		< <(
			eventually 10 counts_so '.workers[0].lines == 1'
			echo
		)
	eventually 10 counts_so '.workers[0].connections_reset == 1'
	stop_receiver
	assert_equal "$(received '[.lines, .discarded, .rejected_truncated, .connections_reset]')" '[2,1,1,1]'
	assert_books
}

@test "echo: every message comes back in upper case, from every model" {
	local model
	for model in reuseport shared fdpass; do
		start_receiver 127.0.0.1:0 --protocol tcp --sink echo --model "$model" --workers 2
		tcp --count 500 --rate 5k --lines 5 --source pool:20 --expect-echo upper
		stop_receiver
		assert_equal "$(sent '.tcp | [.replies, .wrong_replies, .missing_replies]')" '[500,0,0]'
		assert_equal "$(received '[.lines, .answered, .discarded]')" '[2500,2500,0]'
		assert_all_arrived
	done
	# More than a socket takes at once.
	start_receiver 127.0.0.1:0 --protocol tcp --sink echo --workers 2
	tcp --count 300 --packet-size 60000 --schema cpu --source pool:10 --expect-echo upper
	stop_receiver
	assert_equal "$(sent '.tcp | [.replies, .wrong_replies, .missing_replies]')" '[300,0,0]'
	assert_all_arrived
}

# It fills both directions, so that neither moves; the worker has others to serve.
@test "echo to somebody who does not read: others are served, and memory stays" {
	start_receiver 127.0.0.1:0 --protocol tcp --sink echo --workers 1 --control receive.ctl
	connect 5
	yes 'm f="some text that is to come back" 1' | head -c 40000000 >&5 2>/dev/null 3>&- &
	OTHER=$!
	eventually 10 counts_so '.workers[0].lines > 1000'
	tcp --count 200 --rate 2k --source per-packet --expect-echo upper
	assert_equal "$(sent '.tcp | [.completed, .replies]')" '[200,200]'
	run ! grep -q '^State:.*zombie' "/proc/$OTHER/status" # it stands, as it should
	kill "$OTHER"
	wait "$OTHER" || true
	OTHER=
	exec 5>&-
	stop_receiver
	(($(ndjson receive.ndjson worker .peak_rss_bytes) < 16 * 1024 * 1024))
	assert_books
}

@test "a slow client keeps nobody waiting" {
	start_tcp --workers 1
	connect 5
	printf 'm f=' >&5
	tcp --count 500 --rate 5k --source per-packet
	assert_equal "$(sent .tcp.completed)" 500
	printf '1 1\n' >&5
	exec 5>&-
	eventually 10 counts_so '.workers[0].lines == 501'
	stop_receiver
	assert_equal "$(received '[.connections, .lines]')" '[501,501]'
	assert_books
}

# Speaks on descriptor 6; whether a connection was closed meanwhile.
speaks_until_idle() {
	printf 'm f=1 1\n' >&6
	spoken=$((spoken + 1))
	counts_so '.workers[0].connections_idle > 0'
}

@test "--idle-timeout closes who is silent, not who speaks" {
	start_tcp --workers 1 --idle-timeout 1s
	connect 5
	connect 6
	printf 'm f=1 1\nm f=' >&5
	local spoken=0
	eventually 10 speaks_until_idle
	printf 'm f=1 1\n' >&6
	exec 6>&-
	eventually 10 counts_so ".workers[0].discarded == 2 + $spoken"
	stop_receiver
	assert_equal "$(received '[.connections, .connections_idle, .rejected_truncated, .connections_cut]')" '[2,1,1,0]'
	grep -q '1 connections were closed after --idle-timeout' receive.err
	assert_books
}

@test "--max-connections: one more is refused, and there is room again when one ends" {
	start_tcp --workers 1 --max-connections 2
	connect 5
	connect 6
	printf 'm f=1\n' >&5
	printf 'm f=1\n' >&6
	eventually 10 counts_so '.workers[0].lines == 2'
	tcp --count 1 || true # it may notice before or after it has sent
	assert_equal "$(sent '.tcp | [.connections, .reset]')" '[1,1]'
	eventually 10 counts_so '.workers[0].connections_refused == 1'
	exec 5>&-
	eventually 10 is_served
	exec 6>&-
	stop_receiver
	assert_equal "$(received '[.lines, .connections_refused >= 1]')" '[3,true]'
	grep -q 'connections were refused: --max-connections were open' receive.err
	assert_books
}

@test "open connections have until the end of --drain; then they are cut, and counted" {
	start_tcp --workers 1 --drain 300ms
	connect 5
	connect 6
	printf 'm f=1 1\n' >&5
	eventually 10 counts_so '.workers[0].lines == 1'
	kill -TERM "$RECEIVER"
	eventually 10 grep -q draining receive.err
	# What comes meanwhile is taken.
	printf 'm f=2 2\n' >&6
	exec 6>&-
	await_receiver
	assert_equal "$(received '[.connections, .lines, .connections_cut]')" '[2,2,1]'
	grep -q '1 connections were still open at the end of --drain' receive.err
	assert_books
}

@test "IPv6, and a port alone" {
	require_ipv6
	start_receiver 0 --protocol tcp --sink null --workers 2
	"$BIN/fairport-fake" "127.0.0.1:$PORT" --protocol tcp --source per-packet --count 50 --rate 1k
	"$BIN/fairport-fake" "[::1]:$PORT" --protocol tcp --source per-packet --count 50 --rate 1k
	stop_receiver
	assert_equal "$(received '[.connections, .lines]')" '[100,100]'
	assert_books
}

# What generation 1 has accepted so far, as long as it is there.
of_the_first() {
	stats '[.workers[] | select(.generation == 1).connections] | add // 1e9'
}

# A connect storm of 5,000 connections/s, three restarts. Who has been told to leave gets no more than
# what waits in its queue, while nearly 3,000 connections follow.
storm() {
	local i so_far=
	start_fake --protocol tcp --rate 5k --count 4000 --source per-packet --interval 20ms
	for i in 1 2 3; do
		eventually 20 has_sent $((i * 900))
		assert_equal "$(control restart)" "generation: $((i + 1))"
		[ $i != 1 ] || so_far=$(of_the_first)
	done
	await_fake
	stop_receiver
	assert_equal "$(jq -s "(map(select(.type == \"worker\" and .generation == 1).connections) | add) - $so_far < 400" \
		receive.ndjson)" true
	assert_equal "$(sent '[.packets, .tcp.connections]')" '[4000,4000]'
	assert_equal "$(received '[.restarts, .crashed, .respawns]')" '[3,0,0]'
}

@test "a connect storm, three restarts, tcp_migrate_req=1: no reset" {
	require_root
	start_tcp_apart 1
	storm
	assert_all_arrived
}

@test "a connect storm, three restarts, tcp_migrate_req=0: no reset" {
	require_root
	start_tcp_apart 0
	storm
	assert_all_arrived
}

@test "a connect storm, three restarts, eBPF round-robin, whatever tcp_migrate_req is: no reset" {
	require_steering
	local migrate
	for migrate in 0 1; do
		start_tcp_apart "$migrate" --steer round-robin
		storm
		assert_all_arrived
		assert_equal "$(connections | jq -c 'map(. >= 995 and . <= 1005) | all')" true
	done
}

@test "a connect storm, three restarts, other models: no reset" {
	require_root
	local options
	for options in "--model shared" "--model fdpass" "--model single" "--steer random" "--handover inherit"; do
		echo "$options"
		# shellcheck disable=SC2086 # words are meant
		start_tcp_apart 0 $options
		storm
		assert_all_arrived
	done
}

@test "connections that are open at a restart are served until they end" {
	start_tcp --workers 2
	connect 5
	printf 'm f=1 1\n' >&5
	eventually 10 counts_so '[.workers[].lines] | add == 1'
	control restart >/dev/null
	printf 'm f=2 2\n' >&5
	eventually 10 counts_so '[.workers[] | select(.generation == 1).lines] | add == 2'
	connect 6
	printf 'm f=3 3\n' >&6
	eventually 10 counts_so '[.workers[] | select(.generation == 2).lines] | add == 1'
	exec 5>&- 6>&-
	eventually 10 counts_so 'all(.workers[]; .generation == 2)'
	stop_receiver
	assert_equal "$(received '[.connections, .lines, .connections_cut, .restarts]')" '[2,3,0,1]'
	assert_books
}

@test "growing and shrinking under a connect storm: no reset" {
	require_root
	local options
	for options in "--model reuseport" "--model fdpass" "--steer round-robin"; do
		echo "$options"
		# shellcheck disable=SC2086 # words are meant
		start_tcp_apart 0 --workers 2 $options
		start_fake --protocol tcp --rate 5k --count 4000 --source per-packet --interval 20ms
		local workers sent=500
		for workers in 5 1 3; do
			eventually 20 has_sent $sent
			sent=$((sent + 1000))
			control workers $workers >/dev/null
		done
		await_fake
		stop_receiver
		assert_all_arrived
	done
}

# What the dead had open is reset: that is all.
@test "SIGKILL in the middle of a storm: respawned, and only its connections are lost" {
	local model pid
	for model in reuseport fdpass shared; do
		echo "$model"
		start_tcp --model "$model" --workers 2
		start_fake --protocol tcp --rate 5k --count 4000 --source per-packet --interval 20ms
		eventually 20 has_sent 1000
		pid=$(worker_pid 1)
		kill -KILL "$pid"
		eventually 10 grep -q 'worker 1 runs again as pid' receive.err
		await_fake || true
		stop_receiver_with 2
		assert_equal "$(received '[.crashed, .respawns, .drops]')" '[1,1,0]'
		assert_regex "$(cat receive.err)" \
			"worker 1 \(pid $pid\) was killed by signal 9 \(Killed\) after [0-9,]+ connections, [0-9,]+ lines"
		assert_equal "$(sent '.tcp | [.refused, .timed_out, .unclosed]')" '[0,0,0]'
		(($(sent '.tcp | .connections - .completed') <= 10))
		(($(sent .lines) - $(received .lines) <= 10))
		assert_books
	done
}

@test "SIGKILL of the accepter: respawned, who waits in the backlog is served" {
	start_tcp --model fdpass --workers 2
	start_fake --protocol tcp --rate 5k --count 4000 --source per-packet --interval 20ms
	eventually 20 has_sent 1000
	kill -KILL "$(front_pid)"
	eventually 10 grep -q 'accepter 0 runs again as pid' receive.err
	await_fake || true
	stop_receiver_with 2
	(($(sent '.tcp | .connections - .completed') <= 2))
	(($(sent .lines) - $(received .lines) <= 2))
	assert_books
}

@test "--user with fdpass, on a port below 1024" {
	require_root
	receiver_under=(unshare --net bash -euc 'ip link set lo up; exec "$@"' bash)
	start_receiver 127.0.0.1:79 --protocol tcp --sink null --control receive.ctl --user nobody --model fdpass
	receiver_under=()
	beside_peer=(nsenter "--net=/proc/$RECEIVER/ns/net")
	control restart >/dev/null
	assert_equal "$(ps -o user= --ppid "$RECEIVER" | sort -u)" nobody
	tcp --count 100 --rate 2k --source per-packet
	stop_receiver
	assert_all_arrived
}

@test "a listener of a service manager" {
	require_command perl
	receiver_under=(perl -e 'use Socket; use POSIX; $^F = 100; POSIX::close($_) for 3 .. 8;
		socket(my $s, PF_INET, SOCK_STREAM, 0) or die;
		bind($s, pack_sockaddr_in(0, inet_aton("127.0.0.1"))) or die;
		listen($s, 100);
		@ENV{"LISTEN_PID", "LISTEN_FDS"} = ($$, 1);
		exec @ARGV')
	start_receiver --protocol tcp --model fdpass --sink null --control receive.ctl
	receiver_under=()
	tcp --count 50 --rate 1k --source per-packet
	control restart >/dev/null
	tcp --count 50 --rate 1k --source per-packet
	stop_receiver
	assert_equal "$(received '[.connections, .lines]')" '[100,100]'
	assert_books
}

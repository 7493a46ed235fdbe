#!/usr/bin/env bats
# alone: traffic has to keep its pace
# fairport-probe on servers of others, as docs/other-servers.md has them: what it counts must be what
# was sent, and what the server says itself. Each test has its own network namespace.

bats_require_minimum_version 1.5.0

load lib/common

setup() {
	PATH=$PATH:/usr/sbin
	cd "$BATS_TEST_TMPDIR" || return 1
	started=()
}

# Everything that was started is ended by its pid, the server before the namespace's holder.
teardown() {
	local i
	for ((i = ${#started[@]} - 1; i >= 0; i--)); do
		kill "${started[i]}" 2>/dev/null || continue
		wait "${started[i]}" || true
	done
}

require_server() {
	require_root_bpf
	require_command jq
	require_command ip
	require_command "$1"
}

# Whether process $1 has left our network namespace.
is_apart() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# Makes a network namespace; "${inside[@]}" stands before what is to run there.
open_namespace() {
	unshare --net sleep infinity 3>&- &
	started+=($!)
	eventually 10 is_apart "${started[0]}"
	inside=(nsenter "--net=/proc/${started[0]}/ns/net")
	"${inside[@]}" ip link set lo up
}

# Whether $1 sockets are bound to port $2; the third argument: tcp or udp.
has_sockets() {
	[ "$("${inside[@]}" ss -Hln "--$3" "sport = :$2" | wc -l)" = "$1" ]
}

# start_server COUNT PORT tcp|udp COMMAND...: starts it, and waits until it has so many sockets.
start_server() {
	"${inside[@]}" "${@:4}" >server.out 2>server.err 3>&- &
	started+=($!)
	SERVER=$!
	if ! eventually 10 has_sockets "${@:1:3}"; then
		cat server.err >&2
		return 1
	fi
}

# Has a probe count on port $1 while the words behind it run.
count_on() {
	local probe status=0
	rm -f ready
	mkfifo ready
	"${inside[@]}" "$BIN/fairport-probe" --port "$1" --with all --by thread --json probe.ndjson \
		--ready-fd 9 >probe.out 2>probe.err 9>ready 3>&- &
	probe=$!
	if ! read -r _ <ready; then
		wait "$probe"
		cat probe.err >&2
		return 1
	fi
	"${@:2}" >load.out 2>load.err || status=$?
	kill -INT "$probe"
	wait "$probe"
	[ "$status" = 0 ] || cat load.err >&2
	return "$status"
}

# The jq filter $2 over all records of type $1.
records() {
	jq -sc "map(select(.type == \"$1\")) | $2" probe.ndjson
}

# What arrived at UDP sockets was taken out of them: $1 packets.
assert_balance() {
	assert_equal "$(records summary '.[0].balance |
		[.arrivals, .taken, .dropped, .queue_packets, .in_transit, .lost_at_close]')" "[$1,$1,0,0,0,0]"
	assert_equal "$(records summary '.[0] | [.packets, .lost_events, .missed_events]')" "[$1,0,0]"
}

# The configuration of the page under the heading $1, its first block of the kind $2, with
# this directory in place of /tmp/others.
of_page() {
	awk -v heading="## $1" -v fence="\`\`\`$2" '
		/^## / { inside = $0 == heading }
		inside && $0 == fence { code = 1; next }
		code && /^```$/ { exit }
		code' "$TOP/docs/other-servers.md" | sed "s|/tmp/others|$PWD|"
}

# Starts nginx by the page's configuration, after the sed expression $1; it has $2 sockets.
start_nginx() {
	of_page nginx nginx | sed -E "$1" >nginx.conf
	assert [ -s nginx.conf ]
	start_server "$2" 8080 tcp nginx -c "$PWD/nginx.conf"
}

# The pids of the processes that the server has started: [4712,4713].
children_of_server() {
	jq -sc sort "/proc/$SERVER/task/$SERVER/children"
}

get_pages() {
	"${inside[@]}" curl --silent --show-error --fail --output /dev/null "$@"
}

@test "nginx with reuseport: every connection, at its socket and with its worker" {
	require_server nginx
	require_command curl
	open_namespace
	start_nginx '' 4
	count_on 8080 get_pages --header 'Connection: close' 'http://127.0.0.1:8080/[1-1000]'
	assert_equal "$(records summary '.[0] | [.accepts, .lost_events, .missed_events]')" '[1000,0,0]'
	assert_equal "$(records socket 'map(.handshakes) | add')" 1000
	# Each socket has one worker, who accepts what the kernel established there; 1,000 connections
	# leave one of four without any in 4 * 0.75^1000 of all runs.
	assert_equal "$(records worker 'map([.cookie, .accepts]) | sort')" \
		"$(records socket 'map([.cookie, .handshakes]) | sort')"
	assert_equal "$(records worker 'map(.pid) | sort')" "$(children_of_server)"
	assert_equal "$(records worker 'map(.comm) | unique')" '["nginx"]'
}

@test "nginx: one connection is one accept by one worker, however many requests it brings" {
	require_server nginx
	require_command curl
	open_namespace
	start_nginx '' 4
	count_on 8080 get_pages 'http://127.0.0.1:8080/[1-500]'
	assert_equal "$(records summary '.[0].accepts')" 1
	assert_equal "$(records worker length)" 1
	assert_equal "$(records socket 'map(.handshakes) | sort')" '[0,0,0,1]'
	# A request is a call at least, and all of them have the same bytes but for the number.
	assert_equal "$(records worker '.[0].calls >= 500 and .[0].bytes > 500 * 80')" true
}

@test "nginx without reuseport: one socket, and the workers share what it gets" {
	require_server nginx
	require_command curl
	open_namespace
	start_nginx 's/ reuseport//' 1
	count_on 8080 get_pages --header 'Connection: close' 'http://127.0.0.1:8080/[1-1000]'
	assert_equal "$(records summary '.[0] | [.accepts, .lost_events]')" '[1000,0]'
	assert_equal "$(records socket 'map(.handshakes)')" '[1000]'
	assert_equal "$(records worker 'map(.accepts) | add')" 1000
	assert_equal "$(records worker 'map(.cookie) | unique | length')" 1
}

# What unbound says that its threads were asked, without those that were not: "[430,470,500,600]".
unbound_queries() {
	sed -nE 's/.* thread [0-9]+: ([0-9]+) queries.*/\1/p' server.err | jq -sc 'map(select(. > 0)) | sort'
}

start_unbound() {
	of_page unbound yaml >unbound.conf
	of_page unbound python >ask.py
	assert [ -s ask.py ]
	start_server 4 5300 udp unbound -d -c "$PWD/unbound.conf"
}

# It prints what its threads were asked when it ends.
stop_unbound() {
	kill -TERM "$SERVER"
	wait "$SERVER"
}

@test "unbound: every query, by thread, as it counts them itself" {
	require_server unbound
	require_command python3
	open_namespace
	start_unbound
	count_on 5300 "${inside[@]}" python3 ask.py 5300 2000 100
	assert_equal "$(cat load.out)" "2000 answers"
	stop_unbound
	assert_balance 2000
	assert_equal "$(records thread 'map(.packets) | sort')" "$(unbound_queries)"
	assert_equal "$(records thread "map(.pid) | unique")" "[$SERVER]"
	# Threads of one process are one worker for each socket.
	assert_equal "$(records worker 'map([.cookie, .packets]) | sort')" \
		"$(records thread 'map([.cookie, .packets]) | sort')"
	assert_equal "$(records summary '.[0] | [.flows, .effective_flows, .split_flows]')" '[100,100,0]'
	assert_equal "$(records socket 'map(.wait_ns // empty | .count + .unknown) | add')" 2000
}

@test "unbound: one source port is one thread" {
	require_server unbound
	require_command python3
	open_namespace
	start_unbound
	count_on 5300 "${inside[@]}" python3 ask.py 5300 500 1
	stop_unbound
	assert_balance 500
	assert_equal "$(records thread 'map(.packets)')" '[500]'
	assert_equal "$(unbound_queries)" '[500]'
	assert_equal "$(records summary '.[0].flows')" 1
}

@test "four processes of Python: every packet, by process" {
	require_server python3
	[ -x "$BIN/fairport-fake" ] || skip_because "needs fairport-fake, which was not built"
	open_namespace
	of_page "Four processes of Python" python >four.py
	start_server 4 8089 udp python3 four.py
	local children child
	children=$(children_of_server)
	for child in $(jq '.[]' <<<"$children"); do
		started+=("$child")
	done
	count_on 8089 send_and_see_taken
	assert_balance 5000
	# 64 flows leave one of four without any in 4 * 0.75^64 of all runs: 4 * 10^-8.
	assert_equal "$(records worker 'map(.pid) | sort')" "$children"
	assert_equal "$(records worker 'map([.cookie, .packets]) | sort')" \
		"$(records socket 'map(select(.arrivals > 0) | [.cookie, .arrivals]) | sort')"
	assert_equal "$(records summary '.[0] | [.flows, .by_call.recvfrom.packets]')" '[64,5000]'
}

# Whether nothing waits in a queue of port 8089.
is_taken() {
	[ "$("${inside[@]}" ss -Hlnu 'sport = :8089' | awk '{ queued += $2 } END { print queued }')" = 0 ]
}

send_and_see_taken() {
	"${inside[@]}" "$BIN/fairport-fake" 127.0.0.1:8089 --source pool:64 --count 5000 --rate 20k --quiet
	eventually 10 is_taken
}

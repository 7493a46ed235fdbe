#!/usr/bin/env bats
# alone: looks at what is left in the kernel, and traffic has to keep its pace
# fairport-probe on TCP: connections that are established, who accepts them, and those that find no
# room.
#
# Text for jq stands in single quotes.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/probe

# connect N: so many connections to the port, one after the other, which stay open. Those that do not
# come about within a moment are given up.
connect() {
	"${inside[@]}" python3 -c 'import socket, sys, time
made = []
for _ in range(int(sys.argv[2])):
    one = socket.socket()
    one.settimeout(0.2)
    try:
        one.connect(("127.0.0.1", int(sys.argv[1])))
        made.append(one)
    except TimeoutError:
        one.close()
print(len(made), flush=True)
time.sleep(100)' "$WATCHED" "$1" >connected 3>&- &
	HOLDERS+=($!)
	eventually 20 test -s connected
}

# The accepts of each pid, in the order of the pids.
accepts() {
	record worker 'select(.by_call.accept.calls > 0) | [.pid, .cookie, .accepts]' | sort
}

@test "connections of each listener, and of the process that accepts them" {
	for model in reuseport shared; do
		start_receiver 127.0.0.1:0 --sink null --workers 3 --protocol tcp --model "$model"
		start_probe --port "$PORT" --interval 20ms
		fake --protocol tcp --source pool:30 --count 300 --lines 2 >/dev/null
		eventually 10 has_told .accepts 30
		stop_probe_with 0
		stop_receiver
		# With a shared socket a worker may be woken for nothing, and accept none.
		assert_equal "$(accepts | grep -v ',0]$')" "$(ndjson receive.ndjson worker \
			'select(.connections > 0) | [.pid, .cookie, .connections]' | sort)"
		assert_equal "$(jq -s 'map(select(.type == "socket").handshakes) | add' probe.ndjson)" 30
		assert_equal "$(record summary .accepts)" 30
		assert_equal "$(record socket '[.protocol, .dropped, .queue_packets]' | sort -u)" '["tcp",0,0]'
		# What was read on the connections counts for the listener that they came by.
		assert_equal "$(jq -s 'map(select(.type == "socket").bytes) | add' probe.ndjson)" \
			"$(ndjson receive.ndjson summary .bytes)"
		assert_equal "$(jq -s 'map(select(.type == "worker") | [.cookie, .bytes]) | group_by(.[0]) |
			map([.[0][0], (map(.[1]) | add)])' probe.ndjson)" \
			"$(jq -s 'map(select(.type == "worker" and .bytes > 0) | [.cookie, .bytes]) | group_by(.[0]) |
			map([.[0][0], (map(.[1]) | add)])' receive.ndjson)"
		assert_balance
	done
}

@test "one that accepts for others: all accepts are its own" {
	start_receiver 127.0.0.1:0 --sink null --workers 2 --protocol tcp --model fdpass
	start_probe --port "$PORT" --interval 20ms
	fake --protocol tcp --source pool:8 --count 40 >/dev/null
	eventually 10 has_told .accepts 8
	stop_probe_with 0
	stop_receiver
	assert_equal "$(accepts | jq -c '.[2]')" 8
	assert_equal "$(accepts | jq '.[0]')" "$(ndjson receive.ndjson front .pid)"
	# Workers read what the accepter took.
	assert_equal "$(record worker 'select(.bytes > 0) | .pid' | sort -u)" \
		"$(ndjson receive.ndjson worker 'select(.bytes > 0) | .pid' | sort -u)"
}

@test "several processes on one listener: who accepted, who looked in vain" {
	start_probe --port "$WATCHED" --wait --interval 20ms
	start_taker "tcp,127.0.0.1,$WATCHED,idle=5,takes=3,takes=2,takes=1"
	connect 6
	eventually 10 has_told .accepts 6
	stop_probe_with 0
	assert_equal "$(accepts)" "$(awk '/^[0-9]/ { printf "[%d,%d,%d]\n", $1, $2, 4 - NR }' takers | sort)"
	assert_equal "$(record worker '.by_call.accept | [.eagain, .idle_wakeups, .errors]' | sort -u)" "[5,4,0]"
	# Each accept, and each that found nothing, is a call.
	assert_equal "$(record worker '.by_call.accept.calls' | sort -n | tr '\n' ' ')" "6 7 8 "
	assert_equal "$(record summary '[.by_call.accept.calls, .accepts, .calls]')" "[21,6,0]"
	run -0 cat probe.out
	assert_line "accept: 6 connections in 21 calls"
	run -1 grep -E '^.{81}' probe.out
}

@test "nobody accepts: the queue is told, then what finds it full is dropped" {
	start_taker "tcp,127.0.0.1,$WATCHED,backlog=1"
	start_probe --port "$WATCHED" --interval 20ms
	before=$(tcp_counter ListenDrops)
	connect 5
	# The backlog and one more.
	assert_equal "$(cat connected)" 2
	eventually 10 now_is '.sockets[0].queue_packets == 2'
	stop_probe_with 0
	dropped=$(($(tcp_counter ListenDrops) - before))
	assert [ "$dropped" -ge 3 ]
	assert_equal "$(record socket '[.handshakes, .queue_packets, .queue_max, .backlog, .dropped]')" "[2,2,2,1,$dropped]"
	assert_equal "$(record summary .accepts)" 0
}

@test "the longest accept queue is what was there before the first was accepted" {
	start_taker "tcp,127.0.0.1,$WATCHED,takes=4"
	kill -STOP "$(awk 'NR == 1 { print $1 }' takers)"
	start_probe --port "$WATCHED" --interval 20ms
	connect 4
	# One that has begun to accept takes the first one with it.
	eventually 10 now_is '.sockets[0].queue_packets >= 3'
	kill -CONT "$(awk 'NR == 1 { print $1 }' takers)"
	eventually 10 has_told .accepts 4
	stop_probe_with 0
	assert_equal "$(record socket '[.handshakes, .packets, .queue_packets]')" "[4,4,0]"
	assert_equal "$(record socket '.queue_max >= 3')" true
}

@test "connections that were there before the probe: what is read on them has no listener" {
	start_receiver 127.0.0.1:0 --sink null --workers 1 --protocol tcp
	start_fake --protocol tcp --source fixed --rate 500
	eventually 10 test -s fake.ndjson
	start_probe --port "$PORT" --interval 20ms
	eventually 10 now_is '.bytes > 0'
	stop_fake
	stop_probe_with 0
	stop_receiver
	assert_equal "$(record worker '[.cookie, .accepts, .bytes > 0]' | sort -u | tail -n 1)" "[0,0,true]"
	assert_equal "$(record worker .pid | sort -u)" "$(ndjson receive.ndjson worker .pid)"
	grep -qE "^ *[0-9]+ fairport-rec.* older " probe.out
	assert_equal "$(record summary '[.accepts, .packets]')" "[0,0]"
}

@test "a listener that is opened while the probe counts" {
	start_probe --port "$WATCHED" --wait --interval 20ms
	start_taker "tcp,127.0.0.1,$WATCHED,takes=2"
	connect 2
	eventually 10 has_told .accepts 2
	kill -TERM "$TAKER"
	wait "$TAKER" || true
	eventually 10 now_is '.sockets == []'
	stop_probe_with 0
	assert_equal "$(record socket '[.cookie, .protocol, .open, .handshakes, .packets]')" \
		"[$(awk 'NR == 1 { print $2 }' takers),\"tcp\",false,2,2]"
}

@test "connections that somebody opens from a watched port are no service's" {
	start_probe --port 1-65535 --wait --interval 20ms
	"${inside[@]}" python3 - >&2 <<-'END'
		import socket
		listener = socket.create_server(("127.0.0.1", 7000))
		client = socket.create_connection(("127.0.0.1", 7000))
		server = listener.accept()[0]
		client.sendall(b"x" * 100)
		server.sendall(server.recv(100) + b"y" * 50)
		while len(client.recv(1000, socket.MSG_PEEK)) < 150: pass
		client.recv(1000)
	END
	stop_probe_with 0
	assert_equal "$(record worker '[.accepts, .bytes]')" "[1,100]"
}

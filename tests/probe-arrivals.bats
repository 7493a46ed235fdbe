#!/usr/bin/env bats
# alone: looks at what is left in the kernel, and traffic has to keep its pace
# fairport-probe --with arrivals, flows, waits: what arrives at each socket is what the sender sent,
# and it is all taken, dropped or queued, at every interval, by whatever count.
#
# Text for jq stands in single quotes; lib/common uses receiver_under.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/probe

# What each socket got, as the probe's socket records and the receiver's worker records tell it.
assert_as_received() {
	assert_equal "$(record socket '[.cookie, .packets, .bytes, .dropped]' | sort)" \
		"$(ndjson receive.ndjson worker '[.cookie, .packets, .bytes, .drops]' | sort)"
}

# The sum over the sockets of the jq expression $1.
socket_sum() {
	jq -s "map(select(.type == \"socket\") | $1) | add" probe.ndjson
}

# Stops all workers.
stop_workers() {
	# shellcheck disable=SC2046 # pids are meant
	kill -STOP $(stats '.workers[].pid')
}

@test "packets and bytes of each cookie: the sender's, the probe's and the receiver's are the same" {
	start_receiver 127.0.0.1:0 --sink null --workers 4 --steer round-robin
	start_probe --port "$PORT" --with all --interval 50ms
	fake --count 4001 --rate 20k --source pool:50 --lines 3 --seed 1 --json fake.ndjson >/dev/null
	eventually 10 now_is '.balance.taken == 4001'
	stop_probe_with 0
	stop_receiver
	assert_as_received
	assert_equal "$(record socket .packets | sort -n | tr '\n' ' ')" "1000 1000 1000 1001 "
	assert_equal "$(socket_sum .arrivals) $(socket_sum .arrived_bytes)" \
		"$(ndjson fake.ndjson summary '"\(.packets) \(.bytes)"' | tr -d '"')"
	assert_equal "$(record socket '.arrivals == .packets and .arrived_bytes == .bytes and
		.arrived_segments == .arrivals and .in_transit == 0' | sort -u)" true
	assert_equal "$(record summary '[.balance.in_transit, .balance.dropped, .balance.queue_packets]')" "[0,0,0]"
	assert [ "$(record interval .packets | wc -l)" -ge 4 ]
	assert_balance
}

@test "a hash decides: who got what is known all the same" {
	start_receiver 127.0.0.1:0 --sink null --workers 3
	start_probe --port "$PORT" --with arrivals --interval 20ms
	fake --count 3000 --rate 20k --source per-packet >/dev/null
	eventually 10 now_is '.balance.taken == 3000'
	stop_probe_with 0
	stop_receiver
	assert_as_received
	assert_equal "$(record socket '.arrivals == .packets' | sort -u)" true
	assert_balance
}

@test "flat out, and more than the receiver can take: nothing is unaccounted at any interval" {
	start_receiver 127.0.0.1:0 --sink null --workers 2 --rcvbuf 16KiB
	start_probe --port "$PORT" --with all --interval 10ms
	fake --count 150k --source pool:64 --json fake.ndjson >/dev/null
	eventually 20 now_is '.balance.taken + .balance.dropped == 150000'
	stop_probe_with 0
	stop_receiver
	assert_as_received
	assert_equal "$(socket_sum .arrivals)" "$(ndjson fake.ndjson summary .packets)"
	assert [ "$(socket_sum .dropped)" -gt 0 ]
	assert_balance
}

@test "it starts and ends in the midst of traffic, and what it saw balances" {
	start_receiver 127.0.0.1:0 --sink null --workers 2 --rcvbuf 64KiB
	start_fake --source pool:64 --rate 100k
	local i
	for i in 1 2 3 4 5; do
		start_probe --port "$PORT" --with all --interval 10ms
		eventually 10 now_is '.balance.taken > 3000'
		stop_probe_with 0
		# Sockets are looked at before threads are asked what they took.
		assert_equal "$(imbalances probe.ndjson 1000)" "[]"
	done
	stop_fake
	stop_receiver
}

@test "a record that somebody has changed does not balance" {
	start_receiver 127.0.0.1:0 --sink null --workers 2 --steer round-robin
	start_probe --port "$PORT" --with arrivals --interval 20ms
	fake --count 100 --rate 2k >/dev/null
	eventually 10 now_is '.balance.taken == 100'
	stop_probe_with 0
	stop_receiver
	assert_balance
	local change
	for change in 'if .type == "interval" then .balance.arrivals += 1 else . end' \
		'if .type == "interval" then .balance.taken -= 1 else . end' \
		'if .type == "socket" then .packets += 1 else . end' \
		'if .type == "socket" then .arrivals -= 1 else . end' \
		'if .type == "summary" then .packets += 1 else . end' \
		'if .type == "interval" and .packets > 0 then .packets -= 1 else . end'; do
		jq -c "$change" probe.ndjson >doctored.ndjson
		run -1 diff -q probe.ndjson doctored.ndjson
		assert_not_equal "$(imbalances doctored.ndjson)" "[]"
	done
	jq -c 'if .type == "socket" then .packets += 1 else . end' probe.ndjson >doctored.ndjson
	mv doctored.ndjson probe.ndjson
	run -1 assert_as_received
}

@test "drops: the socket's count, SO_RXQ_OVFL, UDP's and the reasons say the same" {
	start_receiver 127.0.0.1:0 --sink null --workers 2 --steer round-robin --rcvbuf 4KiB --control receive.ctl
	start_probe --port "$PORT" --with arrivals --interval 20ms
	stop_workers
	fake --count 500 >/dev/null
	eventually 10 now_is '.balance.dropped > 400 and .balance.arrivals == 500'
	continue_children "$RECEIVER"
	eventually 10 has_settled 500
	# Only with the next packet does a worker hear what was dropped before it.
	fake --count 2 --rate 50 >/dev/null
	eventually 10 has_settled 502
	stop_probe_with 0
	socket_drops "$PORT" >drops
	stop_receiver
	dropped=$(socket_sum .dropped)
	assert [ "$dropped" -gt 400 ]
	assert_equal "$(udp_overflows)" "$dropped"
	assert_equal "$(record socket '"\(.cookie) \(.dropped)"' | tr -d '"' | sort -n)" "$(cat drops)"
	assert_equal "$(ndjson receive.ndjson summary '[.drops, .overflows_seen]')" "[$dropped,$dropped]"
	assert_equal "$(record socket '.reasons == [{reason: "SOCKET_RCVBUFF", packets: .dropped}]' | sort -u)" true
	assert_equal "$(interval_sum '.sockets | map(.dropped) | add')" "$dropped"
	assert_as_received
	assert_balance
	grep -qx "Dropped for SOCKET_RCVBUFF: $dropped" probe.out
}

# Whether so many have arrived, and all of them are taken or dropped.
has_settled() {
	now_is ".balance.arrivals == $1 and .balance.taken + .balance.dropped == $1"
}

@test "packets whose checksum is wrong arrive, and are dropped when somebody wants to take them" {
	require_raw
	start_taker "udp,127.0.0.1,$WATCHED,takes=10"
	start_probe --port "$WATCHED" --with all --interval 20ms
	# Long ones: the kernel looks at short ones before it looks for a socket.
	"${inside[@]}" python3 -c 'import socket, struct, sys
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
for _ in range(5):
    raw.sendto(struct.pack("!HHHH", 4000, int(sys.argv[1]), 208, 0x1234) + bytes(200), ("127.0.0.1", 0))' "$WATCHED"
	PORT=$WATCHED fake --count 10 >/dev/null
	eventually 10 now_is '.balance.taken == 10'
	stop_probe_with 0
	assert_equal "$(record socket '[.arrivals, .packets, .dropped, .flows]')" "[15,10,5,2]"
	assert_equal "$(socket_drops "$WATCHED")" "$(record socket '"\(.cookie) \(.dropped)"' | tr -d '"')"
	assert_balance
}

@test "one socket that several processes, or one of them, take from" {
	local model
	for model in shared dispatcher; do
		start_receiver 127.0.0.1:0 --sink null --workers 3 --model "$model"
		start_probe --port "$PORT" --with all --interval 20ms
		fake --count 2000 --rate 20k --source pool:9 >/dev/null
		eventually 10 now_is '.balance.taken == 2000'
		stop_probe_with 0
		stop_receiver
		assert_equal "$(record worker 'select(.packets > 0) | [.pid, .packets, .bytes]' | sort)" \
			"$(jq -c --arg type "$([ "$model" = shared ] && echo worker || echo front)" '
				select(.type == $type and .packets > 0) | [.pid, .packets, .bytes]' receive.ndjson | sort)"
		assert_equal "$(record socket '[.arrivals, .packets, .flows, .wait_ns.count + .wait_ns.unknown]')" "[2000,2000,9,2000]"
		assert_balance
	done
}

@test "a connected socket among the members gets what its peer sends" {
	open_members "udp,127.0.0.1,$WATCHED" "udp,127.0.0.1,$WATCHED,peer=5555"
	start_probe --port "$WATCHED" --with flows --interval 20ms
	"${inside[@]}" python3 -c 'import socket, sys
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.bind(("127.0.0.1", 5555))
for _ in range(7):
    peer.sendto(b"x", ("127.0.0.1", int(sys.argv[1])))' "$WATCHED"
	PORT=$WATCHED fake --count 4 >/dev/null
	eventually 10 now_is '.balance.queue_packets == 11'
	stop_probe_with 0
	assert_equal "$(record socket '[.cookie, .arrivals, .flows, .queue_packets]' | sort)" \
		"$(awk 'NR == 1 { print "[" $2 ",4,1,4]" } NR == 2 { print "[" $2 ",7,1,7]" }' members | sort)"
	assert_balance
}

@test "what was dropped and queued before the probe came is not of its time" {
	start_receiver 127.0.0.1:0 --sink null --model single --rcvbuf 4KiB --control receive.ctl
	stop_workers
	fake --count 300 >/dev/null
	read -r cookie before < <(socket_drops "$PORT")
	assert [ "$before" -gt 200 ]
	start_probe --port "$PORT" --with arrivals --interval 20ms
	fake --count 100 >/dev/null
	eventually 10 now_is '.balance.arrivals == 100'
	assert_equal "$(latest '.balance | [.queue_at_start, .queue_packets, .dropped, .taken]')" \
		"[$((300 - before)),$((300 - before)),100,0]"
	continue_children "$RECEIVER"
	eventually 10 now_is '.balance.queue_packets == 0'
	stop_probe_with 0
	stop_receiver
	assert_equal "$(record socket '[.cookie, .packets, .dropped, .queue_at_start]')" \
		"[$cookie,$((300 - before)),100,$((300 - before))]"
	assert_balance
	run -0 cat probe.out
	assert_line "Arrived 100 + queued at the start $((300 - before)) = taken $((300 - before)) + dropped 100 + queued 0"
}

@test "queue and wait of a worker that was away for 300 ms" {
	start_receiver 127.0.0.1:0 --sink null --model single --control receive.ctl
	start_probe --port "$PORT" --with waits --interval 10ms
	stop_workers
	fake --count 40 >/dev/null
	eventually 10 now_is '.balance.queue_packets == 40'
	sleep 0.3 # no waiting for something: the time that the packets shall wait
	continue_children "$RECEIVER"
	eventually 10 now_is '.balance.taken == 40'
	stop_probe_with 0
	stop_receiver
	assert_equal "$(record socket '[.wait_ns.count, .wait_ns.unknown, .queue_max]')" "[40,0,40]"
	# Quantiles are upper edges of their buckets, up to half as much again.
	assert_equal "$(record socket '.wait_ns | .p50 >= 300000000 and .p99 >= .p50 and .max >= .p99')" true
	assert_equal "$(record socket ".wait_ns.max <= 1.5 * $(record summary .elapsed_ns)")" true
	assert_equal "$(record worker '.queue_max')" 40
}

@test "nobody waits long where packets come one by one" {
	start_receiver 127.0.0.1:0 --sink null --model single
	start_probe --port "$PORT" --with waits --interval 20ms
	fake --count 200 --rate 1k >/dev/null
	eventually 10 now_is '.balance.taken == 200'
	stop_probe_with 0
	stop_receiver
	assert_equal "$(record socket '[.wait_ns.count, .wait_ns.unknown]')" "[200,0]"
	# Any of these is far less than the 200 ms of the run.
	assert_equal "$(record socket '.wait_ns.p50 > 0 and .wait_ns.p50 < 50000000')" true
}

@test "a socket that is closed with packets in its queue: they are lost, and told" {
	open_members "udp,127.0.0.1,$WATCHED"
	start_probe --port "$WATCHED" --with arrivals --interval 20ms
	PORT=$WATCHED fake --count 25 >/dev/null
	eventually 10 now_is '.balance.queue_packets == 25'
	kill -TERM "$MEMBERS"
	wait "$MEMBERS" || true
	eventually 10 now_is '.balance.lost_at_close == 25'
	stop_probe_with 0
	assert_equal "$(record socket '[.open, .arrivals, .packets, .dropped]')" "[false,25,0,0]"
	assert_equal "$(record summary '.balance | [.arrivals, .lost_at_close, .queue_packets]')" "[25,25,0]"
	assert_balance
	run -0 cat probe.out
	assert_line "Arrived 25 = taken 0 + dropped 0 + queued 0 + lost at close 25"
}

@test "sockets that come and go while the probe counts are all told" {
	start_probe --port "$WATCHED" --wait --with arrivals --interval 20ms
	for count in 11 12 13; do
		"${inside[@]}" recv-calls "$WATCHED" recvfrom drain 2 "$count"
	done >calls.json
	stop_probe_with 0
	assert_equal "$(record socket '[.cookie, .packets, .bytes]' | sort)" \
		"$(jq -c '[.cookie, .packets, .bytes]' calls.json | sort)"
	assert_equal "$(record summary '[.balance.arrivals, .balance.taken, .balance.lost_at_close]')" "[36,36,0]"
	assert_balance
}

@test "trains: segments are what was sent, arrivals what the queue had" {
	start_receiver 127.0.0.1:0 --sink null --model single --engine gro
	start_probe --port "$PORT" --with arrivals --interval 20ms
	fake --count 5000 --engine gso --source fixed --packet-size 500 --json fake.ndjson >/dev/null
	eventually 10 now_is '[.balance.taken > 0, .balance.taken == .balance.arrivals] | all'
	eventually 10 has_told '.sockets[0].arrived_segments' 5000
	stop_probe_with 0
	stop_receiver
	assert_equal "$(record socket '[.arrived_segments, .arrived_bytes, .bytes]')" "[5000,2500000,2500000]"
	assert_equal "$(ndjson receive.ndjson worker '[.packets, .bytes]')" "[5000,2500000]"
	# The probe counts what the calls gave: trains.
	assert_equal "$(record socket .packets)" "$(ndjson receive.ndjson worker .messages)"
	assert [ "$(record socket .arrivals)" -lt 2500 ]
	assert_balance
}

@test "flows: each 4-tuple, on the socket that got it, with its packets" {
	start_receiver 127.0.0.1:0 --sink null --workers 3
	start_probe --port "$PORT" --by flow --interval 20ms
	fake --count 700 --rate 20k --source pool:7 --json fake.ndjson >/dev/null
	eventually 10 now_is '.balance.taken == 700'
	stop_probe_with 0
	stop_receiver
	assert_equal "$(record summary '[.flows, .split_flows, .evicted_flows]')" "[7,0,0]"
	assert_equal "$(record summary '.effective_flows')" 7
	assert_equal "$(record flow .packets | sort -u)" 100
	assert_equal "$(record flow .local | sort -u)" "\"127.0.0.1:$PORT\""
	assert_equal "$(record flow '.remote | split(":")[0]' | sort -u)" '"127.0.0.1"'
	assert_equal "$(record flow .remote | sort -u | wc -l)" 7
	# A cookie's flows have its packets.
	assert_equal "$(jq -sc 'map(select(.type == "flow")) | group_by(.cookie) | map([.[0].cookie, length, (map(.packets) | add)])' probe.ndjson)" \
		"$(jq -sc 'map(select(.type == "socket" and .flows > 0)) | sort_by(.cookie) | map([.cookie, .flows, .arrivals])' probe.ndjson)"
	run -0 cat probe.out
	assert_line "7 flows, as good as 7.0 equal ones:"
	assert_balance
}

@test "one flow that steering splits over sockets, and an elephant" {
	start_receiver 127.0.0.1:0 --sink null --workers 3 --steer round-robin
	start_probe --port "$PORT" --by flow --interval 20ms
	fake --count 30 --rate 20k --source fixed >/dev/null
	eventually 10 now_is '.balance.taken == 30'
	stop_probe_with 0
	stop_receiver
	assert_equal "$(record summary '[.flows, .split_flows]')" "[3,1]"
	assert_equal "$(record flow '[.packets]' | sort -u)" "[10]"
	run -0 cat probe.out
	assert_line "Flows that arrived at more than one socket: 1"
}

@test "IPv6, and IPv4 on a socket of IPv6, which is told as IPv4" {
	require_ipv6
	# IPv6 addresses are there at once.
	"${inside[@]}" sysctl -qw net.ipv6.conf.all.accept_dad=0
	PORT=$WATCHED
	start_taker "udp,::,$PORT,dual,takes=30"
	start_probe --port "$PORT" --by flow --with waits --interval 20ms
	fake --count 10 >/dev/null
	"${inside[@]}" "$BIN/fairport-fake" "[::1]:$PORT" --count 20 >/dev/null
	eventually 10 now_is '.balance.taken == 30'
	stop_probe_with 0
	assert_equal "$(record flow '[(.remote | sub(":[0-9]+$"; "")), .local, .packets]')" \
		"$(printf '["[::1]","[::1]:%d",20]\n["127.0.0.1","127.0.0.1:%d",10]' "$PORT" "$PORT")"
	assert_equal "$(record socket '[.arrivals, .arrived_bytes == .bytes, .flows, .wait_ns.unknown]')" "[30,true,2,0]"
	assert_balance
}

@test "an IPv6 socket of each kind on one port is told apart" {
	require_ipv6
	"${inside[@]}" sysctl -qw net.ipv6.conf.all.accept_dad=0
	open_members "udp,::,$WATCHED,v6only" "udp,0.0.0.0,$WATCHED"
	start_probe --port "$WATCHED" --with flows --interval 20ms
	PORT=$WATCHED fake --count 5 >/dev/null
	"${inside[@]}" "$BIN/fairport-fake" "[::1]:$WATCHED" --count 6 >/dev/null
	eventually 10 now_is '.balance.queue_packets == 11'
	stop_probe_with 0
	assert_equal "$(record socket '[.cookie, .arrivals, .queue_packets]' | sort)" \
		"$(awk '$2 { print "[" $2 "," 7 - NR "," 7 - NR "]" }' members | sort)"
}

@test "more flows than there is room for: those that had to go are counted and told" {
	require_raw
	start_taker "udp,127.0.0.1,$WATCHED,rcvbuf=1"
	start_probe --port "$WATCHED" --with flows --interval 50ms
	# So many source ports, of two addresses.
	"${inside[@]}" "$BIN/fairport-fake" "127.0.0.1:$WATCHED" --engine raw --source per-packet \
		--source-addr 127.0.0.0/28 --count 90k --json fake.ndjson >/dev/null
	eventually 20 now_is '.balance.arrivals == 90000'
	stop_probe_with 0
	assert_equal "$(record summary '.flows + .evicted_flows')" "$(record socket .flows)"
	assert [ "$(record summary .evicted_flows)" -gt 20000 ]
	grep -q "warning: $(record summary .evicted_flows) flows had to make room for others" probe.err
	assert_balance
}

@test "where cgroup v2 is mounted nowhere arrivals are counted all the same" {
	require_root
	# The probe's mounts alone.
	probe_under=(unshare --mount sh -c 'awk "\$3 == \"cgroup2\" { print \$2 }" /proc/self/mounts |
		xargs -r umount -l && exec "$@"' sh)
	start_receiver 127.0.0.1:0 --sink null --workers 2 --steer round-robin
	start_probe --port "$PORT" --with arrivals --interval 20ms
	run ! grep -q ' cgroup2 ' "/proc/$PROBE/mounts"
	fake --count 100 --rate 20k >/dev/null
	eventually 10 now_is '.balance.taken == 100'
	stop_probe_with 0
	stop_receiver
	assert_as_received
	assert_balance
}

@test "two probes at once disturb each other in nothing, nor does the end of one" {
	start_receiver 127.0.0.1:0 --sink null --workers 2 --steer round-robin
	start_probe --port "$PORT" --with all --interval 20ms
	fake --count 100 --rate 20k >/dev/null
	eventually 10 now_is '.balance.taken == 100'
	"${inside[@]}" "$BIN/fairport-probe" --port "$PORT" --with all --json second.ndjson --ready-fd 8 \
		>second.out 2>second.err 8> >(cat >second.ready) 3>&- &
	HOLDERS+=($!)
	eventually 10 test -s second.ready
	fake --count 50 --rate 20k >/dev/null
	eventually 10 now_is '.balance.taken == 150'
	kill -INT "${HOLDERS[-1]}"
	wait "${HOLDERS[-1]}"
	fake --count 30 --rate 20k >/dev/null
	eventually 10 now_is '.balance.taken == 180'
	stop_probe_with 0
	stop_receiver
	assert_equal "$(ndjson second.ndjson summary '.balance | [.arrivals, .taken, .in_transit]')" "[50,50,0]"
	assert_equal "$(imbalances second.ndjson)" "[]"
	assert_as_received
	assert_balance
}

@test "a port shared by UDP and TCP: each has its own counts" {
	start_receiver 127.0.0.1:0 --sink null --workers 2 --steer round-robin
	mv receive.ndjson udp.ndjson
	UDP=$RECEIVER
	HOLDERS+=("$UDP")
	start_receiver "127.0.0.1:$PORT" --sink null --workers 2 --protocol tcp
	start_probe --port "$PORT" --with arrivals --interval 20ms
	fake --count 100 --rate 20k >/dev/null
	fake --protocol tcp --source pool:6 --count 60 >/dev/null
	eventually 10 now_is '.balance.taken == 100'
	eventually 10 has_told .accepts 6
	stop_probe_with 0
	stop_receiver
	assert_equal "$(record socket 'select(.protocol == "udp") | [.arrivals, .packets, .handshakes]' | sort -u)" "[50,50,null]"
	assert_equal "$(record socket 'select(.protocol == "tcp") | .arrivals' | sort -u)" null
	assert_equal "$(jq -s 'map(select(.type == "socket" and .protocol == "tcp").handshakes) | add' probe.ndjson)" 6
	assert_equal "$(record summary '[.packets, .accepts, .balance.arrivals]')" "[100,6,100]"
	assert_balance
}

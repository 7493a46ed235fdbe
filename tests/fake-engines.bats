#!/usr/bin/env bats
# fairport-fake: whatever system calls packets leave by, they are the same packets.
# Text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/fake

# What left by each of the engines $1 with these options is what --dry-run prints, packet by packet.
same_bytes() {
	local engine engines=$1 first=
	shift
	"$BIN/fairport-fake" --dry-run "$@" --timestamps step:1ms --seed 42 >printed
	for engine in $engines; do
		start_peer udp-payload 127.0.0.1 "$engine"
		fake "$@" --timestamps step:1ms --seed 42 --rate 10k --engine "$engine" --source fixed >fake.out
		stop_peer
		cmp "$engine" printed
		cmp "$engine.lengths" "${first:=$engine}.lengths"
	done
}

@test "sendto, sendmmsg and gso send the same bytes, those of --dry-run" {
	same_bytes "sendto sendmmsg gso" --count 300
	same_bytes "sendto sendmmsg gso" --count 300 --schema cpu --lines 1 --packet-size 142
	same_bytes "sendto sendmmsg gso" --count 150 --schema web --packet-size 1200
	same_bytes "sendto sendmmsg gso" --count 150 --lines 5 --invalid 20% --sequence
}

@test "raw packets hold the same bytes" {
	require_raw
	same_bytes "sendto raw" --count 300
	same_bytes "sendto raw" --count 300 --schema cpu --lines 1 --packet-size 142
	same_bytes "sendto raw" --count 150 --schema web --packet-size 1201
}

# Flat out, so that calls take many; what the peer has no room for is lost, and the rest in order.
@test "a call takes many packets with sendmmsg and gso, and one with sendto" {
	start_peer udp-flows
	fake --count 640 --engine sendto --json fake.ndjson
	assert_equal "$(summary '[.packets, .calls, .packets_per_call]')" '[640,640,1]'
	fake --count 640 --engine sendmmsg --json fake.ndjson
	assert_equal "$(summary '[.packets, .calls, .packets_per_call]')" '[640,5,128]'
	fake --count 640 --engine gso --schema cpu --packet-size 142 --lines 1 --json fake.ndjson
	# Older kernels take 64 a call.
	assert_regex "$(summary '[.packets, .calls, .packets_per_call]')" '^\[640,(5,128|10,64)\]$'
	# 65,507 bytes hold 46 packets of 1,400.
	fake --count 460 --engine gso --packet-size 1400 --json fake.ndjson
	assert_equal "$(summary '.packets')" 460
	assert_equal "$(summary '.packets_per_call > 10')" true
	# Only the last packet of a call may be shorter, so this is seldom more than a few.
	fake --count 640 --engine gso --json fake.ndjson
	assert_equal "$(summary '.packets == 640 and .packets_per_call > 1')" true
	# Each of a burst from the same source.
	fake --count 640 --source pool:10 --arrivals burst:32 --engine sendmmsg --json fake.ndjson
	assert_equal "$(summary '[.packets, .calls, .flows]')" '[640,20,10]'
	stop_peer
}

@test "a call of raw takes packets of any source" {
	require_raw
	start_peer udp-flows
	fake --count 640 --source pool:10 --engine raw --json fake.ndjson
	assert_equal "$(summary '[.packets, .calls, .flows]')" '[640,5,10]'
	stop_peer
}

# assert_engine ENGINE OPTION...: what auto chose, and that it says why.
assert_engine() {
	local engine=$1
	shift
	echo "$engine: $*"
	fake "$@" --count 2 --rate 1k --json fake.ndjson >fake.out
	assert_equal "$(ndjson fake.ndjson header '[.engine, (.engine_why | length > 10)]')" "[\"$engine\",true]"
	assert_regex "$(cat fake.out)" "Engine +$engine: "
}

@test "auto takes the fastest engine that keeps the strategy's meaning" {
	local engine options
	echo 127.77.1.1 >list
	start_peer udp-flows
	while IFS='|' read -r engine options; do
		# shellcheck disable=SC2086 # words are meant
		assert_engine "$engine" $options
	done <<-'TABLE'
		sendmmsg|--source fixed
		gso|--source fixed --packet-size 1400
		gso|--source fixed --packet-size 142 --lines 1 --schema cpu
		gso|--source fixed --packet-size 60kB
		sendmmsg|--source pool:1
		sendmmsg|--source list:list
		sendto|--source pool:4
		sendto|--source pool:4 --packet-size 1400
		sendto|--source pool:4 --arrivals burst:1
		sendmmsg|--source pool:4 --arrivals burst:8
		gso|--source pool:4 --arrivals burst:8 --packet-size 1400
		sendmmsg|--source rotate:64
		gso|--source rotate:10ms --packet-size 1400
		sendmmsg|--source fixed --threads 2
	TABLE
	fake --count 2 --rate 1k --engine sendto --json fake.ndjson
	assert_equal "$(ndjson fake.ndjson header '[.engine, .engine_why]')" '["sendto","asked for"]'
	stop_peer
}

@test "auto, one source a packet: raw where it may, else sendto" {
	require_raw
	start_peer udp-flows
	assert_engine raw --source per-packet
	assert_engine raw --source rotate:1
	assert_engine raw --source per-packet --threads 2
	stop_peer
}

@test "without CAP_NET_RAW: raw is refused with a hint, and auto takes sendto" {
	[ "$(id -u)" != 0 ] || chmod 755 "$BATS_TEST_TMPDIR"
	run --separate-stderr "${as_nobody[@]}" "$BIN/fairport-fake" 127.0.0.1:9 --engine raw --count 1
	assert_failure 1
	assert_equal "$output" ""
	assert_regex "$stderr" "error: could not open a raw socket: Operation not permitted"
	assert_regex "$stderr" "hint: --engine raw needs CAP_NET_RAW: .*setcap"
	start_peer udp-flows
	"${as_nobody[@]}" "$BIN/fairport-fake" "127.0.0.1:$PORT" --source per-packet --count 50 --rate 1k \
		--json - >fake.ndjson
	stop_peer
	assert_equal "$(ndjson fake.ndjson header .engine)" '"sendto"'
	assert_regex "$(ndjson fake.ndjson header .engine_why)" "raw.*CAP_NET_RAW"
	assert_equal "$(peer_account | awk '{ n += $3 } END { print n }')" 50
}

# The kernel drops packets whose checksum is wrong, and counts them.
@test "the checksums of raw packets are right, for even and odd lengths" {
	require_raw
	require_root
	local host sizes target
	for host in 127.0.0.1 ::1; do
		[ "$host" = 127.0.0.1 ] || require_ipv6
		start_peer_apart udp-payload "$host" payload
		target=127.0.0.1:$PORT
		[ "$host" = 127.0.0.1 ] || target="[::1]:$PORT"
		for sizes in "--lines 1" "--packet-size 1471" "--packet-size 1472" "--packet-size 65kB --invalid 5%"; do
			# shellcheck disable=SC2086 # words are meant
			"${beside_peer[@]}" "$BIN/fairport-fake" "$target" --engine raw --source per-packet \
				--count 300 --rate 5k $sizes >fake.out
		done
		"${beside_peer[@]}" cat /proc/net/snmp >snmp
		"${beside_peer[@]}" cat /proc/net/snmp6 >>snmp
		stop_peer
		assert_equal "$(wc -l <payload.lengths)" 1200
		(($(sort -u payload.lengths | awk '{ print $1 % 2 }' | sort -u | wc -l) == 2))
		assert_equal "$(awk '/^Udp: / && !at { for (at = 2; $at != "InCsumErrors"; at++); next }
			/^Udp: / || /^Udp6InCsumErrors/ { print /^Udp: / ? $at : $2 }' snmp)" $'0\n0'
	done
}

# At an MTU of 1,500: 1,472 bytes fit with IPv4, 1,452 with IPv6.
@test "packets beyond the MTU: refused for raw and gso, in fragments with the others" {
	require_root
	local engine
	start_peer_apart udp-payload 127.0.0.1 payload
	"${beside_peer[@]}" ip link set lo mtu 1500
	for engine in raw gso; do
		run --separate-stderr fake --engine "$engine" --packet-size 1473 --count 10
		assert_failure 1
		assert_equal "$output" ""
		assert_regex "$stderr" "packets of up to 1473 bytes are too large for --engine $engine: with an MTU of 1500, the limit is 1472"
		assert_regex "$stderr" "hint: .*--packet-size.*sendmmsg"
		run --separate-stderr fake --engine "$engine" --packet-size 1472 --count 10 --rate 1k
		assert_success
		assert_equal "$stderr" ""
	done
	for engine in sendto sendmmsg; do
		run --separate-stderr fake --engine "$engine" --packet-size 4000 --count 10 --rate 1k
		assert_success
		assert_regex "$stderr" "warning: packets of up to 4000 bytes do not fit the MTU of 1500 .*fragments"
	done
	assert_engine gso --source fixed --packet-size 1472
	assert_engine sendmmsg --source fixed --packet-size 1473
	assert_engine raw --source per-packet --packet-size 1472
	assert_engine sendto --source per-packet --packet-size 1473
	assert_engine sendto --source per-packet --lines 20
	stop_peer
	# The last two packets are of as many bytes as 20 lines have.
	assert_equal "$(sort -n payload.lengths | uniq -c | awk '{ n += $1 }
		$2 ~ /^(1472|1473|4000)$/ { printf "%sx%s ", $1, $2 } END { print n }')" "24x1472 4x1473 20x4000 50"
}

@test "packets beyond the MTU with IPv6" {
	require_root
	require_ipv6
	local engine
	start_peer_apart udp-payload ::1 payload
	"${beside_peer[@]}" ip link set lo mtu 1500
	for engine in raw gso; do
		run --separate-stderr "${beside_peer[@]}" "$BIN/fairport-fake" "[::1]:$PORT" --engine "$engine" \
			--packet-size 1453 --count 10
		assert_failure 1
		assert_regex "$stderr" "with an MTU of 1500, the limit is 1452"
		run --separate-stderr "${beside_peer[@]}" "$BIN/fairport-fake" "[::1]:$PORT" --engine "$engine" \
			--packet-size 1452 --count 10 --rate 1k
		assert_success
	done
	stop_peer
	assert_equal "$(sort payload.lengths | uniq -c | awk '{ print $1 "x" $2 }')" 20x1452
}

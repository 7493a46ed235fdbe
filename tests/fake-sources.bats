#!/usr/bin/env bats
# fairport-fake: the addresses and ports that packets come from, as a receiver sees them, are those
# that the strategy says and the records tell.
# Text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/fake

# "ADDRESS PORT PACKETS" of each flow that the records name; all of them up to 1,000.
recorded_flows() {
	jq -r 'select(.type == "flow") | [(.source | capture("^\\[?(?<host>.*?)\\]?:(?<port>[0-9]+)$") |
		.host, .port), .packets] | join(" ")' fake.ndjson | sort
}

# send HOST OPTION...: to a fresh peer there; what it saw is in flows ("ADDRESS PORT PACKETS BYTES"
# each), and is what the records say.
send() {
	local host=$1 target
	shift
	echo "$host $*"
	start_peer udp-flows "$host"
	target=$host:$PORT
	[[ $host != *:* ]] || target=[$host]:$PORT
	"$BIN/fairport-fake" "$target" --rate 10k --schema sensor "$@" --json fake.ndjson >fake.out
	stop_peer
	peer_account >flows
	assert_equal "$(ndjson fake.ndjson summary '[.flows, .packets, .bytes]')" \
		"$(awk '{ p += $3; b += $4 } END { print "[" NR "," p "," b "]" }' flows)"
	[ "$(wc -l <flows)" -gt 1000 ] || assert_equal "$(recorded_flows)" "$(cut -d ' ' -f 1-3 flows | sort)"
}

# How many flows had how many packets: "8x50 1x10".
weights() {
	cut -d ' ' -f 3 flows | sort -rn | uniq -c | awk '{ printf "%s%sx%s", (NR > 1 ? " " : ""), $1, $2 }'
}

# The addresses and ports, "ADDRESS:PORT" in the order of the peer.
names() {
	awk '{ printf "%s%s:%s", (NR > 1 ? " " : ""), $1, $2 }' flows
}

# How many sources there were at least, when each sent $1 packets: the kernel may give one port to
# several, one after the other.
turns() {
	awk -v each="$1" '{ n += int(($3 + each - 1) / each) } END { print n }' flows
}

# Ports for lists: outside of the ephemeral range, on addresses that nobody else has.
write_list() {
	cat >list <<-'LIST'
		# eight sources
		127.77.1.1:23451-23454
		  127.77.1.2:23451     # one
		127.77.2.0/31:23460

		127.77.1.1:23470
	LIST
	listed='127.77.1.1:23451 127.77.1.1:23452 127.77.1.1:23453 127.77.1.1:23454 127.77.1.1:23470'
	listed+=' 127.77.1.2:23451 127.77.2.0:23460 127.77.2.1:23460'
}

# Every strategy with engine $1, 400 packets each.
every_strategy() {
	local listed
	write_list
	send 127.0.0.1 --engine "$1" --count 400 --source fixed
	assert_equal "$(weights)" 1x400
	send 127.0.0.1 --engine "$1" --count 400 --source pool:8
	assert_equal "$(weights)" 8x50
	send 127.0.0.1 --engine "$1" --count 400 --source pool:8 --arrivals burst:10
	assert_equal "$(weights)" 8x50
	send 127.0.0.1 --engine "$1" --count 400 --source list:list
	assert_equal "$(weights)" 8x50
	assert_equal "$(names)" "$listed"
	send 127.0.0.1 --engine "$1" --count 400 --source rotate:50
	assert_equal "$(turns 50)" 8
	send 127.0.0.1 --engine "$1" --count 420 --source rotate:50
	assert_equal "$(turns 50)" 9
}

# 400 draws of 28,232 ports: 2.8 repeats are expected, 50 have a chance of 1e-42.
@test "sendto: every strategy" {
	every_strategy sendto
	send 127.0.0.1 --engine sendto --count 400 --source per-packet
	(($(wc -l <flows) > 350))
}

@test "sendmmsg: every strategy" {
	every_strategy sendmmsg
	send 127.0.0.1 --engine sendmmsg --count 400 --source per-packet
	(($(wc -l <flows) > 350))
}

@test "gso: every strategy" {
	every_strategy gso
	send 127.0.0.1 --engine gso --count 400 --source per-packet
	(($(wc -l <flows) > 350))
	send 127.0.0.1 --engine gso --count 400 --schema cpu --packet-size 200 --source pool:8 \
		--arrivals burst:50 --rate max
	assert_equal "$(weights)" 8x50
}

@test "raw: every strategy; each port once before any again" {
	require_raw
	every_strategy raw
	send 127.0.0.1 --engine raw --count 400 --source per-packet
	assert_equal "$(weights)" 400x1
	send 127.0.0.1 --engine raw --count 420 --source rotate:50
	assert_equal "$(weights)" "8x50 1x20"
	local first last
	read -r first last </proc/sys/net/ipv4/ip_local_port_range
	send 127.0.0.1 --engine raw --count $((last - first + 1)) --rate 100k --source per-packet
	assert_equal "$(weights)" "$((last - first + 1))x1"
	assert_equal "$(sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p' flows)" "$first"
}

@test "IPv6: every strategy" {
	require_ipv6
	local engine engines=(sendto sendmmsg gso)
	! may_send_raw || engines+=(raw)
	printf '[::1]:23451-23453\n[::1]:23460\n' >list
	for engine in "${engines[@]}"; do
		send ::1 --engine "$engine" --count 200 --source fixed --source-addr ::1
		assert_equal "$(weights)" 1x200
		send ::1 --engine "$engine" --count 200 --source pool:8
		assert_equal "$(weights)" 8x25
		send ::1 --engine "$engine" --count 200 --source rotate:20
		assert_equal "$(turns 20)" 10
		send ::1 --engine "$engine" --count 200 --source per-packet
		(($(wc -l <flows) > 170))
		send ::1 --engine "$engine" --count 200 --source list:list
		assert_equal "$(weights)" 4x50
		assert_equal "$(names)" "::1:23451 ::1:23452 ::1:23453 ::1:23460"
	done
}

@test "a pool takes turns: what does not come out even is with the first" {
	send 127.0.0.1 --source pool:7 --count 10
	assert_equal "$(weights)" "3x2 4x1"
	send 127.0.0.1 --source pool:7 --count 3
	assert_equal "$(weights)" 3x1
	send 127.0.0.1 --source pool:1 --count 10
	assert_equal "$(weights)" 1x10
	send 127.0.0.1 --source pool:4 --arrivals burst:10 --count 35
	assert_equal "$(weights)" "3x10 1x5"
}

@test "rotate by time: one source at a time, and as many as there was time for" {
	local most
	send 127.0.0.1 --source rotate:20ms --duration 400ms --rate 1k
	most=$(ndjson fake.ndjson summary '.elapsed_ns / 20000000 | floor + 1')
	(($(wc -l <flows) > 1 && $(wc -l <flows) <= most))
}

@test "popularity is what the records say, and the seed repeats it" {
	local kind
	write_list
	for kind in uniform zipf:1.5 elephant:30%; do
		send 127.0.0.1 --source list:list --popularity "$kind" --count 500 --seed 7
		cp flows first
		(($(weights | wc -w) > 1))
		send 127.0.0.1 --source list:list --popularity "$kind" --count 500 --seed 7
		assert_equal "$(cut -d ' ' -f 1-3 flows)" "$(cut -d ' ' -f 1-3 first)"
		send 127.0.0.1 --source list:list --popularity "$kind" --count 500 --seed 8
		[ "$(cat flows)" != "$(cat first)" ]
		# A pool draws as a list does.
		send 127.0.0.1 --source pool:8 --popularity "$kind" --count 500 --seed 7
		assert_equal "$(weights)" "$(cp first flows && weights)"
	done
}

# Each bound is at least 5.5 standard deviations from the mean, a chance below 4e-8 each.
@test "elephant: the first source has its share, the others share the rest" {
	printf '127.77.1.1:%s\n' 23459 {23451..23454} >list
	send 127.0.0.1 --source list:list --popularity elephant:50% --count 4000
	awk '$2 == 23459 { exit !($3 > 2000 - 175 && $3 < 2000 + 175) }' flows
	awk '$2 != 23459 && !($3 > 500 - 115 && $3 < 500 + 115) { exit 1 }' flows
	assert_equal "$(wc -l <flows)" 5
}

# Of zipf:1 with four sources: 1920, 960, 640 and 480 of 4000, with standard deviations of 32, 27, 23
# and 21.
@test "zipf: source i has a weight of i^-S" {
	printf '127.77.1.1:%s\n' {23451..23454} >list
	send 127.0.0.1 --source list:list --popularity zipf:1 --count 4000
	awk 'BEGIN { split("1920 960 640 480", mean) }
		!($3 > mean[NR] * 0.75 && $3 < mean[NR] * 1.25) { exit 1 }' flows
	assert_equal "$(wc -l <flows)" 4
}

# Draws of 65,534 addresses: 20 of 1,000 the same twice or more has a chance below 1e-9.
@test "--source-addr spreads over a range of addresses, without its first and last" {
	send 127.0.0.1 --source per-packet --source-addr 127.77.0.0/16 --count 1000 --seed 3
	(($(wc -l <flows) > 980))
	run ! grep -vE '^127\.77\.' flows
	(($(cut -d ' ' -f 1 flows | sort -u | wc -l) > 950))
	cut -d ' ' -f 1 flows | sort >first
	send 127.0.0.1 --source per-packet --source-addr 127.77.0.0/16 --count 1000 --seed 3
	assert_equal "$(cut -d ' ' -f 1 flows | sort)" "$(cat first)"
	# 64 draws of two: the same one always has a chance of 2^-63.
	send 127.0.0.1 --source pool:64 --source-addr 127.77.9.4/30 --count 128
	assert_equal "$(weights)" 64x2
	assert_equal "$(cut -d ' ' -f 1 flows | sort -u | tr '\n' ' ')" "127.77.9.5 127.77.9.6 "
	send 127.0.0.1 --source fixed --source-addr 127.1.2.3 --count 10
	assert_equal "$(cut -d ' ' -f 1 flows)" 127.1.2.3
}

@test "--source-addr with raw packets and with IPv6" {
	require_raw
	require_ipv6
	send 127.0.0.1 --engine raw --source per-packet --source-addr 127.77.0.0/16 --count 1000
	assert_equal "$(weights)" 1000x1
	run ! grep -vE '^127\.77\.' flows
	start_peer_apart udp-flows ::1
	"${beside_peer[@]}" bash -c 'for i in 1 2; do ip address add fd00::$i/128 dev lo nodad; done'
	local engine
	for engine in sendto raw; do
		"${beside_peer[@]}" "$BIN/fairport-fake" "[::1]:$PORT" --engine "$engine" --source pool:64 \
			--source-addr fd00::/126 --count 64 --rate 10k
	done
	stop_peer
	assert_equal "$(peer_account | cut -d ' ' -f 1 | sort -u | tr '\n' ' ')" "fd00::1 fd00::2 "
	assert_equal "$(peer_account | awk '{ n += $3 } END { print n }')" 128
}

@test "threads: the strategy keeps its meaning" {
	local engine listed
	write_list
	for engine in sendto sendmmsg; do
		send 127.0.0.1 --engine "$engine" --threads 2 --count 400 --source fixed
		assert_equal "$(weights)" 1x400
		send 127.0.0.1 --engine "$engine" --threads 2 --count 400 --source pool:8
		assert_equal "$(weights)" 8x50
		# Five are no multiple of two: each thread uses all of them.
		send 127.0.0.1 --engine "$engine" --threads 2 --count 400 --source pool:5
		assert_equal "$(weights)" 5x80
		send 127.0.0.1 --engine "$engine" --threads 2 --count 400 --source pool:4 --popularity elephant:50%
		assert_equal "$(wc -l <flows)" 4
		send 127.0.0.1 --engine "$engine" --threads 2 --count 400 --source list:list
		assert_equal "$(weights)" 8x50
		assert_equal "$(names)" "$listed"
		send 127.0.0.1 --engine "$engine" --threads 2 --count 400 --source rotate:50
		assert_equal "$(turns 50)" 8
		send 127.0.0.1 --engine "$engine" --threads 2 --count 400 --source per-packet
		(($(wc -l <flows) > 350))
	done
}

@test "threads with raw packets" {
	require_raw
	local listed
	write_list
	send 127.0.0.1 --engine raw --threads 2 --count 400 --source pool:8
	assert_equal "$(weights)" 8x50
	send 127.0.0.1 --engine raw --threads 2 --count 400 --source list:list
	assert_equal "$(names)" "$listed"
	send 127.0.0.1 --engine raw --threads 3 --count 900 --source per-packet
	assert_equal "$(weights)" 900x1
	send 127.0.0.1 --engine raw --threads 2 --count 400 --source rotate:50
	assert_equal "$(weights)" 8x50
	refuses_each fairport-fake <<-'TABLE'
		127.0.0.1:9 --threads 2 --engine raw|--threads 2 cannot share the source of --source fixed with --engine raw
		127.0.0.1:9 --threads 2 --engine raw --source pool:5|cannot share the sources of --source pool:5 with --engine raw
	TABLE
}

@test "a list without ports: the kernel chooses them" {
	printf '127.77.1.1\n127.77.2.0/30\n127.77.1.1\n' >list
	send 127.0.0.1 --source list:list --count 60
	assert_equal "$(weights)" 6x10
	assert_equal "$(cut -d ' ' -f 1 flows | tr '\n' ' ')" \
		"127.77.1.1 127.77.1.1 127.77.2.0 127.77.2.1 127.77.2.2 127.77.2.3 "
}

@test "a list that is wrong: the message names its line" {
	local number text message
	while IFS='|' read -r number text message; do
		printf '# sources\n127.77.1.1:5000\n%b\n' "$text" >list
		run --separate-stderr "$BIN/fairport-fake" 127.0.0.1:9 --source list:list --count 1
		assert_failure 1
		assert_equal "$output" ""
		assert_regex "$stderr" "list:$number: $message"
	done <<-'TABLE'
		3|localhost:5|invalid source "localhost:5" \(expected ADDR, ADDR:PORT
		3|127.0.0.1:|invalid source "127.0.0.1:"
		3|127.0.0.1:0|invalid source "127.0.0.1:0"
		3|127.0.0.1:65536|invalid source
		4|\n127.0.0.1:9-5|invalid source "127.0.0.1:9-5" \(expected the lower port first\)
		3|[::1]:5|source "\[::1\]:5" is not an IPv4 address, which the target is
		3|127.0.0.0/8:5|with "127.0.0.0/8:5" there are more than 1048576 sources
		3|127.77.1.1:4000-5000|source 127.77.1.1:5000 stands in line 2 already
		3|127.0.0.1\0:5|invalid zero byte
	TABLE
	echo '# nothing' >list
	refuses_each fairport-fake <<-'TABLE'
		127.0.0.1:9 --source list:list|list holds no source
		127.0.0.1:9 --source list:missing|could not open missing: No such file or directory
	TABLE
	printf '127.77.1.1\n192.0.2.1:5000\n' >list
	refuses_each fairport-fake <<-'TABLE'
		127.0.0.1:9 --source list:list|Cannot assign requested address
		127.0.0.1:9 --source list:list --protocol tcp|Cannot assign requested address
	TABLE
}

@test "raw packets do not pretend to come from elsewhere" {
	require_raw
	printf '127.77.1.1\n192.0.2.1:5000\n' >list
	refuses_each fairport-fake <<-'TABLE'
		127.0.0.1:9 --source-addr 192.0.2.1 --engine raw|cannot send from 192.0.2.1
		127.0.0.1:9 --source list:list --engine raw|cannot send from 192.0.2.1
	TABLE
}

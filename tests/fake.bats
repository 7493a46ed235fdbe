#!/usr/bin/env bats
# fairport-fake, counted at a real socket: what it says it sent is what arrived.
# Text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common

setup() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	stop_leftovers
}

# The sum of a counter over all workers.
received() {
	ndjson receive.ndjson summary ".$1"
}

@test "exactly --count packets leave, and all arrive" {
	start_receiver 127.0.0.1:0 --workers 2 --sink null
	fake --count 10k --rate 10k --json fake.ndjson
	stop_receiver
	assert_equal "$(ndjson fake.ndjson summary '[.packets, .lines, .reason]')" '[10000,10000,"count"]'
	assert_equal "$(received packets)" 10000
	assert_equal "$(received discarded)" 10000
	assert_equal "$(received bytes)" "$(ndjson fake.ndjson summary .bytes)"
}

@test "one packet, and one that is not a round number" {
	start_receiver 127.0.0.1:0 --workers 2 --sink null
	fake --count 1
	fake --count 777 --rate 10k --source per-packet
	stop_receiver
	assert_equal "$(received packets)" 778
}

@test "--lines is the number of lines in each packet" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	fake --count 500 --rate 10k --lines 8 --json fake.ndjson
	stop_receiver
	assert_equal "$(ndjson fake.ndjson summary '[.packets, .lines]')" '[500,4000]'
	assert_equal "$(received lines)" 4000
	assert_equal "$(received discarded)" 4000
}

@test "fixed is one flow, and one worker gets all of it" {
	start_receiver 127.0.0.1:0 --workers 4 --sink null
	fake --source fixed --count 2000 --rate 10k --json fake.ndjson
	stop_receiver
	assert_equal "$(ndjson fake.ndjson summary '[.flows, .effective_flows]')" '[1,1]'
	assert_equal "$(ndjson receive.ndjson worker .packets | sort -n | tr '\n' ' ')" "0 0 0 2000 "
}

# Flake budget: 2,000 sockets fall on one port of 28,232 or more with a chance of 28232^-1999.
@test "per-packet is many flows, and every worker gets some" {
	start_receiver 127.0.0.1:0 --workers 4 --sink null
	fake --source per-packet --count 2000 --rate 10k --json fake.ndjson
	stop_receiver
	(($(ndjson fake.ndjson summary .flows) > 1500))
	# A worker without one of > 1,500 flows: 4 * 0.75^1500 < 1e-187.
	(($(ndjson receive.ndjson worker .packets | sort -n | head -n 1) > 0))
}

# 2,000 draws of 65,534 addresses times the ephemeral ports: a repeat has a chance of 1e-3, ten
# repeats one far below 1e-6.
@test "--source-addr spreads over a range of addresses" {
	start_receiver 127.0.0.1:0 --workers 4 --sink null
	fake --source per-packet --source-addr 127.0.0.0/16 --count 2000 --rate 10k --json fake.ndjson
	fake --source fixed --source-addr 127.1.2.3 --count 10
	stop_receiver
	(($(ndjson fake.ndjson summary .flows) > 1990))
	assert_equal "$(received packets)" 2010
}

@test "IPv6" {
	[ -e /proc/net/if_inet6 ] || skip_because "needs IPv6"
	start_receiver '[::1]:0' --workers 2 --sink null
	"$BIN/fairport-fake" "[::1]:$PORT" --count 100 --rate 10k
	"$BIN/fairport-fake" "[::1]:$PORT" --count 100 --rate 10k --source per-packet
	stop_receiver
	assert_equal "$(received packets)" 200
}

@test "the same seed gives the same lines, but for their time stamps" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	fake --count 300 --rate 10k --seed 7 --json a.ndjson
	fake --count 300 --rate 10k --seed 7 --json b.ndjson
	fake --count 300 --rate 10k --seed 8 --json c.ndjson
	stop_receiver
	local a b c
	a=$(ndjson a.ndjson summary .bytes)
	b=$(ndjson b.ndjson summary .bytes)
	c=$(ndjson c.ndjson summary .bytes)
	assert_equal "$a" "$b"
	[ "$a" != "$c" ]
	assert_equal "$(ndjson a.ndjson header .seed)" 7
}

@test "--duration ends by itself and says so" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	fake --duration 300ms --rate 1k --json fake.ndjson
	stop_receiver
	assert_equal "$(ndjson fake.ndjson summary .reason)" '"duration"'
	assert_equal "$(received packets)" "$(ndjson fake.ndjson summary .packets)"
}

@test "one ^C ends it in order: status 0, the reason, and what was sent" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	"$BIN/fairport-fake" "127.0.0.1:$PORT" --rate 1k --json fake.ndjson >fake.out 2>&1 3>&- &
	local pid=$!
	eventually 10 grep -q '"type":"interval"' fake.ndjson
	kill -INT "$pid"
	wait "$pid"
	stop_receiver
	assert_equal "$(ndjson fake.ndjson summary .reason)" '"interrupted"'
	assert_equal "$(received packets)" "$(ndjson fake.ndjson summary .packets)"
	grep -q 'ended by: interrupted' fake.out
}

@test "the intervals add up to the totals" {
	start_receiver 127.0.0.1:0 --workers 2 --sink null --interval 50ms
	fake --count 3000 --rate 10k --interval 50ms --json fake.ndjson
	stop_receiver
	assert_equal "$(jq -s 'map(select(.type == "interval") | .packets) | add' fake.ndjson)" 3000
	assert_equal "$(jq -s 'map(select(.type == "interval") | .workers[].packets) | add' \
		receive.ndjson)" 3000
}

@test "nobody listens: failed sends are counted, told, and not counted as sent" {
	require_root
	run --separate-stderr unshare --net bash -euc \
		'ip link set lo up; exec "$0" 127.0.0.1:9 --count 10' "$BIN/fairport-fake"
	assert_failure 2
	assert_output --partial "Sent         10 packets"
	assert_regex "$stderr" "sending to 127.0.0.1:9 failed 9 times: Connection refused"
	assert_regex "$stderr" "nobody listens on 127.0.0.1:9"
	assert_regex "$stderr" "hint: nothing listens there"
}

@test "an address that the host does not own is a clear error" {
	local source
	for source in per-packet fixed; do
		run --separate-stderr "$BIN/fairport-fake" 127.0.0.1:9 --source "$source" \
			--source-addr 192.0.2.1 --count 1
		[ "$status" -ne 0 ]
		assert_regex "$stderr" "to 127.0.0.1:9: Cannot assign requested address"
		assert_regex "$stderr" "must own every address"
	done
}

@test "lines that do not fit into a datagram are counted and told" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	run --separate-stderr fake --count 3 --lines 1000 --rate 10 --json fake.ndjson
	stop_receiver
	assert_regex "$stderr" "3 packets hold fewer than 1000 lines"
	assert_equal "$(ndjson fake.ndjson summary .short_packets)" 3
	assert_equal "$(received lines)" "$(ndjson fake.ndjson summary .lines)"
}

@test "results that cannot be written are an error" {
	run --separate-stderr bash -c '"$0" 127.0.0.1:9 --count 1 >/dev/full' "$BIN/fairport-fake"
	assert_failure 2
	assert_regex "$stderr" "could not write to standard output"
	run --separate-stderr "$BIN/fairport-fake" 127.0.0.1:9 --count 1 --json /dev/full
	assert_failure 2
	assert_regex "$stderr" "could not write records to /dev/full"
}

@test "bad options are refused: status 1, one message, nothing on standard output" {
	refuses_each fairport-fake <<-'TABLE'
		|where to send is missing
		127.0.0.1|expected HOST:PORT
		127.0.0.1:99999|a port is a number from 0 to 65535
		127.0.0.1:0|nothing can be sent to port 0
		::1:8089|stands in brackets
		127.0.0.1:9 extra|unexpected argument "extra"
		127.0.0.1:9 --rate 10x|invalid value "10x" for --rate \(expected e.g. 500, 10k, 1M, or max\)
		127.0.0.1:9 --rate -5|invalid value "-5" for --rate
		127.0.0.1:9 --rate 0|invalid value "0" for --rate
		127.0.0.1:9 --quiet=maybe|expected yes, no, or nothing
		127.0.0.1:9 --count 0|invalid value "0" for --count \(expected at least 1\)
		127.0.0.1:9 --count 99999999999999999999|expected a smaller number
		127.0.0.1:9 --duration 5x|expected e.g. 10, 1.5s, 250ms
		127.0.0.1:9 --lines 2000|expected 1 to 1,000
		127.0.0.1:9 --source many|expected one of fixed, per-packet
		127.0.0.1:9 --source-addr 127.0.0.0/33|number of bits
		127.0.0.1:9 --source-addr ::1|different families
		127.0.0.1:9 --nonsense|unknown or ambiguous option "--nonsense"
		127.0.0.1:9 --count|option --count needs a value
		127.0.0.1:9 --json /nonexistent/x|could not open /nonexistent/x
		8.8.8.8:9 --count 1|neither loopback nor private
	TABLE
}

@test "--help and --version go to standard output with status 0" {
	run --separate-stderr "$BIN/fairport-fake" --help
	assert_success
	assert_equal "$stderr" ""
	assert_output --partial "Examples:"
	run --separate-stderr "$BIN/fairport-fake" -V
	assert_success
	assert_output --regexp '^fairport-fake [0-9]+\.[0-9]+\.[0-9]+$'
}

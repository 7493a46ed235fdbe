#!/usr/bin/env bats
# fairport-fake over TCP, against servers that behave well, or badly in one exact way
# (tests/lib/peer.c): every connection ends in one outcome, and that is the right one.
# run --separate-stderr sets $stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/fake

tcp() {
	fake --protocol tcp --rate 5k "$@" --json fake.ndjson >fake.out
}

OUTCOMES='.tcp | .completed + .unclosed + .refused + .reset + .timed_out + .closed_early +
	.abandoned + .failed'

# What the records say of tcp's counters $1, and that the outcomes add up.
assert_counts() {
	assert_equal "$(summary ".tcp | [$1]")" "$2"
	assert_equal "$(summary "($OUTCOMES) == .tcp.connections")" true
}

# Ends the peer: it saw so many connections, and all bytes that were sent.
assert_account() {
	stop_peer
	assert_equal "$(peer_account)" "$1 $(summary .bytes)"
}

@test "each strategy makes the connections that it says, and all bytes arrive" {
	local connections options
	printf '127.77.1.1\n127.77.1.2\n' >list
	while IFS='|' read -r connections options; do
		echo "$options"
		start_peer tcp-sink
		# shellcheck disable=SC2086 # words are meant
		tcp --count 50 $options
		assert_account "$connections"
		assert_counts '.connections, .established, .completed' "[$connections,$connections,$connections]"
		assert_equal "$(summary '[.packets, .lines, .send_errors, .unsent_packets, .flows]')" \
			"[50,50,0,0,$connections]"
	done <<-'TABLE'
		1|--source fixed
		50|--source per-packet
		5|--source pool:5
		5|--source pool:5 --arrivals burst:5
		5|--source rotate:10
		2|--source list:list
		4|--source pool:4 --threads 2
		50|--source per-packet --threads 2
		6|--source rotate:10 --threads 2
		1|--source fixed --rate max
		50|--source per-packet --rate max
	TABLE
	assert_equal "$(summary '.tcp.connect_ns.count')" 50
}

@test "IPv6, and sources of a range" {
	start_peer tcp-sink
	tcp --source pool:20 --source-addr 127.77.0.0/16 --count 100
	run ! grep -v '"source":"127\.77\.' <(grep '"type":"flow"' fake.ndjson)
	assert_equal "$(grep -c '"type":"flow"' fake.ndjson)" 20
	assert_account 20
	require_ipv6
	start_peer tcp-sink ::1
	"$BIN/fairport-fake" "[::1]:$PORT" --protocol tcp --source pool:5 --count 50 --rate 5k --json fake.ndjson
	assert_account 5
}

@test "what arrives is what --dry-run prints" {
	start_peer tcp-sink 127.0.0.1 payload
	tcp --count 300 --lines 7 --seed 5 --timestamps step:1ms
	stop_peer
	"$BIN/fairport-fake" --dry-run --count 300 --lines 7 --seed 5 --timestamps step:1ms | cmp - payload
	# Messages larger than what a socket takes at once.
	start_peer tcp-sink 127.0.0.1 payload
	tcp --count 300 --packet-size 65000 --seed 5 --timestamps step:1ms --rate max
	stop_peer
	"$BIN/fairport-fake" --dry-run --count 300 --packet-size 65000 --seed 5 --timestamps step:1ms |
		cmp - payload
	# Connections one after the other, each ended before the next: in order too.
	start_peer tcp-sink 127.0.0.1 payload
	tcp --count 20 --source rotate:5 --seed 5 --timestamps step:1ms
	stop_peer
	"$BIN/fairport-fake" --dry-run --count 20 --seed 5 --timestamps step:1ms | sort | cmp - <(sort payload)
}

@test "refused: every connection is, nothing counts as sent, and status 2" {
	local source
	start_peer tcp-refuse
	for source in fixed per-packet pool:3 rotate:5; do
		echo "$source"
		run --separate-stderr fake --protocol tcp --rate 1k --count 20 --source "$source" --json fake.ndjson
		assert_failure 2
		assert_regex "$stderr" "error: nobody listens on 127.0.0.1:$PORT: connections are refused"
		assert_regex "$stderr" "hint: .*see 'ss -ltn'"
		assert_counts '.connections == .refused, .connections > 0, .established' '[true,true,0]'
		assert_equal "$(summary '[.packets, .bytes]')" '[0,0]'
	done
	run --separate-stderr fake --protocol tcp --rate 1k --count 20 --source per-packet --json fake.ndjson
	assert_counts '.connections, .refused' '[20,20]'
	stop_peer
}

@test "reset: a server that breaks off what it was sent" {
	start_peer tcp-reset
	tcp --source per-packet --count 20
	assert_counts '.connections, .established, .reset, .completed' '[20,20,20,0]'
	assert_equal "$(summary .errors.ECONNRESET)" 20
	# Where the connection should have gone on, there is another one.
	tcp --count 20 --rate 100
	assert_counts '.connections > 1, .reset > 1' '[true,true]'
	stop_peer
}

@test "early: a server that closes before we do" {
	start_peer tcp-early
	tcp --count 20 --rate 100
	assert_account "$(summary .tcp.connections)"
	assert_counts '.closed_early > 0, .reset, .failed' '[true,0,0]'
}

@test "mute: a server that does not close is waited for as long as --timeout" {
	start_peer tcp-mute
	tcp --source per-packet --count 20 --timeout 200ms
	assert_counts '.connections, .established, .unclosed, .completed' '[20,20,20,0]'
	assert_account 20
}

@test "no answer: what the backlog has no room for times out" {
	start_peer tcp-backlog
	run -2 tcp --source per-packet --count 5 --timeout 200ms
	assert_counts '.connections, .timed_out > 0, .timed_out + .unclosed' '[5,true,5]'
	assert_equal "$(summary '.tcp.established == .tcp.unclosed')" true
	stop_peer
}

@test "no room: a server that does not read is given up after --timeout" {
	start_peer tcp-backlog
	run -2 tcp --count 1000 --packet-size 65000 --rate max --duration 1s --timeout 200ms
	assert_counts '.timed_out > 0' '[true]'
	assert_equal "$(summary '.packets < 1000')" true
	stop_peer
}

@test "--expect-echo: replies that are right" {
	local options
	start_peer tcp-upper
	while read -r options; do
		echo "$options"
		# shellcheck disable=SC2086 # words are meant
		tcp --expect-echo upper --count 100 $options
		assert_counts '.replies, .wrong_replies, .missing_replies, .completed == .connections' '[100,0,0,true]'
		assert_equal "$(summary '.tcp.reply_ns.count')" 100
	done <<-'TABLE'
		--source fixed
		--source fixed --rate max
		--source per-packet
		--source pool:10 --threads 2
		--source rotate:10
		--source pool:3 --packet-size 60000 --rate max
		--source fixed --schema web --lines 3
	TABLE
	grep -Eq 'Replies +100 right' fake.out
	stop_peer
}

@test "--expect-echo: replies that are wrong, or missing, and status 3" {
	start_peer tcp-wrong
	run --separate-stderr tcp --expect-echo upper --count 20 --source per-packet
	assert_failure 3
	assert_counts '.replies, .wrong_replies, .missing_replies' '[0,20,0]'
	run --separate-stderr tcp --expect-echo upper --count 20
	assert_failure 3
	assert_counts '.replies, .wrong_replies, .missing_replies' '[19,1,0]'
	stop_peer
	start_peer tcp-mute
	run --separate-stderr tcp --expect-echo upper --count 20 --source pool:4 --timeout 200ms
	assert_failure 3
	assert_counts '.connections, .replies, .wrong_replies, .missing_replies, .timed_out' '[4,0,0,20,4]'
	stop_peer
	start_peer tcp-reset
	run --separate-stderr tcp --expect-echo upper --count 20 --source per-packet
	assert_failure 3
	assert_counts '.connections, .replies, .missing_replies, .reset' '[20,0,20,20]'
	stop_peer
}

@test "one ^C ends it in order: connections are closed, what was sent has arrived" {
	start_peer tcp-sink
	start_fake --protocol tcp --source pool:10 --rate 1k --interval 20ms
	eventually 10 grep -q '"type":"interval"' fake.ndjson
	stop_fake
	assert_equal "$(summary .reason)" '"interrupted"'
	assert_counts '.connections, .completed' '[10,10]'
	assert_account 10
}

@test "the first ^C waits for what is outstanding, the second does not" {
	start_peer tcp-mute
	start_fake --protocol tcp --expect-echo upper --source pool:3 --rate 1k --timeout 1h --interval 20ms
	eventually 10 grep -q '"packets":[1-9]' fake.ndjson
	kill -INT "$FAKE"
	eventually 10 waits
	local status=0
	stop_fake || status=$?
	assert_equal "$status" 3 # for the replies
	assert_equal "$(summary .reason)" '"interrupted"'
	assert_counts '.connections, .abandoned, .replies' '[3,3,0]'
	assert_equal "$(summary '.tcp.missing_replies == .packets')" true
	stop_peer
}

# Whether the last two intervals have no packet: sending has ended.
waits() {
	jq -se 'map(select(.type == "interval"))[-2:] | length == 2 and all(.packets == 0)' fake.ndjson
}

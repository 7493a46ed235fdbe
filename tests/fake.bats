#!/usr/bin/env bats
# fairport-fake, counted at a real socket: what it says it sent is what arrived.
# Text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/fake

# The sum of a counter over all workers.
received() {
	ndjson receive.ndjson summary ".$1"
}

@test "exactly --count packets leave, and all arrive" {
	start_receiver 127.0.0.1:0 --workers 2 --sink null
	fake --count 10k --rate 10k --json fake.ndjson
	stop_receiver
	assert_equal "$(summary '[.packets, .lines, .reason]')" '[10000,10000,"count"]'
	assert_equal "$(received packets)" 10000
	assert_equal "$(received discarded)" 10000
	assert_equal "$(received bytes)" "$(summary .bytes)"
}

@test "one packet, and one that is not a round number" {
	start_receiver 127.0.0.1:0 --workers 2 --sink null
	fake --count 1
	fake --count 777 --rate 10k --source per-packet
	stop_receiver
	assert_equal "$(received packets)" 778
}

@test "threads share --count, be it less than they are" {
	local count
	start_receiver 127.0.0.1:0 --workers 2 --sink null
	for count in 1 7 1000; do
		fake --count "$count" --rate 5k --threads 3 --json fake.ndjson
		assert_equal "$(summary '[.packets, .lines, .reason]')" "[$count,$count,\"count\"]"
	done
	stop_receiver
	assert_equal "$(received packets)" 1008
}

@test "--lines is the number of lines in each packet" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	fake --count 500 --rate 10k --lines 8 --json fake.ndjson
	stop_receiver
	assert_equal "$(summary '[.packets, .lines]')" '[500,4000]'
	assert_equal "$(received lines)" 4000
	assert_equal "$(received discarded)" 4000
}

@test "fixed is one flow, and one worker gets all of it" {
	start_receiver 127.0.0.1:0 --workers 4 --sink null
	fake --source fixed --count 2000 --rate 10k --json fake.ndjson
	stop_receiver
	assert_equal "$(summary '[.flows, .effective_flows]')" '[1,1]'
	assert_equal "$(ndjson receive.ndjson worker .packets | sort -n | tr '\n' ' ')" "0 0 0 2000 "
}

# Flake budget: 2,000 draws of 28,232 ports leave 1,931 different ones, give or take 8. A worker
# without one of > 1,500 flows: 4 * 0.75^1500 < 1e-187.
@test "per-packet is many flows, and every worker gets some" {
	start_receiver 127.0.0.1:0 --workers 4 --sink null
	fake --source per-packet --count 2000 --rate 10k --json fake.ndjson
	stop_receiver
	(($(summary .flows) > 1500))
	(($(ndjson receive.ndjson worker .packets | sort -n | head -n 1) > 0))
}

@test "--duration ends by itself and says so" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	fake --duration 300ms --rate 1k --json fake.ndjson
	stop_receiver
	assert_equal "$(summary '[.reason, .elapsed_ns >= 300000000]')" '["duration",true]'
	assert_equal "$(received packets)" "$(summary .packets)"
}

@test "--count and --duration: what comes first ends it" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	fake --duration 1h --count 10 --rate 1k --json fake.ndjson
	assert_equal "$(summary '[.packets, .reason]')" '[10,"count"]'
	fake --duration 50ms --count 1M --rate 1k --json fake.ndjson
	assert_equal "$(summary .reason)" '"duration"'
	stop_receiver
}

@test "one ^C ends it in order: status 0, the reason, and what was sent" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	start_fake --rate 1k --interval 50ms --threads 2
	eventually 10 grep -q '"type":"interval"' fake.ndjson
	stop_fake
	stop_receiver
	assert_equal "$(summary .reason)" '"interrupted"'
	assert_equal "$(received packets)" "$(summary .packets)"
	grep -Eiq 'ended by:? +interrupted' fake.out
}

@test "the intervals add up to the totals" {
	start_receiver 127.0.0.1:0 --workers 2 --sink null --interval 50ms
	fake --count 3000 --rate 10k --interval 50ms --threads 2 --json fake.ndjson
	stop_receiver
	assert_equal "$(jq -cs 'map(select(.type == "interval")) |
		[map(.packets), map(.bytes), map(.lines), map(.calls)] | map(add)' fake.ndjson)" \
		"$(summary '[.packets, .bytes, .lines, .calls]')"
	assert_equal "$(jq -s 'map(select(.type == "interval") | .workers[].packets) | add' \
		receive.ndjson)" 3000
}

@test "records on standard output leave the text out" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	fake --count 10 --run storm-1 --json - >records
	stop_receiver
	assert_equal "$(jq -cs 'map([.type, .program, .run]) | unique' records)" \
		'[["flow","fake","storm-1"],["header","fake","storm-1"],["interval","fake","storm-1"],["summary","fake","storm-1"]]'
}

# The loopback answers at once. One packet tells nothing but when the socket is asked at the end.
@test "nobody listens: every strategy and every engine says so, status 2" {
	require_root
	local engine options
	while read -r options; do
		for engine in sendto sendmmsg gso raw; do
			echo "$engine $options"
			# shellcheck disable=SC2086 # words are meant
			run --separate-stderr alone "$BIN/fairport-fake" 127.0.0.1:9 --engine "$engine" $options
			assert_failure 2
			assert_output --regexp "Sent +[0-9]+ packets?,"
			assert_regex "$stderr" "error: nobody listens on 127.0.0.1:9: the packets are lost"
			assert_regex "$stderr" "hint: .*see 'ss -lun'"
		done
	done <<-'TABLE'
		--count 1
		--count 50 --rate 1k
		--count 50 --rate 1k --source per-packet
		--count 50 --rate 1k --source pool:5
		--count 50 --rate 1k --source rotate:10
		--count 50 --rate 1k --source per-packet --threads 2
		--count 50 --source per-packet
		--count 50 --source pool:5
	TABLE
}

@test "nobody listens: as fast as possible from one socket, it is still noticed" {
	require_root
	local engine count
	for engine in auto sendto sendmmsg gso raw; do
		for count in 2 10 1000; do
			echo "$engine $count"
			run --separate-stderr alone "$BIN/fairport-fake" 127.0.0.1:9 --engine "$engine" \
				--count "$count"
			assert_failure 2
			assert_regex "$stderr" "nobody listens on 127.0.0.1:9: the packets are lost"
		done
	done
}

@test "nobody listens: failed sends are counted, told, and not counted as sent" {
	require_root
	run --separate-stderr alone "$BIN/fairport-fake" 127.0.0.1:9 --count 10 --engine sendto \
		--json fake.ndjson
	assert_failure 2
	assert_output --partial "Sent         10 packets"
	assert_regex "$stderr" "sending to 127.0.0.1:9 failed 9 times: Connection refused"
	# The tenth answer comes after the last call.
	assert_equal "$(summary '[.packets, .calls, .send_errors, .refused_calls, .errors.ECONNREFUSED]')" \
		'[10,10,9,10,9]'
}

@test "nobody listens: it is told while it runs" {
	require_root
	local source status
	PORT=9
	# shellcheck disable=SC2034 # for start_fake
	beside_peer=(unshare --net bash -euc 'ip link set lo up; exec "$@"' bash)
	for source in fixed per-packet; do
		status=0
		start_fake --source "$source" --rate 100 --verbose
		eventually 10 grep -q 'nobody listens on 127.0.0.1:9: the packets are lost' fake.err
		kill -0 "$FAKE"
		stop_fake || status=$?
		assert_equal "$status" 2
		grep -Eq '[0-9]+ of [0-9]+ calls .*were answered so' fake.err
	done
}

@test "a receiver that ends meanwhile: failed sends, but most were heard" {
	require_root
	start_peer_apart udp-flows
	local status=0
	start_fake --rate 200 --count 100 --engine sendto --interval 20ms
	eventually 10 packets_sent 70
	stop_peer
	wait "$FAKE" || status=$?
	FAKE=
	assert_equal "$status" 0
	assert_equal "$(summary .packets)" 100
	assert_regex "$(cat fake.err)" "sending to 127.0.0.1:$PORT failed [0-9]+ times?: Connection refused"
	refute_regex "$(cat fake.err)" "nobody listens"
}

# Whether the intervals so far hold so many.
packets_sent() {
	(($(jq -s 'map(select(.type == "interval") | .packets) | add // 0' fake.ndjson) >= $1))
}

@test "lines that do not fit into a datagram are counted and told" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	run --separate-stderr fake --count 3 --lines 1000 --rate 10 --json fake.ndjson
	stop_receiver
	assert_success
	assert_regex "$stderr" "3 packets hold fewer than 1000 lines: no more fit into 65507 bytes"
	assert_equal "$(summary .short_packets)" 3
	assert_equal "$(received lines)" "$(summary .lines)"
}

@test "results that cannot be written are an error" {
	run --separate-stderr bash -c '"$0" 127.0.0.1:9 --count 1 >/dev/full' "$BIN/fairport-fake"
	assert_failure 2
	assert_regex "$stderr" "could not write to standard output"
	run --separate-stderr bash -c '"$0" --dry-run --count 1 >/dev/full' "$BIN/fairport-fake"
	assert_failure 2
	assert_regex "$stderr" "could not write to standard output"
	run --separate-stderr "$BIN/fairport-fake" 127.0.0.1:9 --count 1 --json /dev/full
	assert_failure 2
	assert_regex "$stderr" "could not write records to /dev/full"
}

@test "bad values are refused: status 1, one message, nothing on standard output" {
	refuses_each fairport-fake <<-'TABLE'
		|where to send is missing
		127.0.0.1|expected HOST:PORT
		127.0.0.1:99999|a port is a number from 0 to 65535
		127.0.0.1:0|nothing can be sent to port 0
		::1:8089|stands in brackets
		127.0.0.1:9 extra|unexpected argument "extra"
		127.0.0.1:9 --rate 10x|invalid value "10x" for --rate \(expected e.g. 500, 10k, 1M, or max; 10k\.\.500k
		127.0.0.1:9 --rate -5|invalid value "-5" for --rate
		127.0.0.1:9 --rate 0|invalid value "0" for --rate
		127.0.0.1:9 --rate 1k..|invalid value "1k\.\." for --rate
		127.0.0.1:9 --rate ..1k|invalid value "\.\.1k" for --rate
		127.0.0.1:9 --rate 1k..0|invalid value "1k\.\.0" for --rate
		127.0.0.1:9 --rate 1k..max|invalid value "1k\.\.max" for --rate
		127.0.0.1:9 --rate 1..2..3|invalid value "1\.\.2\.\.3" for --rate
		127.0.0.1:9 --quiet=maybe|expected yes, no, or nothing
		127.0.0.1:9 --count 0|invalid value "0" for --count \(expected 1 to 1,125,899,906,842,624\)
		127.0.0.1:9 --count 99999999999999999999|expected a smaller number
		127.0.0.1:9 --duration 5x|expected e.g. 10, 1.5s, 250ms
		127.0.0.1:9 --duration 0|invalid value "0" for --duration
		127.0.0.1:9 --interval 1ms|invalid value "1ms" for --interval
		127.0.0.1:9 --lines 2000|expected 1 to 1,000
		127.0.0.1:9 --threads 0|invalid value "0" for --threads
		127.0.0.1:9 --threads 257|expected 1 to 256
		127.0.0.1:9 --source many|expected fixed, per-packet, pool:K, rotate:N, rotate:DURATION or list:FILE
		127.0.0.1:9 --source pool|invalid value "pool" for --source
		127.0.0.1:9 --source pool:0|invalid value "pool:0" for --source
		127.0.0.1:9 --source pool:17M|invalid value "pool:17M" for --source
		127.0.0.1:9 --source fixed:1|invalid value "fixed:1" for --source
		127.0.0.1:9 --source rotate:0|invalid value "rotate:0" for --source
		127.0.0.1:9 --source rotate:0s|invalid value "rotate:0s" for --source
		127.0.0.1:9 --source list:|invalid value "list:" for --source
		127.0.0.1:9 --source-addr 127.0.0.0/33|number of bits
		127.0.0.1:9 --source-addr ::1|different families
		127.0.0.1:9 --popularity zipf:0|invalid value "zipf:0" for --popularity \(expected in-turn, uniform, zipf:S
		127.0.0.1:9 --popularity elephant:101%|invalid value "elephant:101%" for --popularity
		127.0.0.1:9 --popularity often|invalid value "often" for --popularity
		127.0.0.1:9 --protocol sctp|expected one of udp, tcp
		127.0.0.1:9 --engine fast|expected one of auto, sendto, sendmmsg, gso, raw
		127.0.0.1:9 --arrivals burst:0|expected constant, poisson, or burst:N
		127.0.0.1:9 --arrivals often|expected constant, poisson, or burst:N
		127.0.0.1:9 --schema missing|unknown schema "missing" \(expected a file or one of host, cpu, web, sensor\)
		127.0.0.1:9 --seed 0|invalid value "0" for --seed
		127.0.0.1:9 --series 0|invalid value "0" for --series
		127.0.0.1:9 --packet-size 15|expected 16 to 65,507
		127.0.0.1:9 --packet-size 64KiB|expected 16 to 65,507
		127.0.0.1:9 --invalid 2|invalid value "2" for --invalid
		127.0.0.1:9 --invalid 101%|invalid value "101%" for --invalid
		127.0.0.1:9 --timestamps step|expected now, step:DURATION as in step:10ms, up to 1h, or none
		127.0.0.1:9 --timestamps step:|invalid value "step:" for --timestamps
		127.0.0.1:9 --precision minutes|expected one of ns, us, ms, s
		127.0.0.1:9 --timeout 1us|invalid value "1us" for --timeout
		127.0.0.1:9 --nonsense|unknown or ambiguous option "--nonsense"
		127.0.0.1:9 --count|option --count needs a value
		127.0.0.1:9 --json /nonexistent/x|could not open /nonexistent/x
		8.8.8.8:9 --count 1|neither loopback nor private
	TABLE
}

@test "options that do not go together are refused" {
	refuses_each fairport-fake <<-'TABLE'
		127.0.0.1:9 --expect-echo upper|--expect-echo needs --protocol tcp
		127.0.0.1:9 --protocol tcp --expect-echo lower|invalid value "lower" for --expect-echo \(expected upper\)
		127.0.0.1:9 --protocol tcp --engine gso|--engine gso sends datagrams; it does not go with --protocol tcp
		127.0.0.1:9 --rate 1k..2k|a ramp \(--rate 1k\.\.2k\) needs --duration or --count
		127.0.0.1:9 --arrivals poisson|--arrivals poisson needs a --rate
		127.0.0.1:9 --popularity uniform|--popularity needs --source pool:K or list:FILE
		127.0.0.1:9 --source rotate:5 --popularity zipf:1|--popularity needs --source pool:K or list:FILE
		127.0.0.1:9 --source list:x --source-addr 127.0.0.1|--source list:FILE names addresses; it does not go with --source-addr
		127.0.0.1:9 --replay x --schema cpu|--replay sends lines as they were recorded; it does not go with --schema
		127.0.0.1:9 --replay x --series 5|does not go with --series
		127.0.0.1:9 --replay x --invalid 1%|does not go with --invalid
		127.0.0.1:9 --replay x --sequence|does not go with --sequence
		127.0.0.1:9 --replay x --timestamps none|does not go with --timestamps
		127.0.0.1:9 --replay x --precision ms|does not go with --precision
		127.0.0.1:9 --loop|--loop needs --replay
		127.0.0.1:9 --sender 5|--sender needs --sequence
		127.0.0.1:9 --protocol tcp --threads 2|--threads 2 cannot share the source of --source fixed over TCP
		127.0.0.1:9 --protocol tcp --source pool:5 --threads 2|cannot share the sources of --source pool:5 over TCP
	TABLE
}

@test "an address that the host does not own is refused" {
	run --separate-stderr "$BIN/fairport-fake" 127.0.0.1:9 --source-addr 192.0.2.1 --count 1
	assert_failure 1
	assert_equal "$output" ""
	assert_regex "$stderr" "cannot send from 192.0.2.1, which is in --source-addr 192.0.2.1: Cannot assign"
	assert_regex "$stderr" "hint: the host must own every address of it"
	# The first and the last address that would be taken are tried.
	run --separate-stderr "$BIN/fairport-fake" 127.0.0.1:9 --source-addr 126.0.0.0/7 --count 1
	assert_failure 1
	assert_regex "$stderr" "cannot send from 126.0.0.1, which is in --source-addr 126.0.0.0/7"
}

@test "a target that no route leads to is refused" {
	require_root
	run --separate-stderr alone "$BIN/fairport-fake" 10.1.2.3:9 --count 1
	assert_failure 1
	assert_regex "$stderr" "could not find a way to 10.1.2.3:9: Network is unreachable"
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

@test "records are not written over what is to be read" {
	echo 'm f=1 1' >recording
	run --separate-stderr "$BIN/fairport-fake" 127.0.0.1:9 --replay recording --json ./recording
	assert_failure 1
	assert_regex "$stderr" "--json ./recording would overwrite the input recording"
	assert_equal "$(cat recording)" 'm f=1 1'
}

@test "who reads the records goes away: the run ends" {
	run --separate-stderr timeout 20 bash -c '"$0" 127.0.0.1:9 --rate 100 --interval 10ms --json - |
		head -n 1 >/dev/null; exit "${PIPESTATUS[0]}"' "$BIN/fairport-fake"
	assert_failure 2
	assert_regex "$stderr" "could not write records to -: Broken pipe"
}

@test "who reads the records stands still: ^C ends the sending, a second one all" {
	start_peer udp-flows
	mkfifo records
	# A pipe holds 64 KiB. There is room left for the header and a few intervals.
	exec 7<>records
	head -c 60000 /dev/zero >&7
	"$BIN/fairport-fake" "127.0.0.1:$PORT" --rate 1k --interval 10ms --json - \
		>records 2>fake.err 3>&- 7>&- &
	local pid=$! status=0
	# Where the kernel does not tell, five seconds are enough.
	eventually 5 grep -q pipe_write "/proc/$pid/wchan" || true
	kill -INT "$pid"
	eventually 10 signal_taken "$pid"
	kill -INT "$pid"
	wait "$pid" || status=$?
	exec 7>&-
	assert_equal "$status" 2
	assert_regex "$(cat fake.err)" "left without results"
	stop_peer
}

# Whether no signal is pending for process $1.
signal_taken() {
	grep -q '^ShdPnd:.0000000000000000' "/proc/$1/status"
}

@test "addresses of no host are not sent from" {
	local address
	for address in 0.0.0.0 255.255.255.255 224.0.0.1; do
		run --separate-stderr "$BIN/fairport-fake" 127.0.0.1:9 --source-addr "$address" -n 1
		assert_failure 1
		assert_regex "$stderr" "cannot send from $address"
	done
}

#!/usr/bin/env bats
# alone: looks at what is left in the kernel, and traffic has to keep its pace
# fairport-probe counts receive calls as tests/lib/recv-calls.c, which makes them, says.
#
# Text for jq stands in single quotes; lib/probe uses probe_under and sets inside.
# shellcheck disable=SC2016,SC2034,SC2054,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/probe

# All that was received came by call $1, as the probe tells it.
assert_only_call() {
	assert_equal "$(record summary "[.by_call | to_entries[] | select(.value.calls > 0) | .key]")" \
		"[\"$1\"]"
	assert_equal "$(record summary "[.by_call.$1.packets, .by_call.$1.calls]")" \
		"$(record summary "[.packets, .calls]")"
}

@test "every receive call is counted exactly, by pid and cookie" {
	while read -r call counted; do
		under_probe "recv-calls $WATCHED $call block 3 1000"
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary .packets)" 1000
		assert_only_call "$counted"
	done <<-'TABLE'
		recvfrom recvfrom
		recvmsg recvmsg
		recvmmsg recvmmsg
		read read
		readv read
		preadv2 other
	TABLE
}

# A blocking one is tried, waits for an event, and is tried again.
@test "io_uring: packets and bytes are exact, and calls where none has to wait" {
	under_probe "recv-calls $WATCHED io_uring drain 3 1000"
	assert_equal "$(probe_counts)" "$(own_counts)"
	assert_only_call io_uring
	under_probe "recv-calls $WATCHED io_uring block 3 300"
	assert_equal "$(probe_counts | jq -c '[.pid, .cookie, .packets, .bytes]')" \
		"$(own_counts | jq -c '[.pid, .cookie, .packets, .bytes]')"
	assert_only_call io_uring
}

@test "several sockets of one process are told apart" {
	under_probe "recv-calls $WATCHED recvfrom block 4 1000 one"
	assert_equal "$(probe_counts)" "$(own_counts)"
	assert_equal "$(record worker .pid | sort -u | wc -l)" 1
	assert_equal "$(record worker .cookie | sort -u | wc -l)" 4
}

@test "EAGAIN of MSG_DONTWAIT is counted, and not where recvmmsg had found packets" {
	for call in recvfrom recvmsg recvmmsg read readv preadv2; do
		under_probe "recv-calls $WATCHED $call drain 3 1000"
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary '[.packets, .eagain, .idle_wakeups]')" "[1000,3,0]"
	done
}

@test "who looks again and again and finds nothing wakes up idle, but for the first time" {
	for call in recvfrom recvmsg recvmmsg read preadv2 io_uring; do
		under_probe "recv-calls $WATCHED $call idle 2 0"
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary '[.calls, .eagain, .idle_wakeups]')" "[20,20,18]"
	done
	assert_equal "$(record worker '[.eagain, .idle_wakeups]' | sort -u)" "[10,9]"
}

@test "EAGAIN of a blocking call whose time is over is counted, and is no idle wakeup" {
	for call in recvfrom recvmsg recvmmsg read readv; do
		under_probe "recv-calls $WATCHED $call timeout 2 0"
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary '[.calls, .eagain, .idle_wakeups, .packets]')" "[2,2,0,0]"
	done
}

@test "interrupted calls and errors have their own counters" {
	for call in recvfrom recvmsg recvmmsg read; do
		under_probe "recv-calls $WATCHED $call interrupt 1 0"
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary "[.calls, .interrupted, .errors]")" "[1,1,0]"
	done
	under_probe "recv-calls $WATCHED recvfrom refused 1 0"
	assert_equal "$(probe_counts)" "$(own_counts)"
	assert_equal "$(record summary "[.calls, .interrupted, .errors]")" "[1,0,1]"
}

@test "a packet that is peeked at counts once, when it is taken" {
	for call in recvfrom recvmsg recvmmsg; do
		under_probe "recv-calls $WATCHED $call peek 2 100"
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary "[.packets, .peeks]")" "[100,100]"
	done
}

@test "batches of recvmmsg are told by their size" {
	# 1000 packets, at most 8 a call.
	under_probe "recv-calls $WATCHED recvmmsg drain 1 1000"
	assert_equal "$(record worker .batches)" '[{"from":8,"calls":125}]'
	under_probe "recv-calls $WATCHED recvmmsg drain 1 13"
	assert_equal "$(record worker .batches)" '[{"from":4,"calls":1},{"from":8,"calls":1}]'
	under_probe "recv-calls $WATCHED recvfrom drain 1 13"
	assert_equal "$(record worker .batches)" '[]'
}

@test "packets whose end was cut off are counted where waits are, else unknown" {
	for call in recvfrom recvmsg recvmmsg read; do
		under_probe "recv-calls $WATCHED $call short 1 300" --with waits
		assert_equal "$(record summary .truncated)" "$(jq .truncated calls.json)"
		assert_equal "$(record socket '[.wait_ns.count, .wait_ns.unknown]')" "[300,0]"
	done
	assert_equal "$(jq '.truncated > 100' calls.json)" true
	under_probe "recv-calls $WATCHED recvfrom drain 1 10" --with waits
	assert_equal "$(record summary .truncated)" 0
	under_probe "recv-calls $WATCHED recvfrom short 1 10"
	assert_equal "$(record summary .truncated)" null
}

@test "the longest queue is what was queued before the first packet was taken" {
	under_probe "recv-calls $WATCHED recvfrom drain 2 200"
	assert_equal "$(record worker .queue_max | sort -u)" 100
	assert_equal "$(record socket .queue_max | sort -u)" 100
}

@test "--by thread: each thread is told, and the process they are of" {
	under_probe "recv-calls $WATCHED recvfrom drain 3 999 threads" --by thread
	assert_equal "$(record thread '[.pid, .tid, .cookie, .calls, .packets, .bytes, .eagain]' | sort)" \
		"$(jq -c '[.pid, .tid, .cookie, .calls, .packets, .bytes, .eagain]' calls.json | sort)"
	assert_equal "$(probe_counts)" "$(own_counts)"
	assert_equal "$(record thread .tid | sort -u | wc -l)" 3
	run -0 cat probe.out
	assert_line --regexp '^ *PID +THREAD +COMMAND'
}

@test "other ports and other network namespaces are not counted" {
	under_probe "recv-calls $WATCHED recvfrom drain 2 100
		recv-calls 9999 recvfrom drain 2 100 >&2
		unshare --net sh -c 'ip link set lo up && recv-calls $WATCHED recvfrom drain 2 100' >&2" --with all
	assert_equal "$(probe_counts)" "$(own_counts)"
	assert_equal "$(record summary '[.packets, .balance.arrivals, .flows]')" "[100,100,2]"
}

@test "several ports: each socket is told with its own" {
	start_probe --port "$WATCHED,9000-9001" --wait
	for port in $WATCHED 9001 9000 9002; do
		"${inside[@]}" recv-calls "$port" recvfrom drain 1 "$((port - 8000))"
	done >calls.json
	stop_probe
	assert_equal "$(record socket '[.port, .packets]' | sort)" \
		"$(printf '[%d,%d]\n' "$WATCHED" 89 9000 1000 9001 1001)"
	assert_equal "$(record header .port)" "$WATCHED"
	assert_equal "$(grep -o 'Watching[^,]*, [^,]*' probe.out)" "Watching ports $WATCHED, 9000-9001"
}

@test "the intervals add up to the totals" {
	export -f eventually interval_sum has_told
	# The first packets must be told before the next ones come, or one interval may have all.
	under_probe "recv-calls $WATCHED recvmmsg drain 2 500 one
		eventually 10 has_told .packets 500
		recv-calls $WATCHED recvmmsg drain 2 500 one" --interval 10ms
	assert_equal "$(probe_counts)" "$(own_counts)"
	assert_equal "$(interval_sum .packets)" 1000
	for key in calls bytes eagain; do
		assert_equal "$(interval_sum "(.workers | map(.$key) | add)")" "$(record summary ".$key")"
	done
	assert_balance
}

# As somebody else it cannot read tracefs, and sees recvmmsg return where every system call does.
@test "without tracefs the returns of recvmmsg are counted as well" {
	chmod 777 .
	probe_under=(setpriv --reuid=65534 --regid=65534 --clear-groups
		--inh-caps=+bpf,+perfmon --ambient-caps=+bpf,+perfmon)
	touch probe.ndjson && chmod 666 probe.ndjson
	for mode in block drain; do
		under_probe "recv-calls $WATCHED recvmmsg $mode 3 1000" --verbose
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary .packets)" 1000
	done
	grep -q 'program on_return' probe.err
}

@test "the bpftrace script counts the same" {
	require_command bpftrace
	export -f eventually
	run -0 --separate-stderr unshare --net --mount bash -euc '
		ip link set lo up
		mount -t tracefs tracefs /sys/kernel/tracing
		timeout 60 bpftrace -f json "$0" "$1" >trace.json 2>trace.err &
		trace=$!
		eventually 30 grep -q ready trace.json
		recv-calls "$1" recvfrom drain 3 1000
		recv-calls 9999 recvfrom drain 1 10 >&2
		kill -INT "$trace"
		wait "$trace"
	' "$BATS_TEST_DIRNAME/../probes/recvfrom.bt" "$WATCHED"
	for key in packets bytes eagain; do
		assert_equal \
			"$(jq -cS "select(.type == \"map\").data.\"@$key\" // empty" trace.json)" \
			"$(jq -csS "map({(.pid | tostring): .$key}) | add" <<<"$output")"
	done
}

#!/usr/bin/env bats
# fairport-probe against tests/lib/recv-calls.c, which says exactly what it received.
#
# Shell text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common

PORT=8089 # free: every test that receives has its own network namespace

setup_file() {
	cc -std=c11 -D_GNU_SOURCE -O2 -o "$BATS_FILE_TMPDIR/recv-calls" \
		"$BATS_TEST_DIRNAME/lib/recv-calls.c"
}

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	PATH="$BATS_FILE_TMPDIR:$PATH"
	cd "$BATS_TEST_TMPDIR" || return 1
}

# In a fresh network namespace, runs the shell text $1 while a probe, given the other arguments,
# watches the port. Records: probe.json; table: probe.out; what $1 prints: calls.json. Ends with
# the probe's status.
under_probe() {
	unshare --net bash -euc '
		ip link set lo up
		mkfifo ready
		"$0" --port "$1" --wait --json probe.json --ready-fd 9 "${@:3}" \
			>probe.out 2>probe.err 9>ready &
		probe=$!
		trap "kill $probe" EXIT
		read -r _ <ready || { cat probe.err >&2; exit 1; }
		eval "$2" >calls.json
		trap - EXIT
		kill -INT "$probe"
		wait "$probe"
	' "$BIN/fairport-probe" "$PORT" "$@"
}

# The probe's worker records, and recv-calls' account, in one form.
probe_counts() {
	jq -c 'select(.type == "worker") |
		{pid, cookie, calls, packets, bytes, eagain, interrupted, errors, peeks}' \
		probe.json | sort
}

own_counts() {
	sort calls.json
}

# The value of the jq expression $2 in the one record of type $1.
record() {
	jq -c "select(.type == \"$1\") | $2" probe.json
}

require_counting() {
	require_root_bpf
	command -v jq >/dev/null || skip "needs jq"
}

# The sum over all intervals of the jq expression $1.
interval_sum() {
	jq -s "map(select(.type == \"interval\") | $1) | add" probe.json
}

# Whether the intervals have told of $1 packets.
told_packets() {
	[ "$(interval_sum .packets)" = "$1" ]
}

# All that was received came by call $1, as the probe tells it.
assert_only_call() {
	assert_equal "$(record summary "[.by_call | to_entries[] | select(.value.calls > 0) | .key]")" \
		"[\"$1\"]"
	assert_equal "$(record summary "[.by_call.$1.packets, .by_call.$1.calls]")" \
		"$(record summary "[.packets, .calls]")"
}

@test "every receive call is counted exactly, by pid and cookie" {
	require_counting
	for call in recvfrom recvmsg recvmmsg read; do
		rm -f ready
		under_probe "recv-calls $PORT $call block 3 1000"
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary .packets)" 1000
		assert_only_call "$call"
	done
}

@test "several sockets of one process are told apart" {
	require_counting
	under_probe "recv-calls $PORT recvfrom block 4 1000 one"
	assert_equal "$(probe_counts)" "$(own_counts)"
	assert_equal "$(record worker .pid | sort -u | wc -l)" 1
	assert_equal "$(record worker .cookie | sort -u | wc -l)" 4
}

@test "EAGAIN of MSG_DONTWAIT is counted, and not where recvmmsg had found packets" {
	require_counting
	for call in recvfrom recvmsg recvmmsg read; do
		rm -f ready
		under_probe "recv-calls $PORT $call drain 3 1000"
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary .eagain)" 3
		assert_equal "$(record summary .packets)" 1000
	done
}

@test "EAGAIN of a blocking call whose time is over is counted" {
	require_counting
	for call in recvfrom recvmsg recvmmsg read; do
		rm -f ready
		under_probe "recv-calls $PORT $call timeout 2 0"
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary "[.calls, .eagain, .packets]")" "[2,2,0]"
	done
}

@test "interrupted calls and errors have their own counters" {
	require_counting
	for call in recvfrom recvmsg recvmmsg read; do
		rm -f ready
		under_probe "recv-calls $PORT $call interrupt 1 0"
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary "[.calls, .interrupted, .errors]")" "[1,1,0]"
	done
	rm -f ready
	under_probe "recv-calls $PORT recvfrom refused 1 0"
	assert_equal "$(probe_counts)" "$(own_counts)"
	assert_equal "$(record summary "[.calls, .interrupted, .errors]")" "[1,0,1]"
}

@test "a packet that is peeked at counts once, when it is taken" {
	require_counting
	for call in recvfrom recvmsg recvmmsg; do
		rm -f ready
		under_probe "recv-calls $PORT $call peek 2 100"
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary "[.packets, .peeks]")" "[100,100]"
	done
}

@test "other ports and other network namespaces are not counted" {
	require_counting
	under_probe "recv-calls $PORT recvfrom drain 2 100
		recv-calls 9999 recvfrom drain 2 100 >&2
		unshare --net sh -c 'ip link set lo up && recv-calls $PORT recvfrom drain 2 100' >&2"
	assert_equal "$(probe_counts)" "$(own_counts)"
	assert_equal "$(record summary .packets)" 100
}

@test "the intervals add up to the totals" {
	require_counting
	export -f eventually interval_sum told_packets
	# The first packets must be told before the next ones come, or one interval may have all.
	under_probe "recv-calls $PORT recvmmsg drain 2 500 one
		eventually 10 told_packets 500
		recv-calls $PORT recvmmsg drain 2 500 one" --interval 10ms
	assert_equal "$(probe_counts)" "$(own_counts)"
	assert_equal "$(interval_sum .packets)" 1000
	for key in calls bytes eagain; do
		assert_equal "$(interval_sum "(.workers | map(.$key) | add)")" \
			"$(record summary ".$key")"
	done
}

@test "the records and the table name the process" {
	require_counting
	under_probe "recv-calls $PORT read drain 1 10" --run lab-7
	assert_equal "$(record worker .comm)" '"recv-calls"'
	assert_equal "$(jq -r .run probe.json | sort -u)" lab-7
	assert_equal "$(record header .port)" "$PORT"
	assert_equal "$(record summary .reason)" '"interrupted"'
	run -0 cat probe.out
	assert_line --regexp '^ *[0-9]+ recv-calls +[0-9]+ +11 +10 +'
	assert_line --regexp '^total +11 +10 .*100.0%$'
	assert_line "read: 10 packets in 11 calls"
	run -1 grep -E '^.{81}' probe.out
}

@test "a port where nobody receives is told in words" {
	require_counting
	under_probe true --quiet
	run -0 cat probe.out
	assert_line --partial "Nothing received on port $PORT in "
	assert_equal "$(record summary "[.workers, .packets, .lost_events]")" "[0,0,0]"
}

@test "more sockets than the map has room for: counted, told, status 2" {
	require_counting
	run -2 under_probe "recv-calls $PORT recvfrom churn 4100 0"
	assert_equal "$(record summary "[.calls, .workers, .lost_events]")" "[4096,4096,4]"
	run -0 cat probe.err
	assert_line --partial "error: lost 4 events"
}

@test "--duration ends by itself" {
	require_counting
	run -0 "$BIN/fairport-probe" --port "$PORT" --duration 50ms --json probe.json
	assert_equal "$(record summary .reason)" '"duration"'
	assert_equal "$(record summary ".elapsed_ns >= 50000000")" true
}

@test "records on standard output are alone there" {
	require_counting
	run -0 --separate-stderr "$BIN/fairport-probe" --port "$PORT" --duration 50ms --json -
	jq -e . <<<"$output" >/dev/null
	assert_equal "$(jq -r .type <<<"${lines[0]}")" header
}

@test "^C leaves nothing in the kernel" {
	require_counting
	mkfifo ready
	"$BIN/fairport-probe" --port "$PORT" --ready-fd 9 >probe.out 2>&1 9>ready 3>&- &
	probe=$!
	read -r _ <ready
	programs=$(sed -n 's/^prog_id:\t//p' "/proc/$probe/fdinfo/"* | sort -u)
	maps=$(sed -n 's/^map_id:\t//p' "/proc/$probe/fdinfo/"* | sort -u)
	assert_equal "$(wc -w <<<"$programs")" 2
	kill -INT "$probe"
	wait "$probe"
	# The kernel frees them a moment later (RCU).
	for id in $programs; do
		eventually 10 eval "run ! bpftool prog show id $id"
	done
	for id in $maps; do
		eventually 10 eval "run ! bpftool map show id $id"
	done
}

@test "without privileges: status 77, and the hint names what is needed" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to become somebody else"
	exec 9<"$BIN/fairport-probe"
	run -77 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
		/proc/self/fd/9 --port "$PORT" --duration 50ms
	exec 9<&-
	assert_equal "$output" ""
	assert_regex "$stderr" "error: could not load the BPF programs: Operation not permitted"
	assert_regex "$stderr" "hint: .*CAP_BPF and CAP_PERFMON"
}

@test "CAP_BPF and CAP_PERFMON are enough" {
	require_counting
	exec 9<"$BIN/fairport-probe"
	run -0 setpriv --reuid=65534 --regid=65534 --clear-groups \
		--inh-caps=+bpf,+perfmon --ambient-caps=+bpf,+perfmon \
		/proc/self/fd/9 --port "$PORT" --duration 50ms
	exec 9<&-
}

# As somebody else it cannot read tracefs, and sees recvmmsg return where every system call does.
@test "without tracefs the returns of recvmmsg are counted as well" {
	require_counting
	chmod 777 .
	mkdir limited
	cat >limited/fairport-probe <<-EOF
		#!/bin/sh
		exec setpriv --reuid=65534 --regid=65534 --clear-groups \
			--inh-caps=+bpf,+perfmon --ambient-caps=+bpf,+perfmon \
			"$BIN/fairport-probe" "\$@" --verbose
	EOF
	chmod 755 limited limited/fairport-probe
	for mode in block drain; do
		rm -f ready probe.json
		BIN=limited under_probe "recv-calls $PORT recvmmsg $mode 3 1000"
		assert_equal "$(probe_counts)" "$(own_counts)"
		assert_equal "$(record summary .packets)" 1000
	done
	grep -q 'program on_return' probe.err
}

@test "without BTF: status 77, and the error says so" {
	require_counting
	run -77 --separate-stderr unshare --mount sh -c \
		'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh \
		"$BIN/fairport-probe" --port "$PORT" --duration 50ms
	assert_equal "$output" ""
	assert_regex "$stderr" "has no type information \(/sys/kernel/btf/vmlinux\)"
}

@test "bad options are refused: status 1, one message, nothing on standard output" {
	while IFS='|' read -r arguments message; do
		read -ra words <<<"$arguments"
		run -1 --separate-stderr "$BIN/fairport-probe" "${words[@]}"
		assert_equal "$output" ""
		assert_equal "${stderr_lines[0]}" "fairport-probe: error: $message"
		assert_equal "${stderr_lines[1]}" "Try 'fairport-probe --help'"
	done <<-'END'
		--quiet|the port is missing (expected --port PORT, e.g. --port 8089)
		--port|option --port needs a value
		--port 0|invalid value "0" for --port (expected 1 to 65,535)
		--port 65536|invalid value "65536" for --port (expected 1 to 65,535)
		--port -1|invalid value "-1" for --port (expected a whole number)
		--port 8089x|invalid value "8089x" for --port (expected a whole number)
		--port 8089 9000|unexpected argument "9000"
		--port 8089 --interval 0|invalid value "0" for --interval (expected at least 10.0 ms)
		--port 8089 --duration 1q|invalid value "1q" for --duration (expected e.g. 10, 1.5s, 250ms)
		--port 8089 --ready-fd x|invalid value "x" for --ready-fd (expected the number of an open file descriptor)
		--port 8089 --json|option --json needs a value
		--no-such|unknown or ambiguous option "--no-such"
	END
}

@test "the bpftrace script counts the same" {
	require_counting
	command -v bpftrace >/dev/null || skip "needs bpftrace"
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
	' "$BATS_TEST_DIRNAME/../probes/recvfrom.bt" "$PORT"
	for key in packets bytes eagain; do
		assert_equal \
			"$(jq -cS "select(.type == \"map\").data.\"@$key\" // empty" trace.json)" \
			"$(jq -csS "map({(.pid | tostring): .$key}) | add" <<<"$output")"
	done
}

# What the bats files share: where things are, what a test needs, and bounded waiting.
# shellcheck shell=bash

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=${BIN:-$TOP/build/bin}
export TOP BIN

bats_load_library bats-support
bats_load_library bats-assert

# shellcheck source=tests/lib/postgres.bash
. "$TOP/tests/lib/postgres.bash"

# Skips with a reason; where everything is required, that is a failure.
skip_because() {
	if [ "${FAIRPORT_REQUIRE:-}" = all ]; then
		fail "required, but cannot run: $1"
	fi
	skip "$1"
}

require_command() {
	command -v "$1" >/dev/null || skip_because "needs $1"
}

require_root() {
	[ "$(id -u)" = 0 ] || skip_because "needs root"
}

# Whether packets with headers of one's own can be sent: bit 13 of the capabilities.
may_send_raw() {
	local capabilities
	capabilities=$(sed -n 's/^CapEff:\t//p' /proc/self/status)
	((0x$capabilities >> 13 & 1))
}

require_raw() {
	may_send_raw || skip_because "needs CAP_NET_RAW"
}

require_ipv6() {
	[ -e /proc/net/if_inet6 ] || skip_because "needs IPv6"
}

# Root that may load BPF programs, on a kernel that describes its types.
require_root_bpf() {
	require_root
	[ -e /sys/kernel/btf/vmlinux ] || skip_because "needs a kernel with BTF"
	[ -x "$BIN/fairport-probe" ] || skip_because "needs fairport-probe, which was not built"
}

# Root that may steer sockets by eBPF programs.
require_steering() {
	require_root
	[ -e /sys/kernel/btf/vmlinux ] || skip_because "needs a kernel with BTF"
	local capabilities
	capabilities=$(sed -n 's/^CapEff:\t//p' /proc/self/status)
	((0x$capabilities >> 39 & 1)) || skip_because "needs CAP_BPF"
}

# Reads "ARGUMENTS|MESSAGE" lines: with these arguments PROGRAM ends with status 1, says what matches
# MESSAGE, and prints nothing on standard output.
# shellcheck disable=SC2154 # run sets $output and $stderr
refuses_each() {
	local arguments message
	while IFS='|' read -r arguments message; do
		# shellcheck disable=SC2086 # words are meant
		run --separate-stderr "$BIN/$1" $arguments
		assert_failure 1
		assert_equal "$output" ""
		assert_regex "$stderr" "$message"
	done
}

# eventually SECONDS COMMAND...: tries until it succeeds, at most that long.
eventually() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.02
	done
}

# ndjson FILE TYPE FILTER: the jq FILTER over the records of this type.
ndjson() {
	jq -c "select(.type == \"$2\") | $3" "$1"
}

# What stands before fairport-receive: another user, a CPU, a variable of the environment.
receiver_under=()

# shellcheck disable=SC2034 # RECEIVER and PORT are for the callers
# Starts fairport-receive in the background, waits until it is ready, and sets RECEIVER (its pid)
# and PORT. Records go to receive.ndjson, text to receive.out and receive.err.
start_receiver() {
	rm -f receiver.ready
	mkfifo receiver.ready
	"${receiver_under[@]}" "$BIN/fairport-receive" "$@" --json receive.ndjson --ready-fd 9 \
		>receive.out 2>receive.err 9>receiver.ready 3>&- &
	RECEIVER=$!
	if ! read -r _ <receiver.ready; then
		wait "$RECEIVER"
		cat receive.err >&2
		return 1
	fi
	PORT=$(ndjson receive.ndjson header .port)
}

# Sends to the receiver, or to the peer.
fake() {
	"${beside_peer[@]}" "$BIN/fairport-fake" "127.0.0.1:$PORT" "$@"
}

# Starts it in the background and sets FAKE (its pid). Records go to fake.ndjson, text to fake.out
# and fake.err.
start_fake() {
	"${beside_peer[@]}" "$BIN/fairport-fake" "127.0.0.1:$PORT" "$@" --json fake.ndjson \
		>fake.out 2>fake.err 3>&- &
	FAKE=$!
}

# One ^C; returns its exit status.
stop_fake() {
	local pid=$FAKE
	FAKE=
	kill -INT "$pid"
	wait "$pid"
}

# Waits until it has ended by itself, and returns its exit status.
await_fake() {
	local pid=$FAKE
	FAKE=
	wait "$pid"
}

# Ends it and returns its exit status.
stop_receiver() {
	local pid=$RECEIVER
	RECEIVER=
	kill -TERM "$pid"
	wait "$pid"
}

# Starts it with a control socket, receive.ctl, without a database, and with intervals to add up.
start_pool() {
	start_receiver 127.0.0.1:0 --sink null --control receive.ctl --interval 50ms "$@"
}

# One command for it.
control() {
	"$BIN/fairport-control" receive.ctl "$@"
}

# The jq FILTER $1 over what it has counted so far.
stats() {
	control stats --json | jq -c "$1"
}

# Whether the jq FILTER $1 is true of that.
counts_so() {
	[ "$(stats "$1")" = true ]
}

# Whether it has taken $1 packets so far.
has_taken() {
	counts_so "[.workers[].packets] | add == $1"
}

# The pid of the worker with index $1 that serves now.
worker_pid() {
	stats ".workers[] | select(.index == $1 and .state == \"serving\") | .pid"
}

# The jq FILTER $1 over the summary of the receiver that has ended.
received() {
	ndjson receive.ndjson summary "$1"
}

# The packets of each index: "[250,250,250,250]".
shares() {
	jq -sc 'map(select(.type == "worker")) | group_by(.index) | map(map(.packets) | add)' receive.ndjson
}

# What the receiver's records must hold whatever happened: the intervals of a life add up to its
# record, the records to the summary; every line has one fate; nobody is left behind.
# shellcheck disable=SC2016 # the variables are jq's
assert_books() {
	assert_equal "$(jq -s 'def lives: map(select(.type == "worker" or .type == "front"));
		def key: [.index, .name, .pid, .cookie];
		def counts: del(.index, .generation, .cookie, .pid, .pending) | map_values(numbers);
		def total: reduce .[] as $one ({}; reduce ($one | to_entries[]) as $e (.; .[$e.key] += $e.value));
		(lives | map({key: key | tostring, value: counts}) | from_entries) as $lives |
		(map(select(.type == "interval") | .workers[], .fronts[]) | group_by(key) |
			map({key: .[0] | key | tostring, value: map(counts) | total}) | from_entries) as $intervals |
		[$intervals | to_entries[] | select(.key as $k | .value | to_entries |
			any($lives[$k][.key] != .value)) | .key] +
		($lives | keys - ($intervals | keys))' receive.ndjson)" "[]"
	assert_equal "$(jq -s '(map(select(.type == "worker")) | [(map(.packets) | add // 0), (map(.lines) | add // 0),
		(map(.bytes) | add // 0), (map(.pending) | add // 0)]) as $workers |
		(map(select(.type == "front") | .lost_in_crash) | add // 0) as $lost |
		map(select(.type == "summary"))[0] |
		[.packets - $lost, .lines, .bytes, .pending] == $workers' receive.ndjson)" true
	assert_equal "$(received '.lines + .unspooled - .stored - .discarded - .answered - .rejected_syntax
		- .rejected_truncated - .rejected_type_conflict - .rejected_limit - .rejected_encoding
		- .rejected_strict - .store_errors - .dropped - .spooled - .pending')" 0
	assert_nobody_left
}

# Every process that the records name is gone, and so is the control socket.
assert_nobody_left() {
	local pid
	for pid in $(jq -r 'select(.type == "worker" or .type == "front") | .pid // empty' receive.ndjson); do
		run ! grep -qs '^fairport-receiv$' "/proc/$pid/comm"
	done
	assert [ ! -e receive.ctl ]
}

# Ends it, which it has to do with this exit status.
stop_receiver_with() {
	local status=0
	stop_receiver || status=$?
	assert_equal "$status" "$1"
}

# Waits until it has ended by itself, or by a signal, and returns its exit status.
await_receiver() {
	local pid=$RECEIVER
	RECEIVER=
	wait "$pid"
}

# The pid of the process that stands before the workers: the child that is none of them.
front_pid() {
	local workers
	workers=$(stats '.workers | map(.pid)')
	jq -s "(. - $workers)[0]" "/proc/$RECEIVER/task/$RECEIVER/children"
}

# Whether there is a worker with index $1, and it is not process $2.
has_another() {
	local pid
	pid=$(worker_pid "$1")
	[ -n "$pid" ] && [ "$pid" != "$2" ]
}

# The CPUs that may be used, one a line.
usable_cpus() {
	taskset -cp $$ | sed 's/.*: //' | tr ',' '\n' |
		awk -F - '{ for (c = $1; c <= ($2 == "" ? $1 : $2); c++) print c }'
}

# Compiles lib/peer.c; for setup_file.
build_peer() {
	"${CC:-cc}" -std=c11 -O2 -o "$BATS_FILE_TMPDIR/peer" "$TOP/tests/lib/peer.c"
}

# What stands before a command that is to run where the peer does.
beside_peer=()

await_peer() {
	if ! eventually 10 test -s peer.out; then
		cat peer.err >&2
		return 1
	fi
	PORT=$(head -n 1 peer.out)
}

# start_peer MODE [ADDRESS [FILE]]: starts lib/peer.c in the background, and sets PEER (its pid) and
# PORT.
start_peer() {
	rm -f peer.out
	"$BATS_FILE_TMPDIR/peer" "$@" >peer.out 2>peer.err 3>&- &
	PEER=$!
	await_peer
}

# The same in a fresh network namespace; sets beside_peer too.
# shellcheck disable=SC2016 # text for the other shell
start_peer_apart() {
	rm -f peer.out
	unshare --net bash -euc 'ip link set lo up; exec "$0" "$@"' "$BATS_FILE_TMPDIR/peer" "$@" \
		>peer.out 2>peer.err 3>&- &
	PEER=$!
	beside_peer=(nsenter "--net=/proc/$PEER/ns/net")
	await_peer
}

# Ends it, and returns its exit status. Its account is what peer_account prints then.
stop_peer() {
	local pid=$PEER
	PEER=
	beside_peer=()
	kill -TERM "$pid"
	wait "$pid"
}

peer_account() {
	tail -n +2 peer.out
}

# alone COMMAND...: in a fresh network namespace, where only loopback is.
alone() {
	unshare --net bash -euc 'ip link set lo up; exec "$@"' bash "$@"
}

# What a test has stopped (SIGSTOP) would never end.
continue_children() {
	{ xargs -r kill -CONT <"/proc/$1/task/$1/children"; } 2>/dev/null || true
}

# The second signal says that it shall wait for nothing more.
abandon_receiver() {
	local pid=$RECEIVER
	RECEIVER=
	kill -TERM "$pid"
	kill -INT "$pid"
	wait "$pid"
}

# For teardown: whatever is left is ended.
stop_leftovers() {
	[ -z "${HOLDER:-}" ] || release_lock
	[ -z "${RECEIVER:-}" ] || continue_children "$RECEIVER"
	[ -z "${FAKE:-}" ] || stop_fake || true
	[ -z "${PEER:-}" ] || stop_peer || true
	[ -z "${RECEIVER:-}" ] || abandon_receiver || true
	stop_servers
}

# Stands before a command that the unprivileged user nobody is to run. (A function would put a
# shell between, and its pid in $!.) Who is no root is unprivileged already.
as_nobody=()
# shellcheck disable=SC2034 # for the test files
[ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

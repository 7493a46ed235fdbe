# What the files about fairport-probe share, beside common.bash: a folder and a network namespace for
# each test, a probe in the background, and what its records say.
# Text for jq stands in single quotes; the caller reads what is set here.
# shellcheck shell=bash disable=SC2016,SC2034,SC2119,SC2120

# Free: nobody else is in the namespace.
WATCHED=8089

# Stands before a command that is to run in the test's own namespace.
inside=()

# Stands before the probe, beside that.
probe_under=()

setup_file() {
	"${CC:-cc}" -std=c11 -D_GNU_SOURCE -O2 -o "$BATS_FILE_TMPDIR/recv-calls" \
		"$TOP/tests/lib/recv-calls.c" -luring
}

setup() {
	setup_probe
}

teardown() {
	teardown_probe
}

setup_probe() {
	require_root_bpf
	require_command jq
	PATH="$BATS_FILE_TMPDIR:$PATH"
	cd "$BATS_TEST_TMPDIR" || return 1
	open_namespace
}

# HOLDERS: pids of processes of the test's own. What is stopped can be ended, too.
teardown_probe() {
	[ -z "${PROBE:-}" ] || stop_probe || true
	stop_leftovers
	local pid
	for pid in "${HOLDERS[@]}"; do
		kill -KILL "$pid" 2>/dev/null && wait "$pid"
	done 2>/dev/null || true
	[ -z "${CGROUP:-}" ] || eventually 10 remove_cgroup
}

# A control group can be removed when its last process is gone.
remove_cgroup() {
	find "$CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null
}

has_own_namespace() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# Starts a process that holds a fresh network namespace, and sets APART (its pid). Receivers, senders
# and probes started from now on are there.
open_namespace() {
	unshare --net sleep infinity 3>&- &
	APART=$!
	HOLDERS+=("$APART")
	eventually 10 has_own_namespace "$APART"
	inside=(nsenter "--net=/proc/$APART/ns/net")
	receiver_under=("${inside[@]}")
	beside_peer=("${inside[@]}")
	"${inside[@]}" ip link set lo up
}

# Starts a probe in the background and waits until it counts. Sets PROBE (its pid). Records go to
# probe.ndjson, text to probe.out and probe.err.
start_probe() {
	rm -f probe.ready
	mkfifo probe.ready
	"${inside[@]}" "${probe_under[@]}" "$BIN/fairport-probe" --json probe.ndjson --ready-fd 9 "$@" \
		>probe.out 2>probe.err 9>probe.ready 3>&- &
	PROBE=$!
	if ! read -r _ <probe.ready; then
		wait "$PROBE" || true
		PROBE=
		cat probe.err >&2
		return 1
	fi
}

# One ^C; returns its exit status.
stop_probe() {
	local pid=$PROBE
	PROBE=
	kill -INT "$pid"
	wait "$pid"
}

# One ^C, and it has to end with this exit status.
stop_probe_with() {
	local status=0
	stop_probe || status=$?
	assert_equal "$status" "$1"
}

# Runs the shell text $1 in the namespace while a probe, given the other arguments, watches the port.
# What the text prints: calls.json. Ends with the probe's status.
under_probe() {
	local status=0
	start_probe --port "$WATCHED" --wait "${@:2}" || return
	"${inside[@]}" bash -euc "$1" >calls.json || status=$?
	[ "$status" = 0 ] || return "$status"
	stop_probe
}

# The value of the jq expression $2 in the records of type $1.
record() {
	ndjson probe.ndjson "$1" "$2"
}

# The sum over all intervals of the jq expression $1.
interval_sum() {
	jq -s "map(select(.type == \"interval\") | $1) | add" probe.ndjson
}

# Whether the intervals have told of $2 of what the jq expression $1 is.
has_told() {
	[ "$(interval_sum "$1")" = "$2" ]
}

# The last value of the jq expression $1 in the interval records.
latest() {
	jq -sc "map(select(.type == \"interval\")) | last | $1" probe.ndjson
}

# Whether the jq expression $1 is true of the last interval record.
now_is() {
	[ "$(latest "$1")" = true ]
}

# The probe's worker records, and recv-calls' account, in one form.
probe_counts() {
	record worker '{pid, cookie, calls, packets, bytes, eagain, idle_wakeups, interrupted, errors, peeks}' | sort
}

own_counts() {
	jq -c '{pid, cookie, calls, packets, bytes, eagain, idle_wakeups, interrupted, errors, peeks}' \
		calls.json | sort
}

# What must be true of the records $1 (default: probe.ndjson) whatever happened. Prints what is not:
# each interval balances with no more on its way than can be, and so do the sockets; drops are the
# sum of their reasons; intervals add up to the totals, and sockets to the balance. $2 (default: 0) is
# how many packets may have been taken while the last counts were read.
imbalances() {
	jq -sc --argjson cpus "$(nproc)" --argjson late "${2:-0}" '
		def left: .arrivals + .queue_at_start - .taken - .dropped - .queue_packets - .lost_at_close;
		(map(select(.type == "summary"))[0]) as $summary |
		map(select(.type == "interval")) as $intervals |
		map(select(.type == "socket")) as $sockets |
		map(select(.type == "worker")) as $workers |
		($sockets | map(select(.protocol == "udp"))) as $udp |
		(64 * $cpus + ($workers | length)) as $most |
		[
			($intervals[] | .balance // empty | select(left != .in_transit or .in_transit < 0 or
				.in_transit > $most) | {interval: .}),
			($summary.balance // empty | select(left != .in_transit or .in_transit < 0 or
				.in_transit > $most) | {summary: .}),
			($summary.balance // empty | {arrivals, dropped} | select(. != ($udp |
				{arrivals: map(.arrivals) | add, dropped: map(.dropped) | add})) | {sockets: .}),
			($summary.balance // empty | ($udp | map(.packets) | add) - .taken |
				select(. < 0 or . > $late) | {taken: .}),
			($sockets[] | select((.reasons | length > 0) and (.reasons | map(.packets) | add) != .dropped) |
				{reasons: .}),
			(("calls", "packets", "bytes", "eagain", "errors", "peeks", "accepts") as $key |
				[($intervals | map(.[$key]) | add), $summary[$key]] | select(.[0] != .[1]) | {($key): .}),
			($udp[] | . as $socket | ("arrivals", "packets", "bytes", "dropped", "flows") as $key |
				select($socket.open and $socket[$key] != null and
					([$intervals[].sockets[] | select(.cookie == $socket.cookie)[$key]] | add) != $socket[$key]) |
				{($key): $socket.cookie})
		]' "${1:-probe.ndjson}"
}

assert_balance() {
	assert_equal "$(imbalances)" "[]"
}

# The drops of the namespace's sockets of UDP, as the protocol counts them.
udp_overflows() {
	"${inside[@]}" awk '/^Udp:/ { if (names) print $column; else for (i = 2; i <= NF; i++)
		if ($i == "RcvbufErrors") column = i; names = 1 }' /proc/net/snmp
}

# A counter of /proc/net/netstat in the namespace: "ListenDrops".
tcp_counter() {
	"${inside[@]}" awk -v name="$1" '/^TcpExt:/ { if (names) print $column; else for (i = 2; i <= NF; i++)
		if ($i == name) column = i; names = 1 }' /proc/net/netstat
}

# The drops that the sockets on port $1 themselves count, as "COOKIE DROPS" lines.
socket_drops() {
	"${inside[@]}" ss -uampneH "sport = :$1" | tr '\n' ' ' |
		grep -oE 'sk:[0-9a-f]+|,d[0-9]+\)' | paste -d ' ' - - |
		while read -r cookie drops; do
			printf '%d %d\n' "0x${cookie#sk:}" "$(tr -cd '0-9' <<<"$drops")"
		done | sort -n
}

# Opens the sockets that the SPECs of lib/group-members.py say; "pid cookie" lines go to members. Sets
# MEMBERS (the pid of their parent).
open_members() {
	rm -f members
	"${inside[@]}" "$TOP/tests/lib/group-members.py" "$@" >members 3>&- &
	MEMBERS=$!
	HOLDERS+=("$MEMBERS")
	eventually 10 grep -q ready members
}

# Opens a socket that is taken from as the SPEC of lib/taker.py says; "pid cookie" lines go to takers.
# Sets TAKER (the pid of their parent).
start_taker() {
	rm -f takers
	"${inside[@]}" "$TOP/tests/lib/taker.py" "$@" >takers 3>&- &
	TAKER=$!
	HOLDERS+=("$TAKER")
	eventually 10 grep -q ready takers
}

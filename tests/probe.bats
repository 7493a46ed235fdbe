#!/usr/bin/env bats
# alone: looks at what is left in the kernel, and traffic has to keep its pace
# fairport-probe: how it starts and ends, what it says where it cannot do all, and its text.
#
# Text for jq and other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/probe

# Stands before the probe to take all privileges from it, or all but these capabilities.
as_nobody_with() {
	probe_under=("${as_nobody[@]}")
	[ $# = 0 ] || probe_under+=("--inh-caps=$1" "--ambient-caps=$1")
	chmod 777 .
	touch probe.ndjson
	chmod 666 probe.ndjson
}

# Runs a probe for a moment where the test is.
probe() {
	"${inside[@]}" "${probe_under[@]}" "$BIN/fairport-probe" "$@"
}

# The kernel's BPF objects and where they are attached, and what is mounted: a line each.
kernel_objects() {
	local kind
	{
		for kind in prog map link; do
			bpftool "$kind" show | grep -oE '^[0-9]+:' | sed "s/^/$kind /"
		done
		bpftool cgroup tree 2>/dev/null || true
		cat /proc/self/mounts
	} | sort -u
}

nothing_new() {
	[ -z "$(kernel_objects | comm -13 before -)" ]
}

# The BPF programs, maps and links that process $1 has open.
objects_of() {
	sed -nE 's/^(prog|map|link)_id:\t/\1 /p' "/proc/$1/fdinfo/"* 2>/dev/null | sort -u
}

all_gone() {
	local kind id
	while read -r kind id; do
		! bpftool "$kind" show id "$id" >/dev/null 2>&1 || return 1
	done <<<"$1"
}

@test "the records and the table name the process" {
	under_probe "recv-calls $WATCHED read drain 1 10" --run lab-7
	assert_equal "$(record worker .comm)" '"recv-calls"'
	assert_equal "$(jq -r .run probe.ndjson | sort -u)" lab-7
	assert_equal "$(record header '[.port, .tier]')" "[$WATCHED,\"bpf\"]"
	assert_equal "$(record summary .reason)" '"interrupted"'
	run -0 cat probe.out
	assert_line --regexp '^ *[0-9]+ recv-calls +[0-9]+ +11 +10 +'
	assert_line --regexp '^total +11 +10 .*100.0%$'
	assert_line "read: 10 packets in 11 calls"
	run -1 grep -E '^.{81}' probe.out
}

@test "no line of text is wider than 80 columns, however much is asked for" {
	for by in worker socket thread cpu flow; do
		under_probe "recv-calls $WATCHED recvfrom drain 40 1000
			recv-calls $WATCHED recvmmsg drain 2 100" --with all --by "$by" --interval 20ms
		run -1 grep -E '^.{81}' probe.out
		assert [ "$(wc -l <probe.out)" -gt 40 ]
	done
}

@test "a port where nobody receives is told in words" {
	under_probe true --quiet
	run -0 cat probe.out
	assert_line --partial "Nothing received on port $WATCHED in "
	assert_equal "$(record summary "[.workers, .packets, .lost_events]")" "[0,0,0]"
}

@test "nobody has a socket there: status 1, and who has one nearby" {
	run -1 --separate-stderr probe --port "$WATCHED" --duration 50ms
	assert_equal "$output" ""
	assert_regex "$stderr" "error: nobody has a socket on port $WATCHED in this network namespace"
	assert_regex "$stderr" "hint: no port is bound in this network namespace; .*--netns"
	open_members udp,127.0.0.1,8090 tcp,127.0.0.1,53 udp,127.0.0.1,9000,count=2
	run -1 --separate-stderr probe --port "$WATCHED" --duration 50ms
	assert_regex "$stderr" 'hint: bound here are: UDP 8090 \(python3[^)]*\), UDP 9000 \(python3[^)]*\), TCP 53 \(python3[^)]*\)'
	run -1 --separate-stderr probe --comm no-such-name --duration 50ms
	assert_regex "$stderr" "error: no such process has a UDP socket or a TCP listener"
	run -0 --separate-stderr probe --port "$WATCHED" --duration 50ms --wait
	run -0 --separate-stderr probe --port 9000 --duration 50ms
}

@test "more sockets than there is room for: counted, told, status 2" {
	run -2 under_probe "recv-calls $WATCHED recvfrom churn 8200 0"
	assert_equal "$(record summary '[.calls, .workers, .lost_events]')" "[8189,8189,11]"
	run -0 cat probe.err
	assert_line --partial "error: lost 11 events: there is room for 8189 sockets, and 16383 combinations"
	assert_line --partial "hint: a port with so many short-lived sockets"
}

@test "sockets without a packet that found no room are counted as such, and as no event" {
	(($(ulimit -Hn) >= 8300)) || skip_because "needs 8,300 open files"
	"${inside[@]}" python3 - "$WATCHED" 3>&- <<-'END' &
		import resource, signal, socket, sys
		hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
		resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
		kept = []
		for i in range(8200):
		    kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
		    kept[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
		    kept[-1].bind(("127.0.0.1", int(sys.argv[1])))
		open("all-open", "w").close()
		signal.pause()
	END
	HOLDERS+=($!)
	eventually 20 test -e all-open
	run -2 --separate-stderr probe --port "$WATCHED" --duration 100ms --quiet --json probe.ndjson
	assert_equal "$(record summary '[.lost_events, .lost_sockets]')" "[0,11]"
	assert_regex "$stderr" "error: 11 sockets found no room among the 8189 that can be told"
}

@test "--port given twice counts both, and --with, too" {
	start_probe --port "$WATCHED" --wait --port 8090 --with arrivals --with flows
	"${inside[@]}" recv-calls "$WATCHED" recvfrom drain 1 3 >&2
	"${inside[@]}" recv-calls 8090 recvfrom drain 1 4 >&2
	stop_probe_with 0
	assert_equal "$(record summary '[.packets, .balance.arrivals, .flows > 0]')" "[7,7,true]"
}

@test "whoever reads no more ends it, and ^C does where nobody reads" {
	run -2 --separate-stderr bash -c 'set -o pipefail; "$@" | head -n 1' - \
		timeout 20 "${inside[@]}" "$BIN/fairport-probe" --port "$WATCHED" --wait --interval 10ms
	assert_line --partial "Watching port $WATCHED"
	assert_regex "$stderr" "error: could not write to standard output"
	mkfifo full
	exec {reader}<>full
	"${inside[@]}" "$BIN/fairport-probe" --port "$WATCHED" --wait --interval 10ms --json - >full 2>probe.err 3>&- &
	PROBE=$!
	# Nobody takes what it writes: after a while there is no more.
	before=
	is_full() {
		local now
		now=$(python3 -c 'import array, fcntl, sys, termios, time
time.sleep(0.05)
size = array.array("i", [0])
fcntl.ioctl(int(sys.argv[1]), termios.FIONREAD, size)
print(size[0])' "$reader")
		[ "$now" = "$before" ] && [ "$now" -gt 30000 ] && return
		before=$now
		return 1
	}
	eventually 30 is_full
	# The first ends the counting, a second one the attempt to tell the last of it.
	is_gone() {
		kill -INT "$PROBE" 2>/dev/null || return 0
		[ "$(awk '{ print $3 }' "/proc/$PROBE/stat")" = Z ]
	}
	eventually 10 is_gone
	wait "$PROBE" || true
	PROBE=
	exec {reader}<&-
}

@test "--duration ends by itself" {
	run -0 probe --port "$WATCHED" --wait --duration 50ms --json probe.ndjson
	assert_equal "$(record summary .reason)" '"duration"'
	assert_equal "$(record summary ".elapsed_ns >= 50000000")" true
}

@test "records on standard output are alone there" {
	run -0 --separate-stderr probe --port "$WATCHED" --wait --duration 50ms --json -
	jq -e . <<<"$output" >/dev/null
	assert_equal "$(jq -r .type <<<"${lines[0]}")" header
}

@test "^C leaves nothing in the kernel" {
	start_probe --port "$WATCHED" --wait --with all --by cpu
	objects=$(objects_of "$PROBE")
	assert [ "$(grep -c ^prog <<<"$objects")" -ge 8 ]
	assert [ "$(grep -c ^map <<<"$objects")" -ge 8 ]
	assert [ "$(grep -c ^link <<<"$objects")" -ge 8 ]
	stop_probe_with 0
	# The kernel frees them a moment later (RCU).
	eventually 10 all_gone "$objects"
}

@test "^C, TERM or KILL at any moment leaves nothing behind" {
	require_command bpftool
	kernel_objects >before
	local signal status delay=0
	is_probe() { [ "$(cat "/proc/$PROBE/comm")" = fairport-probe ]; }
	for signal in INT TERM KILL INT TERM KILL INT TERM KILL INT TERM KILL INT TERM KILL INT TERM; do
		status=0
		# What a shell starts in the background ignores ^C, until it says otherwise.
		"${inside[@]}" env --default-signal=INT "$BIN/fairport-probe" --port "$WATCHED" --wait --with all \
			>probe.out 2>probe.err 3>&- &
		PROBE=$!
		# Until then it is a shell, which ignores ^C.
		eventually 10 is_probe
		# So many ms after its start: while it loads, attaches, marks, or counts.
		sleep "0.$(printf '%03d' "$delay")"
		kill "-$signal" "$PROBE"
		wait "$PROBE" || status=$?
		PROBE=
		case $signal in
		KILL) assert_equal "$status" 137 ;;
		# Before it waits for them, signals end it as they end anybody.
		*) [ "$status" = 0 ] || [ "$status" = 130 ] || [ "$status" = 143 ] ||
			fail "status $status after SIG$signal: $(cat probe.err)" ;;
		esac
		delay=$((delay + 15))
	done
	eventually 20 nothing_new
}

@test "without privileges: tier none answers, and one line says how to get more" {
	require_root
	as_nobody_with
	open_members "udp,127.0.0.1,$WATCHED,count=3" "tcp,127.0.0.1,$WATCHED,backlog=7"
	start_probe --port "$WATCHED" --interval 20ms
	PORT=$WATCHED fake --count 100 >/dev/null
	"${inside[@]}" bash -c 'exec 3<>/dev/tcp/127.0.0.1/$1' bash "$WATCHED"
	eventually 10 now_is '([.sockets[] | .queue_bytes // 0] | add > 50000) and
		([.sockets[] | .queue_packets // 0] | add == 1)'
	stop_probe_with 0
	assert_equal "$(record header '[.tier, .kernel_bytes]')" '["none",null]'
	assert_equal "$(record socket .cookie | sort)" "$(grep -v ready members | cut -d ' ' -f 2 | sort)"
	# What only BPF could tell is unknown, not 0.
	assert_equal "$(record summary '[.packets, .calls, .accepts, .truncated]')" "[null,null,null,null]"
	assert_equal "$(record socket 'select(.protocol == "udp") | [.packets, .arrivals, .queue_packets]' | sort -u)" "[null,null,null]"
	assert_equal "$(record socket 'select(.protocol == "tcp") | [.queue_packets, .backlog, .handshakes]')" "[1,7,null]"
	assert_equal "$(wc -l <probe.err)" 2
	grep -q 'tier none: queues and drops only, for want of CAP_BPF and CAP_PERFMON' probe.err
	run -1 grep -E '^.{81}' probe.out
	run -0 cat probe.out
	assert_line --partial "tier none"
}

@test "tier none counts drops since it started, as the socket does" {
	start_receiver 127.0.0.1:0 --sink null --model single --rcvbuf 4KiB
	xargs kill -STOP <"/proc/$RECEIVER/task/$RECEIVER/children"
	fake --count 100 >/dev/null
	read -r cookie before < <(socket_drops "$PORT")
	assert [ "$before" -gt 50 ]
	start_probe --port "$PORT" --tier none --interval 20ms
	fake --count 70 >/dev/null
	eventually 10 has_told ".sockets[0].dropped" 70
	# A socket that is new has dropped all that it has since then.
	start_taker "udp,127.0.0.2,$PORT,rcvbuf=1"
	"${inside[@]}" "$BIN/fairport-fake" "127.0.0.2:$PORT" --count 200 >/dev/null
	stop_probe_with 0
	assert_equal "$(record socket '[.cookie, .dropped]' | sort)" \
		"$({ echo "$cookie 70" && socket_drops "$PORT" | grep -v "^$cookie "; } | sed 's/\(.*\) \(.*\)/[\1,\2]/' | sort)"
	assert_equal "$(record socket 'select(.dropped > 100)' | wc -l)" 1
}

@test "what needs BPF is not silently left out: status 77 without privileges" {
	require_root
	as_nobody_with
	while read -ra words; do
		run -77 --separate-stderr probe --port "$WATCHED" --wait --duration 50ms "${words[@]}"
		assert_equal "$output" ""
		assert_regex "$stderr" "error: could not load the BPF programs: Operation not permitted"
		assert_regex "$stderr" "hint: .*CAP_BPF and CAP_PERFMON"
	done <<-'TABLE'
		--tier bpf
		--with arrivals
		--by thread
	TABLE
}

@test "CAP_BPF and CAP_PERFMON are enough; for arrivals CAP_NET_ADMIN besides" {
	as_nobody_with +bpf,+perfmon
	run -0 probe --port "$WATCHED" --wait --tier bpf --duration 50ms
	run -77 --separate-stderr probe --port "$WATCHED" --wait --with arrivals --duration 50ms
	assert_regex "$stderr" "hint: counting arrivals needs CAP_NET_ADMIN"
	as_nobody_with +bpf,+perfmon,+net_admin
	run -0 probe --port "$WATCHED" --wait --with all --duration 50ms
}

@test "without BTF: said, and tier none answers; with --tier bpf status 77" {
	for words in "" "--tier bpf"; do
		# shellcheck disable=SC2086 # words are meant
		run --separate-stderr "${inside[@]}" unshare --mount sh -c \
			'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh \
			"$BIN/fairport-probe" --port "$WATCHED" --wait --duration 50ms $words
		assert_equal "$status" "$([ -z "$words" ] && echo 0 || echo 77)"
		assert_regex "$stderr" "has no type information \(/sys/kernel/btf/vmlinux\)"
	done
	assert_equal "$output" ""
}

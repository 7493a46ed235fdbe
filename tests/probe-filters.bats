#!/usr/bin/env bats
# alone: looks at what is left in the kernel, and traffic has to keep its pace
# fairport-probe looks at some of all: of a process, a name, a control group, another network
# namespace, and tells it by socket, thread, CPU or flow.
#
# Text for jq stands in single quotes; lib/common uses receiver_under.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/probe

# Starts a pool of three, each of which gets a third, and sets WORKERS (their pids, sorted).
start_three() {
	start_receiver 127.0.0.1:0 --sink null --workers 3 --steer round-robin --control receive.ctl "$@"
	mapfile -t WORKERS < <(stats '.workers[].pid' | sort -n)
}

# The pids and cookies of which the probe tells packets: "[PID,COOKIE,PACKETS]" lines.
told() {
	record worker 'select(.packets > 0) | [.pid, .cookie, .packets]' | sort
}

# The same of those receivers that have one of the pids.
received_by() {
	jq -c --argjson pids "[$(tr ' ' , <<<"$*")]" 'select(.type == "worker" and (.pid | IN($pids[]))) |
		[.pid, .cookie, .packets]' receive.ndjson | sort
}

# A control group of the test's own, below the topmost one; sets CGROUP (its directory).
make_cgroup() {
	local root
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	[ -n "$root" ] || skip_because "needs cgroup v2"
	CGROUP=$root/fairport-test-$$
	mkdir "$CGROUP" 2>/dev/null || {
		CGROUP=
		skip_because "needs control groups that can be made"
	}
}

@test "--pid: these processes alone, and their sockets" {
	start_three
	start_probe --port "$PORT" --pid "${WORKERS[0]},${WORKERS[2]}" --with arrivals --interval 20ms
	fake --count 300 --rate 20k >/dev/null
	eventually 10 now_is '.balance.taken == 300'
	eventually 10 has_told .packets 200
	stop_probe_with 0
	stop_receiver
	assert_equal "$(told)" "$(received_by "${WORKERS[0]}" "${WORKERS[2]}")"
	assert_equal "$(record summary '[.packets, .workers]')" "[200,2]"
	assert_equal "$(record socket '[.cookie, .arrivals]' | sort)" "$(told | jq -c '.[1:]' | sort)"
	# The balance is of all the sockets: a packet knows no process when it arrives.
	assert_equal "$(record summary '.balance.arrivals')" 300
}

@test "--pid and --comm without ports find the ports, also new ones" {
	start_three
	start_probe --pid "${WORKERS[0]}" --interval 20ms
	fake --count 300 --rate 20k >/dev/null
	eventually 10 has_told .packets 100
	stop_probe_with 0
	assert_equal "$(told | jq -c '[.[0], .[2]]')" "[${WORKERS[0]},100]"
	grep -q "^Watching port $PORT," probe.out

	# The kernel keeps 15 characters of a name.
	for name in fairport-receive fairport-receiv; do
		start_probe --comm "$name" --interval 20ms
		fake --count 300 --rate 20k >/dev/null
		eventually 10 has_told .packets 300
		stop_probe_with 0
		assert_equal "$(told | jq -c '[.[0], .[2]]' | sort)" "$(printf '[%d,100]\n' "${WORKERS[@]}" | sort)"
	done
	stop_receiver

	start_probe --comm python3 --wait --interval 20ms
	start_taker "udp,127.0.0.1,$WATCHED,takes=50"
	eventually 10 now_is ".sockets | length == 1"
	PORT=$WATCHED fake --count 50 --rate 20k >/dev/null
	eventually 10 has_told .packets 50
	stop_probe_with 0
	assert_equal "$(told)" "$(awk '/^[0-9]/ { printf "[%d,%d,50]\n", $1, $2 }' takers)"
}

@test "--comm with a port: others on the same port are not told" {
	start_three
	start_probe --port "$PORT" --comm no-such-name --interval 20ms
	fake --count 30 >/dev/null
	eventually 10 test -s probe.ndjson
	stop_probe_with 0
	stop_receiver
	assert_equal "$(told)$(record socket .cookie)" ""
	assert_equal "$(record summary '[.packets, .workers]')" "[0,0]"
}

@test "--cgroup: what is in it or below" {
	make_cgroup
	mkdir "$CGROUP/below"
	# A hash decides: of 400 flows each of four gets some (that one gets none: 1e-50).
	start_receiver 127.0.0.1:0 --sink null --workers 3 --control receive.ctl
	mapfile -t WORKERS < <(stats '.workers[].pid')
	OTHERS=$RECEIVER
	HOLDERS+=("$OTHERS" "${WORKERS[@]}")
	mv receive.ndjson others.ndjson
	mv receive.ctl others.ctl
	receiver_under=("${inside[@]}" sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$CGROUP/below")
	start_receiver "127.0.0.1:$PORT" --sink null --join --workers 1 --control receive.ctl
	start_probe --port "$PORT" --cgroup "$CGROUP" --with arrivals --interval 20ms
	fake --count 400 --rate 20k --source per-packet >/dev/null
	eventually 10 now_is '.balance.taken == 400'
	stop_probe_with 0
	assert_equal "$(record worker .pid)" "$(stats '.workers[].pid')"
	assert_equal "$(record summary .packets)" "$(stats '[.workers[].packets] | add')"
	assert_equal "$(record socket '[.cookie, .arrivals]')" "$(stats '.workers[] | [.cookie, .packets]')"
	assert_equal "$(stats '.workers[0].packets > 0 and .workers[0].packets < 400')" true
	# Without a port: those of its processes.
	start_probe --cgroup "$CGROUP/below" --interval 20ms
	stop_probe_with 0
	grep -q "^Watching port $PORT," probe.out
	stop_receiver
	# A sibling whose name begins alike is another one.
	mkdir "$CGROUP/bel"
	run -1 "${inside[@]}" "$BIN/fairport-probe" --cgroup "$CGROUP/bel" --duration 50ms
	rmdir "$CGROUP/bel"
}

@test "--netns: by the pid of a process, and by name" {
	start_three
	other=("${inside[@]}")
	inside=()
	for netns in "$APART" "$RECEIVER"; do
		start_probe --netns "$netns" --port "$PORT" --with all --interval 20ms
		fake --count 30 --rate 20k >/dev/null
		eventually 10 now_is '.balance.taken == 30'
		stop_probe_with 0
		assert_equal "$(told | jq -c '[.[0], .[2]]' | sort)" "$(printf '[%d,10]\n' "${WORKERS[@]}" | sort)"
		assert_balance
	done
	assert_equal "$(record header .netns)" "$(stat -Lc %i "/proc/$APART/ns/net")"
	ip netns attach "fairport-test-$$" "$APART"
	start_probe --netns "fairport-test-$$" --port "$PORT" --interval 20ms
	ip netns delete "fairport-test-$$"
	fake --count 30 --rate 20k >/dev/null
	eventually 10 has_told .packets 30
	stop_probe_with 0
	# The same port in this namespace is another one.
	run -1 "$BIN/fairport-probe" --port "$PORT" --duration 50ms
	inside=("${other[@]}")
	stop_receiver
}

@test "processes that exit and others that take their place are told as they were" {
	start_three --interval 20ms
	start_probe --port "$PORT" --with arrivals --interval 20ms
	fake --count 300 --rate 20k >/dev/null
	eventually 10 now_is '.balance.taken == 300'
	control restart >/dev/null
	fake --count 300 --rate 20k >/dev/null
	eventually 10 now_is '.balance.taken == 600'
	control workers 2 >/dev/null
	fake --count 300 --rate 20k >/dev/null
	eventually 10 now_is '.balance.taken == 900'
	stop_receiver
	# They have closed their sockets, with nothing in them.
	eventually 10 now_is '.sockets == []'
	stop_probe_with 0
	assert_equal "$(told)" "$(ndjson receive.ndjson worker 'select(.packets > 0) | [.pid, .cookie, .packets]' | sort)"
	assert [ "$(told | wc -l)" -ge 6 ]
	assert_equal "$(record socket .open | sort -u)" false
	assert_equal "$(record summary '.balance | [.arrivals, .taken, .dropped, .queue_packets, .lost_at_close]')" "[900,900,0,0,0]"
	assert_balance
}

@test "200 members: each has its own counts, in records and in text" {
	start_probe --port "$WATCHED" --wait --with all --interval 20ms
	"${inside[@]}" recv-calls "$WATCHED" recvfrom drain 200 1100 >calls.json
	stop_probe_with 0
	assert_equal "$(wc -l <calls.json)" 200
	assert_equal "$(probe_counts)" "$(own_counts)"
	assert_equal "$(record socket '[.cookie, .packets, .arrivals, .bytes]' | sort)" \
		"$(jq -c '[.cookie, .packets, .packets, .bytes]' calls.json | sort)"
	run -1 grep -E '^.{81}' probe.out
	while read -r pid cookie; do
		grep -qE "^ *$pid recv-calls +$cookie " probe.out
	done < <(jq -r '"\(.pid) \(.cookie)"' calls.json | shuf -n 5 --random-source=calls.json)
	assert_balance
}

@test "--by socket, thread, cpu, flow: the records of each, and the same totals" {
	# Where the receiver is bound to the last CPU, all is taken there.
	cpu=$(usable_cpus | tail -n 1)
	receiver_under=("${inside[@]}" taskset -c "$cpu")
	start_three
	for by in worker socket thread cpu flow; do
		start_probe --port "$PORT" --by "$by" --with arrivals --interval 20ms
		fake --count 300 --rate 20k --source pool:3 >/dev/null
		eventually 10 now_is '.balance.taken == 300'
		stop_probe_with 0
		assert_equal "$(jq -r .type probe.ndjson | sort -u | grep -vE 'header|interval|worker|socket|summary' || true)" \
			"$(grep -E 'thread|cpu|flow' <<<"$by" || true)"
		assert_equal "$(record summary '[.packets, .balance.arrivals]')" "[300,300]"
		assert_equal "$(record worker .packets | tr '\n' ' ')" "100 100 100 "
		case $by in
		thread) assert_equal "$(record thread '[.pid == .tid, .packets]' | sort -u)" "[true,100]" ;;
		cpu)
			assert_equal "$(record cpu 'select(.packets > 0) | [.cpu, .packets, .bytes > 0]')" "[$cpu,300,true]"
			assert_equal "$(jq -s 'map(select(.type == "cpu").arrivals) | add' probe.ndjson)" 300
			;;
		flow) assert_equal "$(jq -s 'map(select(.type == "flow").packets) | add' probe.ndjson)" 300 ;;
		esac
		assert_balance
	done
	stop_receiver
}

@test "who owns a socket is told, also where nobody takes from it" {
	open_members "udp,127.0.0.1,$WATCHED,count=2"
	start_probe --port "$WATCHED"
	stop_probe_with 0
	assert_equal "$(record socket '[.owners[0].pid, .cookie, .owners[0].comm]' | sort)" \
		"$(awk '/^[0-9]/ { printf "[%d,%d,\"python3\"]\n", $1, $2 }' members | sort)"
	run -0 cat probe.out
	assert_line --regexp "udp $WATCHED +[0-9]+ python3 +0 "
}

@test "--cgroup: also by another mount of the hierarchy than the first" {
	make_cgroup
	local second=$BATS_TEST_TMPDIR/second
	mkdir "$second"
	# In a mount namespace of the probe's own.
	probe_under=(unshare --mount bash -c "mount -t cgroup2 none $second && exec \"\$@\"" -)
	start_probe --port "$WATCHED" --wait --cgroup "$second/${CGROUP##*/}"
	"${inside[@]}" bash -c "echo \$\$ >$CGROUP/cgroup.procs && exec recv-calls $WATCHED recvfrom drain 1 5" >&2
	"${inside[@]}" recv-calls "$WATCHED" recvfrom drain 1 7 >&2
	stop_probe_with 0
	assert_equal "$(record summary .packets)" 5
}

@test "--pid is refused in another pid namespace than the kernel's numbers are of" {
	run -77 --separate-stderr unshare --pid --fork --mount-proc "$BIN/fairport-probe" --pid 1 --wait --duration 50ms
	assert_regex "$stderr" "error: --pid cannot be told from here"
	run -0 --separate-stderr unshare --pid --fork --mount-proc "$BIN/fairport-probe" --port 9 --wait --duration 50ms
}

#!/usr/bin/env bats
# alone: looks at what is left in the kernel, and traffic has to keep its pace
# The bpftrace scripts, probes/*.bt: each is run on traffic of which the counts are known.
#
# Shell text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common

# Scripts see all network namespaces: what else runs on this host should be on other ports.
PORT=28089
NOBODY=28090 # nobody listens there

setup_file() {
	"${CC:-cc}" -std=c11 -D_GNU_SOURCE -O2 -o "$BATS_FILE_TMPDIR/recv-calls" \
		"$TOP/tests/lib/recv-calls.c" -luring
}

setup() {
	PATH="$BATS_FILE_TMPDIR:$PATH"
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Root with bpftrace, on a kernel of version $1 or later.
require_bpftrace() {
	require_root
	require_command bpftrace
	require_command jq
	[ -e /sys/kernel/btf/vmlinux ] || skip_because "needs a kernel with BTF"
	unshare --mount mount -t tracefs tracefs /sys/kernel/tracing || skip_because "needs tracefs"
	printf '%s\n' "$1" "$(uname -r)" | sort -CV || skip_because "needs Linux $1"
}

# Whether bpftrace takes script $1 for good, to the last instruction; nothing is attached.
accepts() {
	unshare --mount bash -euc '
		mount -t tracefs tracefs /sys/kernel/tracing
		bpftrace -d "$0" 8089' "$1"
}

# Whether bpftrace, process $1, has ended; it is asked to. 0.17 misses the signal when it comes
# while no epoll_wait(2) is under way, so again and again. (A second SIGINT would cost the results.)
has_ended() {
	! kill -TERM "$1" 2>/dev/null
}

# In fresh namespaces, runs the shell text $1 while script $2, given the other arguments, traces.
# Its results go to trace.json; returns its status.
under_script() {
	export -f eventually has_ended ndjson start_receiver stop_receiver fake
	export PORT NOBODY
	rm -f trace.json
	unshare --net --mount bash -euc '
		ip link set lo up
		mount -t tracefs tracefs /sys/kernel/tracing
		bpftrace -f json "$TOP/probes/$1.bt" "${@:2}" >trace.json 2>trace.err 3>&- &
		trace=$!
		trap "kill -KILL $trace; cat trace.err >&2" EXIT
		eventually 30 grep -qs ready trace.json
		eval "$0"
		eventually 30 has_ended "$trace"
		trap - EXIT
		wait "$trace"
	' "$@"
}

# The map $1, as [[key, ..., value], ...], numbers where they are, in order.
table() {
	jq -cs --arg map "@$1" 'map(select(.data | has($map)?) | .data[$map]) | add // {} | to_entries |
		map((.key | split(",") | map(tonumber? // .)) + [.value]) | sort' trace.json
}

# The histogram $1: {pid: {"MIN": count, ...}}, without empty rows.
histogram() {
	jq -cS --arg map "@$1" 'select(.type == "hist") | .data[$map] // empty |
		map_values(map(select(.count > 0) | {(.min // 0 | tostring): .count}) | add)' trace.json
}

# The jq FILTER over all accounts of recv-calls, in order.
accounts() {
	jq -cs "map($1) | sort" calls.json
}

@test "each script says what it asks, and how to read and pay for the answer" {
	for script in "$TOP"/probes/*.bt; do
		run -0 sed -n '1,/^ \*\/$/s/^ \* \([A-Z]*\): .*/\1/p' "$script"
		assert_output "QUESTION
USAGE
SAMPLE
MEANING
NEEDS
COST"
		assert_equal "$(head -n 1 "$script")" "#!/usr/bin/env bpftrace"
		run -0 grep -F " * USAGE: bpftrace ${script##*/}" "$script"
		run -0 grep -E "^ \*   # bpftrace ${script##*/}( 8089)?$" "$script"
		run -1 grep -nE '^.{101}' "$script"
	done
}

@test "docs/scripts.md has each script and no other" {
	assert_equal "$(grep -o '^| .*`[a-z-]*\.bt' "$TOP/docs/scripts.md" | sed 's/.*`//' | sort)" \
		"$(cd "$TOP/probes" && printf '%s\n' *.bt | sort)"
}

@test "each script is accepted, and attaches to tracepoints only" {
	require_bpftrace 6.11
	for script in "$TOP"/probes/*.bt; do
		run -0 --separate-stderr accepts "$script"
		refute_regex "$stderr" "WARNING"
		run -1 grep -E '^[a-z]+:' <(grep -vE '^(tracepoint|interval):' "$script")
	done
}

@test "a broken script is not accepted" {
	require_bpftrace 6.11
	sed 's/->sk_protocol/->sk_protokoll/' "$TOP/probes/recvfrom.bt" >field.bt
	sed 's/args->ret/args->result/' "$TOP/probes/recvfrom.bt" >argument.bt
	sed 's/sys_exit_recvfrom/sys_exit_recvfrob/' "$TOP/probes/recvfrom.bt" >tracepoint.bt
	sed 's/SKB_DROP_REASON_NO_SOCKET/SKB_DROP_REASON_NO_SOCKS/' "$TOP/probes/drops-by-port.bt" >name.bt
	sed '$d' "$TOP/probes/recvfrom.bt" >end.bt
	for script in field argument tracepoint name end; do
		run -1 accepts "$script.bt"
		assert_output --partial "ERROR: "
	done
}

@test "recvfrom-by-pid: each call, whether it brings anything or not" {
	require_bpftrace 4.18
	under_script 'recv-calls $PORT recvfrom drain 3 1000 >calls.json
		recv-calls $PORT recvfrom timeout 2 0 >>calls.json
		recv-calls $PORT recvmsg drain 1 10 >others.json' recvfrom-by-pid
	assert_equal "$(accounts .calls)" "[1,1,334,334,335]"
	assert_equal "$(table calls | jq -c 'map(select(.[1] == "recv-calls"))')" \
		"$(accounts '[.pid, "recv-calls", .calls]')"
}

@test "recvfrom-by-socket: packets and bytes by process, port, inode and cookie" {
	require_bpftrace 5.8
	under_script 'recv-calls $PORT recvfrom drain 4 1000 one >calls.json
		recv-calls $PORT recvfrom drain 2 100 >>calls.json
		recv-calls $PORT recvfrom timeout 1 0 >&2
		recv-calls $NOBODY recvfrom drain 1 10 >&2' recvfrom-by-socket "$PORT"
	for key in packets bytes; do
		assert_equal "$(table $key | jq -c 'map([.[0, 1, 3, 4]]) | sort')" \
			"$(accounts "[.pid, $PORT, .cookie, .$key]")"
	done
	assert_equal "$(table packets | jq 'map(.[2]) | unique | length')" 6
}

@test "recvfrom-by-socket: all ports; a socket that nobody asked for its cookie has none" {
	require_bpftrace 5.8
	under_script 'recv-calls $PORT recvfrom drain 1 10 >calls.json
		recv-calls $NOBODY recvfrom drain 1 20 >>calls.json
		perl -MSocket -e '\''
			socket(my $s, PF_INET, SOCK_DGRAM, 0);
			bind($s, pack_sockaddr_in(0, INADDR_LOOPBACK));
			send($s, "12345", 0, getsockname($s));
			recv($s, my $data, 9, 0);
			my @port = unpack_sockaddr_in(getsockname($s));
			print "[$$,$port[0],", (stat($s))[1], ",0,5]";'\'' >own.json' recvfrom-by-socket
	assert_equal "$(table packets | jq -c "map(select(.[1] == $PORT or .[1] == $NOBODY) |
		[.[1], .[3], .[4]])")" \
		"$(jq -cs "[[$PORT, .[0].cookie, 10], [$NOBODY, .[1].cookie, 20]]" calls.json)"
	assert_equal "$(table bytes | jq -c "map(select(.[0] == $(jq '.[0]' own.json)))[0]")" \
		"$(cat own.json)"
}

@test "recv-batch: packets of each recvmmsg, bytes of each other call" {
	require_bpftrace 5.8
	under_script 'for call in recvmmsg recvfrom recvmsg; do
			recv-calls $PORT $call drain 2 1000 >$call.json
		done
		recv-calls $PORT recvmmsg timeout 1 0 >&2
		recv-calls $PORT recvfrom timeout 1 0 >&2
		recv-calls $NOBODY recvmmsg drain 1 10 >&2' recv-batch "$PORT"
	cp recvmmsg.json calls.json
	assert_equal "$(table packets)" "$(accounts "[.pid, 500]")"
	# 500 are 62 times 8 and 4.
	assert_equal "$(histogram packets_per_recvmmsg)" \
		"$(jq -csS 'map({(.pid | tostring): {"4": 1, "8": 62}}) | add' calls.json)"
	cat recvfrom.json recvmsg.json >calls.json
	assert_equal "$(table bytes)" "$(accounts "[.pid, .bytes]")"
	# Packet i has 4 + i mod 97 bytes, and goes to socket i mod 2.
	assert_equal "$(histogram bytes_per_call | jq -c '[.[] | add] | unique')" "[500]"
	assert_equal "$(histogram bytes_per_call | jq -c '[.[]["4"], .[]["8"]]')" \
		"$(jq -nc '[range(1000) | {socket: (. % 2), bytes: (4 + . % 97)}] |
			[("4", "8") as $min | ($min | tonumber) as $min | (0, 1, 0, 1) as $socket |
			map(select(.socket == $socket and .bytes >= $min and .bytes < 2 * $min)) | length]')"
}

@test "drops-by-port: what a full queue and a closed port have cost" {
	require_bpftrace 6.11
	under_script '
		start_receiver 127.0.0.1:$PORT --workers 1 --sink null --rcvbuf 16KiB
		worker=$(xargs </proc/$RECEIVER/task/$RECEIVER/children)
		kill -STOP $worker
		eventually 10 grep -q "^State:.T" /proc/$worker/status
		fake --count 1000 --quiet >fake.out
		kill -CONT $worker
		stop_receiver
		PORT=$NOBODY fake --count 25 --quiet >fake.out 2>&1 || true
		if [ -e /proc/net/if_inet6 ]; then
			"$BIN/fairport-fake" "[::1]:$NOBODY" --count 5 --quiet >fake.out 2>&1 || true
		fi' drops-by-port
	dropped=$(ndjson receive.ndjson summary .drops)
	assert [ "$dropped" -gt 0 ]
	assert_equal "$(ndjson receive.ndjson summary '.packets + .drops')" 1000
	nobody=$([ -e /proc/net/if_inet6 ] && echo 30 || echo 25)
	assert_equal "$(table drops | jq -c "map(select(.[0] == $PORT or .[0] == $NOBODY))")" \
		"[[$PORT,\"receive buffer full\",$dropped],[$NOBODY,\"no socket\",$nobody]]"
	assert_equal "$(table drops_other | jq -c "map(select(.[0] == $PORT or .[0] == $NOBODY))")" "[]"
}

@test "queue-wait: a receiver that was stopped for 200 ms" {
	require_bpftrace 6.3
	before=$(date +%s%N)
	under_script '
		start_receiver 127.0.0.1:$PORT --workers 1 --sink null
		worker=$(xargs </proc/$RECEIVER/task/$RECEIVER/children)
		fake --count 1000 --rate 10k --source pool:8 --quiet >fake.out
		kill -STOP $worker
		eventually 10 grep -q "^State:.T" /proc/$worker/status
		fake --count 100 --quiet >fake.out
		sleep 0.2
		kill -CONT $worker
		stop_receiver' queue-wait "$PORT"
	after=$(date +%s%N)
	pid=$(ndjson receive.ndjson worker .pid)
	assert_equal "$(ndjson receive.ndjson summary .packets)" 1100
	counted=$(histogram wait_us | jq ".\"$pid\" | add")
	unknown=$(table unknown | jq 'map(.[1]) | add // 0')
	assert_equal "$((counted + unknown))" 1100
	longest=$(table longest_us | jq -c '.[] | select(.[0] == '"$pid"')[1]')
	assert [ "$longest" -ge 200000 ]
	assert [ "$longest" -lt $(((after - before) / 1000)) ]
	# At least those that were sent while it was stopped, and this host may have been slow.
	assert [ "$(histogram wait_us | jq "[.\"$pid\" | to_entries[] |
		select(.key | tonumber >= 131072) | .value] | add")" -ge 100 ]
}

@test "queue-wait: whatever the call, each packet once" {
	require_bpftrace 6.3
	under_script 'for call in recvfrom recvmsg recvmmsg read io_uring; do
			recv-calls $PORT $call drain 3 1000
		done >calls.json
		recv-calls $PORT recvmsg peek 2 100 >>calls.json
		recv-calls $PORT recvfrom drain 3 1000 one >>calls.json
		recv-calls $NOBODY recvfrom drain 1 10 >&2' queue-wait "$PORT"
	assert_equal "$(histogram wait_us | jq -c 'map_values(add)')" \
		"$(jq -csS 'group_by(.pid) | map({(.[0].pid | tostring): map(.packets) | add}) | add' calls.json)"
	assert_equal "$(table unknown)" "[]"
}

@test "accept-by-pid: each connection, and each call for nothing" {
	require_bpftrace 5.8
	under_script '
		start_receiver 127.0.0.1:$PORT --protocol tcp --model shared --workers 3 --sink null
		fake --protocol tcp --source per-packet --count 300 --quiet >fake.out
		stop_receiver
		perl -MIO::Socket::INET -e '\''
			my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:$ENV{PORT}",
				ReuseAddr => 1, Blocking => 0) or die;
			$s->accept for 1 .. 7;
			print $$;'\'' >own.pid' accept-by-pid "$PORT"
	assert_equal "$(ndjson receive.ndjson worker .connections | jq -s add)" 300
	assert_equal "$(table accepted | jq -c 'map([.[0, 2]])')" \
		"$(jq -cs 'map(select(.type == "worker" and .connections > 0) | [.pid, .connections]) | sort' \
			receive.ndjson)"
	assert_equal "$(table eagain | jq -c "map(select(.[0] == $(cat own.pid)))")" \
		"[[$(cat own.pid),\"perl\",7]]"
	assert_equal "$(table errors)" "[]"
}

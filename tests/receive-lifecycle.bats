#!/usr/bin/env bats
# alone: traffic has to keep its pace
# fairport-receive from its start to its end: restarts, resizes, deaths, users, places, services.
# Nothing is lost that need not be, and what is lost is named.
# Text for jq and perl stands in single quotes; run --separate-stderr sets $stderr; lib/common uses
# receiver_under.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive

sent() {
	ndjson fake.ndjson summary .packets
}

# Whether the faker's intervals so far hold more than $1 packets.
has_sent() {
	(($(jq -s 'map(select(.type == "interval").packets) | add // 0' fake.ndjson) > $1))
}

# What was sent last may still be on its way when the sender has ended; a socket that is told to
# leave meanwhile would refuse it.
await_arrival() {
	eventually 10 counts_so "([.slots[].packets] | add) == $(sent)"
}

# Everything that was sent was received and read.
assert_nothing_lost() {
	assert_equal "$(received '[.packets, .drops, .in_queue, .lost_in_crash, .crashed]')" "[$(sent),0,0,0,0]"
	assert_books
}

# How many lives each generation has: "[4,4]".
generations() {
	jq -sc 'map(select(.type == "worker").generation) | group_by(.) | map(length)' receive.ndjson
}

# The sockets that each generation read, as numbers in the order of their appearance.
cookies() {
	jq -sc 'map(select(.type == "worker")) | sort_by(.generation, .index) |
		(reduce .[].cookie as $c ([]; if index([$c]) then . else . + [$c] end)) as $all |
		group_by(.generation) | map(map(.cookie as $c | $all | index([$c])) | unique)' receive.ndjson
}

# There are $1 workers, and all of them serve.
has_settled() {
	counts_so "(.workers | length) == $1 and all(.workers[]; .state == \"serving\")"
}

# start_load OPTION...: a faker with short intervals, of which has_sent reads.
start_load() {
	start_fake --source pool:64 --interval 50ms "$@"
}

milliseconds() {
	echo $((${EPOCHREALTIME//./} / 1000))
}

@test "rolling restart: 50,000 packets/s for 10 s, three restarts, 0 lost (round-robin)" {
	require_steering
	start_pool --steer round-robin
	start_load --rate 50k --count 500k
	local i
	for i in 1 2 3; do
		eventually 20 has_sent $((i * 120000))
		assert_equal "$(control restart)" "generation: $((i + 1))"
	done
	await_fake
	await_arrival
	stop_receiver
	assert_equal "$(sent)" 500000
	assert_nothing_lost
	assert_equal "$(received '[.generations, .restarts, .fallbacks, .respawns]')" '[4,3,0,0]'
	assert_equal "$(generations)" '[4,4,4,4]'
	# Each program begins at the first worker.
	assert_equal "$(shares | jq -c 'map(. >= 124997 and . <= 125003)')" '[true,true,true,true]'
	# Each generation had its part.
	assert_equal "$(jq -s 'map(select(.type == "worker" and .packets < 5000)) | length' receive.ndjson)" 0
}

# Who has been told to leave gets no more than what waits in its queue; if it were not taken out of the
# choice, it would get a half, a third and a quarter of what follows, about 8,000.
@test "three restarts under load lose nothing, whatever the model, policy and handover" {
	local options expected
	while IFS='|' read -r options expected; do
		echo "$options"
		# shellcheck disable=SC2086 # words are meant
		start_pool --workers 2 $options
		start_load --rate 40k --count 30k
		local i so_far=
		for i in 1 2 3; do
			eventually 20 has_sent $((i * 7000))
			control restart >/dev/null
			[ $i != 1 ] || so_far=$(stats '[.workers[] | select(.generation == 1).packets] | add // 1e9')
		done
		await_fake
		await_arrival
		stop_receiver
		assert_nothing_lost
		assert_equal "$(generations)" '[2,2,2,2]'
		assert_equal "$(cookies)" "$expected"
		assert_equal "$(jq -s "(map(select(.type == \"worker\" and .generation == 1).packets) | add) - $so_far < 5000" \
			receive.ndjson)" true
	done <<-'TABLE'
		--steer hash|[[0,1],[2,3],[4,5],[6,7]]
		--steer hash --handover inherit|[[0,1],[0,1],[0,1],[0,1]]
		--steer random|[[0,1],[0,1],[0,1],[0,1]]
		--model shared|[[0],[0],[0],[0]]
		--model dispatcher|[[0,1],[0,1],[0,1],[0,1]]
	TABLE
}

@test "a restart of the only worker loses nothing either" {
	start_pool --model single
	start_load --rate 40k --count 20k
	eventually 20 has_sent 5000
	control restart >/dev/null
	await_fake
	await_arrival
	stop_receiver
	assert_nothing_lost
	assert_equal "$(generations)" '[1,1]'
}

@test "a restart with eBPF: --handover inherit keeps the sockets, rebind makes new ones" {
	require_steering
	local handover expected
	while read -r handover expected; do
		start_pool --workers 2 --steer consistent --handover "$handover"
		control restart >/dev/null
		fake --count 200 --rate 20k --source per-packet >/dev/null
		stop_receiver
		assert_equal "$(cookies)" "$expected"
		assert_equal "$(received '[.packets, .fallbacks]')" '[200,0]'
		assert_books
	done <<-'TABLE'
		rebind [[0,1],[2,3]]
		inherit [[0,1],[0,1]]
	TABLE
}

@test "growing and shrinking under load lose nothing" {
	local options policies=("--steer hash" "--model shared" "--model dispatcher" "--steer random")
	[ "$(id -u)" != 0 ] || policies+=("--steer round-robin")
	for options in "${policies[@]}"; do
		echo "$options"
		# shellcheck disable=SC2086 # words are meant
		start_pool --workers 2 $options
		start_load --rate 40k --count 24k
		local workers sent=4000
		for workers in 5 1 3; do
			eventually 20 has_sent $sent
			sent=$((sent + 6000))
			assert_equal "$(control workers $workers)" "workers: $workers"
			eventually 10 has_settled $workers
		done
		await_fake
		await_arrival
		stop_receiver
		assert_nothing_lost
		assert_equal "$(received '[.workers, .generations]')" '[3,1]'
		assert_equal "$(jq -sc 'map(select(.type == "worker").index) | sort' receive.ndjson)" '[0,1,1,2,2,3,4]'
	done
}

# Whether process $1, which had run for $2 ns, has run for another millisecond.
has_run() {
	local ran
	read -r ran _ <"/proc/$1/schedstat"
	((ran > $2 + 1000000))
}

# Stops worker 0, fills its queue, and kills it 1 ms after it goes on. A packet of 100 lines takes it
# much longer than the call that takes packets.
kill_with_queue() {
	local pid ran end=$((SECONDS + 10))
	pid=$(worker_pid 0)
	kill -STOP "$pid"
	fake --engine sendto --count 1000 --lines 100 --schema cpu >/dev/null
	read -r ran _ <"/proc/$pid/schedstat"
	kill -CONT "$pid"
	until has_run "$pid" "$ran" || ((SECONDS > end)); do :; done
	kill -KILL "$pid"
	eventually 10 has_another 0 "$pid"
}

# One in a few dozen is between two packets: ten of them in a row have a chance below 1e-12.
@test "what a killed worker had taken and not read is counted, with every engine" {
	require_root # for the buffer
	local engine kills
	for engine in recvfrom recvmmsg gro; do
		echo "$engine"
		start_pool --workers 1 --engine "$engine" --rcvbuf 64MiB
		kills=0
		until grep -q 'took along [1-9]' receive.err; do
			((++kills <= 10))
			kill_with_queue
		done
		stop_receiver_with 2
		assert_equal "$(received '[.packets, .drops, .in_queue, .pending, .crashed]')" "[$((1000 * kills)),0,0,0,$kills]"
		assert_equal "$(received .lost_in_crash)" \
			"$(jq -s 'map(select(.type == "worker").lost_in_crash) | add' receive.ndjson)"
		assert_equal "$(received "(.lines - 100 * (.packets - .lost_in_crash)) |
			. >= 0 and . <= 100 * $kills")" true
		grep -q 'error: [0-9,]* packets were taken by processes that died before reading them' receive.err
		assert_books
	done
}

# A line that was decoded in the very moment of the signal may be counted, and its packet as lost.
@test "SIGKILL in the middle of the load: respawned, and the loss is named, with every engine" {
	local engine pid
	for engine in recvfrom recvmmsg gro; do
		echo "$engine"
		start_pool --workers 2 --engine "$engine"
		start_load --engine sendto --rate 40k --count 20k
		eventually 20 has_sent 5000
		pid=$(worker_pid 1)
		kill -KILL "$pid"
		eventually 10 has_another 1 "$pid"
		await_fake
		stop_receiver_with 2
		assert_equal "$(received '.packets + .drops + .in_queue')" "$(sent)"
		assert_equal "$(received '[.drops, .in_queue, .crashed, .respawns, .pending]')" '[0,0,1,1,0]'
		assert_equal "$(received '.lines + .lost_in_crash - .packets | . == 0 or . == 1')" true
		assert_equal "$(ndjson receive.ndjson worker "select(.pid == $pid) | [.index, .exit_status]")" '[1,9]'
		assert_equal "$(jq -sc 'map(select(.type == "worker" and .index == 1).cookie) | unique | length' \
			receive.ndjson)" 1
		assert_regex "$(cat receive.err)" \
			"worker 1 \(pid $pid\) was killed by signal 9 \(Killed\) after [0-9,]+ packets, [0-9,]+ lines"
		assert_regex "$(cat receive.err)" "worker 1 runs again as pid [0-9]+"
		assert_books
	done
}

@test "SIGKILL of a worker behind the dispatcher, and of the dispatcher: respawned, nothing unnamed" {
	start_pool --model dispatcher --workers 2
	start_load --engine sendto --rate 40k --count 40k
	local pid front
	eventually 20 has_sent 5000
	pid=$(worker_pid 0) front=$(front_pid)
	kill -KILL "$pid"
	eventually 10 has_another 0 "$pid"
	eventually 20 has_sent 15000
	kill -KILL "$front"
	eventually 10 grep -q 'dispatcher 0 runs again as pid' receive.err
	await_fake
	stop_receiver_with 2
	assert_equal "$(received '.packets + .drops + .in_queue')" "$(sent)"
	assert_equal "$(received '[.drops, .in_queue, .crashed, .respawns]')" '[0,0,2,2]'
	assert_equal "$(received '.lines + .lost_in_crash - .packets | . >= 0 and . <= 2')" true
	assert_regex "$(cat receive.err)" "the dispatcher \(pid $front\) was killed by signal 9"
	assert_equal "$(ndjson receive.ndjson front '.generation')" "$(printf '1\n1')"
	assert_books
}

@test "SIGKILL of one that reads a shared socket: the others take over at once" {
	start_pool --model shared --workers 2
	start_load --rate 40k --count 20k
	local pid
	eventually 20 has_sent 5000
	pid=$(worker_pid 0)
	kill -KILL "$pid"
	eventually 10 has_another 0 "$pid"
	await_fake
	stop_receiver_with 2
	assert_equal "$(received '.packets + .drops + .in_queue')" "$(sent)"
	assert_equal "$(received '[.drops, .in_queue, .crashed, .respawns]')" '[0,0,1,1]'
	assert_books
}

@test "lines that a killed worker had not stored are named" {
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1 --control receive.ctl
	fake --count 10 --schema cpu >/dev/null
	eventually 10 counts_so '.workers[0].stored == 10'
	local backend
	backend=$(sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'fairport-receive'")
	kill -STOP "$backend"
	fake --count 25 --lines 2 --schema cpu >/dev/null
	eventually 10 has_taken 35
	kill -KILL "$(worker_pid 0)"
	eventually 10 grep -q 'runs again' receive.err
	kill -CONT "$backend"
	stop_receiver_with 2
	assert_equal "$(received '[.packets, .lines, .stored, .pending, .lost_in_crash]')" '[35,60,10,50,0]'
	grep -q 'took along 0 packets that it had not read, and 50 lines that it had not stored' receive.err
	grep -q 'error: 50 lines were in workers that died' receive.err
	assert_books
}

# Lower bounds only: a busy host may take longer.
@test "who dies again and again is started again later and later" {
	start_pool --workers 1
	local i pid began delays=(0 100 200 400)
	for i in 0 1 2 3; do
		pid=$(worker_pid 0)
		began=$(milliseconds)
		kill -SEGV "$pid"
		eventually 10 has_another 0 "$pid"
		(($(milliseconds) - began >= delays[i]))
	done
	fake --count 100 --rate 20k >/dev/null
	stop_receiver_with 2
	assert_equal "$(received '[.crashed, .respawns, .packets]')" '[4,4,100]'
	assert_equal "$(grep -c 'was killed by signal 11 (Segmentation fault) after 0 packets' receive.err)" 4
	assert_books
}

@test "what is sent while a worker is dead waits in its socket" {
	start_pool --workers 1
	local pid
	pid=$(worker_pid 0)
	kill -KILL "$pid"
	eventually 10 has_another 0 "$pid"
	pid=$(worker_pid 0)
	kill -STOP "$RECEIVER"
	kill -KILL "$pid"
	fake --count 500 --rate 20k >/dev/null
	kill -CONT "$RECEIVER"
	eventually 10 has_taken 500
	stop_receiver_with 2
	assert_equal "$(received '[.packets, .lost_in_crash, .drops]')" '[500,0,0]'
	assert_books
}

@test "a generation that does not start: the old one goes on, and says so" {
	require_command prlimit
	start_postgres
	start_receiver 127.0.0.1:0 --workers 2 --control receive.ctl --max-tables 100000
	fake --count 100 --rate 10k --source per-packet --schema cpu >/dev/null
	eventually 10 counts_so '[.workers[].stored] | add == 100'
	local workers
	workers=$(stats '.workers | map(.pid)')
	# There is no memory for what new workers need.
	prlimit --pid "$RECEIVER" --data=1:
	run control restart
	assert_failure 1
	assert_output --partial 'generation 2 did not start; the workers that serve go on'
	grep -q 'error: generation 2 did not start; the workers that serve go on' receive.err
	prlimit --pid "$RECEIVER" --data=unlimited:
	eventually 10 has_settled 2
	assert_equal "$(stats '.workers | map(.pid)')" "$workers"
	fake --count 50 --rate 10k --source per-packet --schema cpu >/dev/null
	eventually 10 counts_so '[.workers[].stored] | add == 150'
	# One that was tried again may count as crashed.
	stop_receiver || true
	assert_equal "$(received '[.packets, .stored, .store_errors, .restarts]')" '[150,150,0,0]'
	assert_books
}

@test "a generation whose sockets cannot be opened leaves the old one as it was" {
	require_command prlimit
	local policy policies=(hash)
	[ "$(id -u)" != 0 ] || policies+=(round-robin)
	for policy in "${policies[@]}"; do
		start_pool --workers 4 --steer "$policy"
		start_load --rate 20k --count 20k
		eventually 10 has_sent 3000
		# Room for two sockets more, and for what a restart needs beside them.
		prlimit --nofile="$(($(find "/proc/$RECEIVER/fd" -mindepth 1 | wc -l) + 5)):" --pid "$RECEIVER"
		run control restart
		assert_failure 1
		grep -q 'error: could not open UDP socket . on 127.0.0.1:.*: Too many open files' receive.err
		grep -q 'hint: raise the limit of open files: ulimit -n' receive.err
		eventually 10 has_settled 4
		run control workers 8
		assert_failure 1
		grep -q 'error: the pool keeps its 4 workers' receive.err
		eventually 10 has_settled 4
		await_fake
		await_arrival
		stop_receiver
		assert_nothing_lost
		assert_equal "$(received '[.restarts, .workers]')" '[0,4]'
	done
}

@test "SIGTERM and ^C end it with status 0, and all that was queued is read" {
	local signal
	for signal in TERM INT; do
		start_pool --workers 2
		kill -STOP "$(worker_pid 0)" "$(worker_pid 1)"
		fake --count 1000 --source per-packet >/dev/null
		kill "-$signal" "$RECEIVER"
		eventually 10 grep -q draining receive.err
		continue_children "$RECEIVER"
		await_receiver
		assert_equal "$(received '[.reason, .packets, .in_queue, .drops]')" '["interrupted",1000,0,0]'
		grep -q 'Ended by: interrupted' receive.out
		assert_books
	done
}

@test "the second SIGTERM aborts: status 2, and what was not read is counted" {
	start_pool --workers 2
	kill -STOP "$(worker_pid 1)"
	fake --count 1000 --rate 20k --source per-packet >/dev/null
	kill -TERM "$RECEIVER"
	eventually 10 grep -q draining receive.err
	kill -TERM "$RECEIVER"
	local status=0
	await_receiver || status=$?
	assert_equal "$status" 2
	assert_equal "$(received '.reason, .packets + .in_queue + .drops' | tr '\n' ' ')" '"aborted" 1000 '
	assert_equal "$(received '.in_queue > 300 and .lost_in_crash == 0')" true
	assert_books
}

@test "workers end with a receiver that is killed" {
	start_pool --workers 3
	local pid pids
	pids=$(stats '.workers[].pid')
	kill -KILL "$RECEIVER"
	await_receiver || true
	for pid in $pids; do
		eventually 10 test ! -e "/proc/$pid"
	done
}

# The Uid, capabilities and no_new_privs of the workers that serve.
identities() {
	local pid
	for pid in $(stats '.workers[].pid'); do
		awk '/^(Uid|Gid|Groups|CapEff|CapPrm|NoNewPrivs):/ { printf "%s ", $0 } END { print "" }' \
			"/proc/$pid/status" | tr -s '\t ' ' '
	done | sort -u
}

@test "--user: the workers are nobody, also after a restart and a death, on a privileged port" {
	require_root
	local group pid expected
	group=$(id -g nobody)
	expected="Uid: 65534 65534 65534 65534 Gid: $group $group $group $group Groups: $group"
	expected+=" CapPrm: 0000000000000000 CapEff: 0000000000000000 NoNewPrivs: 1 "
	receiver_under=(unshare --net bash -euc 'ip link set lo up; exec "$@"' bash)
	start_receiver 127.0.0.1:53 --sink null --control receive.ctl --user nobody --workers 2
	receiver_under=()
	assert_equal "$PORT" 53
	assert_equal "$(identities)" "$expected"
	control restart >/dev/null
	eventually 10 has_settled 2
	assert_equal "$(identities)" "$expected"
	control workers 3 >/dev/null
	pid=$(worker_pid 0)
	kill -KILL "$pid"
	eventually 10 has_another 0 "$pid"
	assert_equal "$(identities)" "$expected"
	assert_equal "$(stats '.workers | length')" 3
	nsenter "--net=/proc/$RECEIVER/ns/net" "$BIN/fairport-fake" 127.0.0.1:53 --count 300 --rate 20k \
		--source per-packet >/dev/null
	stop_receiver_with 2
	assert_equal "$(received '[.packets, .restarts, .respawns]')" '[300,1,1]'
	assert_books
}

@test "--user with eBPF steering and a dispatcher: restarts work, nobody is root" {
	require_steering
	local options
	for options in "--steer round-robin" "--model dispatcher"; do
		# shellcheck disable=SC2086 # words are meant
		start_pool --user nobody --workers 2 $options
		control restart >/dev/null
		assert_equal "$(ps -o user= --ppid "$RECEIVER" | sort -u)" nobody
		fake --count 200 --rate 20k >/dev/null
		stop_receiver
		assert_equal "$(shares)" '[100,100]'
		assert_books
	done
}

@test "--user is refused where it cannot be, and for who is no user" {
	refuses_each fairport-receive <<-'TABLE'
		127.0.0.1:0 --sink null --user nosuchuser|invalid value "nosuchuser" for --user: there is no user
		127.0.0.1:0 --sink null --user root|this is for giving up root
		127.0.0.1:0 --sink null --user nobody:nosuchgroup|there is no group "nosuchgroup"
	TABLE
	require_root
	run --separate-stderr "${as_nobody[@]}" "$BIN/fairport-receive" 127.0.0.1:0 --sink null --user games
	assert_failure 1
	assert_equal "$output" ""
	assert_regex "$stderr" 'error: .*user'
}

@test "ports below 1024 need privilege, which is said" {
	require_root
	[ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 53 ] || skip_because "needs privileged ports"
	run --separate-stderr "${as_nobody[@]}" "$BIN/fairport-receive" 127.0.0.1:53 --sink null
	assert_failure 1
	assert_regex "$stderr" "could not open UDP socket 0 on 127.0.0.1:53: Permission denied"
	assert_regex "$stderr" "hint: ports below 1024 need CAP_NET_BIND_SERVICE"
}

@test "a service manager is told: ready, reloading, ready, stopping" {
	require_command perl
	perl -MIO::Socket::UNIX -MSocket -e '$| = 1;
		my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "notify") or die $!;
		while (defined $s->recv(my $text, 4096)) { print $text =~ s/\n/ /gr, "\n" }' >notified 3>&- &
	OTHER=$!
	eventually 10 test -S notify
	receiver_under=(env --default-signal=HUP "NOTIFY_SOCKET=$PWD/notify") # nohup(1) has it ignored
	start_pool --workers 2
	receiver_under=()
	eventually 10 grep -q '^READY=1' notified
	kill -HUP "$RECEIVER"
	eventually 10 counts_so '.generation == 2'
	stop_receiver
	eventually 10 grep -q '^STOPPING=1' notified
	sed -i "s/=[0-9]\{4,\}$/=N/" notified
	assert_equal "$(cat notified)" "READY=1 STATUS=2 workers on 127.0.0.1:$PORT (UDP)
RELOADING=1 MONOTONIC_USEC=N
READY=1 STATUS=2 workers on 127.0.0.1:$PORT (UDP)
STOPPING=1"
	assert_equal "$(received .restarts)" 1
	assert_books
}

# activated COUNT TYPE REUSEPORT OPTION...: fairport-receive with so many sockets that were passed.
activated='use Socket; use POSIX; $^F = 100; POSIX::close($_) for 3 .. 8; my ($count, $type, $reuseport) = splice @ARGV, 0, 3; my $port = 0;
	for (1 .. $count) {
		socket(my $s, PF_INET, $type eq "tcp" ? SOCK_STREAM : SOCK_DGRAM, 0) or die;
		setsockopt($s, SOL_SOCKET, SO_REUSEPORT, 1) if $reuseport;
		bind($s, pack_sockaddr_in($port, inet_aton("127.0.0.1"))) or die;
		listen($s, 10) if $type eq "tcp";
		($port) = unpack_sockaddr_in(getsockname($s));
		push @keep, $s;
	}
	@ENV{"LISTEN_PID", "LISTEN_FDS"} = ($$, $count);
	exec @ARGV'

@test "sockets of a service manager: all of them, or as many more as needed" {
	require_command perl
	local count
	for count in 1 3; do
		receiver_under=(perl -e "$activated" "$count" udp 1)
		start_receiver --sink null --workers 3 --control receive.ctl
		receiver_under=()
		fake --count 300 --rate 20k --source pool:300 >/dev/null
		control restart >/dev/null
		fake --count 300 --rate 20k --source pool:300 >/dev/null
		stop_receiver
		assert_equal "$(received '[.packets, .drops, .workers]')" '[600,0,3]'
		# Of 600 flows none for one of six sockets: less than 1e-7 (100 expected each, sd 8).
		assert_equal "$(jq -s 'map(select(.type == "worker" and .packets == 0)) | length' receive.ndjson)" 0
		assert_books
	done
	receiver_under=(perl -e "$activated" 1 udp '')
	start_receiver --sink null --model shared
	receiver_under=()
	fake --count 100 --rate 20k >/dev/null
	stop_receiver
	assert_equal "$(received .packets)" 100
}

@test "sockets of a service manager that do not fit are refused" {
	require_command perl
	local arguments message
	while IFS='|' read -r arguments message; do
		# shellcheck disable=SC2086 # words are meant
		run --separate-stderr perl -e "$activated" ${arguments%%;*} \
			"$BIN/fairport-receive" --sink null ${arguments#*;}
		assert_failure 1
		assert_equal "$output" ""
		assert_regex "$stderr" "$message"
		assert_regex "$stderr" hint:
	done <<-'TABLE'
		1 udp 0;--workers 2|sockets without SO_REUSEPORT were passed for 2 workers
		3 udp 1;--workers 2|3 sockets were passed for 2
		1 tcp 1;--workers 2|descriptor 3.*it is not a UDP socket
		1 udp 1;--protocol tcp|it is not a TCP socket that listens
		1 udp 1;127.0.0.1:0|an address to listen on was given
	TABLE
}

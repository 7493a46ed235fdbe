#!/usr/bin/env bats
# alone: traffic has to keep its pace
# fairport-receive: the models, the engines and the echo sink: whatever a packet goes through, it is
# counted once.
# Text for jq stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive

worker() {
	ndjson receive.ndjson worker "$1"
}

front() {
	ndjson receive.ndjson front "$1"
}

# One packet, and what comes back within 5 s.
echoed() {
	exec 5<>"/dev/udp/$1/$PORT"
	printf '%b' "$2" >packet
	cat packet >&5
	timeout 5 dd bs=64k count=1 status=none <&5
	exec 5>&-
}

# What was sent to the receiver, as fairport-fake tells it.
sent() {
	ndjson fake.ndjson summary "$1"
}

@test "every model with every engine: all packets, lines and bytes, once" {
	local model engine
	for model in reuseport shared single dispatcher; do
		for engine in recvfrom recvmmsg gro; do
			echo "$model $engine"
			start_pool --model "$model" --engine "$engine"
			fake --count 1000 --rate 20k --lines 3 --source per-packet --json fake.ndjson >fake.out
			stop_receiver
			assert_equal "$(ndjson receive.ndjson header '[.model, .engine]')" "[\"$model\",\"$engine\"]"
			assert_equal "$(received '[.packets, .lines, .discarded, .bytes]')" \
				"[1000,3000,3000,$(sent .bytes)]"
			assert_equal "$(received '[.drops, .in_queue, .lost_in_crash, .truncated_packets, .crashed]')" \
				'[0,0,0,0,0]'
			assert_books
		done
	done
}

@test "auto is recvmmsg" {
	start_pool
	stop_receiver
	assert_equal "$(ndjson receive.ndjson header .engine)" '"recvmmsg"'
}

# Trains of one flow: gro takes each in one piece, recvmmsg its packets, of which a call takes many.
@test "gro counts the packets in a train, recvmmsg takes many in a call" {
	local engine
	for engine in recvfrom recvmmsg gro; do
		start_pool --workers 1 --engine "$engine"
		kill -STOP "$(worker_pid 0)"
		fake --engine gso --count 1000 --packet-size 200 --schema cpu --json fake.ndjson >fake.out
		kill -CONT "$(worker_pid 0)"
		stop_receiver
		assert_equal "$(received '[.packets, .drops, .bytes]')" '[1000,0,200000]'
		assert_equal "$(received .lines)" "$(sent .lines)"
		assert_books
		cp receive.ndjson "$engine.ndjson"
	done
	assert_equal "$(ndjson recvfrom.ndjson summary '[.messages, .receive_calls - .eagain]')" '[1000,1000]'
	assert_equal "$(ndjson recvmmsg.ndjson summary '[.messages, .receive_calls < 100]')" '[1000,true]'
	assert_equal "$(ndjson gro.ndjson summary '.messages < 100')" true
}

@test "workers, cookies and indices: a socket each, or one for all" {
	local model expected
	while read -r model expected; do
		start_pool --model "$model" --workers 3
		stop_receiver
		assert_equal "$(jq -sc 'map(select(.type == "worker")) | [(map(.index) | sort | map(tostring) | join(" ")),
			(map(.pid) | unique | length), (map(.cookie) | unique | length), (map(.generation) | unique)]' \
			receive.ndjson)" "$expected"
		assert_books
	done <<-'TABLE'
		reuseport ["0 1 2",3,3,[1]]
		shared ["0 1 2",3,1,[1]]
		dispatcher ["0 1 2",3,3,[1]]
	TABLE
	assert_equal "$(front '[.name, .generation, .pid != null]')" '["dispatcher",1,true]'
}

@test "single is one worker, which reads alone" {
	start_pool --model single
	fake --count 500 --rate 20k --source per-packet >/dev/null
	stop_receiver
	assert_equal "$(worker '[.index, .packets]')" '[0,500]'
	assert_equal "$(front .name)" ""
	assert_books
}

@test "a dispatcher deals one flow out evenly, and hands on all that it takes" {
	start_pool --model dispatcher
	fake --count 1000 --rate 20k --source fixed >/dev/null
	stop_receiver
	assert_equal "$(shares)" '[250,250,250,250]'
	assert_equal "$(front '[.packets, .handed_on, .drops]')" '[1000,1000,0]'
	assert_equal "$(received '[.packets, .handed_on]')" '[1000,1000]'
	assert_books
}

# A worker that stands still fills its channel; the others get what it does not take.
@test "a dispatcher goes round a worker that stands still, and nothing is lost" {
	start_pool --model dispatcher --workers 3
	local pid
	pid=$(worker_pid 1)
	kill -STOP "$pid"
	fake --count 20000 --rate 50k --source fixed >/dev/null
	# What the others were given is away.
	eventually 10 counts_so '[.workers[] | select(.index != 1).packets] | add > 15000'
	kill -CONT "$pid"
	stop_receiver
	assert_equal "$(received '.packets + .drops + .in_queue')" 20000
	assert_equal "$(received '[.drops, .in_queue]')" '[0,0]'
	assert_equal "$(worker 'select(.index == 1) | .packets > 0 and .packets < 5000')" true
	assert_books
}

@test "a shared socket: whoever is awake takes; its drops are its own record" {
	start_pool --model shared --workers 3 --rcvbuf 64KiB
	kill -STOP "$(worker_pid 0)" "$(worker_pid 2)"
	fake --count 500 --rate 5k --source per-packet >/dev/null
	eventually 10 has_taken 500
	assert_equal "$(stats '[.workers[].packets]')" '[0,500,0]'
	kill -STOP "$(worker_pid 1)"
	fake --count 2000 >/dev/null
	continue_children "$RECEIVER"
	stop_receiver
	assert_equal "$(received '.packets + .drops')" 2500
	assert_equal "$(received '.drops > 0')" true
	assert_equal "$(front '[.name, .pid]')" '["shared socket",null]'
	assert_equal "$(front .drops)" "$(received .drops)"
	assert_equal "$(jq -sc 'map(select(.type == "worker").drops) | add' receive.ndjson)" 0
	assert_books
}

@test "a shared socket with --exclusive: all packets once" {
	start_pool --model shared --exclusive
	fake --count 2000 --rate 50k --source per-packet >/dev/null
	stop_receiver
	assert_equal "$(received '[.packets, .lines]')" '[2000,2000]'
	assert_books
}

@test "what does not fit into the buffer is dropped, counted, and told in-band too" {
	local engine
	for engine in recvfrom recvmmsg gro; do
		start_pool --workers 1 --rcvbuf 64KiB --engine "$engine"
		assert_equal "$(ndjson receive.ndjson header .rcvbuf_bytes)" 131072
		kill -STOP "$(worker_pid 0)"
		fake --count 1000 >/dev/null
		kill -CONT "$(worker_pid 0)"
		eventually 10 counts_so '[.workers[] | .packets + .drops] | add == 1000'
		counts_so '.workers[0].drops > 500'
		# The kernel tells it with packets that are queued afterwards; recvfrom(2) cannot hear it.
		fake --count 1 >/dev/null
		[ "$engine" = recvfrom ] || eventually 10 counts_so '.workers[0] | .overflows_seen == .drops'
		stop_receiver
		assert_equal "$(received '.packets + .drops')" 1001
		assert_equal "$(received '.in_queue')" 0
		grep -q 'packets were dropped because a receive buffer was full' receive.err
		assert_books
	done
}

@test "a dispatcher's socket drops: the front owns it" {
	start_pool --model dispatcher --rcvbuf 64KiB
	local pid
	pid=$(cat "/proc/$RECEIVER/task/$RECEIVER/children")
	# shellcheck disable=SC2086 # pids are meant
	kill -STOP $pid
	fake --count 1000 >/dev/null
	continue_children "$RECEIVER"
	stop_receiver
	assert_equal "$(received '.packets + .drops')" 1000
	assert_equal "$(front '.drops > 500 and .packets == .handed_on')" true
	assert_equal "$(front .drops)" "$(received .drops)"
	assert_books
}

@test "echo over UDP: each packet comes back in upper case, from every engine and model" {
	local engine model
	while read -r model engine; do
		echo "$model $engine"
		start_receiver 127.0.0.1:0 --sink echo --model "$model" --engine "$engine"
		assert_equal "$(echoed 127.0.0.1 'cpu,host=a usage="x y" 5\nmem free=2i\n')" \
			"$(printf 'CPU,HOST=A USAGE="X Y" 5\nMEM FREE=2I\n')"
		stop_receiver
		assert_equal "$(received '[.packets, .lines, .answered, .stored, .discarded]')" '[1,2,2,0,0]'
		assert_books
	done <<-'TABLE'
		reuseport recvfrom
		reuseport recvmmsg
		reuseport gro
		shared gro
		single recvmmsg
	TABLE
}

@test "echo: text comes back whatever it is, lines are counted" {
	start_receiver 127.0.0.1:0 --sink echo --workers 2
	assert_equal "$(echoed 127.0.0.1 'm f=1\n\n# a comment\nthis is no line\xc3\xa4\n')" "$(
		printf 'M F=1\n\n# A COMMENT\nTHIS IS NO LINE\xc3\xa4\n'
	)"
	stop_receiver
	assert_equal "$(received '[.lines, .answered, .rejected_syntax]')" '[2,2,0]'
	assert_books
}

@test "echo to IPv6" {
	require_ipv6
	start_receiver '[::1]:0' --sink echo --workers 2
	assert_equal "$(echoed ::1 'm f=1\n')" 'M F=1'
	stop_receiver
}

@test "a worker with the null sink stays below 16 MiB with every engine" {
	local engine
	for engine in recvfrom recvmmsg gro; do
		start_pool --workers 2 --engine "$engine" --rcvbuf 32MiB
		fake --count 400 --packet-size 60000 --schema cpu --source per-packet >/dev/null
		fake --count 20000 --engine gso >/dev/null
		stop_receiver
		(($(received '.packets') > 10000))
		(($(jq -s 'map(select(.type == "worker").peak_rss_bytes) | max' receive.ndjson) < 16 * 1024 * 1024))
		assert_books
	done
}

@test "--pin: worker i on the i-th CPU, round and round, also after a restart and a resize" {
	local cpus i round
	mapfile -t cpus < <(usable_cpus)
	start_pool --pin --workers $((${#cpus[@]} + 1))
	for round in 1 2; do
		for ((i = 0; i <= ${#cpus[@]}; i++)); do
			assert_equal "$(taskset -cp "$(worker_pid $i)" | sed 's/.*: //')" "${cpus[i % ${#cpus[@]}]}"
		done
		[ $round = 2 ] || control restart >/dev/null
	done
	control workers $((${#cpus[@]} + 2)) >/dev/null
	i=$((${#cpus[@]} + 1))
	assert_equal "$(taskset -cp "$(worker_pid $i)" | sed 's/.*: //')" "${cpus[i % ${#cpus[@]}]}"
	stop_receiver
	run ! grep -q 'warning: .*worker' receive.err
	assert_books
}

@test "--incoming-cpu: the worker of the CPU that packets come in on" {
	local cpus
	mapfile -t cpus < <(usable_cpus)
	[ ${#cpus[@]} -ge 2 ] || skip_because "needs two CPUs"
	start_pool --pin --incoming-cpu --workers 2
	beside_peer=(taskset -c "${cpus[0]}")
	fake --count 300 --rate 20k --source per-packet >/dev/null
	beside_peer=(taskset -c "${cpus[1]}")
	fake --count 500 --rate 20k --source per-packet >/dev/null
	beside_peer=()
	stop_receiver
	assert_equal "$(shares)" '[300,500]'
	run ! grep -q 'warning: .*worker' receive.err
	assert_books
}

@test "models and what does not go with them are refused" {
	refuses_each fairport-receive <<-'TABLE'
		127.0.0.1:0 --sink null --model threads|invalid value "threads" for --model .expected one of reuseport, shared, single, dispatcher, fdpass
		127.0.0.1:0 --sink null --model single --workers 2|--model single has one worker
		127.0.0.1:0 --sink null --model fdpass|it goes with --protocol tcp
		127.0.0.1:0 --sink null --model dispatcher --protocol tcp|--model dispatcher is for UDP
		127.0.0.1:0 --sink null --model shared --steer random|--steer goes with --model reuseport
		127.0.0.1:0 --sink null --exclusive|--exclusive goes with --model shared
		127.0.0.1:0 --sink null --incoming-cpu|--incoming-cpu goes with --pin
		127.0.0.1:0 --sink null --incoming-cpu --pin --model shared|--incoming-cpu goes with --pin and --model reuseport
		127.0.0.1:0 --sink null --protocol tcp --engine gro|--engine is for UDP
		127.0.0.1:0 --sink null --engine read|expected one of auto, recvfrom, recvmmsg, gro
		127.0.0.1:0 --sink echo --model dispatcher|workers behind a dispatcher do not know the senders
		127.0.0.1:0 --sink null --handover keep|expected one of rebind, inherit
	TABLE
}

#!/usr/bin/env bats
# alone: traffic has to keep its pace
# fairport-receive --steer: who gets what. Exact where the policy is; elsewhere each test states
# how likely it fails by chance (below 1e-6) and by how many packets or flows.
# Text for jq and perl stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive

# flow_map FLOWS: sends a packet from each of so many addresses, always the same, and prints one
# line each: which worker took it.
flow_map() {
	perl -MSocket -MIO::Socket::UNIX -e '
		my ($port, $flows) = @ARGV;
		my $control = IO::Socket::UNIX->new(Peer => "receive.ctl") or die;
		sub packets {
			print $control "stats\n";
			my ($answer, %packets) = scalar <$control>;
			$answer =~ s/"workers":.*//;
			$packets{$1} += $2 while $answer =~ /"index":(\d+),.*?"packets":(\d+)/g;
			return %packets;
		}
		my %before = packets();
		for my $flow (0 .. $flows - 1) {
			my $taker;
			socket(my $socket, PF_INET, SOCK_DGRAM, 0) or die;
			my $host = sprintf("127.70.%d.%d", $flow >> 8, $flow & 255);
			bind($socket, pack_sockaddr_in(23471, inet_aton($host))) or die "$host: $!";
			send($socket, "m f=1 1\n", 0, pack_sockaddr_in($port, inet_aton("127.0.0.1"))) or die;
			until (defined $taker) {
				my %now = packets();
				($taker) = grep { $now{$_} != ($before{$_} // 0) } keys %now;
				%before = %now;
			}
			print "$taker\n";
		}' "$PORT" "$1"
}

# How many flows are with another worker in map $2 than in map $1; those who went to worker $3.
moved() {
	paste "$1" "$2" | awk -v to="${3:-}" '$1 != $2 && (to == "" || $2 == to)' | wc -l
}

# The packets in each worker's record are the decisions that the program counted.
assert_decided() {
	assert_equal "$(received '[.decisions, .decisions_by, .fallbacks]')" "[$(shares),\"program\",0]"
}

@test "round-robin: 1,000 over 4 are 250 each, whatever the flows are" {
	require_steering
	local source
	for source in fixed per-packet; do
		start_pool --steer round-robin
		fake --count 1000 --rate 50k --source "$source" >/dev/null
		stop_receiver
		assert_equal "$(shares)" '[250,250,250,250]'
		assert_decided
		assert_books
	done
	assert_equal "$(received .steer)" '"round-robin"'
}

@test "weighted: shares are the weights, exactly after each period" {
	require_steering
	local weights workers count expected
	while read -r weights workers count expected; do
		start_pool --steer "weighted:$weights" --workers "$workers"
		fake --count "$count" --rate 50k --source fixed >/dev/null
		stop_receiver
		assert_equal "$(shares)" "$expected"
		assert_decided
		assert_books
	done <<-'TABLE'
		3,1 2 1000 [750,250]
		1,0 2 100 [100,0]
		5,3,2 3 1000 [500,300,200]
		1 1 10 [10]
	TABLE
}

@test "series: no series on two workers, whatever else is in the packet" {
	require_steering
	start_pool --steer series
	local series now before=0 takers
	for series in {1..20}; do
		# Each of these is a flow of its own, as bash opens a socket for each.
		printf 'cpu,host=h%d,region=eu usage=1 1\n' "$series" >"/dev/udp/127.0.0.1/$PORT"
		printf 'cpu,region=eu,host=h%d usage=2,idle=3i 2\n' "$series" >"/dev/udp/127.0.0.1/$PORT"
		printf 'cpu,host=h%d,region=eu text="a,b=c d"\n' "$series" >"/dev/udp/127.0.0.1/$PORT"
		eventually 10 has_taken $((3 * series))
		now=$(stats '[.workers[].packets]')
		[ "$before" = 0 ] || jq -nc "[$before, $now] | transpose | map(.[1] - .[0])" >>deltas
		before=$now
	done
	stop_receiver
	takers=$(jq -s 'map(index(3)) | unique | length' deltas)
	assert_equal "$(jq -c 'sort' deltas | sort -u)" '[0,0,0,3]'
	# Not by chance: the hash of these names is the same everywhere.
	assert_equal "$takers" 4
	assert_decided
	assert_books
}

# A hash over 4 workers sends k of 2,000 flows to another than among 5: sd 0.0089 (a fifth moves) or
# 0.011 (half of them do). More than 25 % have a chance of 1e-8, less than 40 % of 1e-18.
@test "consistent: a flow keeps its worker; a fifth moves to a fifth worker, by hash half of all" {
	require_steering
	require_command perl
	start_pool --steer consistent
	flow_map 2000 >four
	assert_equal "$(sort -u four | tr '\n' ' ')" '0 1 2 3 '
	flow_map 2000 >again
	cmp four again
	control restart >/dev/null
	eventually 10 counts_so '.workers | length == 4'
	flow_map 2000 >restarted
	cmp four restarted
	control workers 5 >/dev/null
	flow_map 2000 >five
	assert_equal "$(moved four five)" "$(moved four five 4)"
	(($(moved four five) > 300 && $(moved four five) <= 500))
	control workers 4 >/dev/null
	eventually 10 counts_so '.workers | length == 4'
	flow_map 2000 >back
	cmp four back
	stop_receiver
	assert_books
	start_pool --steer hash
	flow_map 2000 >four
	control workers 5 >/dev/null
	flow_map 2000 >five
	(($(moved four five) > 800 && $(moved four five) < 1200))
	stop_receiver
	assert_books
}

# Sent one by one, each once the last one was read: but for the one that waits in front of the
# worker that is stopped, all queues are empty.
@test "least-queue: a queue that does not move is not chosen again" {
	require_steering
	start_pool --steer least-queue --workers 3
	fake --count 300 --rate 20k >/dev/null
	eventually 10 has_taken 300
	local pid before i
	pid=$(worker_pid 1)
	kill -STOP "$pid"
	before=$(stats .slots[1].decisions)
	for i in {1..30}; do
		printf 'm f=1 1\n' >"/dev/udp/127.0.0.1/$PORT"
		eventually 10 counts_so "([.slots[].decisions] | add) == 300 + $i and
			(.slots | .[0].packets == .[0].decisions and .[2].packets == .[2].decisions)"
	done
	assert_equal "$(stats ".slots[1].decisions - $before")" 1
	# And the other two had their turns.
	assert_equal "$(stats '.workers | (.[0].packets - .[2].packets | fabs) < 100')" true
	kill -CONT "$pid"
	stop_receiver
	assert_equal "$(received '[.packets, .fallbacks]')" '[330,0]'
	assert_decided
	assert_books
}

@test "cpu: what one CPU sends goes to one worker" {
	local first second
	first=$(usable_cpus | sed -n 1p) second=$(usable_cpus | sed -n 2p)
	[ -n "$second" ] || skip_because "needs two CPUs"
	[ "$((first % 2))" != "$((second % 2))" ] || skip_because "needs an even and an odd CPU"
	start_pool --steer cpu --workers 2
	beside_peer=(taskset -c "$first")
	fake --count 300 --rate 20k --source per-packet >/dev/null
	beside_peer=(taskset -c "$second")
	fake --count 500 --rate 20k --source per-packet >/dev/null
	beside_peer=()
	stop_receiver
	assert_equal "$(shares)" "$([ $((first % 2)) = 0 ] && echo '[300,500]' || echo '[500,300]')"
	assert_equal "$(received .decisions_by)" '"arrivals"'
	assert_books
}

# Of 4,000 packets each of 4 workers expects 1,000 (sd 27): 150 away is 5.5 sd, a chance of 1.6e-7
# in all.
@test "random: one flow is evened out, for a user without privilege" {
	chmod 755 .
	install -m 666 /dev/null receive.ndjson
	receiver_under=("${as_nobody[@]}")
	start_receiver 127.0.0.1:0 --sink null --steer random
	receiver_under=()
	fake --count 4000 --rate 50k --source fixed >/dev/null
	assert_equal "$(ps -o user= -p "$RECEIVER" | tr -d ' ')" "$("${as_nobody[@]}" id -un)"
	stop_receiver
	assert_equal "$(received '[.packets, .drops]')" '[4000,0]'
	assert_equal "$(shares | jq -c 'map(. > 850 and . < 1150)')" '[true,true,true,true]'
	assert_books
}

# 400 flows among 4: each worker expects 100 (sd 8.7); none below 50 and none above 150: 5.8 sd.
@test "hash: one flow has one worker; many are spread" {
	start_pool
	fake --count 400 --rate 50k --source fixed >/dev/null
	stop_receiver
	assert_equal "$(shares | jq -c sort)" '[0,0,0,400]'
	assert_books
	start_pool
	fake --count 400 --rate 50k --source pool:400 >/dev/null
	stop_receiver
	assert_equal "$(shares | jq -c '[add, all(. > 50 and . < 150)]')" '[400,true]'
	assert_equal "$(received '[.decisions, .decisions_by, .steer]')" "[$(shares),\"arrivals\",\"hash\"]"
	assert_books
}

@test "steered by eBPF without privilege: refused, and why" {
	require_steering
	chmod 755 .
	run --separate-stderr "${as_nobody[@]}" "$BIN/fairport-receive" 127.0.0.1:0 --sink null --steer round-robin
	assert_failure 1
	assert_equal "$output" ""
	assert_regex "$stderr" 'error: could not .*Operation not permitted|Permission denied'
	assert_regex "$stderr" 'hint: .*(CAP_BPF|root)'
	# A pool of the unprivileged that serves goes on as it is.
	receiver_under=("${as_nobody[@]}")
	install -m 666 /dev/null receive.ndjson
	mkdir -m 777 other
	start_receiver 127.0.0.1:0 --sink null --control other/receive.ctl
	receiver_under=()
	run "$BIN/fairport-control" other/receive.ctl steer consistent
	assert_failure 1
	assert_output --partial "the policy could not be changed"
	fake --count 100 --rate 20k --source per-packet >/dev/null
	stop_receiver
	assert_equal "$(received '[.packets, .steer]')" '[100,"hash"]'
}

# 20,000 packets/s go on while the policy changes eleven times: nothing is lost, and the last is
# exact again.
@test "policies are swapped under load, and nothing is lost" {
	require_steering
	start_pool --workers 4
	start_fake --rate 20k --source pool:64
	local policy so_far before
	for policy in random round-robin weighted:1,2,3,4 cpu least-queue hash series consistent random hash \
		round-robin; do
		control steer "$policy" >/dev/null
		assert_equal "$(stats .steer)" "\"$policy\""
		so_far=$(stats '[.workers[].packets] | add')
		eventually 10 counts_so "([.workers[].packets] | add) > $so_far + 1000"
	done
	stop_fake
	eventually 10 has_taken "$(ndjson fake.ndjson summary .packets)"
	before=$(stats '[.workers[].packets]')
	fake --count 400 --rate 20k >/dev/null
	eventually 10 counts_so "([.workers[].packets] | add) == ($before | add) + 400"
	assert_equal "$(stats "[[.workers[].packets], $before] | transpose | map(.[0] - .[1])")" '[100,100,100,100]'
	stop_receiver
	assert_equal "$(received '[.drops, .in_queue, .lost_in_crash, .fallbacks]')" '[0,0,0,0]'
	assert_equal "$(received .packets)" "$(($(ndjson fake.ndjson summary .packets) + 400))"
	assert_equal "$(ndjson receive.ndjson header .steer) $(received .steer)" '"hash" "round-robin"'
	assert_books
}

# The ids of the programs that the receiver holds.
held_programs() {
	sed -n 's/^prog_id:[[:space:]]*//p' "/proc/$RECEIVER"/fdinfo/*
}

# Whether no program has id $1.
is_gone() {
	! bpftool prog show id "$1" >/dev/null 2>&1
}

@test "programs and maps are gone with the receiver" {
	require_steering
	require_command bpftool
	start_pool --steer round-robin
	local first second id
	first=$(held_programs)
	bpftool prog show id "$first" | grep -q sk_reuseport
	control steer least-queue >/dev/null
	second=$(held_programs) # with the one that finds the sockets
	for id in $second; do
		assert_not_equal "$id" "$first"
		bpftool prog show id "$id" >/dev/null
	done
	eventually 10 is_gone "$first"
	stop_receiver
	for id in $second; do
		eventually 10 is_gone "$id"
	done
}

@test "policies that do not fit are refused" {
	refuses_each fairport-receive <<-'TABLE'
		127.0.0.1:0 --sink null --steer fair|invalid value "fair" for --steer .expected hash, random, cpu, round-robin, weighted:W
		127.0.0.1:0 --sink null --steer weighted:1,x|up to 64 whole weights
		127.0.0.1:0 --sink null --steer weighted:0,0 --workers 2|with a sum from 1 to 4096
		127.0.0.1:0 --sink null --steer weighted:3,1|weighted has 2 weights for 4 workers
		127.0.0.1:0 --sink null --steer series --protocol tcp|series reads packets
		127.0.0.1:0 --sink null --steer random --model dispatcher|--steer goes with --model reuseport
	TABLE
}

#!/usr/bin/env bats
# fairport-receive --control and fairport-control: what each command does, and what is refused.
# Text for jq and perl stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive

refuses() {
	run --separate-stderr "$BIN/fairport-receive" 127.0.0.1:0 --sink null --duration 1s "$@"
	assert_failure 1
	assert_equal "$output" ""
}

# raw TEXT: what the socket answers to these bytes.
raw() {
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => "receive.ctl") or die $!;
		alarm 10;
		syswrite($s, eval qq("$ARGV[0]"));
		shutdown($s, 1);
		print while <$s>' "$1"
}

@test "stats: who has received what" {
	start_pool --workers 2
	fake --count 100 --rate 20k --lines 3 --source per-packet >/dev/null
	eventually 10 has_taken 100
	run --separate-stderr control stats
	assert_success
	assert_equal "$stderr" ""
	assert_line --index 0 "127.0.0.1:$PORT (udp), model reuseport, steer hash"
	assert_line --index 1 --regexp '^running for .*, generation 1$'
	assert_line --index 2 --regexp '^WORKER +GEN +PID +STATE +PACKETS'
	assert_line --regexp '^ +total +100 +100\.0%'
	assert_equal "$(stats '[.ok, .protocol, .model, .steer, .generation, .restarts, .respawns, .crashed,
		.fallbacks, .decisions_by]')" '[true,"udp","reuseport","hash",1,0,0,0,0,"arrivals"]'
	assert_equal "$(stats '[.workers[] | [.index, .generation, .state]]')" '[[0,1,"serving"],[1,1,"serving"]]'
	assert_equal "$(stats '[([.workers[].lines] | add), ([.slots[].decisions] | add)]')" '[300,100]'
	stop_receiver
	# The records say the same.
	assert_equal "$(received '[.packets, .lines]')" '[100,300]'
	assert_books
}

@test "workers: more and fewer, with the counts of those that left" {
	start_pool --workers 2
	assert_equal "$(control workers 4)" "workers: 4"
	grep -q '4 workers on 127.0.0.1:.* now' receive.err
	assert_equal "$(stats '[.workers[] | [.index, .generation]]')" '[[0,1],[1,1],[2,1],[3,1]]'
	fake --count 400 --rate 50k --source pool:400 >/dev/null
	assert_equal "$(control workers 1)" "workers: 1"
	eventually 10 counts_so '.workers | length == 1'
	fake --count 100 --rate 50k --source pool:100 >/dev/null
	assert_equal "$(control workers 1)" "workers: 1"
	stop_receiver
	assert_equal "$(received '[.packets, .drops, .in_queue, .workers, .generations]')" '[500,0,0,1,1]'
	assert_equal "$(jq -sc 'map(select(.type == "worker").index) | sort' receive.ndjson)" '[0,1,2,3]'
	assert_equal "$(shares | jq -c '[(.[0] >= 100), length]')" '[true,4]'
	assert_books
}

@test "steer: from one policy to another, and what does not fit leaves all as it was" {
	start_pool --workers 2
	assert_equal "$(control steer random)" "steer: random"
	grep -q 'steering by random now' receive.err
	local argument message
	while IFS='|' read -r argument message; do
		run --separate-stderr control steer "$argument"
		assert_failure 1
		assert_equal "$output" ""
		assert_equal "$stderr" "fairport-control: error: the receiver refused \"steer\": $message"
	done <<-'TABLE'
		fair|invalid policy "fair" (expected hash, random, cpu, round-robin, weighted:W,... as in weighted:3,1, least-queue, series or consistent)
		weighted:1|weighted has 1 weight for 2 workers
		weighted:0,0|invalid policy "weighted:0,0" (expected up to 64 whole weights with a sum from 1 to 4096, as in weighted:3,1)
	TABLE
	assert_equal "$(stats .steer)" '"random"'
	assert_equal "$(control steer hash)" "steer: hash"
	fake --count 100 --rate 20k --source fixed >/dev/null
	stop_receiver
	assert_equal "$(shares | jq -c sort)" '[0,100]'
	assert_equal "$(ndjson receive.ndjson header .steer) $(received .steer)" '"hash" "hash"'
	assert_books
}

@test "steer where the number of workers is part of it" {
	require_steering
	start_pool --workers 2 --steer weighted:3,1
	run control workers 3
	assert_failure 1
	assert_output --partial 'refused "workers": weighted has 2 weights for 3 workers'
	assert_equal "$(stats '.workers | length')" 2
	control steer round-robin >/dev/null
	control workers 3 >/dev/null
	fake --count 300 --rate 20k >/dev/null
	eventually 10 has_taken 300
	assert_equal "$(stats '[.workers[].packets]')" '[100,100,100]'
	assert_equal "$(stats '[.decisions_by, [.slots[].decisions]]')" '["program",[100,100,100]]'
	stop_receiver
	assert_books
}

@test "restart: the next generation, in the records and in the statistics" {
	start_pool --workers 2
	fake --count 50 --rate 20k --source per-packet >/dev/null
	assert_equal "$(control restart)" "generation: 2"
	eventually 10 counts_so '(.workers | map([.index, .generation, .state])) == [[0,2,"serving"],[1,2,"serving"]]'
	assert_equal "$(control restart --json | jq -c .)" '{"ok":true,"generation":3}'
	fake --count 50 --rate 20k --source per-packet >/dev/null
	stop_receiver
	assert_equal "$(received '[.packets, .generations, .restarts, .respawns, .crashed]')" '[100,3,2,0,0]'
	assert_equal "$(jq -sc 'map(select(.type == "worker") | [.generation, .index]) | sort' receive.ndjson)" \
		'[[1,0],[1,1],[2,0],[2,1],[3,0],[3,1]]'
	grep -q 'Generations: 3; crashes: 0; workers started again: 0' receive.out
	assert_books
}

@test "drain: takes what is queued, reports, and ends with status 0" {
	start_pool --workers 2
	local pids
	pids=$(stats '.workers[].pid')
	# shellcheck disable=SC2086 # pids are meant
	kill -STOP $pids
	fake --count 500 --source per-packet >/dev/null
	assert_equal "$(control drain)" "done"
	# shellcheck disable=SC2086 # pids are meant
	kill -CONT $pids
	await_receiver
	assert_equal "$(received '[.reason, .packets, .drops, .in_queue]')" '["drained",500,0,0]'
	grep -q 'Ended by: drained' receive.out
	assert_books
}

@test "help lists what there is, which is what --help of fairport-control lists" {
	start_pool
	local command commands
	commands=$(control help --json | jq -r '.commands[].name')
	assert_equal "$commands" "$(printf '%s\n' steer workers stats restart drain)"
	control help >listed
	"$BIN/fairport-control" --help >help
	for command in $commands; do
		grep -q "^  $command " listed
		grep -q "^  $command " help
	done
	stop_receiver
}

@test "commands that make no sense are refused, and change nothing" {
	start_pool --workers 2
	local line message
	while IFS='|' read -r line message; do
		# shellcheck disable=SC2086 # words are meant
		run --separate-stderr control $line
		assert_failure 1
		assert_equal "$output" ""
		assert_regex "$stderr" "$message"
	done <<-'TABLE'
		workers 0|invalid number "0" .expected 1 to 512
		workers 513|invalid number "513" .expected 1 to 512
		workers 1.5|invalid number "1.5"
		workers 2x|invalid number "2x"
		workers|command "workers" takes one argument; expected workers N
		restart now|command "restart" takes no argument; expected restart
		stop|unknown command "stop"; expected steer POLICY, workers N, stats, restart, drain, help
	TABLE
	assert_equal "$(stats '[.generation, (.workers | length), .steer]')" '[1,2,"hash"]'
	stop_receiver
	assert_books
	start_pool --model single
	run control workers 2
	assert_failure 1
	assert_output --partial 'model single has one worker'
	run control steer random
	assert_failure 1
	assert_output --partial 'there is one socket: nothing to choose'
	stop_receiver
	assert_books
}

@test "what arrives in pieces, too long, or without an end" {
	require_command perl
	start_pool --workers 2
	assert_equal "$(raw 'workers 3\nworkers 4\r\n  workers  5 \n' | jq -c '.workers')" "$(printf '3\n4\n5')"
	# The last one was not finished: "workers 1" was to be 16.
	assert_equal "$(raw 'workers 3\nworkers 1' | jq -c '[.ok, .workers]')" '[true,3]'
	assert_equal "$(stats '[.workers[] | select(.state == "serving")] | length')" 3
	assert_equal "$(raw 'x" . "y" x 5000 . "\n' | jq -c '[.ok, .error]')" \
		'[false,"a command has at most 4095 bytes"]'
	assert_equal "$(raw 'sta\0ts\n' | jq -c '[.ok, .error]')" '[false,"a command is text: it has no zero bytes"]'
	assert_equal "$(raw '\n' | jq -c .ok)" false
	assert_equal "$(raw 'steer \"\x1b[2J\n' | jq -c .ok)" false
	# Somebody who says nothing keeps nobody from being heard.
	perl -MIO::Socket::UNIX -e '@s = map { IO::Socket::UNIX->new(Peer => "receive.ctl") } 1 .. 40; sleep 60' 3>&- &
	OTHER=$!
	for _ in {1..5}; do
		control stats >/dev/null
	done
	stop_receiver
	assert_books
}

@test "the socket is its owner's alone, removed at the end, and replaced when nobody listens" {
	start_pool
	assert_equal "$(stat -c '%F %a' receive.ctl)" 'socket 600'
	kill -KILL "$RECEIVER"
	await_receiver || true
	assert [ -S receive.ctl ]
	start_pool
	counts_so .ok
	stop_receiver
	assert [ ! -e receive.ctl ]
}

@test "two receivers on one control socket: the second is refused, the first unharmed" {
	start_pool
	refuses --control receive.ctl
	assert_regex "$stderr" 'error: could not listen on control socket receive.ctl: something listens there'
	assert_regex "$stderr" 'hint: end what uses it, or name another path with --control'
	counts_so .ok
	# Nor does it take the path with it, if another has it meanwhile.
	rm receive.ctl
	"$BIN/fairport-receive" 127.0.0.1:0 --sink null --control receive.ctl --ready-fd 9 9>ready >/dev/null 2>&1 3>&- &
	OTHER=$!
	eventually 10 test -s ready
	stop_receiver
	assert [ -S receive.ctl ]
	counts_so .ok
	kill -TERM "$OTHER"
	wait "$OTHER"
	OTHER=
	assert [ ! -e receive.ctl ]
}

@test "no other user may command" {
	require_root
	chmod 755 .
	start_pool
	run --separate-stderr "${as_nobody[@]}" "$BIN/fairport-control" receive.ctl drain
	assert_failure 1
	assert_regex "$stderr" 'could not connect to control socket receive.ctl: Permission denied'
	assert_regex "$stderr" 'hint: only the user who started the receiver may, and root'
	counts_so .ok
	stop_receiver
}

@test "paths that cannot be a control socket are refused" {
	echo precious >file
	refuses --control file
	assert_regex "$stderr" 'error: could not listen on control socket file: there is a file that is not a socket'
	assert_equal "$(cat file)" precious
	refuses --control nowhere/receive.ctl
	assert_regex "$stderr" 'No such file or directory'
	assert_regex "$stderr" 'hint: the directory of the socket must exist'
	refuses --control "$(printf 'x%.0s' {1..200})"
	assert_regex "$stderr" "its path has 200 bytes, and a socket's at most 107"
}

@test "fairport-control: bad usage, nobody there, no answer in time" {
	refuses_each fairport-control <<-'TABLE'
		|the socket is missing
		receive.ctl|the command is missing
		receive.ctl steer hash now|unexpected argument "now"
		receive.ctl stats|could not connect to control socket receive.ctl: No such file or directory
		receive.ctl stats --timeout 0|invalid value "0" for --timeout
	TABLE
	run --separate-stderr control 'stats
drain'
	assert_failure 1
	assert_regex "$stderr" 'expected a word without blanks'
	start_pool
	kill -STOP "$RECEIVER"
	run --separate-stderr control stats --timeout 100ms
	kill -CONT "$RECEIVER"
	assert_failure 1
	assert_equal "$output" ""
	assert_regex "$stderr" 'error: no answer to "stats" from control socket receive.ctl in 100'
	assert_regex "$stderr" 'hint: it may still be carried out'
	stop_receiver
}

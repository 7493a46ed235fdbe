#!/usr/bin/env bats
# fairport-report on what else a receiver can be: several lives of a worker, one socket for all, a
# process in front, trains of packets, TCP, steering programs. Each test writes its streams, so
# that one sees the numbers that it adds up.
#
# run --separate-stderr sets $stderr; jq's own variables stand in single quotes.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common

setup() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir run
}

# Records from a few numbers: everything else is 0, each packet is a message and one line of 10
# bytes, and the null sink takes all lines that nothing else became of.
RECORDS='
def record($program; $type; $more): {schema: 1, type: $type, program: $program, run: "r", t_ns: 1} + $more;
def zero: reduce ("packets", "bytes", "truncated_packets", "messages", "receive_calls", "eagain",
	"receive_errors", "drops", "overflows_seen", "in_queue", "lost_in_crash", "handed_on",
	"connections", "connections_refused", "connections_idle", "connections_reset",
	"connections_cut", "lines", "answered", "stored", "discarded", "rejected_syntax",
	"rejected_truncated", "rejected_type_conflict", "rejected_limit", "rejected_encoding", "rejected_strict",
	"store_errors", "batches") as $key ({}; .[$key] = 0);
def counts($c): zero + {packets: ($c.packets // 0), messages: ($c.packets // 0),
	bytes: (10 * ($c.packets // 0)), lines: (($c.packets // 0) - ($c.lost_in_crash // 0))} + $c
	| .discarded = .lines - (.pending // 0) - .answered;
def header($more): record("receive"; "header"; {address: "127.0.0.1:8089", port: 8089,
	rcvbuf_bytes: 425984, model: "reuseport", protocol: "udp", engine: "recvmmsg", steer: "hash",
	handover: "rebind"} + $more);
def life($index; $pid; $cookie; $c): {index: $index, pid: $pid, cookie: $cookie, generation: 1} +
	counts($c);
def worker($index; $pid; $cookie; $c): record("receive"; "worker"; {pending: 0, state: "ended",
	exit_status: 0} + life($index; $pid; $cookie; $c));
def front($name; $pid; $cookie; $c): record("receive"; "front"; {name: $name, pid: $pid,
	cookie: $cookie, generation: 1} + zero + {messages: ($c.packets // 0)} + $c);
def summary($more): record("receive"; "summary"; {generations: 1, respawns: 0, restarts: 0,
	crashed: 0, decisions: null, decisions_by: "arrivals", fallbacks: 0} + $more);
def sent($packets; $more): record("fake"; "header"; {seed: 1}), record("fake"; "summary";
	{packets: $packets, lines: $packets, send_errors: 0, elapsed_ns: 1000000000, flows: 1,
	effective_flows: 1, limited: false, requested_pps: null} + $more);
def seen($pid; $cookie; $packets): record("probe"; "worker"; {pid: $pid, cookie: $cookie,
	packets: $packets});
def probed: record("probe"; "summary"; {lost_events: 0});
'

# write NAME FILTER: the records that the filter makes; those of the probe have a header before them.
write() {
	jq -nc "$RECORDS record(\"${1%.ndjson}\"; \"header\"; {}) | select(.program == \"probe\")" >"run/$1"
	jq -nc "$RECORDS $2" >>"run/$1"
}

report() {
	"$BIN/fairport-report" run --plots none
}

summary() {
	jq -c "$1" run/summary.json
}

# Two workers. The first crashes with 3 packets that it had not read and 7 lines not stored; who
# replaces it has its socket. Then a restart: new processes with new sockets, of which one ends
# before the one that it replaces.
write_lives() {
	write receive.ndjson 'header({}),
		record("receive"; "interval"; {elapsed_ns: 1000000000, interval_ns: 1000000000, workers: [
			life(0; 11; 101; {packets: 60}), life(1; 12; 102; {packets: 80})]}),
		worker(0; 11; 101; {packets: 100, lost_in_crash: 3, pending: 7}) + {exit_status: 139},
		record("receive"; "interval"; {elapsed_ns: 2000000000, interval_ns: 1000000000, workers: [
			life(0; 11; 101; {packets: 40}), life(0; 21; 201; {packets: 40})]}),
		worker(0; 21; 201; {packets: 40, in_queue: 3}) + {generation: 2},
		worker(0; 13; 101; {packets: 50, drops: 2}), worker(1; 12; 102; {packets: 80}),
		worker(1; 22; 202; {packets: 30}) + {generation: 2},
		summary({workers: 2, packets: 300, generations: 2, respawns: 1, restarts: 1, crashed: 1})'
	write fake.ndjson 'sent(305; {})'
	write probe.ndjson "seen(11; 101; ${1:-100}), seen(13; 101; ${2:-50}), seen(12; 102; 80),
		seen(21; 201; 40), seen(22; 202; 30), probed"
}

@test "several lives of a worker: sums by index, agreement by process, and nothing is missing" {
	write_lives
	run --separate-stderr -0 report
	assert_equal "$stderr" ""
	assert_line --regexp '^Receiver +reuseport, udp, engine recvmmsg, steered by hash, 2 generations, 1$'
	assert_line --regexp '^ +0 +21 +190 +63\.3% '
	assert_line --regexp '^  = +300  received '
	assert_line --regexp '^ {6}3  of it: lost in crash '
	run -0 summary '.distribution.workers[] | [.index, .pid, .cookie, .lives, .packets, .bytes, .drops]'
	assert_output '[0,21,201,3,190,1900,2]
[1,22,202,2,110,1100,0]'
	run -0 summary '.ledger | [.packets[] | numbers], .packets.dropped.rcvbuf,
		[.lines | .sent, .lost_with_packets, .discarded, .pending, .unaccounted]'
	assert_output '[305,0,300,3,3,0]
2
[305,8,290,7,0]'
	run -0 summary '.counters_agree | .probe, .workers.agree, .all'
	assert_output '{"present":true,"packets":300,"agree":true}
true
true'
	"$BIN/fairport-report" run
	run -0 tail -n 2 run/plots/packets-over-time.dat
	assert_output '0.500000 60 80
1.500000 80 0'
	run -0 summary '.receiver | [.model, .protocol, .engine, .steer, .handover, .generations, .respawns, .restarts, .crashed]'
	assert_output '["reuseport","udp","recvmmsg","hash","rebind",2,1,1,1]'
}

@test "several lives of a worker: their sum does not hide that two counts differ" {
	write_lives 101 49
	run -2 report
	assert_line --partial 'probe: worker 0 (pid 11): 101, not 100'
	run -0 summary .counters_agree.all
	assert_output false
}

# One flow, and two workers got packets of it: no contradiction when the group changed meanwhile.
@test "flows that were assigned anew are not tested against one assignment" {
	write_lives
	run -0 report
	assert_line --partial 'got 63.3 % of the packets, fair is 50 % (uneven)'
	assert_line --regexp '^Verdict +uneven\. '
	assert_output --partial 'sockets of the group changed meanwhile'
	refute_output --partial 'expected'
	run -0 summary '.distribution | [.expected_cv, .p_value, .verdict, .flows], .causes[0].cause'
	assert_output '[null,null,"uneven",1]
"rcvbuf-overflow"'
	# The same processes on the same sockets: a restart that inherits leaves the hash as it was.
	jq -c '(.. | objects | select(.cookie > 200?) | .cookie) -= 100' run/receive.ndjson >same
	mv same run/receive.ndjson
	rm run/probe.ndjson
	run -0 report
	run -0 summary '.distribution | [.expected_cv, .verdict], [.causes[].cause]'
	assert_output '[1,"unexplained"]
["flows-split","rcvbuf-overflow"]'
}

@test "a worker that came or went during the run changes the group, too" {
	write fake.ndjson 'sent(100; {flows: 100, effective_flows: 100})'
	write receive.ndjson 'header({}), worker(0; 11; 101; {packets: 60}),
		worker(1; 12; 102; {packets: 40}), summary({workers: 1, packets: 100})'
	report
	run -0 summary .distribution.verdict
	assert_output '"uneven"'
	write receive.ndjson 'header({}), record("receive"; "interval"; {elapsed_ns: 1000000000,
			interval_ns: 1000000000, workers: [life(0; 11; 101; {packets: 30})]}),
		worker(0; 11; 101; {packets: 60}), worker(1; 12; 102; {packets: 40}),
		summary({workers: 2, packets: 100})'
	report
	run -0 summary .distribution.verdict
	assert_output '"uneven"'
	write receive.ndjson 'header({}), worker(0; 11; 101; {packets: 60}),
		worker(1; 12; 102; {packets: 40}), summary({workers: 2, packets: 100})'
	report
	run -0 summary .distribution.verdict
	assert_output '"few-flows"'
}

@test "one socket for all workers: its drops are nobody's, and no hash is expected" {
	write receive.ndjson 'header({model: "shared"}), worker(0; 11; 100; {packets: 10}),
		worker(1; 12; 100; {packets: 70}), worker(2; 13; 100; {packets: 5}),
		front("shared socket"; null; 100; {drops: 12, in_queue: 3}) + {rcvbuf_bytes: 425984},
		summary({workers: 3, packets: 85})'
	write fake.ndjson 'sent(100; {})'
	write probe.ndjson 'seen(11; 100; 10), seen(12; 100; 70), seen(13; 100; 5), probed'
	run --separate-stderr -0 report
	assert_equal "$stderr" ""
	assert_line --regexp '^In front +shared socket: dropped 12, left in queue 3$'
	assert_line --regexp '^Verdict +uneven\. .* \(cv [0-9.]+\): the$'
	assert_output --partial 'all of them at the shared socket'
	run -0 summary '.ledger.packets | [.received, .dropped.rcvbuf, .in_queue, .unaccounted]'
	assert_output '[85,12,3,0]'
	run -0 summary '.distribution | [.expected_cv, .p_value, .verdict], [.causes[].cause]'
	assert_output '[null,null,"uneven"]
["rcvbuf-overflow"]'
	run -0 summary '.counters_agree.all, .receiver.fronts'
	assert_output 'true
[{"name":"shared socket","pid":null,"cookie":100,"packets":0,"handed_on":0,"drops":12,"in_queue":3,"lost_in_crash":0}]'
}

# The dispatcher takes 140 packets. The first of its processes dies with 2 of them, 3 are left in a
# channel.
@test "a dispatcher: the probes see it, the ledger counts what its workers got" {
	write receive.ndjson 'header({model: "dispatcher", engine: "recvfrom"}),
		record("receive"; "interval"; {elapsed_ns: 1000000000, interval_ns: 1000000000,
			workers: [life(0; 11; 1; {packets: 60})],
			fronts: [{name: "dispatcher", pid: 50, cookie: 500} + zero + {packets: 70, messages: 70}]}),
		front("dispatcher"; 50; 500; {packets: 100, handed_on: 98, lost_in_crash: 2}),
		front("dispatcher"; 51; 500; {packets: 40, handed_on: 40}),
		worker(0; 11; 1; {packets: 65}), worker(1; 12; 2; {packets: 70, in_queue: 3}),
		summary({workers: 2, packets: 135})'
	write fake.ndjson 'sent(140; {})'
	write probe.ndjson 'seen(50; 500; 100), seen(51; 500; 40), probed'
	write bpftrace.json '{type: "map", data: {"@packets": {"50": 100, "51": 40}}}'
	run --separate-stderr -0 report
	assert_equal "$stderr" ""
	assert_line --regexp '^In front +dispatcher \(pid 50\): handed on 98, dropped 0, left in queue 0$'
	run -0 summary '.ledger | [.packets | .received, .lost_in_crash, .in_queue, .unaccounted],
		[.lines | .lost_with_packets, .discarded, .unaccounted]'
	assert_output '[137,2,3,0]
[5,135,0]'
	run -0 summary '.counters_agree | .probe.agree, .bpftrace.agree, .workers.agree, .all'
	assert_output 'true
true
true
true'
	run -0 summary '.distribution | .verdict, .expected_cv'
	assert_output '"even"
null'

	write probe.ndjson 'seen(50; 500; 100), seen(51; 500; 39), probed'
	run -2 report
	assert_line --partial 'probe: dispatcher (pid 51): 39, not 40'
	write probe.ndjson 'seen(50; 500; 100), seen(51; 500; 40), seen(11; 1; 65), probed'
	run -2 report
	assert_line --partial "probe: 65 packets at no dispatcher's pid and socket (pid 11)"
}

# 10 packets of 3 lines: 4 and 3 read, 2 lost by the first process, who had taken one line of the one
# at hand; 1 left in the queue, where the receiver found it.
@test "a packet half read, and packets that the receiver took out to count them" {
	write receive.ndjson 'header({pid: 10}),
		worker(0; 11; 101; {packets: 6, lines: 13, lost_in_crash: 2}),
		worker(1; 12; 102; {packets: 3, lines: 9, in_queue: 1}), summary({workers: 2, packets: 9})'
	write fake.ndjson 'sent(10; {lines: 30, flows: 10, effective_flows: 10})'
	write probe.ndjson 'seen(11; 101; 6), seen(12; 102; 3), seen(10; 102; 1), probed'
	run --separate-stderr -0 report
	assert_equal "$stderr" ""
	run -0 summary '.ledger.lines | [.lost_with_packets, .unaccounted]'
	assert_output '[8,0]'
	run -0 summary .counters_agree.probe
	assert_output '{"present":true,"packets":9,"agree":true}'

	# More lines than one packet has are not half a packet.
	jq -c 'if .index == 0 then .lines += 3 | .discarded += 3 else . end' run/receive.ndjson >fuller
	cp fuller run/receive.ndjson
	run -2 report
	run -0 summary '.ledger.lines | [.lost_with_packets, .unaccounted]'
	assert_output '[9,-4]'
	write probe.ndjson 'seen(11; 101; 6), seen(12; 102; 3), seen(10; 102; 2), probed'
	run -2 report
	assert_line --partial "probe: 2 packets at no worker's pid and socket (pid 10)"
}

@test "a front whose last record is missing makes the results incomplete" {
	write receive.ndjson 'header({model: "shared"}), record("receive"; "interval"; {elapsed_ns: 1,
			interval_ns: 1, workers: [], fronts: [{name: "shared socket", pid: null, cookie: 1} + zero]}),
		worker(0; 11; 1; {packets: 1}), summary({workers: 1, packets: 1})'
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: warning: run/receive.ndjson ends too early: the counts of the shared socket are those of its intervals"
	write receive.ndjson 'header({}), worker(0; 11; 1; {packets: 1}), front("x"; -1; 1; {}),
		front(""; 1; 1; {}), front("x"; 1; null; {}), worker(0; 11; 1; {messages: "x"}),
		(worker(0; 11; 1; {}) | del(.drops))'
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: warning: run/receive.ndjson:3: a front without name, pid and cookie
fairport-report: warning: run/receive.ndjson:4: a front without name, pid and cookie
fairport-report: warning: run/receive.ndjson:5: a front without name, pid and cookie
fairport-report: warning: run/receive.ndjson:6: a record without a count of \"messages\"
fairport-report: warning: run/receive.ndjson:7: a record without a count of \"drops\"
fairport-report: warning: run/receive.ndjson has no summary"
}

@test "trains that were dropped have an unknown length: no ledger is made up from them" {
	write receive.ndjson 'header({engine: "gro"}), worker(0; 11; 101; {packets: 80, drops: 2}),
		summary({workers: 1, packets: 80})'
	write fake.ndjson 'sent(100; {})'
	run --separate-stderr -0 report
	assert_equal "$stderr" ""
	assert_output --partial '2 trains of packets found a full receive buffer'
	run -0 summary '.ledger | [.packets.received, .packets.dropped.rcvbuf, .packets.unaccounted,
		.lines.lost_with_packets, .lines.unaccounted]'
	assert_output '[80,null,null,null,null]'
}

@test "trains of packets: the probe counts messages; bpftrace does not see them" {
	write receive.ndjson 'header({engine: "gro"}), worker(0; 11; 101; {packets: 100, messages: 20}),
		worker(1; 12; 102; {packets: 100, messages: 25}), summary({workers: 2, packets: 200})'
	write probe.ndjson 'seen(11; 101; 20), seen(12; 102; 25), probed'
	write bpftrace.json '{type: "map", data: {"@packets": {"11": 1}}}'
	run --separate-stderr -0 report
	assert_equal "$stderr" ""
	assert_line --regexp '^Counters +agree: workers 200, probe 45, bpftrace 1$'
	assert_line --regexp '^ +bpftrace: it counts recvfrom\(2\), and the engine is gro$'
	run -0 summary '.counters_agree | .probe, .bpftrace, .all'
	assert_output '{"present":true,"packets":45,"agree":true}
{"present":true,"packets":1,"agree":null}
true'
	rm run/probe.ndjson
	run -0 report
	assert_line --regexp '^Counters +nothing to compare: workers 200, bpftrace 1$'
	run -0 summary .counters_agree.all
	assert_output null
	write probe.ndjson 'seen(11; 101; 100), seen(12; 102; 25), probed'
	run -2 report
	assert_line --partial 'probe: worker 0 (pid 11): 100, not 20'
}

# Eight connections, all of whose lines were answered: 5 to one of two workers.
@test "TCP: connections are distributed, lines are accounted for, packets are not" {
	write receive.ndjson 'header({protocol: "tcp", engine: null}),
		record("receive"; "interval"; {elapsed_ns: 1000000000, interval_ns: 1000000000,
			workers: [life(0; 11; 101; {connections: 5}), life(1; 12; 102; {connections: 3})]}),
		worker(0; 11; 101; {connections: 5, lines: 500, answered: 500, bytes: 5000}),
		worker(1; 12; 102; {connections: 3, lines: 300, answered: 300, bytes: 3000}),
		summary({workers: 2, packets: 0, connections: 8})'
	write fake.ndjson 'sent(800; {flows: 7, effective_flows: 6.5, tcp: {established: 8}})'
	run --separate-stderr -0 "$BIN/fairport-report" run
	assert_line --regexp '^worker +pid +connections +share$'
	assert_line --regexp '^ +0 +11 +5 +62\.5% '
	assert_line --regexp '^  \+ +800  answered$'
	refute_line --regexp '^Packets'
	refute_output --partial 'left in queue'
	assert_line --regexp '^Counters +nobody counted beside the workers: workers 8$'
	assert_line --partial 'worker 0 of 2 got 62.5 % of the connections, fair is 50 % (few-flows)'
	run -0 summary '.ledger.packets | [.sent, .send_errors, .received, .lost_in_crash, .in_queue, .unaccounted]'
	assert_output '[null,0,null,null,null,null]'
	run -0 summary '.ledger.lines | [.sent, .lost_with_packets, .received, .answered, .unaccounted]'
	assert_output '[800,0,800,800,0]'
	run -0 summary '.distribution | .unit, [.workers[] | .packets, .connections, .share],
		[.flows, .effective_flows, .verdict, .causes[0].cause]'
	assert_output '"connections"
[0,5,0.625,0,3,0.375]
[8,8,"few-flows","few-flows"]'
	run -0 summary '[.rates.sent_pps, .rates.received_pps], .counters_agree.all, .receiver.protocol'
	assert_output '[800,null]
null
"tcp"'
	run -0 cat run/plots/packets-per-worker.dat
	assert_line --index 0 '# worker pid connections share_percent connections_text'
	assert_line --index 1 '0 11 5 62.5 5'
	run -0 tail -n 1 run/plots/packets-over-time.dat
	assert_output '0.500000 5 3'

	# The probe has seen who accepted them.
	write probe.ndjson '(seen(11; 101; 0) | .accepts = 5), (seen(12; 102; 0) | .accepts = 3), probed'
	run -0 report
	run -0 summary '.counters_agree.probe.agree'
	assert_output true
	write probe.ndjson '(seen(11; 101; 0) | .accepts = 4), (seen(12; 102; 0) | .accepts = 3), probed'
	run -2 report
	assert_line --regexp '^ +probe: .*\(pid 11\): 4, not 5$'
	# A connection that no worker knows of, and lines that nobody read.
	write fake.ndjson 'sent(805; {})'
	run -2 report
	run -0 summary '.ledger.lines.unaccounted, .distribution.flows'
	assert_output '5
1'
	jq -c 'if .type == "summary" then .connections = 9 else . end' run/receive.ndjson >counted
	mv counted run/receive.ndjson
	run -2 report
	assert_line --partial 'workers: they add up to 8 connections, their summary says 9'
}

@test "a steering program that does not share evenly is named, with what to do" {
	write receive.ndjson 'header({steer: "weighted:3,1"}), worker(0; 11; 101; {packets: 75}),
		worker(1; 12; 102; {packets: 25}), summary({workers: 2, packets: 100, decisions: [75, 23],
			decisions_by: "program", fallbacks: 2})'
	write fake.ndjson 'sent(100; {})'
	run --separate-stderr -0 report
	assert_equal "$stderr" ""
	assert_line --regexp '^Cause 1 +steering-program: --steer weighted:3,1: '
	assert_output --partial '2 choices it left to the hash'
	assert_output --partial 'the shares follow the weights'
	run -0 summary '.distribution | [.expected_cv, .p_value, .verdict], [.causes[].cause], [.flows]'
	assert_output '[null,null,"uneven"]
["steering-program"]
[1]'
	run -0 summary '.receiver | .decisions, .decisions_by, .fallbacks'
	assert_output '[75,23]
"program"
2'
	# Evenly, and of one flow: that is what steering is for, and nothing to explain.
	write receive.ndjson 'header({steer: "random"}), worker(0; 11; 101; {packets: 52}),
		worker(1; 12; 102; {packets: 48}), summary({workers: 2, packets: 100})'
	report
	run -0 summary '.distribution | [.verdict, .expected_cv, (.causes | length)]'
	assert_output '["even",null,0]'
}

@test "each policy has its own remedy" {
	local policy remedy
	write fake.ndjson 'sent(4; {})'
	while read -r policy remedy; do
		write receive.ndjson "header({steer: \"$policy\"}), worker(0; 11; 101; {packets: 3}),
			worker(1; 12; 102; {packets: 1}), summary({workers: 2, packets: 4})"
		report
		run -0 summary '.distribution.causes[0].remedy'
		assert_output --partial "$remedy"
	done <<-'EOF'
		random chance evens out
		cpu the CPUs that packets come in on
		weighted:3,1 follow the weights
		least-queue reads slower
		series send more series
		consistent more source ports
		round-robin decisions and fallbacks
		weight decisions and fallbacks
	EOF
}

@test "a server that is not ours, seen by the probe alone: its sockets are the workers, and there are no lines" {
	write probe.ndjson 'def socket($cookie; $packets): record("probe"; "socket"; {protocol: "udp", port: 53,
			cookie: $cookie, packets: $packets, dropped: 0, queue_packets: 0, open: true});
		seen(11; 101; 100), seen(12; 102; 300), socket(101; 100), socket(102; 300), probed'
	run --separate-stderr -0 report
	assert_equal "$stderr" ""
	assert_line --regexp '^ +0 +11 +100 +25\.0%'
	assert_line --regexp '^ +1 +12 +300 +75\.0%'
	assert_line --regexp '^Packets$'
	refute_output --partial Lines
	assert_line --regexp '^Counters +the probe alone: 400$'
	assert_line --regexp '^Figures +no 95 % intervals: the flows are unknown$'
	run -1 grep -E 'What became of the lines' run/report.html
	run -1 grep -E '^Lines' run/report.md
	run -0 summary '.ledger.lines.sent, .rates.stored_rows_per_s, .distribution.max_share'
	assert_output 'null
null
0.75'
}

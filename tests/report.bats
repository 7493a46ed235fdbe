#!/usr/bin/env bats
# fairport-report against run directories of tests/data, whose numbers were made by hand. What is
# damaged or contradicts itself is made from a copy here, so that one sees what was changed.
#
# run --separate-stderr sets $stderr; jq's own variables stand in single quotes.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/runs

setup() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Has the receiver's summary say what its workers add up to.
add_up() {
	jq -sc 'map(select(.type == "worker")) as $workers | .[] | if .type == "summary"
		then reduce (to_entries[] | select(.value | type == "number") | .key) as $key (.;
			if $workers[0][$key] == null or ($key | IN("schema", "t_ns", "pid")) then .
			else .[$key] = ($workers | map(.[$key]) | add) end)
		else . end' run/receive.ndjson >changed
	mv changed run/receive.ndjson
}

report() {
	"$BIN/fairport-report" run --plots none "$@"
}

# What jq makes of summary.json.
summary() {
	jq -c "$1" run/summary.json
}

@test "skewed: the whole story on one screen, and status 0" {
	use skewed
	run --separate-stderr -0 report
	assert_equal "$stderr" ""
	assert_line --regexp '^Finding +worker 2 of 4 got every packet \(few-flows\)$'
	assert_line --regexp '^ +2 +4003 +200,000 +100\.0%  #+$'
	assert_line --regexp '^ +3 +4004 +0 +0\.0%$'
	assert_line --regexp '^Counters +agree: workers 200,000, probe 200,000, bpftrace 200,000$'
	assert_line --regexp '^Verdict +few-flows\. '
	assert_output --partial 'cv 1.732, expected 1.732'
	assert_line --regexp '^Cause 1 +one-flow: '
	assert_output --partial SO_ATTACH_REUSEPORT_CBPF
	assert_line --regexp '^Expected +all 5 expectations met$'
	refute_line --regexp '.{81}'
	refute_output --partial $'\e'
}

@test "skewed: summary.json" {
	use skewed
	report
	run -0 summary .run
	assert_output '{"id":"20260131T230000Z-1","scenario":"skewed","started":"2026-01-31T23:00:00Z","host":"lab","kernel":"6.1.0","cpus":2,"seed":42,"labels":{}}'
	run -0 summary .ledger.packets
	assert_output '{"sent":200000,"send_errors":0,"received":200000,"lost_in_crash":0,"dropped":{"rcvbuf":0,"no_socket":0,"closed_socket":null,"filtered":null},"in_queue":0,"unaccounted":0}'
	run -0 summary '.distribution | del(.workers, .causes, .intervals)'
	assert_output '{"unit":"packets","max_share":1,"min_share":0,"max_over_mean":4,"cv":1.73205080757,"jain":0.25,"effective_workers":1,"gini":0.75,"entropy":0,"flows":1,"effective_flows":1,"expected_cv":1.73205080757,"p_value":1,"verdict":"few-flows"}'
	run -0 summary '.distribution.workers[2]'
	assert_output '{"index":2,"pid":4003,"cookie":103,"lives":1,"packets":200000,"connections":0,"bytes":20000000,"share":1,"drops":0}'
	run -0 summary '[.distribution.causes[].cause]'
	assert_output '["one-flow"]'
	run -0 summary .receiver
	assert_output '{"model":null,"protocol":null,"engine":null,"steer":null,"handover":null,"generations":null,"restarts":null,"respawns":null,"crashed":0,"decisions_by":null,"decisions":null,"fallbacks":null,"fronts":[],"cpu_ns":null,"cpu_ns_per_packet":null}'
	run -0 summary .counters_agree
	assert_output '{"probe":{"present":true,"packets":200000,"agree":true},"bpftrace":{"present":true,"packets":200000,"agree":true},"workers":{"present":true,"packets":200000,"agree":true},"all":true}'
	run -0 summary '.rates, .sender, .latency_ns'
	assert_line --index 0 '{"sent_pps":100000,"received_pps":100000,"stored_rows_per_s":100000,"requested_pps":100000}'
	assert_line --index 1 '{"limited":false,"late_ns":{"p50":3327,"p99":7679,"max":4005130}}'
	assert_line --index 2 '{"p50":4607,"p90":4863,"p99":10751,"p999":135167,"max":1848851}'
	run -0 summary '.expect[0], .expect[1], .missing, .interrupted'
	assert_line --index 0 '{"key":"distribution.max_share","op":">=","want":"0.999","got":1,"ok":true}'
	assert_line --index 1 '{"key":"distribution.verdict","op":"=","want":"few-flows","got":"few-flows","ok":true}'
	assert_line --index 2 '[]'
	assert_line --index 3 false
	assert_equal "$(compgen -G "run/*.new")" ""
}

@test "even: streams without a manifest" {
	use even
	run --separate-stderr -0 report
	assert_equal "$stderr" ""
	assert_output --partial '4 workers share evenly: 24.9 % to 25.1 % each (even)'
	assert_output --partial 'nobody counted beside the workers'
	run -0 summary '.distribution.verdict, .distribution.causes, .counters_agree.all, .expect,
		.interrupted, .run.scenario, .run.started, .run.seed, .ledger.lines.discarded'
	assert_output '"even"
[]
null
[]
null
null
"2026-01-31T23:00:00Z"
42
200000'
}

@test "few flows: what is expected of so few, and how many it takes" {
	use few-flows
	run -0 report
	assert_output --partial 'cv 0.707, expected 0.612'
	assert_output --partial '3,635 equal flows'
	run -0 summary '.distribution | .flows, .effective_flows, .cv, .expected_cv, .p_value, .verdict'
	assert_output '8
8
0.707106781187
0.612372435696
0.261464129949
"few-flows"'
	run -0 summary '[.distribution.causes[].cause]'
	assert_output '["few-flows","sender-limited"]'
}

@test "a larger tolerance makes the same run even" {
	use few-flows
	report --tolerance 100
	run -0 summary .distribution.verdict
	assert_output '"even"'
	report --tolerance 99
	run -0 summary .distribution.verdict
	assert_output '"few-flows"'
}

# 1000 packets of two lines: 900 received, 60 dropped, 10 without a socket, 25 in the queue: 5 are
# missing. 95 known losses take 190 lines along. The workers' 1800 lines became 1700 rows, 60
# rejected, 30 not stored, 10 pending; the database has 1695 rows.
@test "losses: both ledgers add up, and what is missing shows" {
	use lossy
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: warning: the database counts 1695 rows, the workers stored 1700"
	assert_line --regexp '^    1,000  sent {29}2,000  sent$'
	assert_line --regexp '^  \+     5  unaccounted '
	assert_line --regexp ' \+    15  unaccounted$'
	assert_output --partial '7 sends failed'
	assert_output --partial 'Missing    probe: needs CAP_BPF and CAP_PERFMON'
	run -0 summary .ledger
	assert_output '{"packets":{"sent":1000,"send_errors":7,"received":900,"lost_in_crash":0,"dropped":{"rcvbuf":60,"no_socket":10,"closed_socket":null,"filtered":null},"in_queue":25,"unaccounted":5},"lines":{"sent":2000,"lost_with_packets":190,"received":1800,"stored":1695,"discarded":0,"answered":0,"rejected":{"syntax":25,"truncated":0,"type_conflict":20,"limit":0,"encoding":15,"strict":0},"store_errors":30,"dropped":0,"spooled":0,"pending":10,"unaccounted":15}}'
	run -0 summary '.distribution.causes[] | select(.cause == "rcvbuf-overflow") | .evidence, .remedy'
	assert_output --partial '60 packets (6.2 % of those that arrived)'
	assert_output --partial '50 of them at worker 1'
	assert_output --partial 'net.core.rmem_max, now 208.0 KiB'
}

@test "lines that shared a packet with a bad one have a place of their own in the ledger" {
	use even
	change receive.ndjson 'if .type == "worker" and .index == 0
		then .discarded -= 7 | .rejected_syntax = 2 | .rejected_strict = 5 else . end'
	add_up
	run -0 report
	assert_line --regexp ' \+ {7}5  rejected: strict$'
	run -0 summary '.ledger.lines | .rejected.syntax, .rejected.strict, .unaccounted'
	assert_output '2
5
0'
}

@test "more received than sent is a negative rest" {
	use even
	change fake.ndjson 'if .type == "summary" then .packets = 199000 | .lines = 199000 | .flows = 199000 | .effective_flows = 199000 else . end'
	run -2 report
	assert_line --regexp '^  \+  -1,000  unaccounted '
	run -0 summary '.ledger.packets.unaccounted, .ledger.lines.unaccounted'
	assert_output '-1000
-1000'
}

@test "packets without a socket count only in a network namespace of the run's own" {
	use lossy
	change manifest.json '.netns = "host"'
	run -2 report
	run -0 summary '.ledger.packets | .dropped.no_socket, .unaccounted'
	assert_output '0
15'
}

# With packets of different size, lost lines are only known where no packet is missing.
@test "lines lost with packets of different size" {
	use lossy
	change fake.ndjson 'if .type == "summary" then .lines = 2010 else . end'
	run -2 report
	run -0 summary '.ledger.lines | .lost_with_packets, .unaccounted'
	assert_output 'null
null'
	change fake.ndjson 'if .type == "summary" then .packets = 995 else . end'
	run -2 report
	run -0 summary '.ledger.lines | .lost_with_packets, .unaccounted'
	assert_output '210
5'
}

@test "no sender's stream: sent is unknown, not invented" {
	use skewed
	rm run/fake.ndjson run/manifest.json
	run -0 report
	assert_line --regexp '^ +\?  sent +\?  sent$'
	assert_line --regexp '^Verdict +unexplained\. '
	assert_line --regexp '^Cause 1 +flows-unknown: '
	run -0 summary '.ledger.packets.sent, .ledger.packets.unaccounted, .ledger.lines.sent,
		.ledger.lines.lost_with_packets, .distribution.flows, .distribution.p_value,
		.rates.sent_pps, .rates.received_pps, .sender.limited, .sender.late_ns.max, .run.seed'
	assert_output 'null
null
null
null
null
null
null
100000
null
null
null'
}

@test "records of another run do not mix" {
	use skewed
	change manifest.json '.expect = []'
	cp "$BATS_TEST_DIRNAME/data/even/fake.ndjson" run/
	run --separate-stderr -2 report
	assert_regex "$stderr" "fake.ndjson:1: a record of another run"
	run -0 summary .ledger.packets.sent
	assert_output null
}

@test "pictures of a run without a packet" {
	require_command gnuplot
	use even
	rm run/fake.ndjson
	change receive.ndjson 'if .workers | type == "array" then .workers[].packets = 0 else . end |
		if .packets then .packets = 0 else . end'
	run --separate-stderr -0 "$BIN/fairport-report" run
	assert_equal "$stderr" ""
	[ -s run/plots/packets-over-time.png ]
}

@test "a probe that counted otherwise is a contradiction" {
	use skewed
	change probe.ndjson 'if .type == "worker" then .packets = 199999 else . end'
	change manifest.json '.expect = []'
	run -2 report
	assert_line --regexp '^Counters +DISAGREE: workers 200,000, probe 199,999 \(differs\),'
	assert_output --partial 'probe: worker 2 (pid 4003): 199,999, not 200,000'
	run -0 summary '.counters_agree | .probe.agree, .bpftrace.agree, .workers.agree, .all'
	assert_output 'false
true
true
false'
}

@test "the probe is joined by socket too, and strangers are named" {
	use skewed
	change manifest.json '.expect = []'
	change probe.ndjson 'if .type == "worker" then .cookie = 999 else . end'
	run -2 report
	assert_output --partial "probe: 200,000 packets at no worker's pid and socket (pid 4003)"
	change bpftrace.json 'if .data["@packets"] then .data["@packets"]["77"] = 5 else . end'
	run -2 report
	assert_output --partial "bpftrace: 5 packets at no worker's pid (pid 77)"
	run -0 summary '.counters_agree.bpftrace'
	assert_output '{"present":true,"packets":200005,"agree":false}'
}

@test "a counter that lost events makes the results incomplete" {
	use skewed
	change probe.ndjson 'if .type == "summary" then .lost_events = 3 else . end'
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: warning: run/probe.ndjson: 3 events were lost and not counted"
}

@test "a counter that ended too early is not taken for a count" {
	use skewed
	change manifest.json '.expect = []'
	sed -i '/@packets/d' run/bpftrace.json
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: warning: run/bpftrace.json has no final counts: the counter ended too early"
	run -0 summary .counters_agree.bpftrace
	assert_output '{"present":false,"packets":null,"agree":null}'
}

@test "a stream that breaks off: what was read is used, and the line is named" {
	use skewed
	rm run/manifest.json
	# Within the record of worker 1, line 5 of 8.
	head -n 4 run/receive.ndjson >head.ndjson
	sed -n 5p run/receive.ndjson | head -c 100 >>head.ndjson
	mv head.ndjson run/receive.ndjson
	run --separate-stderr -2 report
	assert_equal "${stderr_lines[0]}" "fairport-report: warning: run/receive.ndjson:5: cut off: the file ends within a record"
	assert_equal "${stderr_lines[1]}" "fairport-report: warning: run/receive.ndjson ends too early: the counts of 3 of 4 workers are those of its intervals"
	run -0 summary '[.distribution.workers[].packets], .counters_agree.workers.agree, .latency_ns.max'
	assert_output '[0,0,200000,0]
null
null'
}

@test "a stream that ends between two records is incomplete, too" {
	use skewed
	rm run/manifest.json
	cp run/receive.ndjson whole
	head -n 3 whole >run/receive.ndjson
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: warning: run/receive.ndjson ends too early: the counts of 4 of 4 workers are those of its intervals"
	run -0 summary '[.distribution.workers[].packets]'
	assert_output '[0,0,200000,0]'
	head -n 7 whole >run/receive.ndjson
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: warning: run/receive.ndjson has no summary"
}

@test "foreign lines are named by file and line, five of them at most" {
	use even
	{
		sed -n 1p run/fake.ndjson
		echo '{"schema":1,"type":"header","program":"receive"}'
		echo '{"schema":2,"type":"header","program":"fake"}'
		echo '[1]'
		echo '{"a":1}'
		echo 'not JSON'
		echo '{"schema":1,"type":"interval","program":"fake"}'
		echo '{"schema":1,"type":"new","program":"fake"}'
		sed -n '2,$p' run/fake.ndjson
		sed -n '1p' run/fake.ndjson
	} >foreign
	mv foreign run/fake.ndjson
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: warning: run/fake.ndjson:2: a record of another program
fairport-report: warning: run/fake.ndjson:3: a record of another schema; this program knows schema 1
fairport-report: warning: run/fake.ndjson:4: not an object
fairport-report: warning: run/fake.ndjson:5: not a record: it has no \"type\"
fairport-report: warning: run/fake.ndjson:6: not JSON from column 3 on
fairport-report: warning: run/fake.ndjson: 2 more such lines"
	run -0 summary .ledger.packets.sent
	assert_output 200000
}

@test "a sender that died: its packets are known, its flows are not" {
	use even
	sed -i '$d' run/fake.ndjson
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: warning: run/fake.ndjson has no summary: what was sent is known up to its last interval, the flows are not"
	run -0 summary '.ledger.packets.sent, .distribution.flows, .distribution.verdict'
	assert_output '200000
null
"even"'
}

@test "an expectation that fails: an error, and status 3" {
	use skewed
	change manifest.json '.expect += [
		{key: "distribution.max_share", op: "<=", want: "0.2575"},
		{key: "distribution.verdict", op: "!=", want: "few-flows"},
		{key: "counters_agree.all", op: "=", want: "false"},
		{key: "ledger.packets.dropped.filtered", op: "<=", want: "0"},
		{key: "ledger.packets.dropped.filtered", op: "!=", want: "5"},
		{key: "no.such.key", op: "=", want: "1"},
		{key: "distribution.workers.7.share", op: "=", want: "1"},
		{key: "distribution.flows", op: "~", want: "1"},
		{key: "distribution.workers", op: "!=", want: "1"},
		{key: "distribution.cv", op: "<", want: "1.5"}]'
	run --separate-stderr -3 report
	assert_equal "$stderr" 'fairport-report: error: expected distribution.max_share <= 0.2575, got 1
fairport-report: error: expected distribution.verdict != few-flows, got few-flows
fairport-report: error: expected counters_agree.all = false, got true
fairport-report: error: expected ledger.packets.dropped.filtered <= 0, got null
fairport-report: error: expected ledger.packets.dropped.filtered != 5, got null
fairport-report: error: expected no.such.key = 1, but summary.json has no such key
fairport-report: error: expected distribution.workers.7.share = 1, but summary.json has no such key
fairport-report: error: expected distribution.flows ~ 1, but "~" is none of = != < <= > >=
fairport-report: error: expected distribution.workers != 1, got no single value
fairport-report: error: expected distribution.cv < 1.5, got 1.73205081'
	assert_line --regexp '^Expected +10 of 15 expectations FAILED$'
	run -0 summary '[.expect[].ok], .expect[10]'
	assert_output '[true,true,true,true,true,false,false,false,false,false,false,false,false,false,false]
{"key":"no.such.key","op":"=","want":"1","got":null,"ok":false}'
}

@test "each operator, on numbers below, at and above" {
	use skewed
	change manifest.json '.expect = [("=", "!=", "<", "<=", ">", ">=") as $op |
		("3", "4.0", "5") as $want | {key: "distribution.max_over_mean", op: $op, want: $want}]'
	run -3 report
	run -0 summary '[.expect[].ok | if . then 1 else 0 end] | .[0:3], .[3:6], .[6:9], .[9:12], .[12:15], .[15:18]'
	assert_output '[0,1,0]
[1,0,1]
[0,0,1]
[0,1,1]
[1,0,0]
[1,1,0]'
}

@test "what is unknown can be expected to be" {
	use skewed
	change manifest.json '.expect = [{key: "ledger.packets.dropped.filtered", op: "=", want: "null"},
		{key: "interrupted", op: "=", want: "false"}, {key: "run.scenario", op: "!=", want: "even"}]'
	run -0 report
	assert_line --regexp '^Expected +all 3 expectations met$'
}

# 2 s of sending; the workers were busy in 5 intervals of 1 s, so for 3 s at least.
@test "rates are not better than the time that receiving took" {
	use even
	jq -c 'if .type == "interval" then (if .elapsed_ns == 1000000000
			then (range(-2; 5) as $i | .elapsed_ns = ($i + 3) * 1000000000 |
				if $i < 0 then .workers[].packets = 0 else . end) else empty end)
		else . end' run/receive.ndjson >slow
	mv slow run/receive.ndjson
	report
	run -0 summary '.rates.sent_pps, .rates.received_pps'
	assert_output '100000
66666.6666667'
	rm run/fake.ndjson
	report
	run -0 summary .rates.received_pps
	assert_output 40000
}

@test "an interrupted run is not held to expectations" {
	use skewed
	change manifest.json '.interrupted = true | .expect[0].want = "2"'
	run --separate-stderr -2 report
	assert_equal "$stderr" ""
	assert_output --partial 'not evaluated: the run was interrupted'
	run -0 summary '.interrupted, .expect[0]'
	assert_output 'true
{"key":"distribution.max_share","op":">=","want":"2","got":null,"ok":null}'
}

@test "200 workers: the extremes are shown, all are in summary.json" {
	use even
	rm run/fake.ndjson
	jq -c 'def w($i): .index = $i | .pid = 5000 + $i | .cookie = 900 + $i | .packets = 1000 + $i;
		if .type == "worker" then (if .index == 0 then w(range(200)) else empty end)
		elif .type == "interval" then empty else . end' run/receive.ndjson >many
	mv many run/receive.ndjson
	add_up
	run --separate-stderr -0 report
	assert_equal "$stderr" ""
	assert_output --partial '... 168 workers in between, all in summary.json ...'
	assert_line --regexp '^ +199 +5199 +1,199 '
	assert_line --regexp '^ +184 '
	refute_line --regexp '^ +183 '
	assert_line --regexp '^ +15 +5015 '
	refute_line --regexp '^ +16 '
	assert_line --regexp '^ +0 +5000 +1,000 '
	run -0 summary '.distribution.workers | length'
	assert_output 200
}

@test "one worker, and no packets at all" {
	use even
	rm run/fake.ndjson
	jq -c 'if .type == "worker" then (if .index == 0 then .packets = 200000 else empty end)
		elif .type == "interval" then empty else . end' run/receive.ndjson >one
	mv one run/receive.ndjson
	add_up
	run -0 report
	assert_output --partial 'one worker received all 200,000 packets (single)'
	jq -c 'if .type == "worker" then .packets = 0, (.index = 1 | .packets = 0)
		else . end' run/receive.ndjson >none
	mv none run/receive.ndjson
	add_up
	run -0 report
	assert_output --partial 'no packet arrived (idle)'
	run -0 summary '.distribution.max_share, .distribution.workers[0].share, .rates.received_pps'
	assert_output 'null
null
null'
}

@test "text of other programs cannot drive the terminal" {
	use skewed
	change manifest.json '.title = "a\u001b[31mb\nc"'
	run -0 report
	assert_line --regexp '^Run +a\?\[31mb\?c$'
}

@test "pictures: data, SVG and PNG of each template" {
	require_command gnuplot
	use few-flows
	rm run/fake.ndjson
	change receive.ndjson 'if .type == "worker" then ., (.index += 4) else . end'
	add_up
	# The title is text, not markup, and not a command.
	cp "$BATS_TEST_DIRNAME/data/skewed/manifest.json" run/
	change manifest.json '.run = "20260131T230000Z-3" | .expect = [] | .title = "a_b^{c} \"; `touch pwned` $(touch pwned) <&>"'
	run --separate-stderr -0 "$BIN/fairport-report" run
	assert_equal "$stderr" ""
	assert_line --regexp '^Files +run: summary.json, report.html, report.md, plots/\*\.svg, plots/\*\.png$'
	for name in packets-per-worker packets-over-time; do
		run -0 head -c 8 "run/plots/$name.png"
		assert_output --partial PNG
		run -0 cat "run/plots/$name.svg"
		assert_output --partial '</svg>'
		assert_output --partial 'a_b^{c}'
	done
	run -0 head -n 3 run/plots/packets-per-worker.dat
	assert_output '# worker pid packets share_percent packets_text
0 4001 200 12.5 200
1 4002 200 12.5 200'
	run -0 head -n 2 run/plots/packets-over-time.dat
	assert_line --index 0 --partial '# middle_s worker_0_pps worker_1_pps'
	assert_line --index 1 '0.500000 200 200 400 0 0 0 0 0'
	assert [ ! -e pwned ]
}

@test "no gnuplot: one note, all else is there" {
	use few-flows
	mkdir empty
	run --separate-stderr -0 env PATH="$PWD/empty" "$BIN/fairport-report" run
	assert_equal "$stderr" "fairport-report: no pictures: gnuplot is not installed"
	assert_line --regexp '^Files +run: summary.json, report.html, report.md$'
	run -0 head -n 2 run/plots/packets-over-time.dat
	assert_line --index 1 '0.500000 200 200 400 0'
}

@test "a gnuplot that fails is quoted, and the results are incomplete" {
	use few-flows
	mkdir bin
	printf '#!/bin/sh\necho "no such font" >&2\nexit 1\n' >bin/gnuplot
	chmod +x bin/gnuplot
	run --separate-stderr -2 env PATH="$PWD/bin:$PATH" "$BIN/fairport-report" run
	assert_equal "${stderr_lines[0]}" "fairport-report: warning: gnuplot failed to draw:"
	assert_equal "${stderr_lines[1]}" "no such font"
	assert [ -s run/summary.json ]
}

@test "a picture that is cut off, as on a full disk, is named, and the results are incomplete" {
	require_command gnuplot
	use even
	mkdir bin
	local cut
	for cut in skew.png lorenz.svg skew-narrow.svg; do
		printf '#!/bin/sh\n"%s" "$@"\ntruncate -s 1000 "run/plots/%s"\n' \
			"$(command -v gnuplot)" "$cut" >bin/gnuplot
		chmod +x bin/gnuplot
		run --separate-stderr -2 env PATH="$PWD/bin:$PATH" "$BIN/fairport-report" run
		assert_equal "${stderr_lines[0]}" \
			"fairport-report: warning: could not draw run/plots/$cut: it is cut off"
		refute_line --partial 'plots/'
		run ! grep -q '<figure>' run/report.html
	done
}

@test "a summary that cannot be written: the text is there, the status is 2" {
	use few-flows
	mkdir run/summary.json
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: error: could not write run/summary.json: Is a directory"
	assert_output --partial Verdict
	assert_equal "$(compgen -G "run/*.new")" ""
}

@test "no run directory, or nothing about workers in it" {
	run --separate-stderr -1 "$BIN/fairport-report" nowhere
	assert_output ""
	assert_equal "${stderr_lines[0]}" "fairport-report: error: could not open run directory nowhere: No such file or directory"
	mkdir run
	run --separate-stderr -1 report
	assert_output ""
	assert_equal "${stderr_lines[0]}" "fairport-report: error: no receive.ndjson in run: nothing is known about the workers"
	assert_equal "${stderr_lines[1]}" "fairport-report: hint: 'fairport run' writes it, and so does 'fairport-receive --json run/receive.ndjson'"
	: >run/receive.ndjson
	run --separate-stderr -1 report
	assert_equal "${stderr_lines[0]}" "fairport-report: error: run/receive.ndjson: no record of a worker in it"
	rm -r run
	: >run
	run --separate-stderr -1 report
	assert_equal "${stderr_lines[0]}" "fairport-report: error: could not open run directory run: Not a directory"
}

@test "option errors: one line, how to get help, status 1" {
	while IFS='|' read -r arguments message; do
		# shellcheck disable=SC2086
		run --separate-stderr -1 "$BIN/fairport-report" $arguments
		assert_output ""
		assert_equal "$stderr" "fairport-report: error: $message
Try 'fairport-report --help'"
	done <<-'EOF'
		|the directory of the run is missing (expected DIR)
		--plots none|the directory of the run is missing (expected DIR)
		a --key x|--key is of several runs, and a is one
		a --out x|--out is of several runs, and a is one
		a --by host|--by is of several runs, and a is one
		a b --key|option --key needs a value
		a b --key x,,y|invalid value "x,,y" for --key (expected KEY,KEY,..., each once, e.g. rates.received_pps,distribution.cv)
		a b --key x --key x|invalid value "x" for --key (expected KEY,KEY,..., each once, e.g. rates.received_pps,distribution.cv)
		a b --html - --markdown -|--html and --markdown cannot both go to standard output
		a --history x|unexpected argument "a": --history takes no DIR
		--history x --html y|--history writes no documents (expected --out DIR alone)
		a b --store x|--store takes one run at a time
		a --plots x|invalid value "x" for --plots (expected one of auto, none)
		a --tolerance 10%|invalid value "10%" for --tolerance (expected a whole number)
		a --tolerance 1001|invalid value "1001" for --tolerance (expected 0 to 1,000)
	EOF
}

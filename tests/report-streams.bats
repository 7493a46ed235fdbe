#!/usr/bin/env bats
# fairport-report and what can be wrong with the streams it reads: whatever is whole is reported, what
# is not is named with file and line, and the status is 2. And a directory where only the probe wrote.
#
# run --separate-stderr sets $stderr; jq's own variables and texts for other shells stand in single
# quotes.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/probe

# Most tests here need no privilege.
setup() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
}

setup_file() {
	:
}

teardown() {
	teardown_probe
	[ -z "${APART:-}" ] || kill "$APART" 2>/dev/null || true
}

# A copy of a run of tests/data, as ./run.
use() {
	cp -r "$BATS_TEST_DIRNAME/data/$1" run
	[ ! -e run/manifest.json ] || change_manifest '.expect = []'
}

change_manifest() {
	jq "$1" run/manifest.json >changed
	mv changed run/manifest.json
}

report() {
	"$BIN/fairport-report" run --plots none "$@"
}

# Reports it with status 2, and warnings that are these lines.
warns() {
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: warning: ${1//$'\n'/$'\n'fairport-report: warning: }"
}

summary() {
	jq -c "$1" run/summary.json
}

# Puts a line before line $2 of run/$1.
insert() {
	sed -i "$2i $3" "run/$1"
}

@test "every stream may end at any byte: no crash, status 2, and the line is named" {
	local file size at
	use skewed
	cp -r run whole
	for file in receive fake probe store; do
		size=$(stat -c %s "whole/$file.ndjson")
		for at in 1 100 $((size / 3)) $((size / 2)) $((size - 2)); do
			# Not at the end of a record, with or without its line feed.
			[ "$(tail -c "+$at" "whole/$file.ndjson" | head -c 2 | wc -l)" = 0 ] || at=$((at - 5))
			head -c "$at" "whole/$file.ndjson" >"run/$file.ndjson"
			run --separate-stderr report
			case $file-$at in
			# No record of a worker is whole.
			receive-1 | receive-100) ;;
			*) assert_equal "$status" 2 ;;
			esac
			assert_regex "$stderr" "run/$file.ndjson:[0-9]+: cut off: the file ends within a record"
		done
		cp "whole/$file.ndjson" run/
	done
	run -0 report
}

@test "a newer schema, another program, another run, damage: named with file and line" {
	use skewed
	insert receive.ndjson 3 '{"schema":2,"type":"interval","program":"receive","run":"20260131T230000Z-1"}'
	insert receive.ndjson 4 '{"schema":1,"type":"interval","program":"fake","run":"20260131T230000Z-1"}'
	insert probe.ndjson 2 '{"schema":1,"type":"worker","program":"probe","run":"other"}'
	insert fake.ndjson 2 '{"schema":1,"type":"interval","program":"fake","packets":12'
	insert store.ndjson 1 '{"type":"table","rows":1.}'
	printf '{"type":"attached_probes"\0}\n' >>run/bpftrace.json
	warns 'run/receive.ndjson:3: a record of another schema; this program knows schema 1
run/receive.ndjson:4: a record of another program
run/probe.ndjson:2: a record of another run
run/fake.ndjson:2: not JSON from column 59 on
run/bpftrace.json:9: not JSON: a NUL byte in column 26
run/store.ndjson:1: not JSON from column 25 on'
	run -0 summary '.ledger.packets | .sent, .received, .unaccounted'
	assert_output '200000
200000
0'
	run -0 summary .counters_agree.all
	assert_output true
}

@test "much damage is named five times in each file, and counted" {
	use skewed
	yes '{"half":' | head -n 100 >>run/receive.ndjson
	yes '[]' | head -n 1000 >>run/probe.ndjson
	run --separate-stderr -2 report
	assert_equal "${#stderr_lines[@]}" 12
	assert_equal "${stderr_lines[5]}" "fairport-report: warning: run/receive.ndjson: 95 more such lines"
	assert_equal "${stderr_lines[11]}" "fairport-report: warning: run/probe.ndjson: 995 more such lines"
	run -0 summary .distribution.verdict
	assert_output '"few-flows"'
}

@test "zeros that a crash left at the end, and a line as long as nobody writes" {
	use skewed
	truncate -s +1M run/fake.ndjson
	truncate -s +100M run/receive.ndjson
	warns 'run/receive.ndjson:9: longer than any record: more than 16 MiB
run/fake.ndjson:4: not JSON: a NUL byte in column 1'
	run -0 summary .distribution.max_share
	assert_output 1
}

@test "two runs in one file: the first one counts" {
	use even
	cat run/receive.ndjson >second
	sed -i 's/"run":"[^"]*"/"run":"another"/' second
	cat second >>run/receive.ndjson
	run --separate-stderr -2 report
	assert_equal "${stderr_lines[0]}" "fairport-report: warning: run/receive.ndjson:9: a record of another run"
	run -0 summary '.ledger.packets.received'
	assert_output 200000
}

@test "records that are there twice are counted once" {
	use even
	sed -i 'p' run/receive.ndjson
	run --separate-stderr -2 report
	assert_equal "${stderr_lines[0]}" "fairport-report: warning: run/receive.ndjson:2: a second header or summary"
	assert_equal "${stderr_lines[1]}" "fairport-report: warning: run/receive.ndjson:4: an interval that does not end later than the one before"
	assert_regex "$stderr" 'run/receive.ndjson:[0-9]+: a second record of the end of a process'
	run -0 summary '.ledger.packets.received, .counters_agree.workers.agree'
	assert_output '200000
true'
}

@test "no bytes, a directory, a pipe, no permission: said, and the rest is reported" {
	use skewed
	: >run/probe.ndjson
	rm run/fake.ndjson run/store.ndjson run/bpftrace.json
	mkdir run/fake.ndjson
	mkfifo run/store.ndjson
	cp run/receive.ndjson run/bpftrace.json
	chmod 0 run/bpftrace.json
	chmod 777 run
	run --separate-stderr -2 "${as_nobody[@]}" "$BIN/fairport-report" run --plots none
	assert_equal "${stderr_lines[0]}" "fairport-report: warning: run/probe.ndjson has no final counts: the counter ended too early"
	assert_equal "${stderr_lines[1]}" "fairport-report: warning: could not open run/fake.ndjson: Is a directory"
	assert_regex "$stderr" "could not open run/bpftrace.json: Permission denied"
	assert_regex "$stderr" "could not open run/store.ndjson: Not a regular file"
	run -0 summary '.distribution.max_share, .ledger.packets.sent, .counters_agree.probe.present'
	assert_output '1
null
false'
}

@test "a run that may only be read is reported all the same, and it is said what to do" {
	use skewed
	chmod 755 .
	chmod 555 run
	run --separate-stderr -2 "${as_nobody[@]}" "$BIN/fairport-report" run --plots none
	chmod 755 run
	assert_line --regexp "^Verdict +few-flows\."
	assert_equal "${stderr_lines[0]}" "fairport-report: error: could not write run/summary.json: Permission denied"
	assert_regex "${stderr_lines[1]}" "hint: .*copy them to a directory that you may write"
}

@test "a manifest that is damaged is named with its line" {
	use skewed
	sed -i '3s/.*/"x":,/' run/manifest.json
	run --separate-stderr -2 report
	assert_regex "${stderr_lines[0]}" "warning: run/manifest.json:3: not JSON from column"
	assert_output --partial few-flows
}

@test "a manifest that is a pipe, a directory, of a newer schema, or endless: said, and the rest is reported" {
	use skewed
	mv run/manifest.json whole
	mkfifo run/manifest.json
	warns 'could not open run/manifest.json: Not a regular file'
	rm run/manifest.json
	mkdir run/manifest.json
	warns 'could not open run/manifest.json: Is a directory'
	rmdir run/manifest.json
	jq '.schema = 2' whole >run/manifest.json
	warns 'run/manifest.json: a manifest of another schema; this program knows schema 1'
	truncate -s 1G run/manifest.json
	warns 'run/manifest.json: longer than any manifest: more than 16 MiB'
	run -0 summary '.ledger.packets.received'
	assert_output 200000
}

@test "a pipe where the receiver's records belong is not waited for, whoever else reads them" {
	use skewed
	change_probe
	rm run/receive.ndjson run/manifest.json run/store.ndjson
	mkfifo run/receive.ndjson
	run --separate-stderr -2 timeout 60 "$BIN/fairport-report" run --plots none
	assert_equal "${stderr_lines[0]}" "fairport-report: warning: could not open run/receive.ndjson: Not a regular file"
	run -0 summary '.distribution.max_share'
	assert_output 1
}

@test "numbers that no count can be are named, and make no sum wrong" {
	local number
	for number in 18446744073709551616 9223372036854775807 -1 1e300 1e999 1.5 '"7"' true '[]' null; do
		rm -rf run
		use skewed
		sed -i "/\"worker\"/s/\"packets\":200000/\"packets\":$number/" run/receive.ndjson
		run --separate-stderr -2 report
		assert_regex "$stderr" "run/receive.ndjson:[0-9]+: (a number that is too large|a count that is too large|a record without a count of)"
		assert_regex "$stderr" "ends too early: the counts of 1 of 4 workers are those of its intervals"
		# What its intervals say.
		run -0 summary '.ledger.packets.received'
		assert_output 200000
	done
}

@test "an index beyond all workers takes no memory, and makes no workers" {
	use skewed
	sed -i 's/"index":3/"index":1000000000/' run/receive.ndjson
	run --separate-stderr -2 bash -c "ulimit -v 1000000 && '$BIN/fairport-report' run --plots none"
	assert_regex "$stderr" "run/receive.ndjson:[0-9]+: a worker without index, pid and cookie"
	run -0 summary '.distribution.workers | length'
	assert_output 3
}

@test "an interval that is missing is named where it should be" {
	use even
	sed -i 2d run/receive.ndjson
	warns 'run/receive.ndjson:2: what happened just before this interval is missing'
	run -0 summary .ledger.packets.received
	assert_output 200000
}

@test "a stream that is still being written: what is whole is reported, again and again" {
	use even
	mv run whole
	mkdir run
	cp whole/fake.ndjson run/
	local size at before=0
	size=$(stat -c %s whole/receive.ndjson)
	for ((at = size / 3; at < size; at += size / 9)); do
		tail -c "+$((before + 1))" whole/receive.ndjson | head -c $((at - before)) >>run/receive.ndjson
		before=$at
		run --separate-stderr -2 report
		assert_regex "$stderr" "the counts of [1-4] of [34] workers are those of its intervals|has no summary"
	done
	tail -c "+$((before + 1))" whole/receive.ndjson >>run/receive.ndjson
	run --separate-stderr -0 report
}

# contradicts WHAT: status 2, and said by the text, the page and the document for pull requests; the
# line of text is WHAT.
contradicts() {
	run --separate-stderr -2 "$BIN/fairport-report" run --plots none
	assert_output --partial "$1"
	grep -q 'The counts contradict each other' run/report.html
	grep -q 'The counts contradict each other' run/report.md
}

@test "streams that contradict each other: told by whom, each count as it is, never a mean" {
	use skewed
	sed -i 's/"packets":200000/"packets":200001/' run/probe.ndjson
	contradicts 'probe: worker 2 (pid 4003): 200,001, not 200,000'
	assert_line --partial 'DISAGREE: workers 200,000, probe 200,001 (differs), bpftrace 200,000'
	run -0 summary '.counters_agree | .workers.packets, .probe.packets, .bpftrace.packets, .probe.agree, .all'
	assert_output '200000
200001
200000
false
false'
	rm -r run
	use skewed
	sed -i 's/: 200000/: 199000/' run/bpftrace.json
	contradicts 'bpftrace: worker 2 (pid 4003): 199,000, not 200,000'
	rm -r run
	use skewed
	sed -i 's/"packets":200000,"lines":200000/"packets":150000,"lines":150000/; s/"packets":200000/"packets":150000/' run/fake.ndjson
	sed -i 's/"lines":200000/"lines":150000/' run/fake.ndjson
	contradicts '-50,000  unaccounted'
	run -0 summary '.ledger.packets | .sent, .received, .unaccounted'
	assert_output '150000
200000
-50000'
}

@test "a summary that is not the sum of its workers, in any of its counts" {
	local key
	for key in packets bytes lines stored drops; do
		rm -rf run
		use skewed
		jq -c "if .type == \"summary\" then .$key = 7 else . end" run/receive.ndjson >changed
		mv changed run/receive.ndjson
		contradicts ' their'
		assert_regex "$output" "workers: they add up to [0-9]+ $key, their"
		run -0 summary '.counters_agree.workers.agree'
		assert_output false
	done
}

@test "two probes in one file: what the second tells of the same sockets is not added" {
	use skewed
	change_probe
	cat run/probe.ndjson run/probe.ndjson >changed
	mv changed run/probe.ndjson
	rm run/receive.ndjson run/manifest.json run/store.ndjson
	run --separate-stderr -2 report
	assert_regex "$stderr" 'run/probe.ndjson:[0-9]+: a second header or summary'
	assert_regex "$stderr" 'run/probe.ndjson:[0-9]+: a second record of a (process on this socket|socket)'
	run -0 summary '[.distribution.workers[] | [.pid, .packets, .drops]]'
	assert_output '[[4001,0,0],[4003,200000,4]]'
}

@test "a worker that crashed all day: twenty thousand processes, each compared with what was seen of it" {
	use skewed
	rm run/manifest.json run/store.ndjson run/bpftrace.json run/fake.ndjson
	jq -c --slurp '(map(select(.type == "header"))[0]), (map(select(.type == "worker" and .packets > 0))[0] |
		(. + {index: 0, packets: 1, messages: 1}) as $life | range(20000) | $life + {pid: (. + 10000)})' \
		run/receive.ndjson >changed
	jq -c --slurp '(map(select(.type == "header"))[0]), (map(select(.type == "worker"))[0] as $of |
		range(20000) | $of + {pid: (. + 10000), packets: 1}), (map(select(.type == "summary"))[0])' \
		run/probe.ndjson >seen
	mv changed run/receive.ndjson
	mv seen run/probe.ndjson
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: warning: run/receive.ndjson has no summary"
	run -0 summary '[.distribution.workers[].lives], .counters_agree.probe.packets, .counters_agree.probe.agree'
	assert_output '[20000]
20000
true'
}

@test "a receiver's stream that tells of nobody: what the probe saw is reported instead" {
	use skewed
	rm run/manifest.json
	change_probe
	rm run/store.ndjson
	: >run/receive.ndjson
	run --separate-stderr -2 report
	assert_equal "$stderr" "fairport-report: warning: run/receive.ndjson: no record of a worker in it; those that the probe saw are reported"
	run -0 summary '[.distribution.workers[] | [.pid, .packets, .drops]]'
	assert_output '[[4001,0,0],[4003,200000,4]]'
}

# A probe that tells of two sockets, as it does since it knows of them.
change_probe() {
	jq -c '., if .type == "worker" then
		(. + {type: "socket", protocol: "udp", port: 8089, dropped: 4, open: true, queue_packets: 0}),
		(. + {type: "socket", protocol: "udp", port: 8089, dropped: 0, open: true, queue_packets: 0,
			cookie: 101, packets: 0, owners: [{pid: 4001, comm: "x"}]}) else empty end' \
		run/probe.ndjson >changed
	mv changed run/probe.ndjson
}

@test "only a probe's stream: the workers are what it saw, and nobody confirms it" {
	use skewed
	change_probe
	rm run/manifest.json run/receive.ndjson run/fake.ndjson run/store.ndjson
	run --separate-stderr -0 report
	assert_equal "$stderr" ""
	assert_line --regexp '^ +1 +4003 +200,000 +100\.0%'
	run -0 summary '.counters_agree | .probe.present, .bpftrace.agree'
	assert_output 'false
null'
}

@test "a probe that counted no calls tells nothing of workers" {
	use skewed
	change_probe
	jq -c 'if .type == "socket" then .packets = null else . end' run/probe.ndjson >changed
	mv changed run/probe.ndjson
	rm run/receive.ndjson run/manifest.json
	run --separate-stderr -1 report
	assert_equal "${stderr_lines[0]}" "fairport-report: error: run/probe.ndjson does not tell who received what: the probe saw no calls"
	assert_regex "${stderr_lines[1]}" "hint: fairport-probe needs CAP_BPF and CAP_PERFMON"
}

# The probe's own account of a server, read as if nothing were known of it, against the server's.
@test "a live server without records of its own: the same shares as its own records say" {
	require_root_bpf
	open_namespace
	start_receiver "127.0.0.1:$WATCHED" --workers 4 --sink null
	start_probe --port "$WATCHED" --with all --by flow
	"${inside[@]}" "$BIN/fairport-groups" "$WATCHED" --json groups.ndjson >/dev/null
	fake --source pool:50 --count 20000 --rate 40k --quiet >/dev/null
	eventually 10 eval '[ "$(jq -s "map(select(.type == \"interval\") | .packets) | add" probe.ndjson)" = 20000 ]'
	stop_probe_with 0
	stop_receiver_with 0
	mkdir seen told
	cp probe.ndjson groups.ndjson seen/
	cp receive.ndjson told/
	"$BIN/fairport-report" seen --plots none >/dev/null
	"$BIN/fairport-report" told --plots none >/dev/null
	assert_equal "$(jq -c '[.distribution.workers[] | [.pid, .cookie, .packets]]' seen/summary.json)" \
		"$(jq -c '[.distribution.workers[] | [.pid, .cookie, .packets]]' told/summary.json)"
	assert_equal "$(jq -c '.distribution | [.max_share, .cv]' seen/summary.json)" \
		"$(jq -c '.distribution | [.max_share, .cv]' told/summary.json)"
	assert_equal "$(jq -c '.distribution | [.flows, .effective_flows]' seen/summary.json)" "[50,50]"
}

@test "a live server that was restarted, grew and shrank: each process has what its own records say" {
	require_root_bpf
	open_namespace
	start_receiver "127.0.0.1:$WATCHED" --workers 4 --sink null --control receive.ctl
	start_probe --port "$WATCHED" --with all --interval 50ms
	local round
	for round in restart "workers 7" "workers 2" restart; do
		fake --source pool:100 --count 5000 --rate 50k --quiet >/dev/null
		# shellcheck disable=SC2086
		control $round
	done
	fake --source pool:100 --count 5000 --rate 50k --quiet >/dev/null
	eventually 10 eval '[ "$(jq -s "map(select(.type == \"interval\") | .packets) | add" probe.ndjson)" = 25000 ]'
	stop_probe_with 0
	stop_receiver_with 0
	mkdir seen told
	cp probe.ndjson seen/
	cp receive.ndjson told/
	run --separate-stderr -0 "$BIN/fairport-report" seen --plots none
	assert_equal "$stderr" ""
	run --separate-stderr -0 "$BIN/fairport-report" told --plots none
	assert_equal "$stderr" ""
	assert_equal "$(jq .ledger.packets.received seen/summary.json)" 25000
	assert_equal "$(jq '[.distribution.workers[].packets] | add, length' told/summary.json)" "25000
7"
	assert_equal "$(jq -c '[.distribution.workers[] | [.pid, .cookie, .packets]] | sort' seen/summary.json)" \
		"$(jq -sc 'map(select(.type == "worker") | [.pid, .cookie, .packets]) | sort' told/receive.ndjson)"
}

@test "a day of intervals: as many points as a picture can show, and no packet is lost" {
	"${CC:-cc}" -std=c11 -D_GNU_SOURCE -O2 -I"$TOP" -o long-run "$TOP/tests/lib/long-run.c" \
		"$BIN/../libcommon.a" -lm
	mkdir run empty
	received=$(./long-run run 3 5000)
	run --separate-stderr -0 env PATH="$PWD/empty" "$BIN/fairport-report" run
	run -0 summary .ledger.packets.received
	assert_output "$received"
	run -0 summary '.counters_agree.probe.agree'
	assert_output true
	# 5000 seconds in steps of four: rates times time is what was received.
	awk -v want="$received" 'NR > 1 { for (i = 2; i <= NF; i++) sum += $i * 4 }
		END { exit !(NR == 1251 && sum > want * (1 - 1e-4) && sum < want * (1 + 1e-4)) }' \
		run/plots/packets-over-time.dat
	mkdir seen
	cp run/probe.ndjson seen/
	"$BIN/fairport-report" seen --plots none >/dev/null
	assert_equal "$(jq .ledger.packets.received seen/summary.json)" "$received"
}

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

@test "a manifest that is damaged is named with its line" {
	use skewed
	sed -i '3s/.*/"x":,/' run/manifest.json
	run --separate-stderr -2 report
	assert_regex "${stderr_lines[0]}" "warning: run/manifest.json:3: not JSON from column"
	assert_output --partial few-flows
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

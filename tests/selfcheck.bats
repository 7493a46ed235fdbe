#!/usr/bin/env bats
# The tests themselves: a suite made to fail must fail, and a doctored counter must be noticed.

bats_require_minimum_version 1.5.0

load lib/common

setup() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
}

# A project with the tests given on standard input, as "test: NAME { COMMANDS }": bats would take
# its own notation for tests of this file.
make_suite() {
	mkdir -p suite/tests suite/build
	cp "$TOP/tests/run" suite/tests/
	sed 's/^test: "/@test "/' >suite/tests/one.bats
}

# Without a time limit: that of bats may outlive a test that takes no time at all, which is then waited
# for.
run_suite() {
	run env BATS_TEST_TIMEOUT= suite/tests/run
}

@test "a suite with a failing test fails, and counts it" {
	make_suite <<-'EOF'
		test: "good" { true; }
		test: "bad" { false; }
	EOF
	run_suite
	assert_failure
	assert_line "1 passed, 1 failed, 0 skipped"
}

@test "a unit test program that dies fails the suite" {
	make_suite <<-'EOF'
		test: "good" { true; }
	EOF
	mkdir suite/build/tests
	printf '#!/bin/sh\nkill -SEGV $$\n' >suite/build/tests/test_dies
	chmod +x suite/build/tests/test_dies
	run_suite
	assert_failure
	assert_line "1 passed, 1 failed, 0 skipped"
}

@test "a skip is named with its reason; where everything is required, it fails" {
	make_suite <<-'EOF'
		test: "good" { true; }
		test: "cannot" { skip "no such thing here"; }
	EOF
	FAIRPORT_REQUIRE='' run_suite
	assert_success
	assert_line "  cannot: no such thing here"
	assert_line "1 passed, 0 failed, 1 skipped"
	FAIRPORT_REQUIRE=all run_suite
	assert_failure
	assert_line "1 passed, 1 failed, 0 skipped"
}

@test "a file that bats cannot read fails the suite" {
	make_suite <<-'EOF'
		test: "good" { true; }
		test: "good" { true; }
	EOF
	run_suite
	assert_failure
	assert_line --regexp '^0 passed, 1 failed'
}

@test "a suite without tests fails" {
	make_suite </dev/null
	run_suite
	assert_failure
}

# A good run to doctor: 2,000 packets, one of two workers got them.
make_run() {
	start_receiver 127.0.0.1:0 --workers 2 --sink null
	"$BIN/fairport-fake" "127.0.0.1:$PORT" --count 2000 --rate 10k --json fake.ndjson >/dev/null
	stop_receiver
	mkdir -p good
	mv fake.ndjson receive.ndjson good/
	"$BIN/fairport-report" good --plots none >/dev/null
}

@test "doctored counters are noticed: each ledger shows what is missing" {
	make_run
	assert_equal "$(jq -c '.ledger | [.packets.unaccounted, .lines.unaccounted]' good/summary.json)" '[0,0]'

	cp -r good fewer-received
	jq -c 'if .type == "worker" and .packets > 0 then .packets -= 3 else . end' good/receive.ndjson \
		>fewer-received/receive.ndjson
	run "$BIN/fairport-report" fewer-received --plots none
	assert_equal "$(jq .ledger.packets.unaccounted fewer-received/summary.json)" 3

	cp -r good fewer-lines
	jq -c 'if .type == "worker" and .packets > 0 then .discarded -= 2 else . end' good/receive.ndjson \
		>fewer-lines/receive.ndjson
	run "$BIN/fairport-report" fewer-lines --plots none
	assert_equal "$(jq .ledger.lines.unaccounted fewer-lines/summary.json)" 2

	cp -r good more-sent
	jq -c 'if .type == "summary" then .packets += 5 else . end' good/fake.ndjson >more-sent/fake.ndjson
	run "$BIN/fairport-report" more-sent --plots none
	assert_equal "$(jq .ledger.packets.unaccounted more-sent/summary.json)" 5
}

@test "a probe that counts one packet less does not agree" {
	make_run
	local pid cookie
	pid=$(ndjson good/receive.ndjson worker 'select(.packets > 0) | .pid')
	cookie=$(ndjson good/receive.ndjson worker 'select(.packets > 0) | .cookie')
	probe_says() {
		printf '{"schema":1,"type":"worker","program":"probe","run":"r","t_ns":1,"pid":%s,"cookie":%s,"comm":"x","calls":%s,"packets":%s,"bytes":1,"eagain":0,"interrupted":0,"errors":0}\n' \
			"$pid" "$cookie" "$1" "$1" >good/probe.ndjson
		"$BIN/fairport-report" good --plots none >report.out 2>&1 || true
		jq .counters_agree.all good/summary.json
	}
	assert_equal "$(probe_says 2000)" true
	assert_equal "$(probe_says 1999)" false
}

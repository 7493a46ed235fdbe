#!/usr/bin/env bats
# alone: traffic has to keep its pace
# fairport-run: whole scenarios, as a user runs them. Small ones, so that they take a second each;
# the founding experiment itself comes last.
# Text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common

# The private server's directory goes below TMPDIR: one of the test's own shows what is left there.
# Its path must be short, for the server's socket.
setup() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
	TMPDIR=$(mktemp -d /tmp/fairport-test-XXXXXX)
	chmod 1777 "$TMPDIR"
	export TMPDIR
}

teardown() {
	stop_leftovers
	rm -rf "$TMPDIR"
}

# small.conf with extra lines: two workers, 2,000 packets in 0.2 s.
write_scenario() {
	cat >small.conf <<-EOF
		[run]
		plots = none
		[receive]
		workers = 2
		interval = 100ms
		[fake]
		count = 2000
		rate = 10k
		$1
	EOF
}

run_small() {
	run --separate-stderr "$BIN/fairport-run" small.conf --out out "$@"
}

from_summary() {
	jq -c "$1" out/summary.json
}

# Nothing of a run is left: no directory of a cluster, and no server that runs in one.
assert_nothing_left() {
	assert_equal "$(ls -A "$TMPDIR")" ""
	run ! grep -lzq "^$TMPDIR" /proc/[0-9]*/cmdline
}

@test "a scenario into a private PostgreSQL: streams, manifest, summary, and balanced ledgers" {
	write_scenario '[expect]
		ledger.lines.stored = 2000
		ledger.lines.unaccounted = 0'
	run_small --probes none
	assert_success
	assert_equal "$(from_summary '[.ledger.packets.sent, .ledger.packets.received,
		.ledger.packets.unaccounted, .ledger.lines.stored, .ledger.lines.unaccounted]')" \
		'[2000,2000,0,2000,0]'
	assert_equal "$(jq -s 'map(select(.type == "table") | .rows) | add' out/store.ndjson)" 2000
	assert_equal "$(from_summary '[.expect[].ok]')" '[true,true]'
	assert_equal "$(jq -c '[.schema, .scenario, .database, .interrupted, .host]' out/manifest.json)" \
		"[1,\"small\",\"private\",false,\"$(uname -n)\"]"
	jq -e '.kernel and .cpus and .seed and .versions.fairport and .sysctl["net.core.rmem_max"] and
		(.programs.fake.argv | length > 5) and ((.started | fromdate) - now | fabs < 300)' out/manifest.json
	assert_equal "$(from_summary .missing)" '["probes: not asked for (--probes none)"]'
	assert_nothing_left
}

@test "as root with BPF, three counters count the same, in a namespace of its own" {
	require_root_bpf
	require_command bpftrace
	write_scenario '[receive]
		engine = recvfrom'
	run_small
	assert_success
	assert_equal "$(from_summary '.counters_agree | [.probe.packets, .bpftrace.packets, .workers.packets, .all]')" \
		'[2000,2000,2000,true]'
	assert_equal "$(from_summary .missing)" '[]'
	assert_equal "$(jq -c .netns out/manifest.json)" '"private"'
}

# Two of each engine and model: where bpftrace can count, it does.
@test "what a counter cannot see is not asked of it: manifest and report say so" {
	require_root_bpf
	require_command bpftrace
	local receive missing
	while IFS='|' read -r receive missing; do
		rm -rf out
		write_scenario "[receive]
			$(echo -e "$receive")"
		run_small --database none
		assert_success
		assert_equal "$(from_summary .missing)" "$missing"
		assert_equal "$(from_summary '[.counters_agree | .probe.agree, .workers.agree, .all]')" \
			'[true,true,true]'
		assert_equal "$(from_summary '[.ledger[].unaccounted]')" '[0,0]'
	done <<-'TABLE'
		engine = gro|["bpftrace: counts recvfrom(2), and the engine is gro"]
		model = shared\nengine = recvmmsg|["bpftrace: counts recvfrom(2), and the engine is recvmmsg"]
		model = shared\nengine = recvfrom|[]
		model = dispatcher\nengine = recvfrom|[]
	TABLE
}

@test "TCP: the probe counts connections too, they are distributed, lines accounted for" {
	write_scenario 'protocol = tcp
		source = pool:10
		[receive]
		protocol = tcp'
	run_small
	assert_success
	if [ "$(id -u)" = 0 ]; then
		assert_equal "$(from_summary .missing)" '["bpftrace: counts UDP only"]'
		assert_equal "$(from_summary '.counters_agree.probe | [.packets, .agree]')" '[10,true]'
	fi
	assert_equal "$(from_summary '[.distribution.unit, ([.distribution.workers[].connections] | add),
		.distribution.flows, .ledger.packets.sent, .ledger.lines.stored, .ledger.lines.unaccounted]')" \
		'["connections",10,10,null,2000,0]'
}

@test "without privileges it runs on the workers' own counts and says what is missing" {
	require_root
	write_scenario '[receive]
		engine = recvfrom'
	chmod 777 .
	run --separate-stderr "${as_nobody[@]}" "$BIN/fairport-run" small.conf --out out
	assert_success
	assert_equal "$(from_summary '[.counters_agree.probe.present, .counters_agree.all,
		.ledger.lines.stored, .ledger.packets.unaccounted]')" '[false,null,2000,0]'
	assert_regex "$stderr" "missing: probe: "
	assert_regex "$stderr" "missing: bpftrace: it runs as root only"
	assert_output --partial "CAP_BPF"
	assert_nothing_left
}

@test "an expectation that is not met: status 3, and which one" {
	write_scenario '[expect]
		distribution.max_share <= 0.6
		ledger.packets.received = 2000'
	run_small --database none --probes none
	assert_failure 3
	assert_regex "$stderr" 'expected distribution.max_share <= 0.6, got 1'
	assert_equal "$(from_summary '[.expect[].ok]')" '[false,true]'
}

@test "--database with the user's own server; its password is written down nowhere" {
	start_postgres
	write_scenario ""
	run_small --probes none --database "host=$PGHOST password=secret123"
	stop_leftovers
	assert_success
	assert_equal "$(from_summary .ledger.lines.stored)" 2000
	run ! grep -rq secret123 out
}

# The last one counts: of the scenario, then of the command line.
@test "labels, of the scenario and of the command line, are in the manifest and the summary" {
	write_scenario '[run]
		label = version=1.2.0
		label = tuning=4 MiB, "big"'
	run_small --database none --probes none --label version=1.3.0 --label host=a=b
	assert_success
	assert_equal "$(jq -c .labels out/manifest.json)" \
		'{"version":"1.3.0","tuning":"4 MiB, \"big\"","host":"a=b"}'
	assert_equal "$(from_summary .run.labels)" "$(jq -c .labels out/manifest.json)"
}

@test "several scenarios: a directory each, and the namespace of one does not reach the next" {
	write_scenario ""
	sed 's/plots = none/&\nnetns = host/' small.conf >second.conf
	run --separate-stderr "$BIN/fairport-run" small.conf second.conf --out out --database none \
		--probes none
	assert_success
	jq -e .ledger out/small/summary.json
	assert_equal "$(jq -c .netns out/second/manifest.json)" '"host"'
	if [ "$(id -u)" = 0 ]; then
		assert_equal "$(jq -c .netns out/small/manifest.json)" '"private"'
	fi
}

# Starts a run that would last a minute, and waits until $1 is found in its messages.
start_long_run() {
	write_scenario ""
	sed -i 's/count = 2000/duration = 60s/' small.conf
	"$BIN/fairport-run" small.conf small.conf --out out --probes none >run.out 2>run.err 3>&- &
	RUN=$!
	eventually 30 grep -q "$1" run.err
}

@test "^C: what was sent is drained, stored and reported; status 2; no further scenario" {
	start_long_run "sending to"
	eventually 10 grep -q '"type":"interval"' out/small/receive.ndjson
	kill -INT "$RUN"
	local status=0
	wait "$RUN" || status=$?
	assert_equal "$status" 2
	assert_equal "$(jq -c '[.interrupted, .ledger.packets.unaccounted, .ledger.lines.unaccounted]' \
		out/small/summary.json)" '[true,0,0]'
	assert_equal "$(grep -c 'starting a private' run.err)" 1
	assert_nothing_left
}

@test "two ^C: it leaves at once, and leaves nothing behind" {
	start_long_run "sending to"
	kill -INT "$RUN"
	eventually 10 grep -q draining run.err
	kill -INT "$RUN"
	local status=0
	wait "$RUN" || status=$?
	assert_equal "$status" 2
	assert_nothing_left
}

@test "^C while the database starts" {
	start_long_run "starting a private"
	kill -INT "$RUN"
	local status=0
	wait "$RUN" || status=$?
	assert_equal "$status" 2
	grep -q 'small: interrupted' run.err
	assert_nothing_left
}

@test "results of another run are never written over" {
	write_scenario ""
	mkdir out
	echo '{}' >out/manifest.json
	run_small --database none
	assert_failure 1
	assert_regex "$stderr" "out holds the results of another run"
	assert_equal "$(cat out/manifest.json)" '{}'
}

@test "what a scenario says wrong is found before anything is sent: file and line, status 1" {
	local text message
	while IFS='|' read -r text message; do
		rm -rf out
		printf '[fake]\ncount = 10\n%b\n' "$text" >small.conf
		run_small --database none --probes none
		assert_failure 1
		assert_regex "$stderr" "$message"
		[ ! -e out/summary.json ]
	done <<-'TABLE'
		[nonsense]\nx = 1|small.conf:4: unknown section "nonsense"
		no equals sign|small.conf:3: neither a \[section\] nor key = value
		[expect]\nledger.lines.stored =|small.conf:4: no value for
		[receive]\nwrokers = 3|unknown or ambiguous option "--wrokers=3"
		[receive]\nworkers = 0|invalid value "0" for --workers
		sorce = fixed|unknown or ambiguous option "--sorce=fixed"
		rate = 5x|invalid value "5x" for --rate
		[run]\nnetns = mine|expected one of auto, private, host
		[run]\ntitle =|invalid value "" for --title
	TABLE
	echo '[fake]' >small.conf
	run_small
	assert_failure 1
	assert_regex "$stderr" 'neither count nor duration'
	printf '[receive]\nprotocol = tcp\n[fake]\ncount = 10\n' >bad.conf
	run --separate-stderr "$BIN/fairport-run" bad.conf --out bad
	assert_failure 1
	assert_regex "$stderr" '\[receive\] has protocol tcp, and \[fake\] udp'
}

@test "bad options are refused: status 1, one message, nothing on standard output" {
	refuses_each fairport-run <<-'TABLE'
		|which scenario
		nosuchscenario|could not read scenario nosuchscenario: No such file or directory
		/tmp|could not read scenario /tmp: Is a directory
		skewed --netns mine|expected one of auto, private, host
		skewed --nonsense|unknown or ambiguous option
		skewed --label version|invalid value "version" for --label \(expected KEY=VALUE
		skewed --label 1=2|invalid value "1=2" for --label
		skewed --out /dev/null/x|could not make directory
	TABLE
}

@test "the front command finds its commands" {
	run --separate-stderr "$BIN/fairport" --help
	assert_success
	assert_output --partial "fairport COMMAND"
	run "$BIN/fairport" fake --version
	assert_output --partial "fairport-fake"
	run --separate-stderr "$BIN/fairport" nonsense
	assert_failure 1
	assert_regex "$stderr" 'there is no command "nonsense"'
	run --separate-stderr "$BIN/fairport"
	assert_failure 1
}

# The hash decides, so the scenario states its flake budget: see scenarios/even.conf.
@test "the founding experiment: skewed, then even, nothing lost, three counters agree" {
	require_root_bpf
	require_command bpftrace
	require_command gnuplot
	run --separate-stderr "$BIN/fairport-run" skewed even --out out
	assert_success
	local name
	for name in skewed even; do
		assert_equal "$(jq -c '[.ledger.packets.sent, .ledger.packets.received,
			.ledger.packets.unaccounted, .ledger.lines.stored, .ledger.lines.unaccounted,
			.counters_agree.all]' "out/$name/summary.json")" '[200000,200000,0,200000,0,true]'
		assert_equal "$(jq -s 'map(select(.type == "table") | .rows) | add' "out/$name/store.ndjson")" \
			200000
		file_is_png "out/$name/plots/packets-per-worker.png"
		file_is_png "out/$name/plots/packets-over-time.png"
	done
	jq -e '.distribution.max_share >= 0.999 and .distribution.verdict == "few-flows"' \
		out/skewed/summary.json
	jq -e '.distribution | .verdict == "even" and .max_share <= 0.2575 and .min_share >= 0.2425' \
		out/even/summary.json
	(($(jq -s 'map(select(.type == "worker") | .peak_rss_bytes) | max' out/even/receive.ndjson) < 67108864))
	assert_nothing_left
}

file_is_png() {
	[ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ]
	(($(stat -c %s "$1") > 5000))
}

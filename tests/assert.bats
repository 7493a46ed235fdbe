#!/usr/bin/env bats
# alone: looks at what is left in the kernel, and traffic has to keep its pace
# fairport-assert against run directories of tests/data, whose numbers were made by hand, against runs
# changed from these, real TCP, and live ports. Where chance decides, flows are in the hundreds of
# thousands, so that a false alarm is far below 1e-6.
#
# run --separate-stderr sets $stderr; jq's own variables and texts for other shells stand in single
# quotes.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/runs
load lib/probe
load lib/seen

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
}

# Sets the number of flows that the sender tells of, and of effective ones.
set_flows() {
	change fake.ndjson "if .type == \"summary\" then .flows = $1 | .effective_flows = ${2:-$1} else . end"
}

# ./run of a worker for each number of packets in the array $1, nothing of which is lost; $2 flows,
# $3 effective ones.
make_run() {
	use few-flows
	change receive.ndjson 'def got($n): .packets = $n | .lines = $n | .discarded = $n | .receive_calls = $n |
			.bytes = 100 * $n | if .latency_ns then .latency_ns.count = $n else . end;
		'"$1"' as $p | ($p | length) as $workers |
		if .type == "header" then .options.workers = $workers
		elif .type == "worker" then if .index < $workers then got($p[.index]) else empty end
		elif .type == "interval" then .workers |= (.[:$workers] | map(got($p[.index])))
		else got($p | add) | .workers = $workers end'
	change fake.ndjson "if .packets then ($1 | add) as \$n | .packets = \$n | .lines = \$n | .bytes = 100 * \$n else . end"
	set_flows "$2" "${3:-$2}"
}

claim() {
	"$BIN/fairport-assert" "$@"
}

# The results as one word each: "ok not-ok inconclusive".
outcomes() {
	claim "$@" --json - 2>/dev/null | jq -r 'select(.type == "claim") | .outcome' | paste -sd ' '
}

# What was printed, without line feeds and indentation.
unwrapped() {
	tr -s ' \n' ' ' <<<"$output" | sed 's/ $//'
}

# That it has this text in it.
assert_told() {
	run -0 unwrapped
	assert_output --partial "$1"
}

# Reads "RUN|CLAIM|STATUS|EVIDENCE" lines: of the claim alone, the exit status, and all that is
# printed, unwrapped.
decides_each() {
	local directory text want_status evidence word
	while IFS='|' read -r directory text want_status evidence; do
		case $want_status in 0) word=ok ;; 2) word=inconclusive ;; 3) word='not ok' ;; esac
		run --separate-stderr claim "$text" "$BATS_TEST_DIRNAME/data/$directory"
		assert_equal "$directory $text: $status" "$directory $text: $want_status"
		assert_equal "$stderr" ""
		refute_line --regexp '.{81}'
		assert_equal "$(unwrapped)" "$word $text: $evidence"
	done
}

@test "what is wrong with the command line is said, and nothing is printed" {
	mkdir some
	refuses_each fairport-assert <<-'END'
		|error: what to look at is missing \(expected DIR, or --port PORT\)
		even|error: what to look at is missing
		even no-loss|error: what to look at is missing
		some|error: nothing is claimed \(expected e.g. even, no-loss\)
		--port 8089|error: nothing is claimed
		evn some|error: invalid claim "evn" \(expected one that --help lists, e.g. even, no-loss,
		EVEN some|error: invalid claim "EVEN" \(expected one that
		even=1 some|error: invalid claim "even=1" \(expected even, a word alone\)
		even no-loss<=3 some|error: invalid claim "no-loss<=3" \(expected no-loss, a word alone\)
		max-share some|error: invalid claim "max-share" \(expected max-share<=SHARE, e.g. max-share<=30%\)
		max-share>=30% some|error: invalid claim "max-share>=30%" \(expected max-share<=SHARE
		max-share<=130% some|error: invalid claim "max-share<=130%" \(expected max-share<=SHARE
		max-share<=3x some|error: invalid claim "max-share<=3x"
		max-share<= some|error: invalid claim "max-share<="
		min-share<=3% some|error: invalid claim "min-share<=3%" \(expected min-share>=SHARE, e.g. min-share>=20%\)
		max-over-mean<=0.9 some|error: invalid claim "max-over-mean<=0.9" \(expected max-over-mean<=RATIO
		max-over-mean<=1.1x some|error: invalid claim "max-over-mean<=1.1x"
		max-over-mean<=nan some|error: invalid claim "max-over-mean<=nan"
		max-over-mean<=. some|error: invalid claim "max-over-mean<=."
		drops<=-1 some|error: invalid claim "drops<=-1" \(expected drops<=COUNT, e.g. drops<=10\)
		drops=0 some|error: invalid claim "drops=0" \(expected drops<=COUNT
		workers=four some|error: invalid claim "workers=four" \(expected workers=COUNT, e.g. workers=4\)
		workers==4 some|error: invalid claim "workers==4"
		flows>=10x some|error: invalid claim "flows>=10x" \(expected flows>=COUNT, e.g. flows>=10k\)
		verdict=evn some|error: invalid claim "verdict=evn" \(expected verdict=NAME, with even, few-flows,
		verdict<=even some|error: invalid claim "verdict<=even"
		rates.sent_pps~5 some|error: invalid claim "rates.sent_pps~5" \(expected KEY of summary.json, =, !=, <,
		rates.sent_pps some|error: invalid claim "rates.sent_pps"
		even absent|error: could not open run directory absent: No such file or directory
		even some|error: no receive.ndjson in some
		even some some|error: one run at a time: some is a directory as well
		--port 8089 even some|error: --port and the directory some exclude each other
		--netns x even some|error: --netns needs --port
		--keep x even some|error: --keep needs --port
		--ready-fd 1 even some|error: --ready-fd needs --port
		--tap --json - even some|error: only one of --tap, --junit - and --json - can have standard output
		--junit - --json - even some|error: only one of --tap
		--tolerance 1001 even some|error: invalid value "1001" for --tolerance \(expected 0 to 1,000\)
		--tolerance 5% even some|error: invalid value "5%" for --tolerance \(expected a whole number\)
		--flake-budget 0 even some|error: invalid value "0" for --flake-budget \(expected a probability from 1e-12 to 0.1, e.g. 1e-6\)
		--flake-budget 0.2 even some|error: invalid value "0.2" for --flake-budget
		--flake-budget 1e-6x even some|error: invalid value "1e-6x" for --flake-budget
		--flake-budget nan even some|error: invalid value "nan" for --flake-budget
		--duration 0 --port 8089 even|error: invalid value "0" for --duration
		--nope even some|error: unknown or ambiguous option "--nope"
	END
}

@test "each claim about runs whose numbers are known" {
	decides_each <<-'END'
		even|even|0|the busiest of 4 workers got 25.05 % of 200,000 packets, at most 27.5 % are allowed; 200,000 flows are enough for a flake budget of 1e-06 (needed: 7,768)
		even|max-share<=26%|0|the busiest of 4 workers got 25.05 % of 200,000 packets, at most 26 % are allowed; 200,000 flows are enough for a flake budget of 1e-06 (needed: 47,847)
		even|max-share<=25.4%|2|the busiest of 4 workers got 25.05 % of 200,000 packets, at most 25.4 % are allowed; 200,000 flows are too few to tell: needs 97,312 more flows
		even|max-share<=20%|3|the busiest of 4 workers got 25.05 % of 200,000 packets, at most 20 % are allowed; chance has no part in it
		even|min-share>=20%|0|the idlest of 4 workers got 24.93 % of 200,000 packets, at least 20 % are allowed; 200,000 flows are enough for a flake budget of 1e-06 (needed: 1,817)
		even|max-over-mean<=1.5|0|the busiest of 4 workers got 1.002 times the mean, at most 1.5 times is allowed; 200,000 flows are enough for a flake budget of 1e-06 (needed: 334)
		even|single|3|4 of 4 workers got all 200,000 packets
		even|no-loss|0|of 200,000 packets that were sent nothing was lost
		even|no-resets|2|UDP has no connections
		even|drops<=0|0|0 packets were dropped at sockets, at most 0 allowed
		even|workers=4|0|4 workers
		even|workers>4|3|4 workers
		even|workers!=4|3|4 workers
		even|flows>=200k|0|200,000 flows
		even|flows<200000|3|200,000 flows
		even|verdict=even|0|the verdict is even
		even|verdict!=even|3|the verdict is even
		even|distribution.unit=packets|0|it is packets
		even|rates.sent_pps>=1|0|it is 100000
		even|ledger.packets.dropped.filtered<=0|2|it is not known
		even|ledger.packets.dropped.filtered=null|0|it is null
		even|ledger.packets.unaccounted!=null|0|it is 0
		skewed|even|2|the busiest of 4 workers got 100 % of 200,000 packets, at most 27.5 % are allowed; 1 flow is too few to tell: needs 7,767 more flows
		skewed|single|0|1 of 4 workers got all 200,000 packets
		skewed|max-share<=100%|0|the busiest of 4 workers got 100 % of 200,000 packets, at most 100 % are allowed; chance has no part in it
		skewed|counters_agree.all=true|0|it is true
		few-flows|even|2|the busiest of 4 workers got 50 % of 800 packets, at most 27.5 % are allowed; 8 flows are too few to tell: needs 7,760 more flows
		few-flows|min-share>=0|0|the idlest of 4 workers got 0 % of 800 packets, at least 0 % are allowed; chance has no part in it
		lossy|even|2|the busiest of 2 workers got 55.56 % of 900 packets, at most 55 % are allowed; 100 flows are too few to tell: needs 2,608 more flows
		lossy|no-loss|3|packets dropped at sockets: 60, packets sent where no socket was: 10, packets left unread: 25, packets unaccounted: 5, lines not stored: 30, lines lost with a process: 10, lines unaccounted: 15
		lossy|drops<=60|0|60 packets were dropped at sockets, at most 60 allowed
		lossy|drops<=59|3|60 packets were dropped at sockets, at most 59 allowed
	END
}

@test "a value that cannot be compared, or is not there, is no claim: status 1" {
	use even
	local text message
	while IFS='|' read -r text message; do
		run --separate-stderr -1 claim even "$text" run
		assert_output ""
		assert_equal "${stderr_lines[0]}" "fairport-assert: error: could not check \"$text\": $message"
	done <<-'END'
		max_share<=3|summary.json has no key "max_share"
		distribution.workers.9.share<=3|summary.json has no key "distribution.workers.9.share"
		distribution.workers=4|the value is an object or array
		distribution.unit<=3|the value is no number
		latency_ns.p99<10ms|the value is a number, and must be compared with one
		ledger.packets.sent!=10k|the value is a number, and must be compared with one
	END
}

@test "several claims: one that fails counts more than one that is inconclusive, and that more than ok" {
	use few-flows
	run -0 outcomes workers=4 no-loss run
	assert_output "ok ok"
	run -0 claim workers=4 no-loss run
	run -2 claim workers=4 even no-loss run
	run -3 claim even workers=4 single run
	run -3 claim single even run
	assert_equal "${#lines[@]}" 4
}

@test "4 workers, 10 %, 1e-6: with 7,768 flows it can be told, with one less it cannot" {
	use even
	set_flows 7767
	run -2 claim even run
	assert_told "7,767 flows are too few to tell: needs 1 more flow"
	set_flows 7768
	run -0 claim even run
	# Effective flows count, and they are told apart.
	set_flows 100000 7767.9
	run -2 claim even run
	assert_equal "$(unwrapped)" "inconclusive even: the busiest of 4 workers got 25.05 % of 200,000 packets, at most 27.5 % are allowed; 100,000 flows, which even out like 7,767 equal ones, are too few to tell: needs 213,162 more flows like them"
}

@test "a larger tolerance or budget needs fewer flows, a smaller one more" {
	use even
	local needed last=100000000 arguments
	while read -r arguments; do
		# shellcheck disable=SC2086 # words are meant
		needed=$(set_flows 1 && claim even run $arguments --json - | jq 'select(.type == "claim") | .more_flows + 1')
		assert [ "$needed" -lt "$last" ]
		last=$needed
	done <<-'END'
		--tolerance 1
		--tolerance 5 --flake-budget 1e-9
		--tolerance 5
		--tolerance 10 --flake-budget 0.00000001
		--tolerance 10
		--tolerance 10 --flake-budget 1e-3
		--tolerance 30
		--tolerance 100
	END
}

@test "uneven, with enough flows: that is not chance" {
	make_run '[4000, 2000, 2000, 0]' 7768
	run -3 claim even run
	assert_output --partial "not ok        even: "
	assert_told "(needed: 7,768)"
	# Too few for the limit to count, but not for a p-value: 4 P(X >= 50), X of Bin(100, 1/4).
	make_run '[400, 200, 200, 0]' 100
	run -3 claim even run
	assert_equal "$(unwrapped)" "not ok even: the busiest of 4 workers got 50 % of 800 packets, at most 27.5 % are allowed; of 100 flows a uniform hash makes that with a probability of at most 2.7e-07"
	# With a smaller budget, that is not improbable enough.
	run -2 claim even run --flake-budget 1e-7
}

@test "unequal flows: a heavy one is not the server's fault, however many there are" {
	# One of 10,000 flows has sent 6,000 of 200,000 packets: 3 %, where a quarter may have 2.5 % more.
	make_run '[55500, 44500, 50000, 50000]' 10000 1070
	change fake.ndjson 'if .type == "summary" then .flow_packets = {max: 6000} else . end'
	run -2 claim even run
	assert_told "at most 27.5 % are allowed; 10,000 flows, which even out like 1,070 equal ones, are too few to tell: needs"
	# Were they equal, it would be.
	set_flows 10000
	change fake.ndjson 'if .type == "summary" then .flow_packets = {max: 20} else . end'
	run -3 claim even run
	# Without the largest, the worst is assumed.
	set_flows 10000 1070
	change fake.ndjson 'del(.flow_packets)'
	run -2 claim even run
}

@test "too few flows: the heaviest is told where it is heavy, and only there" {
	make_seen 600
	run -2 claim even run
	assert_told "; the heaviest alone has 75 %"
	make_seen 4
	run -2 claim even run
	assert_told "51 flows are too few to tell: needs"
	refute_output --partial heaviest
	make_run '[400, 400, 0, 0]' 2
	run -2 claim even run
	assert_told "; 2 flows are too few to tell: needs 7,766 more flows"
}

@test "flows that were lost on the way are not reckoned with" {
	make_run '[560, 500, 480, 460]' 2000
	change fake.ndjson 'if .packets then .packets = 200000 | .lines = 200000 else . end'
	set_flows 200000
	run -2 claim even run
	assert_told "200,000 flows, of which 2,000 packets came, are too few to tell: needs 5,768 more flows"
}

@test "packets that are dealt out at random have their luck, too" {
	make_run '[1110, 970, 960, 960]' 1
	change receive.ndjson 'if .type == "header" then .model = "reuseport" | .steer = "random" else . end'
	run -2 claim even run
	assert_told "4,000 packets, each dealt out at random, are too few to tell: needs 3,768 more packets"
	run -0 claim 'max-share<=35%' run
	assert_told "4,000 packets, each dealt out at random, are enough for a flake budget of 1e-06 (needed: 518)"
	make_run '[11500, 9500, 9500, 9500]' 1
	change receive.ndjson 'if .type == "header" then .model = "reuseport" | .steer = "random" else . end'
	run -3 claim even run
}

@test "more workers than flows got something: no hash does that" {
	use few-flows
	set_flows 2
	run -3 claim even run
	assert_told "no hash does that"
}

@test "nobody counted flows: neither passed nor failed" {
	use even
	rm run/fake.ndjson
	run -2 claim even run
	assert_told "nobody counted the flows, so what chance does is not known; it takes 7,768 equal ones"
	run -0 outcomes even "max-share<=30%" flows\>=1 no-loss "max-share<=100%" workers=4 run
	assert_output "inconclusive inconclusive inconclusive ok ok ok"
	run -0 claim no-loss run
	assert_told "of 200,000 packets that came nothing was lost; what was sent is not known"
	use few-flows
	rm run/fake.ndjson
	run -0 outcomes even verdict=unexplained verdict!=even run
	assert_output "inconclusive inconclusive inconclusive"
}

@test "nothing came: nothing can be told" {
	use even
	change receive.ndjson 'if .workers | type == "array" then .workers[].packets = 0 else . end |
		if .packets then .packets = 0 else . end'
	change fake.ndjson 'if .packets then .packets = 0 | .lines = 0 | .flows = 0 | .effective_flows = 0 else . end'
	run -0 outcomes even single "max-share<=50%" "drops<=0" run
	assert_output "inconclusive inconclusive inconclusive inconclusive"
	run -2 claim even run
	assert_output "inconclusive  even: no packet came: needs 7,768 flows"
}

@test "one worker shares with nobody" {
	make_run '[2000]' 2000
	run -0 outcomes even single workers=1 verdict=single run
	assert_output "not-ok ok ok ok"
}

@test "where a steering program chose, what is seen counts, whatever the flows" {
	use even
	change receive.ndjson 'if .type == "header" then .model = "reuseport" | .steer = "round-robin" else . end'
	set_flows 1
	run -0 claim even "min-share>=20%" run
	assert_output --partial "described only"
	assert_told "a steering program chose (round-robin), not the hash"
	run -3 claim even --tolerance 0 run
	rm run/fake.ndjson
	run -0 claim even run
	use few-flows
	change receive.ndjson 'if .type == "header" then .model = "dispatcher" else . end'
	run -3 claim even run
	assert_told "described only: one process takes all packets"
}

@test "sockets that came later: even is even, and uneven proves nothing" {
	use even
	change receive.ndjson 'if .type == "summary" then .workers = 3 else . end'
	run -0 claim even run
	make_run '[80000, 60000, 60000, 0]' 100000
	change receive.ndjson 'if .type == "summary" then .workers = 3 else . end'
	run -2 claim even run
	assert_told "the sockets of the group changed meanwhile"
}

@test "interrupted, damaged, contradictory: nothing is passed; a loss that is seen stays one" {
	use even
	cp run/receive.ndjson whole
	sed -i '$d' run/receive.ndjson
	run --separate-stderr -2 claim even run
	assert_told "inconclusive even: the records are incomplete; as far as is known, it is ok:"
	assert_regex "$stderr" "warning: run/receive.ndjson has no summary"
	run -0 outcomes even single no-loss workers=4 rates.sent_pps=1 run
	assert_output "inconclusive inconclusive inconclusive inconclusive inconclusive"

	use lossy
	change manifest.json '.interrupted = true'
	run -3 claim no-loss run
	run -0 outcomes even no-loss workers=2 "drops<=59" "drops<=60" run
	assert_output "inconclusive not-ok inconclusive not-ok inconclusive"
	run -2 claim workers=2 run
	assert_output --partial "it was interrupted"

	use skewed
	change probe.ndjson 'if .packets == 200000 then .packets = 199999 else . end'
	run -2 claim single run
	assert_told "the counters disagree"

	use even
	change fake.ndjson 'if .type == "summary" then .packets = 199000 | .lines = 199000 | .flows = 199000 | .effective_flows = 199000 else . end'
	run -2 claim no-loss run
	assert_told "more was found than was sent"
}

@test "trains that were dropped have an unknown length" {
	use even
	change receive.ndjson 'if .type == "header" then .engine = "gro" elif .drops and .index == 0 then .drops = 3
		elif .drops then .drops = 3 else . end'
	change receive.ndjson 'if .type == "worker" and .index > 0 then .drops = 0 else . end'
	run -0 outcomes "drops<=100" "drops<=2" no-loss run
	assert_output "inconclusive not-ok not-ok"
	run -3 claim no-loss run
	assert_told "trains of packets dropped at full buffers: 3"
}

@test "whoever the workers are, the results are the same" {
	local run order
	local claims=(even single no-loss "max-share<=30%" "min-share>=20%" "max-over-mean<=1.5" "drops<=59" workers=4 distribution.cv\<1)
	for run in even few-flows; do
		use "$run"
		claim "${claims[@]}" run >before.txt || true
		for order in '[1,0,3,2]' '[3,2,1,0]' '[2,0,3,1]'; do
			use "$run"
			change receive.ndjson "$order as \$to | if .type == \"worker\" then .index |= \$to[.]
				elif .workers | type == \"array\" then .workers[].index |= \$to[.] else . end"
			claim "${claims[@]}" run >after.txt || true
			diff -u before.txt after.txt
		done
	done
	assert [ "$(wc -l <before.txt)" -ge 9 ]
}

@test "--tap: what a harness makes of it" {
	require_command prove
	use even
	run -0 claim --tap even no-loss run
	assert_line --index 0 "TAP version 13"
	assert_line --index 1 "1..2"
	assert_line --index 2 "ok 1 - even"
	assert_line "  outcome: ok"
	printf '%s\n' "$output" >good.tap
	run -0 prove --source File --exec cat good.tap
	assert_output --partial "Result: PASS"
	assert_output --partial "Tests=2"

	# Inconclusive is not passed. A '#' is no directive.
	use few-flows
	run -2 claim --tap even 'run.id!=a#TODO \b' run
	assert_line "not ok 1 - even"
	assert_line "  outcome: inconclusive"
	assert_line "  more_flows: 7760"
	assert_line 'ok 2 - run.id!=a\#TODO \\b'
	printf '%s\n' "$output" >bad.tap
	run ! prove --exec cat bad.tap
	assert_output --partial "Failed test:  1"
	refute_output --partial "TODO passed"
	perl -MTAP::Parser -e '
		my $parser = TAP::Parser->new({source => $ARGV[0]});
		while (my $result = $parser->next) { print $result->type, "\n" if $result->type eq "unknown" }
		print join(" ", $parser->parse_errors, $parser->tests_run, scalar($parser->passed),
			scalar($parser->todo), scalar($parser->skipped)), "\n"' bad.tap >parsed.txt
	assert_equal "$(cat parsed.txt)" "2 1 0 0"
}

@test "--tap: the blocks are YAML" {
	python3 -c 'import yaml' 2>/dev/null || skip_because "needs PyYAML"
	use few-flows
	# shellcheck disable=SC1003 # a backslash
	claim --tap even no-loss 'run.id!="\' run >run.tap || true
	python3 - run.tap <<-'END'
		import re, sys, yaml
		blocks = re.findall(r"^  ---\n(.*?)^  \.\.\.$", open(sys.argv[1]).read(), re.S | re.M)
		blocks = [yaml.safe_load(block) for block in blocks]
		assert [block["outcome"] for block in blocks] == ["inconclusive", "ok", "ok"], blocks
		assert blocks[0]["more_flows"] == 7760
		assert blocks[1]["evidence"] == "of 800 packets that were sent nothing was lost"
	END
}

@test "--junit: valid XML, whatever names are in it; results and counts agree" {
	require_command python3
	use few-flows
	mv run $'<a>&"b\001\377\303\251'
	run --separate-stderr -3 claim even single no-loss $'run.id!=<&"\002' $'<a>&"b\001\377\303\251' --junit out.xml
	assert_line --partial "inconclusive  even"
	python3 - out.xml <<-'END'
		import sys, xml.etree.ElementTree as etree
		root = etree.parse(sys.argv[1]).getroot()
		suite = root.find("testsuite")
		for place in root, suite:
		    assert [place.get(key) for key in ("tests", "failures", "errors")] == ["4", "1", "0"]
		assert suite.get("skipped") == "1"
		cases = suite.findall("testcase")
		assert [case.get("name") for case in cases] == ["even", "single", "no-loss", 'run.id!=<&"?'], cases
		assert suite.get("name") == '<a>&"b??\u00e9', suite.get("name")
		assert all(case.get("classname") == suite.get("name") for case in cases)
		assert "needs 7,760 more flows" in cases[0].find("skipped").get("message")
		assert "3 of 4 workers" in cases[1].find("failure").get("message")
		assert [len(case) for case in cases] == [2, 2, 1, 1]
		assert cases[2].find("system-out").text.startswith("ok: of 800 packets")
	END
	! command -v xmllint >/dev/null || xmllint --noout out.xml
}

@test "--json: header, claims, summary; beside other output" {
	use few-flows
	run -2 claim even no-loss run --json out.ndjson --junit out.xml --tap
	assert_line --index 0 "TAP version 13"
	assert [ -s out.xml ]
	run -0 jq -c '[.schema, .type, .program, .run]' out.ndjson
	assert_output '[1,"header","assert","20260131T230000Z-3"]
[1,"claim","assert","20260131T230000Z-3"]
[1,"claim","assert","20260131T230000Z-3"]
[1,"summary","assert","20260131T230000Z-3"]'
	run -0 jq -c 'select(.type == "header") | [.subject, .options.tolerance, .options["flake-budget"]]' out.ndjson
	assert_output '["run",10,"1e-6"]'
	run -0 jq -c 'select(.type == "claim") | [.claim, .outcome, .more_flows]' out.ndjson
	assert_output '["even","inconclusive",7760]
["no-loss","ok",null]'
	run -0 jq -c 'select(.type == "summary") | [.ok, .not_ok, .inconclusive]' out.ndjson
	assert_output '[1,0,1]'
}

@test "what cannot be written is said, and the status tells" {
	use even
	run --separate-stderr -1 claim even run --junit absent/out.xml
	assert_equal "$stderr" "fairport-assert: error: could not write absent/out.xml: No such file or directory"
	assert_line --partial "ok            even"
	run --separate-stderr -1 claim even run --json absent/out.ndjson
	assert_regex "$stderr" "absent/out.ndjson for records: No such file or directory"
	[ -c /dev/full ] || skip_because "needs /dev/full"
	run --separate-stderr -1 claim even run --junit /dev/full
	assert_regex "$stderr" "could not write /dev/full: No space left on device"
	run --separate-stderr -2 bash -c '"$BIN/fairport-assert" even run >/dev/full'
	assert_regex "$stderr" "could not write to standard output: No space left on device"
}

@test "names from files do not reach the terminal as they are" {
	use even
	change receive.ndjson 'if .type == "header" then .model = "reuseport" | .steer = "a\u001b[31mb" else . end'
	run -0 claim even run
	assert_output --partial "a?[31mb"
	refute_output --partial $'\e'
	run -0 claim even run --tap
	refute_output --partial $'\e'
	run -0 claim even run --junit -
	refute_output --partial $'\e'
}

@test "TCP: connections are shared, none was reset; and one that was refused" {
	PATH=$BIN:$PATH
	start_receiver 127.0.0.1:0 --protocol tcp --sink null --workers 2
	fake --protocol tcp --source per-packet --count 200 --json fake.ndjson >/dev/null
	stop_receiver
	mkdir run
	mv fake.ndjson receive.ndjson run/
	run -0 claim no-resets no-loss workers=2 "flows>=200" "max-share<=100%" run
	assert_line "ok            no-resets: of 200 connections none was reset"
	assert_line "ok            no-loss: of 200 lines that were sent nothing was lost"
	run claim even run
	assert_told " of 200 connections, at most 55 % are allowed;"
	change fake.ndjson 'if .tcp then .tcp.refused = 2 | .tcp.reset = 1 else . end'
	run -3 claim no-resets run
	assert_output "not ok        no-resets: connections reset: 1, connections refused: 2"
	rm run/fake.ndjson
	run -2 claim no-resets run
	assert_output "inconclusive  no-resets: only the sender's records tell, and there are none"
	change receive.ndjson 'if .connections_reset then .connections_reset = 4 else . end'
	run -3 claim no-resets run
}

# Watches port 8089 in the test's namespace while the shell text $1 runs there, once it is watched.
# Sets LIVE to the exit status; output goes to live.out and live.err.
live() {
	local text=$1 pid
	shift
	rm -f live.ready
	mkfifo live.ready
	"${inside[@]}" "$BIN/fairport-assert" --port 8089 --ready-fd 9 "$@" >live.out 2>live.err \
		9>live.ready 3>&- &
	pid=$!
	read -r _ <live.ready || true
	"${inside[@]}" bash -euc "$text" 3>&- || true
	LIVE=0
	wait "$pid" || LIVE=$?
	cat live.out live.err # for who looks at a test that failed
}

@test "live: a port that is even, by many flows; one flow tells nothing; nothing is left behind" {
	require_root_bpf
	open_namespace
	export TMPDIR=$PWD/temporary
	mkdir "$TMPDIR"
	start_receiver 127.0.0.1:8089 --sink null --workers 4
	# With 4 workers and 30 % tolerance 899 flows are needed.
	live '"$BIN/fairport-fake" 127.0.0.1:8089 --source per-packet --count 4k >/dev/null' \
		even workers=4 "max-share<=35%" "flows>=899" --tolerance 30 --duration 1s --quiet
	assert_equal "$LIVE $(cat live.err)" "0 "
	assert_equal "$(grep -c '^ok' live.out)" 4
	assert_equal "$(ls -A "$TMPDIR")" ""

	live '"$BIN/fairport-fake" 127.0.0.1:8089 --source fixed --count 100 >/dev/null' \
		even single --duration 500ms --tap --keep kept
	assert_equal "$LIVE" 2
	run -0 cat live.out
	assert_line "not ok 1 - even"
	assert_line "ok 2 - single"
	assert_output --partial "1 flow is too few to tell: needs 7,767 more flows"
	# What was kept tells the same.
	run -2 claim even single kept --tap
	assert_output "$(cat live.out)"
}

@test "live: what other sockets on the watched ports got is not passed over" {
	require_root_bpf
	open_namespace
	start_receiver 127.0.0.1:8089 --sink null --workers 2
	"${inside[@]}" python3 "$BATS_TEST_DIRNAME/lib/readers.py" 8090 2 >readers.out 3>&- &
	HOLDERS+=("$!")
	eventually 10 grep -q ready readers.out
	live '"$BIN/fairport-fake" 127.0.0.1:8089 --source fixed --count 300 >/dev/null
		"$BIN/fairport-fake" 127.0.0.1:8090 --source fixed --count 7 >/dev/null' \
		single no-loss workers=3 --port 8089-8090 --duration 800ms --quiet
	run -0 cat live.out
	assert_told "inconclusive single: 1 other socket on these ports got 7 packets; as far as is known, it is ok: 1 of 2 workers got all 300 packets"
	assert_told "inconclusive no-loss: 1 other socket"
	assert_told "not ok workers=3: 2 workers"
	assert_equal "$LIVE" 3
	assert_equal "$(head -1 live.err)" "fairport-assert: warning: 1 other socket on these ports got 7 packets; claims are about the group that got most"
	# A stray packet is told of, and changes nothing.
	live '"$BIN/fairport-fake" 127.0.0.1:8089 --source fixed --count 300 >/dev/null
		"$BIN/fairport-fake" 127.0.0.1:8090 --source fixed --count 1 >/dev/null' \
		single --port 8089-8090 --duration 800ms --quiet
	assert_equal "$LIVE $(cat live.out)" "0 ok            single: 1 of 2 workers got all 300 packets"
	assert_regex "$(cat live.err)" "1 other socket on these ports got 1 packet;"
}

@test "live: a worker that does not read is not the hash's doing" {
	require_root_bpf
	open_namespace
	start_receiver 127.0.0.1:8089 --sink null --workers 2
	local worker
	worker=$(tr ' ' '\n' <"/proc/$RECEIVER/task/$RECEIVER/children" | grep -m 1 .)
	kill -STOP "$worker"
	live '"$BIN/fairport-fake" 127.0.0.1:8089 --source pool:4k --count 4k --rate 20k >/dev/null' \
		even --duration 2s
	kill -CONT "$worker"
	assert_equal "$LIVE" 3
	run -0 cat live.out
	assert_line --partial "not ok        even: the busiest of 2 workers got 100 %"
	assert_told "not the hash did that"
}

@test "live: one flow, that a steering program deals out: described" {
	require_root_bpf
	open_namespace
	start_receiver 127.0.0.1:8089 --sink null --workers 2 --steer random
	# 10,000 fair coins: 10 % more than half are 10 standard deviations.
	live '"$BIN/fairport-fake" 127.0.0.1:8089 --source fixed --count 10k --rate 40k >/dev/null' \
		even flows=1 --duration 1s
	run -0 cat live.out
	assert_told "described only: a steering program chose"
	assert_equal "$LIVE" 0
}

@test "live: TCP connections, and none was reset in the namespace; then one is refused" {
	require_root_bpf
	open_namespace
	start_receiver 127.0.0.1:8089 --protocol tcp --sink null --workers 2
	live '"$BIN/fairport-fake" 127.0.0.1:8089 --protocol tcp --source per-packet --count 50 >/dev/null' \
		no-resets "drops<=0" no-loss workers=2 --duration 800ms
	run -0 cat live.out
	assert_told "ok no-resets: 50 connections came, and in the network namespace none was reset or refused"
	assert_equal "$LIVE" 0
	live '"$BIN/fairport-fake" 127.0.0.1:8089 --protocol tcp --source per-packet --count 50 >/dev/null
		! : 2>/dev/null </dev/tcp/127.0.0.1/9' \
		no-resets --duration 800ms
	run -0 cat live.out
	assert_told "inconclusive no-resets: resets sent: 1, connections not established: 1; these are of the whole network namespace, of whatever port"
	assert_equal "$LIVE" 2
}

@test "live: ^C ends it early, and then nothing is passed" {
	require_root_bpf
	open_namespace
	start_receiver 127.0.0.1:8089 --sink null --workers 4
	rm -f live.ready
	mkfifo live.ready
	"${inside[@]}" "$BIN/fairport-assert" --port 8089 --ready-fd 9 workers=4 --duration 1h \
		>live.out 2>live.err 9>live.ready 3>&- &
	local pid=$! status=0
	read -r _ <live.ready
	kill -INT "$pid"
	wait "$pid" || status=$?
	assert_equal "$status" 2
	run -0 cat live.out
	assert_output "inconclusive  workers=4: it was interrupted; as far as is known, it is ok: 4
              workers"
}

@test "live: nobody is there; and without privilege nobody counts" {
	require_root_bpf
	open_namespace
	run --separate-stderr -1 "${inside[@]}" "$BIN/fairport-assert" --port 8089 even --duration 1s
	assert_output ""
	assert_regex "$stderr" "nobody has a socket on port 8089"
	start_receiver 127.0.0.1:8089 --sink null --workers 4
	chmod 711 .
	export TMPDIR=/tmp
	run --separate-stderr -77 "${inside[@]}" "${as_nobody[@]}" "$BIN/fairport-assert" --port 8089 even --duration 100ms
	assert_output ""
	assert_regex "$stderr" "nothing can be claimed: who received what could not be counted"
}

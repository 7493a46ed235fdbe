#!/usr/bin/env bats
# The figures of a distribution with their intervals, in summary.json, text, page and Markdown; and
# why there are none. Commands of a remedy, in the same places.
#
# jq's own variables stand in single quotes.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

load lib/common
load lib/runs

setup() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
}

report() {
	"$BIN/fairport-report" -q run --plots none
}

intervals() {
	jq -c ".distribution.intervals | $1" run/summary.json
}

@test "every figure has a value and an interval around it" {
	local data
	for data in even few-flows skewed; do
		use "$data"
		change manifest.json '.expect = []' 2>/dev/null || true
		report >/dev/null || true
		run -0 jq -c '.distribution as $d | $d.intervals | [.level, .basis, .why_not,
			([to_entries[] | select(.value | type == "object") | .key as $k |
				.value.low <= $d[$k] + 1e-9 and $d[$k] <= .value.high + 1e-9])]' run/summary.json
		assert_output '[0.95,"count",null,[true,true,true,true,true,true,true,true]]'
	done
}

# Of 200,000 flows the cv to expect is 0.004; the interval reaches "even", and not much further.
@test "with many flows the interval is narrow, and reaches even where that is likely" {
	use even
	run -0 report
	run -0 intervals '.cv.low == 0 and .cv.high > 0.002 and .cv.high < 0.01, .jain.high == 1, .min_share.high == 0.25'
	assert_output "true
true
true"
}

@test "all on one worker by one flow: nobody can be sure of that" {
	use skewed
	change manifest.json '.expect = []'
	run -0 report
	assert_line --regexp '^  largest share  100\.00%  [0-9.]+%-100\.00%  Jain'
	run -0 intervals '.max_share.low < 0.7, .max_share.high == 1'
	assert_output "true
true"
}

# Three workers got one flow each: by these, not by a number of flows.
@test "flows that were seen are resampled themselves" {
	use skewed
	change manifest.json '.expect = []'
	see_flows
	report >/dev/null || true
	run -0 intervals .basis
	assert_output '"flows"'
}

@test "why there are no intervals is said everywhere, and the figures are there" {
	use even
	rm run/fake.ndjson
	change manifest.json '.expect = []' 2>/dev/null || true
	run report
	assert_line --regexp '^Figures +no 95 % intervals: the flows are unknown$'
	assert_line --regexp '^  largest share   25\.05% +Jain'
	refute_line --regexp ' $'
	run -0 intervals '.basis, .why_not, .cv'
	assert_output 'null
"the flows are unknown"
{"low":null,"high":null}'
	grep -q '<p class="note">No intervals: the flows are unknown.</p>' run/report.html
	grep -q '^No 95 % intervals: the flows are unknown\.$' run/report.md
	run -1 grep '95 % interval |' run/report.md
	use few-flows
	jq -c 'if .type == "header" then .model = "reuseport" | .steer = "round-robin" else . end' run/receive.ndjson >changed
	mv changed run/receive.ndjson
	run report
	assert_line --regexp '^Figures +no 95 % intervals: a steering program chose'
}

@test "intervals in text, page and Markdown are those of summary.json" {
	use even
	run -0 report
	refute_line --regexp '.{81}'
	assert_line --regexp '^Figures +95 % interval +95 % interval$'
	local low high
	low=$(intervals '.max_share.low * 10000 | round / 100')
	high=$(intervals '.max_share.high * 10000 | round / 100')
	assert_line --regexp "^  largest share   25\.05%  $low\.?0*%-$high\.?0*%"
	grep -qE "^\| 95 % interval \| $low\.?0*%-$high\.?0*% \|" run/report.md
	grep -q 'data-key="distribution.intervals.gini.high"' run/report.html
	grep -q 'data-key="distribution.entropy"' run/report.html
}

@test "of one worker, and of nothing, no figures are told" {
	use few-flows
	jq -c 'select(.type != "worker" or .index == 0) | if .type == "interval" then .workers |= .[:1] else . end' \
		run/receive.ndjson >changed
	mv changed run/receive.ndjson
	run report
	refute_line --regexp '^Figures '
	run -0 intervals .why_not
	assert_output '"there is one worker"'
}

@test "the remedy's commands stand in text, page and Markdown as they are" {
	use skewed
	change manifest.json '.expect = []'
	run -0 report
	assert_line '    struct sock_fprog choose = { 3, code };'
	assert_line --regexp '^  Remedy .*'
	run -0 jq -r '.distribution.causes[0].commands[]' run/summary.json
	local commands=("${lines[@]}") line
	assert [ "${#commands[@]}" -gt 2 ]
	report >text
	for line in "${commands[@]}"; do
		grep -qxF -- "    $line" text
		grep -qxF -- "      $line" run/report.md
	done
	grep -q '<pre><code>struct sock_filter code\[\] = {' run/report.html
	grep -q 'choose = { 3, code };' run/report.html
	grep -q '&amp;choose' run/report.html
}

#!/usr/bin/env bats
# The pictures and documents of fairport-report: what is drawn, that they are well-formed and
# need nothing from elsewhere, that their numbers are those of summary.json, and how a browser shows
# the page.
#
# run --separate-stderr sets $stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/runs
load lib/page

setup() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
}

report() {
	"$BIN/fairport-report" -q run "$@"
}

# All that there can be: flows, drops, processes that begin, latencies.
use_everything() {
	use skewed
	change manifest.json '.expect = []'
	see_flows
	change receive.ndjson 'if .type == "interval" then .workers[1].drops = 7 else . end'
}

pictures() {
	(cd run/plots && printf '%s ' *.svg)
}

@test "a picture of each kind that there is data for, and of no other" {
	require_command gnuplot
	use_everything
	report >/dev/null || true
	run -0 pictures
	assert_output "flow-map.svg latency.svg lorenz.svg losses.svg packets-over-time.svg packets-per-worker.svg skew.svg "
	for name in flow-map latency lorenz losses packets-over-time packets-per-worker skew; do
		run -0 head -c 8 "run/plots/$name.png"
		assert_output --partial PNG
		assert [ -s "run/plots/$name.dat" ]
	done
	# Again without flows and drops: no picture of an earlier report is left.
	cp "$BATS_TEST_DIRNAME/data/skewed/"* run/
	change receive.ndjson 'select(.type != "interval") | del(.latency_ns)'
	report >/dev/null
	run -0 pictures
	assert_output "lorenz.svg packets-per-worker.svg skew.svg "
}

@test "pictures are XML, the page is HTML, and neither needs anything from elsewhere" {
	require_command gnuplot
	require_command xmllint
	require_command python3
	use_everything
	report >/dev/null || true
	run -0 xmllint --noout run/plots/*.svg
	page_is_whole run/report.html
}

@test "each number of the page is the one of summary.json" {
	require_command python3
	for data in skewed even few-flows lossy; do
		rm -rf run
		use "$data"
		report --plots none >/dev/null 2>&1 || true
		run -0 page_numbers run/report.html run/summary.json
		assert [ "$output" -gt 40 ]
		# Each cause and expectation is there, and no other.
		assert_equal "$(sed -n 's|.*<h3>\([a-z-]*\)</h3>.*|\1|p' run/report.html)" \
			"$(jq -r '.distribution.causes[].cause' run/summary.json)"
		assert_equal "$(sed -n 's|^- \*\*\([a-z-]*\)\*\*: .*|\1|p' run/report.md)" \
			"$(jq -r '.distribution.causes[].cause' run/summary.json)"
		assert_equal "$(grep -c 'data-key="expect\.[0-9]*\.ok"' run/report.html)" \
			"$(jq '.expect | length' run/summary.json)"
		assert_equal "$(grep -c 'id="expected"' run/report.html)" \
			"$(jq '.expect | length | if . > 0 then 1 else 0 end' run/summary.json)"
	done
}

@test "the page tells the verdict, each cause with its remedy, and what is missing" {
	use lossy
	report --plots none >/dev/null 2>&1 || true
	run -0 cat run/report.html
	assert_output --partial 'Missing: probe: needs CAP_BPF and CAP_PERFMON'
	assert_output --partial '<h3>rcvbuf-overflow</h3>'
	assert_output --partial '<strong>Remedy:</strong> a larger --rcvbuf'
	assert_output --partial 'The counts contradict each other'
	refute_output --partial '= sent<'
	assert_output --partial '<th scope="row">= received<'
	assert_output --partial '<th scope="row">+ dropped: buffer full<'
	assert_output --partial '<th scope="row">= lost with packets<'
	assert_output --partial '<th scope="row">net.core.rmem_max</th><td>212992</td>'
	run -0 cat run/report.md
	assert_output --partial '- **rcvbuf-overflow**: '
	assert_output --partial '**The counts contradict each other'
	assert_output --partial '| all | 900 | | 60 |'
	assert_line 'Packets: 1,000 sent = 900 received + 60 dropped: buffer full + 10 dropped: no socket + 25 left in queue + 5 unaccounted.'
	assert_line 'Lines: 2,000 sent = 190 lost with packets + 1,695 stored + 25 rejected: syntax + 20 rejected: type + 15 rejected: encoding + 30 store errors + 10 pending + 15 unaccounted.'
}

@test "a flow that came to two workers is marked, and each share is of all that came" {
	use_everything
	jq -nc '{schema: 1, program: "probe", run: "20260131T230000Z-1", t_ns: 1} as $common | $common + {type: "flow",
		remote: "10.0.0.1:4001", local: "10.0.0.2:8089", cookie: 102, packets: 1000}, $common + {type: "socket",
		protocol: "udp", port: 8089, cookie: 102, packets: 0, dropped: 0, queue_packets: 0, open: true}' >>run/probe.ndjson
	report --plots none >/dev/null || true
	grep -qF '<th scope="col">flow</th><th scope="col" class="n">worker</th><th scope="col" class="n">packets</th>' \
		run/report.html
	run -0 grep -o '<tr><th scope="row">10\.0\.0\.1:.*</tr>' run/report.html
	assert_output '<tr><th scope="row">10.0.0.1:4001 *</th><td class="n">1</td><td class="n">1,000</td><td class="n">25 %</td></tr>
<tr><th scope="row">10.0.0.1:4001 *</th><td class="n">2</td><td class="n">1,000</td><td class="n">25 %</td></tr>
<tr><th scope="row">10.0.0.1:4002</th><td class="n">2</td><td class="n">1,000</td><td class="n">25 %</td></tr>
<tr><th scope="row">10.0.0.1:4003</th><td class="n">2</td><td class="n">1,000</td><td class="n">25 %</td></tr>'
	grep -q '<p class="note">\* came to more than one worker, as did 1 of all flows\.</p>' run/report.html
}

@test "text of others is text in the page and in Markdown" {
	use skewed
	change manifest.json '.title = "<script>alert(1)</script>|[x](http://evil.example) @root \u001b[1m" | .missing = ["<b>&"]'
	report --plots none >/dev/null
	run -0 cat run/report.html
	refute_output --partial '<script'
	refute_output --partial '<b>'
	refute_output --partial $'\e'
	assert_output --partial '&lt;script&gt;alert(1)&lt;/script&gt;|[x](http://evil.example) @root'
	run -0 head -n 1 run/report.md
	assert_output --partial '### \<script\>alert(1)\</script\>\|\[x\](http\://evil\.example) \@&#8203;root '
	run -1 grep -nE '(^|[^\\])\]\(|(^|[^\\])<[a-z]|https?://' run/report.md
}

@test "where documents go: the directory, another file, standard output, nowhere" {
	use skewed
	run --separate-stderr -0 "$BIN/fairport-report" run --plots none
	assert_line --regexp '^Files +run: summary.json, report.html, report.md$'
	assert_equal "$(compgen -G "run/*.new")" ""
	rm run/report.*
	run --separate-stderr -0 report --plots none --html page.html --markdown -
	assert_line --index 0 '### One source socket, four workers'
	refute_output --partial 'Verdict'
	assert [ -s page.html ]
	assert [ ! -e run/report.html ]
	assert [ ! -e run/report.md ]
	run --separate-stderr -0 report --plots none --html - --markdown none
	assert_line --index 0 '<!DOCTYPE html>'
	assert_equal "${lines[-1]}" '</html>'
	assert [ ! -e run/report.md ]
	run --separate-stderr -2 report --plots none --html nowhere/page.html --markdown none
	assert_equal "$stderr" "fairport-report: error: could not write nowhere/page.html: No such file or directory"
	run --separate-stderr -1 report --html - --markdown -
	assert_equal "${stderr_lines[0]}" "fairport-report: error: --html and --markdown cannot both go to standard output"
}

@test "without gnuplot the page has its numbers all the same" {
	use skewed
	mkdir empty
	run --separate-stderr -0 env PATH="$PWD/empty" "$BIN/fairport-report" run
	assert_equal "$stderr" "fairport-report: no pictures: gnuplot is not installed"
	run -0 cat run/report.html
	refute_output --partial '<figure>'
	assert_output --partial '<caption>Workers</caption>'
	assert_output --partial 'data-key="latency_ns.p99"'
}

@test "a browser shows the page without scrolling sideways, on a telephone and on a desk" {
	require_command gnuplot
	require_command chromium
	require_command python3
	use_everything
	report >/dev/null || true
	run --separate-stderr -0 page_widths run/report.html
	assert_line --partial 'width 320: fits, 7 pictures, 7 narrow'
	assert_line --partial 'width 375: fits, 7 pictures, 7 narrow'
	assert_line --partial 'width 768: fits, 7 pictures, 0 narrow'
	assert_line --partial 'width 1280: fits, 7 pictures, 0 narrow'
}

#!/usr/bin/env bats
# A comparison as a page and as Markdown: what they say, that they are whole by themselves, where they
# go, and what becomes of that when it fails.
#
# jq's own variables stand in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/page
load lib/repeats

setup() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir tmp
	export TMPDIR=$PWD/tmp
}

# Ten rounds of a and b in turns; b has 12 % more packets/s.
make_rounds() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		make_run "${1:-a}/$i" "a-$i" "$((i * 20))" "$((100000 + (i * 7919) % 2900))"
		make_run "b/$i" "b-$i" "$((i * 20 + 10))" "$((112000 + (i * 6133) % 2900))"
	done
}

report() {
	"$BIN/fairport-report" "$@"
}

@test "--out has page, Markdown, JSON and pictures, and nothing is left elsewhere" {
	require_command gnuplot
	make_rounds
	run --separate-stderr -0 report a b --out out/
	assert_equal "$stderr" ""
	assert_line --regexp '^Finding +B is faster'
	run -0 ls out
	assert_output "comparison.dat
comparison.html
comparison.json
comparison.md
comparison.png
comparison.svg"
	run -0 ls tmp
	assert_output ""
	run -0 ls a/1
	assert_output "fake.ndjson
manifest.json
receive.ndjson"
}

@test "without --out there are the documents that are named, and no other" {
	make_rounds
	report a b >/dev/null
	run -0 ls
	assert_output "a
b
tmp"
	run --separate-stderr -0 report a b --html page.html --markdown text.md
	assert_line --regexp '^Finding '
	assert [ -s page.html ]
	assert [ -s text.md ]
	run -0 ls tmp
	assert_output ""
	run --separate-stderr -0 report a b --out out --html none --markdown elsewhere.md
	assert [ ! -e out/comparison.html ]
	assert [ ! -e out/comparison.md ]
	cmp text.md elsewhere.md
}

@test "a document on standard output is alone there" {
	make_rounds
	run --separate-stderr -0 report a b --markdown -
	assert_line --index 0 '### b (B) against a (A)'
	refute_output --partial Finding
	run --separate-stderr -0 report a b --html -
	assert_line --index 0 '<!DOCTYPE html>'
	assert_equal "${lines[-1]}" '</html>'
}

@test "the page is whole, has the numbers of comparison.json, and fits a telephone" {
	require_command gnuplot
	require_command python3
	require_command chromium
	make_rounds
	report a b --out out >/dev/null
	page_is_whole out/comparison.html
	run -0 page_numbers out/comparison.html out/comparison.json
	assert [ "$output" -gt 30 ]
	run --separate-stderr -0 page_widths out/comparison.html
	assert_line --partial 'width 320: fits, 1 pictures, 1 narrow'
	assert_line --partial 'width 360: fits, 1 pictures, 1 narrow'
	assert_line --partial 'width 1280: fits, 1 pictures, 0 narrow'
}

@test "page and Markdown say how sure it is, by interval and rank test, and name every run" {
	make_rounds
	report a b --out out --plots none >/dev/null
	run -0 cat out/comparison.html
	assert_output --partial '<span class="verdict good">faster</span>'
	assert_output --partial 'B is faster: received/s is higher by x1.1'
	assert_output --partial '10 rounds, A and B in turns'
	assert_output --partial 'p is for 2 keys together (Holm)'
	assert_line --regexp 'received/s</th><td><data data-key="comparisons.0.outcome" value="&quot;faster&quot;">faster</data>'
	for i in 1 10; do
		assert_output --partial "<td>a/$i</td>"
		assert_output --partial "<td>b/$i</td>"
	done
	# What is A's stands at A's key.
	local median
	median=$(jq '.comparisons[0].median_a | round' out/comparison.json)
	assert_line --regexp "data-key=\"comparisons.0.median_a\" value=\"[0-9.]+\">${median%???},${median#"${median%???}"}</data>"
	median=$(jq '.comparisons[0].median_b | round' out/comparison.json)
	assert_line --regexp "data-key=\"comparisons.0.median_b\" value=\"[0-9.]+\">${median%???},${median#"${median%???}"}</data>"
	# Nothing was committed: no column of question marks.
	refute_output --partial 'committed'
	refute_output --partial '<figure'
	run -0 cat out/comparison.md
	assert_output --partial '**faster** — B is faster: received/s is higher by x1.1'
	assert_line --regexp '^\| received/s \| [0-9,]+ \| [0-9,]+ \| x1\.1[0-9] \| 1\.[01][0-9] \\?\.\. 1\.1[0-9] \| 0\.00[0-9] \| faster \|$'
	report b a --out out --plots none >/dev/null
	grep -q '<span class="verdict bad">slower</span>' out/comparison.html
	grep -q '^\*\*slower\*\*' out/comparison.md
	report a/1 a/2 --against b/3 --out out --plots none >/dev/null
	grep -q '<span class="verdict plain">too few repeats</span>' out/comparison.html
	report a/1 a/3 a/5 a/7 a/9 --against a/2 --out out --plots none >/dev/null
	run -1 grep 'faster<' out/comparison.html
}

@test "of rounds that mostly are equal, no difference is shown, and enough were made" {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		make_run "a/$i" "a-$i" "$((i * 20))" 100000
		make_run "b/$i" "b-$i" "$((i * 20 + 10))" "$((i < 3 ? 99000 : 100000))" 0.1.0 even "$((i % 2 ? i * 9 : -i * 9))"
	done
	run -0 report a b
	assert_line --regexp '^received/s .* (too few|not shown)$'
	assert_line --regexp '^Finding +no difference between A and B is shown\.$'
}

@test "several groups: a finding and a table for each" {
	require_command gnuplot
	make_rounds
	cp -r b c
	for i in 1 2 3 4 5 6 7 8 9 10; do
		make_run "c/$i" "c-$i" "$((i * 20 + 5))" 100000
	done
	report a b c --out out >/dev/null
	run -0 grep -c 'class="verdict' out/comparison.html
	assert_output 2
	run -0 grep -c '^### ' out/comparison.md
	assert_output 2
	page_is_whole out/comparison.html
	grep -q 'c: received/s' out/comparison.svg
}

@test "names of directories are text in page and Markdown" {
	make_rounds '<b>x|*y*'
	report '<b>x|*y*' b --out out --plots none >/dev/null
	run -0 cat out/comparison.html
	refute_output --partial '<b>'
	assert_output --partial '&lt;b&gt;x|*y*'
	run -0 head -n 1 out/comparison.md
	assert_output '### b (B) against \<b\>x\|\*y\* (A)'
}

@test "without gnuplot the page has its numbers all the same" {
	make_rounds
	mkdir empty
	run --separate-stderr -0 env PATH="$PWD/empty" "$BIN/fairport-report" a b --html page.html
	assert_equal "$stderr" "fairport-report: no pictures: gnuplot is not installed"
	run -0 grep -c 'data-key="comparisons' page.html
	refute_output 0
	run -1 grep '<figure' page.html
	run -0 ls tmp
	assert_output ""
}

@test "what cannot be written is named, the rest is there, and the status is 2" {
	make_rounds
	run --separate-stderr -2 report a b --html nowhere/page.html --plots none
	assert_equal "$stderr" "fairport-report: error: could not write nowhere/page.html: No such file or directory"
	assert_line --regexp '^Finding '
	: >file
	run --separate-stderr -2 report a b --out file --plots none
	assert_regex "$stderr" "^fairport-report: error: could not write file/comparison.json: Not a directory"
	run --separate-stderr -2 report a b --out nowhere/out
	assert_equal "$stderr" "fairport-report: error: could not create nowhere/out: No such file or directory"
	run --separate-stderr -2 env TMPDIR="$PWD/nowhere" "$BIN/fairport-report" a b --html page.html
	assert_equal "$stderr" "fairport-report: warning: could not make a directory to draw in: No such file or directory"
	assert [ -s page.html ]
	for document in --html --markdown; do
		run --separate-stderr -2 bash -c '"$BIN/fairport-report" a b --plots none "$1" - >/dev/full' - "$document"
		assert_regex "$stderr" "No space left on device"
	done
}

@test "a document is there whole or not at all, and what is no file stays what it is" {
	make_rounds
	# 512 bytes fit, in blocks of 512.
	run --separate-stderr -2 bash -c 'trap "" XFSZ; ulimit -f 1; "$BIN/fairport-report" a b --html page.html --plots none'
	assert_equal "$stderr" "fairport-report: error: could not write page.html: File too large"
	assert [ ! -e page.html ]
	assert_equal "$(compgen -G "*.new")" ""
	run --separate-stderr -2 report a b --html /dev/full --plots none
	assert_equal "$stderr" "fairport-report: error: could not write /dev/full: No space left on device"
	assert [ -c /dev/full ]
	mkfifo pipe
	cat pipe >copy &
	report a b --html pipe --plots none >/dev/null
	wait $!
	assert [ -p pipe ]
	run -0 tail -n 1 copy
	assert_output '</html>'
	ln -s real.html link.html
	report a b --html link.html --plots none >/dev/null
	assert [ -L link.html ]
	assert [ -s real.html ]
}

@test "a key that no run has is named, with those that there are" {
	make_rounds
	run --separate-stderr -1 report a b --key rates.recieved_pps
	assert_output ""
	assert_equal "${stderr_lines[0]}" 'fairport-report: error: could not compare "rates.recieved_pps": no run has this key'
	assert_regex "${stderr_lines[1]}" "^fairport-report: hint: known are rates\.[a-z_]+, .*rates\.received_pps"
	run --separate-stderr -1 report a b --key throughput
	assert_regex "${stderr_lines[1]}" "^fairport-report: hint: known are rates\.received_pps, .*distribution\.cv"
	run --separate-stderr -1 report a b --key distribution.verdict
	assert_equal "${stderr_lines[0]}" 'fairport-report: error: could not compare "distribution.verdict": it is no number'
	assert_regex "${stderr_lines[1]}" "distribution\.cv"
	refute_regex "${stderr_lines[1]}" "workers\.0"
	# What no run knows is a key all the same.
	run --separate-stderr -0 report a b --key committed_ns.p99,rates.sent_pps
	assert_equal "$stderr" ""
	# In the page is what one side knows.
	rm b/1/fake.ndjson
	report a/1 a/2 --against b/1 --key committed_ns.p99,rates.sent_pps --out out --plots none >/dev/null
	run -0 cat out/comparison.html
	assert_output --partial '<th scope="col">directory</th><th scope="col" class="n">sent/s</th></tr>'
	assert_output --partial '<td>a/1</td><td class="n">102,119</td></tr>'
	assert_output --partial '<td>a/2</td><td class="n">101,338</td></tr>'
	assert_output --partial '<td>b/1</td><td class="n">?</td></tr>'
}

@test "keys come as a list, one by one, or both" {
	make_rounds
	report a b --key rates.sent_pps,latency_ns.p50,distribution.gini >list
	report a b --key rates.sent_pps --key latency_ns.p50,distribution.gini >both
	cmp list both
	run -0 grep -cE '^(sent/s|latency p50|distribution.gini) ' list
	assert_output 3
}

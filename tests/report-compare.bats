#!/usr/bin/env bats
# Several runs side by side: "faster" where it is, and nowhere else.
#
# jq's own variables stand in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/repeats

setup() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
}

# compare ARGUMENT...: text, and comparison.json in out/.
compare() {
	mkdir -p out
	"$BIN/fairport-report" "$@" --out out
}

# The jq FILTER $2 over the comparison of key $1.
of_key() {
	jq -c ".comparisons[] | select(.key == \"$1\") | $2" out/comparison.json
}

# Ten rounds of a and b in turns, at RATE_A and RATE_B packets/s and up to 2.9 % more.
make_rounds() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		make_run "a/$i" "a-$i" "$((i * 20))" "$(($1 + (i * 7919) % 2900))"
		make_run "b/$i" "b-$i" "$((i * 20 + 10))" "$(($2 + (i * 6133) % 2900))"
	done
}

@test "faster is said where it is: by how much, how sure, and in which keys" {
	make_rounds 100000 112000
	run --separate-stderr -0 compare a b
	assert_equal "$stderr" ""
	assert_line --regexp '^Repeats +10 rounds, A and B in turns'
	assert_line --regexp '^received/s +[0-9,]+ +[0-9,]+ +x1\.1[0-9] +1\.[01][0-9] \.\. 1\.1[0-9] +0\.00[0-9] faster$'
	assert_line --regexp '^largest share .* same$'
	assert_line --regexp '^Finding +B is faster: received/s is higher by x1\.1'
	refute_line --regexp '.{81}'
	run -0 of_key rates.received_pps '.outcome, .count_a, .unit, (.key_p_value == 2 / 1024)'
	assert_output '"faster"
10
"packets/s"
true'
	run -0 jq -c '.paired, [.groups[].label], (.groups[0].runs | map(.run))' out/comparison.json
	assert_output 'true
["a","b"]
["a-1","a-2","a-3","a-4","a-5","a-6","a-7","a-8","a-9","a-10"]'
}

@test "the other way round it is slower, and the ratio the inverse" {
	make_rounds 100000 112000
	compare a b
	local there
	there=$(of_key rates.sent_pps .ratio.value)
	run -0 compare b a
	assert_output --partial "B is slower"
	run -0 of_key rates.sent_pps ".ratio.value * $there - 1 | fabs < 0.001"
	assert_output true
}

@test "no difference is claimed where there is none, however the runs vary" {
	make_rounds 100000 100000
	run -0 compare a b
	assert_output --partial "no difference between A and B is shown"
	refute_output --partial faster
	refute_output --partial slower
}

@test "with few repeats nothing is shown, and it is said how many it takes" {
	make_rounds 100000 150000
	rm -r a/[4-9] a/10 b/[4-9] b/10
	run -0 compare a b
	assert_output --partial "too few repeats to show any difference: with 2 keys it takes 7 of"
	refute_output --partial "is faster"
	run -0 compare a b --key rates.sent_pps
	assert_output --partial "with 1 key it takes 6 of"
}

@test "runs that did not take turns are compared as they are, and that is said" {
	make_rounds 100000 112000
	# All of b after all of a.
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		make_run "b/$i" "b-$i" "$((1000 + i * 10))" "$((112000 + (i * 6133) % 2900))"
	done
	run -0 compare a b
	assert_line --regexp '^Repeats +not in turns'
	assert_output --partial "B is faster"
	run -0 jq .paired out/comparison.json
	assert_output false
}

@test "the order in which runs are given changes nothing" {
	make_rounds 100000 102000
	compare a/1 a/2 a/3 a/4 a/5 a/6 a/7 a/8 a/9 a/10 b/1 b/2 b/3 b/4 b/5 b/6 b/7 b/8 b/9 b/10 >first
	cp out/comparison.json first.json
	compare a/7 b/3 b/10 a/2 a/1 b/1 a/10 a/9 b/2 b/9 a/3 b/4 a/4 b/8 b/5 a/6 a/5 b/7 b/6 a/8 >second
	assert_equal "$(cat second)" "$(cat first)"
	cmp out/comparison.json first.json
}

@test "groups: by number, by directory, by version, by --against" {
	make_rounds 100000 112000
	mkdir flat
	local i
	for i in 1 2 3; do
		cp -r "a/$i" "flat/before-$i"
		cp -r "b/$i" "flat/after-$i"
	done
	compare flat
	run -0 jq -c '[.groups[] | [.label, (.runs | length)]]' out/comparison.json
	assert_output '[["after",3],["before",3]]'
	compare flat/before-* --against flat/after-1
	run -0 jq -c '[.groups[] | [.label, (.runs | length)]]' out/comparison.json
	assert_output '[["after-1",1],["before",3]]'
	compare a/1 b/1
	run -0 jq -c '[.groups[] | [.label, (.runs | length)]], .paired' out/comparison.json
	assert_output '[["a",1],["b",1]]
false'
	make_run v1 v1 0 100000 0.1.0
	make_run v2 v2 10 100000 0.2.0
	compare v1 v2 --by version
	run -0 jq -c '[.groups[].label]' out/comparison.json
	assert_output '["0.1.0","0.2.0"]'
}

@test "what cannot be compared is refused or left out, by name" {
	make_rounds 100000 112000
	run --separate-stderr -1 compare a/1 b/1 a/1
	assert_regex "$stderr" "could not compare: the same run is given twice: a/1 and a/1"
	cp -r a/1 b/copy
	run --separate-stderr -1 compare a b
	assert_regex "$stderr" "could not compare: the same run is given twice: a/1 and b/copy"
	rm -r b/copy
	run --separate-stderr -1 compare a/1 a/2 --by version
	assert_regex "$stderr" 'all runs are of one group, "0.1.0"'
	assert_regex "$stderr" "hint: .*--against"
	mkdir empty
	run --separate-stderr -1 compare a empty
	assert_regex "$stderr" "could not compare empty: it is no run, and holds none"
	assert_regex "$stderr" 'could not compare: all runs that are left are of one group, "a"'
	refute_regex "$stderr" "hint: "
	run --separate-stderr -1 compare a/1 nowhere
	assert_equal "$stderr" "fairport-report: error: could not compare nowhere: No such file or directory
fairport-report: error: could not compare: only a/1 is left"
	run --separate-stderr -1 compare empty nowhere
	assert_regex "$stderr" "could not compare: there is no run left"
	jq '.interrupted = true' a/3/manifest.json >changed
	mv changed a/3/manifest.json
	run --separate-stderr -2 compare a b
	assert_regex "$stderr" "warning: a/3 is left out: it was interrupted"
	run -0 jq -c '[.groups[].runs | length]' out/comparison.json
	assert_output "[9,10]"
	jq -c 'if .type == "worker" then .packets += 7 else . end' a/4/receive.ndjson >changed
	mv changed a/4/receive.ndjson
	run --separate-stderr -2 compare a b
	assert_regex "$stderr" "warning: a/4 is left out: its counts contradict each other"
}

# 200,000 packets in 0.4 s of CPU time, then in 0.3 s; a front's time counts, a socket has none.
@test "CPU time per packet is compared, and unknown where a record does not tell" {
	make_rounds 100000 100000
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		jq -c "if .type == \"worker\" then .cpu_ns = 90000000 + $i * 100000 else . end" \
			"a/$i/receive.ndjson" >changed
		jq -c 'select(.type == "worker" and .index == 0) | .type = "front" | .name = "dispatcher" |
			del(.index) | .packets = 0 | .pid = 77 | .cpu_ns = 40000000' changed >front
		jq -c '.pid = null | del(.cpu_ns) | .name = "shared socket"' front >socket
		cat changed front socket >"a/$i/receive.ndjson"
		jq -c "if .type == \"worker\" then .cpu_ns = 75000000 - $i * 100000 else . end" \
			"b/$i/receive.ndjson" >changed
		mv changed "b/$i/receive.ndjson"
	done
	run -0 compare a b --key receiver.cpu_ns_per_packet
	# 4 x 90.55 ms and 40 ms; 4 x 74.45 ms.
	assert_line --regexp '^CPU per packet +2\.01 us +1\.49 us '
	run -0 of_key receiver.cpu_ns_per_packet '.outcome, .median_a, .median_b'
	assert_output '"lower"
2011
1489'
	jq -c 'if .type == "worker" and .index == 1 then del(.cpu_ns) else . end' a/1/receive.ndjson >changed
	mv changed a/1/receive.ndjson
	compare a b --key receiver.cpu_ns_per_packet
	run -0 of_key receiver.cpu_ns_per_packet .count_a
	assert_output 9
}

@test "the comparison as a picture" {
	require_command gnuplot
	make_rounds 100000 112000
	run --separate-stderr -0 compare a b
	assert_equal "$stderr" ""
	[ -s out/comparison.svg ]
	[ -s out/comparison.png ]
	grep -q 'b (B) against a (A)' out/comparison.svg
}

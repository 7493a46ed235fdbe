#!/usr/bin/env bats
# fairport-receive --stdin: which points are in a text, and what becomes of them; and what else is
# about lines: --precision, --strict, --default-time.
#
# run --separate-stderr sets $stderr; jq's own variables stand in single quotes.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive

CORPUS=${FAIRPORT_CORPUS:-$TOP/../shared/corpus/line-protocol.json}

teardown() {
	exec 8>&- 9>&-
	teardown_receive
}

# The points of TEXT (with the escapes of printf) as JSON.
points() {
	printf '%b' "$1" | "$BIN/fairport-receive" --stdin --sink stdout "${@:2}"
}

# Reads TEXT and counts.
count() {
	printf '%b' "$1" | "$BIN/fairport-receive" --stdin --sink null --json - "${@:2}" | jq -c 'select(.type == "summary")'
}

# start_reading OPTION...: in the background, from a pipe that is descriptor 8; sets RECEIVER.
start_reading() {
	rm -f lines
	mkfifo lines
	"$BIN/fairport-receive" --stdin "$@" <lines >points 2>receive.err 3>&- &
	RECEIVER=$!
	exec 8>lines
}

has_lines() {
	[ "$(wc -l <"$1")" = "$2" ]
}

@test "every kind of value, escapes, and times" {
	# shellcheck disable=SC1003 # the backslashes are the protocol's
	run --separate-stderr -0 points 'all\\ types,a\\,tag=x\\ y,b=\\\\z f=1.5,i=-7i,u=18446744073709551615u,s="say \\"hi\\"\\\\\\n",b=T -5\n'
	assert_equal "$stderr" ""
	assert_output '{"name":"all types","tags":{"a,tag":"x y","b":"\\\\z"},"fields":{"f":{"float":1.5},"i":{"int":-7},"u":{"uint":18446744073709551615},"s":{"string":"say \"hi\"\\\u000a"},"b":{"bool":true}},"time":-5}'
	run -0 points 'm a=0.1,b=1e300,c=-0.0,d=5e-324,e=100000000000000000000,f=1.7976931348623157e308 9223372036854775807'
	assert_output '{"name":"m","tags":{},"fields":{"a":{"float":0.1},"b":{"float":1e+300},"c":{"float":0},"d":{"float":5e-324},"e":{"float":1e+20},"f":{"float":1.7976931348623157e+308}},"time":9223372036854775807}'
	run -0 points 'm\xc3\xa4 s="\x01\t\0\x7f\xe2\x82\xac" -9223372036854775808'
	assert_output "$(printf '{"name":"m\xc3\xa4","tags":{},"fields":{"s":{"string":"\\u0001\\u0009\\u0000\x7f\xe2\x82\xac"}},"time":-9223372036854775808}')"
}

@test "blank lines, comments, line ends, and line feeds in strings" {
	run --separate-stderr -0 points '\n# no line\r\na f=1 1\r\n  \n  b s="x\n\n#\r\n" 2\nc f=1 3'
	assert_equal "$stderr" ""
	assert_equal "$(jq -c '[.name, .time]' <<<"$output" | tr '\n' ' ')" '["a",1] ["b",2] ["c",3] '
	assert_line --index 1 --partial '"s":{"string":"x\u000a\u000a#\u000d\u000a"}'
	run -0 points ''
	assert_output ""
}

@test "of a field that is there twice the last one counts; a tag may not be" {
	run -0 points 'm a=1,b=2,a=3i 4'
	assert_output '{"name":"m","tags":{},"fields":{"b":{"float":2},"a":{"int":3}},"time":4}'
	run --separate-stderr -2 points 'm,a=x,b=y,a=x f=1 5'
	assert_equal "$output" ""
	assert_equal "$stderr" "fairport-receive: error: 1:11: repeated tag key"
}

@test "each bad line is one message with its line and column, the others are printed, status 2" {
	run --separate-stderr -2 points 'a f=1 1\n# no line\nb s="x\ny",f=\nno line\nc f=1 2\nd f="\n\xff f=1\ne f=1 3\n'
	assert_equal "$(jq -r .name <<<"$output" | tr '\n' ' ')" 'a c e '
	assert_equal "$stderr" "fairport-receive: error: 4:6: expected a field value
fairport-receive: error: 5:8: expected '=' after a field key
fairport-receive: error: 7:5: string without its closing quote
fairport-receive: error: 8:1: invalid UTF-8"
}

@test "--precision: what time stamps count, and what does not fit" {
	local row precision time want
	for row in ns:7:7 us:7:7000 ms:7:7000000 s:7:7000000000 s:-7:-7000000000 \
		ms:9223372036854:9223372036854000000; do
		IFS=: read -r precision time want <<<"$row"
		run -0 points "m f=1 $time" --precision "$precision"
		assert_output --partial "\"time\":$want}"
	done
	run --separate-stderr -2 points 'm f=1 9223372037\nm f=1 1' --precision s
	assert_equal "$stderr" "fairport-receive: error: 1:7: timestamp out of range"
	assert_output --partial '"time":1000000000}'
	assert_equal "$(count 'm f=1 9223372036855\n' --precision ms 2>/dev/null | jq -c '[.lines, .discarded, .rejected_syntax]')" \
		'[1,0,1]'
}

@test "--default-time: for lines without a time stamp; else the time when they are read" {
	run -0 points 'm f=1\nm f=1 8\nm f=1' --default-time 946730096789012345
	assert_equal "$(grep -o '"time":.*' <<<"$output" | tr '\n' ' ')" \
		'"time":946730096789012345} "time":8} "time":946730096789012345} '
	run -0 points 'm f=1' --default-time -1 --precision ms
	assert_output --partial '"time":-1000000}'
	run -0 points 'm f=1'
	assert_equal "$(jq "(.time / 1e9 - $EPOCHSECONDS) | fabs < 60" <<<"$output")" true
}

@test "--strict: one bad line, and nothing is printed" {
	run --separate-stderr -0 points 'a f=1 1\nb f=2 2\n' --strict
	assert_equal "$(jq -r .name <<<"$output" | tr '\n' ' ')" 'a b '
	assert_equal "$stderr" ""
	run --separate-stderr -2 points 'a f=1 1\nb f=\nc f=3 3\nd f= \n' --strict
	assert_equal "$output" ""
	assert_equal "$stderr" "fairport-receive: error: 2:5: expected a field value
fairport-receive: error: 4:5: expected a field value
fairport-receive: warning: 2 good lines were rejected with the bad ones (--strict)"
	assert_equal "$(count 'a f=1 1\nb f=\nc f=3 3\n' --strict 2>/dev/null |
		jq -c '[.lines, .discarded, .rejected_syntax, .rejected_strict, .pending]')" '[3,0,1,2,0]'
}

@test "--strict holds the whole input: up to 64 MiB, and no byte more" {
	run --separate-stderr -0 bash -c "{ head -c 67108858 /dev/zero | tr '\\0' '#'; printf '\\nm f=1'; } |
		'$BIN/fairport-receive' --stdin --sink null --strict"
	assert_equal "$stderr" ""
	assert_line --regexp '^lines +1$'
	run --separate-stderr -1 bash -c "{ head -c 67108859 /dev/zero | tr '\\0' '#'; printf '\\nm f=1'; } |
		'$BIN/fairport-receive' --stdin --sink stdout --strict"
	assert_equal "$output" ""
	assert_regex "$stderr" 'error: could not read standard input: it is larger than 64 MiB'
	assert_regex "$stderr" 'hint: --strict needs all of it at once'
}

@test "a line beyond 1 MiB is rejected, whatever it is, and the next one is not" {
	{
		printf 'a s="'
		head -c 1048569 /dev/zero | tr '\0' x
		printf '" \nb s="'
		head -c 1048570 /dev/zero | tr '\0' y
		printf '" \nc f=1\n'
	} >long.lp
	run --separate-stderr -2 "$BIN/fairport-receive" --stdin --sink null --json long.ndjson <long.lp
	assert_equal "$stderr" "fairport-receive: error: 2:1048577: line too long"
	assert_equal "$(ndjson long.ndjson summary '[.lines, .discarded, .rejected_limit]')" '[3,2,1]'
}

@test "reads of any size give the same: byte by byte, and all at once" {
	require_command perl
	local text='a s="x\ny" 1\r\nno line\n# no line\nb s="x\nc f=1 2\nd s="\\"" 3\n\ne f=1'
	points "$text" --default-time 9 >whole 2>whole.err || true
	printf '%b' "$text" >text
	perl -e '$| = 1; while (read(STDIN, my $byte, 1)) { print $byte; select(undef, undef, undef, 0.001) }' <text |
		{ "$BIN/fairport-receive" --stdin --sink stdout --default-time 9 || true; } >pieces 2>pieces.err
	assert_equal "$(wc -l <whole)" 4
	assert_equal "$(wc -l <whole.err)" 2
	diff whole pieces
	diff whole.err pieces.err
}

@test "what comes through a pipe is printed when it comes" {
	start_reading --sink stdout
	echo 'a f=1 1' >&8
	eventually 10 has_lines points 1
	printf 'wrong\nb s="x\n' >&8
	eventually 10 has_lines receive.err 1
	assert has_lines points 1
	echo '" 2' >&8
	eventually 10 has_lines points 2
	exec 8>&-
	local status=0
	await_receiver || status=$?
	assert_equal "$status" 2
}

@test "memory is bounded, whatever is read" {
	start_reading --sink stdout
	"$BIN/fairport-fake" --dry-run --count 200k --quiet >&8
	eventually 20 has_lines points 200000
	(($(awk '/^VmHWM:/ { print $2 }' "/proc/$RECEIVER/status") < 24 * 1024))
	exec 8>&-
	await_receiver
}

@test "a file that makes more output than is held at once is printed in full" {
	"$BIN/fairport-fake" --dry-run --count 50k --sequence --quiet >many.lp
	"$BIN/fairport-receive" --stdin --sink stdout <many.lp >points
	assert has_lines points 50000
	assert_equal "$(cut -d , -f 2- points | sort -u | wc -l)" 50000
	run -0 bash -c "'$BIN/fairport-receive' --stdin --sink stdout <many.lp | wc -l"
	assert_output 50000
}

@test "^C: what has been read is handed on, status 0" {
	start_reading --sink stdout
	printf 'a f=1 1\nb f=1 2\nc f=' >&8
	eventually 10 has_lines points 2
	kill -INT "$RECEIVER"
	await_receiver
	assert_equal "$(cat receive.err)" ""
	start_reading --sink null --json read.ndjson
	eventually 10 test -s read.ndjson
	kill -TERM "$RECEIVER"
	await_receiver
	assert_regex "$(cat points)" 'Ended by: interrupted'
	assert_equal "$(ndjson read.ndjson summary .reason)" '"interrupted"'
}

# Whether process $1 has read more than $2 bytes.
has_read() {
	(($(awk '/^rchar:/ { print $2 }' "/proc/$1/io") > $2))
}

has_ended() {
	! kill -0 "$1" 2>/dev/null
}

# Whether no signal waits for process $1.
took_signals() {
	grep -qx 'ShdPnd:[[:space:]]*0*' "/proc/$1/status"
}

@test "somebody who does not read on is waited for, and a second ^C waits no longer" {
	mkfifo stuck
	"$BIN/fairport-fake" --dry-run --count 100k --quiet >many.lp
	exec 9<>stuck
	"$BIN/fairport-receive" --stdin --sink stdout --json stuck.ndjson <many.lp >stuck 2>receive.err 3>&- &
	RECEIVER=$!
	eventually 10 has_read "$RECEIVER" 1000000
	kill -INT "$RECEIVER"
	eventually 10 took_signals "$RECEIVER"
	run ! has_ended "$RECEIVER"
	kill -INT "$RECEIVER"
	# By itself it would wait for 30 seconds.
	eventually 15 has_ended "$RECEIVER"
	local status=0
	await_receiver || status=$?
	assert_equal "$status" 2
	assert_regex "$(cat receive.err)" 'error: [0-9,]+ lines were read but not printed'
	assert_equal "$(ndjson stuck.ndjson summary '.stored + .store_errors == .lines')" true
}

@test "a full disk and a reader that leaves are errors, and end the reading" {
	[ -c /dev/full ] || skip_because "needs /dev/full"
	run --separate-stderr -2 bash -c "printf 'm f=1\n' | '$BIN/fairport-receive' --stdin --sink stdout >/dev/full"
	assert_regex "$stderr" 'could not write to standard output: No space left on device'
	run --separate-stderr -2 bash -c "printf 'm f=1\n' | '$BIN/fairport-receive' --stdin --sink null >/dev/full"
	assert_regex "$stderr" 'could not write to standard output: No space left on device'
	# It does not go on to the end of an input that has none, be it large or small.
	mkfifo lines
	"$BIN/fairport-receive" --stdin --sink stdout <lines >/dev/full 2>receive.err 3>&- &
	RECEIVER=$!
	exec 8>lines
	echo 'm f=1' >&8
	local status=0
	await_receiver || status=$?
	assert_equal "$status" 2
	run --separate-stderr bash -c "yes 'm f=1' | { '$BIN/fairport-receive' --stdin --sink stdout; echo \$? >status; } | head -n 1"
	assert_equal "$(cat status)" 2
	assert_regex "$stderr" 'could not write to standard output: Broken pipe'
}

@test "input that cannot be read is an error" {
	run --separate-stderr -1 bash -c "'$BIN/fairport-receive' --stdin --sink stdout </"
	assert_equal "$output" ""
	assert_equal "$stderr" "fairport-receive: error: could not read standard input: Is a directory"
	run --separate-stderr -0 bash -c "'$BIN/fairport-receive' --stdin --sink stdout <&-"
	assert_equal "$output$stderr" ""
}

@test "--sink null counts, as text and as records" {
	run -0 bash -c "'$BIN/fairport-fake' --dry-run --count 5000 --quiet |
		'$BIN/fairport-receive' --stdin --sink null --json counted.ndjson"
	assert_line --regexp '^lines +5,000$'
	assert_line --regexp '^discarded +5,000$'
	assert_line --regexp '^Ended by: end of input, after '
	assert_equal "$(jq -c '[.type, .program, .input // .reason]' counted.ndjson | tr '\n' ' ')" \
		'["header","receive","stdin"] ["summary","receive","end of input"] '
	assert_equal "$(ndjson counted.ndjson summary '[.lines, .discarded, .pending]')" '[5000,5000,0]'
	run -0 bash -c "printf 'm f=1\n' | '$BIN/fairport-receive' --stdin --sink null --json -"
	assert_equal "$(jq -r .type <<<"$output" | tr '\n' ' ')" 'header summary '
}

@test "--sink postgres: a file, into the database" {
	start_postgres
	"$BIN/fairport-fake" --dry-run --count 30k --seed 3 --quiet >many.lp
	run --separate-stderr -0 "$BIN/fairport-receive" --stdin --json stored.ndjson <many.lp
	assert_equal "$stderr" ""
	assert_line --regexp '^stored +30,000$'
	assert_equal "$(sql 'SELECT (SELECT count(*) FROM cpu) + (SELECT count(*) FROM disk)
		+ (SELECT count(*) FROM diskio) + (SELECT count(*) FROM swap)')" 30000
	assert_equal "$(ndjson stored.ndjson summary '[.lines, .stored, .pending]')" '[30000,30000,0]'
}

@test "--sink postgres: what its tables cannot hold is told, status 2" {
	start_postgres
	printf 'm f=1 1\nm f=\nm f="x" 2\nm f=2 3\n' >some.lp
	run --separate-stderr -2 "$BIN/fairport-receive" --stdin --precision s <some.lp
	assert_line --regexp '^stored +2$'
	assert_line --regexp '^rejected +2$'
	assert_regex "$stderr" 'error: 2:5: expected a field value'
	# Its text is gone: it did not fit the table that the line before it made.
	assert_regex "$stderr" 'warning: the sink rejected "m": a value is not of its column.s type'
	assert_regex "$stderr" 'warning: 1 lines were rejected by the sink'
	assert_equal "$(sql 'SELECT extract(epoch FROM max(time))::int FROM m')" 3
}

@test "over UDP: --precision, and a time stamp of each line is measured" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null --precision s
	printf 'm f=1 1\nm f=1 2\nm f=1\nm f=1 9223372037\n' >packet
	cat packet >"/dev/udp/127.0.0.1/$PORT"
	stop_receiver
	assert_equal "$(received '[.lines, .discarded, .rejected_syntax, .latency_ns.count]')" '[4,3,1,2]'
	assert_equal "$(received '.latency_ns.max > 1e18')" true
}

@test "over UDP: --strict rejects the packet with its bad line, and no other" {
	start_receiver 127.0.0.1:0 --workers 1 --sink null --strict
	printf 'm f=1 1\nno line\nm f=1 2\n' >packet
	cat packet >"/dev/udp/127.0.0.1/$PORT"
	printf 'm f=1 1\nm f=1 2\n' >packet
	cat packet >"/dev/udp/127.0.0.1/$PORT"
	stop_receiver
	assert_equal "$(received '[.packets, .lines, .discarded, .rejected_syntax, .rejected_strict]')" '[2,5,2,1,2]'
	assert_books
}

# Numbers of 64 bits are more than jq has: as strings they are compared in full.
quote_integers() {
	sed -E 's/"(time|defaultTime|int|uint)": ?(-?[0-9]+)/"\1":"\2"/g' "$@"
}

@test "the conformance corpus, case by case" {
	# Not a skip: what there is to it, other tests have cases of their own for.
	[ -e "$CORPUS" ] || return 0
	require_command perl
	quote_integers "$CORPUS" >corpus.json
	jq -r '.decode[].input | [(.precision | ltrimstr("1") | sub("µ"; "u")), .defaultTime,
		(.text | if type == "object" then .binary else @base64 end)] | @tsv' corpus.json >cases
	# Starting a program is mostly waiting: several at once.
	split -n l/8 cases part.
	find . -name 'part.*' -print0 | xargs -0 -P 8 -I {} sh -c 'exec perl "$0" "$1" --stdin --sink stdout \
		--strict <"$2" >"$2.out"' "$TOP/tests/lib/decode-cases.pl" "$BIN/fairport-receive" {}
	quote_integers part.*.out >outcomes
	jq -c '.decode[].output | if has("error") then "error" else .result // [] | map({name, time,
		tags: (.tags // [] | map({(.key): .value}) | add // {}),
		fields: (.fields | map({(.key): .value}) | add)}) end' corpus.json | jq -cS . >wanted
	jq -c 'if .status == 0 then .points elif .status == 2 and .points == [] then "error"
		else . end' outcomes | jq -cS . >got
	assert [ "$(wc -l <got)" -gt 3000 ]
	diff wanted got
}

@test "bad options are refused: status 1, one message, nothing on standard output" {
	refuses_each fairport-receive <<-'TABLE'
		--stdin --sink stdout 127.0.0.1:0|unexpected argument "127.0.0.1:0": --stdin takes no address
		--stdin --sink echo|--sink echo decodes nothing
		--stdin --workers 2|--stdin: there is no pool
		--stdin --protocol tcp|--stdin: there is no pool
		--stdin --steer random|--stdin: there is no pool
		--stdin --duration 1s|--stdin: there is no pool
		--stdin --ready-fd 9|--stdin: there is no pool
		--stdin --sink stdout --json -|both write to standard output
		--stdin --sink stdout --default-time 1.5|invalid value "1.5" for --default-time \(expected ns since 1970
		--stdin --sink stdout --default-time 9223372036854775808|invalid value
		--stdin --precision m|expected one of ns, us, ms, s
		127.0.0.1:0 --sink stdout|--sink stdout goes with --stdin
		127.0.0.1:0 --sink null --default-time 1|--default-time goes with --stdin
		127.0.0.1:0 --sink null --protocol tcp --strict|--strict goes with packets or --stdin
		127.0.0.1:0 --sink echo --strict|--sink echo decodes nothing
		127.0.0.1:0 --sink echo --precision s|--sink echo decodes nothing
	TABLE
}

#!/usr/bin/env bats
# fairport-fake: the lines themselves, made or replayed.
# Text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/fake

received() {
	ndjson receive.ndjson summary "$1"
}

# The lines that these options make.
print_lines() {
	"$BIN/fairport-fake" --dry-run "$@"
}

REJECTED='.rejected_syntax + .rejected_truncated + .rejected_type_conflict + .rejected_limit
	+ .rejected_encoding + .rejected_strict'

# With every type, every generator, and everything that has to be escaped.
write_schema() {
	cat >all.schema <<-'SCHEMA'
		# all of it
		measurement "all, types"
		tag city    values Berlin "New York" "a=b" "c,d"
		tag host    count 3+ prefix "h "
		field f     float    uniform -1.5 2 decimals 3
		field fw    float    walk 0 1 0.25 decimals 2
		field fc    float    counter 1.5
		field i     integer  uniform -9 9
		field iw    integer  walk -5 5 2
		field u     unsigned choice 18446744073709551615 0
		field uc    unsigned counter 7
		field s     string   choice "" "say \"hi\"" "back\\slash" plain
		field "b x" boolean  choice true false

		measurement bare
		field one   integer  choice 1
	SCHEMA
}

@test "a schema of one's own: the receiver understands every line" {
	write_schema
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	fake --schema all.schema --count 1000 --rate 10k --lines 2 --json fake.ndjson
	fake --schema web --count 500 --rate 10k
	fake --schema sensor --count 500 --rate 10k
	fake --schema cpu --count 500 --rate 10k --packet-size 1000
	stop_receiver
	assert_equal "$(summary '[.lines, .invalid_lines]')" '[2000,0]'
	assert_equal "$(received "[.packets, $REJECTED, .lines - .discarded]")" '[2500,0,0]'
	# 4 cities, 3 hosts, and one series without tags.
	print_lines --schema all.schema --count 130 >made
	assert_equal "$(sed 's/ f=.*//; s/ one=.*//' made | sort | uniq -c | awk '{ print $1 }' | sort -u)" 10
	assert_equal "$(sed 's/ f=.*//; s/ one=.*//' made | sort -u | wc -l)" 13
	grep -qE '^all\\,\\ types,city=New\\ York,host=h\\ [123] f=-?[0-9.]+,fw=[0-9.]+,fc=[0-9.]+,i=-?[0-9]+i,iw=-?[0-9]+i,u=[0-9]+u,uc=[0-9]+u,s="[^ ]*.*",b\\ x=(true|false) [0-9]{19}$' made
	grep -qE '^bare one=1i [0-9]{19}$' made
}

@test "types and escapes arrive in a database as the schema has them" {
	write_schema
	start_postgres
	start_receiver 127.0.0.1:0 --workers 1
	fake --schema all.schema --count 260 --rate 10k
	stop_receiver
	assert_equal "$(received '[.lines, .stored]')" '[260,260]'
	assert_equal "$(sql 'SELECT string_agg(DISTINCT city, $$;$$ ORDER BY city), count(DISTINCT host),
		bool_and(f BETWEEN -1.5 AND 2), bool_and(fw BETWEEN 0 AND 1), bool_and(i BETWEEN -9 AND 9),
		max(u), string_agg(DISTINCT s, $$;$$ ORDER BY s), count(DISTINCT "b x") FROM "all, types"')" \
		'Berlin;New York;a=b;c,d|3|t|t|t|18446744073709551615|;back\slash;plain;say "hi"|2'
}

@test "a schema that is wrong: the message names file and line" {
	local number text message
	while IFS='|' read -r number text message; do
		printf '# schema\nmeasurement m\n%b\nfield f integer choice 1\n' "$text" >wrong.schema
		run --separate-stderr "$BIN/fairport-fake" --dry-run --count 1 --schema wrong.schema
		assert_failure 1
		assert_equal "$output" ""
		assert_regex "$stderr" "wrong.schema:$number: $message"
	done <<-'TABLE'
		3|field x float gauss 1 2|unknown generator "gauss" \(expected uniform
		3|field x double uniform 1 2|.*"double"
		3|field x integer uniform 5 1|
		3|tag t values a a|
		3|tag t count 0|
		5|\nfield f integer choice 2|field "f" is a field already
		3|sentence x|.*"sentence"
		3|field x string choice "open|
	TABLE
	echo '# nothing' >wrong.schema
	run --separate-stderr "$BIN/fairport-fake" --dry-run --count 1 --schema wrong.schema
	assert_failure 1
	assert_regex "$stderr" "wrong.schema"
	mkdir directory.schema
	run --separate-stderr "$BIN/fairport-fake" --dry-run --count 1 --schema directory.schema
	assert_failure 1
	assert_regex "$stderr" "directory.schema"
}

# How many different series FILE has, of schemas whose tags have no blanks.
series_in() {
	cut -d ' ' -f 1 "$1" | sort -u | wc -l
}

@test "--series is the number of different series, which take turns" {
	local schema series
	while read -r schema series; do
		echo "$schema $series"
		print_lines --schema "$schema" --series "$series" --count $((series * 3)) >made
		assert_equal "$(series_in made)" "$series"
		assert_equal "$(cut -d ' ' -f 1 made | sort | uniq -c | awk '{ print $1 }' | sort -u)" 3
	done <<-'TABLE'
		host 4
		host 120
		host 1000
		cpu 1
		cpu 37
		cpu 500
		sensor 37
		sensor 5000
	TABLE
	print_lines --schema sensor --count 1000 >made
	assert_equal "$(series_in made)" 100
	# Threads share them.
	print_lines --schema sensor --series 30 --count 600 --threads 3 >made
	assert_equal "$(series_in made)" 30
	printf 'measurement m\ntag t values a b c\nfield f integer choice 1\n' >small.schema
	run --separate-stderr "$BIN/fairport-fake" --dry-run --count 1 --schema small.schema --series 4
	assert_failure 1
	assert_regex "$stderr" "--series 4 is more than the 3 that the tags of schema small.schema make"
}

@test "--invalid: the receiver rejects exactly these lines, and no other" {
	local options packets=0 all=0 invalid=0
	start_receiver 127.0.0.1:0 --workers 2 --sink null
	while read -r options; do
		# shellcheck disable=SC2086 # words are meant
		fake --count 1000 --rate 5k $options --json fake.ndjson
		(($(summary .invalid_lines) > 0)) # with these seeds
		((packets += 1000, all += $(summary .lines), invalid += $(summary .invalid_lines)))
	done <<-'TABLE'
		--invalid 10% --seed 1
		--invalid 0.01 --seed 2 --lines 5
		--invalid 50% --seed 3 --schema web --packet-size 1200
		--invalid 10% --seed 4 --schema sensor --lines 20 --threads 2
		--invalid 10% --seed 5 --sequence --timestamps none --lines 3
		--invalid 100% --seed 6 --lines 2
	TABLE
	stop_receiver
	assert_equal "$(received "[.packets, .lines, $REJECTED]")" "[$packets,$all,$invalid]"
	assert_equal "$(received '.lines - .discarded')" "$invalid"
	assert_equal "$(summary '.invalid_lines == .lines')" true
}

# The share of 20,000 lines: 2,000, with a standard deviation of 42.4; six of them are 255.
@test "--invalid is that share of the lines" {
	print_lines --invalid 10% --count 20k --json fake.ndjson >made
	(($(summary .invalid_lines) > 2000 - 255 && $(summary .invalid_lines) < 2000 + 255))
	print_lines --count 1k --json fake.ndjson >made
	assert_equal "$(summary .invalid_lines)" 0
}

@test "--sequence: each number of each sender arrives once, and none is left out" {
	start_peer udp-payload 127.0.0.1 payload
	fake --sequence --sender 77 --count 1000 --lines 3 --rate 5k --threads 2
	stop_peer
	sed -E 's/.*sender=([0-9]+)i,sequence=([0-9]+)i [0-9]+$/\1 \2/' payload | sort -k 1,1n -k 2,2n >numbers
	{ seq -f '77 %g' 0 1499 && seq -f '78 %g' 0 1499; } | cmp - numbers
	# Without --sender the seed says who it is.
	print_lines --sequence --count 1 --seed 5 | grep -q 'sender=5i,sequence=0i '
	print_lines --sequence --count 3 | sed -E 's/.*sender=([0-9]+)i.*/\1/' | sort -u >first
	print_lines --sequence --count 3 | sed -E 's/.*sender=([0-9]+)i.*/\1/' | sort -u >second
	assert_equal "$(cat first second | wc -l)" 2
	# The same one has a chance of 2^-31.
	run ! cmp first second
}

@test "--timestamps and --precision" {
	local before after
	assert_equal "$(print_lines --count 3 --lines 2 --timestamps step:10ms | sed 's/.* //' | tr '\n' ' ')" \
		"1735689600000000000 1735689600010000000 1735689600020000000 1735689600030000000 1735689600040000000 1735689600050000000 "
	assert_equal "$(print_lines --count 2 --timestamps step:1s --precision s | sed 's/.* //' | tr '\n' ' ')" \
		"1735689600 1735689601 "
	assert_equal "$(print_lines --count 2 --timestamps step:1s --precision ms | sed 's/.* //' | tr '\n' ' ')" \
		"1735689600000 1735689601000 "
	assert_equal "$(print_lines --count 2 --timestamps step:1us --precision us | sed 's/.* //' | tr '\n' ' ')" \
		"1735689600000000 1735689600000001 "
	# Lines have two blanks with a time stamp, one without.
	assert_equal "$(print_lines --count 20 --timestamps none | awk '{ print NF }' | sort -u)" 2
	assert_equal "$(print_lines --count 20 --timestamps now | awk '{ print NF }' | sort -u)" 3
	before=$(date +%s%N)
	print_lines --count 1000 --lines 3 >made
	after=$(date +%s%N)
	assert_equal "$(sed 's/.* //' made | sort -n | head -n 1 | cat - <(echo "$before") | sort -n | head -n 1)" "$before"
	assert_equal "$(sed 's/.* //' made | sort -n | tail -n 1 | cat - <(echo "$after") | sort -n | tail -n 1)" "$after"
	# No line of a batch has the time of another, so that no point hides another one.
	assert_equal "$(print_lines --count 1000 --timestamps step:1ms --threads 2 | sed 's/.* //' | sort -u | wc -l)" 1000
}

@test "--packet-size: every packet is exactly as long, with as many lines as fit, or as asked for" {
	local size count
	while read -r size count; do
		start_peer udp-payload 127.0.0.1 payload
		fake --packet-size "$size" --count "$count" --rate 1k --json fake.ndjson
		stop_peer
		assert_equal "$(sort payload.lengths | uniq -c | awk '{ print $1 "x" $2 }')" "${count}x$size"
		assert_equal "$(grep -c . payload)" "$(summary .lines)"
		assert_equal "$(summary '[.bytes, .short_packets]')" "[$((count * size)),0]"
	done <<-'TABLE'
		256 100
		1000 100
		1472 100
		65507 5
	TABLE
	# No line has 300 bytes.
	(($(summary .lines) > 5 * 65507 / 300))
	start_peer udp-payload 127.0.0.1 payload
	fake --packet-size 1000 --lines 2 --count 100 --rate 5k
	stop_peer
	assert_equal "$(sort payload.lengths | uniq -c | awk '{ print $1 "x" $2 }')" 100x1000
	assert_equal "$(grep -c . payload)" 200
	refuses_each fairport-fake <<-'TABLE'
		127.0.0.1:9 --packet-size 40|--packet-size 40 is too small: 1 line of schema host can have [0-9]+ bytes
		127.0.0.1:9 --packet-size 1000 --lines 50|--packet-size 1000 is too small: 50 lines of schema host can have [0-9,]+ bytes
	TABLE
}

@test "the seed: the same lines, byte by byte, whatever sends them" {
	print_lines --seed 7 --count 500 --timestamps step:1ms >first
	print_lines --seed 7 --count 500 --timestamps step:1ms >second
	cmp first second
	print_lines --seed 8 --count 500 --timestamps step:1ms >second
	run ! cmp -s first second
	# How many lines are in a packet, or how many packets leave, changes none.
	print_lines --seed 7 --count 100 --lines 5 --timestamps step:1ms | cmp - first
	print_lines --seed 7 --count 50 --timestamps step:1ms | cmp - <(head -n 50 first)
	# Without time stamps the clock has no say.
	print_lines --seed 7 --count 500 | sed 's/ [0-9]*$//' | cmp - <(sed 's/ [0-9]*$//' first)
	# Threads have the same lines, in an order of their own.
	print_lines --seed 7 --count 500 --timestamps step:1ms --threads 2 | sort >second
	print_lines --seed 7 --count 500 --timestamps step:1ms --threads 2 | sort | cmp - second
	# The seed that was chosen is told, and does it again.
	print_lines --count 100 --timestamps step:1ms --json fake.ndjson >first
	print_lines --count 100 --timestamps step:1ms --seed "$(ndjson fake.ndjson header .seed)" | cmp - first
}

write_recording() {
	printf '# recorded\n\nm f=1 1\r\n  \nm f=2 2\n#m f=3 3\nm,t=a\\ b s="two\nlines" 4\nthis is no line\nm f=5 5' >recording
	printf 'm f=1 1\nm f=2 2\nm,t=a\\ b s="two\nlines" 4\nthis is no line\nm f=5 5\n' >expected
}

@test "--replay sends the lines of a file, without comments and blank lines" {
	write_recording
	start_peer udp-payload 127.0.0.1 payload
	fake --replay recording --rate 1k --json fake.ndjson
	stop_peer
	cmp payload expected
	assert_equal "$(wc -l <payload.lengths)" 5
	assert_equal "$(summary '[.packets, .lines, .invalid_lines, .reason]')" '[5,5,1,"end of input"]'
	assert_equal "$(print_lines --replay recording --lines 3 --json fake.ndjson)" "$(cat expected)"
	assert_equal "$(summary '[.packets, .lines]')" '[2,5]'
	print_lines --replay recording --count 2 | cmp - <(head -n 2 expected)
	# Threads share the lines.
	print_lines --replay recording --threads 2 | sort | cmp - <(sort expected)
}

@test "--replay - reads standard input, also while somebody writes it" {
	write_recording
	print_lines --replay - <recording | cmp - expected
	# shellcheck disable=SC2002 # a pipe is meant
	cat recording | print_lines --replay - | cmp - expected
}

@test "--replay - sends what somebody writes as soon as it is there" {
	local engine
	mkfifo input
	for engine in sendto auto; do
		start_peer udp-payload 127.0.0.1 payload
		"$BIN/fairport-fake" "127.0.0.1:$PORT" --replay - --engine "$engine" --interval 10ms \
			--json fake.ndjson <input >fake.out 3>&- &
		# shellcheck disable=SC2034 # for stop_fake
		FAKE=$!
		exec 8>input
		echo 'm f=1 1' >&8
		eventually 10 sent 1
		printf 'm f=2 2\nm f=3 3\n' >&8
		eventually 10 sent 3
		stop_fake
		exec 8>&-
		stop_peer
		assert_equal "$(summary '[.packets, .reason]')" '[3,"interrupted"]'
		assert_equal "$(wc -l <payload)" 3
	done
}

# Whether the intervals so far hold $1 packets.
sent() {
	[ "$(jq -s 'map(select(.type == "interval") | .packets) | add' fake.ndjson)" = "$1" ]
}

@test "--loop replays again and again" {
	write_recording
	print_lines --replay recording --loop --count 12 --json fake.ndjson >made
	assert_equal "$(summary '[.packets, .invalid_lines, .reason]')" '[12,2,"count"]'
	cat expected expected expected | head -n "$(wc -l <made)" | cmp - made
	# Passes go on within a packet.
	print_lines --replay recording --loop --count 4 --lines 3 | cmp - made
}

@test "what cannot be replayed is refused, or named by its line" {
	: >empty
	printf '# only this\n\n' >comments
	printf 'm f=1 1\nm f=2 2\nm s="%0200d" 3\n' 0 >long
	mkdir directory
	refuses_each fairport-fake <<-'TABLE'
		127.0.0.1:9 --replay empty|empty holds no line to send
		127.0.0.1:9 --replay comments|comments holds no line to send
		127.0.0.1:9 --replay comments --loop|comments holds no line to send
		127.0.0.1:9 --replay missing|could not (open|read) missing: No such file or directory
		127.0.0.1:9 --replay directory|could not (open|read) directory: Is a directory
	TABLE
	run --separate-stderr bash -c 'echo "m f=1 1" | "$0" 127.0.0.1:9 --replay - --loop' "$BIN/fairport-fake"
	assert_failure 1
	assert_regex "$stderr" "standard input cannot be read (again from its start|from its start again)"
	assert_regex "$stderr" "hint: --loop and --threads need a file"
	run --separate-stderr print_lines --replay long --packet-size 100 --json fake.ndjson
	assert_failure 2
	assert_regex "$stderr" "long:3: the line does not fit into a packet of 100 bytes"
	assert_equal "$(summary .lines)" 2
}

@test "--dry-run prints and sends nothing; a reader that leaves ends it" {
	local status
	run --separate-stderr print_lines --count 3
	assert_success
	assert_equal "$stderr" ""
	assert_equal "${#lines[@]}" 3
	run --separate-stderr bash -c '"$0" --dry-run | head -n 1; exit "${PIPESTATUS[0]}"' "$BIN/fairport-fake"
	((status <= 2))
	assert_equal "${#lines[@]}" 1
	# With a target nothing goes there, and records stay apart from the lines.
	start_peer udp-flows
	fake --dry-run --count 5 --json fake.ndjson >made
	stop_peer
	assert_equal "$(wc -l <made)" 5
	assert_equal "$(peer_account)" ""
	assert_equal "$(summary '[.packets, .lines, .bytes]')" "[5,5,$(wc -c <made)]"
}

@test "a float has decimals, and a recording without lines is an error" {
	printf 'measurement m\nfield f float uniform 0 1\n' >float.schema
	"$BIN/fairport-fake" --dry-run --schema float.schema --count 100 >lines
	grep -q 'f=0\.[0-9][0-9] ' lines
	run --separate-stderr "$BIN/fairport-fake" 127.0.0.1:9 --replay - </dev/null
	assert_failure
	assert_regex "$stderr" "standard input holds no line to send"
}

# What the files about fairport-receive share, beside common.bash: a folder for each test, and the end
# of what it left.
# shellcheck shell=bash

setup() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
}

# OTHER: the pid of a process of the test's own.
teardown_receive() {
	stop_leftovers
	[ -z "${OTHER:-}" ] || { kill -KILL "$OTHER" && wait "$OTHER"; } || true
}

teardown() {
	teardown_receive
}

# Starts it with a control socket, receive.ctl, and intervals to add up, into PostgreSQL.
start_store() {
	start_receiver 127.0.0.1:0 --control receive.ctl --interval 50ms "$@"
}

# Short lines for one table, with numbers from 0 on.
numbered() {
	fake --schema sensor --sequence --sender 1 --lines 10 "$@" --json fake.ndjson >fake.out
}

# The same in the background, as start_fake.
start_numbered() {
	start_fake --schema sensor --sequence --sender 1 --interval 50ms "$@"
}

# What was sent, in all.
sent_lines() {
	ndjson fake.ndjson summary .lines
}

# count_is COUNTER FILTER: whether the jq FILTER is true of what all workers together, also of those
# that have ended, have counted so far.
count_is() {
	counts_so "[.slots[].$1] | add | $2"
}

count_of() {
	stats "[.slots[].$1] | add"
}

# Whether so many lines have come, or more.
has_come() {
	count_is lines ". >= $1"
}

# Whether so many have been stored, or more.
has_stored() {
	count_is stored ". >= $1"
}

# Whether all lines that have come so far have found their fate, on the server or here.
all_settled() {
	counts_so '.slots | map(.lines - .stored - .rejected_type_conflict - .store_errors - .dropped) | add == 0'
}

# The receiver has ended. Every line has one fate, and what counts as stored is in the database.
assert_ledger() {
	assert_books
	assert_equal "$(received .pending)" 0
	assert_equal "$(rows)" "$(received .stored)"
}

# Table $1 (default: sensor) holds the numbers from 0 on, $2 of them (default: as many as were sent).
assert_numbers() {
	local count=${2:-$(sent_lines)}
	assert_equal "$(sql "SELECT count(*), count(DISTINCT sequence), min(sequence), max(sequence)
		FROM ${1:-sensor}")" "$count|$count|0|$((count - 1))"
}

# What was sent has been received, and stored, each line once.
assert_all_stored() {
	assert_ledger
	assert_equal "$(received '[.lines, .stored, .drops, .in_queue]')" "[$(sent_lines),$(sent_lines),0,0]"
	assert_numbers "$@"
}

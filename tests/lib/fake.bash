# What the files about fairport-fake share, beside common.bash: a peer to send to, a folder for each
# test, and what the records say.
# shellcheck shell=bash

setup_file() {
	build_peer
}

setup_fake() {
	require_command jq
	cd "$BATS_TEST_TMPDIR" || return 1
}

setup() {
	setup_fake
}

teardown() {
	stop_leftovers
}

# The jq FILTER $1 over the summary.
summary() {
	ndjson fake.ndjson summary "$1"
}

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

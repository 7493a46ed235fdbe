#!/usr/bin/env bats
# alone: looks at what is left in the kernel, and traffic has to keep its pace
# fairport-probe: its command line, and what needs no privilege whoever asks.
#
# Text for jq stands in single quotes; run --separate-stderr sets $stderr; lib/common uses
# receiver_under.
# shellcheck disable=SC2016,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common

setup() {
	require_command jq
	[ -x "$BIN/fairport-probe" ] || skip_because "needs fairport-probe, which was not built"
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	stop_leftovers
}

@test "bad options are refused: status 1, one message, nothing on standard output" {
	while IFS='|' read -r arguments message; do
		read -ra words <<<"$arguments"
		run -1 --separate-stderr "$BIN/fairport-probe" "${words[@]}"
		assert_equal "$output" ""
		assert_equal "${stderr_lines[0]}" "fairport-probe: error: $message"
		assert_equal "${stderr_lines[1]}" "Try 'fairport-probe --help'"
	done <<-'END'
		--quiet|what to count is missing (expected --port PORT, e.g. --port 8089, or --pid, --comm or --cgroup)
		--port|option --port needs a value
		--port 0|invalid value "0" for --port (expected ports from 1 to 65535, e.g. 8089, 53,8089 or 9000-9003)
		--port 65536|invalid value "65536" for --port (expected ports from 1 to 65535, e.g. 8089, 53,8089 or 9000-9003)
		--port -1|invalid value "-1" for --port (expected ports from 1 to 65535, e.g. 8089, 53,8089 or 9000-9003)
		--port 8089x|invalid value "8089x" for --port (expected ports from 1 to 65535, e.g. 8089, 53,8089 or 9000-9003)
		--port 9003-9000|invalid value "9003-9000" for --port (expected ports from 1 to 65535, e.g. 8089, 53,8089 or 9000-9003)
		--port 53,|invalid value "53," for --port (expected ports from 1 to 65535, e.g. 8089, 53,8089 or 9000-9003)
		--port 8089 9000|unexpected argument "9000"
		--pid x|invalid value "x" for --pid (expected process ids, 64 at most, e.g. 4711 or 4711,4712)
		--pid 0|invalid value "0" for --pid (expected process ids, 64 at most, e.g. 4711 or 4711,4712)
		--port 8089 --with much|invalid value "much" for --with (expected arrivals, flows, waits or all, or some of them with commas)
		--port 8089 --with arrivals,|invalid value "arrivals," for --with (expected arrivals, flows, waits or all, or some of them with commas)
		--port 8089 --by name|invalid value "name" for --by (expected one of worker, socket, thread, cpu, flow)
		--port 8089 --tier none --by flow|--with and --by need BPF (expected no --tier none)
		--port 8089 --tier none --with waits|--with and --by need BPF (expected no --tier none)
		--port 8089 --interval 0|invalid value "0" for --interval (expected at least 10.0 ms)
		--port 8089 --duration 1q|invalid value "1q" for --duration (expected e.g. 10, 1.5s, 250ms)
		--port 8089 --ready-fd x|invalid value "x" for --ready-fd (expected the number of an open file descriptor)
		--port 8089 --json|option --json needs a value
		--no-such|unknown or ambiguous option "--no-such"
	END
}

@test "what is there at the start is checked there: namespaces, control groups" {
	while IFS='|' read -r arguments message; do
		read -ra words <<<"$arguments"
		run -1 --separate-stderr "$BIN/fairport-probe" "${words[@]}" --duration 50ms
		assert_equal "$output" ""
		assert_regex "$stderr" "$message"
	done <<-'END'
		--port 8089 --wait --netns no-such|error: .*no-such
		--port 8089 --wait --netns 999999999|error: .*999999999
		--port 8089 --wait --cgroup /tmp|error: "/tmp" is no control group of version 2
		--port 8089 --wait --cgroup /no/such|error: could not look at control group "/no/such": No such file
		--port 8089 --wait --tier none --cgroup /no/such|error: could not look at control group "/no/such": No such file
	END
}

@test "tier none needs nobody's permission: queues, drops and owners of one's own" {
	chmod 777 .
	receiver_under=("${as_nobody[@]}")
	start_receiver 127.0.0.1:0 --sink null --workers 2 --control receive.ctl
	stats '.workers[].cookie' | sort >cookies
	# shellcheck disable=SC2046 # pids are meant
	kill -STOP $(stats '.workers[].pid')
	fake --count 50 --source pool:20 >/dev/null
	"${as_nobody[@]}" "$BIN/fairport-probe" --port "$PORT" --tier none --duration 50ms --json probe.ndjson \
		>probe.out 2>probe.err
	assert_equal "$(ndjson probe.ndjson header .tier)" '"none"'
	assert_equal "$(ndjson probe.ndjson socket .cookie | sort)" "$(cat cookies)"
	assert_equal "$(ndjson probe.ndjson socket '[.dropped, .queue_bytes > 0, .packets]' | sort -u)" "[0,true,null]"
	assert_equal "$(ndjson probe.ndjson socket '.owners | map(.comm)[0]' | sort -u)" '"fairport-receive"'
	assert_equal "$(ndjson probe.ndjson socket '.owners[1].pid' | sort)" "$(stats_pids)"
	run -1 grep -E '^.{81}' probe.out
}

# The workers' pids, as the records of the receiver name them.
stats_pids() {
	continue_children "$RECEIVER"
	stats '.workers[].pid' | sort
}

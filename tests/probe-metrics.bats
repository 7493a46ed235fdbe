#!/usr/bin/env bats
# alone: looks at what is left in the kernel, and traffic has to keep its pace
# fairport-probe --openmetrics: what is served agrees with the records, and is what Prometheus reads.
#
# Text for jq stands in single quotes; lib/common uses receiver_under.
# shellcheck disable=SC2016,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/probe
load lib/openmetrics

setup() {
	require_scraping
	setup_probe
}

# Starts a probe on the receiver's port that serves metrics, and sets METRICS (their port).
start_metered() {
	start_probe --port "$PORT" --openmetrics 0 --interval 20ms "$@"
	METRICS=$(record header .openmetrics_port)
	grep -qx "fairport-probe: metrics at http://127.0.0.1:$METRICS/metrics" probe.err
}

# "[LABEL,LABEL,VALUE]" lines of the samples $1 in the exposition $2, of the labels after that.
samples() {
	jq -c --arg name "$1" '$ARGS.positional as $labels | .[] | select(.name == $name) |
		[.labels[$labels[]], .value]' "$2" --args "${@:3}" | sort
}

# What the jq filter $2 makes of the records of type $1, with all labels as texts.
recorded() {
	record "$1" "$2" | sort
}

@test "UDP: every counter is what the records say in the end" {
	start_receiver 127.0.0.1:0 --sink null --workers 3 --rcvbuf 64KiB
	start_metered --with all
	fake --count 20k --source pool:40 >/dev/null
	eventually 10 now_is '.balance.arrivals == 20000 and .balance.queue_packets == 0'
	scrape >last.json
	stop_probe_with 0
	stop_receiver
	assert_equal "$(samples fairport_probe_packets_total last.json pid cookie comm)" \
		"$(recorded worker '["\(.pid)", "\(.cookie)", .comm, .packets]')"
	for counter in bytes eagain idle_wakeups errors; do
		assert_equal "$(samples "fairport_probe_${counter}_total" last.json pid cookie)" \
			"$(recorded worker "[\"\(.pid)\", \"\(.cookie)\", .$counter]")"
	done
	for counter in arrivals flows; do
		assert_equal "$(samples "fairport_probe_${counter}_total" last.json cookie protocol port)" \
			"$(recorded socket "[\"\(.cookie)\", .protocol, \"\(.port)\", .$counter]")"
	done
	assert_equal "$(samples fairport_probe_calls_total last.json call)" \
		"$(record summary '.by_call | to_entries[] | [.key, .value.calls]' | sort)"
	assert_equal "$(jq -c 'map(select(.name == "fairport_probe_drops_total")) | group_by(.labels.cookie)[] |
		[.[0].labels.cookie, (map(.value) | add)]' last.json | sort)" "$(recorded socket '["\(.cookie)", .dropped]')"
	assert_equal "$(samples fairport_probe_drops_total last.json reason | jq -c 'select(.[1] > 0) | .[0]' | sort -u)" \
		"$(record socket '.reasons[].reason' | sort -u)"
	assert_equal "$(samples fairport_probe_queue_packets last.json cookie)" "$(recorded socket '["\(.cookie)", 0]')"
	assert_equal "$(samples fairport_probe_rcvbuf_bytes last.json cookie)" "$(recorded socket '["\(.cookie)", .rcvbuf]')"
	assert_equal "$(sum_of fairport_probe_lost_total last.json '{"why":"no_room"}')" 0
}

@test "TCP: handshakes, accepts and the queue of those who wait" {
	start_receiver 127.0.0.1:0 --sink null --workers 2 --protocol tcp
	start_metered
	fake --protocol tcp --source pool:9 --count 90 >/dev/null
	eventually 10 has_told .accepts 9
	scrape >last.json
	stop_probe_with 0
	for counter in handshakes accepts; do
		assert_equal "$(sum_of "fairport_probe_${counter}_total" last.json)" 9
		assert_equal "$(samples "fairport_probe_${counter}_total" last.json cookie protocol)" \
			"$(record socket '["\(.cookie)", .protocol, .handshakes]' | sort)"
	done
	assert_equal "$(samples fairport_probe_queue_packets last.json cookie)" "$(recorded socket '["\(.cookie)", 0]')"
	assert_equal "$(samples fairport_probe_calls_total last.json call | jq -c 'select(.[0] == "accept") | .[1]')" \
		"$(record summary .by_call.accept.calls)"
	stop_receiver
}

@test "imbalance of the sockets of a port, since the start and in the last interval" {
	start_receiver 127.0.0.1:0 --sink null --workers 4
	start_metered
	window_is fairport_probe_imbalance start '"nan"'
	window_is fairport_probe_imbalance interval '"nan"'
	start_fake --source fixed --rate 2k
	eventually 10 window_is fairport_probe_imbalance interval 4
	window_is fairport_probe_imbalance start 4
	stop_fake
	eventually 10 window_is fairport_probe_imbalance interval '"nan"'
	window_is fairport_probe_imbalance start 4
	stop_probe_with 0
	stop_receiver
}

@test "no counter goes back, also when sockets are closed" {
	start_receiver 127.0.0.1:0 --sink null --workers 3 --rcvbuf 16KiB --control receive.ctl
	start_metered --with all
	start_fake --source pool:64
	eventually 10 now_is '.balance.taken > 1000'
	scrape >before.json
	for step in 1 2 3 4 5 6; do
		[ "$step" != 3 ] || control restart >/dev/null
		scrape >now.json
		assert_not_back before.json now.json
		mv now.json before.json
	done
	stop_fake || true
	stop_receiver
	eventually 10 now_is '.sockets == []'
	scrape >now.json
	assert_not_back before.json now.json
	# Closed ones have no queue any more.
	assert_equal "$(samples fairport_probe_queue_packets now.json cookie)" ""
	stop_probe || [ $? = 2 ]
}

@test "what is served: two formats with the same numbers, and nothing promtool objects to" {
	require_command promtool
	start_receiver 127.0.0.1:0 --sink null --workers 2
	for tier in bpf none; do
		start_metered --tier "$tier"
		fake --count 100 --rate 20k >/dev/null
		get -o plain.txt "$(url /metrics)"
		run promtool check metrics <plain.txt
		assert_success
		assert_output ""
		scrape >open.json
		python --prometheus plain.txt >plain.json
		diff <(jq -c '.[] | [.name, .labels]' open.json) <(jq -c '.[] | [.name, .labels]' plain.json)
		assert_equal "$(jq 'map(select(.help == "")) | length' open.json)" 0
		assert_equal "$(jq '(map([.name, .labels]) | unique | length) == length' open.json)" true
		assert_equal "$(jq -r 'map(select(.name == "fairport_build_info").labels) | first |
			"\(.program) \(.version)"' open.json)" "$("$BIN/fairport-probe" --version)"
		stop_probe_with 0
	done
	# Without BPF there is only what that tier knows.
	assert_equal "$(jq -r '.[].name' open.json | grep ^fairport_probe | sort -u | tr '\n' ' ')" \
		"fairport_probe_drops_total fairport_probe_queue_bytes fairport_probe_rcvbuf_bytes "
	stop_receiver
}

# Prints "NAME LABELS" of everything that the probe shows.
probe_metrics() {
	start_receiver 127.0.0.1:0 --sink null --workers 1 >&2
	local first=$RECEIVER
	HOLDERS+=("$first" "$(<"/proc/$first/task/$first/children")")
	start_receiver "127.0.0.1:$PORT" --sink null --workers 1 --protocol tcp >&2
	start_metered --with all
	fake --count 1 >/dev/null
	fake --protocol tcp --count 1 >/dev/null
	eventually 10 has_told .accepts 1
	eventually 10 has_told .packets 1
	scrape
	stop_probe
	stop_receiver
}

@test "docs/openmetrics.md and the dashboard know what the probe shows, and nothing else" {
	probe_metrics >shown.json
	jq -r 'map("\(.name) \(.labels | keys_unsorted | join(","))") | unique | .[]' shown.json |
		grep ^fairport_probe_ | LC_ALL=C sort -u >shown
	assert [ "$(wc -l <shown)" -ge 15 ]
	diff -u shown <(documented | grep ^fairport_probe_)
	asked_by_dashboard | grep ^fairport_probe_ >asked
	assert [ "$(wc -l <asked)" -ge 10 ]
	assert_equal "$(comm -23 asked <(cut -d ' ' -f 1 shown | sort -u))" ""
}

@test "clients that say nothing keep the probe from nothing" {
	start_receiver 127.0.0.1:0 --sink null --workers 2 --steer round-robin
	start_metered
	mkfifo stay
	"${inside[@]}" "$PYTHON" "$TOP/tests/lib/openmetrics.py" --silent "$METRICS" 40 <stay >silent 3>&- &
	HOLDERS+=($!)
	exec 5>stay
	eventually 10 test -s silent
	fake --count 1000 --rate 20k >/dev/null
	eventually 10 has_told .packets 1000
	scrape >now.json
	assert_equal "$(sum_of fairport_probe_packets_total now.json)" 1000
	exec 5>&-
	stop_probe_with 0
	stop_receiver
}

@test "a port that is taken, an address that is none: status 1, and nothing is left" {
	start_receiver 127.0.0.1:0 --sink null --workers 1
	start_metered
	run -1 --separate-stderr "${inside[@]}" "$BIN/fairport-probe" --port "$PORT" --openmetrics "$METRICS"
	assert_equal "$output" ""
	assert_regex "$stderr" "error: could not serve metrics on 127.0.0.1:$METRICS: Address already in use"
	run -1 --separate-stderr "$BIN/fairport-probe" --port "$PORT" --openmetrics x
	assert_regex "$stderr" 'invalid value "x" for --openmetrics'
	stop_probe_with 0
	start_probe --port "$PORT"
	assert_equal "$(record header .openmetrics_port)" null
	stop_probe_with 0
	stop_receiver
}

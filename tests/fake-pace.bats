#!/usr/bin/env bats
# alone: traffic has to keep its pace
# fairport-fake: when packets leave. Nothing here has an upper bound on time: a packet may be late on
# a busy host, but none is early, and late ones are made up for.
# run --separate-stderr sets $stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/fake

setup() {
	setup_fake
	start_peer udp-flows
}

# Ends the peer, which received $1 packets.
assert_arrived() {
	stop_peer
	assert_equal "$(peer_account | awk '{ n += $3 } END { print n + 0 }')" "$1"
}

@test "a rate is held: packet N leaves at N / rate, not before" {
	fake --rate 5k --count 2501 --json fake.ndjson
	assert_equal "$(summary '[.packets, .elapsed_ns >= 500000000, .late_ns.count]')" '[2501,true,2501]'
	assert_equal "$(summary '(.requested_pps - 5000 | fabs) < 0.01 or .limited or .elapsed_ns > 500200000')" true
	assert_arrived 2501
}

# The packets of the last moments can fall to a host that does something else then.
@test "a rate for a duration: no more packets than it says" {
	fake --rate 5k --duration 500ms --json fake.ndjson
	assert_equal "$(summary '.packets <= 2502 and .packets > 1250')" true
	assert_equal "$(summary '.limited == (.packets < 0.99 * .requested_pps * .elapsed_ns / 1e9)')" true
	assert_arrived "$(summary .packets)"
}

@test "threads share the rate" {
	fake --rate 5k --count 1501 --threads 3 --json fake.ndjson
	assert_equal "$(summary '[.packets, .elapsed_ns >= 300000000, .late_ns.count]')" '[1501,true,1501]'
	assert_arrived 1501
}

# By half of the time 1,000 packets of 3,000 are due. The interval that ends then may be late.
@test "a ramp: as many packets as the mean rate gives, most of them in the second half" {
	fake --rate 1k..5k --count 3000 --interval 100ms --json fake.ndjson
	assert_equal "$(summary '[.packets, .elapsed_ns >= 999000000]')" '[3000,true]'
	assert_equal "$(jq -s 'map(select(.type == "interval" and .elapsed_ns < 500000000) | .packets) |
		add < 1000' fake.ndjson)" true
	fake --rate 1k..5k --duration 300ms --json fake.ndjson
	assert_equal "$(summary '.packets <= 902')" true
	# Downwards: 100 packets at a mean of 1,000 a second.
	fake --rate 1900..100 --count 100 --json fake.ndjson
	assert_equal "$(summary '[.packets, .elapsed_ns >= 95000000]')" '[100,true]'
}

@test "bursts: so many at a time, from one source, at the rate" {
	fake --rate 1k --arrivals burst:10 --count 200 --json fake.ndjson
	# The last burst of 20 is due after 190 ms.
	assert_equal "$(summary '[.packets, .elapsed_ns >= 190000000, .late_ns.count]')" '[200,true,200]'
	fake --rate 5k --arrivals burst:10 --count 205 --threads 2 --source pool:4 --json fake.ndjson
	assert_equal "$(summary '[.packets, .flows]')" '[205,4]'
	assert_arrived 405
}

# Seed 52 has 12 arrivals up to 370 ms and none from there to 500 ms; seed 357 has 23.
@test "random arrivals: the seed repeats them" {
	local seed counts=
	for seed in 52 52 357; do
		fake --rate 40 --duration 500ms --arrivals poisson --seed "$seed" --json fake.ndjson
		counts+="$(summary .packets) "
	done
	read -r -a counts <<<"$counts"
	assert_equal "${counts[0]}" "${counts[1]}"
	[ "${counts[0]}" != "${counts[2]}" ]
	assert_arrived $((counts[0] + counts[1] + counts[2]))
}

# The time of arrival 1,000 is a sum of exponential ones: 200 ms, with a standard deviation of 6.3 ms.
# Below 165 ms it is with a chance of 1e-9; and it is not early.
@test "random arrivals: on average the rate" {
	fake --rate 5k --count 1000 --arrivals poisson --json fake.ndjson
	assert_equal "$(summary '[.packets, .elapsed_ns > 165000000, .limited]')" '[1000,true,false]'
	fake --rate 5k --count 1000 --arrivals poisson --threads 2 --json fake.ndjson
	assert_equal "$(summary '[.packets, .elapsed_ns > 165000000]')" '[1000,true]'
	assert_arrived 2000
}

@test "a rate that is out of reach is told, and what was asked for" {
	run --separate-stderr fake --rate 100M --duration 200ms --json fake.ndjson
	assert_success
	assert_regex "$stderr" "warning: the sender was the limit: it reached [0-9,.]+ of 100,?000,?000 packets/s"
	assert_equal "$(summary '[.limited, .reason]')" '[true,"duration"]'
	assert_equal "$(summary '(.requested_pps / 1e8 - 1 | fabs) < 1e-6')" true
}

@test "without a rate nothing is asked for, and nothing late" {
	run --separate-stderr fake --count 100 --json fake.ndjson
	assert_success
	assert_equal "$stderr" ""
	assert_equal "$(summary '[.requested_pps, .limited, .late_ns.count]')" '[null,false,0]'
}

@test "--start-at: nothing leaves before, and --duration begins then" {
	local start
	start=$(($(date +%s%N) + 1500000000))
	run --separate-stderr fake --start-at "@${start:0:-9}.${start: -9}" --rate 1k --duration 100ms \
		--interval 10ms --json fake.ndjson
	assert_success
	assert_regex "$stderr" "ready; sending starts at @${start:0:-9}.${start: -9}"
	(($(ndjson fake.ndjson header .t_ns) < start))
	# The first interval begins with the sending; its record is written after its end.
	assert_equal "$(jq -s --argjson start "$start" 'map(select(.type == "interval"))[0] |
		.t_ns - .interval_ns >= $start - 1000' fake.ndjson)" true
	assert_equal "$(summary '[.elapsed_ns < 1000000000, .packets > 0]')" '[true,true]'
	assert_arrived "$(summary .packets)"
}

@test "^C while it waits for --start-at: status 0, nothing sent" {
	start_fake --start-at 2200-01-01T00:00:00+01:00 --count 5 --source pool:3
	eventually 10 grep -q "ready; sending starts at 2200-01-01T00:00:00+01:00" fake.err
	stop_fake
	assert_equal "$(summary '[.packets, .reason]')" '[0,"interrupted"]'
	assert_arrived 0
}

@test "a time that is none, or has passed, is refused" {
	refuses_each fairport-fake <<-'TABLE'
		127.0.0.1:9 --start-at tomorrow|invalid value "tomorrow" for --start-at \(expected e.g. 2026-01-31T12:00:00Z
		127.0.0.1:9 --start-at 2026-02-29T12:00:00Z|invalid value
		127.0.0.1:9 --start-at 2026-01-31T12:00:00|invalid value
		127.0.0.1:9 --start-at 2026-01-31T25:00:00Z|invalid value
		127.0.0.1:9 --start-at 2026-01-31|invalid value
		127.0.0.1:9 --start-at 2020-01-31T12:00:00Z|--start-at 2020-01-31T12:00:00Z has passed
		127.0.0.1:9 --start-at @1|--start-at @1 has passed
		127.0.0.1:9 --start-at @|invalid value
		127.0.0.1:9 --start-at @1x|invalid value
		127.0.0.1:9 --start-at @1h|invalid value
		127.0.0.1:9 --start-at @99999999999|invalid value "@99999999999"
	TABLE
}

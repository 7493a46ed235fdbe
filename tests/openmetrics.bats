#!/usr/bin/env bats
# --openmetrics: what is served agrees with the records, is what Prometheus reads, never goes back,
# and whoever asks for it keeps the receiver from nothing.
# Text for jq, awk and the shell stands in single quotes; run --separate-stderr sets $stderr;
# lib/common uses receiver_under.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/openmetrics

setup() {
	require_scraping
	cd "$BATS_TEST_TMPDIR" || return 1
}

# OTHER: the pid of a process of the test's own.
teardown() {
	stop_leftovers
	[ -z "${OTHER:-}" ] || { kill -KILL "$OTHER" && wait "$OTHER"; } || true
}

# Starts the pool with metrics, and sets METRICS (their port).
start_metered() {
	start_pool --openmetrics 0 "$@"
	METRICS=$(ndjson receive.ndjson header .openmetrics_port)
}

# "KEY COUNTER [LABELS]": what the summary calls KEY is the sum of these samples. (A worker that leaves
# looks once more whether there is something: calls, and those that found nothing, are not listed.)
counters_of() {
	cat <<-'TABLE'
		bytes fairport_receive_bytes_total
		receive_errors fairport_receive_errors_total
		drops fairport_receive_drops_total
		in_queue fairport_receive_left_in_queue_total
		lines fairport_receive_lines_total
		stored fairport_receive_stored_rows_total
		discarded fairport_receive_discarded_lines_total
		answered fairport_receive_answered_lines_total
		rejected_syntax fairport_receive_rejected_lines_total {"reason":"syntax"}
		rejected_truncated fairport_receive_rejected_lines_total {"reason":"truncated"}
		rejected_type_conflict fairport_receive_rejected_lines_total {"reason":"type_conflict"}
		rejected_limit fairport_receive_rejected_lines_total {"reason":"limit"}
		rejected_encoding fairport_receive_rejected_lines_total {"reason":"encoding"}
		rejected_strict fairport_receive_rejected_lines_total {"reason":"strict"}
		store_errors fairport_receive_store_errors_total
		dropped fairport_receive_dropped_lines_total
		spooled fairport_receive_spooled_lines_total
		unspooled fairport_receive_unspooled_lines_total
		batches fairport_receive_batches_total
		restarts fairport_receive_restarts_total
		respawns fairport_receive_respawns_total
		crashed fairport_receive_crashes_total
		workers fairport_receive_workers
	TABLE
	[ "$1" != udp ] || cat <<-'TABLE'
		packets fairport_receive_packets_total
		truncated_packets fairport_receive_truncated_packets_total
		messages fairport_receive_messages_total
		overflows_seen fairport_receive_overflows_total
		lost_in_crash fairport_receive_lost_in_crash_total
	TABLE
	[ "$1" != tcp ] || cat <<-'TABLE'
		connections fairport_receive_connections_total
		connections_refused fairport_receive_connections_closed_total {"reason":"refused"}
		connections_idle fairport_receive_connections_closed_total {"reason":"idle"}
		connections_reset fairport_receive_connections_closed_total {"reason":"reset"}
		connections_cut fairport_receive_connections_closed_total {"reason":"cut"}
	TABLE
}

# What the last scrape before the end said, in last.json, is what the summary says.
assert_as_recorded() {
	local key counter labels
	while read -r key counter labels; do
		assert_equal "$key $(sum_of "$counter" last.json "$labels")" "$key $(received ".$key")"
	done < <(counters_of "$1")
}

# Whether $1 lines have come, and all have found their fate; what was read then is in last.json.
is_settled() {
	scrape >last.json
	[ "$(sum_of fairport_receive_lines_total last.json)" = "$1" ] &&
		[ "$(sum_of fairport_receive_pending_lines last.json)" = 0 ]
}

# How many sockets the receiver has.
open_sockets() {
	find "/proc/$RECEIVER/fd" -lname 'socket:*' | wc -l
}

# The workers that have a sample $1 in the exposition $2.
workers_of() {
	jq -c --arg name "$1" 'map(select(.name == $name).labels.worker)' "$2"
}

@test "what is served: two formats with the same numbers, and nothing promtool objects to" {
	require_command promtool
	start_metered --workers 3 --interval 1h
	grep -qx "fairport-receive: metrics at http://127.0.0.1:$METRICS/metrics" receive.err
	fake --count 300 --rate 20k --source pool:30 --lines 2 --invalid 10% --seed 1 >/dev/null
	eventually 10 has_taken 300

	get -D head.txt -o plain.txt "$(url /metrics)"
	grep -q $'^Content-Type: text/plain; version=0.0.4; charset=utf-8\r' head.txt
	run promtool check metrics <plain.txt
	assert_success
	assert_output ""

	get -D head.txt -o open.txt -H 'Accept: application/openmetrics-text; version=1.0.0' "$(url /metrics)"
	grep -q $'^Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r' head.txt
	assert_equal "$(tail -n 1 open.txt)" "# EOF"
	python open.txt >open.json
	python --prometheus plain.txt >plain.json
	# Types, helps and numbers are the same; what OpenMetrics calls info is a gauge for the other.
	diff <(jq -c '.[] | [.name, .labels, .help, .value]' open.json) \
		<(jq -c '.[] | [.name, .labels, .help, .value]' plain.json)
	assert_equal "$(jq -c 'map(.type) | unique' open.json)" '["counter","gauge","info"]'
	assert_equal "$(jq -c 'map(.type) | unique' plain.json)" '["counter","gauge"]'
	assert_equal "$(jq 'map(select(.help == "")) | length' open.json)" 0
	# In these, one sample has one place.
	assert_equal "$(jq '(map([.name, .labels]) | unique | length) == length' open.json)" true
	assert_equal "$(workers_of fairport_receive_packets_total open.json)" '["0","1","2"]'
	assert_equal "$(sum_of fairport_receive_lines_total open.json)" 600
	assert_equal "$(jq -r 'map(select(.name == "fairport_build_info").labels) | first |
		"\(.program) \(.version)"' open.json)" "$("$BIN/fairport-receive" --version)"
	assert_equal "$(jq -c 'map(select(.name == "fairport_receive_pool_info").labels)' open.json)" \
		"[{\"address\":\"127.0.0.1:${PORT:?}\",\"protocol\":\"udp\",\"model\":\"reuseport\",\"steer\":\"hash\",\"sink\":\"null\"}]"
	# Within a minute of now.
	assert [ "$(jq "map(select(.name == \"process_start_time_seconds\").value) |
		(.[0] - $EPOCHSECONDS | fabs) < 60" open.json)" = true ]
	stop_receiver
	assert_books
}

@test "UDP: every counter is what the records say in the end" {
	start_metered --workers 4
	fake --count 1000 --rate 20k --source pool:50 --lines 3 --invalid 10% --seed 1 >/dev/null
	eventually 10 is_settled 3000
	assert_equal "$(jq -c 'map(select(.name == "fairport_receive_packets_total").value)' last.json)" \
		"$(stats '[.slots[].packets]')"
	stop_receiver
	assert_equal "$(received '[.packets, .lines, .rejected_syntax > 100]')" "[1000,3000,true]"
	assert_as_recorded udp
}

@test "TCP, with one that accepts: every counter is what the records say in the end" {
	start_metered --workers 2 --protocol tcp --model fdpass
	fake --protocol tcp --count 200 --rate 20k --source pool:10 --lines 3 --invalid 10% --seed 1 >/dev/null
	eventually 10 is_settled 600
	assert_equal "$(sum_of fairport_receive_handed_on_total last.json '{"worker":"accepter"}')" 10
	assert_equal "$(sum_of fairport_receive_connections_total last.json)" 10
	assert_equal "$(jq 'any(.[]; .name == "fairport_receive_packets_total")' last.json)" false
	stop_receiver
	assert_as_recorded tcp
	assert_books
}

@test "drops stand at the worker, or where all share a socket there" {
	local model label
	while read -r model label; do
		start_metered --model "$model" --workers "${label##*/}" --rcvbuf 4KiB
		local pids
		pids=$(stats '.workers[].pid')
		# shellcheck disable=SC2086 # pids are meant
		kill -STOP $pids "$([ "$model" != dispatcher ] || front_pid)" 2>/dev/null || true
		fake --count 500 >/dev/null
		scrape >now.json
		# shellcheck disable=SC2086 # pids are meant
		continue_children "$RECEIVER"
		assert [ "$(sum_of fairport_receive_drops_total now.json)" -gt 400 ]
		assert_equal "$(jq -c 'map(select(.name == "fairport_receive_drops_total" and .value > 0).labels.worker)' \
			now.json)" "[\"${label%/*}\"]"
		stop_receiver
		assert_equal "$(received .drops)" "$(sum_of fairport_receive_drops_total now.json)"
	done <<-'TABLE'
		single 0/1
		shared shared socket/2
		dispatcher dispatcher/2
	TABLE
}

@test "imbalance: one flow on one of four, since the start and in the last interval" {
	start_metered --workers 4 --interval 50ms
	# Nothing counted is neither even nor uneven.
	window_is fairport_receive_imbalance start '"nan"'
	window_is fairport_receive_imbalance_cv interval '"nan"'
	start_fake --source fixed --rate 2k
	eventually 10 window_is fairport_receive_imbalance interval 4
	window_is fairport_receive_imbalance_cv start 1.7320508075688772
	stop_fake
	# The interval's goes, the start's stays.
	eventually 10 window_is fairport_receive_imbalance interval '"nan"'
	window_is fairport_receive_imbalance start 4
	stop_receiver
}

@test "imbalance of TCP is one of connections" {
	start_metered --workers 2 --protocol tcp --model fdpass --interval 1h
	fake --protocol tcp --count 300 --source pool:3 >/dev/null
	eventually 10 metric_is fairport_receive_connections_total 3
	# Two and one.
	window_is fairport_receive_imbalance start 1.3333333333333333
	window_is fairport_receive_imbalance interval '"nan"'
	stop_receiver
}

@test "no counter goes back when a worker dies, all are replaced, or there are fewer and more" {
	start_metered --workers 3 --interval 20ms
	start_fake --source pool:64 --rate 20k
	local step before=first pid
	eventually 10 has_taken_some
	scrape >first.json
	for step in die restart fewer more die again; do
		case $step in
		die)
			pid=$(worker_pid 1)
			kill -KILL "$pid"
			eventually 10 has_another 1 "$pid"
			;;
		restart | again) control restart >/dev/null ;;
		fewer) control workers 2 >/dev/null ;;
		more) control workers 4 >/dev/null ;;
		esac
		for _ in 1 2 3; do
			scrape >"$step.json"
			assert_not_back "$before.json" "$step.json"
			before=$step
		done
	done
	# Indexes that were once taken are still there, workers that are not wanted are not down.
	assert_equal "$(workers_of fairport_receive_packets_total fewer.json)" '["0","1","2"]'
	assert_equal "$(workers_of fairport_receive_worker_up fewer.json)" '["0","1"]'
	assert_equal "$(workers_of fairport_receive_worker_up more.json)" '["0","1","2","3"]'
	assert_equal "$(sum_of fairport_receive_restarts_total again.json)" 2
	assert_equal "$(sum_of fairport_receive_crashes_total again.json)" 2
	assert_equal "$(sum_of fairport_receive_respawns_total again.json)" 2
	assert_equal "$(sum_of fairport_receive_generation again.json)" 3
	stop_fake
	eventually 10 all_as_sent
	scrape >last.json
	assert_not_back again.json last.json
	stop_receiver_with 2
	# Whoever was killed may have had something in its hands; what was counted has not become less.
	assert_equal "$(received .packets)" "$(sum_of fairport_receive_packets_total last.json)"
	assert_equal "$(received .lost_in_crash)" "$(sum_of fairport_receive_lost_in_crash_total last.json)"
}

has_taken_some() {
	counts_so '[.slots[].packets] | add > 500'
}

# As many packets were taken as were sent.
all_as_sent() {
	metric_is fairport_receive_packets_total "$(ndjson fake.ndjson summary .packets)"
}

@test "who has ended counts once, also while its last interval is not over" {
	start_metered --workers 2 --interval 1h
	fake --count 500 --rate 20k --source pool:50 >/dev/null
	eventually 10 metric_is fairport_receive_packets_total 500
	local pid
	pid=$(worker_pid 0)
	kill -KILL "$pid"
	eventually 10 has_another 0 "$pid"
	metric_is fairport_receive_packets_total 500
	control restart >/dev/null
	eventually 10 counts_so '.workers | length == 2'
	metric_is fairport_receive_packets_total 500
	control workers 1 >/dev/null
	eventually 10 counts_so '.workers | length == 1'
	metric_is fairport_receive_packets_total 500
	metric_is fairport_receive_lines_total 500
	stop_receiver_with 2
}

@test "a worker that is dead is down until the next one serves" {
	start_metered --workers 2
	assert_equal "$(scrape | jq -c 'map(select(.name == "fairport_receive_worker_up").value)')" '[1,1]'
	local pid
	pid=$(worker_pid 0)
	assert_equal "$(scrape | jq -c 'map(select(.name == "fairport_receive_worker_info").labels)')" \
		"$(stats '[.workers[] | {worker: "\(.index)", generation: "\(.generation)", pid: "\(.pid)",
			cookie: "\(.cookie)"}]')"
	kill -KILL "$pid"
	eventually 10 has_another 0 "$pid"
	# The second one in a row waits for 100 ms.
	pid=$(worker_pid 0)
	kill -KILL "$pid"
	eventually 10 metric_is fairport_receive_worker_up 1
	assert_equal "$(jq -c 'map(select(.name == "fairport_receive_worker_info").labels.worker)' now.json)" '["1"]'
	eventually 10 metric_is fairport_receive_worker_up 2
	stop_receiver_with 2
}

@test "what an eBPF program decided is counted, and is not less under another policy" {
	require_steering
	start_metered --workers 2 --steer round-robin
	fake --count 100 --rate 10k >/dev/null
	eventually 10 metric_is fairport_receive_steering_decisions_total 100
	assert_equal "$(jq -c 'map(select(.name == "fairport_receive_steering_decisions_total").value)' now.json)" '[50,50]'
	cp now.json before.json
	control steer hash >/dev/null
	fake --count 100 --rate 10k >/dev/null
	eventually 10 metric_is fairport_receive_packets_total 200
	assert_not_back before.json now.json
	assert_equal "$(sum_of fairport_receive_steering_decisions_total now.json)" 100
	stop_receiver
}

@test "HTTP: what there is, what there is not, and what is not allowed" {
	start_metered --workers 2
	assert_equal "$(get "$(url /)")" "fairport-receive: metrics are at /metrics"
	local method path status
	while read -r method path status; do
		assert_equal "$method $path $(get -o /dev/null -w '%{http_code}' -X "$method" "$(url "$path")")" \
			"$method $path $status"
	done <<-'TABLE'
		GET /metrics 200
		GET /metrics?name[]=up 200
		GET / 200
		GET /metrics/ 404
		GET /METRICS 404
		GET /../etc/passwd 404
		POST /nothing 404
		POST /metrics 405
		PUT /metrics 405
		DELETE /metrics 405
		OPTIONS / 405
		BREW /metrics 405
	TABLE
	get -X POST -d 'much' -D head.txt "$(url /metrics)" >/dev/null
	grep -q $'^Allow: GET, HEAD\r' head.txt
	# HEAD is GET without its body.
	get --head "$(url /metrics)" >head.txt
	grep -q '^HTTP/1.1 200' head.txt
	grep -qE '^Content-Length: [1-9][0-9]{3,}' head.txt
	# The oldest clients.
	exec 5<>"/dev/tcp/127.0.0.1/$METRICS"
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&5
	timeout 10 grep -q '^fairport_receive_workers 2' <&5
	exec 5>&-
	stop_receiver
}

@test "clients that say nothing disturb neither counting nor the others" {
	start_metered --workers 2
	mkfifo stay
	python --silent "$METRICS" 40 <stay >silent 3>&- &
	OTHER=$!
	exec 5>stay
	eventually 10 test -s silent
	# Where so many cannot be held, those who said nothing for longest go: nobody waits for the end of
	# their 10 seconds.
	patience=8
	scrape >now.json
	fake --count 1000 --rate 20k --source pool:50 >/dev/null
	eventually 10 metric_is fairport_receive_packets_total 1000
	assert [ "$(open_sockets)" -lt 30 ]
	stop_receiver
	exec 5>&-
	wait "$OTHER"
	OTHER=
	assert_equal "$(received '[.packets, .drops, .lost_in_crash]')" '[1000,0,0]'
	assert_books
}

@test "a client that says something now and then has 10 seconds, and no more" {
	start_metered --workers 2
	local before
	before=$(open_sockets)
	python --trickle "$METRICS" >trickled 3>&- &
	OTHER=$!
	eventually 30 grep -q ended trickled
	wait "$OTHER"
	OTHER=
	assert_equal "$(open_sockets)" "$before"
	stop_receiver
}

@test "requests that are too long, cut off or no HTTP end, and the next one is answered" {
	require_command perl
	start_metered --workers 2
	local text
	for text in '"GET /" . "x" x 100000' '"\xff\0\x01" x 1000 . "\r\n\r\n"' '"GET /metr"' '"GET /metrics HTTP/1.1\r\n"' \
		'"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" x 50' \
		'"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"'; do
		perl -MIO::Socket::INET -e '$SIG{PIPE} = "IGNORE"; my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die;
			alarm 20; print $s eval $ARGV[1]; $s->flush; shutdown($s, 1); 1 while <$s>' "$METRICS" "$text"
		scrape >now.json
	done
	assert_equal "$(sum_of fairport_receive_workers now.json)" 2
	stop_receiver
	assert_books
}

@test "what is wrong with the option is said, and nothing is started" {
	refuses_each fairport-receive <<-'TABLE'
		127.0.0.1:0 --openmetrics|openmetrics
		127.0.0.1:0 --openmetrics x|invalid value "x" for --openmetrics .expected \[ADDR:\]PORT, e.g. 9464
		127.0.0.1:0 --openmetrics 65536|invalid value "65536" for --openmetrics .expected \[ADDR:\]PORT
		127.0.0.1:0 --openmetrics ::1:9464|invalid value "::1:9464" for --openmetrics .expected \[ADDR:\]PORT
		127.0.0.1:0 --openmetrics 127.0.0.1|invalid value "127.0.0.1" for --openmetrics
		127.0.0.1:0 --openmetrics 1.2.3.4.5:80|invalid value "1.2.3.4.5:80" for --openmetrics .expected an address of this host
		127.0.0.1:0 --sink null --openmetrics 192.0.2.1:0|could not serve metrics on 192.0.2.1:0: Cannot assign requested address
		--stdin --openmetrics 0|--stdin: there is no pool
	TABLE
}

@test "a port that is taken is an error at the start" {
	start_metered --workers 2
	run --separate-stderr "$BIN/fairport-receive" 127.0.0.1:0 --sink null --openmetrics "$METRICS"
	assert_failure 1
	assert_equal "$output" ""
	assert_regex "$stderr" "error: could not serve metrics on 127.0.0.1:$METRICS: Address already in use"
	assert_regex "$stderr" "hint: another process listens there"
	stop_receiver
	# It is free at once, though a connection has just ended there.
	run -0 "$BIN/fairport-receive" 127.0.0.1:0 --sink null --openmetrics "$METRICS" --duration 10ms
}

@test "without the option nothing listens" {
	start_pool --workers 2
	assert_equal "$(ndjson receive.ndjson header .openmetrics_port)" null
	assert_equal "$(find "/proc/$RECEIVER/fd" -lname '*eventpoll*' | wc -l)" 0
	stop_receiver
}

@test "other addresses: IPv6, and all of them, which is said" {
	require_ipv6
	start_metered --workers 2 --openmetrics '[::1]:0'
	get --fail -o scrape.txt "http://[::1]:$METRICS/metrics"
	run ! grep -q 'everybody' receive.err
	stop_receiver
	start_metered --workers 2 --openmetrics '[::]:0'
	grep -qF "metrics are shown to everybody who reaches [::]:$METRICS" receive.err
	get --fail -o scrape.txt "http://[::1]:$METRICS/metrics"
	get --fail -o scrape.txt "$(url /metrics)"
	stop_receiver
	start_metered --workers 2 --openmetrics 0.0.0.0:0
	get --fail -o scrape.txt "$(url /metrics)"
	run ! get -o scrape.txt "http://[::1]:$METRICS/metrics"
	stop_receiver
}

@test "no privilege is needed" {
	chmod 777 .
	receiver_under=("${as_nobody[@]}")
	start_metered --workers 2
	fake --count 100 --rate 10k --source pool:10 >/dev/null
	eventually 10 metric_is fairport_receive_packets_total 100
	stop_receiver
}

@test "workers have nothing open of it" {
	start_metered --workers 2
	exec 5<>"/dev/tcp/127.0.0.1/$METRICS"
	control restart >/dev/null
	local pid
	for pid in $(stats '.workers[] | select(.generation == 2).pid'); do
		# Its own socket, and what it waits by.
		assert_equal "$(find "/proc/$pid/fd" -lname 'socket:*' | wc -l)" 1
	done
	exec 5>&-
	stop_receiver
}

# Prints "NAME LABELS" of everything that the receiver shows, by whatever protocol and model.
receiver_metrics() {
	local options
	for options in '' '--protocol tcp --model fdpass'; do
		# shellcheck disable=SC2086 # words are meant
		start_metered --workers 2 $options >&2
		scrape
		stop_receiver
	done | jq -rs 'add | map("\(.name) \(.labels | keys_unsorted | join(","))") | unique | .[]'
}

@test "docs/openmetrics.md lists what the receiver shows, and nothing else" {
	receiver_metrics >shown
	assert [ "$(wc -l <shown)" -gt 30 ]
	diff -u <(sed 's/ *$//' shown | LC_ALL=C sort -u) <(documented | grep -v ^fairport_probe_)
}

@test "the dashboard asks for nothing that the receiver does not show, and is whole" {
	local dashboard=$TOP/docs/grafana-dashboard.json
	jq -e '.title and (.schemaVersion >= 36) and (.panels | length > 8)' "$dashboard" >/dev/null
	receiver_metrics | cut -d ' ' -f 1 | sort -u >shown
	asked_by_dashboard | grep -v ^fairport_probe_ >asked
	assert [ "$(grep -c ^fairport_receive_ asked)" -ge 8 ]
	assert_equal "$(comm -23 asked shown)" ""
	# No two panels have one number, and all data comes from the source that is chosen.
	assert_equal "$(jq '[.panels[] | (., .panels[]?) | .id] | (unique | length) == length' "$dashboard")" true
	assert_equal "$(jq -c '[.panels[] | (., .panels[]?) | (.datasource // empty), (.targets[]?.datasource)] | unique' \
		"$dashboard")" '[{"type":"prometheus","uid":"${datasource}"}]'
}

@test "the rules in docs/openmetrics.md are rules, and alert" {
	require_command promtool
	awk '/^```yaml/ { file = "block" ++n ".yml"; next } /^```/ { file = ""; next } file { print > file }' \
		"$TOP/docs/openmetrics.md"
	run promtool check config --syntax-only block1.yml
	assert_success
	run promtool check rules block2.yml
	assert_success
	assert_output --partial "2 rules found"
	cat >test.yml <<-'YAML'
		rule_files: [block2.yml]
		evaluation_interval: 15s
		tests:
		  - interval: 15s
		    input_series:
		      - series: 'fairport_receive_imbalance{instance="a", window="interval"}'
		        values: '2+0x60'
		      - series: 'fairport_receive_imbalance{instance="b", window="interval"}'
		        values: 'NaN NaN NaN 1.1+0x60'
		      - series: 'fairport_receive_drops_total{instance="a", worker="0"}'
		        values: '0+100x60'
		      - series: 'fairport_receive_drops_total{instance="b", worker="0"}'
		        values: '7+0x60'
		    alert_rule_test:
		      - eval_time: 10m
		        alertname: FairportImbalance
		        exp_alerts: [{ exp_labels: { severity: warning, instance: a, window: interval } }]
		      - eval_time: 10m
		        alertname: FairportDrops
		        exp_alerts: [{ exp_labels: { severity: warning, instance: a } }]
	YAML
	# Annotations are for people.
	sed -i '/annotations:/,/summary:/d' block2.yml
	run promtool test rules test.yml
	assert_success
}

@test "every expression of the dashboard is one" {
	require_command promtool
	# JSON is YAML too. What Grafana fills in is filled in here.
	jq '{groups: [{name: "dashboard", rules: [.panels[] | (., .panels[]?) | .targets[]?.expr |
		gsub("\\$__rate_interval"; "1m") | gsub("\\$instance"; ".*")] | to_entries |
		map({record: "dashboard:panel:\(.key)", expr: .value})}]}' "$TOP/docs/grafana-dashboard.json" >rules.yml
	run promtool check rules rules.yml
	assert_success
	assert_output --regexp '[3-9][0-9] rules found'
}

# Prometheus' own answer to an expression: the first value.
prometheus_says() {
	[ "$(get "http://127.0.0.1:$1/api/v1/query" --data-urlencode "query=$2" | jq -r '.data.result[0].value[1]')" = "$3" ]
}

free_port() {
	"$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

@test "Prometheus itself scrapes it" {
	require_command prometheus
	start_metered --workers 4
	fake --count 1000 --rate 20k --source fixed >/dev/null
	eventually 10 metric_is fairport_receive_packets_total 1000
	cat >prometheus.yml <<-YAML
		scrape_configs:
		  - job_name: fairport
		    scrape_interval: 200ms
		    scrape_timeout: 200ms
		    static_configs: [{ targets: ["127.0.0.1:$METRICS"] }]
	YAML
	local port
	port=$(free_port)
	prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address="127.0.0.1:$port" \
		--log.level=warn 2>prometheus.err 3>&- &
	OTHER=$!
	eventually 20 prometheus_says "$port" 'sum(fairport_receive_packets_total)' 1000
	prometheus_says "$port" 'fairport_receive_imbalance{window="start"}' 4
	prometheus_says "$port" 'sum(fairport_receive_worker_up)' 4
	prometheus_says "$port" 'up{job="fairport"}' 1
	# It knows the types.
	assert_equal "$(get "http://127.0.0.1:$port/api/v1/metadata" |
		jq -r '.data | .fairport_receive_packets[0].type, .fairport_receive_bytes[0].unit, .fairport_build[0].type')" \
		"$(printf 'counter\nbytes\ninfo')"
	stop_receiver
}

# Runs of tests/data, whose numbers were made by hand, and what is made of them.
# shellcheck shell=bash

# A copy of a run, as ./run.
use() {
	rm -rf run
	cp -r "$BATS_TEST_DIRNAME/data/$1" run
}

# Changes the records or the manifest in FILE with jq.
change() {
	jq -c "$2" "run/$1" >changed
	mv changed "run/$1"
}

# Three flows that the probe saw, all at one socket of the run "skewed", and that socket.
see_flows() {
	for flow in 1 2 3; do
		jq -nc --arg flow "$flow" '{schema: 1, type: "flow", program: "probe", run: "20260131T230000Z-1",
			t_ns: 1, remote: "10.0.0.1:400\($flow)", local: "10.0.0.2:8089", cookie: 103, packets: 1000}'
	done >>run/probe.ndjson
	jq -nc '{schema: 1, type: "socket", program: "probe", run: "20260131T230000Z-1", t_ns: 1, protocol: "udp",
		port: 8089, cookie: 103, packets: 200000, dropped: 0, queue_packets: 0, open: true}' >>run/probe.ndjson
}

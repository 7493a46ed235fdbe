# A server that keeps no records, as a probe would tell of it.
# shellcheck shell=bash

# ./run as a probe saw it: 26 flows to one worker, 25 to another, of 4 packets each, but for the first
# with $1.
make_seen() {
	rm -rf run
	mkdir run
	jq -nc --argjson first "$1" 'def record($type): {schema: 1, type: $type, program: "probe", run: "r"};
		[[1, 100 + $first], [2, 100]] as $workers |
		record("header") + {host: "lab", kernel: "6.1"},
		($workers[] | record("worker") + {pid: (100 + .[0]), comm: "dnsd", cookie: .[0], packets: .[1],
			bytes: 1, calls: .[1], eagain: 0, accepts: 0}),
		($workers[] | record("socket") + {cookie: .[0], protocol: "udp", port: 53, open: true, dropped: 0,
			packets: .[1], arrivals: .[1], queue_packets: 0}),
		(range(51) | record("flow") + {remote: "10.0.0.1:\(1000 + .)", local: "10.0.0.2:53",
			cookie: (if . < 26 then 1 else 2 end), packets: (if . == 0 then $first else 4 end)}),
		record("summary") + {elapsed_ns: 1000000000, flows: 51, effective_flows: 51, evicted_flows: 0}
	' >run/probe.ndjson
}

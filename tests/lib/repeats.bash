# Run directories that repeat one another, made of a run of tests/data: its packets, in another time.
# shellcheck shell=bash

# make_run DIRECTORY ID START RATE [VERSION [SCENARIO [SKEW]]]: 200,000 packets that began START
# seconds after the first run, at RATE packets/s, SKEW of them moved from worker 0 to worker 1.
make_run() {
	local directory=$1 start=$((1769900400 + $3))
	mkdir -p "$directory"
	jq -c --arg run "$2" --argjson start "$start" --argjson rate "$4" --arg version "${5:-0.1.0}" '
		.run = $run | .t_ns += ($start - 1769900400) * 1000000000 |
		if .version then .version = $version else . end |
		if .type == "summary" then .elapsed_ns = 200000 / $rate * 1000000000 | .elapsed_ns |= round
		else . end' "$BATS_TEST_DIRNAME/data/even/fake.ndjson" >"$directory/fake.ndjson"
	jq -c --arg run "$2" --argjson start "$start" --arg version "${5:-0.1.0}" --argjson skew "${7:-0}" '
		def move: if .index == 0 then -$skew elif .index == 1 then $skew else 0 end;
		.run = $run | .t_ns += ($start - 1769900400) * 1000000000 |
		if .version then .version = $version else . end |
		if .type == "worker" then move as $n | .packets += $n | .lines += $n | .discarded += $n
		else . end' "$BATS_TEST_DIRNAME/data/even/receive.ndjson" >"$directory/receive.ndjson"
	jq -n --arg run "$2" --arg scenario "${6:-even}" --arg started "$(date -u -d "@$start" +%FT%TZ)" '
		{schema: 1, run: $run, scenario: $scenario, started: $started, host: "lab", kernel: "6.1.0",
		cpus: 2, interrupted: false, missing: [], expect: []}' >"$directory/manifest.json"
}

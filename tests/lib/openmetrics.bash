# What the files about --openmetrics share, beside common.bash: asking for metrics, and reading them.
# Text for jq stands in single quotes; beside_peer is common's.
# shellcheck shell=bash disable=SC2016,SC2154

# The distribution's, whose packages are used, also where another one stands before it.
PYTHON=/usr/bin/python3

# The port where metrics are served: for the caller to set.
METRICS=

require_scraping() {
	require_command jq
	require_command curl
	"$PYTHON" -c 'import prometheus_client' 2>/dev/null || skip_because "needs python3-prometheus-client"
}

python() {
	"$PYTHON" "$TOP/tests/lib/openmetrics.py" "$@"
}

# Seconds that an answer may take.
patience=20

get() {
	"${beside_peer[@]}" curl -sS --max-time "$patience" "$@"
}

url() {
	echo "http://127.0.0.1:$METRICS$1"
}

# Metrics as Prometheus asks for them, as JSON: see lib/openmetrics.py.
scrape() {
	get --fail -o scrape.txt -H 'Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5' \
		"$(url /metrics)" && python scrape.txt
}

# The sum over the samples $1 of the exposition $2, of those that have the labels $3 only.
sum_of() {
	jq --arg name "$1" --argjson labels "${3:-{\}}" \
		'map(select(.name == $name and (.labels | contains($labels))).value) | add' "$2"
}

# Whether the sum of the samples $1 with the labels $3 is $2 now.
metric_is() {
	scrape >now.json
	[ "$(sum_of "$1" now.json "${3:-}")" = "$2" ]
}

# Whether the gauge $1 is $3 (JSON) over the window $2 now.
window_is() {
	scrape >now.json
	jq -e --arg name "$1" --arg window "$2" --argjson want "$3" '
		any(.[]; .name == $name and .labels.window == $window and (.value == $want or
			([.value, $want] | all(.[]; type == "number") and (.[0] - .[1] | fabs < 1e-12))))' now.json >/dev/null
}

# Each counter of the exposition $1 is there in $2, and not less.
assert_not_back() {
	assert_equal "$(jq -c --slurpfile later "$2" '
		($later[0] | map({key: "\(.name)\(.labels)", value}) | from_entries) as $after |
		map(select(.type == "counter" and .value > ($after["\(.name)\(.labels)"] // -1))) |
		map([.name, .labels, .value])' "$1")" "[]"
}

# "NAME LABEL,LABEL" of what docs/openmetrics.md lists: "| `name` | type | `label`, `label` | meaning |"
documented() {
	sed -nE 's/^\| `([a-z_]+)` \| [a-z]+ \|([^|]*)\|.*/\1\2/p' "$TOP/docs/openmetrics.md" |
		tr -d '`' | sed 's/, */,/g; s/ *$//' | LC_ALL=C sort -u
}

# The metrics that the dashboard asks for.
asked_by_dashboard() {
	jq -r '([.panels[] | (., .panels[]?) | .targets[]?.expr] | .[]),
		(.templating.list[].query | if type == "object" then .query else . end)' \
		"$TOP/docs/grafana-dashboard.json" | grep -oE 'fairport_[a-z_]+' | sort -u
}

# What the benches of storing share: a server of their own, the receiver, what both cost, medians.
# A round of a case is a line "rows/s, CPU us a row of both, of the client, of the server, MiB of
# the largest worker" in the file result.CASE of the current directory.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${BIN:-$top/build/bin}
settings=(fsync=off autovacuum=off shared_buffers=256MB max_wal_size=4GB min_wal_size=2GB)
postgres=
receiver=

# A program of the server, the newest of those that there are; nothing if there is none.
server_program() {
	command -v "$1" || printf '%s\n' /usr/lib/postgresql/*/bin/"$1" | sort -V | tail -n 1
}

# Ends the bench, which is not failed, where something is missing.
require_tools() {
	local tool
	for tool in jq psql pg_isready "$(server_program initdb)" "$(server_program postgres)"; do
		command -v "$tool" >/dev/null || {
			echo "${0##*/}: not measured: $tool is missing; see make deps" >&2
			exit 0
		}
	done
}

# eventually SECONDS COMMAND...: tries until it succeeds, at most that long.
eventually() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.02
	done
}

# Starts it and points libpq at it. What a power cut needs is off, and so is what the server does
# when it likes, so that rounds are alike.
start_server() {
	local prefix=()
	[ "$(id -u)" != 0 ] || prefix=(setpriv --reuid=postgres --regid=postgres --clear-groups)
	PGHOST=$(mktemp -d /tmp/fairport-bench-XXXXXX)
	export PGHOST PGUSER=bench PGDATABASE=postgres
	[ "$(id -u)" != 0 ] || chown postgres "$PGHOST"
	(cd / && "${prefix[@]}" "$(server_program initdb)" -D "$PGHOST/data" -U "$PGUSER" -A trust \
		-E UTF8 --locale=C --no-sync --no-instructions) >initdb.log 2>&1
	(cd / && exec "${prefix[@]}" "$(server_program postgres)" -D "$PGHOST/data" -c listen_addresses= \
		-c "unix_socket_directories=$PGHOST" "${settings[@]/#/-c}") >postgres.log 2>&1 &
	postgres=$!
	eventually 30 pg_isready -q || {
		cat postgres.log >&2
		exit 1
	}
	at_rest=$(sql "SELECT count(*) FROM pg_stat_activity WHERE backend_type <> 'client backend'")
	echo "server: ${settings[*]}"
}

# For the trap at the end.
stop_all() {
	[ -z "$receiver" ] || kill "$receiver" || true
	[ -z "$postgres" ] || kill -INT "$postgres" || true
	wait
	[ -z "${PGHOST:-}" ] || rm -rf "$PGHOST"
}

sql() {
	psql -XAtqc "$1"
}

# The tables that have rows.
tables() {
	sql "SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relname !~ '^fairport_'
		AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 ORDER BY 1"
}

# Takes all rows away, and leaves nothing to be written later: so each round begins.
empty_tables() {
	tables | awk '{ print "TRUNCATE " $0 ";" } END { print "CHECKPOINT;" }' | psql -XAtq
}

# The CPU time in ticks of process $1 and the children it has, and with $2 of those it had.
ticks() {
	local pid stat sum=0 children
	read -r children <"/proc/$1/task/$1/children" || true
	# shellcheck disable=SC2086 # words are meant
	for pid in $1 $children; do
		# One may have gone in the meantime.
		{ read -r stat <"/proc/$pid/stat"; } 2>/dev/null || continue
		# shellcheck disable=SC2206
		stat=(${stat##*) })
		((sum += stat[11] + stat[12]))
		[ "$pid" != "$1" ] || [ -z "${2:-}" ] || ((sum += stat[13] + stat[14]))
	done
	echo "$sum"
}

# The CPU time in ticks of all children that this shell had; sets $had. (A subshell has had none.)
had_ticks() {
	local stat
	read -r stat <"/proc/$$/stat"
	# shellcheck disable=SC2206
	stat=(${stat##*) })
	had=$((stat[13] + stat[14]))
}

backends_are() {
	[ "$(wc -w <"/proc/$postgres/task/$postgres/children")" -le "$1" ]
}

stats() {
	"$bin/fairport-control" "$PWD/control" stats --json | jq -c "$1"
}

# Whether $1 packets came, and all their lines are stored.
has_stored() {
	[ "$(stats "[.workers[]] | (map(.packets) | add) == $1 and
		(map(.lines) | add) == (map(.stored) | add)")" = true ]
}

# start_receiver OPTION...: sets receiver and port.
start_receiver() {
	rm -f ready control receive.ndjson
	mkfifo ready
	"$bin/fairport-receive" 127.0.0.1:0 "$@" --quiet --control control --json receive.ndjson \
		--ready-fd 9 >receive.text 2>receive.messages 9>ready &
	receiver=$!
	read -r _ <ready || {
		cat receive.messages >&2
		exit 1
	}
	port=$(jq 'select(.type == "header") | .port' receive.ndjson)
}

# fake OPTION...
fake() {
	"$bin/fairport-fake" "127.0.0.1:$port" --quiet --json fake.ndjson "$@" >fake.text
}

# Of the records of type $1 of the receiver: the filter $2.
received() {
	jq -s "map(select(.type == \"$1\")) | $2" receive.ndjson
}

# result ROWS MICROSECONDS CLIENT-TICKS SERVER-TICKS MiB
result() {
	awk -v rows="$1" -v us="$2" -v client="$3" -v server="$4" -v mib="$5" \
		-v tick="$((1000000 / $(getconf CLK_TCK)))" 'BEGIN {
		printf "%.0f %.4f %.4f %.4f %.1f\n", rows / us * 1e6, (client + server) * tick / rows,
			client * tick / rows, server * tick / rows, mib }'
}

# Begins a round: the tables are empty, and what the server still has to do has been done.
begin_round() {
	empty_tables
	eventually 10 backends_are "$at_rest"
}

# store CASE WARM RECEIVER-OPTIONS FAKE-OPTIONS: a round of this case. First the tables are made and
# every worker knows them, by WARM packets. Then the time runs from the first packet until the
# receiver has ended, which it is told to when the sender has: it stores what is queued. The CPU
# time is that of all its processes, and all of the server's. Sets rows.
store() {
	local before stored client server start end had
	begin_round
	# shellcheck disable=SC2086 # words are meant
	start_receiver $3
	# shellcheck disable=SC2086
	fake $4 --rate 20k --count "$2"
	eventually 30 has_stored "$2" || {
		echo "${0##*/}: $1: what came first was not stored" >&2
		cat receive.messages >&2
		exit 1
	}
	stored=$(stats '[.workers[].stored] | add')
	client=$(ticks "$receiver")
	server=$(ticks "$postgres" with)
	start=${EPOCHREALTIME/./}
	# shellcheck disable=SC2086
	fake $4
	had_ticks
	before=$had
	kill "$receiver"
	wait "$receiver" || true
	end=${EPOCHREALTIME/./}
	receiver=
	had_ticks
	client=$((had - before - client))
	eventually 10 backends_are "$at_rest"
	server=$(($(ticks "$postgres" with) - server))
	received summary '.[0] | select(.lines > .stored) | .lines - .stored' |
		sed "s/^/${0##*\/}: $1: not stored, of the lines that came: /" >&2
	rows=$(($(received summary '.[0].stored') - stored))
	result "$rows" "$((end - start))" "$client" "$server" \
		"$(received worker 'map(.peak_rss_bytes) | max / 1048576')" >>"result.$1"
}

# copy CASE: the rows that are in the tables, ROWS of them, by psql out of files into these tables,
# which are emptied before.
copy() {
	local table copies=() client server start end had
	for table in $(tables); do
		sql "COPY $table TO '$PGHOST/$table.copy' (FORMAT binary)"
		copies+=(-c "\\copy $table from '$PGHOST/$table.copy' (format binary)")
	done
	begin_round
	server=$(ticks "$postgres" with)
	had_ticks
	client=$had
	start=${EPOCHREALTIME/./}
	psql -XAtq "${copies[@]}"
	end=${EPOCHREALTIME/./}
	had_ticks
	client=$((had - client))
	eventually 10 backends_are "$at_rest"
	server=$(($(ticks "$postgres" with) - server))
	result "$rows" "$((end - start))" "$client" "$server" 0 >>"result.$1"
	rm "$PGHOST"/*.copy
}

median() {
	sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# column CASE N: its median over the rounds.
column() {
	awk -v c="$2" '{ print $c }' "result.$1" | median
}

# ratio CASE BASE N: the median over the rounds of column N of the one by that of the other.
ratio() {
	paste -d " " "result.$1" "result.$2" | awk -v c="$3" '{ print $c / $(c + 5) }' | median
}

print_head() {
	printf '%-18s %10s %12s %10s %10s %11s\n' case rows/s 'CPU us a row' 'of client' 'of server' \
		'MiB, worker'
}

print_case() {
	printf '%-18s %10.0f %12.3f %10.3f %10.3f %11.1f\n' "$1" "$(column "$1" 1)" "$(column "$1" 2)" \
		"$(column "$1" 3)" "$(column "$1" 4)" "$(column "$1" 5)"
}

# print_ratio TEXT CASE BASE COLUMN WANTED
print_ratio() {
	printf '%-38s %5.2f (wanted: %s)\n' "$1" "$(ratio "$2" "$3" "$4")" "$5"
}

print_memory() {
	cat result.* | awk '$5 > most { most = $5 } END {
		printf "memory of the largest worker: %.1f MiB (wanted: at most 64)\n", most }'
}

#!/usr/bin/env bats
# fairport-receive: whatever points are sent, the database holds them as they were. The points are made
# from a seed by tests/lib/points.c, which also reads them back; FAIRPORT_SEED sets it.
# lib/common uses receiver_under. Each test is a subshell to shellcheck.
# shellcheck disable=SC2030,SC2031,SC2034

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive
load lib/receive-postgres

setup_file() {
	local sources=("$TOP"/tests/lib/points*.c "$TOP"/common/{lp_*,utf8,rng,clock}.c)
	# shellcheck disable=SC2046 # words are meant
	"${CC:-cc}" -std=c11 -O2 -D_GNU_SOURCE -Wall -Wextra -I"$TOP" -o "$BATS_FILE_TMPDIR/points" "${sources[@]}" \
		$(pkg-config --cflags --libs libpq) -lm
	cd "$BATS_FILE_TMPDIR" || return 1
	start_postgres
}

# points_survive SHAPE COUNT OPTION...
points_survive() {
	local shape=$1 count=$2
	local seed=${FAIRPORT_SEED:-$((RANDOM << 15 | RANDOM))}
	shift 2
	echo "seed $seed"
	empty_database
	start_receiver 127.0.0.1:0 --workers "${workers:-3}" --ns "$@"
	"$BATS_FILE_TMPDIR/points" send "$seed" "$count" "$shape" "$PORT"
	stop
	assert_equal "$(received '[.lines, .stored]')" "[$count,$count]"
	"$BATS_FILE_TMPDIR/points" check "$seed" "$count" "$shape"
}

@test "2000 random points: what is stored is what was sent, typed" {
	points_survive typed 2000
}

@test "2000 random points: what is stored is what was sent, jsonb" {
	points_survive jsonb 2000 --layout jsonb
}

@test "2000 random points with fields of changing types: widened columns hold them all" {
	points_survive mixed 2000 --on-type-conflict widen
}

@test "the same by 8 workers that alter the tables under each other's hands, by each writer" {
	local writer
	workers=8
	for writer in copy insert prepared pipeline; do
		points_survive mixed 3000 --on-type-conflict widen --flush 1ms --writer "$writer"
	done
	points_survive mixed 2000 --on-type-conflict widen --flush 1ms --create-table partitioned
}

@test "random points by each of the other writers" {
	local writer
	workers=1
	for writer in insert prepared pipeline; do
		points_survive typed 500 --writer "$writer"
		points_survive jsonb 500 --writer "$writer" --layout jsonb
		points_survive mixed 500 --writer "$writer" --on-type-conflict widen
	done
}

@test "random points into a database whose settings bend texts, numbers, times and names" {
	local writer setting
	workers=1
	for setting in 'standard_conforming_strings = off' 'backslash_quote = off' 'extra_float_digits = -15' \
		"DateStyle = 'SQL, DMY'" "timezone = 'Asia/Kathmandu'" 'client_encoding = latin1' 'quote_all_identifiers = on' \
		'default_transaction_isolation = serializable' 'transform_null_equals = on' 'array_nulls = off'; do
		sql "ALTER DATABASE $PGDATABASE SET $setting"
	done
	export PGOPTIONS='-c extra_float_digits=1 -c client_encoding=utf8' # for the one who checks
	receiver_under=(env -u PGOPTIONS)
	for writer in copy insert prepared pipeline; do
		points_survive typed 500 --writer "$writer"
		points_survive jsonb 500 --writer "$writer" --layout jsonb
		points_survive mixed 500 --writer "$writer" --on-type-conflict widen
	done
}

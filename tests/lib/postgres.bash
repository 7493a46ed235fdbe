# PostgreSQL servers of a test's own: started, stopped, crashed, started again.
# shellcheck shell=bash

postgres_program() {
	command -v "$1" || printf '%s\n' /usr/lib/postgresql/*/bin/"$1" | sort -V | tail -n 1
}

# What stands before PostgreSQL's programs: as root, they run as user postgres.
postgres_prefix=()
[ "$(id -u)" != 0 ] || postgres_prefix=(setpriv --reuid=postgres --regid=postgres --clear-groups)

# What stands before the server, in front of that: a namespace, for example.
postgres_under=()

# The servers of this test: pid by directory. Who is stopped has none.
declare -gA servers=()

# Sets CLUSTER, a directory with an empty cluster. The socket's path must be short, so it is not the
# test's. Making one takes longer than copying it.
make_cluster() {
	local kept=$BATS_RUN_TMPDIR/cluster
	CLUSTER=$(mktemp -d /tmp/fairport-test-XXXXXX)
	servers[$CLUSTER]=
	[ "$(id -u)" != 0 ] || chown postgres "$CLUSTER"
	if [ -e "$kept" ]; then
		cp -a "$kept" "$CLUSTER/data"
		return
	fi
	(cd / && "${postgres_prefix[@]}" "$(postgres_program initdb)" -D "$CLUSTER/data" -U "$PGUSER" -A trust \
		-E UTF8 --locale=C --no-sync --no-instructions) >initdb.log 2>&1
	# Several files may run at once: one of them is first.
	cp -a "$CLUSTER/data" "$kept.$$"
	mv -T "$kept.$$" "$kept" || rm -rf "$kept.$$"
}

# begin_server DIRECTORY [OPTION...]: starts the server of this cluster, and waits until it serves.
begin_server() {
	local directory=$1
	shift
	"${postgres_under[@]}" "${postgres_prefix[@]}" "$(postgres_program postgres)" -D "$directory/data" \
		-c listen_addresses= -c "unix_socket_directories=$directory" -c fsync=off "$@" \
		>>postgres.log 2>&1 3>&- &
	servers[$directory]=$!
	eventually 30 pg_isready -q -h "$directory"
}

# Starts a private server and points libpq at it: sets PGHOST, PGUSER, PGDATABASE.
start_postgres() {
	[ -x "$(postgres_program initdb)" ] || skip_because "needs the PostgreSQL server"
	export PGHOST PGUSER=tester PGDATABASE=postgres
	make_cluster
	PGHOST=$CLUSTER
	begin_server "$PGHOST" "$@"
}

# end_server DIRECTORY: who is connected is cut off. The cluster stays.
end_server() {
	local pid=${servers[$1]}
	[ -n "$pid" ] || return 0
	servers[$1]=
	continue_children "$pid"
	kill -INT "$pid"
	wait "$pid" || true
}

# Whether these processes are gone, or nobody's but their parent's.
have_ended() {
	local pid
	for pid; do
		! grep -qs '^State:	[^ZX]' "/proc/$pid/status" || return 1
	done
}

# crash_server DIRECTORY: as if the machine had lost its power, but for what is in its files.
crash_server() {
	local pid=${servers[$1]} children
	children=$(<"/proc/$pid/task/$pid/children")
	servers[$1]=
	kill -KILL "$pid"
	wait "$pid" || true
	# shellcheck disable=SC2086 # words are meant
	eventually 30 have_ended $children
	rm -f "$1/data/postmaster.pid" "$1"/.s.PGSQL.*
}

remove_cluster() {
	end_server "$1"
	rm -rf "$1"
	unset "servers[$1]"
}

stop_postgres() {
	remove_cluster "$PGHOST"
}

# For teardown: all of them.
stop_servers() {
	local directory
	for directory in "${!servers[@]}"; do
		remove_cluster "$directory"
	done
}

sql() {
	psql -XAtqc "$1"
}

# Whether query $1 answers $2; an error (no such table yet) is another answer.
answers() {
	[ "$(sql "$1" 2>/dev/null)" = "$2" ]
}

# What the receiver's connections are to the server, by the query's WHERE.
# shellcheck disable=SC2034 # for the test files
SESSIONS="FROM pg_stat_activity WHERE application_name = 'fairport-receive'"

# How many rows its tables hold, all together.
rows() {
	local tables
	tables=$(sql "SELECT string_agg(format('SELECT FROM ONLY public.%I', tablename), ' UNION ALL ')
		FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'fairport_batches'")
	sql "SELECT count(*) FROM (${tables:-SELECT WHERE false}) AS rows"
}

# hold_lock SQL: another session runs this and stays in its transaction; sets HOLDER (its pid) until
# release_lock.
hold_lock() {
	rm -f holder holder.out
	mkfifo holder
	psql -XAtq -v ON_ERROR_STOP=1 <holder >holder.out 2>&1 3>&- &
	HOLDER=$!
	exec 8>holder
	printf 'BEGIN;\n%s;\n\\echo held\n' "$1" >&8
	eventually 10 grep -qs '^held$' holder.out
}

# Others may hold its input open: it is told to go.
release_lock() {
	local pid=$HOLDER
	HOLDER=
	printf 'COMMIT;\n\\q\n' >&8
	exec 8>&-
	wait "$pid"
}

# start_proxy HOW...: sets PROXIED, a directory for "host=", and OTHER. What is cut off is in
# proxy.out: see pg-proxy.pl.
start_proxy() {
	PROXIED=$PGHOST/proxied
	rm -f proxy.out
	mkdir "$PROXIED"
	perl "$TOP/tests/lib/pg-proxy.pl" "$PROXIED/.s.PGSQL.5432" "$PGHOST/.s.PGSQL.5432" "$@" \
		>proxy.out 2>proxy.err 3>&- &
	OTHER=$!
	eventually 10 grep -qs '^ready$' proxy.out
}

stop_proxy() {
	local pid=$OTHER
	OTHER=
	kill "$pid"
	wait "$pid" || true
	rm -r "$PROXIED"
}

# Whether it has cut off $1 transactions.
has_cut() {
	[ "$(grep -c '^cut$' proxy.out)" = "$1" ]
}

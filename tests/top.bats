#!/usr/bin/env bats
# alone: looks at what is left in the kernel, and traffic has to keep its pace
# fairport-top: as lines, and on a screen of tmux(1), whose private server is this test's own.
#
# Round robin gives every worker exactly its share, so that a table can be compared with numbers.
#
# Shell text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common

PORT=8089 # free: every test has its own network namespace

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	end_screen
	leave_scene
}

require_top() {
	require_root
	[ -x "$BIN/fairport-top" ] || skip_because "needs fairport-top, which was not built"
}

require_counting() {
	require_top
	require_root_bpf
}

require_screen() {
	require_counting
	require_command tmux
}

# A network namespace of the test's own; "${inside[@]}" before a command runs it there. (A function
# would put a shell between, and its pid in $!.)
enter_scene() {
	mkfifo holder.ready
	unshare --net bash -euc 'ip link set lo up; echo >holder.ready; exec sleep infinity' 3>&- &
	SCENE=$!
	read -r _ <holder.ready
	inside=(nsenter "--net=/proc/$SCENE/ns/net")
}

# Whatever is in it ends, by its pid.
leave_scene() {
	local pid
	for pid in "${FAKE:-}" "${OTHER:-}" "${WATCH:-}" "${SCENE:-}"; do
		[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	done
	if [ -n "${RECEIVER:-}" ]; then
		continue_children "$RECEIVER"
		kill "$RECEIVER" 2>/dev/null || true
		wait "$RECEIVER" 2>/dev/null || true
	fi
	[ -z "${SCENE:-}" ] || wait "$SCENE" 2>/dev/null || true
}

# A pool there: start_inside WORKERS STEER [OPTIONS]
start_inside() {
	# shellcheck disable=SC2034 # start_receiver's
	local receiver_under=("${inside[@]}")
	start_receiver "127.0.0.1:$PORT" --sink null --workers "$1" --steer "$2" \
		--control receive.ctl "${@:3}"
}

# Traffic for it, until the test ends: send_inside SOURCE RATE [OPTIONS]
send_inside() {
	"${inside[@]}" "$BIN/fairport-fake" "127.0.0.1:$PORT" --source "$1" --rate "$2" \
		--duration 5m "${@:3}" >fake.out 2>fake.err 3>&- &
	FAKE=$!
}

# start_traffic STEER WORKERS SOURCE RATE
start_traffic() {
	enter_scene
	start_inside "$2" "$1"
	send_inside "$3" "$4"
}

# Starts fairport-top on a screen of COLUMNS x ROWS, and leaves a shell there when it ends.
start_screen() {
	local columns=$1 rows=$2
	shift 2
	: >top.status
	"${inside[@]}" tmux -S tmux.sock -f /dev/null new-session -d -x "$columns" -y "$rows" \
		"env LC_ALL=C.UTF-8 ${screen_environment:-} $BIN/fairport-top $* 2>top.err; \
		echo ended with \$? >top.status; sleep infinity"
}

# Its server leaves the socket behind.
end_screen() {
	[ -e tmux.sock ] || return 0
	tmux -S tmux.sock kill-server 2>/dev/null || true
	rm -f tmux.sock
}

# The pid of fairport-top on the screen, the only child of the shell there.
top_pid() {
	local shell
	shell=$(tmux -S tmux.sock display -p '#{pane_pid}')
	xargs -n 1 <"/proc/$shell/task/$shell/children"
}

# The programs of BPF that process $1 has loaded.
programs_of() {
	sed -n 's/^prog_id:\t//p' "/proc/$1/fdinfo/"* | sort -u
}

# Whether none of the programs $@ is in the kernel.
programs_gone() {
	local id
	for id in "$@"; do
		! bpftool prog show id "$id" >/dev/null 2>&1 || return 1
	done
}

screen() {
	tmux -S tmux.sock capture-pane -p
}

press() {
	tmux -S tmux.sock send-keys "$@"
}

screen_shows() {
	screen | grep -qE -e "$1"
}

shows_soon() {
	eventually 10 screen_shows "$1" || {
		screen
		cat top.err
		fail "the screen does not show $1"
	}
}

# The column with the title $1 of the members on the screen, one value a line. Titles and values
# end in the same place.
column() {
	screen | awk -v title="$1" '
		at && /^[T!?xc+ ] *[0-9]+ / { print $at; next }
		{ at = 0 }
		/ SLOT / { for (i = 1; i <= NF; i++) if ($i == title) at = i }'
}

has_ended() {
	grep -q '^ended with' top.status
}

ended_with() {
	eventually 10 has_ended || fail "it has not ended"
	assert_equal "$(cat top.status)" "ended with $1"
}

@test "bad options are one line, and help" {
	require_top
	refuses_each fairport-top <<-'END'
		0|invalid value "0" for PORT \(expected ports from 1 to 65535
		80x|invalid value "80x" for PORT
		9-8|invalid value "9-8" for PORT
		--wait|--wait needs a port to wait for
		--interval 10ms|invalid value "10ms" for --interval
		--sort size|invalid value "size" for --sort
		8089 --netns no-such-name|no-such-name
	END
	run -0 "$BIN/fairport-top" --help
	assert_line --partial "shows who gets what on a port"
}

# Watches in the background, writing lines to top.out, from when it counts.
watch_lines() {
	mkfifo top.ready
	"${inside[@]}" "$BIN/fairport-top" "$PORT" --lines --ready-fd 9 "$@" \
		>top.out 2>top.err 9>top.ready 3>&- &
	WATCH=$!
	read -r _ <top.ready
}

@test "lines: exact shares and flows where round robin chooses" {
	require_counting
	require_steering
	enter_scene
	start_inside 4 round-robin
	watch_lines --interval 1s --duration 4s
	"${inside[@]}" "$BIN/fairport-fake" "127.0.0.1:$PORT" --source fixed --count 40k >/dev/null 2>&1
	wait "$WATCH"
	assert_regex "$(cat top.err)" "tier arrivals: what arrives at each socket, with its flows"
	# The window holds all of them: a quarter for each, to the packet.
	run -0 tail -n 8 top.out
	assert_line "even: UDP 127.0.0.1:$PORT, 4 members, 0 packets/s, 0 drops/s"
	assert_line --regexp '^  last 4 s: busiest 1.00 x mean, cv 0.00; a steering program chooses$'
	assert_equal "$(grep -cE '^    [0-3] +[0-9]+ fairport-rece +25.0% +0 +0 +0 +0% +17MB +0 +1$' \
		<<<"$output")" 4
	# On the way there all of them were seen to arrive.
	run ! grep -E '^.{81}' top.out
	assert [ "$(grep -cE '25.0% +[0-9.]+k ' top.out)" -ge 1 ]
}

@test "lines: all on one member is few flows for one flow, and told so" {
	require_counting
	start_traffic hash 4 fixed 500
	run -0 --separate-stderr "${inside[@]}" "$BIN/fairport-top" "$PORT" --lines --interval 500ms --duration 1s
	assert_regex "$output" "few-flows: UDP 127.0.0.1:$PORT, 4 members"
	assert_regex "$output" "busiest 4.00 x mean, cv 1.73; 1 flow by hash: cv 1.73"
	assert_equal "$(grep -c ' 100.0% ' <<<"$output")" 2
}

@test "lines: classic BPF that deals one flow out is seen to choose" {
	require_counting
	start_traffic random 4 fixed 2k
	run -0 --separate-stderr "${inside[@]}" "$BIN/fairport-top" "$PORT" --lines --interval 1s --duration 1s
	refute_regex "$output" "by hash"
	assert_regex "$output" "(even|uneven): UDP.*"$'\n'".*; a steering program chooses"
}

@test "lines: connections over TCP listeners" {
	require_counting
	enter_scene
	start_inside 3 hash --protocol tcp
	send_inside per-packet 200 --protocol tcp
	run -0 --separate-stderr "${inside[@]}" "$BIN/fairport-top" "$PORT" --lines --interval 1s --duration 1s
	assert_regex "$output" "TCP 127.0.0.1:$PORT, 3 members, [12][0-9][0-9] connections/s"
	assert_regex "$output" "[12][0-9][0-9] flows by hash"
}

@test "lines: where TERM is dumb, and where output is no terminal" {
	require_screen
	start_traffic hash 2 pool:10 500
	"${inside[@]}" "$BIN/fairport-top" "$PORT" --interval 200ms --duration 600ms >lines.txt 2>top.err
	assert_equal "$(grep -c "UDP 127.0.0.1:$PORT" lines.txt)" 3
	for TERM in dumb no-such-terminal ""; do
		screen_environment="TERM=$TERM" start_screen 80 24 "$PORT" --interval 200ms --duration 600ms
		ended_with 0
		assert_equal "$(screen | grep -c "UDP 127.0.0.1:$PORT")" 3
		run ! screen_shows 'q quit'
		end_screen
	done
}

@test "a port that nobody has: an error that names those nearby" {
	require_counting
	start_traffic hash 2 fixed 10
	run -1 --separate-stderr "${inside[@]}" "$BIN/fairport-top" 8090
	assert_equal "$output" ""
	assert_regex "$stderr" "error: nobody has a socket on port 8090"
	assert_regex "$stderr" "hint: .*UDP 8089 \(fairport-receive\)"
}

@test "--wait: members appear as they come" {
	require_screen
	enter_scene
	start_screen 80 24 "$PORT" --wait --interval 100ms
	shows_soon "no socket on port $PORT now"
	start_inside 3 hash
	shows_soon "UDP 127.0.0.1:$PORT, 3 members"
}

@test "without a port: groups of two and more only" {
	require_counting
	start_traffic hash 2 fixed 10
	"${inside[@]}" "$BIN/fairport-receive" 127.0.0.1:9000 --sink null --model single >/dev/null 2>&1 3>&- &
	OTHER=$!
	run -0 --separate-stderr "${inside[@]}" "$BIN/fairport-top" --lines --interval 200ms --duration 200ms
	assert_regex "$output" "all groups"
	assert_regex "$output" "UDP 127.0.0.1:$PORT, 2 members"
	refute_regex "$output" ":9000"
}

@test "--netns: the sockets of a process elsewhere" {
	require_counting
	start_traffic hash 3 pool:10 500
	run -0 --separate-stderr "$BIN/fairport-top" "$PORT" --netns "$SCENE" --lines \
		--interval 500ms --duration 500ms
	assert_regex "$output" "UDP 127.0.0.1:$PORT, 3 members, [3-6][0-9][0-9] packets/s"
}

@test "an unprivileged user gets queues and drops, and is told what is missing" {
	require_top
	start_traffic hash 2 pool:10 500
	cp "$BIN/fairport-top" top
	chmod 755 . top
	run -0 --separate-stderr "${inside[@]}" "${as_nobody[@]}" ./top "$PORT" --lines --interval 200ms \
		--duration 200ms
	assert_regex "$stderr" "tier none: .* needs CAP_BPF and CAP_PERFMON"
	assert_regex "$output" "Who gets how much needs CAP_BPF and CAP_PERFMON"
	assert_regex "$output" "UDP 127.0.0.1:$PORT, 2 members, 0 drops/s"
	assert_regex "$output" "who gets how much is not counted"
}

@test "without CAP_NET_ADMIN receptions are counted, and that is told" {
	require_counting
	start_traffic hash 2 pool:10 500
	run -0 --separate-stderr "${inside[@]}" setpriv --bounding-set=-net_admin,-sys_admin \
		--inh-caps=-net_admin,-sys_admin "$BIN/fairport-top" "$PORT" --lines --interval 500ms \
		--duration 500ms
	assert_regex "$stderr" "tier receptions: .* needs CAP_NET_ADMIN"
	assert_regex "$output" "2 members, [3-6][0-9][0-9] packets/s"
	refute_regex "$output" "FLOWS"
}

@test "screen: the table, and keys to sort it" {
	require_screen
	require_steering
	start_traffic weighted:1,4,3,2 4 fixed 1k
	start_screen 80 24 "$PORT" --interval 200ms
	shows_soon '^ +1 .* 40\.[0-9]%'
	shows_soon 'uneven: UDP 127.0.0.1:8089, 4 members'
	shows_soon 'busiest 1\.6[0-9]? x mean'
	assert_equal "$(column SLOT | tr '\n' ' ')" "0 1 2 3 "
	screen_shows '[▁▂▃▄▅▆▇█]$'
	run ! grep -E '^.{81}' <<<"$(screen)"
	press s s s
	shows_soon 's sort: share'
	assert_equal "$(column SLOT | tr '\n' ' ')" "1 2 3 0 "
	press r
	shows_soon 's sort: share, reversed'
	assert_equal "$(column SLOT | tr '\n' ' ')" "0 3 2 1 "
	press '<' '<'
	shows_soon 's sort: pid, reversed'
	assert_equal "$(column PID)" "$(column PID | sort -rn)"
	press h
	shows_soon 'fairport-top: keys'
	press h
	shows_soon 'SHARE'
}

elapsed() {
	screen | sed -nE '1s/.* ([0-9]+:[0-9:]+) .*/\1/p'
}

# Whether the time on the screen is another one than $1.
time_differs() {
	[ "$(elapsed)" != "$1" ]
}

@test "screen: pause holds the view, and + and - change the interval" {
	require_screen
	start_traffic hash 2 pool:10 500
	start_screen 80 24 "$PORT" --interval 100ms
	shows_soon ' 0:00:01 '
	press p
	shows_soon 'PAUSED'
	local held
	held=$(screen)
	# Readings go on meanwhile: the trace of one is there as soon as the pause is over.
	kill -STOP "$(worker_pid 0)"
	run ! eventually 1 screen_shows '^T'
	assert_equal "$(screen)" "$held"
	press p
	shows_soon '^T +0 '
	shows_soon 'slot 0 \(pid [0-9]+\) is stopped, with '
	press + +
	shows_soon 'every 0.5 s'
	eventually 10 time_differs "$(elapsed)"
	press -
	shows_soon 'every 0.2 s'
}

@test "screen: it follows the size of the terminal" {
	require_screen
	start_traffic hash 3 pool:10 500
	start_screen 80 24 "$PORT" --interval 100ms
	shows_soon 'PAST$'
	run ! screen_shows 'TAKEN/S'
	tmux -S tmux.sock resize-window -x 100 -y 30
	shows_soon 'TAKEN/S'
	assert_equal "$(screen | tail -n 1 | cut -c 1-6)" "q quit"
	tmux -S tmux.sock resize-window -x 60 -y 15
	shows_soon 'DROP/S FLOWS$'
	run ! screen_shows 'TAKEN/S'
	assert_equal "$(screen | wc -l)" 15
	assert_equal "$(screen | tail -n 1 | cut -c 1-6)" "q quit"
	assert_equal "$(column SLOT | tr '\n' ' ')" "0 1 2 "
}

@test "screen: 60 members scroll, and the head stays" {
	require_screen
	start_traffic hash 60 pool:100 500
	start_screen 80 24 "$PORT" --interval 100ms
	shows_soon '^ +18 '
	run ! screen_shows '^ +25 '
	press End
	shows_soon '^ +59 '
	shows_soon 'UDP 127.0.0.1:8089, 60 members'
	run ! screen_shows '^ +0 '
	press Up
	shows_soon '^ +40 '
	run ! screen_shows '^ +59 '
	press Home
	shows_soon '^ +0 '
}

@test "screen: members come and go" {
	require_screen
	start_traffic hash 4 pool:10 500
	start_screen 80 24 "$PORT" --interval 100ms
	shows_soon '4 members'
	control workers 2
	shows_soon '2 members'
	shows_soon '(even|few-flows): UDP 127.0.0.1:8089, 2 members'
	control workers 5
	shows_soon '5 members'
	shows_soon '^. +4 +[0-9]+ '
}

@test "screen: q, ^C and SIGTERM end it, the terminal is as before, nothing stays in the kernel" {
	require_screen
	local end pid programs
	start_traffic hash 2 pool:10 100
	for end in q C-c TERM HUP; do
		start_screen 80 24 "$PORT" --interval 100ms
		shows_soon 'q quit'
		pid=$(top_pid)
		mapfile -t programs < <(programs_of "$pid")
		assert [ "${#programs[@]}" -ge 5 ]
		run ! programs_gone "${programs[@]}"
		case $end in
		q | C-c) press "$end" ;;
		*) kill "-$end" "$pid" ;;
		esac
		ended_with 0
		run ! screen_shows 'quit|UDP'
		assert_equal "$(tmux -S tmux.sock display -p '#{alternate_on} #{cursor_flag}')" "0 1"
		run -0 stty -F "$(tmux -S tmux.sock display -p '#{pane_tty}')" -a
		assert_output --regexp '[^-]icanon'
		assert_output --regexp '[^-]echo '
		eventually 10 programs_gone "${programs[@]}"
		end_screen
	done
}

@test "screen: colour only where it is wanted" {
	require_screen
	start_traffic hash 4 fixed 500
	screen_environment="TERM=screen-256color" start_screen 80 24 "$PORT" --interval 100ms
	shows_soon 'few-flows'
	assert_regex "$(tmux -S tmux.sock capture-pane -p -e)" $'\e\\[[0-9;]*33m'
	end_screen
	screen_environment="TERM=screen-256color NO_COLOR=1" start_screen 80 24 "$PORT" --interval 100ms
	shows_soon 'few-flows'
	refute_regex "$(tmux -S tmux.sock capture-pane -p -e)" $'\e\\[[0-9;]*3[0-7]m'
}

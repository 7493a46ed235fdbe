#!/usr/bin/env bats
# alone: looks at all of the machine
# fairport-doctor: what it finds is compared with what the host says by other ways, and with what a
# test has changed in a network namespace of its own.
#
# Shell text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common

setup() {
	[ -x "$BIN/fairport-doctor" ] ||
		skip_because "needs fairport-doctor, which was not built"
	cd "$BATS_TEST_TMPDIR" || return 1
	CHILD=
}

teardown() {
	[ -z "$CHILD" ] || kill -KILL "$CHILD" 2>/dev/null || true
}

# Runs it, with records in doctor.ndjson and text in doctor.out; problems are no failure.
doctor() {
	local status=0
	timeout 30 "$BIN/fairport-doctor" --json doctor.ndjson "$@" >doctor.out || status=$?
	[ "$status" = 0 ] || [ "$status" = 3 ]
}

# In a network namespace of its own, where shell text $1 has changed something.
doctor_after() {
	unshare --net bash -euc 'ip link set lo up; eval "$1"
		exec "$0" --json doctor.ndjson "${@:2}" >doctor.out' "$BIN/fairport-doctor" "$@"
}

# The jq expression $2 of check $1.
finding() {
	ndjson doctor.ndjson check "select(.name == \"$1\") | $2"
}

summary() {
	ndjson doctor.ndjson summary "$1"
}

# "level name finding (remedy)" of each check, from the text: continued lines are joined.
told_in_text() {
	awk '
		/^(ok|note|problem) / { if (line) print line; $1 = $1; line = $0; next }
		/^        -> / { sub(/^ *-> /, ""); $1 = $1; line = line " (" $0; open = 1; next }
		/^ / && line { sub(/^ +/, ""); line = line " " $0; next }
		{ if (line) print line; line = "" }
	' doctor.out
}

told_in_records() {
	ndjson doctor.ndjson check '[.level, .name, .finding] + (if .remedy then ["(" + .remedy] else [] end) | join(" ")' |
		jq -r .
}

# What every run must hold.
assert_sound() {
	assert_equal "$(told_in_text)" "$(told_in_records)"
	assert_equal "$(ndjson doctor.ndjson check .name | sort | uniq -d)" ""
	assert_equal "$(ndjson doctor.ndjson check 'select((.level == "ok") != (.remedy == null)) | .name')" ""
	assert_equal "$(ndjson doctor.ndjson check 'select(.finding == "") | .name')" ""
	assert_equal "$(awk 'length > 80' doctor.out)" ""
	assert_equal "$(jq -s 'map(select(.type == "check").level) |
		[(map(select(. == "ok")), map(select(. == "note")), map(select(. == "problem"))) | length]' \
		-c doctor.ndjson)" "$(summary '[.ok, .notes, .problems]')"
	assert_equal "$(tail -n 1 doctor.out)" "$(summary '"\(.ok) ok, " +
		"\(.notes) note\(if .notes == 1 then "" else "s" end), " +
		"\(.problems) problem\(if .problems == 1 then "" else "s" end)"' | jq -r .)"
}

all_names() {
	"$BIN/fairport-doctor" --list | sed 's/ .*//'
}

@test "every check is told once, the tier first, in text and records alike" {
	doctor
	assert_sound
	assert_equal "$(ndjson doctor.ndjson check .name | jq -r .)" "$(all_names)"
	assert_equal "$(all_names | head -n 1)" tier
	assert [ "$(all_names | wc -l)" -ge 30 ]
	assert_equal "$(summary .left_out)" 0
	assert_equal "$(jq -c 'select(.type == "header") | [.program, .netns]' doctor.ndjson)" \
		"[\"doctor\",$(stat -Lc %i /proc/self/ns/net)]"
}

@test "the exit status is 3 where there is a problem, and 0 where there are none" {
	local status=0
	"$BIN/fairport-doctor" --json doctor.ndjson >doctor.out || status=$?
	if [ "$(summary .problems)" = 0 ]; then
		assert_equal "$status" 0
	else
		assert_equal "$status" 3
	fi
}

@test "as nobody: tier none, what takes privilege is a note, what does not is tried" {
	chmod 777 .
	"${as_nobody[@]}" timeout 30 "$BIN/fairport-doctor" --json doctor.ndjson >doctor.out
	assert_sound
	assert_equal "$(summary .tier)" '"none"'
	assert_equal "$(finding tier .level)" '"note"'
	for name in steer-ebpf storage iterators raw-socket; do
		assert_equal "$name $(finding "$name" .level)" "$name \"note\""
	done
	for name in steer-classic sock-diag rcvbuf queue-depth; do
		refute [ "$(finding "$name" .level)" = '"problem"' ]
	done
	assert_equal "$(finding rcvbuf '.values | has("forced_bytes")')" false
}

@test "as root: programs are loaded and attached, and steer" {
	require_steering
	doctor_after :
	assert_sound
	assert_equal "$(summary .tier)" '"root"'
	for name in tier steer-classic steer-ebpf btf receptions storage iterators raw-socket netns; do
		assert_equal "$name $(finding "$name" .level)" "$name \"ok\""
	done
	assert_equal "$(finding rcvbuf .values.forced_bytes)" 8388608
}

@test "three capabilities without root are a tier of their own" {
	require_steering
	chmod 777 .
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+bpf,+perfmon,+net_admin \
		--ambient-caps=+bpf,+perfmon,+net_admin \
		"$BIN/fairport-doctor" --json doctor.ndjson --only tier,receptions,steer-ebpf >doctor.out
	assert_equal "$(summary .tier)" '"bpf"'
	assert_equal "$(ndjson doctor.ndjson check .level | sort -u)" '"ok"'
}

@test "capabilities of another user namespace count for nothing" {
	unshare --map-root-user --net true 2>/dev/null ||
		skip_because "needs user namespaces"
	unshare --map-root-user --net "$BIN/fairport-doctor" --json doctor.ndjson \
		--only tier,storage >doctor.out
	assert_equal "$(summary .tier)" '"none"'
	assert_equal "$(finding storage .level)" '"note"'
	run -0 cat doctor.out
	assert_output --partial "none in this user namespace"
}

@test "nothing is left: programs, maps, mounts" {
	require_steering
	require_command bpftool
	cp /proc/self/mounts before
	doctor
	# The kernel may take its time to let go of them.
	no_program() { ! bpftool prog list | grep -q fairport_doctor; }
	no_map() { ! bpftool map list | grep -q fairport_doctor; }
	eventually 5 no_program
	eventually 5 no_map
	diff before /proc/self/mounts
}

@test "loopback that is down is a problem, and nothing else is blamed for it" {
	require_root
	run -3 unshare --net "$BIN/fairport-doctor" --json doctor.ndjson
	echo "$output" >doctor.out
	assert_sound
	assert_equal "$(ndjson doctor.ndjson check 'select(.level == "problem") | .name')" '"loopback"'
	for name in incoming-cpu connected-members steer-classic steer-ebpf queue-depth; do
		assert_equal "$(finding "$name" '[.level, .remedy]')" '["note","ip link set lo up"]'
	done
}

@test "packets that get lost on loopback are told, in time" {
	require_root
	require_command tc
	doctor_after 'tc qdisc add dev lo root bfifo limit 1' \
		--only connected-members,steer-classic,steer-ebpf,queue-depth
	assert_sound
	assert_equal "$(ndjson doctor.ndjson check 'select(.level == "note" and
		(.finding | endswith("packets on loopback got lost"))) | .name' | wc -l)" 4
}

@test "settings of this network namespace are noticed" {
	require_root
	local sysctl name value level
	while read -r sysctl value name level; do
		[ -e "/proc/sys/${sysctl//.//}" ] || continue
		doctor_after "echo ${value//,/ } >/proc/sys/${sysctl//.//}" --only "$name" ||
			assert_equal "$? $level" "3 problem"
		assert_equal "$sysctl $value $(finding "$name" .level)" "$sysctl $value \"$level\""
	done <<-END
		net.ipv4.tcp_migrate_req 0 migrate-req note
		net.ipv4.tcp_migrate_req 1 migrate-req ok
		net.ipv4.ip_local_port_range 40000,60999 ports ok
		net.ipv4.ip_local_port_range 40000,49999 ports note
		net.ipv4.ip_local_port_range 40000,40019 ports problem
		net.ipv4.tcp_tw_reuse 0 tw-reuse note
		net.ipv4.tcp_tw_reuse 1 tw-reuse ok
		net.core.somaxconn 128 listen-queue note
		net.core.somaxconn 4096 listen-queue ok
		net.ipv6.conf.lo.disable_ipv6 1 ipv6 note
	END
}

@test "the remedy of a setting cures it" {
	require_root
	local name remedy
	for name in migrate-req ports tw-reuse listen-queue; do
		doctor_after 'echo 40000 49999 >/proc/sys/net/ipv4/ip_local_port_range
			echo 0 >/proc/sys/net/ipv4/tcp_migrate_req
			echo 0 >/proc/sys/net/ipv4/tcp_tw_reuse
			echo 128 >/proc/sys/net/core/somaxconn' --only "$name"
		assert_equal "$(finding "$name" .level)" '"note"'
		remedy=$(finding "$name" .remedy | jq -r .)
		# Without sysctl(8), which may be missing: "sysctl -w net.a.b='1 2'".
		[[ $remedy =~ ^sysctl\ -w\ ([a-z0-9_.]+)=\'?([0-9 ]+)\'?$ ]]
		doctor_after "echo ${BASH_REMATCH[2]} >/proc/sys/${BASH_REMATCH[1]//.//}" --only "$name"
		assert_equal "$name $(finding "$name" .level)" "$name \"ok\""
	done
}

@test "what a receive buffer is granted agrees with rmem_max" {
	doctor --only rcvbuf,queue-depth
	local most
	most=$(</proc/sys/net/core/rmem_max)
	assert_equal "$(finding rcvbuf .values.rmem_max)" "$most"
	assert_equal "$(finding rcvbuf .values.granted_bytes)" $((most < 8388608 ? most : 8388608))
	# Each takes more than its payload, in a buffer that is not cut.
	assert_equal "$(finding queue-depth '.values | .default_packets > 0 and
		.granted_packets >= .default_packets and .default_packets * 142 < 212992 * 4')" true
}

@test "limits of this process are noticed: open files, CPUs" {
	local cpu
	cpu=$(usable_cpus | head -n 1)
	(ulimit -Sn 256 && taskset -c "$cpu" "$BIN/fairport-doctor" --json doctor.ndjson \
		--only open-files,cpus >doctor.out)
	assert_equal "$(finding open-files '[.level, .values.soft_limit]')" '["note",256]'
	assert_equal "$(finding cpus '[.level, .values.allowed]')" '["note",1]'
}

@test "an old kernel is a problem, and every trial goes by what it sees" {
	setarch "$(uname -m)" --uname-2.6 true 2>/dev/null || skip_because "needs setarch --uname-2.6"
	run -3 setarch "$(uname -m)" --uname-2.6 "$BIN/fairport-doctor" --only kernel
	assert_output --regexp 'problem kernel +Linux 2\.6\.[0-9.]+ lacks, by its version, SO_REUSEPORT'
	"$BIN/fairport-doctor" --only steer-classic --json before >/dev/null || true
	setarch "$(uname -m)" --uname-2.6 "$BIN/fairport-doctor" --only steer-classic --json after >/dev/null || true
	assert_equal "$(ndjson after check .level)" "$(ndjson before check .level)"
}

@test "programs that are missing are told, with what there is not without them" {
	mkdir empty
	run -0 env PATH="$PWD/empty" "$BIN/fairport-doctor" --only gnuplot,bpftrace
	assert_line --regexp '^note +gnuplot +there is no gnuplot: fairport-report writes'
	assert_line --regexp '^note +bpftrace +there is no bpftrace: '
	assert_line "0 ok, 2 notes, 0 problems"
}

# gnuplot COMMANDS: a gnuplot that does this stands first in PATH.
fake_gnuplot() {
	mkdir -p tools
	printf '#!/bin/sh\n%s\n' "$1" >tools/gnuplot
	chmod +x tools/gnuplot
	PATH="$PWD/tools:$PATH"
}

# Whether the process in file pid is no more, or waits only to be asked how it ended.
has_ended() {
	! grep -q '^State:	[^ZX]' "/proc/$(<pid)/status" 2>/dev/null
}

@test "the version is what the program in PATH says of itself" {
	fake_gnuplot 'echo gnuplot 99.1 "$@"; echo more'
	doctor --only gnuplot
	assert_equal "$(finding gnuplot '[.level, .values.version, .values.path]')" \
		"[\"ok\",\"gnuplot 99.1 --version\",\"$PWD/tools/gnuplot\"]"
	fake_gnuplot 'exit 1'
	doctor --only gnuplot
	assert_equal "$(finding gnuplot .level)" '"note"'
	assert_sound
}

@test "a program that says nothing holds nobody up, and is ended" {
	fake_gnuplot 'sleep 300 & echo $! >pid; wait'
	doctor --only gnuplot
	assert_equal "$(finding gnuplot .level)" '"note"'
	assert [ -s pid ]
	eventually 5 has_ended
}

@test "a signal ends it: what was found is told, status 2, nobody is left" {
	local status=0
	fake_gnuplot 'echo $$ >pid; exec sleep 300'
	"$BIN/fairport-doctor" --only tier,gnuplot,bpftrace --json doctor.ndjson >doctor.out 3>&- &
	CHILD=$!
	eventually 10 test -s pid
	kill -TERM "$CHILD"
	wait "$CHILD" || status=$?
	CHILD=
	assert_equal "$status" 2
	assert_equal "$(summary '[.reason, .left_out]')" '["interrupted",1]'
	assert_equal "$(ndjson doctor.ndjson check .name | wc -l)" 2
	run -0 cat doctor.out
	assert_line "Interrupted after 2 of 3 checks."
	eventually 5 has_ended
}

@test "--quiet leaves out what is ok, and no more" {
	local steady=tier,btf,storage,rcvbuf,migrate-req,listen-queue,numa,gnuplot
	doctor --only "$steady"
	"$BIN/fairport-doctor" --quiet --only "$steady" >quiet.out || assert_equal "$?" 3
	assert_equal "$(grep -cE '^ok ' quiet.out)" 0
	assert_equal "$(grep -oE '^(note|problem) +[a-z0-9-]+' quiet.out)" \
		"$(grep -oE '^(note|problem) +[a-z0-9-]+' doctor.out)"
	assert_equal "$(tail -n 1 quiet.out)" "$(tail -n 1 doctor.out)"
}

@test "--json - leaves standard output to the records" {
	"$BIN/fairport-doctor" --only tier,ports,numa --json - --run lab-7 >records || assert_equal "$?" 3
	assert_equal "$(jq -r '[.type, .run] | join(" ")' records | uniq -c | awk '{ print $1, $2, $3 }')" \
		"$(printf '1 header lab-7\n3 check lab-7\n1 summary lab-7')"
}

@test "--verbose shows what the kernel says of what it refuses" {
	run -0 --separate-stderr "${as_nobody[@]}" "$BIN/fairport-doctor" --only iterators
	assert_equal "$stderr" ""
	run -0 --separate-stderr "${as_nobody[@]}" "$BIN/fairport-doctor" --only iterators --verbose
	assert_regex "$stderr" "the kernel refused a BPF program"
}

@test "colour is for terminals, and NO_COLOR is heeded" {
	require_command script
	doctor --only numa
	run ! grep -q $'\033' doctor.out
	script -qec "env -u NO_COLOR '$BIN/fairport-doctor' --only numa" /dev/null </dev/null >terminal.out
	grep -q $'\033\[3' terminal.out
	script -qec "env NO_COLOR=1 '$BIN/fairport-doctor' --only numa" /dev/null </dev/null >terminal.out
	run ! grep -q $'\033\[3' terminal.out
}

@test "what cannot be written is told" {
	run --separate-stderr bash -c '"$0" --only numa >/dev/full' "$BIN/fairport-doctor"
	assert_failure 2
	assert_regex "$stderr" "could not write to standard output: No space left on device"
	run --separate-stderr "$BIN/fairport-doctor" --only numa --json /dev/full
	assert_failure 2
	assert_regex "$stderr" "could not write records to /dev/full: No space left on device"
	run --separate-stderr "$BIN/fairport-doctor" --json missing/file
	assert_failure 1
	assert_regex "$stderr" "could not open missing/file for records: No such file"
}

@test "options that are not valid are refused" {
	refuses_each fairport-doctor <<-'END'
		--only nothing|invalid value "nothing" for --only \(expected names of checks, e\.g\. rcvbuf,ports; --list shows them\)
		--only rcvbuf,|invalid value "rcvbuf," for --only
		--only ,rcvbuf|invalid value ",rcvbuf" for --only
		--only rcv|invalid value "rcv" for --only
		--only=|invalid value "" for --only
		--only|option --only needs a value
		--list --only rcvbuf|--list checks nothing: it stands alone
		--list --json -|--list checks nothing: it stands alone
		--quiet=1|invalid value "1" for --quiet
		--fast|unknown or ambiguous option "--fast"
		rcvbuf|unexpected argument "rcvbuf"
	END
}

@test "--only keeps the order of the table, and names may be repeated" {
	doctor --only numa,tier,numa
	assert_equal "$(ndjson doctor.ndjson check .name)" "$(printf '"tier"\n"numa"')"
	assert_sound
}

@test "every check is explained in the manual, and the manual explains no other" {
	all_names | sort >names
	# ".It tracefs , bpffs , cgroup2" within CHECKS.
	awk '/^\.Sh CHECKS/ { inside = 1; next } /^\.Sh / { inside = 0 } inside && /^\.It /' \
		"$TOP/man/fairport-doctor.8" | sed 's/^\.It //; s/ , /\n/g' | sort >explained
	diff -u names explained
}

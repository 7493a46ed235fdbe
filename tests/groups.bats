#!/usr/bin/env bats
# alone: looks at all of the machine
# fairport-groups against sockets of tests/lib/group-members.py, which tells the pid and cookie of
# each, and of fairport-receive. Each test has a network namespace of its own.
#
# Shell text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0

load lib/common

setup() {
	require_command jq
	require_command python3
	[ -x "$BIN/fairport-groups" ] || skip_because "needs fairport-groups, which was not built"
	cd "$BATS_TEST_TMPDIR" || return 1
	there=()
	MEMBERS=()
}

teardown() {
	local pid
	stop_leftovers
	for pid in "${MEMBERS[@]}" ${NETNS:-}; do
		{ kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || true
	done
	[ -z "${NAMED:-}" ] || ip netns delete "$NAMED"
}

# A network namespace, where $there leads and loopback is up.
make_place() {
	require_root
	unshare --net bash -c 'ip link set lo up; echo >place.ready; exec sleep 600' 3>&- &
	NETNS=$!
	eventually 10 test -e place.ready
	there=(nsenter "--net=/proc/$NETNS/ns/net")
	beside_peer=("${there[@]}")
	receiver_under=("${there[@]}")
}

make_bpf_place() {
	require_root_bpf
	make_place
}

# hold SPEC...: sockets there; "pid cookie" of each is in members, in the order of the slots.
hold() {
	rm -f members
	"${there[@]}" python3 "$TOP/tests/lib/group-members.py" "$@" >members 3>&- &
	MEMBERS+=($!)
	eventually 10 grep -qs ready members
	sed -i '/ready/d' members
}

# The pid, and the cookie, of the member that is line $1.
held_pid() {
	sed -n "$1s/ .*//p" members
}

held_cookie() {
	sed -n "$1s/.* //p" members
}

groups() {
	"${there[@]}" "$BIN/fairport-groups" "$@"
}

# look ARGUMENTS...: the records, in groups.json. Queues are not watched for long.
look() {
	groups --look 100ms --json groups.json "$@" >groups.out 2>groups.err
}

# The jq FILTER $1 over each group.
group() {
	ndjson groups.json group "$1"
}

summary() {
	ndjson groups.json summary "$1"
}

# "[mark,cause]" of what is marked, with the address and the index among the members.
marks() {
	group '. as $g | .members | to_entries[] | .key as $i | .value.marks[] |
		[$g.address, $i, .mark, .cause]'
}

send_packets() {
	PORT=$1 fake --count "$2" --source per-packet --quiet >/dev/null
}

# Connections that are not closed by the side that listens.
call() {
	"${there[@]}" bash -c 'for i in $(seq "$1"); do exec {fd}<>"/dev/tcp/127.0.0.1/$0"; done' "$@"
}

# The text without the ends of its lines.
said() {
	tr -s ' \n' ' ' <groups.out | grep -qE "$1"
}

assert_narrow() {
	run -1 grep -nE '^.{81}' groups.out
}

@test "a pool of fairport-receive: slots in order, processes, generations" {
	make_bpf_place
	start_pool --workers 4
	look
	assert_equal "$(stats '[.workers[] | [.index, .pid, .cookie]]')" \
		"$(group '[.members[] | [.slot, .pid, .cookie]]')"
	assert_equal "$(group '[.protocol, .address, .port, .user, .grouped, .reuseport, .steering]')" \
		"[\"udp\",\"127.0.0.1:$PORT\",$PORT,\"root\",true,true,\"hash\"]"
	assert_equal "$(group '[.members[] | .generation, .comm] | unique')" '[1,"fairport-receive"]'
	# The parent has all of them as well.
	assert_equal "$(group "[.members[].owners | length, (map(.pid) | index($RECEIVER) != null)] | unique")" \
		'[true,2]'
	control restart >/dev/null
	eventually 10 counts_so '[.workers[].generation] == [2,2,2,2]'
	look
	assert_equal "$(stats '[.workers[] | [.pid, .cookie, 2]]')" \
		"$(group '[.members[] | [.pid, .cookie, .generation]]')"
	assert_equal "$(marks)" ""
	grep -q '^  SLOT .* GEN ' groups.out
	stop_receiver
}

@test "a worker of the generation before is stale" {
	make_bpf_place
	local old
	start_pool --workers 2
	old=$(worker_pid 1)
	kill -STOP "$old"
	control restart >/dev/null
	eventually 10 counts_so '[.workers[].generation] == [1,2,2]'
	look "$PORT"
	assert_equal "$(group ".members[] | select(.pid == $old) | [.generation, (.marks[] | .mark, .cause)]")" \
		'[1,"unread","dead-member","stale","stale-member"]'
	said '! stale .*: of generation 1, and generation 2 serves'
	kill -CONT "$old"
	eventually 10 counts_so '[.workers[].generation] == [2,2]'
	stop_receiver
}

@test "a receiver without a control socket has no generation that is known" {
	make_bpf_place
	start_receiver 127.0.0.1:0 --workers 2 --sink null
	look
	assert_equal "$(group '[.members[] | .generation, .comm] | unique')" '[null,"fairport-receive"]'
	run -1 grep GEN groups.out
	stop_receiver
}

@test "a control socket that somebody else listens on is sent nothing" {
	make_bpf_place
	python3 -c '
import socket
listener = socket.socket(socket.AF_UNIX)
listener.bind("foreign.ctl")
listener.listen()
print("ready", flush=True)
while True:
    print(listener.accept()[0].recv(100), flush=True)' >foreign.out 3>&- &
	MEMBERS+=($!)
	eventually 10 grep -qs ready foreign.out
	cp "$(command -v perl)" fairport-receive
	"${there[@]}" ./fairport-receive -MSocket -e '
		socket(my $made, PF_INET, SOCK_DGRAM, 0) or die;
		setsockopt($made, SOL_SOCKET, 15, 1) or die;
		bind($made, pack_sockaddr_in(8089, inet_aton("127.0.0.1"))) or die;
		syswrite(STDOUT, "ready\n");
		sleep 600' x --control foreign.ctl >impostor.out 3>&- &
	MEMBERS+=($!)
	eventually 10 grep -qs ready impostor.out
	look
	assert_equal "$(group '[.members[].generation]')" '[null]'
	# It was connected to, which only then tells whose it is.
	eventually 10 grep -q "b''" foreign.out
	run -1 grep stats foreign.out
}

@test "members of other programs' groups: pid, cookie and slot of each" {
	make_bpf_place
	hold udp,127.0.0.1,8089,count=5
	look
	assert_equal "$(group '.members[] | "\(.pid) \(.cookie)"' | tr -d '"')" "$(cat members)"
	assert_equal "$(group '[.members[].slot]')" '[0,1,2,3,4]'
	# The kernel moves the last one into a hole.
	kill -KILL "$(held_pid 2)"
	eventually 10 eval 'look; [ "$(group ".members | length")" = 4 ]'
	assert_equal "$(group '[.members[].pid]')" \
		"[$(held_pid 1),$(held_pid 5),$(held_pid 3),$(held_pid 4)]"
}

@test "TCP listeners: accept queue and backlog" {
	make_bpf_place
	hold tcp,127.0.0.1,8089,count=2,backlog=7
	look --look 0
	assert_equal "$(group '[.protocol, (.members | map(.queue_connections, .backlog))]')" '["tcp",[0,7,0,7]]'
	call 8089 5
	look
	assert_equal "$(group '[.members[].queue_connections] | add')" 5
	assert_equal "$(group '[.members[] | (.queue_connections > 0) == any(.marks[]; .mark == "unread")] | all')" true
	said '! unread .* connections? waits? to be accepted, and none was taken in 5 looks'
}

@test "UDP and TCP on one port are told apart, and chosen by --udp and --tcp" {
	make_bpf_place
	hold udp,127.0.0.1,8089,count=2 tcp,127.0.0.1,8089,count=3 tcp,127.0.0.1,9000,alone
	look
	assert_equal "$(group '[.protocol, (.members | length)]' | tr '\n' ' ')" '["udp",2] ["tcp",3] '
	look --udp
	assert_equal "$(group .protocol)" '"udp"'
	look -t
	assert_equal "$(group .protocol)" '"tcp"'
	look --all
	assert_equal "$(group '[.port, .grouped, .reuseport]' | tail -n 1)" '[9000,false,false]'
	assert_equal "$(summary '[.groups, .members, .sockets]')" '[2,5,1]'
	look 9000
	assert_equal "$(group '[.port, .grouped]')" '[9000,false]'
	look 1-65535
	assert_equal "$(summary '[.groups, .members, .sockets]')" '[2,5,1]'
	run -1 groups 9000 --udp
	assert_output --partial "nobody has a UDP socket on port 9000"
}

@test "a member of another program is foreign" {
	make_bpf_place
	start_pool --workers 3
	hold "udp,127.0.0.1,$PORT"
	look
	assert_equal "$(marks)" "[\"127.0.0.1:$PORT\",3,\"foreign\",\"foreign-member\"]"
	said '! foreign \(slot 3, pid [0-9]+\): it is python3, and 3 of 4 members are fairport-receive'
	stop_receiver
}

@test "a member that runs a program file which was replaced since is stale" {
	make_bpf_place
	cp "$(command -v perl)" program
	local open='socket(my $made, PF_INET, SOCK_DGRAM, 0) or die;
		setsockopt($made, SOL_SOCKET, 15, 1) or die;
		bind($made, pack_sockaddr_in(8089, inet_aton("127.0.0.1"))) or die;
		syswrite(STDOUT, "ready\n");
		sleep 600'
	"${there[@]}" ./program -MSocket -e "$open" >first.out 3>&- &
	MEMBERS+=($!)
	eventually 10 grep -qs ready first.out
	cp program new
	mv new program
	look
	# Nobody runs the new file yet.
	assert_equal "$(marks)" ""
	"${there[@]}" ./program -MSocket -e "$open" >second.out 3>&- &
	MEMBERS+=($!)
	eventually 10 grep -qs ready second.out
	look
	assert_equal "$(marks)" '["127.0.0.1:8089",0,"stale","stale-member"]'
	said '! stale .*: it runs a file that was replaced'
}

@test "a stopped member is unread, with or without a queue" {
	make_bpf_place
	hold udp,127.0.0.1,8089,count=2
	kill -STOP "$(held_pid 2)"
	eventually 10 grep -q '^State:.T' "/proc/$(held_pid 2)/status"
	look
	assert_equal "$(marks)" '["127.0.0.1:8089",1,"unread","dead-member"]'
	said 'its process is stopped \(state T\); nothing waits yet'
	kill -CONT "$(held_pid 2)"
	eventually 10 grep -q '^State:.S' "/proc/$(held_pid 2)/status"
	look
	assert_equal "$(marks)" ""
}

@test "a queue that nobody takes from is unread; one that is read is not" {
	make_bpf_place
	hold udp,127.0.0.1,8089,count=2
	send_packets 8089 40
	look
	assert_equal "$(group '[.members[].queue_packets] | add')" 40
	assert_equal "$(summary '[.marks.unread, .looks]')" '[2,5]'
	said 'packets \(.*\) wait, and none was taken in 5 looks'
	# One look is none to compare with.
	look --look 0
	assert_equal "$(summary '[.marks.unread, .looks]')" '[0,1]'
	# A reader that never finds an empty queue.
	start_receiver 127.0.0.1:0 --workers 1 --sink null
	start_fake --source fixed --quiet
	eventually 10 eval 'look --look 0 "$PORT"; [ "$(group ".members[0].queue_packets > 0")" = true ]'
	look "$PORT"
	assert_equal "$(summary .marks.unread)" 0
	stop_fake
	stop_receiver
}

@test "a queue that always has the same length, and is read, is not unread" {
	make_bpf_place
	hold udp,127.0.0.1,8089,busy
	eventually 10 eval 'look --look 0; [ "$(group ".members[0].queue_packets >= 4")" = true ]'
	look --look 200ms
	assert_equal "$(summary '[.looks, .marks.unread]')" '[5,0]'
}

@test "a socket that no process has open is unread" {
	make_bpf_place
	hold udp,127.0.0.1,8089 udp,127.0.0.1,8089,flying
	look
	assert_equal "$(marks)" '["127.0.0.1:8089",1,"unread","dead-member"]'
	assert_equal "$(group '[.members[1] | .pid, .comm, .owners]')" '[null,null,[]]'
	said 'no process has it open'
}

@test "shadows: addresses, devices, families, peers" {
	make_bpf_place
	local first second expected
	while IFS='|' read -r first second expected; do
		# shellcheck disable=SC2086 # words are meant
		hold $first $second
		look
		assert_equal "$first|$second|$(group '[.address, .device] as [$a, $d] | .members[].marks[] |
			[$a, $d, .cause, .evidence]' | jq -sc 'unique[]')" "$first|$second|$expected"
		assert_equal "$(group '.shadowed_by[].address' | wc -l)" "$([ -n "$expected" ] && echo 1 || echo 0)"
		kill "${MEMBERS[@]}"
		wait "${MEMBERS[@]}" 2>/dev/null || true
		MEMBERS=()
	done <<-'TABLE'
		udp,0.0.0.0,8089,count=2|udp,127.0.0.1,8089|["127.0.0.1:8089",null,"shadowed","takes what is sent to 127.0.0.1:8089 before 0.0.0.0:8089"]
		udp,0.0.0.0,8089|udp,0.0.0.0,8089,device=lo|["0.0.0.0:8089","lo","shadowed","takes what comes in on lo before 0.0.0.0:8089"]
		udp,0.0.0.0,8089,device=lo|udp,0.0.0.0,8089|["0.0.0.0:8089",null,"shadowed","takes what both may get before 0.0.0.0:8089 on lo"]
		udp,127.0.0.1,8089|udp,0.0.0.0,8089,device=lo|["127.0.0.1:8089",null,"shadowed","takes what is sent to 127.0.0.1:8089 before 0.0.0.0:8089 on lo"]
		udp,::,8089|udp,0.0.0.0,8089|["0.0.0.0:8089",null,"shadowed","takes what comes over IPv4 before [::]:8089"]
		udp,::,8089,v6only|udp,0.0.0.0,8089|
		udp,::,8089,v6only|udp,127.0.0.1,8089|
		udp,::,8089|udp,127.0.0.1,8089|["127.0.0.1:8089",null,"shadowed","takes what is sent to 127.0.0.1:8089 before [::]:8089"]
		udp,::,8089,v6only|udp,::1,8089|["[::1]:8089",null,"shadowed","takes what is sent to [::1]:8089 before [::]:8089"]
		udp,0.0.0.0,8089|udp,::ffff:127.0.0.1,8089|["[::ffff:127.0.0.1]:8089",null,"shadowed","takes what is sent to [::ffff:127.0.0.1]:8089 before 0.0.0.0:8089"]
		udp,0.0.0.0,8089|udp,::1,8089|
		udp,127.0.0.2,8089|udp,127.0.0.1,8089|
		udp,0.0.0.0,8089|tcp,127.0.0.1,8089|
		udp,0.0.0.0,8089|udp,127.0.0.1,8090|
		tcp,0.0.0.0,8089|tcp,127.0.0.1,8089|["127.0.0.1:8089",null,"shadowed","takes what is sent to 127.0.0.1:8089 before 0.0.0.0:8089"]
		tcp,0.0.0.0,8089|tcp,0.0.0.0,8089,device=lo|["0.0.0.0:8089","lo","shadowed","takes what comes in on lo before 0.0.0.0:8089"]
		udp,0.0.0.0,8089|udp,0.0.0.0,8089,peer=53|["127.0.0.1:8089",null,"connected-member","takes what comes from its peer 127.0.0.1:53 before 0.0.0.0:8089"]
	TABLE
}

# Those who get the packets are those who are said to take them from the others.
@test "shadows: the kernel agrees" {
	make_bpf_place
	local first second expected
	while IFS='|' read -r first second expected; do
		# shellcheck disable=SC2086 # words are meant
		hold $first $second
		send_packets 8089 20
		look
		assert_equal "$first|$second|$(group 'select(([.members[].queue_packets] | add) > 0) |
			[.address, .device, ([.members[].queue_packets] | add)]')" "$first|$second|$expected"
		assert_equal "$first|$second|$(group 'select([.members[].marks[].mark] | index("shadows")) |
			[.address, .device, 20]')" "$first|$second|${expected}"
		kill "${MEMBERS[@]}"
		wait "${MEMBERS[@]}" 2>/dev/null || true
		MEMBERS=()
	done <<-'TABLE'
		udp,0.0.0.0,8089,count=2|udp,127.0.0.1,8089|["127.0.0.1:8089",null,20]
		udp,0.0.0.0,8089|udp,0.0.0.0,8089,device=lo|["0.0.0.0:8089","lo",20]
		udp,127.0.0.1,8089|udp,0.0.0.0,8089,device=lo|["127.0.0.1:8089",null,20]
		udp,0.0.0.0,8089,device=lo|udp,0.0.0.0,8089|["0.0.0.0:8089",null,20]
		udp,127.0.0.1,8089|udp,127.0.0.1,8089,device=lo|["127.0.0.1:8089","lo",20]
		udp,127.0.0.1,8089,device=lo|udp,127.0.0.1,8089,count=2|["127.0.0.1:8089",null,20]
		udp,::,8089|udp,0.0.0.0,8089|["0.0.0.0:8089",null,20]
		udp,::,8089,device=lo|udp,0.0.0.0,8089|["0.0.0.0:8089",null,20]
		udp,0.0.0.0,8089|udp,::,8089,device=lo|["0.0.0.0:8089",null,20]
		udp,::,8089,device=lo|udp,::,8089|["[::]:8089","lo",20]
		udp,::,8089|udp,::,8089,device=lo|["[::]:8089",null,20]
		udp,0.0.0.0,8089|udp,::ffff:127.0.0.1,8089|["[::ffff:127.0.0.1]:8089",null,20]
	TABLE
}

@test "a connected member of a group takes from its peer alone" {
	make_bpf_place
	hold udp,127.0.0.1,8089,count=2 udp,127.0.0.1,8089,peer=53
	look
	assert_equal "$(marks | sed 's/,[0-9],/,N,/')" '["127.0.0.1:8089",N,"shadows","connected-member"]'
	assert_equal "$(group '.members[].peer // empty')" '"127.0.0.1:53"'
}

@test "the program that chooses: none, classic BPF, eBPF" {
	make_bpf_place
	local policy expected
	start_pool --workers 2
	while IFS='|' read -r policy expected; do
		control steer "$policy" >/dev/null
		look
		assert_equal "$policy|$(group '[.steering, .program_type, .program_name, .program_id > 0]')" "$policy|$expected"
	done <<-'TABLE'
		hash|["hash",null,null,false]
		random|["cbpf","socket_filter",null,false]
		round-robin|["ebpf","sk_reuseport","in_turn",true]
	TABLE
	said '^UDP .*, chosen by eBPF program [0-9]+ in_turn \(sk_reuseport\)'
	stop_receiver
}

@test "200 members, each in its slot, and the text stays short" {
	make_bpf_place
	hold udp,127.0.0.1,8089,count=200
	look
	assert_equal "$(group '.members[] | "\(.pid) \(.cookie)"' | tr -d '"')" "$(cat members)"
	assert_equal "$(group '[.members[].slot] == [range(200)]')" true
	grep -q '^ *0-199: 200 members, python3 (200 processes), queues empty, no drops$' groups.out
	assert [ "$(wc -l <groups.out)" -le 5 ]
	kill -STOP "$(held_pid 100)"
	look
	grep -q '^ *0-98: 99 members' groups.out
	grep -qE "^! +99 +$(held_pid 100) python3" groups.out
	look --every
	assert_equal "$(grep -c python3 groups.out)" 200
	assert_narrow
}

@test "text fits 80 columns" {
	make_bpf_place
	hold udp,::1,8089,count=16 udp,::1,8089,peer=53 tcp,0.0.0.0,8089,count=2,device=lo
	call 8089 2
	look --all
	assert_narrow
	grep -q '^UDP \[::1\]:8089, 1[67] members, user root, chosen by hash$' groups.out
	grep -q '^TCP 0.0.0.0:8089 on lo, 2 members' groups.out
}

@test "another network namespace, by pid and by name, and all of them" {
	make_bpf_place
	hold udp,127.0.0.1,8089,count=3
	NAMED=fairport-test-$$
	ip netns add "$NAMED"
	ip netns exec "$NAMED" ip link set lo up
	ip netns exec "$NAMED" python3 "$TOP/tests/lib/group-members.py" udp,127.0.0.1,8089,count=2 >named 3>&- &
	MEMBERS+=($!)
	eventually 10 grep -qs ready named
	there=()
	look 8089 --netns "$NETNS"
	assert_equal "$(group '.members | length')" 3
	assert_equal "$(group .netns)" "$(stat -Lc %i "/proc/$NETNS/ns/net")"
	look 8089 --netns "$NAMED"
	assert_equal "$(group '.members | length')" 2
	# What waits somewhere makes it look again, and go back to where it was.
	nsenter "--net=/run/netns/$NAMED" bash -c 'exec 7>/dev/udp/127.0.0.1/8089 && echo x >&7'
	look 8089 --all-netns
	assert_equal "$(ndjson groups.json group "select(.netns_name == \"$NAMED\") | .members | length")" 2
	assert_equal "$(group "select(.netns == $(stat -Lc %i "/proc/$NETNS/ns/net")) | .members | length")" 3
	grep -q "^UDP 127.0.0.1:8089 in network namespace $NAMED, 2 members" groups.out
	run -1 groups --netns no-such-name
	assert_output --partial "named no-such-name: there is no such name in /run/netns"
	run -1 groups --netns 999999999
	assert_output --partial "of process 999999999: there is no such process"
	run -1 groups --netns ../../proc/1/ns/net
	assert_output --partial "there is no such name in /run/netns"
}

@test "a port that nobody listens on: status 1, and what is near is named" {
	make_place
	hold udp,127.0.0.1,8088 tcp,127.0.0.1,9000,alone
	run -1 --separate-stderr groups 8089
	assert_equal "$output" ""
	assert_regex "$stderr" 'error: nobody has a socket on port 8089 in this network namespace'
	assert_regex "$stderr" 'hint: bound here are: UDP 8088 \(python3\), TCP 9000 \(python3\)$'
	kill "${MEMBERS[@]}"
	wait "${MEMBERS[@]}" || true
	run -1 --separate-stderr groups 53,8089-8091
	assert_regex "$stderr" 'error: nobody has a socket on ports 53, 8089-8091'
	assert_regex "$stderr" 'hint: no port is bound in this network namespace'
	run -0 --separate-stderr groups --quiet
	assert_output "No groups."
}

@test "--check makes marks a failed expectation" {
	make_place
	hold udp,127.0.0.1,8089,count=2
	run -0 groups 8089 --check --look 50ms
	kill -STOP "$(held_pid 1)"
	run -3 groups 8089 --check --look 50ms
	run -0 groups 8089 --look 50ms
}

@test "records on standard output are alone there, and the options are in the header" {
	make_place
	hold udp,127.0.0.1,8089,count=2
	run -0 --separate-stderr groups 8089 --json - --run lab-7
	assert_equal "$(jq -r .type <<<"$output" | tr '\n' ' ')" "header group summary "
	assert_equal "$(jq -r .run <<<"$output" | sort -u)" lab-7
}

@test "without privileges: groups by place, and one line says what is unknown" {
	make_place
	hold udp,127.0.0.1,8089,count=3 udp,127.0.0.1,9000
	exec 9<"$BIN/fairport-groups"
	run -0 --separate-stderr "${there[@]}" setpriv --reuid=65534 --regid=65534 --clear-groups \
		--bounding-set=-all /proc/self/fd/9 --json - --look 50ms
	exec 9<&-
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" 'fairport-groups: without CAP_BPF and CAP_PERFMON slots and programs are unknown; processes of other users are not visible; run as root$'
	assert_equal "$(jq -c 'select(.type == "group") | [.port, .grouped, .reuseport, .steering,
		([.members[] | .slot, .pid, .queue_packets] | unique), (.members | length)]' <<<"$output")" \
		'[8089,true,null,null,[null],3]'
	assert_equal "$(jq -c 'select(.type == "summary") | [.all_visible, .groups, .marked]' <<<"$output")" '[false,1,0]'
}

@test "a queue that is not read shows without privileges, too" {
	make_place
	hold udp,127.0.0.1,8089,count=2
	send_packets 8089 40
	exec 9<"$BIN/fairport-groups"
	run -0 --separate-stderr "${there[@]}" setpriv --reuid=65534 --regid=65534 --clear-groups \
		--bounding-set=-all /proc/self/fd/9 8089 --json - --look 50ms
	exec 9<&-
	assert_equal "$(jq -c 'select(.type == "group") | [.members[].marks[].cause]' <<<"$output")" \
		'["dead-member","dead-member"]'
}

@test "CAP_BPF and CAP_PERFMON are enough for slots and programs" {
	make_bpf_place
	hold udp,127.0.0.1,8089,count=3
	exec 9<"$BIN/fairport-groups"
	run -0 --separate-stderr "${there[@]}" setpriv --reuid=65534 --regid=65534 --clear-groups \
		--inh-caps=+bpf,+perfmon --ambient-caps=+bpf,+perfmon /proc/self/fd/9 --json - --look 50ms
	exec 9<&-
	assert_regex "$stderr" 'sock_diag and BPF iterators; processes of other users are not visible$'
	assert_equal "$(jq -c 'select(.type == "group") | [.steering, [.members[].slot]]' <<<"$output")" '["hash",[0,1,2]]'
}

@test "without BTF: as without privileges, and the note says so" {
	make_bpf_place
	hold udp,127.0.0.1,8089,count=2
	run -0 --separate-stderr "${there[@]}" unshare --mount sh -c \
		'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh "$BIN/fairport-groups" --look 50ms
	assert_regex "$stderr" 'without BPF iterators \(.*\) slots and programs are unknown$'
	assert_output --partial "UDP 127.0.0.1:8089, 2 members, user root"
}

@test "bad options are refused: status 1, one message, nothing on standard output" {
	refuses_each fairport-groups <<-'TABLE'
		0|error: invalid port "0" \(expected ports from 1 to 65535, e.g. 8089, 53,8089 or 9000-9003\)
		65536|invalid port "65536"
		x|invalid port "x"
		8089 9-8|invalid port "9-8"
		8089,|invalid port "8089,"
		--look|option --look needs a value
		--look x|invalid value "x" for --look \(expected e.g. 10, 1.5s, 250ms\)
		--look 2h|invalid value "2h" for --look
		--netns 1 --all-netns|--netns and --all-netns exclude each other
		--json|option --json needs a value
		--json /no/such/file|could not open /no/such/file for records
		--no-such|unknown or ambiguous option "--no-such"
	TABLE
}

#!/usr/bin/env bats
# fairport-fake: what this host has not enough of - ports, open files - is refused before anything is
# sent, and what it has is enough.
# Text for other shells stands in single quotes; run --separate-stderr sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load lib/common
load lib/fake

# among_few_ports REUSE COMMAND...: in a namespace with 100 ports, and this net.ipv4.tcp_tw_reuse.
among_few_ports() {
	alone bash -euc 'echo 40000 40099 >/proc/sys/net/ipv4/ip_local_port_range
		echo "$0" >/proc/sys/net/ipv4/tcp_tw_reuse; exec "$@"' "$@"
}

@test "more sources than there are ports are refused, with the arithmetic" {
	require_root
	run --separate-stderr among_few_ports 2 "$BIN/fairport-fake" 127.0.0.1:9 --source pool:200 --count 200
	assert_failure 1
	assert_equal "$output" ""
	assert_regex "$stderr" "pool:200 needs 200 source ports, but there are 100: 100 ports \(40000-40099\) for each of 1 address"
	assert_regex "$stderr" "hint: send from 2 addresses or more \(--source-addr\), or widen net.ipv4.ip_local_port_range"

	start_peer_apart udp-flows
	"${beside_peer[@]}" bash -c 'echo 40000 40099 >/proc/sys/net/ipv4/ip_local_port_range'
	fake --source pool:100 --count 200 --rate 10k
	fake --source pool:200 --source-addr 127.0.1.0/24 --count 400 --rate 10k
	fake --source per-packet --engine raw --count 100 --rate 10k --source-addr 127.0.0.2
	stop_peer
	peer_account >flows
	assert_equal "$(grep -c '^127.0.0.1 40[0-9]* 2 ' flows)" 100
	assert_equal "$(grep -c '^127.0.1.[0-9]* 40[0-9]* 2 ' flows)" 200
	assert_equal "$(grep -c '^127.0.0.2 40[0-9]* 1 ' flows)" 100
	assert_equal "$(wc -l <flows)" 400
}

@test "TCP: more connections than TIME_WAIT leaves ports for are refused, with the arithmetic" {
	require_root
	local options
	# Where ports are free again after a second, and where they are not.
	run --separate-stderr among_few_ports 2 "$BIN/fairport-fake" 127.0.0.1:9 --protocol tcp \
		--source per-packet --rate 1000
	assert_failure 1
	assert_equal "$output" ""
	assert_regex "$stderr" "per-packet over TCP runs out of source ports.*TIME_WAIT.*: 1,?000 connections/s x 1 s = 1,000.*, but there are 100: 100 ports \(40000-40099\) for each of 1 address"
	assert_regex "$stderr" "hint: 100 connections/s are possible; or send from more addresses \(--source-addr\)"
	run --separate-stderr among_few_ports 0 "$BIN/fairport-fake" 127.0.0.1:9 --protocol tcp \
		--source rotate:10 --rate 100
	assert_failure 1
	assert_regex "$stderr" "10 connections/s x 60 s = 600.*, but there are 100"
	assert_regex "$stderr" "hint: 1.67 connections/s"
	# These fit; nobody listens.
	while read -r options; do
		# shellcheck disable=SC2086 # words are meant
		run --separate-stderr among_few_ports 0 "$BIN/fairport-fake" 127.0.0.1:9 --protocol tcp $options
		assert_failure 2
		assert_regex "$stderr" "connections are refused"
	done <<-'TABLE'
		--source per-packet --rate 1000 --count 50
		--source per-packet --rate 1000 --duration 50ms
		--source rotate:100 --rate 160 --count 20
		--source per-packet --rate 1000 --count 110 --source-addr 127.0.0.0/29
	TABLE
}

# few_files OPTION...: with a hard limit of 64 open files.
few_files() {
	bash -c 'ulimit -n 64; exec "$@"' bash "$BIN/fairport-fake" "127.0.0.1:$PORT" --rate 5k "$@"
}

@test "more sources than the limit of open files are refused; threads have a limit each" {
	start_peer udp-flows
	local options needed
	while IFS='|' read -r options needed; do
		# shellcheck disable=SC2086 # words are meant
		run --separate-stderr few_files $options
		assert_failure 1
		assert_equal "$output" ""
		assert_regex "$stderr" "--source pool:[0-9]+ needs $needed, but the limit is 64"
		assert_regex "$stderr" "hint: raise the hard limit .*ulimit .*--threads"
	done <<-'TABLE'
		--source pool:65|65 open files
		--source pool:130 --threads 2|65 open files for each thread
		--source pool:100 --threads 3|1[0-9]* open files
		--source pool:62 --protocol tcp|[67][0-9] open files
	TABLE
	few_files --source pool:64 --count 128
	few_files --source pool:100 --count 200 --threads 2
	few_files --source pool:128 --count 256 --threads 2
	# What can be raised is raised.
	bash -c 'ulimit -Sn 64; exec "$@"' bash "$BIN/fairport-fake" "127.0.0.1:$PORT" --rate 5k \
		--source pool:100 --count 500
	stop_peer
	peer_account >flows
	assert_equal "$(awk '{ n += $3 } END { print n }' flows)" 1084
}

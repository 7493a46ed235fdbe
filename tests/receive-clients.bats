#!/usr/bin/env bats
# fairport-receive and what others have written to send line protocol: their own ways to quote, to
# write numbers and to tell the time.
#
# SQL and Perl stand in single quotes.
# shellcheck disable=SC2016,SC2030,SC2031

bats_require_minimum_version 1.5.0

load lib/common
load lib/receive
load lib/receive-postgres

# Debian's: its modules are Debian's too, and sbin need not be on the path.
PYTHON=/usr/bin/python3
COLLECTD=/usr/sbin/collectd

require_python_influxdb() {
	"$PYTHON" -c 'import influxdb' 2>/dev/null || skip_because "needs python3-influxdb"
}

# Takes points in Python, an expression, on standard input, and sends them with write_points' further
# arguments $1.
python_sends() {
	"$PYTHON" - "$PORT" "$1" "$(cat)" <<-'PYTHON'
		import datetime, sys
		from influxdb import InfluxDBClient
		client = InfluxDBClient(host="127.0.0.1", use_udp=True, udp_port=int(sys.argv[1]))
		client.write_points(eval(sys.argv[3]), **eval("dict(" + sys.argv[2] + ")"))
	PYTHON
}

@test "InfluxDB's Python client: its quoting, numbers and times" {
	require_python_influxdb
	start_receiver 127.0.0.1:0 --workers 1 --ns
	python_sends 'tags={"region": "eu, west", "none": None}' <<-'POINTS'
		[{"measurement": "cpu load, all", "tags": {"host": "a=b c", "empty": ""},
		  "fields": {"float": 0.1, "whole": 3.0, "large": 1e22, "tiny": 5e-324, "int": -2**63, "true": True,
			     "false": False, "text": 'say "hi" \\ é 😀\nnext', "blank": "", "nothing": None},
		  "time": 1700000000123456789},
		 {"measurement": "cpu load, all", "fields": {"float": -1.5},
		  "time": datetime.datetime(2024, 2, 29, 12, 0, 0, 250000)},
		 {"measurement": "cpu load, all", "fields": {"float": 2.5}, "time": "2024-02-29T12:00:00Z"},
		 {"measurement": "no time", "fields": {"float": 1.0}},
		 {"measurement": "bad", "fields": {"float": float("nan"), "int": 2**63}}]
	POINTS
	stop
	assert_equal "$(received '[.lines, .stored, .rejected_syntax]')" '[5,4,1]'
	assert_equal "$(tables)" 'cpu load, all no time'
	assert_equal "$(sql 'SELECT time_ns, region, host, float FROM "cpu load, all" ORDER BY 1')" "$(
		cat <<-'ROWS'
			1700000000123456789|eu, west|a=b c|0.1
			1709208000000000000|eu, west||2.5
			1709208000250000000|eu, west||-1.5
		ROWS
	)"
	assert_equal "$(sql 'SELECT json_build_array(whole, large, tiny, "int", "true", "false", text, blank) FROM "cpu load, all"
		WHERE whole = 3')" '[3, 1e+22, 5e-324, -9223372036854775808, true, false, "say \"hi\" \\ é 😀\nnext", ""]'
	assert_equal "$(sql 'SELECT abs(extract(epoch FROM now() - time)) < 60 FROM "no time"')" t
}

@test "InfluxDB's Python client: 1000 points in packets of 50, in seconds" {
	require_python_influxdb
	start_receiver 127.0.0.1:0 --workers 2 --precision s --layout jsonb
	python_sends 'time_precision="s", batch_size=50' <<-'POINTS'
		[{"measurement": "m", "tags": {"n": n}, "fields": {"n": n, "half": n / 2}, "time": 1700000000 + n} for n in range(1000)]
	POINTS
	stop
	assert_equal "$(received '[.packets, .lines, .stored]')" '[20,1000,1000]'
	assert_equal "$(sql "SELECT count(DISTINCT _tags), sum((_fields->>'n')::int), sum((_fields->>'half')::float8) FROM m")" \
		'1000|499500|249750'
	assert_equal "$(sql "SELECT bool_and(extract(epoch FROM _time) = 1700000000 + (_fields->>'n')::int) FROM m")" t
}

# Says each line of standard input to collectd, and waits for its answer.
collectd_says() {
	perl -MSocket -e '
		socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die "$!";
		connect($s, pack_sockaddr_un("collectd.sock")) or die "$!";
		while (<STDIN>) {
			syswrite($s, $_) or die "$!";
			sysread($s, $_, 4096) or die "$!";
			print;
		}'
}

# Whether table $2 has $1 rows, when collectd is told to hold nothing back.
has_passed_on() {
	collectd_says <<<FLUSH >flushed
	answers "SELECT count(*) FROM $2" "$1"
}

@test "collectd's write_influxdb_udp: values of several types in one column, times in milliseconds" {
	[ -x "$COLLECTD" ] || skip_because "needs collectd"
	require_command perl
	start_receiver 127.0.0.1:0 --workers 2 --ns --precision ms --on-type-conflict widen
	cat >collectd.conf <<-CONF
		BaseDir "$BATS_TEST_TMPDIR"
		PIDFile "$BATS_TEST_TMPDIR/collectd.pid"
		TypesDB "/usr/share/collectd/types.db"
		Hostname "test host"
		FQDNLookup false
		WriteThreads 1
		LoadPlugin logfile
		<Plugin logfile>
			File "$BATS_TEST_TMPDIR/collectd.log"
		</Plugin>
		LoadPlugin unixsock
		<Plugin unixsock>
			SocketFile "$BATS_TEST_TMPDIR/collectd.sock"
		</Plugin>
		LoadPlugin write_influxdb_udp
		<Plugin write_influxdb_udp>
			Server "127.0.0.1" "$PORT"
			StoreRates false
		</Plugin>
	CONF
	"$COLLECTD" -f -C collectd.conf >collectd.out 2>&1 3>&- &
	OTHER=$!
	eventually 10 test -S collectd.sock
	collectd_says >answers <<-'VALUES'
		PUTVAL "a host/my plug, in-inst 1/gauge-x y" 1700000000.125:42.5
		PUTVAL "a host/net/if_octets-eth 0" 1700000001:1:9007199254740993
		PUTVAL "h/both/derive" 1700000002:-9007199254740993
		PUTVAL "h/both/gauge" 1700000003:0.25
		PUTVAL "h/both/gauge" 1700000004:U
	VALUES
	assert_equal "$(grep -c Success answers)" 5
	eventually 10 has_passed_on 2 '"both"'
	kill "$OTHER"
	wait "$OTHER"
	OTHER=
	stop
	assert_equal "$(received '[.lines, .stored]')" '[4,4]'
	assert_equal "$(members '"my plug, in"')" \
		'1700000000125000000|host=a host instance=inst 1 type=gauge type_instance=x y value=42.5'
	assert_equal "$(members net)" '1700000001000000000|host=a host rx=1 tx=9007199254740993 type=if_octets type_instance=eth 0'
	assert_equal "$(members '"both"' | head -n 1)" '1700000002000000000|host=h type=derive value=-9007199254740993'
	assert_equal "$(members '"both"' | tail -n 1)" '1700000003000000000|host=h type=gauge value=0.25'
}

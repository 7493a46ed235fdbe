/* link: probes/top/reading.c */
/* What sockets, their owners and the counts of the kernel are together. */
#include "tests/unit/helpers.h"

#include "probes/tap/sample.h"
#include "probes/top/reading.h"

#define UDP_COOKIE 40
#define TCP_COOKIE 30

static struct socket_info socket_at(uint64_t cookie, bool tcp, uint16_t port)
{
	struct socket_info info = { .cookie = cookie, .tcp = tcp, .rcvbuf = 1000, .backlog = 10 };

	info.local.v4 = (struct sockaddr_in){ .sin_family = AF_INET,
					      .sin_port = htons(port),
					      .sin_addr = { htonl(INADDR_LOOPBACK) } };
	info.local.length = sizeof(info.local.v4);
	return info;
}

static struct tap_row row(uint32_t pid, uint32_t member, enum tap_call call, uint64_t packets)
{
	struct tap_row out = { .pid = pid, .tid = pid, .member = member, .call = call };

	out.counters.packets = packets;
	return out;
}

/* Two sockets; the first is open in a parent and in two children. */
struct scene {
	struct socket_info sockets[2];
	struct socket_owner owners[3];
	struct socket_list list;
	struct sample_member members[4];
	struct tap_row rows[5];
	struct sample sample;
};

static void set(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	scene->sockets[0] = socket_at(UDP_COOKIE, false, 8089);
	scene->sockets[0].owner_count = 3;
	scene->sockets[0].queue = 250;
	scene->sockets[0].drops = 7;
	scene->sockets[1] = socket_at(TCP_COOKIE, true, 8089);
	scene->sockets[1].first_owner = 3;
	scene->sockets[1].queue = 4;
	for (int i = 0; i < 3; i++)
		scene->owners[i] = (struct socket_owner){ .pid = 100 + i, .state = 'S' };
	strcpy(scene->owners[1].command, "child");
	scene->list = (struct socket_list){ .items = scene->sockets,
					    .count = 2,
					    .owners = scene->owners,
					    .owner_count = 3,
					    .all_visible = true };
	scene->members[2] = (struct sample_member){ .cookie = UDP_COOKIE };
	scene->members[2].counters.arrivals = 90;
	scene->members[2].counters.flows = 5;
	scene->members[3] = (struct sample_member){ .cookie = TCP_COOKIE, .tcp = true };
	scene->members[3].counters.handshakes = 60;
	scene->rows[1] = row(101, 2, CALL_RECVMMSG, 50);
	scene->rows[2] = row(102, 2, CALL_READ, 30);
	/* Not in use, and a stream's bytes: neither counts. */
	scene->rows[0] = row(0, 2, CALL_READ, 1000);
	scene->rows[3] = row(103, 3, CALL_READ, 1000);
	scene->rows[4] = row(103, 3, CALL_ACCEPT, 55);
	scene->sample = (struct sample){
		.members = scene->members, .rows = scene->rows, .member_count = 4, .row_count = 5
	};
}

static void test_arrivals(void **state)
{
	struct reading reading;
	struct scene scene;
	const struct reading_member *udp, *tcp;

	(void)state;
	set(&scene);
	assert_int_equal(reading_join(&reading, &scene.list, &scene.sample, NULL, 0, TIER_ARRIVALS),
			 0);
	assert_int_equal(reading.count, 2);
	assert_false(reading.flows_counted);
	udp = reading_find(&reading, UDP_COOKIE);
	tcp = reading_find(&reading, TCP_COOKIE);
	assert_true(udp && tcp && udp->counted && tcp->counted);
	assert_int_equal(udp->arrived, 90);
	assert_int_equal(udp->taken, 80);
	assert_int_equal(udp->dropped, 7);
	assert_int_equal(udp->queue, 250);
	assert_int_equal(udp->room, 1000);
	assert_int_equal(tcp->arrived, 60);
	assert_int_equal(tcp->taken, 55);
	assert_int_equal(tcp->queue_packets, 4);
	assert_int_equal(tcp->room, 10);
	assert_null(reading_find(&reading, 31));
	reading_free(&reading);
}

static void test_receptions(void **state)
{
	struct reading reading;
	struct scene scene;

	(void)state;
	set(&scene);
	assert_int_equal(reading_join(&reading, &scene.list, &scene.sample, NULL, 0,
				      TIER_RECEPTIONS),
			 0);
	assert_int_equal(reading_find(&reading, UDP_COOKIE)->arrived, 80);
	assert_int_equal(reading_find(&reading, TCP_COOKIE)->arrived, 60);
	reading_free(&reading);
}

static void test_no_counts(void **state)
{
	struct reading reading;
	struct scene scene;

	(void)state;
	set(&scene);
	assert_int_equal(reading_join(&reading, &scene.list, NULL, NULL, 0, TIER_NONE), 0);
	assert_int_equal(reading.count, 2);
	assert_false(reading.members[0].counted);
	assert_int_equal(reading_find(&reading, UDP_COOKIE)->dropped, 7);
	assert_false(reading_find(&reading, UDP_COOKIE)->packets_known);
	assert_true(reading_find(&reading, UDP_COOKIE)->slot == UINT32_MAX);
	reading_free(&reading);
}

/* Of several processes the one that takes most is shown; the last one, where nobody took yet. */
static void test_owners(void **state)
{
	struct reading reading;
	struct scene scene;

	(void)state;
	set(&scene);
	assert_int_equal(reading_join(&reading, &scene.list, &scene.sample, NULL, 0, TIER_ARRIVALS),
			 0);
	assert_int_equal(reading_find(&reading, UDP_COOKIE)->pid, 101);
	assert_string_equal(reading_find(&reading, UDP_COOKIE)->command, "child");
	assert_int_equal(reading_find(&reading, UDP_COOKIE)->owners, 3);
	assert_false(reading_find(&reading, UDP_COOKIE)->orphaned);
	assert_true(reading_find(&reading, TCP_COOKIE)->orphaned);
	reading_free(&reading);
	scene.list.all_visible = false;
	assert_int_equal(reading_join(&reading, &scene.list, NULL, NULL, 0, TIER_NONE), 0);
	assert_int_equal(reading_find(&reading, UDP_COOKIE)->pid, 102);
	assert_int_equal(reading_find(&reading, TCP_COOKIE)->pid, 0);
	assert_false(reading_find(&reading, TCP_COOKIE)->orphaned);
	reading_free(&reading);
}

static struct tap_flow_entry flow(uint32_t member, uint16_t port, uint64_t packets)
{
	struct tap_flow_entry entry = { .packets = packets };

	entry.key.member = member;
	entry.key.remote_port = port;
	return entry;
}

static void test_flows(void **state)
{
	const struct tap_flow_entry flows[] = { flow(1, 5000, 9), flow(2, 5000, 40),
						flow(2, 5001, 30), flow(2, 5002, 20) };
	const struct reading_member *udp;
	struct reading reading;
	struct scene scene;
	uint64_t sum = 0;

	(void)state;
	set(&scene);
	assert_int_equal(reading_join(&reading, &scene.list, &scene.sample, flows, COUNT(flows),
				      TIER_ARRIVALS),
			 0);
	udp = reading_find(&reading, UDP_COOKIE);
	assert_true(reading.flows_counted);
	assert_int_equal(udp->flow_count, 3);
	assert_int_equal(udp->new_flows, 5);
	for (size_t i = 0; i < 3; i++) {
		const struct reading_flow *at = &reading.flows[udp->first_flow + i];

		sum += at->packets;
		assert_true(i == 0 || at[-1].hash < at->hash);
	}
	assert_int_equal(sum, 90);
	assert_int_equal(reading_find(&reading, TCP_COOKIE)->flow_count, 0);
	/* The same 4-tuple has the same hash at another member. */
	assert_true(reading.flows[0].hash == reading.flows[1].hash ||
		    reading.flows[0].hash == reading.flows[2].hash ||
		    reading.flows[0].hash == reading.flows[3].hash);
	reading_free(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arrivals),  cmocka_unit_test(test_receptions),
		cmocka_unit_test(test_no_counts), cmocka_unit_test(test_owners),
		cmocka_unit_test(test_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

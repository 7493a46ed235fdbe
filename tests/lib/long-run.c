/*
 * For tests/bench/report: writes the streams of a long run, DIR/receive.ndjson, fake.ndjson and
 * probe.ndjson, as the programs themselves write them. WORKERS workers, INTERVALS records of one
 * second; one worker is restarted half way. Prints what all workers received.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/ndjson.h"
#include "common/received.h"
#include "common/rng.h"

#define COOKIE 769000
#define PID    15000
#define FLOWS  1000

struct long_run {
	const char *directory;
	uint64_t workers, intervals;
	struct received *totals; /* of each worker; the last is that of the one before a restart */
	struct rng rng;
};

static bool open_stream(struct ndjson *out, const struct long_run *run, const char *program)
{
	static char path[PATH_MAX];
	int error;

	snprintf(path, sizeof(path), "%s/%s.ndjson", run->directory, program);
	error = ndjson_open(out, path, program, "long-run");
	if (error)
		fprintf(stderr, "long-run: could not write %s: %s\n", path, strerror(-error));
	return error == 0;
}

static bool close_stream(struct ndjson *out)
{
	int error = ndjson_close(out);

	if (error)
		fprintf(stderr, "long-run: could not write: %s\n", strerror(-error));
	return error == 0;
}

static void header(struct ndjson *out)
{
	ndjson_begin(out, "header");
	ndjson_string(out, "version", "bench");
	ndjson_string(out, "host", "lab");
	ndjson_string(out, "kernel", "6.1.0");
	ndjson_uint(out, "port", 8089);
}

static void begin_interval(struct ndjson *out, uint64_t second)
{
	ndjson_begin(out, "interval");
	ndjson_uint(out, "elapsed_ns", (second + 1) * NS_PER_SECOND);
	ndjson_uint(out, "interval_ns", NS_PER_SECOND);
}

/* A second of a worker that gets about 10,000 packets; each index a little more. */
static struct received second_of(struct long_run *run, uint64_t index)
{
	uint64_t packets = 9000 + 10 * index + rng_below(&run->rng, 2000);

	return (struct received){ .packets = packets,
				  .bytes = packets * 145,
				  .messages = packets,
				  .receive_calls = packets + packets / 3,
				  .eagain = packets / 3,
				  .drops = rng_below(&run->rng, 100) == 0,
				  .lines = packets,
				  .stored = packets,
				  .batches = 2 };
}

/* The last index has another process in the second half. */
static uint64_t life_of(const struct long_run *run, uint64_t index, uint64_t second)
{
	return index + (index == run->workers - 1 && second >= run->intervals / 2);
}

static void identity(struct ndjson *out, const struct long_run *run, uint64_t life,
		     const char *state)
{
	ndjson_uint(out, "index", life < run->workers ? life : run->workers - 1);
	ndjson_uint(out, "generation", 1);
	ndjson_uint(out, "pid", PID + life);
	ndjson_uint(out, "cookie", COOKIE + (life < run->workers ? life : run->workers - 1));
	ndjson_string(out, "state", state);
}

static bool write_receive(struct long_run *run)
{
	struct received total = { .packets = 0 };
	struct ndjson out;

	if (!open_stream(&out, run, "receive"))
		return false;
	header(&out);
	ndjson_string(&out, "protocol", "udp");
	ndjson_string(&out, "model", "reuseport");
	ndjson_string(&out, "engine", "recvfrom");
	ndjson_string(&out, "steer", "hash");
	ndjson_end(&out);
	for (uint64_t second = 0; second < run->intervals; second++) {
		begin_interval(&out, second);
		ndjson_open_array(&out, "workers");
		for (uint64_t i = 0; i < run->workers; i++) {
			uint64_t life = life_of(run, i, second);
			struct received counts = second_of(run, i);

			ndjson_open_object(&out, NULL);
			identity(&out, run, life, "serving");
			counters_record(received_counters, &out, &counts);
			ndjson_close_object(&out);
			counters_add(received_counters, &run->totals[life], &counts);
		}
		ndjson_close_array(&out);
		ndjson_open_array(&out, "fronts");
		ndjson_close_array(&out);
		ndjson_double(&out, "rate_pps", 10000.5 * (double)run->workers);
		ndjson_end(&out);
	}
	for (uint64_t life = 0; life <= run->workers; life++) {
		counters_add(received_counters, &total, &run->totals[life]);
		ndjson_begin(&out, "worker");
		identity(&out, run, life, "ended");
		counters_record(received_counters, &out, &run->totals[life]);
		ndjson_end(&out);
	}
	ndjson_begin(&out, "summary");
	ndjson_uint(&out, "elapsed_ns", run->intervals * NS_PER_SECOND);
	ndjson_uint(&out, "workers", run->workers);
	counters_record(received_counters, &out, &total);
	ndjson_end(&out);
	printf("%" PRIu64 "\n", total.packets);
	return close_stream(&out);
}

/* What was received and what was dropped; every packet has a line. */
static bool write_fake(const struct long_run *run)
{
	uint64_t packets = 0, each;
	struct ndjson out;

	for (uint64_t life = 0; life <= run->workers; life++)
		packets += run->totals[life].packets + run->totals[life].drops;
	each = packets / run->intervals;
	if (!open_stream(&out, run, "fake"))
		return false;
	header(&out);
	ndjson_end(&out);
	for (uint64_t second = 0; second < run->intervals; second++) {
		begin_interval(&out, second);
		ndjson_uint(&out, "packets", each);
		ndjson_uint(&out, "lines", each);
		ndjson_uint(&out, "bytes", each * 145);
		ndjson_uint(&out, "send_errors", 0);
		ndjson_double(&out, "rate_pps", (double)each);
		ndjson_end(&out);
	}
	ndjson_begin(&out, "summary");
	ndjson_uint(&out, "elapsed_ns", run->intervals * NS_PER_SECOND);
	ndjson_uint(&out, "packets", packets);
	ndjson_uint(&out, "lines", packets);
	ndjson_uint(&out, "send_errors", 0);
	ndjson_uint(&out, "flows", FLOWS);
	ndjson_double(&out, "effective_flows", FLOWS);
	ndjson_end(&out);
	return close_stream(&out);
}

/* The counters of a call, in the order in which the probe has them. */
static void calls(struct ndjson *out, const struct received *counts)
{
	ndjson_uint(out, "calls", counts->receive_calls);
	ndjson_uint(out, "packets", counts->packets);
	ndjson_uint(out, "bytes", counts->bytes);
	ndjson_uint(out, "eagain", counts->eagain);
	ndjson_uint(out, "idle_wakeups", 0);
	ndjson_uint(out, "interrupted", 0);
	ndjson_uint(out, "errors", 0);
	ndjson_uint(out, "peeks", 0);
	ndjson_string(out, "truncated", NULL);
	ndjson_uint(out, "accepts", 0);
}

static void socket_of(struct ndjson *out, uint64_t cookie, const struct received *counts)
{
	static const char *const arrived[] = { "arrivals", "arrived_bytes", "arrived_segments",
					       "handshakes", "flows" };

	ndjson_uint(out, "cookie", cookie);
	ndjson_uint(out, "packets", counts->packets);
	ndjson_uint(out, "bytes", counts->bytes);
	for (size_t i = 0; i < sizeof(arrived) / sizeof(arrived[0]); i++)
		ndjson_string(out, arrived[i], NULL);
	ndjson_uint(out, "dropped", counts->drops);
	ndjson_uint(out, "queue_packets", 0);
	ndjson_uint(out, "queue_bytes", 0);
}

static void probe_interval(struct ndjson *out, struct long_run *run, uint64_t second)
{
	struct received counts = second_of(run, 0);

	begin_interval(out, second);
	calls(out, &counts);
	ndjson_open_array(out, "workers");
	for (uint64_t i = 0; i < run->workers; i++) {
		counts = second_of(run, i);
		ndjson_open_object(out, NULL);
		ndjson_uint(out, "pid", PID + life_of(run, i, second));
		ndjson_uint(out, "cookie", COOKIE + i);
		calls(out, &counts);
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
	ndjson_open_array(out, "sockets");
	for (uint64_t i = 0; i < run->workers; i++) {
		ndjson_open_object(out, NULL);
		counts = second_of(run, i);
		socket_of(out, COOKIE + i, &counts);
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
	ndjson_end(out);
}

/* Its intervals are other numbers of the same size; its totals are those of the receiver. */
static bool write_probe(struct long_run *run)
{
	struct ndjson out;

	if (!open_stream(&out, run, "probe"))
		return false;
	header(&out);
	ndjson_end(&out);
	for (uint64_t second = 0; second < run->intervals; second++)
		probe_interval(&out, run, second);
	for (uint64_t life = 0; life <= run->workers; life++) {
		ndjson_begin(&out, "worker");
		ndjson_uint(&out, "pid", PID + life);
		ndjson_string(&out, "comm", "fairport-receiv");
		ndjson_uint(&out, "cookie",
			    COOKIE + (life < run->workers ? life : run->workers - 1));
		calls(&out, &run->totals[life]);
		ndjson_end(&out);
	}
	for (uint64_t i = 0; i < run->workers; i++) {
		struct received counts = run->totals[i];

		if (i == run->workers - 1)
			counters_add(received_counters, &counts, &run->totals[i + 1]);
		ndjson_begin(&out, "socket");
		socket_of(&out, COOKIE + i, &counts);
		ndjson_string(&out, "protocol", "udp");
		ndjson_uint(&out, "port", 8089);
		ndjson_bool(&out, "open", true);
		ndjson_end(&out);
	}
	ndjson_begin(&out, "summary");
	ndjson_uint(&out, "elapsed_ns", run->intervals * NS_PER_SECOND);
	ndjson_uint(&out, "lost_events", 0);
	ndjson_end(&out);
	return close_stream(&out);
}

int main(int argc, char **argv)
{
	struct long_run run = { .directory = argv[1] };
	bool written;

	if (argc == 4) {
		run.workers = strtoull(argv[2], NULL, 10);
		run.intervals = strtoull(argv[3], NULL, 10);
	}
	if (!run.workers || !run.intervals) {
		fprintf(stderr, "usage: long-run DIR WORKERS INTERVALS\n");
		return 1;
	}
	rng_seed(&run.rng, 42, 0);
	run.totals = calloc(run.workers + 1, sizeof(*run.totals));
	written = run.totals && write_receive(&run) && write_fake(&run) && write_probe(&run);
	free(run.totals);
	return written ? 0 : 1;
}

/* For fuzz_run.c: the streams of a run, whole, as the programs write them. */
#ifndef FAIRPORT_TESTS_FUZZ_RUN_STREAMS_H
#define FAIRPORT_TESTS_FUZZ_RUN_STREAMS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ndjson.h"
#include "common/received.h"

#define WORKERS 3
#define SECONDS 3
#define SECOND  1000000000ull
#define LONGEST 65536

struct stream {
	const char *name;
	char *whole; /* as the programs write it */
	size_t length;
	char text[LONGEST]; /* as it is read */
	size_t used;
};

static struct stream streams[] = {
	{ .name = "receive.ndjson" }, { .name = "probe.ndjson" },  { .name = "fake.ndjson" },
	{ .name = "groups.ndjson" },  { .name = "bpftrace.json" }, { .name = "store.ndjson" },
	{ .name = "manifest.json" },
};

#define STREAMS (sizeof(streams) / sizeof(streams[0]))

static void begin(struct ndjson *out, struct stream *stream, const char *program)
{
	*out = (struct ndjson){ .program = program, .run = "r" };
	out->file = open_memstream(&stream->whole, &stream->length);
	ndjson_begin(out, "header");
	ndjson_string(out, "model", "reuseport");
	ndjson_end(out);
}

static struct received counts_of(uint64_t packets)
{
	return (struct received){ .packets = packets,
				  .messages = packets,
				  .bytes = packets,
				  .lines = packets,
				  .stored = packets };
}

static void life(struct ndjson *out, uint64_t index, uint64_t packets)
{
	struct received counts = counts_of(packets);

	ndjson_uint(out, "index", index);
	ndjson_uint(out, "generation", 1);
	ndjson_uint(out, "pid", 10 + index);
	ndjson_uint(out, "cookie", 100 + index);
	counters_record(received_counters, out, &counts);
}

static void interval(struct ndjson *out, uint64_t second)
{
	ndjson_begin(out, "interval");
	ndjson_uint(out, "elapsed_ns", (second + 1) * SECOND);
	ndjson_uint(out, "interval_ns", SECOND);
}

static void make_receive(struct stream *stream)
{
	struct received total = counts_of(WORKERS * SECONDS * 5);
	struct ndjson out;

	begin(&out, stream, "receive");
	for (uint64_t second = 0; second < SECONDS; second++) {
		interval(&out, second);
		ndjson_open_array(&out, "workers");
		for (uint64_t i = 0; i < WORKERS; i++) {
			ndjson_open_object(&out, NULL);
			life(&out, i, 5);
			ndjson_close_object(&out);
		}
		ndjson_close_array(&out);
		ndjson_open_array(&out, "fronts");
		ndjson_close_array(&out);
		ndjson_end(&out);
	}
	for (uint64_t i = 0; i < WORKERS; i++) {
		ndjson_begin(&out, "worker");
		life(&out, i, SECONDS * 5);
		ndjson_end(&out);
	}
	ndjson_begin(&out, "summary");
	counters_record(received_counters, &out, &total);
	ndjson_end(&out);
	ndjson_close(&out);
}

static void step(struct ndjson *out, uint64_t index, uint64_t packets)
{
	ndjson_uint(out, "cookie", 100 + index);
	ndjson_uint(out, "packets", packets);
	ndjson_uint(out, "dropped", 0);
}

static void make_probe(struct stream *stream)
{
	struct ndjson out;

	begin(&out, stream, "probe");
	for (uint64_t second = 0; second < SECONDS; second++) {
		interval(&out, second);
		ndjson_open_array(&out, "sockets");
		for (uint64_t i = 0; i < WORKERS; i++) {
			ndjson_open_object(&out, NULL);
			step(&out, i, 5);
			ndjson_close_object(&out);
		}
		ndjson_close_array(&out);
		ndjson_end(&out);
	}
	for (uint64_t i = 0; i < WORKERS; i++) {
		ndjson_begin(&out, "worker");
		ndjson_uint(&out, "pid", 10 + i);
		step(&out, i, SECONDS * 5);
		ndjson_end(&out);
		ndjson_begin(&out, "socket");
		step(&out, i, SECONDS * 5);
		ndjson_string(&out, "protocol", "udp");
		ndjson_uint(&out, "port", 8089);
		ndjson_bool(&out, "open", true);
		ndjson_end(&out);
		ndjson_begin(&out, "flow");
		ndjson_string(&out, "remote", "10.0.0.1:1024");
		ndjson_string(&out, "local", "10.0.0.2:8089");
		step(&out, i, SECONDS * 5);
		ndjson_end(&out);
	}
	ndjson_begin(&out, "summary");
	ndjson_uint(&out, "packets", WORKERS * SECONDS * 5);
	ndjson_uint(&out, "flows", WORKERS);
	ndjson_uint(&out, "lost_events", 0);
	ndjson_end(&out);
	ndjson_close(&out);
}

static void sent(struct ndjson *out, uint64_t packets)
{
	ndjson_uint(out, "packets", packets);
	ndjson_uint(out, "lines", packets);
	ndjson_uint(out, "send_errors", 0);
}

static void make_fake(struct stream *stream)
{
	struct ndjson out;

	begin(&out, stream, "fake");
	for (uint64_t second = 0; second < SECONDS; second++) {
		interval(&out, second);
		sent(&out, WORKERS * 5);
		ndjson_end(&out);
	}
	ndjson_begin(&out, "summary");
	ndjson_uint(&out, "elapsed_ns", SECONDS * SECOND);
	sent(&out, WORKERS * SECONDS * 5);
	ndjson_uint(&out, "flows", 1);
	ndjson_double(&out, "effective_flows", 1);
	ndjson_end(&out);
	ndjson_close(&out);
}

static void make_groups(struct stream *stream)
{
	struct ndjson out;

	begin(&out, stream, "groups");
	ndjson_begin(&out, "group");
	ndjson_string(&out, "protocol", "udp");
	ndjson_uint(&out, "port", 8089);
	ndjson_bool(&out, "grouped", true);
	ndjson_open_array(&out, "members");
	for (uint64_t i = 0; i < WORKERS; i++) {
		ndjson_open_object(&out, NULL);
		ndjson_uint(&out, "cookie", 100 + i);
		ndjson_uint(&out, "slot", i);
		ndjson_open_array(&out, "marks");
		ndjson_open_object(&out, NULL);
		ndjson_string(&out, "mark", "unread");
		ndjson_string(&out, "cause", "dead-member");
		ndjson_close_object(&out);
		ndjson_close_array(&out);
		ndjson_close_object(&out);
	}
	ndjson_close_array(&out);
	ndjson_end(&out);
	ndjson_begin(&out, "summary");
	ndjson_end(&out);
	ndjson_close(&out);
}

static void make_text(struct stream *stream, const char *text)
{
	stream->whole = strdup(text);
	stream->length = strlen(text);
}

static void streams_make(void)
{
	make_receive(&streams[0]);
	make_probe(&streams[1]);
	make_fake(&streams[2]);
	make_groups(&streams[3]);
	make_text(&streams[4], "{\"type\": \"map\", \"data\": {\"@packets\": "
			       "{\"10\": 15, \"11\": 15, \"12\": 15}}}\n");
	make_text(&streams[5], "{\"type\":\"table\",\"table\":\"cpu\",\"rows\":45}\n"
			       "{\"type\":\"summary\",\"tables\":1,\"rows\":45}\n");
	make_text(&streams[6], "{\n\"schema\":1,\n\"run\":\"r\",\n\"interrupted\":false,\n"
			       "\"netns\":\"private\",\n\"snmp\":{\"no_ports\":0},\n"
			       "\"missing\":[],\n\"expect\":[]\n}\n");
}

#endif

/*
 * A run that is made up: a server with two to four workers as the probe saw it, flows at each,
 * marks of fairport-groups, and the sender's account.
 */
#ifndef FAIRPORT_TESTS_LOOK_SCENE_H
#define FAIRPORT_TESTS_LOOK_SCENE_H

#include "tests/unit/stream_scene.h"

#include <math.h>
#include <stdarg.h>

#include "analysis/analysis.h"
#include "analysis/finding.h"
#include "analysis/read/run_load.h"
#include "analysis/run.h"

#define MOST 65536

static const char *const files[] = { "probe.ndjson", "groups.ndjson", "fake.ndjson", NULL };

struct test {
	struct scene scene;
	char probe[MOST], groups[MOST], fake[1024];
	size_t probe_used, groups_used;
	struct run run;
	struct analysis analysis;
	double tolerance;
	uint64_t flows, told; /* numbers of their ports, and their records */
};

static inline void add(char *text, size_t *used, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	*used += (size_t)vsnprintf(text + *used, MOST - *used, format, arguments);
	va_end(arguments);
	assert_true(*used < MOST);
}

#define PROBE(...)  add(test->probe, &test->probe_used, __VA_ARGS__)
#define GROUPS(...) add(test->groups, &test->groups_used, __VA_ARGS__)
#define RECORD(type, program)                                                                      \
	"{\"schema\":1,\"type\":\"" type "\",\"program\":\"" program "\",\"run\":\"r\""

static inline void begin(struct test *test)
{
	memset(test, 0, sizeof(*test));
	test->tolerance = 0.1;
	PROBE(RECORD("header", "probe") ",\"host\":\"h\",\"kernel\":\"6\"}\n");
}

/* A socket with its only process, pid 100 + COOKIE, that took PACKETS of those that arrived. */
static inline void socket_of(struct test *test, unsigned int cookie, unsigned int arrivals,
			     unsigned int packets, unsigned int dropped)
{
	unsigned int rest = arrivals - packets - dropped;

	if (packets)
		PROBE(RECORD("worker", "probe") ",\"pid\":%u,\"comm\":\"dnsd\",\"cookie\":%u,"
						"\"packets\":%u,\"bytes\":1,\"calls\":%u,"
						"\"eagain\":0,\"accepts\":0}\n",
		      100 + cookie, cookie, packets, packets);
	PROBE(RECORD("socket", "probe") ",\"cookie\":%u,\"protocol\":\"udp\",\"port\":53,"
					"\"open\":true,\"dropped\":%u,\"packets\":%u,"
					"\"arrivals\":%u,\"queue_packets\":%u,\"rcvbuf\":8192,"
					"\"owners\":[{\"pid\":%u,\"comm\":\"dnsd\"}],\"reasons\":[",
	      cookie, dropped, packets, arrivals, rest, 100 + cookie);
	if (dropped)
		PROBE("{\"reason\":\"SOCKET_RCVBUFF\",\"packets\":%u}", dropped);
	PROBE("]}\n");
}

/* A listener of the same kind: QUEUE wait at the end, MOST did, where BACKLOG may. */
static inline void listener_of(struct test *test, unsigned int cookie, const char *open,
			       unsigned int handshakes, unsigned int accepts, unsigned int queue,
			       unsigned int longest, unsigned int dropped, unsigned int late)
{
	if (accepts)
		PROBE(RECORD("worker", "probe") ",\"pid\":%u,\"comm\":\"webd\",\"cookie\":%u,"
						"\"packets\":0,\"bytes\":1,\"calls\":%u,"
						"\"eagain\":0,\"accepts\":%u}\n",
		      100 + cookie, cookie, accepts, accepts);
	PROBE(RECORD("socket", "probe") ",\"cookie\":%u,\"protocol\":\"tcp\",\"port\":80,"
					"\"open\":%s,\"dropped\":%u,\"packets\":%u,"
					"\"handshakes\":%u,\"queue_packets\":%u,"
					"\"queue_max\":%u,\"backlog\":8,\"owners\":[",
	      cookie, open, dropped, accepts, handshakes, queue, longest);
	if (strcmp(open, "true") == 0)
		PROBE("{\"pid\":%u,\"comm\":\"webd\"}", 100 + cookie);
	PROBE("],\"reasons\":[");
	if (late)
		PROBE("{\"reason\":\"TCP_LISTEN_OVERFLOW\",\"packets\":%u}", late);
	PROBE("]}\n");
}

/* So many flows of PACKETS each that came to this socket. */
static inline void flows_of(struct test *test, unsigned int cookie, unsigned int count,
			    unsigned int packets)
{
	test->told += count;
	for (unsigned int i = 0; i < count; i++)
		PROBE(RECORD("flow",
			     "probe") ",\"remote\":\"10.0.0.1:%u\",\"local\":\"10.0.0.2:53\","
				      "\"cookie\":%u,\"packets\":%u}\n",
		      1000 + (unsigned int)test->flows++, cookie, packets);
}

/* FIRST to LAST are members; the mark is of the last; MARK NULL: of none. */
static inline void group_of(struct test *test, unsigned int first, unsigned int last,
			    const char *steering, const char *mark, const char *evidence)
{
	if (!test->groups_used)
		GROUPS(RECORD("header", "groups") "}\n");
	GROUPS(RECORD("group", "groups") ",\"protocol\":\"udp\",\"address\":\"0.0.0.0:53\","
					 "\"port\":53,\"grouped\":true,\"steering\":\"%s\","
					 "\"shadowed_by\":[],\"members\":[",
	       steering);
	for (unsigned int i = first; i <= last; i++) {
		GROUPS("%s{\"cookie\":%u,\"slot\":%u,\"pid\":%u,\"comm\":\"dnsd\",\"marks\":[",
		       i > first ? "," : "", i, i - first, 100 + i);
		if (mark && i == last)
			GROUPS("{\"mark\":\"m\",\"cause\":\"%s\",\"evidence\":\"%s\"}", mark,
			       evidence);
		GROUPS("]}");
	}
	GROUPS("]}\n");
}

static inline void sent(struct test *test, unsigned int packets, unsigned int flows,
			const char *limited)
{
	snprintf(test->fake, sizeof(test->fake),
		 RECORD("header", "fake") "}\n" RECORD(
			 "summary", "fake") ",\"packets\":%u,\"lines\":%u,\"send_errors\":0,"
					    "\"elapsed_ns\":1000000000,\"flows\":%u,"
					    "\"effective_flows\":%u,\"limited\":%s,"
					    "\"requested_pps\":5000}\n",
		 packets, packets, flows, flows, limited);
}

/* Reads what was written, which has to be good. */
static inline void look(struct test *test)
{
	PROBE(RECORD("summary", "probe") ",\"elapsed_ns\":5000000000,\"flows\":%u,"
					 "\"effective_flows\":%u,\"evicted_flows\":0}\n",
	      (unsigned int)test->told, (unsigned int)test->told);
	scene_open(&test->scene);
	scene_write(&test->scene, "probe.ndjson", test->probe, test->probe_used);
	if (test->groups_used) {
		GROUPS(RECORD("summary", "groups") "}\n");
		scene_write(&test->scene, "groups.ndjson", test->groups, test->groups_used);
	}
	if (test->fake[0])
		scene_write(&test->scene, "fake.ndjson", test->fake, strlen(test->fake));
	scene_listen(&test->scene);
	if (!run_load(&test->run, test->scene.directory) || test->run.incomplete) {
		scene_heard(&test->scene);
		fail_msg("not read: %s", test->scene.said);
	}
	scene_heard(&test->scene);
	assert_int_equal(analysis_make(&test->analysis, &test->run, test->tolerance), 0);
}

static inline void end(struct test *test)
{
	analysis_free(&test->analysis);
	run_free(&test->run);
	scene_close(&test->scene, files);
	free(test);
}

static inline struct test *make(void)
{
	struct test *test = malloc(sizeof(*test));

	assert_non_null(test);
	begin(test);
	return test;
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" lacks \"%s\"", text, part);
}

/* The causes that are found: "one-flow rcvbuf-overflow". */
static inline void check(struct test *test, const char *verdict, const char *want)
{
	char got[512] = "";

	look(test);
	for (size_t i = 0; i < test->analysis.causes.count; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
			 test->analysis.causes.list[i].name);
	assert_string_equal(got, want);
	assert_string_equal(verdict_names[test->analysis.distribution.verdict], verdict);
}

static inline const struct cause *first(const struct test *test)
{
	return &test->analysis.causes.list[0];
}

/* What is said of the verdict has this part. */
static inline void check_sentence(const struct test *test, const char *part)
{
	char text[FINDING_TEXT];

	assert_has(finding_sentence(text, &test->analysis, &test->run), part);
}

#endif

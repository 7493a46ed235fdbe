/*
 * Where decoded lines go. One row of the table in sink.c per sink; a sink never blocks the
 * worker: it says which descriptor to wait for, and when it can take no more.
 */
#ifndef FAIRPORT_RECEIVER_SINK_H
#define FAIRPORT_RECEIVER_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_point;
struct receive_options;
struct account;

/* What a sink is made of; the pointers stay valid as long as it. */
struct sink_start {
	const struct receive_options *options;
	struct account *account; /* where it counts */
	void *shared;            /* what prepare() made */
	size_t index;            /* of the worker */
	uint64_t cookie;         /* of its socket */
};

/* What a sink waits for. */
struct sink_wait {
	int fd;          /* -1: nothing */
	short events;    /* of poll(2) */
	uint32_t opened; /* changes when FD is another one, be its number the same */
};

struct sink_ops {
	bool waits; /* for a server: to flush may take its time */
	/* Lines are not decoded but sent back, by lines.c: put() is not used and may be NULL. */
	bool answers;

	/*
	 * In the parent, before it forks: whether it could work. Says what is wrong. *SHARED is
	 * for what all workers have in common.
	 */
	bool (*prepare)(const struct receive_options *options, void **shared);

	/* In the worker. NULL after saying what is wrong. */
	void *(*open)(const struct sink_start *start);

	/*
	 * Takes one point, with its time in ns since 1970. LINE is its text as it came, whose time
	 * stamp may have another precision; RECEIVED the time for points that have none. Every
	 * point is sooner or later counted once in the account.
	 */
	void (*put)(void *sink, const struct lp_point *point, const char *line, size_t length,
		    int64_t received);

	/*
	 * Room for the lines of another packet? A sink that has none, and holds nothing that would
	 * make room, has failed for good.
	 */
	bool (*has_room)(const void *sink);

	struct sink_wait (*wait_for)(const void *sink);

	/* When service() is due even without an event, clock_now() time; UINT64_MAX: never. */
	uint64_t (*due)(const void *sink);

	/* Goes on as far as it can without blocking. READY: what it waits for has happened. */
	void (*service)(void *sink, uint64_t now, bool ready);

	/* Hands on everything it holds; busy() tells when that is done. */
	void (*flush)(void *sink);
	bool (*busy)(const void *sink);

	/* What is still held is counted as store errors. */
	void (*close)(void *sink);
};

extern const char *const sink_names[];
const struct sink_ops *sink_by_index(size_t index);

extern const struct sink_ops sink_postgres;
extern const struct sink_ops sink_null;
extern const struct sink_ops sink_echo;
extern const struct sink_ops sink_stdout;

/* All but put() of a sink that needs nothing and holds nothing; in null.c. */
bool sink_idle_prepare(const struct receive_options *options, void **shared);
void *sink_idle_open(const struct sink_start *start);
bool sink_idle_has_room(const void *sink);
struct sink_wait sink_idle_wait_for(const void *sink);
uint64_t sink_idle_due(const void *sink);
void sink_idle_service(void *sink, uint64_t now, bool ready);
void sink_idle_flush(void *sink);
bool sink_idle_busy(const void *sink);

#define SINK_IDLE                                                                                  \
	.prepare = sink_idle_prepare, .open = sink_idle_open, .has_room = sink_idle_has_room,      \
	.wait_for = sink_idle_wait_for, .due = sink_idle_due, .service = sink_idle_service,        \
	.flush = sink_idle_flush, .busy = sink_idle_busy, .close = sink_idle_flush

#endif

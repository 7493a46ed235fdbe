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

struct sink_ops {
	/* Lines are not decoded but sent back, by lines.c: put() is not used and may be NULL. */
	bool waits; /* for a server: to flush may take its time */
	bool answers;

	/* Whether it could work, asked by the parent before it forks. Says what is wrong. */
	bool (*check)(const struct receive_options *options);

	/* In the worker; counts go to ACCOUNT. NULL after saying what is wrong. */
	void *(*open)(const struct receive_options *options, struct account *account);

	/*
	 * Takes one point. LINE is its text, RECEIVED the time (ns since 1970) for points that
	 * have none. Every point is sooner or later counted once in the account.
	 */
	void (*put)(void *sink, const struct lp_point *point, const char *line, size_t length,
		    int64_t received);

	/* Room for the lines of another packet? */
	bool (*has_room)(const void *sink);

	/* The descriptor and poll(2) events it waits for, -1 for none. */
	int (*wait_for)(const void *sink, short *events);

	/* When service() is due even without an event, clock_now() time; UINT64_MAX: never. */
	uint64_t (*due)(const void *sink);

	/* Goes on as far as it can without blocking. */
	void (*service)(void *sink, uint64_t now);

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

/* All but put() of a sink that needs nothing and holds nothing; in null.c. */
bool sink_idle_check(const struct receive_options *options);
void *sink_idle_open(const struct receive_options *options, struct account *account);
bool sink_idle_has_room(const void *sink);
int sink_idle_wait_for(const void *sink, short *events);
uint64_t sink_idle_due(const void *sink);
void sink_idle_service(void *sink, uint64_t now);
void sink_idle_flush(void *sink);
bool sink_idle_busy(const void *sink);

#define SINK_IDLE                                                                                  \
	.check = sink_idle_check, .open = sink_idle_open, .has_room = sink_idle_has_room,          \
	.wait_for = sink_idle_wait_for, .due = sink_idle_due, .service = sink_idle_service,        \
	.flush = sink_idle_flush, .busy = sink_idle_busy, .close = sink_idle_flush

#endif

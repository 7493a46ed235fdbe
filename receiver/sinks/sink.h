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
struct slot;

struct sink_ops {
	/* Whether it could work, asked by the parent before it forks. Says what is wrong. */
	bool (*check)(const struct receive_options *options);

	/* In the worker; counts go to SLOT. NULL after saying what is wrong. */
	void *(*open)(const struct receive_options *options, struct slot *slot);

	/*
	 * Takes one point. LINE is its text, RECEIVED the time (ns since 1970) for points that
	 * have none. Every point is sooner or later counted once in the slot.
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

extern const struct sink_ops sink_null;
extern const struct sink_ops sink_postgres;

#endif

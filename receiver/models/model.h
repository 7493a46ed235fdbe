/* Models: how a pool gets its packets or connections. One row of the table in model.c each. */
#ifndef FAIRPORT_RECEIVER_MODEL_H
#define FAIRPORT_RECEIVER_MODEL_H

#include <stdbool.h>
#include <stddef.h>

struct front_start;
struct intake_ops;

struct model {
	const char *name;
	/* What the workers do with their inputs; NULL: the model has no such protocol. */
	const struct intake_ops *udp, *tcp;
	bool member_each; /* SO_REUSEPORT and a socket for each worker; else one for all */
	bool one_worker;
	/* The process between the socket and the workers, whose inputs are then channels. */
	int (*front)(const struct front_start *start);
	const char *front_name; /* "dispatcher" */
	const char *sockets;    /* for people: "a SO_REUSEPORT socket each" */
};

extern const char *const model_names[]; /* NULL-ended, in the order of the table */
const struct model *model_by_index(size_t index);

#endif

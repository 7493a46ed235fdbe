/*
 * The control socket: a Unix stream socket that takes a command a line and answers each with one
 * JSON object a line: {"ok":true,...} or {"ok":false,"error":"..."}.
 */
#ifndef FAIRPORT_RECEIVER_CONTROL_H
#define FAIRPORT_RECEIVER_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct control;
struct ndjson;

/* What a command does. */
struct control_command {
	const char *name;     /* "workers" */
	const char *argument; /* "N", NULL: takes none */
	const char *meaning;  /* for the answer to "help" */
	/*
	 * Carries it out; ARGUMENT is NULL where it takes none. Members of the answer are written
	 * to ANSWER, an open object. NULL, or why it was not done.
	 */
	const char *(*run)(void *context, const char *argument, struct ndjson *answer);
};

/*
 * Listens at PATH, readable and writable for the owner only. A socket that nobody listens on any
 * more is replaced; anything else that is there is an error. NULL after saying what is wrong.
 * COMMANDS ends with a row whose name is NULL.
 */
struct control *control_open(const char *path, const struct control_command *commands,
			     void *context);

#define CONTROL_FDS 9 /* the listener, and as many clients as are served at once */

/* Fills FDS for poll(2); returns how many, at most CONTROL_FDS. */
size_t control_wait_for(const struct control *control, struct pollfd fds[static CONTROL_FDS]);

/* Serves what is ready, never blocking: who does not read its answer is left. */
void control_service(struct control *control, const struct pollfd *fds, size_t count);

/* Removes the socket and frees. NULL is allowed. */
void control_close(struct control *control);

#endif

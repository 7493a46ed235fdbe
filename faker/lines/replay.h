/*
 * Recorded line protocol, line by line. Lines are what the decoder takes for one: a quoted string
 * may hold line feeds, within 1 MiB. Blank lines and comments are left out; wrong lines are not.
 */
#ifndef FAIRPORT_FAKER_LINES_REPLAY_H
#define FAIRPORT_FAKER_LINES_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct replay;

struct replay_line {
	const char *text; /* without a line feed; valid until the next call */
	size_t length;
	bool invalid;    /* the decoder rejects it */
	uint64_t number; /* of the line in the file, 1-based */
};

/*
 * Opens PATH ("-": standard input) for thread THREAD of THREADS, which gets every line whose
 * number among the lines, from 0, is THREAD modulo THREADS. With LOOP it begins anew at the end
 * (and the numbers go on, so that all threads get lines of a short file, too); that needs a regular
 * file. On failure returns NULL with *ERROR set to -errno (-EINVAL: a regular file without lines;
 * -ESPIPE: cannot be looped or shared by threads). Does not wait for input.
 */
struct replay *replay_open(const char *path, bool loop, uint32_t thread, uint32_t threads,
			   int *error);
void replay_close(struct replay *replay);

/*
 * Whether replay_open() would find what it needs, as far as that can be told without taking
 * anything from a pipe. False after an error message.
 */
bool replay_check(const char *path, bool loop, uint32_t threads);

/* Says why PATH could not be opened or read: ERROR as of replay_open() and replay_next(). */
void replay_explain(const char *path, int error);

/*
 * The next line: 1; 0 at the end; or -errno when reading failed (-EMSGSIZE: a line beyond 1 MiB;
 * -EINVAL: a file that loops has lost its lines). line->number is set whatever comes: where it is
 * not 1, to the line that would have been next.
 *
 * Where input comes from a pipe it is waited for until clock_now() reads UNTIL at most (0: not at
 * all), and a line is given as soon as it is there. Else -EAGAIN: the next call goes on with what
 * has come so far. After UNTIL input that is there is read once, whatever it holds, so that no call
 * is without progress and none goes on for ever.
 */
int replay_next(struct replay *replay, uint64_t until, struct replay_line *line);

#endif

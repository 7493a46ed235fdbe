/* What every process of the pool does first: signals, and telling the parent that it is ready. */
#ifndef FAIRPORT_RECEIVER_CHILD_H
#define FAIRPORT_RECEIVER_CHILD_H

/*
 * A descriptor for signals_next(), or -errno after an error message. ^C goes to the whole process
 * group, so it is ignored: the parent tells by SIGTERM when to stop.
 */
int child_signals(void);

/*
 * Writes a byte to FD and closes it; none if negative. A parent that does not wait any more says
 * by a signal what to do, so a pipe that nobody reads is no failure.
 */
void child_ready(int fd);

#endif

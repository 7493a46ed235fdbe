/* How a process of the pool tells the parent that it is able to receive. */
#ifndef FAIRPORT_RECEIVER_READY_H
#define FAIRPORT_RECEIVER_READY_H

/*
 * Writes a byte to FD and closes it; none if negative. A parent that does not wait any more says
 * by a signal what to do, so a pipe that nobody reads is no failure.
 */
void ready_tell(int fd);

#endif

/* The one place where signals arrive: a descriptor for the program's wait point. */
#ifndef FAIRPORT_SIGNALS_H
#define FAIRPORT_SIGNALS_H

/*
 * Blocks SIGINT, SIGTERM, SIGHUP (where it is not ignored) and, with CHILDREN, SIGCHLD, and returns
 * a non-blocking signalfd(2) that receives them, or -errno after an error message. SIGPIPE is
 * ignored. Children must call signals_restore() before exec.
 */
int signals_open(int children);

/* The next pending signal number, or 0 when none is pending. */
int signals_next(int fd);

/*
 * From now on a signal ends the process at once. For when nothing is left but to write results,
 * which somebody may never read.
 */
void signals_let_end(void);

/* Unblocks what signals_open() blocked and lets signals end it; for a child about to exec. */
void signals_restore(void);

#endif

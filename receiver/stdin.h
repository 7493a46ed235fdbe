/* fairport-receive --stdin: the lines of a file or pipe, for any sink that does not answer. */
#ifndef FAIRPORT_RECEIVER_STDIN_H
#define FAIRPORT_RECEIVER_STDIN_H

struct receive_options;

/*
 * Reads standard input to its end, or until a signal, and waits until the sink has handed on all of
 * it. Each line that is rejected is told as LINE:COLUMN. Returns the exit status.
 */
int stdin_run(const struct receive_options *options, int argc, char **argv);

#endif

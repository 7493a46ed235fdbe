/* One command and its answer, over the control socket. */
#ifndef FAIRPORT_CONTROL_ASK_H
#define FAIRPORT_CONTROL_ASK_H

struct control_options;

/* The line that came as the answer, without its end, to be freed. NULL after saying what failed. */
char *ask(const struct control_options *options);

#endif

/* From the first reading to the last: intervals, keys, signals. */
#ifndef FAIRPORT_TOP_LOOP_H
#define FAIRPORT_TOP_LOOP_H

#include <stdbool.h>

struct source;
struct top_options;

/*
 * Shows what SOURCE has until the time is over, a key or a signal on SIGNAL_FD ends it; on the
 * terminal with SCREEN, which has to be open. Changes of its size come on RESIZE_FD. Returns 0, or
 * -errno and in *STEP what failed.
 */
int loop_run(struct source *source, const struct top_options *options, bool screen, int signal_fd,
	     int resize_fd, const char **step);

#endif

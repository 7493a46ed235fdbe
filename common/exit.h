/* The exit statuses that every fairport program shares. */
#ifndef FAIRPORT_EXIT_H
#define FAIRPORT_EXIT_H

enum exit_status {
	EXIT_DONE = 0,         /* what was asked was done, also when one ^C ended it */
	EXIT_CANNOT_RUN = 1,   /* bad option, or something needed at start is not there */
	EXIT_INCOMPLETE = 2,   /* it ran, but the results do not cover everything */
	EXIT_EXPECTATION = 3,  /* a scenario's expectation or an assertion failed */
	EXIT_HOST_CANNOT = 77, /* this host lacks what the program needs */
};

#endif

/* What a service manager gives and wants: sockets (LISTEN_FDS), states (NOTIFY_SOCKET). */
#ifndef FAIRPORT_RECEIVER_SERVICE_H
#define FAIRPORT_RECEIVER_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * How many sockets were passed to this process, 0 for none; *FIRST is the descriptor of the first.
 * They are made close-on-exec and non-blocking, and the environment is cleared of them. Says what
 * is wrong and returns -errno when one is not a socket of the protocol (TCP: listening).
 */
int service_sockets(bool tcp, int *first);

/*
 * Tells the service manager, if there is one. STATUS is one line for people. Behind
 * service_reloading(), service_ready() says that it is done.
 */
void service_ready(const char *status);
void service_reloading(void);
void service_status(const char *status);
void service_stopping(void);

#endif

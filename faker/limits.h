/* Requests that this host cannot serve, refused with the arithmetic before anything is sent. */
#ifndef FAIRPORT_FAKER_LIMITS_H
#define FAIRPORT_FAKER_LIMITS_H

#include <stdbool.h>

struct plan;

/* Whether there are source ports enough. False after an error message. */
bool limits_check_ports(const struct plan *plan);

/*
 * Whether that many files can be open; raises the soft limit of the process to the hard one. False
 * after an error message.
 */
bool limits_check_files(const struct plan *plan);

#endif

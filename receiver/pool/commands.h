/* What the control socket can have done to a pool. */
#ifndef FAIRPORT_RECEIVER_COMMANDS_H
#define FAIRPORT_RECEIVER_COMMANDS_H

#include "receiver/pool/control.h"

/* Their context is a struct pool. */
extern const struct control_command pool_commands[];

#endif

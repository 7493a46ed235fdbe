/* Answers of the receiver, for people. */
#ifndef FAIRPORT_CONTROL_SHOW_H
#define FAIRPORT_CONTROL_SHOW_H

#include <jansson.h>

/* Prints an answer that is "ok". */
void show_answer(const json_t *answer);

#endif

/* All keys of one comparison judged together, so that many keys make no difference likely. */
#ifndef FAIRPORT_ANALYSIS_COMPARE_FAMILY_H
#define FAIRPORT_ANALYSIS_COMPARE_FAMILY_H

#include <stdbool.h>
#include <stddef.h>

struct compared_key;

/* Sets p_value and outcome of COUNT keys from what each shows on its own. */
void family_judge(struct compared_key *keys, size_t count);

/* Whether KEY has a test in which a difference could show, given enough repeats. */
bool family_includes(const struct compared_key *key);

#endif

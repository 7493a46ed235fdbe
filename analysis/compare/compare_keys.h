/* Keys as a user gives them, against what runs have. */
#ifndef FAIRPORT_ANALYSIS_COMPARE_COMPARE_KEYS_H
#define FAIRPORT_ANALYSIS_COMPARE_COMPARE_KEYS_H

#include <stdbool.h>

struct compared;

/* False after an error message: no run has a key that was asked for, or it is no number. */
bool compare_keys_exist(const struct compared *compared);

#endif

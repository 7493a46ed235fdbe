#include "analysis/compare/family.h"

#include <math.h>

#include "analysis/compare/compared.h"

bool family_includes(const struct compared_key *key)
{
	return !key->constant && !isnan(key->result.test.p_value);
}

/* The next larger p-value after PAST (the index breaks ties); NULL: there is none. */
static struct compared_key *next_by_p(struct compared_key *keys, size_t count,
				      const struct compared_key *past)
{
	struct compared_key *next = NULL;

	for (size_t i = 0; i < count; i++) {
		struct compared_key *key = &keys[i];
		double p = key->result.test.p_value;

		if (!family_includes(key))
			continue;
		if (past && (p < past->result.test.p_value ||
			     (p == past->result.test.p_value && key <= past)))
			continue;
		if (!next || p < next->result.test.p_value)
			next = key;
	}
	return next;
}

static enum compare_outcome outcome_of(const struct compared_key *key, size_t family)
{
	if (!family_includes(key))
		return COMPARE_NOT_SHOWN;
	if (key->p_value < COMPARE_LEVEL)
		return key->result.outcome;
	return key->result.test.least_p_value * (double)family >= COMPARE_LEVEL ? COMPARE_TOO_FEW
										: COMPARE_NOT_SHOWN;
}

void family_judge(struct compared_key *keys, size_t count)
{
	struct compared_key *key = NULL;
	size_t family = 0, left;
	double floor = 0;

	for (size_t i = 0; i < count; i++) {
		keys[i].p_value = NAN;
		family += family_includes(&keys[i]);
	}
	left = family;
	while ((key = next_by_p(keys, count, key))) {
		floor = fmax(floor, fmin(1, (double)left-- * key->result.test.p_value));
		key->p_value = floor;
	}
	for (size_t i = 0; i < count; i++)
		keys[i].outcome = outcome_of(&keys[i], family);
}

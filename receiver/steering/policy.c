#include "receiver/steering/policy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "receiver/steering/steering.h"

#define WEIGHTED "weighted:"

/* In the order of enum policy_kind; weighted has its numbers behind it. */
static const char *const names[] = {
	"hash", "random", "cpu", "round-robin", WEIGHTED, "least-queue", "series", "consistent",
};

/* Digits at *AT, which is moved behind them. Beyond POLICY_WEIGHT_SUM: any number beyond. */
static bool read_weight(const char **at, unsigned int *weight)
{
	const char *digits = *at;

	*weight = 0;
	for (; **at >= '0' && **at <= '9'; (*at)++)
		if (*weight <= POLICY_WEIGHT_SUM)
			*weight = *weight * 10 + (unsigned int)(**at - '0');
	return *at > digits;
}

static int parse_weights(struct policy *policy, const char *at)
{
	unsigned int weight, sum = 0;

	policy->weight_count = 0;
	do {
		if (policy->weight_count == POLICY_WEIGHTS || !read_weight(&at, &weight))
			return -EINVAL;
		sum += weight;
		if (sum > POLICY_WEIGHT_SUM)
			return -EINVAL;
		policy->weights[policy->weight_count++] = (uint16_t)weight;
	} while (*at++ == ',');
	return at[-1] == '\0' && sum > 0 ? 0 : -EINVAL;
}

int policy_parse(void *value, const char **expected)
{
	struct policy *policy = value;

	*expected =
		"hash, random, cpu, round-robin, weighted:W,... as in weighted:3,1, least-queue, "
		"series or consistent";
	if (strncmp(policy->text, WEIGHTED, strlen(WEIGHTED)) == 0) {
		*expected = "up to 64 whole weights with a sum from 1 to 4096, as in weighted:3,1";
		policy->kind = POLICY_WEIGHTED;
		return parse_weights(policy, policy->text + strlen(WEIGHTED));
	}
	policy->weight_count = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(policy->text, names[i]) == 0) {
			policy->kind = (enum policy_kind)i;
			return 0;
		}
	return -EINVAL;
}

bool policy_is_ebpf(const struct policy *policy)
{
	return policy->kind >= POLICY_ROUND_ROBIN;
}

const char *policy_unfit(const struct policy *policy, size_t workers, bool tcp)
{
	static char phrase[128];

	if (policy->kind == POLICY_WEIGHTED && policy->weight_count != workers) {
		snprintf(phrase, sizeof(phrase), "weighted has %zu weight%s for %zu worker%s",
			 policy->weight_count, policy->weight_count == 1 ? "" : "s", workers,
			 workers == 1 ? "" : "s");
		return phrase;
	}
	if (policy->kind == POLICY_SERIES && tcp)
		return "series reads packets, and TCP is chosen for before there is any";
	if (policy_is_ebpf(policy) && workers > STEERING_SLOTS) {
		snprintf(phrase, sizeof(phrase), "%s chooses among at most %d workers",
			 policy->text, STEERING_SLOTS);
		return phrase;
	}
	return NULL;
}

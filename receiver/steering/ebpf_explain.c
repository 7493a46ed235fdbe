/* Why a steering program could not be loaded: the process, or the kernel. */
#include "receiver/steering/ebpf.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/capability.h"
#include "common/message.h"
#include "receiver/steering/policy.h"

#define NOT_SUPPORTED_INSIDE 524 /* ENOTSUPP of the kernel, which leaks out of bpf(2) */

/* Reading the kernel's memory takes it; and loops, of which series needs one: see choose.h. */
static bool needs_perfmon(const struct policy *policy)
{
	return policy->kind == POLICY_LEAST_QUEUE || policy->kind == POLICY_SERIES;
}

/*
 * The verifier refuses what privilege is missing for with the same errors as what it does not know
 * at all, so the error does not tell.
 */
static bool is_privileged(const struct policy *policy)
{
	uint64_t have = capability_effective(), need = 1ULL << CAP_BPF | 1ULL << CAP_NET_ADMIN;

	if (needs_perfmon(policy))
		need |= 1ULL << CAP_PERFMON;
	return (have & 1ULL << CAP_SYS_ADMIN) || (have & need) == need;
}

static bool is_refusal(int error)
{
	switch (-error) {
	case EINVAL:
	case EACCES:
	case E2BIG:
	case ENOENT:
	case ESRCH:
	case ENOSYS:
	case EOPNOTSUPP:
	case NOT_SUPPORTED_INSIDE:
		return true;
	default:
		return false;
	}
}

int ebpf_explain(const struct policy *policy, int error)
{
	bool needs_btf = policy->kind == POLICY_LEAST_QUEUE;

	if (error == -EPERM || !is_privileged(policy))
		error = -EPERM;
	else if (is_refusal(error))
		error = -EOPNOTSUPP;
	message_error("could not load the steering program for %s: %s", policy->text,
		      strerror(-error));
	if (error == -EPERM)
		message_hint("needs CAP_BPF%s and CAP_NET_ADMIN; random and cpu need no privilege",
			     needs_perfmon(policy) ? ", CAP_PERFMON" : "");
	else if (error == -EOPNOTSUPP)
		message_hint("needs Linux 5.12 or later with a BPF JIT%s; --verbose shows what the "
			     "kernel said; random and cpu need no eBPF",
			     needs_btf ? " and BTF, not locked down to confidentiality" : "");
	return error;
}

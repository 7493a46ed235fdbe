#include "lab/doctor/versions.h"

#include <stdio.h>
#include <string.h>

const struct kernel_feature kernel_features[] = {
	{ { 3, 9, 0 }, "SO_REUSEPORT", "everything" },
	{ { 4, 6, 0 }, "classic BPF steering for UDP and TCP", "--steer random and cpu" },
	{ { 4, 18, 0 }, "UDP_SEGMENT", "engine gso of fairport-fake" },
	{ { 4, 19, 0 }, "sk_reuseport programs", "--steer by eBPF" },
	{ { 5, 0, 0 }, "UDP_GRO", "engine gro of fairport-receive" },
	{ { 5, 8, 0 }, "CAP_BPF", "BPF without root" },
	{ { 5, 9, 0 }, "socket iterators", "slots in fairport-groups" },
	{ { 5, 14, 0 }, "tcp_migrate_req", "restarts of TCP listeners without resets" },
	{ { 6, 3, 0 }, "tracepoint sock_recv_length", "fairport-probe" },
	{ { 6, 11, 0 }, "rx_sk in tracepoint kfree_skb", "drops of every kind by socket" },
	{ .name = NULL },
};

/*
 * Commits e32ea7e74727 (UDP, 4.5) and c125e80b8868 (TCP, 4.6) choose without the score that
 * SO_INCOMING_CPU adds to. The backports are as announced for these releases.
 */
const struct kernel_bug bug_incoming_cpu = {
	.since = { 4, 5, 0 },
	.fixed = { 6, 2, 0 },
	.backports = { { 5, 15, 86 }, { 6, 1, 2 } },
	.commit = "b261eda84ec1",
	.fixed_in = "Linux 6.2, 6.1.2, 5.15.86",
};

/* The same commits, and the score of a connected UDP socket. */
const struct kernel_bug bug_connected_members = {
	.since = { 4, 5, 0 },
	.fixed = { 5, 4, 0 },
	.backports = { { 4, 19, 75 }, { 5, 2, 17 }, { 5, 3, 1 } },
	.commit = "acdcecc61285",
	.fixed_in = "Linux 5.4, 5.3.1, 5.2.17, 4.19.75",
};

static bool parse(struct kernel_version *out, const char *text)
{
	*out = (struct kernel_version){ .version = 0 };
	return sscanf(text, "%4u.%4u.%6u", &out->version, &out->patchlevel, &out->sublevel) >= 2;
}

bool kernel_version_parse(struct kernel_version *out, const char *release, const char *build)
{
	static const char mark[] = "Debian ";
	const char *debian = strstr(build, mark);
	struct kernel_version precise;

	if (!parse(out, release))
		return false;
	if (debian && parse(&precise, debian + strlen(mark)) && precise.version == out->version &&
	    precise.patchlevel == out->patchlevel)
		*out = precise;
	return true;
}

int kernel_version_compare(const struct kernel_version *one, const struct kernel_version *other)
{
	if (one->version != other->version)
		return one->version < other->version ? -1 : 1;
	if (one->patchlevel != other->patchlevel)
		return one->patchlevel < other->patchlevel ? -1 : 1;
	if (one->sublevel != other->sublevel)
		return one->sublevel < other->sublevel ? -1 : 1;
	return 0;
}

size_t kernel_features_lacking(const struct kernel_version *version)
{
	size_t lacking = 0;

	for (const struct kernel_feature *feature = kernel_features; feature->name; feature++)
		lacking += kernel_version_compare(version, &feature->since) < 0;
	return lacking;
}

enum kernel_bug_state kernel_bug_state(const struct kernel_bug *bug,
				       const struct kernel_version *version)
{
	if (kernel_version_compare(version, &bug->since) < 0)
		return BUG_NOT_YET;
	if (kernel_version_compare(version, &bug->fixed) >= 0)
		return BUG_FIXED;
	for (size_t i = 0; i < KERNEL_BACKPORTS; i++) {
		const struct kernel_version *first = &bug->backports[i];

		if (version->version == first->version &&
		    version->patchlevel == first->patchlevel &&
		    version->sublevel >= first->sublevel)
			return BUG_FIXED;
	}
	return BUG_PRESENT;
}

/* What happened before packets arrived, by the sender's own account. */
#include "analysis/analysis.h"
#include "analysis/causes/family.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"

/*
 * How many more flows were sent than arrived, beyond what packets that never arrived can have taken
 * along: each of them one flow at most. Those must have been made one on the way.
 */
static double merged_flows(const struct scene *scene)
{
	const struct observed *observed = &scene->run->observed;
	const struct seen_flows *seen = &scene->analysis->seen;
	double sent = record_number(scene->run->sender.summary, "flows"), missing = 0;

	/* Flows of another sender would only hide it. */
	if (!seen->seen || !(sent > (double)seen->merged.flows))
		return 0;
	missing = (double)scene->run->sender.packets;
	for (size_t i = 0; i < observed->member_count; i++)
		if (!observed->members[i].tcp && observed->members[i].arrivals != OBSERVED_UNKNOWN)
			missing -= (double)observed->members[i].arrivals;
	if (missing < 0)
		missing = 0;
	return sent - (double)seen->merged.flows - missing;
}

bool scene_has_nat_collapse(const struct scene *scene)
{
	return merged_flows(scene) >= 1;
}

bool cause_nat_collapse(struct cause *cause, const struct scene *scene)
{
	const struct seen_flows *seen = &scene->analysis->seen;
	char sent[UNITS_TEXT], flows[UNITS_TEXT], sources[UNITS_TEXT];

	if (!scene_has_nat_collapse(scene))
		return false;
	cause_evidence(
		cause,
		"%s flows were sent and %s arrived, from %s source address%s (the heaviest "
		"from %s, with %.1f %% of all packets): something between rewrites sources, and "
		"the hash sees only what it makes of them",
		cause_count(sent, record_number(scene->run->sender.summary, "flows")),
		cause_count(flows, (double)seen->merged.flows),
		cause_count(sources, (double)seen->sources), seen->sources == 1 ? "" : "es",
		seen->remote, 100 * seen->weight.heaviest_share);
	cause_remedy(cause,
		     "send past the NAT or proxy, or have it keep the ports apart (a range of "
		     "ports instead of one); or, where the order of packets does not matter, "
		     "steer by packet: fairport-receive's --steer random or round-robin");
	cause_command(cause, "nft list ruleset | grep -E 'snat|masquerade'   # on the way");
	cause_command(cause, "conntrack -L -p udp                            # likewise");
	return true;
}

bool cause_sender_limited(struct cause *cause, const struct scene *scene)
{
	const struct rates *rates = &scene->analysis->rates;
	char sent[UNITS_TEXT], requested[UNITS_TEXT];

	if (!json_is_true(json_object_get(scene->run->sender.summary, "limited")))
		return false;
	cause_evidence(cause, "the sender reached %s of the requested %s packets/s",
		       cause_count(sent, rates->sent_pps),
		       cause_count(requested, rates->requested_pps));
	cause_remedy(cause,
		     "the rates measure the sender, not the receiver: ask for a lower --rate, "
		     "or send from several processes, hosts or spare CPUs");
	return true;
}

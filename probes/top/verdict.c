#include "probes/top/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

#include "probes/top/model.h"

/* Appends to TEXT, as much as fits. */
static void say(char text[static FRAME_BYTES], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(char text[static FRAME_BYTES], const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, FRAME_BYTES - used, format, arguments);
	va_end(arguments);
}

static enum line_style style_of(const struct view_group *group)
{
	if (!group->judged)
		return STYLE_PLAIN;
	switch (group->distribution.verdict) {
	case VERDICT_EVEN:
		return STYLE_GOOD;
	case VERDICT_FEW_FLOWS:
	case VERDICT_UNEVEN:
		return STYLE_MEDIUM;
	case VERDICT_UNEXPLAINED:
		return STYLE_BAD;
	default:
		return STYLE_PLAIN;
	}
}

enum line_style verdict_title(char text[static FRAME_BYTES], const struct view *view,
			      const struct view_group *group)
{
	const struct reading_member *place = &view->rows[group->first].track.now;
	char address[ADDRESS_TEXT], rate[SHORT_TEXT];

	text[0] = '\0';
	/* Where nothing is judged the reason is in the numbers. */
	if (group->judged)
		say(text, "%s: ", verdict_names[group->distribution.verdict]);
	say(text, "%s %s%s%s, %zu member%s", place->tcp ? "TCP" : "UDP",
	    address_text(address, &place->local), place->device[0] ? "%" : "", place->device,
	    group->members, group->members == 1 ? "" : "s");
	if (!isnan(group->arrived))
		say(text, ", %s %s/s", short_number(rate, group->arrived),
		    place->tcp ? "connections" : "packets");
	if (view->readings > 1)
		say(text, ", %s drops/s", short_number(rate, group->dropped));
	return style_of(group);
}

static void say_expectation(char text[static FRAME_BYTES], const struct view_group *group)
{
	const struct distribution *of = &group->distribution;
	char flows[SHORT_TEXT];

	if (group->steered) {
		say(text, "; a steering program chooses");
	} else if (group->split_flows) {
		say(text, "; %s flow%s split, as no hash does",
		    short_number(flows, (double)group->split_flows),
		    group->split_flows == 1 ? " is" : "s are");
	} else if (isnan(of->expected_cv)) {
		say(text, "; flows are not counted");
	} else {
		say(text, "; %s flow%s by hash: cv %.2f", short_number(flows, of->flows),
		    of->flows == 1 ? "" : "s", of->expected_cv);
	}
}

void verdict_numbers(char text[static FRAME_BYTES], const struct view_group *group)
{
	const struct distribution *of = &group->distribution;
	double seconds = (double)group->window / (double)NS_PER_SECOND;

	text[0] = '\0';
	if (group->window == 0)
		say(text, "  nothing is compared yet: the group is new here, or has changed");
	else if (!group->judged)
		say(text, "  who gets how much is not counted");
	else if (of->verdict == VERDICT_SINGLE)
		say(text, "  it gets everything; nobody shares the port");
	if (text[0])
		return;
	say(text, seconds < 9.95 ? "  last %.2g s: " : "  last %.0f s: ", seconds);
	if (of->verdict == VERDICT_IDLE) {
		say(text, "nothing arrived");
		return;
	}
	say(text, "busiest %.2f x mean, cv %.2f", of->max_over_mean, of->cv);
	say_expectation(text, group);
}

static const char *complaint(enum mark mark)
{
	static const char *const texts[] = {
		[MARK_STOPPED] = "is stopped",
		[MARK_ORPHANED] = "is open in no process",
		[MARK_UNREAD] = "is not read",
	};

	return mark <= MARK_UNREAD ? texts[mark] : NULL;
}

static void say_member(char text[static FRAME_BYTES], const struct view_row *row)
{
	const struct reading_member *now = &row->track.now;
	char queued[SHORT_TEXT];

	say(text, "  %s", now->slot == UINT32_MAX ? "a member" : "slot ");
	if (now->slot != UINT32_MAX)
		say(text, "%u", now->slot);
	if (now->pid)
		say(text, " (pid %d)", (int)now->pid);
	say(text, " %s", complaint(row->mark));
	if (now->packets_known)
		say(text, ", with %s %s%s waiting",
		    short_number(queued, (double)now->queue_packets),
		    now->tcp ? "connection" : "packet", now->queue_packets == 1 ? "" : "s");
	else
		say(text, ", with %s queued", short_bytes(queued, (double)now->queue));
}

bool verdict_remark(char text[static FRAME_BYTES], const struct view *view,
		    const struct view_group *group)
{
	const struct view_row *worst = NULL;
	size_t others = 0;

	text[0] = '\0';
	for (size_t i = 0; i < group->count; i++) {
		const struct view_row *row = &view->rows[group->first + i];

		if (!complaint(row->mark))
			continue;
		others += worst != NULL;
		if (!worst || row->mark < worst->mark)
			worst = row;
	}
	if (!worst)
		return false;
	say_member(text, worst);
	if (others)
		say(text, "; %zu more", others);
	return true;
}

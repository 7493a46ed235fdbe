/* What is said about a group as a whole, and about the worst of its members. */
#ifndef FAIRPORT_TOP_VERDICT_H
#define FAIRPORT_TOP_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/top/frame.h"

struct view;
struct view_group;

/*
 * "few-flows  UDP 127.0.0.1:8089, 4 members, 17.9k packets/s, 0 drops/s", and the style that
 * its verdict deserves.
 */
enum line_style verdict_title(char text[static FRAME_BYTES], const struct view *view,
			      const struct view_group *group);

/* The numbers behind it. */
void verdict_numbers(char text[static FRAME_BYTES], const struct view_group *group);

/* What is wrong with a member, and with how many more something is. False: with none. */
bool verdict_remark(char text[static FRAME_BYTES], const struct view *view,
		    const struct view_group *group);

#endif

/* Which sockets take what others on the same port would get: the kernel's choice before the hash.
 */
#ifndef FAIRPORT_GROUPS_SHADOW_H
#define FAIRPORT_GROUPS_SHADOW_H

#include <stddef.h>

struct group_list;
struct shadow;

/* Fills the shadows of LIST from its groups. 0 or -ENOMEM. */
int shadows_find(struct group_list *list);

/* Marks the members that shadow others, and those that are connected within a group. */
void shadows_mark(struct group_list *list);

#define SHADOW_TEXT 256

/* "takes what is sent to 127.0.0.1:8089". */
const char *shadow_text(char buffer[static SHADOW_TEXT], const struct group_list *list,
			const struct shadow *shadow);

#endif

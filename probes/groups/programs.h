/* The programs that the members of a group belong to: which is another one, which an old one. */
#ifndef FAIRPORT_GROUPS_PROGRAMS_H
#define FAIRPORT_GROUPS_PROGRAMS_H

struct group;

/*
 * Marks the members of another program than most, and those whose program file was replaced, while
 * others run the new one. Programs are told apart by their files, or where these may not be
 * seen, by their commands. 0 or -ENOMEM.
 */
int programs_mark(struct group *group);

#endif

#include "probes/groups/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/units.h"
#include "probes/groups/group.h"

#define COLUMNS      80
#define CELL         48
#define LARGE_GROUP  16 /* more members than this: those in a row that are alike are one line, */
#define SHORTEST_RUN 6  /* if they are as many */

/* COMMAND, which is on the left, gives way where the others are wide. */
enum column { MARK, SLOT, PID, COMMAND, GENERATION, PEER, QUEUE, DROPS, CPU, BUFFER, COOKIE, LAST };

static const char *const titles[LAST] = {
	[MARK] = "",          [SLOT] = "SLOT",     [PID] = "PID",       [COMMAND] = "COMMAND",
	[GENERATION] = "GEN", [PEER] = "PEER",     [QUEUE] = "QUEUE",   [DROPS] = "DROPS",
	[CPU] = "CPU",        [BUFFER] = "BUFFER", [COOKIE] = "COOKIE",
};

struct line {
	char cells[LAST][CELL];
};

static void queue_cell(char cell[static CELL], const struct socket_info *socket)
{
	char size[UNITS_TEXT];

	if (socket->tcp)
		snprintf(cell, CELL, "%" PRIu64 "/%" PRIu64, socket->queue, socket->backlog);
	else if (socket->queue == 0)
		snprintf(cell, CELL, "0");
	else if (socket->details.known)
		snprintf(cell, CELL, "%" PRIu64 " (%s)", socket->details.queue_packets,
			 units_size_text(size, socket->queue));
	else
		snprintf(cell, CELL, "%s", units_size_text(size, socket->queue));
}

/* Nothing may steer a terminal. */
static void command_cell(char cell[static CELL], const struct member *member)
{
	if (!member->holder)
		snprintf(cell, CELL, "-");
	else if (member->sharers > 1)
		snprintf(cell, CELL, "%.24s +%zu", member->holder->command, member->sharers - 1);
	else
		snprintf(cell, CELL, "%s", member->holder->command);
	for (char *at = cell; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
}

static struct line line_of(const struct member *member)
{
	const struct socket_info *socket = member->socket;
	const struct socket_details *details = &socket->details;
	char text[ADDRESS_TEXT];
	struct line line = { 0 };

	if (member_is_marked(member))
		strcpy(line.cells[MARK], "!");
	if (details->grouped && details->slot != UINT32_MAX)
		snprintf(line.cells[SLOT], CELL, "%u", details->slot);
	snprintf(line.cells[PID], CELL, "-");
	if (member->holder)
		snprintf(line.cells[PID], CELL, "%d", (int)member->holder->pid);
	command_cell(line.cells[COMMAND], member);
	if (member->generation)
		snprintf(line.cells[GENERATION], CELL, "%" PRIu64, member->generation);
	if (socket->connected)
		snprintf(line.cells[PEER], CELL, "%.47s", address_text(text, &socket->peer));
	queue_cell(line.cells[QUEUE], socket);
	snprintf(line.cells[DROPS], CELL, "%" PRIu64, socket->drops);
	if (details->known && details->incoming_cpu >= 0)
		snprintf(line.cells[CPU], CELL, "%d", details->incoming_cpu);
	if (!socket->tcp) /* of a listener it says nothing */
		units_size_text(line.cells[BUFFER], socket->rcvbuf);
	snprintf(line.cells[COOKIE], CELL, "%" PRIu64, socket->cookie);
	return line;
}

static void widen(int widths[static LAST], const struct line *line)
{
	for (size_t i = 0; i < LAST; i++) {
		int width = (int)strlen(line->cells[i]);

		if (width > widths[i])
			widths[i] = width;
	}
}

static int all_of(const int widths[static LAST])
{
	int all = 0;

	for (size_t i = 0; i < LAST; i++)
		all += widths[i] ? widths[i] + (i > 0) : 0;
	return all;
}

/* What is least missed goes first. */
static void fit(int widths[static LAST])
{
	static const int least = 10;

	for (int over; (over = all_of(widths) - COLUMNS) > 0;) {
		if (widths[COMMAND] - over >= least)
			widths[COMMAND] -= over;
		else if (widths[BUFFER])
			widths[BUFFER] = 0;
		else if (widths[CPU])
			widths[CPU] = 0;
		else if (widths[COMMAND] > least)
			widths[COMMAND] = least;
		else if (widths[COOKIE])
			widths[COOKIE] = 0;
		else
			return;
	}
}

static void print_line(const struct line *line, const int widths[static LAST])
{
	for (size_t i = 0; i < LAST; i++)
		if (widths[i])
			printf("%s%*.*s", i ? " " : "", i == COMMAND ? -widths[i] : widths[i],
			       widths[i], line->cells[i]);
	putchar('\n');
}

static bool is_plain(const struct member *member)
{
	return member->holder && !member_is_marked(member) && member->socket->queue == 0 &&
	       member->socket->drops == 0 && !member->socket->connected;
}

static bool are_alike(const struct member *left, const struct member *right)
{
	return strcmp(left->holder->command, right->holder->command) == 0 &&
	       left->generation == right->generation &&
	       left->socket->rcvbuf == right->socket->rcvbuf;
}

/* How many from FIRST on are plain and alike. */
static size_t run_of(const struct group *group, size_t first)
{
	size_t end = first;

	while (end < group->count && is_plain(&group->members[end]) &&
	       are_alike(&group->members[first], &group->members[end]))
		end++;
	return end - first;
}

static size_t count_processes(const struct member *members, size_t count)
{
	size_t processes = 0;

	for (size_t i = 0; i < count; i++) {
		size_t j = 0;

		while (members[j].holder->pid != members[i].holder->pid)
			j++;
		processes += j == i;
	}
	return processes;
}

static void print_run(const struct member *members, size_t count, const int widths[static LAST])
{
	size_t processes = count_processes(members, count);
	char slots[CELL] = "", owner[CELL];
	int start = widths[MARK] ? widths[MARK] + 1 : 0;

	if (widths[SLOT])
		snprintf(slots, sizeof(slots), "%u-%u: ", members[0].socket->details.slot,
			 members[count - 1].socket->details.slot);
	if (processes == 1)
		snprintf(owner, sizeof(owner), "pid %d", (int)members[0].holder->pid);
	else
		snprintf(owner, sizeof(owner), "%zu processes", processes);
	printf("%*s%s%zu members, %.*s (%s), queues empty, no drops\n", start + 1, "", slots, count,
	       24, members[0].holder->command, owner);
}

void print_table(const struct group *group, bool every)
{
	int widths[LAST] = { 0 };
	struct line title;

	for (size_t i = 0; i < group->count; i++) {
		struct line line = line_of(&group->members[i]);

		widen(widths, &line);
	}
	for (size_t i = 0; i < LAST; i++) {
		snprintf(title.cells[i], CELL, "%s", titles[i]);
		if (widths[i] && widths[i] < (int)strlen(titles[i]))
			widths[i] = (int)strlen(titles[i]);
	}
	widths[MARK] = 1;
	fit(widths);
	print_line(&title, widths);
	for (size_t i = 0; i < group->count;) {
		size_t run = group->count > LARGE_GROUP && !every ? run_of(group, i) : 0;

		if (run >= SHORTEST_RUN) {
			print_run(&group->members[i], run, widths);
			i += run;
		} else {
			struct line line = line_of(&group->members[i++]);

			print_line(&line, widths);
		}
	}
}

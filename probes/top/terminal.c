/* Apart from screen.c, as <term.h> takes hundreds of names, "lines" and "columns" among them. */
#include <curses.h>
#include <stdint.h>
#include <term.h>
#include <unistd.h>

#include "probes/top/screen.h"

bool screen_possible(void)
{
	const char *address;
	bool possible;
	int error;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	/* Says nothing and does not exit, as ERROR is asked for. */
	if (setupterm(NULL, STDOUT_FILENO, &error) != OK)
		return false;
	address = tigetstr("cup");
	/* NULL: there is none; -1: it is no text. */
	possible = address && (intptr_t)address != -1;
	del_curterm(cur_term);
	return possible;
}

/* fairport COMMAND ...: runs fairport-COMMAND, which stands beside it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/datadir.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/version.h"

static const struct command {
	const char *name, *meaning;
} commands[] = {
	{ "run", "run scenarios: receiver, faker, probes, then the report" },
	{ "fake", "send line protocol over UDP or TCP from chosen sources" },
	{ "receive", "take it with a pool of workers, into PostgreSQL" },
	{ "control", "tell a running receiver what to do, or ask it" },
	{ "probe", "count who gets what on a port, of any server" },
	{ "groups", "show the groups of this host, whose they are, what is wrong" },
	{ "top", "show who gets what on a port, as it happens" },
	{ "doctor", "tell what this host can do, and what will bite" },
	{ "explain", "say why workers get what they get, and what to change" },
	{ "assert", "check claims about a run or a port, for tests and CI" },
	{ "report", "join a run's records: summary, table, plots" },
};

static void print_help(void)
{
	printf("fairport: is your SO_REUSEPORT group fair?\n\n"
	       "Usage: fairport COMMAND [arguments]\n\nCommands:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("  %-9s %s\n", commands[i].name, commands[i].meaning);
	printf("\n'fairport COMMAND --help' explains a command, 'man fairport-COMMAND' in full.\n");
}

/* Becomes the program of the command; comes back when there is none. */
static int run(char **argv)
{
	const char *command = argv[1];
	char name[64], path[PATH_MAX];

	errno = ENOENT;
	if (snprintf(name, sizeof(name), "fairport-%s", command) < (int)sizeof(name) &&
	    !strchr(name, '/') && datadir_program(path, sizeof(path), name) == 0) {
		argv[1] = name;
		execv(path, argv + 1);
	}
	if (errno == ENOENT)
		message_error("there is no command \"%s\"", command);
	else
		message_error("could not run %s: %s", path, strerror(errno));
	fprintf(stderr, "Try 'fairport --help'\n");
	return EXIT_CANNOT_RUN;
}

int main(int argc, char **argv)
{
	message_program("fairport");
	if (argc < 2) {
		message_error("which command?");
		fprintf(stderr, "Try 'fairport --help'\n");
		return EXIT_CANNOT_RUN;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		printf("fairport %s\n", FAIRPORT_VERSION);
	else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		print_help();
	else
		return run(argv);
	return message_close_output(EXIT_DONE);
}

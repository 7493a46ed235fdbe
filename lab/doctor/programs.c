/* Programs of others that fairport runs, and what they say of themselves. */
#include "common/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/signals.h"
#include "lab/doctor/check.h"
#include "lab/doctor/families.h"
#include "lab/doctor/host.h"

#define VERSION_LIMIT (3 * NS_PER_SECOND)
#define VERSION_TEXT  128

static pid_t start(const char *path, int output)
{
	pid_t child = fork();

	if (child == 0) {
		int none = open("/dev/null", O_RDWR);

		/* With whatever it starts, it can be ended as one. */
		setpgid(0, 0);
		signals_restore();
		dup2(none, STDIN_FILENO);
		dup2(none, STDERR_FILENO);
		dup2(output, STDOUT_FILENO);
		execl(path, path, "--version", (char *)NULL);
		_exit(127);
	}
	return child;
}

/* Reads until the end, a signal of the user or the limit. */
static void read_answer(int fd, int signal_fd, char text[static VERSION_TEXT])
{
	uint64_t limit = clock_now() + VERSION_LIMIT;
	size_t length = 0;

	while (length < VERSION_TEXT - 1) {
		struct pollfd waits[] = { { .fd = fd, .events = POLLIN },
					  { .fd = signal_fd, .events = POLLIN } };
		ssize_t got;

		if (poll(waits, 2, clock_timeout_ms(limit)) <= 0 || waits[1].revents)
			break;
		got = read(fd, text + length, VERSION_TEXT - 1 - length);
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

/* The first line of "PATH --version"; "" where there is none in time. */
static void ask_version(const char *path, int signal_fd, char text[static VERSION_TEXT])
{
	int ends[2];
	pid_t child;

	text[0] = '\0';
	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	child = start(path, ends[1]);
	close(ends[1]);
	if (child > 0)
		read_answer(ends[0], signal_fd, text);
	close(ends[0]);
	if (child > 0) {
		/* It has said what it had to, or will not. The group may not be there yet. */
		kill(-child, SIGKILL);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

/* MISSING is what there is not without it, PACKAGE where Debian has it. */
static void look_for(const struct host *host, struct finding *finding, bool is_found,
		     const char *path, const char *name, const char *missing, const char *package)
{
	char version[VERSION_TEXT];

	found_bool(finding, "found", is_found);
	if (!is_found) {
		found(finding, LEVEL_NOTE, "there is no %s: %s", name, missing);
		found_remedy(finding, "apt-get install %s, or your system's way", package);
		return;
	}
	found_text(finding, "path", path);
	ask_version(path, host->signal_fd, version);
	if (version[0]) {
		found_text(finding, "version", version);
		found(finding, LEVEL_OK, "%s at %s", version, path);
		return;
	}
	found(finding, LEVEL_NOTE, "%s at %s does not tell its version: it may not run", name,
	      path);
	found_remedy(finding, "see what '%s --version' says", path);
}

void check_postgresql(const struct host *host, struct finding *finding)
{
	char path[PATH_MAX];
	/* Both are needed; the server is asked, as its version is what counts. */
	bool is_found = programs_find_postgres(path, sizeof(path), "initdb") &&
			programs_find_postgres(path, sizeof(path), "postgres");

	look_for(host, finding, is_found, path, "PostgreSQL server (initdb, postgres)",
		 "fairport-run makes no private database (--database none, or one of yours)",
		 "postgresql");
}

void check_gnuplot(const struct host *host, struct finding *finding)
{
	char path[PATH_MAX];
	bool is_found = programs_find(path, sizeof(path), "gnuplot");

	look_for(host, finding, is_found, path, "gnuplot",
		 "fairport-report writes the data of plots, and no plots", "gnuplot-nox");
}

void check_bpftrace(const struct host *host, struct finding *finding)
{
	char path[PATH_MAX];
	bool is_found = programs_find(path, sizeof(path), "bpftrace");

	look_for(host, finding, is_found, path, "bpftrace",
		 "receptions are not counted once more by an independent script", "bpftrace");
}

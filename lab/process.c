#include "lab/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/signals.h"

/* What a program gets to leave by itself when it is told to leave at once. */
#define LAST_RESORT_LIMIT (2 * NS_PER_SECOND)

static bool redirect(const char *path, int to)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0) {
		message_error("could not open %s: %s", path, strerror(errno));
		return false;
	}
	dup2(fd, to);
	close(fd);
	return true;
}

static bool redirect_output(const struct process_place *place, const char *name)
{
	char path[PATH_MAX];

	if (!place->show_output) {
		snprintf(path, sizeof(path), "%s/%s.out", place->logs, name);
		if (!redirect(place->output ? place->output : path, STDOUT_FILENO))
			return false;
	}
	snprintf(path, sizeof(path), "%s/%s.log", place->logs, name);
	return place->show_errors || redirect(path, STDERR_FILENO);
}

static bool become(uid_t uid, gid_t gid)
{
	if (uid == 0)
		return true;
	return chdir("/") == 0 && setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
	       setresuid(uid, uid, uid) == 0;
}

/* In the child. Comes back only when something failed. */
static void run_child(const char *name, const struct process_place *place, char *const argv[],
		      int ready_fd)
{
	int null = open("/dev/null", O_RDONLY);

	if (place->new_group)
		setpgid(0, 0);
	dup2(null, STDIN_FILENO);
	close(null);
	if (!redirect_output(place, name))
		return;
	if (ready_fd == PROCESS_READY_FD)
		fcntl(ready_fd, F_SETFD, 0);
	else if (ready_fd >= 0)
		dup2(ready_fd, PROCESS_READY_FD);
	signals_restore();
	if (!become(place->uid, place->gid)) {
		fprintf(stderr, "error: could not become user %u: %s\n", place->uid,
			strerror(errno));
		return;
	}
	/* After the change of user, which clears it. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	execvp(argv[0], argv);
	fprintf(stderr, "error: could not run %s: %s\n", argv[0], strerror(errno));
}

bool process_start(struct process *process, const char *name, const struct process_place *place,
		   char *const argv[])
{
	int ready[2] = { -1, -1 };

	*process = (struct process){ .name = name, .pidfd = -1, .ready_fd = -1 };
	if (place->ready && pipe2(ready, O_CLOEXEC) != 0) {
		message_error("could not start %s: %s", name, strerror(errno));
		return false;
	}
	message_detail("starting %s", argv[0]);
	for (char *const *word = argv + 1; *word; word++)
		message_detail("    %s", *word);
	process->pid = fork();
	if (process->pid == 0) {
		run_child(name, place, argv, ready[1]);
		_exit(127);
	}
	if (ready[1] >= 0)
		close(ready[1]);
	process->ready_fd = ready[0];
	if (process->pid < 0) {
		message_error("could not start %s: %s", name, strerror(errno));
		process->pid = 0;
		return false;
	}
	process->pidfd = pidfd_open(process->pid, 0);
	return true;
}

static void reap(struct process *process)
{
	if (process->ended || waitpid(process->pid, &process->status, 0) != process->pid)
		return;
	process->ended = true;
	close(process->pidfd);
	if (process->ready_fd >= 0)
		close(process->ready_fd);
	process->pidfd = process->ready_fd = -1;
}

/* Waits until the process ends, READY_FD (if not -1) can be read, or one of the others. */
static enum wait_result await(struct process *process, int ready_fd, uint64_t limit,
			      struct interrupt *interrupt)
{
	uint64_t end = clock_now() + limit;
	struct pollfd fds[3] = { { .fd = process->pidfd, .events = POLLIN },
				 { .fd = ready_fd, .events = POLLIN },
				 { .fd = interrupt->signal_fd, .events = POLLIN } };
	uint64_t now;

	while ((now = clock_now()) < end) {
		uint64_t left_ms = (end - now) / NS_PER_MS + 1;

		poll(fds, 3, left_ms < 1000 ? (int)left_ms : 1000);
		if (fds[1].revents & POLLIN)
			return WAIT_DONE;
		if (fds[0].revents) {
			reap(process);
			return WAIT_ENDED;
		}
		if (fds[2].revents && signals_next(interrupt->signal_fd) != 0) {
			interrupt->count++;
			return WAIT_SIGNAL;
		}
	}
	return WAIT_TIMEOUT;
}

enum wait_result process_await_ready(struct process *process, uint64_t limit,
				     struct interrupt *interrupt)
{
	enum wait_result result = await(process, process->ready_fd, limit, interrupt);
	char byte;

	/* A process that ends closes its end: that looks like something to read. */
	if (result == WAIT_DONE && read(process->ready_fd, &byte, 1) != 1) {
		await(process, -1, 5 * NS_PER_SECOND, interrupt);
		return WAIT_ENDED;
	}
	return result;
}

enum wait_result process_await_end(struct process *process, uint64_t limit,
				   struct interrupt *interrupt)
{
	enum wait_result result =
		process->ended ? WAIT_ENDED : await(process, -1, limit, interrupt);

	return result == WAIT_ENDED ? WAIT_DONE : result;
}

bool process_stop(struct process *process, int number, uint64_t limit, struct interrupt *interrupt)
{
	uint64_t end = clock_now() + limit;
	enum wait_result result = WAIT_SIGNAL;

	if (process->pid == 0 || process->ended)
		return true;
	kill(process->pid, number);
	/* The first signal only asks for what is being done already. */
	while (result == WAIT_SIGNAL && interrupt->count < 2)
		result = process_await_end(process, end - clock_now(), interrupt);
	if (result == WAIT_DONE)
		return true;
	if (result == WAIT_TIMEOUT)
		message_warning("%s did not end within %llu s and was killed", process->name,
				(unsigned long long)(limit / NS_PER_SECOND));
	if (process->last_resort) {
		kill(process->pid, process->last_resort);
		if (process_await_end(process, LAST_RESORT_LIMIT, interrupt) == WAIT_DONE)
			return false;
	}
	kill(process->pid, SIGKILL);
	reap(process);
	return false;
}

void process_show_log(const char *name, const char *logs)
{
	char path[PATH_MAX], line[512];
	FILE *log;

	snprintf(path, sizeof(path), "%s/%s.log", logs, name);
	log = fopen(path, "re");
	for (int i = 0; log && i < 20 && fgets(line, sizeof(line), log); i++)
		fputs(line, stderr);
	if (log)
		fclose(log);
}

int process_exit_status(const struct process *process)
{
	if (process->pid == 0 || !process->ended)
		return -1;
	return WIFSIGNALED(process->status) ? 128 + WTERMSIG(process->status)
					    : WEXITSTATUS(process->status);
}

#include "analysis/observe/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/observe/directory.h"
#include "common/clock.h"
#include "common/datadir.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/signals.h"
#include "common/units.h"

#define WORDS 20

/* A program beside this one. */
struct helper {
	pid_t pid; /* 0: it does not run */
	int status;
	char path[PATH_MAX], records[PATH_MAX], log[PATH_MAX];
	const char *words[WORDS + 1];
	size_t count;
};

struct watching {
	struct helper probe, groups;
	const struct observe_options *options;
	struct observation *out;
	char duration[32], interval[32], ready[16];
	int signal_fd;
	unsigned int signals;
};

static void say(struct helper *helper, const char *word)
{
	if (helper->count < WORDS)
		helper->words[helper->count++] = word;
}

/* Its path, where its records go, and what it says. */
static bool prepare(struct helper *helper, const char *directory, const char *program,
		    const char *records, const char *log)
{
	int error = datadir_program(helper->path, sizeof(helper->path), program);

	if (error) {
		message_error("could not find %s: %s", program, strerror(-error));
		return false;
	}
	snprintf(helper->records, sizeof(helper->records), "%s/%s", directory, records);
	snprintf(helper->log, sizeof(helper->log), "%s/%s", directory, log);
	helper->count = 0;
	say(helper, program);
	return true;
}

static void in_child(const struct helper *helper)
{
	int out = open("/dev/null", O_WRONLY);
	int log = open(helper->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	/* Out of reach of a terminal's ^C, which is handed on once; and it ends with us. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	if (log >= 0)
		dup2(log, STDERR_FILENO);
	signals_restore();
	execv(helper->path, (char *const *)helper->words);
	dprintf(STDERR_FILENO,
		"%s: error: could not run %s: %s\n%s: hint: build it: make; what it needs: make "
		"deps\n",
		helper->words[0], helper->path, strerror(errno), helper->words[0]);
	_exit(EXIT_CANNOT_RUN);
}

static bool start(struct helper *helper)
{
	message_flush_output();
	helper->words[helper->count] = NULL;
	helper->pid = fork();
	if (helper->pid == 0)
		in_child(helper);
	if (helper->pid > 0)
		return true;
	message_error("could not start %s: %s", helper->words[0], strerror(errno));
	helper->pid = 0;
	return false;
}

static void send_signal(const struct helper *helper, int number)
{
	if (helper->pid > 0)
		kill(helper->pid, number);
}

static void reap(struct helper *helper)
{
	int status;

	if (helper->pid <= 0 || waitpid(helper->pid, &status, WNOHANG) != helper->pid)
		return;
	helper->pid = 0;
	helper->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The first signal ends the probe in order, with what it has; the second ends both at once. */
static void take_signals(struct watching *watching)
{
	int number;

	while ((number = signals_next(watching->signal_fd)) != 0) {
		if (number == SIGCHLD)
			continue;
		watching->out->interrupted = true;
		watching->signals++;
		send_signal(&watching->probe, watching->signals == 1 ? SIGINT : SIGKILL);
		if (watching->signals > 1)
			send_signal(&watching->groups, SIGKILL);
	}
	reap(&watching->probe);
	reap(&watching->groups);
}

static void await_both(struct watching *watching)
{
	struct pollfd wait = { .fd = watching->signal_fd, .events = POLLIN };

	take_signals(watching);
	while (watching->probe.pid || watching->groups.pid) {
		poll(&wait, 1, -1);
		take_signals(watching);
		/* Nothing to explain: nobody waits for the queues to be looked at. */
		if (!watching->probe.pid && watching->probe.status == EXIT_CANNOT_RUN)
			send_signal(&watching->groups, SIGTERM);
	}
}

/* Repeats on standard error what a program said, under its own name. */
static void show_log(const struct helper *helper)
{
	FILE *file = fopen(helper->log, "re");
	char line[1024];

	while (file && fgets(line, sizeof(line), file))
		fputs(line, stderr);
	if (file)
		fclose(file);
}

static void give_place(struct helper *helper, const struct observe_options *options)
{
	if (options->netns) {
		say(helper, "--netns");
		say(helper, options->netns);
	}
	say(helper, "--json");
	say(helper, helper->records);
	say(helper, "--quiet");
}

/* ALL: with what takes privileges. */
static bool start_probe(struct watching *watching, bool all)
{
	const struct observe_options *options = watching->options;
	struct helper *probe = &watching->probe;
	/* Ten intervals or more, for a time line. */
	uint64_t step = options->duration / 10;

	if (!prepare(probe, watching->out->directory, "fairport-probe", PROBE_RECORDS, PROBE_LOG))
		return false;
	snprintf(watching->duration, sizeof(watching->duration), "%" PRIu64 "ns",
		 options->duration);
	if (step > NS_PER_SECOND)
		step = NS_PER_SECOND;
	snprintf(watching->interval, sizeof(watching->interval), "%" PRIu64 "ns", step);
	snprintf(watching->ready, sizeof(watching->ready), "%d", options->ready_fd);
	say(probe, "--port");
	say(probe, options->ports.text);
	say(probe, "--duration");
	say(probe, watching->duration);
	say(probe, "--interval");
	say(probe, watching->interval);
	if (options->ready_fd > 0) {
		say(probe, "--ready-fd");
		say(probe, watching->ready);
	}
	if (all) {
		say(probe, "--with");
		say(probe, "all");
		say(probe, "--by");
		say(probe, "flow");
	} else {
		say(probe, "--tier");
		say(probe, "none");
	}
	give_place(probe, options);
	return start(probe);
}

static bool start_groups(struct watching *watching)
{
	struct helper *groups = &watching->groups;

	if (!prepare(groups, watching->out->directory, "fairport-groups", GROUPS_RECORDS,
		     GROUPS_LOG))
		return false;
	say(groups, watching->options->ports.text);
	give_place(groups, watching->options);
	return start(groups);
}

/* Whether its last record is the summary: else there was no room for all of them. */
static bool is_whole(const struct helper *helper)
{
	char end[16384];
	FILE *file = fopen(helper->records, "re");
	size_t length = 0;

	if (file && fseek(file, -(long)sizeof(end) + 1, SEEK_END) != 0)
		rewind(file);
	if (file)
		length = fread(end, 1, sizeof(end) - 1, file);
	if (file)
		fclose(file);
	end[length] = '\0';
	return length && end[length - 1] == '\n' && strstr(end, "\"type\":\"summary\"");
}

/* By a signal: then its log need not say why. */
static void tell_killed(const struct watching *watching)
{
	const struct helper *probe = &watching->probe;

	if (probe->status <= 128)
		return;
	if (watching->signals)
		message_error("interrupted before anything was counted");
	else
		message_error("%s was ended by a signal: %s", probe->words[0],
			      strsignal(probe->status - 128));
}

/* Returns an exit status: what the two left is there, or it was said why not. */
static int watch(struct watching *watching)
{
	struct helper *probe = &watching->probe;

	if (!start_probe(watching, true) || !start_groups(watching)) {
		send_signal(probe, SIGKILL);
		await_both(watching);
		return EXIT_CANNOT_RUN;
	}
	await_both(watching);
	if (probe->status == EXIT_HOST_CANNOT && !watching->signals) {
		message_warning(
			"only queues and drops are counted: fairport-probe lacks CAP_BPF and "
			"CAP_PERFMON, or the kernel lacks something");
		message_hint("as root, who receives what is counted; 'fairport doctor' tells what "
			     "is missing");
		if (!start_probe(watching, false))
			return EXIT_CANNOT_RUN;
		await_both(watching);
	}
	if (watching->signals > 1) {
		message_error("interrupted twice: what was seen is thrown away");
		return EXIT_CANNOT_RUN;
	}
	if (probe->status != EXIT_DONE)
		show_log(probe);
	if (probe->status != EXIT_DONE && probe->status != EXIT_INCOMPLETE) {
		tell_killed(watching);
		return probe->status == EXIT_HOST_CANNOT ? EXIT_HOST_CANNOT : EXIT_CANNOT_RUN;
	}
	if (!is_whole(probe)) {
		message_error("could not keep what was seen: %s is cut off", probe->records);
		message_hint("is there room on that file system? TMPDIR or --keep names another");
		return EXIT_CANNOT_RUN;
	}
	if (watching->groups.status != EXIT_DONE) {
		show_log(&watching->groups);
		message_warning("fairport-groups failed: nothing is known of what is wrong with "
				"members");
	}
	return EXIT_DONE;
}

const char *observe_only_live(const struct observe_options *options)
{
	return options->netns           ? "netns"
	       : options->keep          ? "keep"
	       : options->ready_fd >= 0 ? "ready-fd"
					: NULL;
}

int observe(struct observation *out, const struct observe_options *options)
{
	struct watching watching = { .options = options, .out = out };
	char time[UNITS_TEXT], ports[PORTS_TEXT];
	int status;

	*out = (struct observation){ .temporary = false };
	watching.signal_fd = signals_open(1);
	if (watching.signal_fd < 0)
		return EXIT_CANNOT_RUN;
	if (!directory_make(out, options->keep)) {
		close(watching.signal_fd);
		return EXIT_CANNOT_RUN;
	}
	message_note("watching %s for %s; ^C ends it early", ports_text(ports, &options->ports),
		     units_duration_text(time, options->duration));
	status = watch(&watching);
	if (status != EXIT_DONE)
		observe_end(out);
	close(watching.signal_fd);
	return status;
}

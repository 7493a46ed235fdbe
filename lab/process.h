/*
 * A child program: started with its output in files, awaited until ready or ended, stopped. Every
 * wait is bounded and gives way to a signal.
 */
#ifndef FAIRPORT_LAB_PROCESS_H
#define FAIRPORT_LAB_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
	const char *name; /* in messages, and of its log files */
	pid_t pid;        /* 0: not started */
	int pidfd;
	int ready_fd; /* where its byte arrives, -1: none */
	int status;   /* as of waitpid(2), once ended */
	bool ended;
	int last_resort; /* signal before SIGKILL, 0: none */
};

/*
 * Signals of the user, as they arrive at any wait. The first one asks for an orderly end, the
 * second one for an end at once.
 */
struct interrupt {
	int signal_fd;
	unsigned int count;
};

#define PROCESS_READY_FD 3

struct process_place {
	const char *logs;   /* directory for NAME.out and NAME.log */
	const char *output; /* path for standard output instead of NAME.out, or NULL */
	bool show_errors;   /* standard error stays the parent's */
	bool show_output;   /* so does standard output */
	bool new_group;     /* out of reach of the terminal's ^C */
	bool ready;         /* descriptor PROCESS_READY_FD is its --ready-fd */
	uid_t uid;          /* who it runs as, with gid, in "/"; 0: unchanged */
	gid_t gid;
};

enum wait_result { WAIT_DONE, WAIT_ENDED, WAIT_TIMEOUT, WAIT_SIGNAL };

/* ARGV ends with NULL; argv[0] is looked up in PATH. False after an error. */
bool process_start(struct process *process, const char *name, const struct process_place *place,
		   char *const argv[]);

/*
 * Waits for the ready byte: WAIT_DONE; or until the process ended, LIMIT ns passed, or a signal
 * came, which is counted.
 */
enum wait_result process_await_ready(struct process *process, uint64_t limit,
				     struct interrupt *interrupt);

/* Waits for the end: WAIT_DONE; or for the others. */
enum wait_result process_await_end(struct process *process, uint64_t limit,
				   struct interrupt *interrupt);

/*
 * Sends NUMBER, waits for the end up to LIMIT ns or until a second signal came, then kills.
 * Returns whether it ended by itself. Nothing happens where it is not running.
 */
bool process_stop(struct process *process, int number, uint64_t limit, struct interrupt *interrupt);

/* Repeats on standard error what process NAME said there, up to a bound. */
void process_show_log(const char *name, const char *logs);

/* The exit status, 128 + signal number where a signal ended it, -1 where it never ran. */
int process_exit_status(const struct process *process);

#endif

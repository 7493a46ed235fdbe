#include "probes/groups/generations.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exchange.h"
#include "common/message.h"
#include "probes/groups/group.h"

#define RECEIVER       "fairport-receive"
#define COMMAND_KEPT   15 /* characters of it in /proc/PID/stat */
#define PATIENCE       NS_PER_SECOND
#define ANSWER_LIMIT   (4u << 20)
#define COMMAND_LIMIT  (128 * 1024)     /* bytes of a command line; more than a page of options */
#define SHORTEST_MATCH strlen("--cont") /* getopt_long(3) knows --control by this much */

/* A process that was asked, or cannot be. */
struct asked {
	pid_t pid;
	json_t *answer; /* NULL: none */
};

struct inquiry {
	struct asked *asked;
	size_t count;
};

/* "PID (COMMAND) STATE PARENT ...", see proc_pid_stat(5). */
static pid_t parent_of(pid_t pid, bool *is_receiver)
{
	char path[64], line[256];
	const char *begin, *end;
	size_t length = 0;
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file) {
		length = fread(line, 1, sizeof(line) - 1, file);
		fclose(file);
	}
	line[length] = '\0';
	begin = strchr(line, '(');
	end = strrchr(line, ')');
	*is_receiver = begin && end && end - begin - 1 == COMMAND_KEPT &&
		       strncmp(begin + 1, RECEIVER, COMMAND_KEPT) == 0;
	return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? (pid_t)parent : 0;
}

/* The one who answers for a process of the pool: the parent of workers. */
static pid_t head_of(pid_t pid)
{
	bool is_receiver, parent_is;
	pid_t parent = parent_of(pid, &is_receiver);

	parent_of(parent, &parent_is);
	return parent_is ? parent : pid;
}

/* The value of --control among the words, each with its end; NULL: there is none. */
static const char *find_control(const char *words, size_t length)
{
	const char *end = words + length;

	for (const char *word = words; word < end; word += strlen(word) + 1) {
		size_t name = strcspn(word, "=");

		if (strcmp(word, "--") == 0)
			return NULL;
		if (name < SHORTEST_MATCH || strncmp(word, "--control", name) != 0)
			continue;
		if (word[name] == '=')
			return word + name + 1;
		word += name + 1;
		return word < end ? word : NULL;
	}
	return NULL;
}

/* Where the process has its control socket, as this process can reach it. */
static bool control_path(char path[static PATH_MAX], pid_t pid)
{
	char *words = malloc(COMMAND_LIMIT + 1);
	const char *control = NULL;
	size_t length = 0;
	FILE *file;
	int used = 0;

	snprintf(path, PATH_MAX, "/proc/%d/cmdline", (int)pid);
	file = words ? fopen(path, "re") : NULL;
	if (file) {
		length = fread(words, 1, COMMAND_LIMIT, file);
		fclose(file);
		words[length] = '\0';
		control = find_control(words, length);
	}
	/* It may have another root, and surely has its own working directory. */
	if (control)
		used = snprintf(path, PATH_MAX, "/proc/%d/%s/%s", (int)pid,
				control[0] == '/' ? "root" : "cwd", control);
	free(words);
	return control && used < PATH_MAX;
}

/* A socket at a path of any length, if it is PID who listens there; else -1. */
static int connect_to(const char *path, pid_t pid)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct ucred peer = { .pid = 0 };
	socklen_t length = sizeof(peer);
	int place = open(path, O_PATH | O_CLOEXEC);
	int fd = -1;

	if (place >= 0)
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", place);
		if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
		    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 ||
		    peer.pid != pid) {
			close(fd);
			fd = -1;
		}
	}
	if (place >= 0)
		close(place);
	return fd;
}

static json_t *ask(pid_t pid)
{
	char path[PATH_MAX], *line = NULL;
	json_t *answer = NULL;
	int error, fd;

	if (!control_path(path, pid))
		return NULL;
	fd = connect_to(path, pid);
	if (fd < 0) {
		message_detail("%s of pid %d could not be asked for generations at %s", RECEIVER,
			       (int)pid, path);
		return NULL;
	}
	error = exchange_line(fd, "stats\n", &line, ANSWER_LIMIT, clock_now() + PATIENCE);
	close(fd);
	if (!error)
		answer = json_loads(line, 0, NULL);
	else
		message_detail("%s of pid %d did not tell its generations: %s", RECEIVER, (int)pid,
			       strerror(-error));
	free(line);
	return answer;
}

/* What the process answers, who is asked once. */
static int answer_of(struct inquiry *inquiry, pid_t pid, const json_t **answer)
{
	void *grown;

	for (size_t i = 0; i < inquiry->count; i++) {
		*answer = inquiry->asked[i].answer;
		if (inquiry->asked[i].pid == pid)
			return 0;
	}
	grown = reallocarray(inquiry->asked, inquiry->count + 1, sizeof(*inquiry->asked));
	if (!grown)
		return -ENOMEM;
	inquiry->asked = grown;
	inquiry->asked[inquiry->count] = (struct asked){ pid, ask(pid) };
	*answer = inquiry->asked[inquiry->count++].answer;
	return 0;
}

static uint64_t number_of(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (uint64_t)value : 0;
}

/* Those who serve, or stand before them: {"cookie":...,"generation":...}. */
static bool take_generation(struct member *member, const json_t *answer, const char *list)
{
	const json_t *life;
	size_t i;

	json_array_foreach(json_object_get(answer, list), i, life)
	{
		if (number_of(life, "cookie") != member->socket->cookie)
			continue;
		member->generation = number_of(life, "generation");
		return true;
	}
	return false;
}

static void use_answer(struct member *member, const json_t *answer)
{
	uint64_t now = number_of(answer, "generation");

	if (!take_generation(member, answer, "workers") &&
	    !take_generation(member, answer, "fronts"))
		return;
	if (member->generation && member->generation < now)
		member_mark(member, MARK_STALE, "stale-member",
			    "of generation %" PRIu64 ", and generation %" PRIu64 " serves",
			    member->generation, now);
}

static int find_of_member(struct inquiry *inquiry, struct member *member)
{
	int error = 0;

	for (size_t i = 0; !error && i < member->socket->owner_count; i++) {
		const struct socket_owner *owner = &member->owners[i];
		const json_t *answer = NULL;

		if (member->generation || strcmp(owner->command, RECEIVER) != 0)
			continue;
		error = answer_of(inquiry, head_of(owner->pid), &answer);
		if (answer)
			use_answer(member, answer);
	}
	return error;
}

int generations_find(struct group_list *list)
{
	struct inquiry inquiry = { .count = 0 };
	int error = 0;

	for (size_t i = 0; !error && i < list->count; i++)
		for (size_t j = 0; !error && list->items[i].shown && j < list->items[i].count; j++)
			error = find_of_member(&inquiry, &list->items[i].members[j]);
	for (size_t i = 0; i < inquiry.count; i++)
		json_decref(inquiry.asked[i].answer);
	free(inquiry.asked);
	return error;
}

#include "receiver/pool/life.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/units.h"
#include "receiver/models/front.h"
#include "receiver/models/model.h"
#include "receiver/options.h"
#include "receiver/pool/placement.h"
#include "receiver/pool/pool.h"
#include "receiver/pool/privilege.h"
#include "receiver/pool/report.h"
#include "receiver/sinks/sink.h"
#include "receiver/sinks/wait.h"
#include "receiver/worker.h"

/* A worker drains for --drain, and waits for a server so long; one that is stopped never ends. */
#define PATIENCE (5 * NS_PER_SECOND)

const char *const life_states[] = { "starting", "serving", "leaving", "ended" };

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* A child holds nothing that is not its own: a socket is closed when the last holder does. */
static void close_all_but(int *keep, size_t count)
{
	unsigned int from = STDERR_FILENO + 1;

	qsort(keep, count, sizeof(*keep), compare);
	for (size_t i = 0; i < count; i++) {
		if (keep[i] < (int)from)
			continue;
		if ((unsigned int)keep[i] > from)
			close_range(from, (unsigned int)keep[i] - 1, 0);
		from = (unsigned int)keep[i] + 1;
	}
	close_range(from, ~0u, 0);
}

/* What the child of a fork does before it is a worker or a front. False after an error message. */
static bool settle_child(const struct pool *pool, const struct life *life, pid_t parent)
{
	int error = 0;

	if (pool->user && !identity_assume(pool->user))
		return false;
	if (pool->options->pin && !life->front)
		error = placement_pin(placement_cpu(life->slot));
	if (error) {
		message_error("could not pin worker %zu to CPU %d: %s", life->slot,
			      placement_cpu(life->slot), strerror(-error));
		return false;
	}
	/* Changing the user clears this, so it comes last. The parent may be gone already. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return getppid() == parent;
}

static int run_worker(const struct pool *pool, const struct life *life, int ready_fd)
{
	struct worker_start start = { .options = pool->options,
				      .intake =
					      pool->group.tcp ? pool->model->tcp : pool->model->udp,
				      .account = life->account,
				      .shared = pool->sink_shared,
				      .index = life->slot,
				      .cookie = life->cookie,
				      .input = life->member->fd,
				      .ready_fd = ready_fd };
	int keep[] = { start.input, ready_fd };

	close_all_but(keep, 2);
	return worker_run(&start);
}

static int run_front(const struct pool *pool, const struct life *life, int ready_fd)
{
	static int channels[POOL_SLOTS], keep[POOL_SLOTS + 2];
	struct front_start start = { .options = pool->options,
				     .account = life->account,
				     .input = life->member->fd,
				     .channels = channels,
				     .count = pool->count,
				     .ready_fd = ready_fd };

	for (size_t i = 0; i < pool->count; i++)
		keep[i] = channels[i] = pool->seats[i].member->far;
	keep[pool->count] = start.input;
	keep[pool->count + 1] = ready_fd;
	close_all_but(keep, pool->count + 2);
	return pool->model->front(&start);
}

static struct life *new_life(struct pool *pool, struct member *member, const char *front,
			     size_t slot)
{
	struct life *life = calloc(1, sizeof(*life));
	struct account *account = life ? account_open() : NULL;
	struct life **end = &pool->lives;

	if (!account) {
		free(life);
		message_error("out of memory");
		return NULL;
	}
	life->account = account;
	life->member = member;
	life->cookie = member->cookie;
	life->rcvbuf = member->rcvbuf;
	life->front = front;
	life->slot = slot;
	life->generation = pool->generation;
	life->started = clock_now();
	while (*end)
		end = &(*end)->next;
	*end = life;
	return life;
}

struct life *life_fork(struct pool *pool, struct member *member, const char *front, size_t slot,
		       int ready_fd)
{
	struct life *life = new_life(pool, member, front, slot);
	pid_t parent = getpid();

	if (!life)
		return NULL;
	life->pid = fork();
	if (life->pid == 0) {
		if (!settle_child(pool, life, parent))
			_exit(EXIT_CANNOT_RUN);
		_exit(front ? run_front(pool, life, ready_fd) : run_worker(pool, life, ready_fd));
	}
	if (life->pid < 0) {
		message_error("could not fork %s %zu: %s", front ? front : "worker", slot,
			      strerror(errno));
		life->state = LIFE_ENDED;
		life->told = true;
		return NULL;
	}
	member->users++;
	/* Workers that share a socket do not own its drops. */
	if (front || member->far >= 0 || !member->credit || !member->credit->front)
		member->credit = life;
	return life;
}

struct life *life_of_socket(struct pool *pool, struct member *member, const char *name)
{
	struct life *life = new_life(pool, member, name, 0);

	if (!life)
		return NULL;
	life->state = LIFE_ENDED;
	member->credit = life;
	return life;
}

void life_serves(struct life *life)
{
	life->state = LIFE_SERVING;
	life->served = true;
}

void life_leave(struct pool *pool, struct life *life, enum order order)
{
	if (!life || life->state >= LIFE_LEAVING)
		return;
	__atomic_store_n(&life->account->order, order, __ATOMIC_RELEASE);
	life->state = LIFE_LEAVING;
	life->kill_at = clock_now() + pool->options->drain + PATIENCE;
	if (sink_by_index(pool->options->sink)->waits)
		life->kill_at += SINK_FLUSH_LIMIT;
	kill(life->pid, SIGTERM);
}

static const char *describe(char *buffer, size_t size, const struct life *life)
{
	if (life->front)
		snprintf(buffer, size, "the %s (pid %d)", life->front, (int)life->pid);
	else
		snprintf(buffer, size, "worker %zu (pid %d)", life->slot, (int)life->pid);
	return buffer;
}

/* The end that nobody asked for: who, how, and what it had counted. */
static void note_crash(struct pool *pool, struct life *life)
{
	const struct received *counts = &life->account->counts;
	const char *unit = pool->group.tcp ? "connections" : "packets";
	char who[64], units[UNITS_TEXT], lines[UNITS_TEXT];

	describe(who, sizeof(who), life);
	account_settle_crash(life->account);
	if (!life->served) {
		message_error("%s ended before it was ready", who);
		return;
	}
	/* The user wanted no more waiting. */
	if (life->killed && pool->reason == POOL_ABORTED)
		return;
	pool->crashed++;
	units_grouped(units, pool->group.tcp ? counts->connections : counts->packets);
	units_grouped(lines, counts->lines);
	if (life->killed)
		message_error("%s did not leave in time, and was killed after %s %s, %s lines", who,
			      units, unit, lines);
	else if (WIFSIGNALED(life->exit_status))
		message_error("%s was killed by signal %d (%s) after %s %s, %s lines", who,
			      WTERMSIG(life->exit_status), strsignal(WTERMSIG(life->exit_status)),
			      units, unit, lines);
	else
		message_error("%s ended by itself with status %d after %s %s, %s lines", who,
			      WEXITSTATUS(life->exit_status), units, unit, lines);
	if (counts->lost_in_crash || received_pending(counts))
		message_error("%s took along %s packets that it had not read, and %s lines that it "
			      "had not stored",
			      who, units_grouped(units, counts->lost_in_crash),
			      units_grouped(lines, received_pending(counts)));
}

static uint64_t nanoseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * NS_PER_SECOND + (uint64_t)time.tv_usec * 1000;
}

struct life *life_ended(struct pool *pool, pid_t pid, int status, const struct rusage *usage)
{
	for (struct life *life = pool->lives; life; life = life->next) {
		bool expected = life->state == LIFE_LEAVING;

		if (life->pid != pid || life->state == LIFE_ENDED)
			continue;
		life->exit_status = status;
		life->cpu = nanoseconds(usage->ru_utime) + nanoseconds(usage->ru_stime);
		life->peak_rss = (uint64_t)usage->ru_maxrss * 1024;
		life->state = LIFE_ENDED;
		life->member->users--;
		/* Who is told to go before it was ready leaves as it can. */
		if (!expected ||
		    (life->served && (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_DONE)))
			note_crash(pool, life);
		return life;
	}
	return NULL;
}

void lives_read_drops(struct pool *pool)
{
	for (struct life *life = pool->lives; life; life = life->next)
		if (!life->told && life->member && life->member->credit == life)
			counter_add(&life->account->counts.drops, member_new_drops(life->member));
}

struct received lives_total(const struct pool *pool, bool front, size_t slot)
{
	struct received sum = front ? pool->fronts.counts : pool->tallies[slot].counts, counts;

	for (const struct life *life = pool->lives; life; life = life->next) {
		if (life->told || (life->front != NULL) != front || (!front && life->slot != slot))
			continue;
		counters_read(received_counters, &counts, &life->account->counts);
		counters_add(received_counters, &sum, &counts);
	}
	return sum;
}

static void add_to_tally(struct pool *pool, const struct life *life)
{
	struct tally *tally = life->front ? &pool->fronts : &pool->tallies[life->slot];

	counters_add(received_counters, &tally->counts, &life->account->counts);
	histogram_merge(&pool->latency, &life->account->latency);
	histogram_merge(&pool->committed, &life->account->committed);
	if (!life->served && !life->front)
		return;
	tally->lives++;
	tally->pid = (int)life->pid;
}

void lives_tell(struct pool *pool)
{
	for (struct life *life = pool->lives; life; life = life->next) {
		/* Its member may still drop packets, which nobody else is there to own. */
		if (life->told || life->state != LIFE_ENDED ||
		    (life->member && life->member->credit == life))
			continue;
		life->told = true;
		life->member = NULL;
		add_to_tally(pool, life);
		report_life(pool, life);
	}
}

void lives_forget(struct pool *pool)
{
	struct life **link = &pool->lives;

	while (*link) {
		struct life *life = *link;

		if (!life->told) {
			link = &life->next;
			continue;
		}
		*link = life->next;
		account_close(life->account);
		free(life);
	}
}

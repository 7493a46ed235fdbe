/*
 * Workers of a server that keeps no records of its own: the sockets that the probe saw, of the
 * group that got most, or where there is one socket, the processes that took from it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read/load.h"
#include "analysis/read/sharers.h"
#include "analysis/run.h"
#include "common/message.h"

struct choice {
	struct observed *observed;
	bool *wanted;  /* by member */
	size_t *order; /* indexes of members, in the order of workers */
	size_t count;
	struct sharers sharers; /* of these members */
	bool tcp;
};

static uint64_t known(uint64_t count)
{
	return count == OBSERVED_UNKNOWN ? 0 : count;
}

/* How much came to a member, whatever became of it. */
static uint64_t traffic(const struct observed_member *member)
{
	uint64_t chosen = known(member->tcp ? member->handshakes : member->arrivals);
	uint64_t taken = known(member->packets) + member->dropped;

	return chosen > taken ? chosen : taken;
}

/* Of all members, of which there is one; UDP where both got the same. */
static const struct observed_member *find_busiest(const struct observed *observed)
{
	const struct observed_member *busiest = &observed->members[0];

	for (size_t i = 1; i < observed->member_count; i++) {
		const struct observed_member *member = &observed->members[i];

		if (traffic(member) > traffic(busiest) ||
		    (traffic(member) == traffic(busiest) && busiest->tcp && !member->tcp))
			busiest = member;
	}
	return busiest;
}

/* Whether the kernel chooses among the two, as far as is known. */
static bool is_beside(const struct observed *observed, const struct observed_member *member,
		      const struct observed_member *busiest)
{
	/* Without its last record, it is only known that the probe watched it. */
	if (!member->final || !busiest->final)
		return true;
	if (member->tcp != busiest->tcp || member->port != busiest->port)
		return false;
	if (busiest->group == OBSERVED_NONE || member->group == OBSERVED_NONE)
		return true;
	return member == busiest ||
	       (member->group == busiest->group && observed->groups[busiest->group].grouped);
}

static uint64_t slot_of(const struct observed *observed, size_t index)
{
	const struct observed_member *member = &observed->members[index];

	return member->group == OBSERVED_NONE
		       ? OBSERVED_UNKNOWN
		       : observed->groups[member->group].members[member->place].slot;
}

/* By slot where that is known; cookies are given in the order in which sockets were opened. */
static int by_slot(const void *a, const void *b, void *context)
{
	const struct observed *observed = context;
	size_t left = *(const size_t *)a, right = *(const size_t *)b;
	uint64_t slots[] = { slot_of(observed, left), slot_of(observed, right) };
	uint64_t cookies[] = { observed->members[left].cookie, observed->members[right].cookie };

	if (slots[0] != slots[1])
		return slots[0] < slots[1] ? -1 : 1;
	return cookies[0] < cookies[1] ? -1 : cookies[0] > cookies[1];
}

/* False: out of memory. */
static bool choose(struct choice *choice, struct observed *observed)
{
	const struct observed_member *busiest = find_busiest(observed);

	*choice = (struct choice){ .observed = observed, .tcp = busiest->tcp };
	choice->wanted = calloc(observed->member_count + 1, sizeof(*choice->wanted));
	choice->order = calloc(observed->member_count + 1, sizeof(*choice->order));
	if (!choice->wanted || !choice->order)
		return false;
	for (size_t i = 0; i < observed->member_count; i++) {
		choice->wanted[i] = is_beside(observed, &observed->members[i], busiest);
		if (choice->wanted[i])
			choice->order[choice->count++] = i;
	}
	qsort_r(choice->order, choice->count, sizeof(*choice->order), by_slot, observed);
	return sharers_list(&choice->sharers, observed, choice->order, choice->count);
}

static uint64_t taken_by(const struct observed_worker *worker, bool tcp)
{
	return tcp ? worker->accepts : worker->packets;
}

static void count_worker(struct life *life, const struct observed_worker *worker, bool tcp)
{
	life->counts.packets = life->counts.messages = tcp ? 0 : worker->packets;
	life->counts.connections = tcp ? worker->accepts : 0;
	life->counts.bytes = worker->bytes;
	life->counts.receive_calls = worker->calls;
	life->counts.eagain = worker->eagain;
}

/* What is a member's, and of no process: the life that stands for it has that. */
static void count_member(struct life *life, const struct observed_member *member, uint64_t told)
{
	uint64_t rest = known(member->packets) > told ? known(member->packets) - told : 0;

	if (member->tcp) {
		life->counts.connections += rest;
	} else {
		life->counts.packets += rest;
		life->counts.messages += rest;
		life->counts.in_queue = known(member->queue_packets);
	}
	life->counts.drops = member->dropped;
	life->rcvbuf = member->tcp ? 0 : member->limit;
	life->final = member->final;
}

static bool add_life(struct run *run, const struct life *life)
{
	struct life *known_as = lives_find(&run->lives, life);

	if (known_as)
		*known_as = *life;
	return known_as != NULL;
}

/*
 * The processes that took from a member, as lives: of one worker, or where all take from the same
 * socket, each of another. The one that took most comes last: it is the one that is named.
 */
static bool add_member(struct run *run, const struct choice *choice, size_t index, bool each)
{
	const struct observed *observed = choice->observed;
	const struct observed_member *member = &observed->members[choice->order[index]];
	const struct observed_worker *most = NULL;
	struct life life = { .index = index, .cookie = member->cookie };
	uint64_t told = 0;

	for (size_t i = 0; i < observed->worker_count; i++) {
		const struct observed_worker *worker = &observed->workers[i];

		if (worker->cookie == member->cookie &&
		    (!most || taken_by(worker, choice->tcp) > taken_by(most, choice->tcp)))
			most = worker;
	}
	for (size_t i = 0; i < observed->worker_count; i++) {
		const struct observed_worker *worker = &observed->workers[i];
		struct life other = { .index = life.index,
				      .cookie = member->cookie,
				      .pid = worker->process.pid,
				      .final = true };

		if (worker == most || worker->cookie != member->cookie ||
		    !taken_by(worker, choice->tcp))
			continue;
		count_worker(&other, worker, choice->tcp);
		told += taken_by(worker, choice->tcp);
		if (!add_life(run, &other))
			return false;
		life.index += each;
	}
	life.pid = sharers_owner(&choice->sharers, member);
	if (most && (taken_by(most, choice->tcp) || !life.pid)) {
		life.pid = most->process.pid;
		count_worker(&life, most, choice->tcp);
		told += taken_by(most, choice->tcp);
	}
	count_member(&life, member, told);
	if (member->final && member->packets != OBSERVED_UNKNOWN && told > member->packets) {
		message_warning("%s/probe.ndjson: processes took %" PRIu64 " from socket %" PRIu64
				", which gave %" PRIu64,
				run->directory, told, member->cookie, member->packets);
		run->incomplete = true;
	}
	return add_life(run, &life);
}

/* How many processes took from the only member. */
static size_t takers(const struct choice *choice)
{
	const struct observed *observed = choice->observed;
	size_t count = 0;

	for (size_t i = 0; choice->count == 1 && i < observed->worker_count; i++)
		count +=
			observed->workers[i].cookie == observed->members[choice->order[0]].cookie &&
			taken_by(&observed->workers[i], choice->tcp) > 0;
	return count;
}

/* Whether sockets came or went while others were there. */
static void note_changes(struct run *run, const struct choice *choice)
{
	const struct observed *observed = choice->observed;
	size_t open = 0, first = 0;

	for (size_t i = 0; i < choice->count; i++) {
		open += observed->members[choice->order[i]].open;
		first += choice->order[i] < observed->first_count;
	}
	run->first_count = first;
	/* When all are closed the server has ended. */
	for (size_t i = 0; open && i < choice->count && i < run->worker_count; i++)
		run->workers[i].moved |= !observed->members[choice->order[i]].open;
}

static bool take_timeline(struct run *run, const struct choice *choice)
{
	struct timeline *timeline = &run->timeline;

	*timeline = choice->observed->timeline;
	choice->observed->timeline = (struct timeline){ .count = 0 };
	if (!timeline_reorder(timeline, choice->order, choice->count))
		return false;
	for (size_t p = 0; p < timeline->count; p++) {
		const struct timeline_point *point = &timeline->points[p];
		uint64_t packets = 0;

		run->intervals += point->records;
		for (size_t i = 0; i < timeline->width; i++) {
			struct timeline_cell *cell = timeline_cell(timeline, p, i);

			packets += cell->packets;
			if (choice->tcp)
				*cell = (struct timeline_cell){ .connections = cell->packets,
								.drops = cell->drops };
		}
		if (packets)
			span_extend(&run->receiving, point->start, point->end);
	}
	return true;
}

static void take_setup(struct run *run, const struct choice *choice, bool shared)
{
	const struct observed *observed = choice->observed;
	const struct observed_member *first = &observed->members[choice->order[0]];
	const struct observed_group *group =
		first->group == OBSERVED_NONE ? NULL : &observed->groups[first->group];

	run->from_probe = true;
	run->tcp = choice->tcp;
	run->model = shared ? "shared" : "reuseport";
	run->engine = "unknown";
	run->steer = "hash";
	if (group && group->steering[0] && strcmp(group->steering, "hash") != 0)
		run->steer = group->program_name[0] ? group->program_name : group->steering;
}

static bool make_workers(struct run *run, const struct choice *choice)
{
	bool shared = takers(choice) > 1;

	for (size_t i = 0; i < choice->count; i++)
		if (!add_member(run, choice, i, shared))
			return false;
	run->workers = lives_workers(&run->lives, &run->worker_count);
	if (!run->workers)
		return false;
	take_setup(run, choice, shared);
	note_changes(run, choice);
	for (size_t i = 0; i < run->worker_count; i++)
		counters_add(received_counters, &run->total, &run->workers[i].counts);
	run_find_flows(run, choice->wanted);
	/* Of processes on one socket, the probe does not tell when they took what. */
	return shared || take_timeline(run, choice);
}

static void say_nothing_known(const struct run *run, enum stream_result receive)
{
	if (receive == STREAM_ABSENT) {
		message_error("no receive.ndjson in %s: nothing is known about the workers",
			      run->directory);
		message_hint("'fairport run' writes it, and so does 'fairport-receive --json "
			     "%s/receive.ndjson'",
			     run->directory);
		return;
	}
	message_error("%s/receive.ndjson: no record of a worker in it", run->directory);
	message_hint("the receiver writes them at the first interval and when it ends");
}

static bool counts_are_known(struct run *run, const struct choice *choice)
{
	for (size_t i = 0; i < choice->count; i++)
		if (run->observed.members[choice->order[i]].packets != OBSERVED_UNKNOWN)
			return true;
	run->blind = run->may_be_blind;
	if (run->blind)
		return false;
	message_error("%s/probe.ndjson does not tell who received what: the probe saw no calls",
		      run->directory);
	message_hint("fairport-probe needs CAP_BPF and CAP_PERFMON to count; see "
		     "'fairport doctor --only tier'");
	return false;
}

bool load_observed(struct run *run, enum stream_result receive)
{
	bool chosen, known_counts, made;
	struct choice choice;

	if (run->observed.member_count == 0) {
		say_nothing_known(run, receive);
		return false;
	}
	if (receive == STREAM_ABSENT) {
		message_detail("no receive.ndjson in %s: the workers are those that the probe saw",
			       run->directory);
	} else {
		message_warning("%s/receive.ndjson: no record of a worker in it; those that the "
				"probe saw are reported",
				run->directory);
		run->incomplete = true;
	}
	chosen = choose(&choice, &run->observed);
	known_counts = chosen && counts_are_known(run, &choice);
	made = known_counts && make_workers(run, &choice);
	if (!made && (known_counts || !chosen))
		message_error("out of memory");
	free(choice.wanted);
	free(choice.order);
	sharers_free(&choice.sharers);
	/* It is what the workers are known by: it cannot confirm them. */
	free(run->probe.entries);
	run->probe = (struct tally){ .count = 0 };
	return made || run->blind;
}

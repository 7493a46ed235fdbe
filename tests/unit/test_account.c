/* What a process tells of itself, also when it is killed: at each instruction, and in fact. */
/* link: receiver/account.c receiver/engines/batch.c receiver/engines/engine.c */
/* link: receiver/engines/taking.c receiver/engines/recvfrom.c receiver/engines/recvmmsg.c */
/* link: receiver/engines/gro.c */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "receiver/account.h"
#include "receiver/engines/batch.h"
#include "tests/unit/receive_pair.h"

/* In the order of receive_engine_names. */
enum choice { AUTO, RECVFROM, RECVMMSG, GRO, CHOICES };

static struct batch batch;

static void send_bytes(int fd, size_t length)
{
	static char text[100000];

	assert_int_equal(send(fd, text, length, 0), length);
}

/* 14 datagrams of 1,065 bytes; with gro, 5 messages of them are one each and 1 is 9. */
#define QUEUED       14
#define QUEUED_BYTES 1065

static void send_some(const struct receive_pair *pair)
{
	static const size_t lengths[] = { 1, 0, 100, 3, 120 };

	for (size_t i = 0; i < COUNT(lengths); i++)
		send_bytes(pair->client, lengths[i]);
	segment_sends(pair->client, 100);
	send_bytes(pair->client, 841);
	segment_sends(pair->client, 0);
}

static void read_batch(void)
{
	for (size_t i = 0; i < batch.packets; i++)
		batch_done(&batch, 1);
	batch_end(&batch);
}

static void take_all(void)
{
	while (batch_take(&batch) == 0)
		read_batch();
}

static void test_shared(void **state)
{
	struct account *account = account_open();
	static const struct account nothing;
	pid_t pid;

	(void)state;
	assert_non_null(account);
	assert_memory_equal(account, &nothing, sizeof(nothing));
	account_settle_crash(account);
	assert_memory_equal(account, &nothing, sizeof(nothing));
	pid = fork();
	if (pid == 0) {
		account->counts.packets = 7;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(account->counts.packets, 7);
	account_close(account);
	account_close(NULL);
}

static void test_counts(void **state)
{
	(void)state;
	for (size_t choice = 0; choice < CHOICES; choice++) {
		struct account *account = account_open();
		const struct received *counts = &account->counts;
		struct receive_pair pair;

		receive_pair_open(&pair, AF_INET);
		assert_true(batch_open(&batch, choice, pair.server, account));
		assert_int_equal(batch_take(&batch), -EAGAIN);
		assert_int_equal(counts->eagain, 1);
		for (uint64_t round = 1; round <= 3; round++) {
			send_some(&pair);
			take_all();
			assert_int_equal(counts->packets, round * QUEUED);
			assert_int_equal(counts->bytes, round * QUEUED_BYTES);
			assert_int_equal(counts->eagain, 1 + round);
			assert_int_equal(counts->messages, round * (choice == GRO ? 6 : QUEUED));
			assert_int_equal(counts->receive_calls - counts->eagain,
					 choice == RECVFROM ? round * QUEUED : round);
			assert_int_equal(counts->truncated_packets + counts->overflows_seen, 0);
			assert_int_equal(counts->receive_errors + counts->lost_in_crash, 0);
		}
		batch_close(&batch);
		receive_pair_close(&pair);
		account_close(account);
	}
}

static void send_many(const struct receive_pair *pair, size_t count)
{
	while (count-- > 0)
		send_bytes(pair->client, 1);
}

/*
 * Overflows count from the moment on at which the socket was taken over, each once, and are told by
 * what is queued behind them.
 */
static void test_overflows(void **state)
{
	struct account *account = account_open();
	const struct received *counts = &account->counts;
	struct receive_pair pair;
	uint64_t before, seen;
	char byte;

	(void)state;
	receive_pair_open(&pair, AF_INET);
	receive_pair_room(&pair, 0);
	assert_ptr_equal(engine_choose(RECVMMSG, pair.server), &engine_recvmmsg);
	/* What is queued in the end tells of some of the drops, and more came behind it. */
	send_many(&pair, 50);
	while (recv(pair.server, &byte, 1, 0) == 1)
		;
	send_many(&pair, 50);
	assert_true(batch_open(&batch, RECVMMSG, pair.server, account));
	take_all();
	before = counts->packets;
	assert_in_range(before, 1, 49);
	send_many(&pair, 1);
	take_all();
	assert_int_equal(counts->packets, before + 1);
	assert_int_equal(counts->overflows_seen, 0);
	send_many(&pair, 30);
	take_all();
	assert_int_equal(counts->overflows_seen, 0);
	send_many(&pair, 1);
	take_all();
	seen = counts->overflows_seen;
	assert_in_range(seen, 1, 29);
	assert_int_equal(counts->packets + seen, before + 32);
	send_many(&pair, 1);
	take_all();
	assert_int_equal(counts->overflows_seen, seen);
	batch_close(&batch);
	receive_pair_close(&pair);
	account_close(account);
}

static void test_failures(void **state)
{
	struct account *account = account_open();
	struct receive_pair pair;
	int fds[2];

	(void)state;
	receive_pair_open(&pair, AF_INET);
	assert_true(batch_open(&batch, AUTO, pair.client, account));
	close(pair.server);
	send_bytes(pair.client, 1);
	assert_int_equal(batch_take(&batch), -ECONNREFUSED);
	assert_int_equal(batch_take(&batch), -EAGAIN);
	assert_int_equal(account->counts.receive_errors, 1);
	assert_int_equal(account->counts.eagain, 1);
	assert_int_equal(account->counts.receive_calls, 2);
	batch_close(&batch);
	close(pair.client);

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	assert_true(batch_open(&batch, AUTO, fds[0], account));
	send_bytes(fds[1], 100000);
	take_all();
	assert_int_equal(account->counts.packets, 1);
	assert_int_equal(account->counts.bytes, 100000);
	assert_int_equal(account->counts.truncated_packets, 1);
	close(fds[1]);
	assert_int_equal(batch_take(&batch), -EPIPE);
	assert_int_equal(account->counts.packets, 1);
	assert_int_equal(account->counts.receive_errors, 1);
	batch_close(&batch);
	close(fds[0]);
	account_close(account);
}

/*
 * The child goes through its batches one instruction at a time; after each, the parent settles a
 * copy of its account as if it had been killed there.
 */

static void trace_me(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(77);
	raise(SIGSTOP);
	take_all();
	_exit(0);
}

struct watch {
	uint64_t packets, bytes, read; /* after the last step */
	uint64_t steps, changes;
	bool bytes_known;
};

static void look(struct watch *watch, const struct account *account, size_t choice)
{
	static struct account copy;
	const struct received *counts = &copy.counts;
	uint64_t read;

	memcpy(&copy, account, sizeof(copy));
	account_settle_crash(&copy);
	read = counts->packets - counts->lost_in_crash;
	watch->steps++;
	/* All that a call took is there at once, and never goes. */
	if (counts->packets != watch->packets) {
		assert_int_equal(counts->packets, choice == RECVFROM ? watch->packets + 1 : QUEUED);
		assert_int_equal(read, watch->read);
		watch->changes++;
	}
	assert_in_range(read, watch->read, watch->read + 1);
	assert_in_range(counts->bytes, watch->bytes, QUEUED_BYTES);
	if (choice != RECVFROM)
		assert_int_equal(counts->bytes, counts->packets ? QUEUED_BYTES : 0);
	/* The last call, which finds nothing, is counted before why. */
	assert_in_range(counts->receive_calls - counts->eagain, watch->changes, watch->changes + 1);
	assert_int_equal(counts->messages, choice == GRO && counts->packets ? 6 : counts->packets);
	watch->packets = counts->packets;
	watch->bytes = counts->bytes;
	watch->read = read;
	/* Once is enough. */
	account_settle_crash(&copy);
	assert_int_equal(counts->packets, watch->packets);
	assert_int_equal(counts->packets - counts->lost_in_crash, watch->read);
}

static void test_each_instruction(void **state)
{
	(void)state;
	for (size_t choice = RECVFROM; choice < CHOICES; choice++) {
		struct account *account = account_open();
		struct watch watch = { .packets = 0 };
		struct receive_pair pair;
		int status;
		pid_t pid;

		receive_pair_open(&pair, AF_INET);
		assert_true(batch_open(&batch, choice, pair.server, account));
		send_some(&pair);
		pid = fork();
		if (pid == 0)
			trace_me();
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status))
			skip();
		while (WIFSTOPPED(status)) {
			look(&watch, account, choice);
			assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
			assert_int_equal(waitpid(pid, &status, 0), pid);
		}
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		look(&watch, account, choice);
		assert_int_equal(watch.packets, QUEUED);
		assert_int_equal(watch.read, QUEUED);
		assert_int_equal(watch.bytes, QUEUED_BYTES);
		assert_int_equal(watch.changes, choice == RECVFROM ? QUEUED : 1);
		assert_true(watch.steps > 100);
		batch_close(&batch);
		receive_pair_close(&pair);
		account_close(account);
	}
}

/* And now in fact: behind the call, and after some datagrams. */

static const struct engine_ops *real;

static int take_and_die(struct engine *engine, struct message *messages)
{
	int count = real->take(engine, messages);

	if (count > 0)
		raise(SIGKILL);
	return count;
}

static void be_killed(size_t after)
{
	struct engine_ops deadly = *batch.engine.ops;

	real = batch.engine.ops;
	deadly.take = take_and_die;
	for (;;) {
		if (after == 0)
			batch.engine.ops = &deadly;
		if (batch_take(&batch) != 0)
			_exit(1);
		for (size_t i = 0; i < batch.packets; i++) {
			batch_done(&batch, 1);
			if (after > 0 && --after == 0)
				raise(SIGKILL);
		}
		batch_end(&batch);
	}
}

static void test_killed(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHOICES * QUEUED; i++) {
		size_t choice = i / QUEUED, after = i % QUEUED, taken = QUEUED;
		struct account *account = account_open();
		const struct received *counts = &account->counts;
		struct receive_pair pair;
		int status;
		pid_t pid;

		receive_pair_open(&pair, AF_INET);
		assert_true(batch_open(&batch, choice, pair.server, account));
		/* What an earlier batch left in the headers, a larger one too, is not taken for
		   this one's. */
		for (size_t k = 0; k < 40; k++)
			send_bytes(pair.client, 9);
		take_all();
		send_some(&pair);
		pid = fork();
		if (pid == 0)
			be_killed(after);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		account_settle_crash(account);
		if (choice == RECVFROM)
			taken = after ? after : 1;
		else
			assert_int_equal(counts->bytes, 360 + QUEUED_BYTES);
		assert_int_equal(counts->packets, 40 + taken);
		assert_int_equal(counts->lost_in_crash, taken - after);
		batch_close(&batch);
		/* The next process starts where this one ended, in the same account. */
		assert_true(batch_open(&batch, choice, pair.server, account));
		send_some(&pair);
		take_all();
		assert_int_equal(counts->packets, 40 + 2 * QUEUED);
		account_settle_crash(account);
		assert_int_equal(counts->packets, 40 + 2 * QUEUED);
		assert_int_equal(counts->lost_in_crash, taken - after);
		batch_close(&batch);
		receive_pair_close(&pair);
		account_close(account);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),           cmocka_unit_test(test_counts),
		cmocka_unit_test(test_overflows),        cmocka_unit_test(test_failures),
		cmocka_unit_test(test_each_instruction), cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

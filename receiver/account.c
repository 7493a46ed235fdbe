#include "receiver/account.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct account *account_open(void)
{
	struct account *account = mmap(NULL, sizeof(*account), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return account == MAP_FAILED ? NULL : account;
}

void account_close(struct account *account)
{
	if (account)
		munmap(account, sizeof(*account));
}

void account_reject(struct account *account, uint64_t *counter, const char *reason, uint32_t column,
		    const char *line, size_t length)
{
	struct sample *sample = &account->samples[account->samples_kept];

	counter_add(counter, 1);
	if (account->samples_kept == SAMPLES)
		return;
	sample->reason = reason;
	sample->column = column;
	sample->length = (uint32_t)length;
	memcpy(sample->line, line, length < SAMPLE_LINE ? length : SAMPLE_LINE);
	account->samples_kept++;
}

void account_store_error(struct account *account, uint64_t lines, const char *text)
{
	counter_add(&account->counts.store_errors, lines);
	if (account->store_error[0] == '\0') {
		snprintf(account->store_error, sizeof(account->store_error), "%s", text);
		account->store_error[strcspn(account->store_error, "\n")] = '\0';
	}
}

void account_settle_crash(struct account *account)
{
	struct received *counts = &account->counts;
	struct taking *taking = &account->taking;
	struct giving *giving = &account->giving;
	struct taken taken;

	if (giving->offered) {
		uint32_t sent = giving_settle(giving);

		counts->handed_on = giving->handed_on + sent;
		taking->done = giving->done + sent;
		giving_end(giving);
	}
	if (taking_settle(taking, &taken)) {
		counts->packets = taking->before.packets + taken.packets;
		counts->messages = taking->before.messages + taken.messages;
		counts->receive_calls = taking->before.receive_calls + 1;
		if (taking->way == TAKING_MANY)
			counts->bytes = taking->before.bytes + taken.bytes;
		counts->lost_in_crash += taken.packets - taking->done;
	}
	taking_end(taking);
}

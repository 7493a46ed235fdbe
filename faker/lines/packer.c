#include "faker/lines/packer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "faker/lines/dataset.h"
#include "faker/options.h"
#include "faker/packet.h"
#include "faker/plan.h"
#include "faker/lines/replay.h"

/* The next line, which may not have fitted into the packet before. */
struct line {
	const char *text; /* with its line feed */
	size_t length;    /* 0: none is there */
	bool invalid;
};

struct packer {
	const struct plan *plan;
	struct dataset *dataset; /* or ... */
	struct replay *replay;
	uint64_t line_number;
	bool ended; /* there are no more, because of END: 0 or -errno */
	int end;
	struct line next;
	char *line;   /* where NEXT is kept */
	char *buffer; /* room for a batch, packets side by side */
	size_t used;
	/* A packet that is not complete: what it has so far stands at BUFFER + USED. */
	struct packet begun;
	int64_t now, stamped; /* when the batch began, in ns since 1970; lines of it so far */
};

static int open_dataset(struct packer *packer, uint32_t thread)
{
	struct dataset_options what = plan_dataset(packer->plan, thread);

	packer->dataset = dataset_open(&what);
	packer->line = malloc(packer->plan->line_max + DATASET_SLACK);
	return packer->dataset && packer->line ? 0 : -ENOMEM;
}

static int open_replay(struct packer *packer, uint32_t thread)
{
	const struct fake_options *options = packer->plan->options;
	int error = 0;

	packer->replay = replay_open(options->replay, options->loop, thread,
				     (uint32_t)options->threads, &error);
	packer->line = malloc(packer->plan->packet_max + 1);
	if (!error && !packer->line)
		error = -ENOMEM;
	return error;
}

struct packer *packer_open(const struct plan *plan, uint32_t thread, int *error)
{
	struct packer *packer = calloc(1, sizeof(*packer));

	*error = -ENOMEM;
	if (!packer)
		return NULL;
	packer->plan = plan;
	packer->buffer = malloc((size_t)plan->packet_max * BATCH_PACKETS + DATASET_SLACK);
	if (packer->buffer)
		*error = plan->schema ? open_dataset(packer, thread) : open_replay(packer, thread);
	if (*error == 0)
		return packer;
	packer_close(packer);
	return NULL;
}

void packer_close(struct packer *packer)
{
	if (!packer)
		return;
	dataset_close(packer->dataset);
	replay_close(packer->replay);
	free(packer->line);
	free(packer->buffer);
	free(packer);
}

void packer_begin(struct packer *packer)
{
	memmove(packer->buffer, packer->buffer + packer->used, packer->begun.length);
	packer->used = 0;
	packer->stamped = 0;
	if (packer->plan->options->timestamps.kind == TIMESTAMPS_NOW)
		packer->now = (int64_t)clock_wall();
}

uint64_t packer_line(const struct packer *packer)
{
	return packer->line_number;
}

/*
 * What the next line is stamped with. The clock is read once a batch, whose packets leave together;
 * that its lines differ by 1 ns keeps points of one series apart, and none is ahead of the clock:
 * to make one takes longer.
 */
static int64_t present(struct packer *packer)
{
	return packer->now + packer->stamped++;
}

/* Sees to it that NEXT is there. 1, 0 at the end, or -errno. */
static int need_line(struct packer *packer, uint64_t until)
{
	struct replay_line line;
	int result;

	if (packer->next.length > 0)
		return 1;
	if (packer->ended)
		return packer->end;
	packer->next.text = packer->line;
	if (packer->dataset) {
		packer->next.length = dataset_line(packer->dataset, present(packer), packer->line,
						   &packer->next.invalid);
		return 1;
	}
	result = replay_next(packer->replay, until, &line);
	if (result == -EAGAIN)
		return result;
	packer->line_number = line.number;
	if (result > 0 && line.length + 1 > packer->plan->packet_max)
		result = -EMSGSIZE;
	if (result <= 0) {
		packer->ended = true;
		packer->end = result;
		return result;
	}
	memcpy(packer->line, line.text, line.length);
	packer->line[line.length] = '\n';
	packer->next.length = line.length + 1;
	packer->next.invalid = line.invalid;
	return 1;
}

/* The usual case: the line is made where it is sent from. */
static size_t make_line(struct packer *packer, char *at, struct packet *packet)
{
	bool invalid;
	size_t length = dataset_line(packer->dataset, present(packer), at, &invalid);

	packet->invalid += invalid;
	return length;
}

/* Adds lines until the packet is complete: 1; 0 at the end of the input, or -errno. */
static int add_lines(struct packer *packer, char *start, struct packet *packet, uint64_t until)
{
	const struct plan *plan = packer->plan;

	for (; plan->lines == 0 || packet->lines < plan->lines; packet->lines++) {
		size_t room = plan->packet_max - packet->length;
		int result;

		if (packer->dataset && packer->next.length == 0 && room >= plan->line_max) {
			packet->length +=
				(uint32_t)make_line(packer, start + packet->length, packet);
			continue;
		}
		result = need_line(packer, until);
		if (result <= 0)
			return result;
		if (packer->next.length > room) {
			packet->cut = plan->lines > 0;
			break;
		}
		memcpy(start + packet->length, packer->next.text, packer->next.length);
		packet->length += (uint32_t)packer->next.length;
		packet->invalid += packer->next.invalid;
		packer->next.length = 0;
	}
	return 1;
}

int packer_fill(struct packer *packer, struct packet *packet, uint64_t until)
{
	const struct plan *plan = packer->plan;
	char *start = packer->buffer + packer->used;
	int result;

	*packet = packer->begun;
	packer->begun = (struct packet){ .length = 0 };
	result = add_lines(packer, start, packet, until);
	if (result == -EAGAIN)
		packer->begun = *packet;
	if (result == -EAGAIN || packet->lines == 0)
		return result;
	packet->data = start;
	if (plan->options->packet_size > 0 && packet->length < plan->packet_max) {
		memset(start + packet->length, '\n', plan->packet_max - packet->length);
		packet->length = plan->packet_max;
	}
	packer->used += packet->length;
	return 1;
}

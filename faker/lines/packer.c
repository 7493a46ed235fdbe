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
	const atomic_bool *stop;
	struct dataset *dataset; /* or ... */
	struct replay *replay;
	uint64_t line_number;
	bool ended; /* there are no more, because of END: 0 or -errno */
	int end;
	struct line next;
	char *line;   /* where NEXT is kept */
	char *buffer; /* room for a batch, packets side by side */
	size_t used;
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

struct packer *packer_open(const struct plan *plan, uint32_t thread, const atomic_bool *stop,
			   int *error)
{
	struct packer *packer = calloc(1, sizeof(*packer));

	*error = -ENOMEM;
	if (!packer)
		return NULL;
	packer->plan = plan;
	packer->stop = stop;
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
	packer->used = 0;
	packer->stamped = 0;
	if (packer->plan->options->timestamps.kind == TIMESTAMPS_NOW)
		packer->now = (int64_t)clock_wall();
}

bool packer_ready(const struct packer *packer)
{
	return packer->dataset || replay_ready(packer->replay);
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
static int need_line(struct packer *packer)
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
	result = replay_next(packer->replay, packer->stop, &line);
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

int packer_fill(struct packer *packer, struct packet *packet)
{
	const struct plan *plan = packer->plan;
	char *start = packer->buffer + packer->used;
	size_t length = 0;
	int result = 1;

	packet->data = start;
	packet->invalid = 0;
	packet->cut = false;
	for (packet->lines = 0; plan->lines == 0 || packet->lines < plan->lines; packet->lines++) {
		size_t room = plan->packet_max - length;

		if (packer->dataset && packer->next.length == 0 && room >= plan->line_max) {
			length += make_line(packer, start + length, packet);
			continue;
		}
		result = need_line(packer);
		if (result <= 0)
			break;
		if (packer->next.length > room) {
			packet->cut = plan->lines > 0;
			break;
		}
		memcpy(start + length, packer->next.text, packer->next.length);
		length += packer->next.length;
		packet->invalid += packer->next.invalid;
		packer->next.length = 0;
	}
	if (packet->lines == 0)
		return result;
	if (plan->options->packet_size > 0 && length < plan->packet_max) {
		memset(start + length, '\n', plan->packet_max - length);
		length = plan->packet_max;
	}
	packet->length = (uint32_t)length;
	packer->used += length;
	return 1;
}

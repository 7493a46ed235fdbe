#include "analysis/lives.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same(const struct life *a, const struct life *b)
{
	return a->index == b->index && a->pid == b->pid && a->cookie == b->cookie &&
	       strcmp(a->name, b->name) == 0;
}

struct life *lives_find(struct lives *lives, const struct life *who)
{
	struct life *list;

	for (size_t i = 0; i < lives->count; i++) {
		size_t at = (lives->next + i) % lives->count;

		if (!same(&lives->list[at], who))
			continue;
		lives->next = at + 1;
		return &lives->list[at];
	}
	list = realloc(lives->list, (lives->count + 1) * sizeof(*list));
	if (!list)
		return NULL;
	lives->list = list;
	list[lives->count] = *who;
	return &list[lives->count++];
}

static void add(struct worker *worker, const struct life *life)
{
	worker->moved |= worker->lives > 0 && worker->cookie != life->cookie;
	worker->lives++;
	worker->partial |= !life->final;
	worker->pending += life->pending;
	counters_add(received_counters, &worker->counts, &life->counts);
	/* An old generation may be heard of for the first time when it ends. */
	if (life->generation < worker->generation)
		return;
	worker->generation = life->generation;
	worker->pid = life->pid;
	worker->cookie = life->cookie;
	worker->rcvbuf = life->rcvbuf;
}

struct worker *lives_workers(const struct lives *lives, size_t *count)
{
	struct worker *workers;

	*count = 0;
	for (size_t i = 0; i < lives->count; i++)
		if (lives->list[i].index >= *count)
			*count = lives->list[i].index + 1;
	workers = *count ? calloc(*count, sizeof(*workers)) : NULL;
	for (size_t i = 0; workers && i < lives->count; i++)
		add(&workers[lives->list[i].index], &lives->list[i]);
	return workers;
}

void lives_free(struct lives *lives)
{
	free(lives->list);
}

const char *life_text(char buffer[static LIFE_TEXT], const struct life *life)
{
	if (life->name[0])
		return life->name;
	snprintf(buffer, LIFE_TEXT, "worker %" PRIu64, life->index);
	return buffer;
}

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

static uint64_t hash_of(const struct life *who)
{
	return key_hash_text(key_hash(key_hash(key_hash(0, who->index), who->pid), who->cookie),
			     who->name);
}

struct search {
	const struct lives *lives;
	const struct life *who;
};

static bool is_wanted(const void *context, size_t item)
{
	const struct search *search = context;

	return same(&search->lives->list[item], search->who);
}

static struct life *add_life(struct lives *lives, const struct life *who, uint64_t hash)
{
	if (lives->count == lives->room) {
		size_t room = lives->room ? 2 * lives->room : 16;
		struct life *list = realloc(lives->list, room * sizeof(*list));

		if (!list)
			return NULL;
		lives->list = list;
		lives->room = room;
	}
	if (!key_index_add(&lives->index, hash, lives->count))
		return NULL;
	lives->list[lives->count] = *who;
	return &lives->list[lives->count++];
}

struct life *lives_find(struct lives *lives, const struct life *who)
{
	struct search search = { lives, who };
	size_t at = lives->next < lives->count ? lives->next : 0;
	uint64_t hash;

	if (lives->count == 0 || !same(&lives->list[at], who)) {
		hash = hash_of(who);
		at = key_index_find(&lives->index, hash, is_wanted, &search);
		if (at == KEY_INDEX_NONE)
			return add_life(lives, who, hash);
	}
	lives->next = at + 1;
	return &lives->list[at];
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
	key_index_free(&lives->index);
}

const char *life_text(char buffer[static LIFE_TEXT], const struct life *life)
{
	if (life->name[0])
		return life->name;
	snprintf(buffer, LIFE_TEXT, "worker %" PRIu64, life->index);
	return buffer;
}

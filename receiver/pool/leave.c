#include "receiver/pool/leave.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "receiver/models/model.h"
#include "receiver/pool/change.h"
#include "receiver/pool/life.h"
#include "receiver/pool/pool.h"

/*
 * MEMBER is to be closed once it is drained, by who reads it now. EXACT: a program leaves it out
 * already. Returns how its process is to leave.
 */
static enum order retire(struct pool *pool, struct member *member, bool exact)
{
	bool hands_over = pool->group.tcp && member->far < 0 && !exact && group_migrates();
	struct member **end = &pool->retired;

	while (*end)
		end = &(*end)->next;
	*end = member;
	member->next = NULL;
	/* Whose others go on using must stay as it is. */
	if (member->passed || hands_over)
		return ORDER_LEAVE;
	/*
	 * A UDP socket is, also where a program leaves it out: until it is out of the kernel's
	 * table, the closing of one that is not connected draws a packet now and then.
	 */
	if (!(pool->group.tcp && exact) && !group_retire(&pool->group, member))
		message_warning("socket %zu could not be taken out of the choice: %s; packets may "
				"be left in it",
				member->slot, strerror(errno));
	return ORDER_DRAIN;
}

/* A listener is closed when its last holder closes it: now that is the worker. */
static void let_go(struct pool *pool, struct member *member)
{
	if (!pool->group.tcp || member->far >= 0 || member->fd < 0)
		return;
	if (pool->steering)
		steering_forget(pool->steering, member->cookie);
	close(member->fd);
	member->fd = -1;
}

void leave_seat(struct pool *pool, struct seat *seat, bool exact)
{
	bool died = seat->life && seat->life->state == LIFE_ENDED && seat->life->served;
	enum order order;

	/* What waits for a worker that died is drained by another. */
	if (seat->respawn_at || died)
		change_respawn(pool, seat);
	order = retire(pool, seat->member, exact);
	life_leave(pool, seat->life, order);
	let_go(pool, seat->member);
	*seat = (struct seat){ .life = NULL };
}

void leave_seats(struct pool *pool, size_t count, size_t end, bool exact)
{
	for (size_t i = end; i-- > count;) {
		struct seat *seat = &pool->seats[i];

		if (!seat->member)
			continue;
		if (seat->member == pool->socket) {
			life_leave(pool, seat->life, ORDER_LEAVE);
			*seat = (struct seat){ .life = NULL };
		} else {
			leave_seat(pool, seat, exact);
		}
	}
	pool_settle(pool);
}

void leave_front(struct pool *pool)
{
	enum order order;

	pool_read_decisions(pool);
	if (pool->steering)
		steering_close(pool->steering);
	pool->steering = NULL;
	if (!pool->socket)
		return;
	order = retire(pool, pool->socket, false);
	life_leave(pool, pool->front.life, order);
	pool->front = (struct seat){ .life = NULL };
	for (size_t i = 0; i < pool->count && !pool->model->front; i++)
		life_leave(pool, pool->seats[i].life, order);
	let_go(pool, pool->socket);
}

void leave_workers(struct pool *pool)
{
	leave_seats(pool, 0, pool->count, false);
}

#include "receiver/steering/sockets.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

#include "receiver/steering/steering.h"

int sockets_open(struct sockets *sockets)
{
	*sockets = (struct sockets){ .map = -1 };
	sockets->map = bpf_map_create(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, "sockets", sizeof(uint32_t),
				      sizeof(uint64_t), STEER_SOCKETS, NULL);
	return sockets->map >= 0 ? 0 : -errno;
}

static void take_out(struct sockets *sockets, uint32_t key)
{
	if (sockets->cookies[key])
		bpf_map_delete_elem(sockets->map, &key);
	sockets->cookies[key] = 0;
}

/* The kernel takes out by itself what is closed. */
static void refresh(struct sockets *sockets)
{
	for (uint32_t key = 0; key < STEER_SOCKETS; key++)
		if (sockets->cookies[key] &&
		    bpf_map_lookup_elem(sockets->map, &key, &sockets->cookies[key]) != 0)
			sockets->cookies[key] = 0;
}

static uint32_t find(const struct sockets *sockets, uint64_t cookie)
{
	uint32_t key = 0;

	while (key < STEER_SOCKETS && sockets->cookies[key] != cookie)
		key++;
	return key;
}

/* Sets *KEY to the place of MEMBER. Returns 1 if it is new, 0 if not, -errno if there is none. */
static int place(struct sockets *sockets, const struct steering_member *member, uint32_t *key)
{
	uint64_t fd = (uint64_t)member->fd;

	*key = find(sockets, member->cookie);
	if (*key < STEER_SOCKETS)
		return 0;
	*key = find(sockets, 0);
	if (*key == STEER_SOCKETS)
		return -ENOSPC;
	if (bpf_map_update_elem(sockets->map, key, &fd, BPF_NOEXIST) != 0)
		return -errno;
	sockets->cookies[*key] = member->cookie;
	return 1;
}

int sockets_place(struct sockets *sockets, const struct steering_member *members, size_t count,
		  struct sockets_keys *keys, size_t *failed)
{
	refresh(sockets);
	for (size_t i = 0; i < count; i++) {
		uint32_t key;
		int result = place(sockets, &members[i], &key);

		if (result < 0) {
			sockets_undo(sockets, keys, i);
			*failed = i;
			return result;
		}
		keys->by_slot[i] = (uint16_t)key;
		keys->added[i] = result == 1;
	}
	return 0;
}

void sockets_undo(struct sockets *sockets, const struct sockets_keys *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (keys->added[i])
			take_out(sockets, keys->by_slot[i]);
}

void sockets_forget(struct sockets *sockets, uint64_t cookie)
{
	uint32_t key = find(sockets, cookie);

	if (key < STEER_SOCKETS)
		take_out(sockets, key);
}

void sockets_close(struct sockets *sockets)
{
	for (uint32_t key = 0; key < STEER_SOCKETS; key++)
		take_out(sockets, key);
	close(sockets->map);
	sockets->map = -1;
}

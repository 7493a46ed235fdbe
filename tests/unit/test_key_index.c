/* What is found by hash is what looking through the whole list finds. */
#include "tests/unit/helpers.h"

#include "analysis/read/key_index.h"
#include "common/rng.h"

#define ITEMS 3000

struct list {
	uint64_t keys[ITEMS];
	size_t count;
	uint64_t wanted;
};

static bool same(const void *context, size_t item)
{
	const struct list *list = context;

	assert_true(item < list->count);
	return list->keys[item] == list->wanted;
}

static size_t look_through(const struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->keys[i] == list->wanted)
			return i;
	return KEY_INDEX_NONE;
}

/* MASK: so few hashes that many keys have the same one. */
static void check(uint64_t seed, uint64_t mask)
{
	static struct list list;
	struct key_index index = { .slots = NULL };
	struct rng rng;

	list.count = 0;
	rng_seed(&rng, seed, 0);
	while (list.count < ITEMS) {
		uint64_t hash;
		size_t found;

		list.wanted = rng_below(&rng, 2 * ITEMS);
		hash = key_hash(0, list.wanted) & mask;
		found = key_index_find(&index, hash, same, &list);
		assert_int_equal(found, look_through(&list));
		if (found != KEY_INDEX_NONE)
			continue;
		list.keys[list.count] = list.wanted;
		assert_true(key_index_add(&index, hash, list.count++));
	}
	assert_int_equal(index.count, ITEMS);
	key_index_free(&index);
}

static void finds_what_is_there(void **state)
{
	(void)state;
	check(1, UINT64_MAX);
	check(2, 7);
	check(3, 0xff00000000000000);
}

static void texts_are_not_run_together(void **state)
{
	(void)state;
	assert_int_not_equal(key_hash_text(key_hash_text(0, "ab"), "c"),
			     key_hash_text(key_hash_text(0, "a"), "bc"));
	assert_int_not_equal(key_hash_text(0, ""), key_hash(0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_is_there),
		cmocka_unit_test(texts_are_not_run_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "faker/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/units.h"
#include "faker/popularity.h"

struct source_strategy {
	const char *name;    /* what stands before ":" */
	const char *meaning; /* "%s" is the number */
	const char *form;    /* what is expected; NULL: nothing behind the name */
	/* Reads what stands behind ":"; NULL: nothing may. */
	int (*parse)(struct source_option *option, const char *value);
	uint32_t (*next)(struct source *source, uint64_t now, bool *renew);
	bool pool, renews, per_packet;
};

static int parse_pool(struct source_option *option, const char *value)
{
	return units_count(value, &option->number) == 0 && option->number >= 1 &&
			       option->number <= 1u << 24
		       ? 0
		       : -EINVAL;
}

/* "64" and "10k" are packets, "250ms" and "10s" times; a time has a unit. */
static int parse_rotate(struct source_option *option, const char *value)
{
	if (units_count(value, &option->number) == 0)
		return option->number >= 1 ? 0 : -EINVAL;
	option->number = 0;
	if (value[strspn(value, "0123456789.")] == '\0' ||
	    units_duration(value, &option->period) != 0 || option->period < 1000)
		return -EINVAL;
	return 0;
}

static int parse_list(struct source_option *option, const char *value)
{
	option->path = value;
	return *value ? 0 : -EINVAL;
}

static uint32_t next_fixed(struct source *source, uint64_t now, bool *renew)
{
	(void)source, (void)now;
	*renew = false;
	return 0;
}

static uint32_t next_per_packet(struct source *source, uint64_t now, bool *renew)
{
	(void)source, (void)now;
	*renew = true;
	return 0;
}

/* The first packet opens the first source, which is called renewing too. */
static uint32_t next_rotating(struct source *source, uint64_t now, bool *renew)
{
	const struct source_option *option = source->option;

	if (option->number > 0) {
		*renew = source->left == 0;
		source->left = (source->left ? source->left : option->number) - 1;
		return 0;
	}
	*renew = now >= source->renewal;
	if (source->renewal == 0)
		source->renewal = now;
	if (*renew)
		source->renewal += ((now - source->renewal) / option->period + 1) * option->period;
	return 0;
}

static uint32_t next_of_pool(struct source *source, uint64_t now, bool *renew)
{
	(void)now;
	*renew = false;
	if (source->left == 0) {
		source->left = source->train;
		if (source->popularity) {
			source->slot = popularity_draw(source->popularity, &source->rng);
		} else {
			source->slot = (uint32_t)source->next;
			source->next = source->next + 1 == source->slots ? 0 : source->next + 1;
		}
	}
	source->left--;
	return source->slot;
}

static const struct source_strategy strategies[] = {
	{ .name = "fixed", .meaning = "one source, one flow", .next = next_fixed },
	{ .name = "per-packet",
	  .meaning = "a new source for each packet",
	  .next = next_per_packet,
	  .renews = true,
	  .per_packet = true },
	{ .name = "pool",
	  .meaning = "%s sources at a time",
	  .form = "pool:K with K from 1 to 16,777,216",
	  .parse = parse_pool,
	  .next = next_of_pool,
	  .pool = true },
	{ .name = "rotate",
	  .meaning = "a new source every %s packets",
	  .form = "rotate:N in packets, as in rotate:64, or rotate:DURATION, as in rotate:10ms, "
		  "from "
		  "1us on",
	  .parse = parse_rotate,
	  .next = next_rotating,
	  .renews = true },
	{ .name = "list",
	  .meaning = "the addresses and ports of a file",
	  .form = "list:FILE",
	  .parse = parse_list,
	  .next = next_of_pool,
	  .pool = true },
};

int source_parse(void *parsed, const char **expected)
{
	struct source_option *option = parsed;
	const char *colon = strchr(option->text, ':');
	size_t length = colon ? (size_t)(colon - option->text) : strlen(option->text);

	*expected = "fixed, per-packet, pool:K, rotate:N, rotate:DURATION or list:FILE";
	for (size_t i = 0; i < sizeof(strategies) / sizeof(strategies[0]); i++) {
		const struct source_strategy *strategy = &strategies[i];

		if (strlen(strategy->name) != length ||
		    memcmp(strategy->name, option->text, length) != 0)
			continue;
		option->strategy = strategy;
		if (strategy->form)
			*expected = strategy->form;
		if (!strategy->parse != !colon)
			return -EINVAL;
		return colon ? strategy->parse(option, colon + 1) : 0;
	}
	return -EINVAL;
}

const char *source_meaning(const struct source_option *option, char buffer[static SOURCE_TEXT])
{
	char number[UNITS_TEXT];

	if (option->period > 0)
		snprintf(buffer, SOURCE_TEXT, "a new source every %s",
			 units_duration_text(number, option->period));
	else if (option->number > 0)
		snprintf(buffer, SOURCE_TEXT, option->strategy->meaning,
			 units_grouped(number, option->number));
	else
		return option->strategy->meaning;
	return buffer;
}

bool source_is_pool(const struct source_option *option)
{
	return option->strategy->pool;
}

bool source_renews(const struct source_option *option)
{
	return option->strategy->renews;
}

bool source_per_packet(const struct source_option *option)
{
	return option->strategy->per_packet || (option->strategy->renews && option->number == 1);
}

void source_open(struct source *source, const struct source_option *option, uint64_t slots,
		 const struct popularity *popularity, uint64_t train, uint64_t seed,
		 uint64_t stream)
{
	*source = (struct source){
		.option = option, .slots = slots, .popularity = popularity, .train = train
	};
	rng_seed(&source->rng, seed, stream);
}

uint32_t source_next(struct source *source, uint64_t now, bool *renew)
{
	return source->option->strategy->next(source, now, renew);
}

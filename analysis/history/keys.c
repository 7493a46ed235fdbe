#include "analysis/history/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/history/numbers.h"
#include "common/message.h"

static const struct {
	const char *path, *name, *title;
	enum compare_meaning meaning;
	bool history;
} known[] = {
	{ "rates.received_pps", "received/s", "received packets per second", COMPARE_MORE_IS_FASTER,
	  true },
	{ "rates.sent_pps", "sent/s", "sent packets per second", COMPARE_MORE_IS_FASTER, false },
	{ "rates.stored_rows_per_s", "rows stored/s", "rows stored per second",
	  COMPARE_MORE_IS_FASTER, false },
	{ "latency_ns.p50", "latency p50", "latency until received, median", COMPARE_MORE_IS_SLOWER,
	  false },
	{ "latency_ns.p99", "latency p99", "latency until received, 99 %", COMPARE_MORE_IS_SLOWER,
	  false },
	{ "committed_ns.p99", "committed p99", "latency until committed, 99 %",
	  COMPARE_MORE_IS_SLOWER, false },
	{ "distribution.max_share", "largest share", "share of the busiest worker",
	  COMPARE_MORE_IS_MORE, false },
	{ "distribution.cv", "skew (cv)", "skew (standard deviation / mean)", COMPARE_MORE_IS_MORE,
	  true },
	{ "ledger.packets.dropped.rcvbuf", "dropped, buffer", "packets dropped at full buffers",
	  COMPARE_MORE_IS_MORE, false },
	{ "receiver.cpu_ns_per_packet", "CPU per packet", "CPU time per packet",
	  COMPARE_MORE_IS_MORE, false },
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

static enum compare_meaning meaning_of(const char *path, const char *unit)
{
	if (ends_in(path, "_pps") || ends_in(path, "_per_s"))
		return COMPARE_MORE_IS_FASTER;
	if (unit && strcmp(unit, "ns") == 0 && !strstr(path, "cpu_"))
		return COMPARE_MORE_IS_SLOWER;
	return COMPARE_MORE_IS_MORE;
}

/* The end of a long path says more than its beginning. */
static void name_after(char name[static KEY_NAME], const char *path)
{
	size_t length = strlen(path);

	if (length < KEY_NAME)
		strcpy(name, path);
	else
		snprintf(name, KEY_NAME, "..%s", path + length - (KEY_NAME - 3));
}

static void add(struct keys *out, const char *path)
{
	struct key *key = &out->list[out->count++];

	*key = (struct key){ .path = path, .title = path, .unit = numbers_unit(path) };
	key->meaning = meaning_of(path, key->unit);
	name_after(key->name, path);
	for (size_t i = 0; i < KNOWN; i++) {
		if (strcmp(known[i].path, path) != 0)
			continue;
		snprintf(key->name, sizeof(key->name), "%s", known[i].name);
		key->title = known[i].title;
		key->meaning = known[i].meaning;
	}
}

void keys_compared(struct keys *out)
{
	*out = (struct keys){ .count = 0 };
	for (size_t i = 0; i < KNOWN; i++)
		add(out, known[i].path);
}

void keys_history(struct keys *out)
{
	*out = (struct keys){ .count = 0 };
	for (size_t i = 0; i < KNOWN; i++)
		if (known[i].history)
			add(out, known[i].path);
}

static bool is_there(const struct keys *keys, const char *path)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->list[i].path, path) == 0)
			return true;
	return false;
}

bool keys_parse(struct keys *out, const char *text)
{
	char *rest, *path;

	*out = (struct keys){ .text = strdup(text) };
	rest = out->text;
	if (!rest)
		message_error("out of memory");
	while (rest && (path = strsep(&rest, ","))) {
		if (!*path || is_there(out, path) || out->count == KEYS_MOST) {
			message_error("invalid value \"%s\" for --key (expected e.g. "
				      "rates.received_pps,distribution.cv: at most %d, each once)",
				      text, KEYS_MOST);
			keys_free(out);
			return false;
		}
		add(out, path);
	}
	return out->text != NULL;
}

void keys_free(struct keys *keys)
{
	free(keys->text);
	*keys = (struct keys){ .count = 0 };
}

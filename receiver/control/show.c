#include "receiver/control/show.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/units.h"

/* Of what the receiver says, nothing may steer a terminal. */
static void put_text(const char *text)
{
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "?";
}

static uint64_t count_of(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (uint64_t)value : 0;
}

/* What is compared between workers, and what else is shown, depends on the protocol. */
struct columns {
	const char *shared, *shared_label;
	const char *other, *other_label;
	bool decisions; /* of the program that steers */
	uint64_t total;
};

static void print_row(const char *worker, const char *generation, const char *pid,
		      const char *state, const struct columns *columns, const uint64_t counts[3])
{
	char shared[UNITS_TEXT], other[UNITS_TEXT], decisions[UNITS_TEXT], share[16] = "-";

	if (columns->total)
		snprintf(share, sizeof(share), "%.1f%%",
			 100 * (double)counts[0] / (double)columns->total);
	printf("%6s %4s %8s %-8.8s %15s %7s %10s", worker, generation, pid, state,
	       units_grouped(shared, counts[0]), share, units_grouped(other, counts[1]));
	if (columns->decisions)
		printf(" %15s", units_grouped(decisions, counts[2]));
	putchar('\n');
}

static void print_worker(const json_t *worker, const struct columns *columns, uint64_t sums[3])
{
	uint64_t counts[3] = { count_of(worker, columns->shared), count_of(worker, columns->other),
			       count_of(worker, "decisions") };
	char index[24], generation[24], pid[24];

	snprintf(index, sizeof(index), "%" PRIu64, count_of(worker, "index"));
	snprintf(generation, sizeof(generation), "-");
	snprintf(pid, sizeof(pid), "-");
	if (count_of(worker, "pid")) {
		snprintf(generation, sizeof(generation), "%" PRIu64,
			 count_of(worker, "generation"));
		snprintf(pid, sizeof(pid), "%" PRIu64, count_of(worker, "pid"));
	}
	for (size_t i = 0; i < 3; i++)
		sums[i] += counts[i];
	print_row(index, generation, pid, string_of(worker, "state"), columns, counts);
}

static void print_workers(const json_t *workers, bool tcp)
{
	struct columns columns = { "packets", "PACKETS", "drops", "DROPS", false, 0 };
	uint64_t sums[3] = { 0, 0, 0 };
	const json_t *worker;
	size_t i;

	if (tcp)
		columns = (struct columns){
			"connections", "CONNECTIONS", "lines", "LINES", false, 0
		};
	json_array_foreach(workers, i, worker)
	{
		columns.total += count_of(worker, columns.shared);
		if (json_is_integer(json_object_get(worker, "decisions")))
			columns.decisions = true;
	}
	printf("%6s %4s %8s %-8s %15s %7s %10s%s\n", "WORKER", "GEN", "PID", "STATE",
	       columns.shared_label, "SHARE", columns.other_label,
	       columns.decisions ? "       DECISIONS" : "");
	json_array_foreach(workers, i, worker)
	{
		print_worker(worker, &columns, sums);
	}
	print_row("total", "", "", "", &columns, sums);
}

/* What stands in front of the workers, and drops what they never see. */
static void print_fronts(const json_t *fronts)
{
	char drops[UNITS_TEXT], handed_on[UNITS_TEXT];
	const json_t *front;
	size_t i;

	json_array_foreach(fronts, i, front)
	{
		printf("%s", i ? "" : "\n");
		put_text(string_of(front, "name"));
		if (count_of(front, "pid"))
			printf(" (pid %" PRIu64 "): handed on %s,", count_of(front, "pid"),
			       units_grouped(handed_on, count_of(front, "handed_on")));
		else
			putchar(':');
		printf(" drops %s\n", units_grouped(drops, count_of(front, "drops")));
	}
}

/* Counts of what should not happen are shown when it did. */
static void print_incidents(const json_t *answer)
{
	static const char *const keys[] = { "restarts", "respawns", "crashed", "fallbacks" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (count_of(answer, keys[i]))
			printf(", %s %" PRIu64, keys[i], count_of(answer, keys[i]));
}

static void print_stats(const json_t *answer, const json_t *workers)
{
	char elapsed[UNITS_TEXT];

	put_text(string_of(answer, "address"));
	printf(" (");
	put_text(string_of(answer, "protocol"));
	printf("), model ");
	put_text(string_of(answer, "model"));
	printf(", steer ");
	put_text(string_of(answer, "steer"));
	printf("\nrunning for %s, generation %" PRIu64,
	       units_duration_text(elapsed, count_of(answer, "elapsed_ns")),
	       count_of(answer, "generation"));
	print_incidents(answer);
	printf("\n\n");
	print_workers(workers, strcmp(string_of(answer, "protocol"), "tcp") == 0);
	print_fronts(json_object_get(answer, "fronts"));
}

static void print_commands(const json_t *commands)
{
	const json_t *row;
	size_t i;

	json_array_foreach(commands, i, row)
	{
		const char *argument = json_string_value(json_object_get(row, "argument"));
		char left[40];
		int length = snprintf(left, sizeof(left), "%.18s %.18s", string_of(row, "name"),
				      argument ? argument : "");

		printf("  ");
		put_text(left);
		printf("%*s", length < 16 ? 16 - length : 1, "");
		put_text(string_of(row, "meaning"));
		putchar('\n');
	}
}

/* "workers: 4". */
static void print_members(const json_t *answer)
{
	const char *key, *before = "";
	json_t *value;

	json_object_foreach((json_t *)answer, key, value)
	{
		char *text;

		if (strcmp(key, "ok") == 0)
			continue;
		printf("%s", before);
		put_text(key);
		printf(": ");
		text = json_is_string(value) ? NULL
					     : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		put_text(text ? text : string_of(answer, key));
		free(text);
		before = ", ";
	}
	puts(*before ? "" : "done");
}

void show_answer(const json_t *answer)
{
	const json_t *workers = json_object_get(answer, "slots");
	const json_t *commands = json_object_get(answer, "commands");

	if (json_is_array(workers))
		print_stats(answer, workers);
	else if (json_is_array(commands))
		print_commands(commands);
	else
		print_members(answer);
}

/* Who got what: a row for each worker, with a bar. What the receiver was stands above. */
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "analysis/finding.h"
#include "analysis/paragraph.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "analysis/text.h"
#include "common/units.h"

#define ROWS_LIMIT 32 /* of more workers, so many are shown */

struct layout {
	const char *block; /* what bars are made of */
	int bar;           /* columns of the longest one */
	bool drops;        /* there is a column for them */
};

/* Block characters where the terminal knows them; a file or pipe gets plain ones. */
static const char *bar_block(void)
{
	if (!isatty(STDOUT_FILENO) || !setlocale(LC_CTYPE, ""))
		return "#";
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "\u2588" : "#";
}

static void print_worker(const struct run *run, size_t index, const struct layout *layout,
			 const struct distribution *d)
{
	const struct worker *worker = &run->workers[index];
	uint64_t count = run_units(run, &worker->counts);
	char units[UNITS_TEXT], drops[UNITS_TEXT], share[16] = "-";
	double of_all = 0;
	int length;

	if (d->total) {
		of_all = (double)count / (double)d->total;
		snprintf(share, sizeof(share), "%.1f%%", 100 * of_all);
	}
	printf("%6zu %8" PRIu64 " %15s %7s", index, worker->pid, units_grouped(units, count),
	       share);
	if (layout->drops)
		printf(" %11s", units_grouped(drops, worker->counts.drops));
	length = of_all > 0 ? (int)(of_all / d->max_share * layout->bar + 0.5) : 0;
	if (length)
		printf("  ");
	while (length-- > 0)
		fputs(layout->block, stdout);
	putchar('\n');
}

struct rank {
	size_t index;
	uint64_t count;
};

static int by_count(const void *a, const void *b)
{
	const struct rank *left = a, *right = b;

	if (left->count != right->count)
		return left->count < right->count ? 1 : -1;
	return left->index < right->index ? -1 : left->index > right->index;
}

/* The busiest and the idlest, in the order of their counts. */
static void print_extremes(const struct run *run, const struct layout *layout,
			   const struct distribution *d)
{
	struct rank *order = calloc(run->worker_count, sizeof(*order));
	size_t half = ROWS_LIMIT / 2;

	if (!order)
		return;
	for (size_t i = 0; i < run->worker_count; i++)
		order[i] = (struct rank){ i, run_units(run, &run->workers[i].counts) };
	qsort(order, run->worker_count, sizeof(*order), by_count);
	for (size_t i = 0; i < half; i++)
		print_worker(run, order[i].index, layout, d);
	printf("   ... %zu workers in between, all in summary.json ...\n",
	       run->worker_count - ROWS_LIMIT);
	for (size_t i = run->worker_count - half; i < run->worker_count; i++)
		print_worker(run, order[i].index, layout, d);
	free(order);
}

/* The words that are known, with what stands between them. */
static void add_words(char *text, size_t size, const char *before, const char *words)
{
	size_t used = strlen(text);

	if (words)
		snprintf(text + used, size - used, "%s%s", used ? before : "", words);
}

static void add_count(char *text, size_t size, const json_t *record, const char *key,
		      uint64_t usual, const char *one, const char *many)
{
	char number[UNITS_TEXT], words[64];
	uint64_t count;

	if (!record_count(record, key, &count) || count <= usual)
		return;
	snprintf(words, sizeof(words), "%s %s", units_grouped(number, count),
		 count == 1 ? one : many);
	add_words(text, size, ", ", words);
}

/* What kind of receiver it was, where it says so, and what happened to its processes. */
static void print_pool(const struct run *run)
{
	const json_t *header = run->receive_header, *end = run->receive_summary;
	char text[256] = "";

	if (!record_text(header, "model"))
		return;
	add_words(text, sizeof(text), "", run->model);
	add_words(text, sizeof(text), ", ", record_text(header, "protocol"));
	add_words(text, sizeof(text), ", engine ", record_text(header, "engine"));
	if (strcmp(run->model, "reuseport") == 0)
		add_words(text, sizeof(text), ", steered by ", run->steer);
	add_count(text, sizeof(text), end, "generations", 1, "generation", "generations");
	add_count(text, sizeof(text), end, "crashed", 0, "process crashed", "processes crashed");
	paragraph(TEXT_LABEL, "Receiver", "%s", text);
}

static void print_title(const struct run *run, const struct analysis *analysis)
{
	const char *kernel = run_text(run, "kernel"), *machine = run_text(run, "machine");
	char text[FINDING_TEXT] = "";

	paragraph(TEXT_LABEL, "Run", "%s", finding_title(run));
	paragraph(TEXT_LABEL, "Finding", "%s", finding_headline(text, analysis, run));
	text[0] = '\0';
	add_words(text, sizeof(text), "", record_text(run->manifest, "scenario"));
	add_words(text, sizeof(text), ", ", run_text(run, "run"));
	add_words(text, sizeof(text), ", host ", run_text(run, "host"));
	if (kernel)
		add_words(text, sizeof(text), ", ", "Linux");
	add_words(text, sizeof(text), " ", kernel);
	add_words(text, sizeof(text), " ", machine);
	paragraph(TEXT_LABEL, "", "%s", text);
	print_pool(run);
}

static void print_total(const struct run *run, const struct layout *layout,
			const struct distribution *d)
{
	char units[UNITS_TEXT], drops[UNITS_TEXT];

	printf("%6s %8s %15s %7s", "all", "", units_grouped(units, d->total),
	       d->total ? "100.0%" : "-");
	if (layout->drops)
		printf(" %11s", units_grouped(drops, run->total.drops));
	if (d->workers > 1)
		printf("  fair share: %.2f%%", 100.0 / (double)d->workers);
	fputs("\n\n", stdout);
}

/* Processes and sockets before the workers: what they handed on, what they lost. */
static void print_fronts(const struct run *run)
{
	char handed[UNITS_TEXT], drops[UNITS_TEXT], left[UNITS_TEXT], process[64];

	for (size_t i = 0; i < run->fronts.count; i++) {
		const struct life *front = &run->fronts.list[i];
		const struct received *counts = &front->counts;

		process[0] = '\0';
		if (front->pid)
			snprintf(process, sizeof(process), " (pid %" PRIu64 "): handed on %s,",
				 front->pid, units_grouped(handed, counts->handed_on));
		paragraph(TEXT_LABEL, i ? "" : "In front", "%s%s dropped %s, left in queue %s",
			  front->name, front->pid ? process : ":",
			  units_grouped(drops, counts->drops),
			  units_grouped(left, counts->in_queue));
	}
	if (run->fronts.count)
		putchar('\n');
}

void text_workers(const struct run *run, const struct analysis *analysis)
{
	const struct distribution *d = &analysis->distribution;
	struct layout layout = { .block = bar_block(), .drops = run->total.drops > 0 };

	layout.bar = PARAGRAPH_COLUMNS - (layout.drops ? 53 : 41);
	print_title(run, analysis);
	printf("\n%6s %8s %15s %7s%s\n", "worker", "pid", run_unit(run, true), "share",
	       layout.drops ? "       drops" : "");
	if (run->worker_count > ROWS_LIMIT)
		print_extremes(run, &layout, d);
	else
		for (size_t i = 0; i < run->worker_count; i++)
			print_worker(run, i, &layout, d);
	print_total(run, &layout, d);
	print_fronts(run);
}

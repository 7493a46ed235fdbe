/* Who got what: a row for each worker, with a bar. */
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "analysis/finding.h"
#include "analysis/run.h"
#include "analysis/stream.h"
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

static void print_worker(const struct worker *worker, const struct layout *layout,
			 const struct distribution *d)
{
	char packets[UNITS_TEXT], drops[UNITS_TEXT], share[16] = "-";
	double of_all = 0;
	int length;

	if (d->packets) {
		of_all = (double)worker->counts.packets / (double)d->packets;
		snprintf(share, sizeof(share), "%.1f%%", 100 * of_all);
	}
	printf("%6" PRIu64 " %8" PRIu64 " %15s %7s", worker->index, worker->pid,
	       units_grouped(packets, worker->counts.packets), share);
	if (layout->drops)
		printf(" %11s", units_grouped(drops, worker->counts.drops));
	length = of_all > 0 ? (int)(of_all / d->max_share * layout->bar + 0.5) : 0;
	if (length)
		printf("  ");
	while (length-- > 0)
		fputs(layout->block, stdout);
	putchar('\n');
}

static int by_packets(const void *a, const void *b)
{
	const struct worker *left = *(const struct worker *const *)a;
	const struct worker *right = *(const struct worker *const *)b;

	if (left->counts.packets != right->counts.packets)
		return left->counts.packets < right->counts.packets ? 1 : -1;
	return left->index < right->index ? -1 : left->index > right->index;
}

/* The busiest and the idlest, in the order of their packets. */
static void print_extremes(const struct run *run, const struct layout *layout,
			   const struct distribution *d)
{
	const struct worker **order = calloc(run->worker_count, sizeof(*order));
	size_t half = ROWS_LIMIT / 2;

	if (!order)
		return;
	for (size_t i = 0; i < run->worker_count; i++)
		order[i] = &run->workers[i];
	qsort(order, run->worker_count, sizeof(*order), by_packets);
	for (size_t i = 0; i < half; i++)
		print_worker(order[i], layout, d);
	printf("   ... %zu workers in between, all in summary.json ...\n",
	       run->worker_count - ROWS_LIMIT);
	for (size_t i = run->worker_count - half; i < run->worker_count; i++)
		print_worker(order[i], layout, d);
	free(order);
}

/* The words that are known, with what stands between them. */
static void add_words(char *text, size_t size, const char *before, const char *words)
{
	size_t used = strlen(text);

	if (words)
		snprintf(text + used, size - used, "%s%s", used ? before : "", words);
}

static void print_title(const struct run *run, const struct analysis *analysis)
{
	const char *kernel = run_text(run, "kernel"), *machine = run_text(run, "machine");
	char text[FINDING_TEXT] = "";

	text_paragraph("Run", "%s", finding_title(run));
	text_paragraph("Finding", "%s", finding_headline(text, analysis));
	text[0] = '\0';
	add_words(text, sizeof(text), "", record_text(run->manifest, "scenario"));
	add_words(text, sizeof(text), ", ", run_text(run, "run"));
	add_words(text, sizeof(text), ", host ", run_text(run, "host"));
	if (kernel)
		add_words(text, sizeof(text), ", ", "Linux");
	add_words(text, sizeof(text), " ", kernel);
	add_words(text, sizeof(text), " ", machine);
	text_paragraph("", "%s", text);
}

static void print_total(const struct run *run, const struct layout *layout,
			const struct distribution *d)
{
	char packets[UNITS_TEXT], drops[UNITS_TEXT];

	printf("%6s %8s %15s %7s", "all", "", units_grouped(packets, d->packets),
	       d->packets ? "100.0%" : "-");
	if (layout->drops)
		printf(" %11s", units_grouped(drops, run->total.drops));
	if (d->workers > 1)
		printf("  fair share: %.2f%%", 100.0 / (double)d->workers);
	fputs("\n\n", stdout);
}

void text_workers(const struct run *run, const struct analysis *analysis)
{
	const struct distribution *d = &analysis->distribution;
	struct layout layout = { .block = bar_block(), .drops = run->total.drops > 0 };

	layout.bar = TEXT_COLUMNS - (layout.drops ? 53 : 41);
	print_title(run, analysis);
	printf("\n%6s %8s %15s %7s%s\n", "worker", "pid", "packets", "share",
	       layout.drops ? "       drops" : "");
	if (run->worker_count > ROWS_LIMIT)
		print_extremes(run, &layout, d);
	else
		for (size_t i = 0; i < run->worker_count; i++)
			print_worker(&run->workers[i], &layout, d);
	print_total(run, &layout, d);
}

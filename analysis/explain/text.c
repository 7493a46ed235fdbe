#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/explain/explanation.h"
#include "analysis/finding.h"
#include "analysis/paragraph.h"
#include "analysis/printable.h"
#include "analysis/run.h"
#include "analysis/text.h"
#include "common/units.h"

#define NOTE    25 /* columns that are left for it */
#define WORKERS 16 /* so many are told one by one */
#define COMMAND 17 /* as long as the kernel has them, and the end */

static const char *command_of(const struct run *run, const struct worker *worker)
{
	size_t at = observed_find(&run->observed, worker->cookie);

	if (at == OBSERVED_NONE)
		return run->receive_header ? "fairport-receive" : "";
	for (size_t i = 0; i < run->observed.members[at].owner_count; i++)
		if (run->observed.members[at].owners[i].pid == worker->pid)
			return run->observed.members[at].owners[i].comm;
	/* It has come, or gone, meanwhile. */
	for (size_t i = 0; i < run->observed.worker_count; i++)
		if (run->observed.workers[i].process.pid == worker->pid)
			return run->observed.workers[i].process.comm;
	return "";
}

static void print_workers(const struct explanation *explanation)
{
	const struct run *run = explanation->run;
	const struct distribution *d = &explanation->analysis->distribution;
	char count[UNITS_TEXT], command[COMMAND];

	printf("\n%-*s%6s %8s %-16s %14s %7s %10s\n", TEXT_LABEL, "Workers", "INDEX", "PID",
	       "COMMAND", run->tcp ? "CONNECTIONS" : "PACKETS", "SHARE", "DROPS");
	for (size_t i = 0; i < run->worker_count && i < WORKERS; i++) {
		const struct worker *worker = &run->workers[i];
		uint64_t units = run_units(run, &worker->counts);

		printf("%*s%6zu %8" PRIu64 " %-16s %14s", TEXT_LABEL, "", i, worker->pid,
		       printable_text(command, sizeof(command), command_of(run, worker)),
		       units_grouped(count, units));
		if (d->total)
			printf(" %5.1f %%", 100 * (double)units / (double)d->total);
		else
			printf(" %7s", "-");
		printf(" %10s\n", units_grouped(count, worker->counts.drops));
	}
	if (run->worker_count > WORKERS)
		paragraph(TEXT_LABEL, "", "and %zu more", run->worker_count - WORKERS);
}

static void queue_text(char text[static UNITS_TEXT], const struct observed_member *member)
{
	uint64_t queue = member->tcp ? member->queue_packets : member->queue_bytes;

	if (queue == OBSERVED_UNKNOWN)
		snprintf(text, UNITS_TEXT, "?");
	else if (member->tcp)
		units_grouped(text, queue);
	else
		units_size_text(text, queue);
}

/* Without privileges this is all that is seen. */
static void print_sockets(const struct run *run)
{
	const struct observed *observed = &run->observed;
	char drops[UNITS_TEXT], queue[UNITS_TEXT], pid[UNITS_TEXT], command[COMMAND];

	printf("\n%-*s%6s %5s %8s %-16s %12s %10s\n", TEXT_LABEL, "Sockets", "", "PORT", "PID",
	       "COMMAND", "QUEUE", "DROPS");
	for (size_t i = 0; i < observed->member_count && i < WORKERS; i++) {
		const struct observed_member *member = &observed->members[i];
		bool owned = member->owner_count > 0;

		queue_text(queue, member);
		/* Processes of other users do not show theirs. */
		snprintf(pid, sizeof(pid), owned ? "%" PRIu64 : "?",
			 owned ? member->owners[0].pid : 0);
		printf("%*s%6s %5" PRIu64 " %8s %-16s %12s %10s\n", TEXT_LABEL, "",
		       member->tcp ? "TCP" : "UDP", member->port, pid,
		       printable_text(command, sizeof(command),
				      owned ? member->owners[0].comm : "?"),
		       queue, units_grouped(drops, member->dropped));
	}
	if (observed->member_count > WORKERS)
		paragraph(TEXT_LABEL, "", "and %zu more", observed->member_count - WORKERS);
}

static void print_value(char *text, size_t size, const struct decisive *number, double value)
{
	char count[UNITS_TEXT];

	if (number->key[0] == 'f')
		snprintf(text, size, "%s", units_grouped(count, (uint64_t)(value + 0.5)));
	else if (number->key[0] == 'h')
		snprintf(text, size, value < 0.0005 ? "%.1g %%" : "%.1f %%", 100 * value);
	else if (number->key[0] == 'p')
		snprintf(text, size, "%.2g", value);
	else
		snprintf(text, size, "%.3f", value);
}

static void print_numbers(const struct evidence *evidence)
{
	if (evidence->count)
		printf("\n%-*s%-15s %9s  %s\n", TEXT_LABEL, "Decisive", "", "", "95 % SURE");
	for (size_t i = 0; i < evidence->count; i++) {
		const struct decisive *number = &evidence->numbers[i];
		char value[UNITS_TEXT], interval[40] = "";

		print_value(value, sizeof(value), number, number->value);
		if (!isnan(number->interval.low))
			snprintf(interval, sizeof(interval), "%.3f to %.3f", number->interval.low,
				 number->interval.high);
		printf("%*s%-15s %9s", TEXT_LABEL, "", number->label, value);
		/* What does not fit stands in the record. */
		if (number->note[0] && strlen(number->note) <= NOTE)
			printf("  %-15s  %s\n", interval, number->note);
		else
			printf("%s%s\n", interval[0] ? "  " : "", interval);
	}
}

static void print_verdict(const struct explanation *explanation)
{
	const struct analysis *analysis = explanation->analysis;
	char sentence[FINDING_TEXT];

	if (!analysis) {
		paragraph(TEXT_LABEL, "Verdict", "unknown. Nobody could count who received what.");
		return;
	}
	paragraph(TEXT_LABEL, "Verdict", "%s. %s", verdict_names[analysis->distribution.verdict],
		  finding_sentence(sentence, analysis, explanation->run));
}

/* Uneven, and nothing that is known does that; where no hash chose, the verdict says what did. */
static bool lacks_cause(const struct explanation *explanation)
{
	enum verdict verdict =
		explanation->analysis ? explanation->analysis->distribution.verdict : VERDICT_EVEN;

	return explanation->causes.count == 0 && verdict == VERDICT_UNEXPLAINED;
}

void explanation_print(const struct explanation *explanation)
{
	const struct evidence *evidence = &explanation->evidence;

	paragraph(TEXT_LABEL, "Seen", "%s", explanation->place);
	print_verdict(explanation);
	if (explanation->analysis)
		print_workers(explanation);
	else
		print_sockets(explanation->run);
	print_numbers(evidence);
	for (size_t i = 0; i < explanation->causes.count; i++) {
		putchar('\n');
		text_cause(&explanation->causes, i);
	}
	if (lacks_cause(explanation)) {
		putchar('\n');
		paragraph(TEXT_LABEL, "Cause", "none of those that are known");
	}
	for (size_t i = 0; i < evidence->unknown_count; i++) {
		if (i == 0)
			putchar('\n');
		paragraph(TEXT_LABEL, i ? "" : "Not known", "%s.", evidence->unknown[i]);
	}
}

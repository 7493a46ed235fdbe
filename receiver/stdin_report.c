#include "receiver/stdin_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exit.h"
#include "common/message.h"
#include "common/record.h"
#include "common/units.h"
#include "receiver/account.h"
#include "receiver/options.h"
#include "receiver/pool/report.h"
#include "receiver/samples.h"
#include "receiver/sinks/sink.h"

static bool prints_points(const struct receive_options *options)
{
	return sink_by_index(options->sink) == &sink_stdout;
}

void stdin_progress_begin(struct stdin_progress *progress, const struct receive_options *options)
{
	struct stat status;

	progress->begun = clock_now();
	progress->interval = options->interval;
	progress->next = UINT64_MAX;
	progress->size = 0;
	if (!options->quiet && isatty(STDERR_FILENO) &&
	    !(prints_points(options) && isatty(STDOUT_FILENO)))
		progress->next = progress->begun + progress->interval;
	if (fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode))
		progress->size = (uint64_t)status.st_size;
}

uint64_t stdin_progress(struct stdin_progress *progress, const struct stdin_result *result)
{
	const struct received *counts = &result->account->counts;
	char lines[UNITS_TEXT], read[UNITS_TEXT], size[UNITS_TEXT], of[UNITS_TEXT + 8] = "";
	uint64_t now;

	if (progress->next == UINT64_MAX)
		return UINT64_MAX;
	now = clock_now();
	if (now < progress->next)
		return progress->next;
	progress->next = now + progress->interval;
	if (progress->size)
		snprintf(of, sizeof(of), " of %s", units_size_text(size, progress->size));
	message_progress("%s%s read, %s lines, %.0f a second", units_size_text(read, counts->bytes),
			 of, units_grouped(lines, counts->lines),
			 clock_rate(counts->lines, now - progress->begun));
	return progress->next;
}

void stdin_report_header(const struct receive_options *options, struct ndjson *records, int argc,
			 char **argv)
{
	record_begin_header(records, &receive_program, options, argc, argv);
	ndjson_string(records, "input", "stdin");
	ndjson_end(records);
}

static void record_summary(const struct stdin_result *result, struct ndjson *records)
{
	const struct account *account = result->account;

	ndjson_begin(records, "summary");
	ndjson_uint(records, "elapsed_ns", result->elapsed);
	ndjson_string(records, "reason", result->reason);
	counters_record(received_counters, records, &account->counts);
	ndjson_uint(records, "pending", received_pending(&account->counts));
	ndjson_string(records, "store_error",
		      account->store_error[0] ? account->store_error : NULL);
	samples_record(account, records);
	ndjson_end(records);
}

static void print_count(const char *what, uint64_t count)
{
	char text[UNITS_TEXT];

	printf("%-12s %14s\n", what, units_grouped(text, count));
}

static void print_summary(const struct stdin_result *result, const struct receive_options *options)
{
	const struct received *counts = &result->account->counts;
	bool null = sink_by_index(options->sink) == &sink_null;
	char size[UNITS_TEXT];

	printf("Input        standard input, %s\n", units_size_text(size, counts->bytes));
	printf("Sink         %s\n\n", sink_names[options->sink]);
	print_count("lines", counts->lines);
	print_count(null ? "discarded" : "stored", null ? counts->discarded : counts->stored);
	print_count("rejected", received_rejected(counts));
	print_count("errors", counts->store_errors);
	if (counts->dropped)
		print_count("dropped", counts->dropped);
	if (counts->spooled)
		print_count("spooled", counts->spooled);
	printf("\nEnded by: %s, after %.1f s; lines not accounted for: %" PRIu64 "\n",
	       result->reason, (double)result->elapsed / NS_PER_SECOND, received_pending(counts));
}

static void tell_problems(const struct stdin_result *result, const struct receive_options *options)
{
	const struct received *counts = &result->account->counts;
	uint64_t by_sink = received_rejected(counts) - counts->rejected_strict - result->told;
	char count[UNITS_TEXT];

	samples_show(result->account, "the sink");
	if (by_sink)
		message_warning("%s lines were rejected by the sink",
				units_grouped(count, by_sink));
	if (counts->rejected_strict)
		message_warning("%s good lines were rejected with the bad ones (--strict)",
				units_grouped(count, counts->rejected_strict));
	report_full(options, counts);
	if (counts->store_errors)
		message_error("%s lines were read but not %s",
			      units_grouped(count, counts->store_errors),
			      prints_points(options) ? "printed" : "stored");
}

int stdin_report(const struct stdin_result *result, const struct receive_options *options,
		 struct ndjson *records)
{
	const struct received *counts = &result->account->counts;

	record_summary(result, records);
	if (!prints_points(options) && record_leaves_stdout(records))
		print_summary(result, options);
	message_flush_output();
	tell_problems(result, options);
	if (result->failed && counts->lines == 0)
		return EXIT_CANNOT_RUN;
	if (result->failed || received_rejected(counts) || counts->store_errors ||
	    counts->dropped || received_pending(counts))
		return EXIT_INCOMPLETE;
	return EXIT_DONE;
}

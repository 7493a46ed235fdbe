/* fairport-doctor: what this host can do, and what will bite. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "common/signals.h"
#include "lab/doctor/check.h"
#include "lab/doctor/host.h"
#include "lab/doctor/options.h"
#include "lab/doctor/report.h"

struct output {
	const struct doctor_options *options;
	struct ndjson records;
	bool text; /* results go to standard output as text */
	const char *family;
};

static void tell(struct output *output, size_t index, const struct finding *finding)
{
	record_finding(&output->records, index, finding);
	if (output->text && !(output->options->quiet && finding->level == LEVEL_OK))
		print_finding(index, finding, &output->family);
}

/* Looks for a signal between two checks: each of them is bounded. */
static void examine(struct output *output, const struct host *host, struct tally *tally)
{
	bool ended = false;

	*tally = (struct tally){ .left_out = 0 };
	for (size_t i = 0; checks[i].name; i++) {
		struct finding finding = { .level = LEVEL_OK };

		if (!(output->options->only.rows >> i & 1))
			continue;
		ended = ended || signals_next(host->signal_fd) != 0;
		if (ended) {
			tally->left_out++;
			continue;
		}
		checks[i].run(host, &finding);
		tell(output, i, &finding);
		tally->by_level[finding.level]++;
	}
}

static int report(struct output *output, const struct host *host, const struct tally *tally)
{
	int status = EXIT_DONE;

	if (tally->by_level[LEVEL_PROBLEM])
		status = EXIT_EXPECTATION;
	else if (tally->left_out)
		status = EXIT_INCOMPLETE;
	record_tally(&output->records, host, tally);
	if (output->text)
		print_tally(tally);
	if (!record_close(&output->records) && status == EXIT_DONE)
		status = EXIT_INCOMPLETE;
	return status;
}

/* libbpf's own complaints are in what a check finds. */
static int stay_silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

int main(int argc, char **argv)
{
	struct doctor_options options;
	struct output output = { .options = &options };
	struct host host;
	struct tally tally;
	char run_id[RECORD_RUN_ID];
	int signal_fd, status;

	message_program(doctor_program.name);
	if (!options_go_on(doctor_options_parse(&options, argc, argv), &status))
		return status;
	message_level(options.quiet, options.verbose);
	if (options.list) {
		print_names();
		return message_close_output(EXIT_DONE);
	}
	if (!options.run)
		options.run = record_run_id(run_id);
	signal_fd = signals_open(0);
	if (signal_fd < 0)
		return EXIT_CANNOT_RUN;
	libbpf_set_print(stay_silent);
	host_look(&host, signal_fd);
	if (!record_open(&output.records, options.json, "doctor", options.run))
		return EXIT_CANNOT_RUN;
	output.text = record_leaves_stdout(&output.records);
	record_header(&output.records, &options, &host, argc, argv);
	examine(&output, &host, &tally);
	/* Nothing waits any more; a second signal ends the process at once. */
	signals_let_end();
	status = report(&output, &host, &tally);
	return message_close_output(status);
}

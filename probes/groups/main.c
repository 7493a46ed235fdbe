/* fairport-groups: the SO_REUSEPORT groups, whose they are, and what is wrong with them. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "common/exit.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "probes/groups/generations.h"
#include "probes/groups/group.h"
#include "probes/groups/options.h"
#include "probes/groups/programs.h"
#include "probes/groups/report.h"
#include "probes/groups/shadow.h"
#include "probes/groups/survey.h"
#include "probes/groups/watched.h"
#include "probes/sockets/ports.h"

/* What this process may see, and what is missing where it may not see all. */
static void tell_tier(const struct survey *survey)
{
	const char *unseen =
		survey->all_visible ? "" : "; processes of other users are not visible";

	if (survey->iterators && survey->all_visible)
		message_note("everything is visible: sock_diag, /proc, BPF iterators");
	else if (survey->iterators)
		message_note("sock_diag and BPF iterators%s", unseen);
	else if (survey->iterators_error == -EPERM)
		message_note("without CAP_BPF and CAP_PERFMON slots and programs are unknown%s; "
			     "run as root",
			     unseen);
	else
		message_note("without BPF iterators (%s) slots and programs are unknown%s",
			     strerror(-survey->iterators_error), unseen);
}

/* All that is said about members. 0 or -ENOMEM. */
static int mark(struct group_list *groups, const struct survey *survey)
{
	int error = generations_find(groups);

	for (size_t i = 0; !error && i < groups->count; i++)
		if (groups->items[i].shown)
			error = programs_mark(&groups->items[i]);
	if (error)
		return error;
	shadows_mark(groups);
	watched_mark(groups, survey);
	return 0;
}

static int report(const struct group_list *groups, const struct survey *survey, int argc,
		  char **argv)
{
	const struct groups_options *options = survey->options;
	struct totals totals = report_totals(groups);
	struct ndjson records;

	if (!record_open(&records, options->json, "groups", options->run))
		return EXIT_CANNOT_RUN;
	record_header(&records, survey, argc, argv);
	record_groups(&records, groups, survey);
	if (record_leaves_stdout(&records))
		print_groups(groups, options);
	if (!record_close(&records))
		return EXIT_INCOMPLETE;
	return options->check && totals.marked ? EXIT_EXPECTATION : EXIT_DONE;
}

static int show(const struct survey *survey, int argc, char **argv)
{
	struct group_list groups;
	int status = EXIT_CANNOT_RUN;
	int error = groups_find(&groups, survey);

	if (!error)
		error = mark(&groups, survey);
	if (error)
		message_error("could not sort the sockets into groups: %s", strerror(-error));
	else
		status = report(&groups, survey, argc, argv);
	groups_free(&groups);
	return status;
}

static void explain_absent(const struct survey *survey)
{
	const struct groups_options *options = survey->options;
	const char *what = options->udp == options->tcp ? "socket"
			   : options->udp               ? "UDP socket"
							: "TCP listener";
	char text[PORTS_TEXT];

	if (survey->count == 1)
		sockets_explain_absence_of(what, &options->ports);
	else
		message_error("nobody has a %s on %s in any of %zu network namespaces", what,
			      ports_text(text, &options->ports), survey->count);
}

int main(int argc, char **argv)
{
	struct groups_options options;
	struct survey survey;
	char run_id[RECORD_RUN_ID];
	int status;

	message_program(groups_program.name);
	if (!options_go_on(groups_options_parse(&options, argc, argv), &status))
		return status;
	message_level(options.quiet, options.verbose);
	if (!options.run)
		options.run = record_run_id(run_id);
	signal(SIGPIPE, SIG_IGN);
	status = EXIT_CANNOT_RUN;
	if (survey_open(&survey, &options) && survey_look(&survey)) {
		tell_tier(&survey);
		if (options.ports.text && survey_is_empty(&survey))
			explain_absent(&survey);
		else
			status = show(&survey, argc, argv);
	}
	survey_close(&survey);
	return message_close_output(status);
}

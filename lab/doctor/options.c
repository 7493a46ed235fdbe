#include "lab/doctor/options.h"

#include <errno.h>
#include <string.h>

#include "lab/doctor/check.h"

static bool select_check(struct selection *selection, const char *name, size_t length)
{
	for (size_t i = 0; checks[i].name; i++)
		if (strlen(checks[i].name) == length &&
		    strncmp(checks[i].name, name, length) == 0) {
			selection->rows |= UINT64_C(1) << i;
			return true;
		}
	return false;
}

static int parse_selection(void *value, const char **expected)
{
	struct selection *selection = value;
	const char *name = selection->text;

	*expected = "names of checks, e.g. rcvbuf,ports; --list shows them";
	selection->rows = 0;
	for (;;) {
		size_t length = strcspn(name, ",");

		if (!select_check(selection, name, length))
			return -EINVAL;
		if (name[length] == '\0')
			return 0;
		name += length + 1;
	}
}

static const struct option_row rows[] = {
	{ .name = "only",
	  .kind = OPTION_PARSED,
	  .offset = offsetof(struct doctor_options, only),
	  .parse = parse_selection,
	  .size = sizeof(struct selection),
	  .metavar = "NAME,..",
	  .heading = "What to check",
	  .help = "these checks, not all" },
	{ .name = "list",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct doctor_options, list),
	  .help = "print the names of the checks, and check nothing" },
	OPTIONS_RECORDS(struct doctor_options),
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct doctor_options, quiet),
	  .help = "leave out of the text what is ok" },
	{ .name = "verbose",
	  .letter = 'v',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct doctor_options, verbose),
	  .help = "on standard error, what the kernel says of BPF\n"
		  "programs that it refuses" },
	OPTIONS_END,
};

const struct program doctor_program = {
	.name = "fairport-doctor",
	.summary = "what this host can do, and what will bite.",
	.usage = "[options]",
	.rows = rows,
	.examples = "  # everything, with what to do about it\n"
		    "  fairport-doctor\n"
		    "  # in a script: go on only if these have no problem (status 3: they do)\n"
		    "  fairport-doctor --quiet --only loopback,rcvbuf,receptions\n"
		    "  # records, to be kept beside those of a measurement\n"
		    "  fairport-doctor --json doctor.ndjson --run lab-7\n",
};

enum options_result doctor_options_parse(struct doctor_options *options, int argc, char **argv)
{
	int first;
	enum options_result result = options_parse(&doctor_program, options, argc, argv, &first);

	if (result != OPTIONS_RUN)
		return result;
	if (argc > first)
		return options_refuse(&doctor_program, "unexpected argument \"%s\"", argv[first]);
	if (options->list && (options->only.text || options->json))
		return options_refuse(&doctor_program, "--list checks nothing: it stands alone");
	if (!options->only.text)
		options->only.rows = UINT64_MAX;
	return OPTIONS_RUN;
}

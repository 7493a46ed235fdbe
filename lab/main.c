/* fairport-run: runs scenarios and reports on them. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/exit.h"
#include "common/message.h"
#include "common/record.h"
#include "common/rng.h"
#include "common/signals.h"
#include "lab/experiment.h"
#include "lab/options.h"
#include "lab/process.h"
#include "lab/scenario.h"

/* Makes PATH and what lies above it. */
static bool make_directories(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			break;
		*slash = '/';
	}
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return true;
	message_error("could not make directory %s: %s", path, strerror(errno));
	return false;
}

/* Where the results go: never over those of another run. */
static bool make_run_directory(char path[static PATH_MAX], const struct run_options *options,
			       const struct scenario *scenario, bool several)
{
	char manifest[PATH_MAX];

	if (!options->out)
		snprintf(path, PATH_MAX, "runs/%s-%s", options->run, scenario->name);
	else if (several)
		snprintf(path, PATH_MAX, "%s/%s", options->out, scenario->name);
	else
		snprintf(path, PATH_MAX, "%s", options->out);
	if (strlen(path) > PATH_MAX - 64) {
		message_error("the path of the run directory is too long");
		return false;
	}
	if (!make_directories(path))
		return false;
	snprintf(manifest, sizeof(manifest), "%.4000s/manifest.json", path);
	if (access(manifest, F_OK) == 0) {
		message_error("%s holds the results of another run", path);
		message_hint("name a new directory with --out");
		return false;
	}
	return true;
}

static int run_scenario(const char *file, bool several, struct interrupt *interrupt, int argc,
			char **argv)
{
	struct run_options options;
	struct scenario scenario;
	char run_id[RECORD_RUN_ID], directory[PATH_MAX];
	int status = EXIT_CANNOT_RUN, first;

	if (scenario_read(&scenario, file) &&
	    run_options_parse(&options, &scenario, argc, argv, &first) == OPTIONS_RUN) {
		message_level(options.quiet, options.verbose);
		if (!options.run)
			options.run = record_run_id(run_id);
		if (!options.seed)
			options.seed = rng_fresh_seed() | 1;
		if (make_run_directory(directory, &options, &scenario, several))
			status = experiment_run(&options, &scenario, directory, interrupt, argc,
						argv);
	}
	run_options_free();
	scenario_free(&scenario);
	return status;
}

/* A scenario that could not run outweighs one that failed, and that one that is incomplete. */
static int worse(int a, int b)
{
	static const int order[] = { EXIT_CANNOT_RUN, EXIT_EXPECTATION, EXIT_INCOMPLETE };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a ? a : b;
}

int main(int argc, char **argv)
{
	struct run_options options;
	struct interrupt interrupt = { .count = 0 };
	int first, status = EXIT_DONE;

	message_program(run_program.name);
	if (!options_go_on(run_options_parse(&options, NULL, argc, argv, &first), &status))
		return status;
	interrupt.signal_fd = signals_open(0);
	if (interrupt.signal_fd < 0)
		return EXIT_CANNOT_RUN;
	for (int i = first; i < argc; i++) {
		int result;

		if (i > first)
			putchar('\n');
		result = run_scenario(argv[i], argc - first > 1, &interrupt, argc, argv);
		status = i > first ? worse(status, result) : result;
		if (result == EXIT_CANNOT_RUN || interrupt.count)
			break;
	}
	return message_close_output(status);
}

#include "analysis/plots.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "analysis/finding.h"
#include "analysis/gnuplot.h"
#include "analysis/plot_data.h"
#include "analysis/run.h"
#include "analysis/stream.h"
#include "common/datadir.h"
#include "common/message.h"

#define NUMBER_TEXT 32

struct plot {
	const struct run *run;
	const struct analysis *analysis;
	char directory[PATH_MAX];
	char headline[FINDING_TEXT];
};

static enum plots_result failed(const char *what, const char *path, int error)
{
	message_warning("could not %s %s: %s", what, path, strerror(-error));
	return PLOTS_FAILED;
}

static enum plots_result explain(const char *name, int error, const char *errors)
{
	if (error == -ENOENT) {
		message_note("no pictures: gnuplot is not installed");
		return PLOTS_NO_GNUPLOT;
	}
	if (error != -ECANCELED)
		return failed("run", "gnuplot", error);
	message_warning("gnuplot failed to draw %s:\n%s", name,
			*errors ? errors : "it said nothing");
	return PLOTS_FAILED;
}

/* Draws NAME from DATA; FURTHER, ended by NULL, follows the title and the headline. */
static enum plots_result draw(const struct plot *plot, const char *name, const char *data,
			      const char *const further[])
{
	char template[PATH_MAX], prefix[PATH_MAX], file[64], errors[GNUPLOT_ERRORS];
	const char *arguments[12] = { data, prefix, finding_title(plot->run), plot->headline };
	int error;

	snprintf(file, sizeof(file), "plots/%s.gp", name);
	error = datadir_path(template, sizeof(template), file);
	if (!error && access(template, R_OK) != 0)
		error = -errno;
	if (error)
		return failed("read the template", file, error);
	error = stream_path(prefix, sizeof(prefix), plot->directory, name);
	if (error)
		return failed("draw", name, error);
	for (size_t i = 0; further[i] && i + 5 < sizeof(arguments) / sizeof(arguments[0]); i++)
		arguments[4 + i] = further[i];
	error = gnuplot_run(template, arguments, errors);
	return error ? explain(name, error, errors) : PLOTS_DRAWN;
}

static enum plots_result draw_workers(const struct plot *plot)
{
	char data[PATH_MAX], workers[NUMBER_TEXT], tolerance[NUMBER_TEXT];
	const char *const further[] = { workers, tolerance, run_unit(plot->run, true), NULL };
	int error = stream_path(data, sizeof(data), plot->directory, "packets-per-worker.dat");

	if (!error)
		error = plot_data_workers(plot->run, data);
	if (error)
		return failed("write", data, error);
	snprintf(workers, sizeof(workers), "%zu", plot->run->worker_count);
	snprintf(tolerance, sizeof(tolerance), "%g", 100 * plot->analysis->tolerance);
	return draw(plot, "packets-per-worker", data, further);
}

/* DRAWABLE: without gnuplot the data is written all the same. */
static enum plots_result draw_time(const struct plot *plot, bool drawable)
{
	const struct distribution *d = &plot->analysis->distribution;
	char data[PATH_MAX], workers[NUMBER_TEXT], busiest[NUMBER_TEXT], idlest[NUMBER_TEXT];
	char most[NUMBER_TEXT];
	const char *const further[] = { workers, busiest, idlest, most, run_unit(plot->run, true),
					NULL };
	double top = 0;
	int error = stream_path(data, sizeof(data), plot->directory, "packets-over-time.dat");

	if (!error)
		error = plot_data_intervals(plot->run, data, &top);
	if (error)
		return failed("write", data, error);
	if (!drawable)
		return PLOTS_DRAWN;
	snprintf(workers, sizeof(workers), "%zu", plot->run->worker_count);
	snprintf(busiest, sizeof(busiest), "%zu", d->busiest);
	snprintf(idlest, sizeof(idlest), "%zu", d->idlest);
	snprintf(most, sizeof(most), "%.6g", top);
	return draw(plot, "packets-over-time", data, further);
}

enum plots_result plots_draw(const struct run *run, const struct analysis *analysis)
{
	struct plot plot = { .run = run, .analysis = analysis };
	enum plots_result workers, time = PLOTS_DRAWN;

	if (stream_path(plot.directory, sizeof(plot.directory), run->directory, "plots") != 0)
		return failed("draw into", run->directory, -ENAMETOOLONG);
	if (mkdir(plot.directory, 0777) != 0 && errno != EEXIST)
		return failed("create", plot.directory, -errno);
	finding_headline(plot.headline, analysis, run);
	workers = draw_workers(&plot);
	if (run->intervals > 0)
		time = draw_time(&plot, workers != PLOTS_NO_GNUPLOT);
	return time == PLOTS_FAILED ? time : workers;
}

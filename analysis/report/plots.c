#include "analysis/report/plots.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "analysis/finding.h"
#include "analysis/report/gnuplot.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/datadir.h"
#include "common/message.h"

const struct plot_form plot_forms[PLOTS] = {
	[PLOT_WORKERS] = { "packets-per-worker", "Who got how much",
			   "Each bar is what one worker received; the dashed line is the fair "
			   "share, and a bar in red-orange is above it by more than the tolerance.",
			   plot_data_workers },
	[PLOT_TIME] = { "packets-over-time", "Shares over time",
			"Lines that run together mean that the workers share evenly all the time; "
			"a line that leaves the others says when that began.",
			plot_data_intervals },
	[PLOT_FLOWS] = { "flow-map", "Which flow came to which worker",
			 "Each band runs from a flow (a sender's address and port) to the worker "
			 "that got it, and is as thick as what it carried: a worker is busy "
			 "because "
			 "of many bands or because of a thick one.",
			 plot_data_flows },
	[PLOT_LORENZ] = { "lorenz", "How unequal the shares are",
			  "The curve is the part of all that the idlest so many per cent of the "
			  "workers got; on the dashed diagonal all get the same, and the further "
			  "it "
			  "hangs below, the more the busiest have.",
			  plot_data_lorenz },
	[PLOT_SKEW] = { "skew", "Skew against the number of flows",
			"The line is the skew to expect of a uniform hash with so many equal "
			"flows, "
			"and 95 % of all runs lie in the band: a point inside it is chance, one "
			"above it is not, and to the right is where more flows would lead.",
			plot_data_skew },
	[PLOT_LATENCY] = { "latency", "How long it took",
			   "Half of all took at most p50, 99 in 100 at most p99; the scale is "
			   "logarithmic, so a steep end is a few that waited very much longer.",
			   plot_data_latency },
	[PLOT_LOSSES] = { "losses", "Losses and restarts",
			  "The area is packets dropped a second; a dashed line is the moment at "
			  "which a process began to work, so losses beside one belong to a "
			  "restart.",
			  plot_data_losses },
};

struct drawing {
	const struct run *run;
	char directory[PATH_MAX], templates[PATH_MAX], headline[FINDING_TEXT];
	FILE *script;
};

static bool failed(const char *what, const char *path, int error)
{
	message_warning("could not %s %s: %s", what, path, strerror(-error));
	return false;
}

static int plot_path(char *path, const struct drawing *drawing, enum plot plot, const char *end)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s", plot_forms[plot].name, end);
	return stream_path(path, PATH_MAX, drawing->directory, name);
}

static void remove_files(const struct drawing *drawing, enum plot plot, const char *const ends[])
{
	char path[PATH_MAX];

	for (; *ends; ends++)
		if (plot_path(path, drawing, plot, *ends) == 0)
			unlink(path);
}

static int write_data(const char *path, const char *text, size_t length)
{
	FILE *file = fopen(path, "we");
	int error = 0;

	if (!file)
		return -errno;
	if (fwrite(text, 1, length, file) != length || fflush(file) != 0)
		error = errno ? -errno : -EIO;
	if (fclose(file) != 0 && !error)
		error = -errno;
	return error;
}

/* Has the script draw DATA. */
static void add_call(struct drawing *drawing, enum plot plot, const char *data,
		     const struct plot_arguments *arguments)
{
	char template[PATH_MAX + 64], prefix[PATH_MAX];
	const char *first[] = { data, prefix, finding_title(drawing->run), drawing->headline };

	if (plot_path(prefix, drawing, plot, "") != 0)
		return;
	snprintf(template, sizeof(template), "%s/%s.gp", drawing->templates, plot_forms[plot].name);
	fputs("; call ", drawing->script);
	gnuplot_quote(drawing->script, template);
	for (size_t i = 0; i < 4 + arguments->count; i++) {
		fputc(' ', drawing->script);
		gnuplot_quote(drawing->script, i < 4 ? first[i] : arguments->list[i - 4]);
	}
}

/* False after a warning. */
static bool prepare(struct drawing *drawing, enum plot plot, const struct analysis *analysis,
		    bool *has_data)
{
	static const char *const ends[] = { ".dat", ".svg", ".png", NULL };
	struct plot_arguments arguments = { .count = 0 };
	char path[PATH_MAX], *text = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&text, &length);
	int error;

	if (!memory)
		return failed("prepare", plot_forms[plot].name, -errno);
	error = plot_forms[plot].data(memory, drawing->run, analysis, &arguments);
	if (fclose(memory) != 0 && !error)
		error = -ENOMEM;
	remove_files(drawing, plot, ends);
	*has_data = !error;
	if (!error)
		error = plot_path(path, drawing, plot, ".dat");
	if (!error)
		error = write_data(path, text, length);
	if (!error)
		add_call(drawing, plot, path, &arguments);
	free(text);
	return !error || error == -ENODATA ||
	       failed("write the data of", plot_forms[plot].name, error);
}

static enum plots_result run_script(const char *script)
{
	char errors[GNUPLOT_ERRORS];
	int error = gnuplot_run(script, errors);

	if (!error)
		return PLOTS_DRAWN;
	if (error == -ENOENT) {
		message_note("no pictures: gnuplot is not installed");
		return PLOTS_NO_GNUPLOT;
	}
	if (error != -ECANCELED)
		failed("run", "gnuplot", error);
	else
		message_warning("gnuplot failed to draw:\n%s",
				*errors ? errors : "it said nothing");
	return PLOTS_FAILED;
}

/* One is enough to tell that the disk is full. */
static bool are_whole(const struct drawing *drawing, const struct plots *plots)
{
	char prefix[PATH_MAX];

	for (size_t i = 0; i < PLOTS; i++)
		if (plots->has_data[i] && plot_path(prefix, drawing, i, "") == 0 &&
		    !gnuplot_drew_all(prefix))
			return false;
	return true;
}

static bool open_drawing(struct drawing *drawing, const struct run *run)
{
	int error = stream_path(drawing->directory, PATH_MAX, run->directory, "plots");

	*drawing->headline = '\0';
	drawing->run = run;
	if (error)
		return failed("draw into", run->directory, error);
	if (mkdir(drawing->directory, 0777) != 0 && errno != EEXIST)
		return failed("create", drawing->directory, -errno);
	error = datadir_path(drawing->templates, PATH_MAX, "plots");
	if (!error && access(drawing->templates, R_OK) != 0)
		error = -errno;
	return !error || failed("read the templates in", "plots", error);
}

/* Which pictures there would be. */
static void look_for_data(struct plots *out, const struct run *run, const struct analysis *analysis)
{
	FILE *nowhere = fopen("/dev/null", "we");

	for (size_t i = 0; nowhere && i < PLOTS; i++) {
		struct plot_arguments arguments = { .count = 0 };

		out->has_data[i] = plot_forms[i].data(nowhere, run, analysis, &arguments) == 0;
	}
	if (nowhere)
		fclose(nowhere);
	out->result = PLOTS_NOT_WANTED;
}

void plots_draw(struct plots *out, const struct run *run, const struct analysis *analysis,
		enum plots_for what)
{
	struct drawing drawing;
	char *script = NULL;
	size_t length = 0;
	bool ok = true;

	*out = (struct plots){ .result = PLOTS_FAILED };
	if (what == PLOTS_DATA_ONLY) {
		look_for_data(out, run, analysis);
		return;
	}
	if (!open_drawing(&drawing, run))
		return;
	finding_headline(drawing.headline, analysis, run);
	drawing.script = open_memstream(&script, &length);
	if (!drawing.script) {
		failed("draw into", drawing.directory, -errno);
		return;
	}
	/* One gnuplot for all: to start it takes longer than to draw. */
	fprintf(drawing.script, "kinds = 'svg png%s'",
		what == PLOTS_WITH_PAGE ? " wide narrow" : "");
	for (size_t i = 0; i < PLOTS; i++)
		ok &= prepare(&drawing, i, analysis, &out->has_data[i]);
	if (fclose(drawing.script) != 0)
		ok = failed("draw into", drawing.directory, -ENOMEM);
	else
		out->result = run_script(script);
	if (out->result == PLOTS_DRAWN && !are_whole(&drawing, out))
		ok = false;
	if (!ok)
		out->result = PLOTS_FAILED;
	free(script);
}

void plots_tidy(const struct run *run)
{
	static const char *const ends[] = { "-wide.svg", "-narrow.svg", NULL };
	struct drawing drawing;

	if (stream_path(drawing.directory, PATH_MAX, run->directory, "plots") != 0)
		return;
	for (size_t i = 0; i < PLOTS; i++)
		remove_files(&drawing, i, ends);
}

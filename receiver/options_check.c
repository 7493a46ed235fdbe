/* What of the command line does not go together. */
#include <stdlib.h>
#include <string.h>

#include "receiver/engines/engine.h"
#include "receiver/models/model.h"
#include "receiver/options.h"
#include "receiver/sinks/sink.h"

static bool is_set(const char *const *names, size_t index, const char *name)
{
	return strcmp(names[index], name) == 0;
}

/* What belongs to one protocol or model. NULL, or why it does not fit. */
static const char *check_model(const struct receive_options *options, const struct model *model)
{
	bool tcp = options->protocol == PROTOCOL_TCP;

	if (tcp && !model->tcp)
		return "--model dispatcher is for UDP; for TCP, one process accepts with fdpass";
	if (!tcp && !model->udp)
		return "--model fdpass hands connections on: it goes with --protocol tcp";
	if (model->one_worker && options->workers > 1)
		return "--model single has one worker";
	if (options->steer.kind != POLICY_HASH && !model->member_each)
		return "--steer goes with --model reuseport: the others have one socket";
	if (options->join && !model->member_each)
		return "--join goes with --model reuseport: one socket shares its port with none";
	if (options->exclusive && !is_set(model_names, options->model, "shared"))
		return "--exclusive goes with --model shared";
	if (options->incoming_cpu && (!options->pin || !model->member_each))
		return "--incoming-cpu goes with --pin and --model reuseport";
	if (tcp && !is_set(receive_engine_names, options->engine, "auto"))
		return "--engine is for UDP";
	if (is_set(sink_names, options->sink, "echo") && !tcp && model->front)
		return "--sink echo: workers behind a dispatcher do not know the senders";
	return NULL;
}

/* What is about lines and where they come from. */
static const char *check_lines(const struct receive_options *options)
{
	const struct sink_ops *sink = sink_by_index(options->sink);

	if (sink->answers && (options->from_stdin || options->strict || options->precision))
		return "--sink echo decodes nothing: not with --stdin, --strict or --precision";
	if (sink == &sink_stdout && !options->from_stdin)
		return "--sink stdout goes with --stdin: the output of workers would mix";
	if (sink == &sink_stdout && options->json && strcmp(options->json, "-") == 0)
		return "--sink stdout and --json - both write to standard output";
	if (options->default_time.text && !options->from_stdin)
		return "--default-time goes with --stdin";
	if (options->strict && options->protocol == PROTOCOL_TCP)
		return "--strict goes with packets or --stdin: a stream has no packets";
	return NULL;
}

static bool wants_pool(const struct receive_options *options)
{
	return options->protocol != PROTOCOL_UDP || options->workers || options->control ||
	       options->openmetrics.text || !is_set(model_names, options->model, "reuseport") ||
	       options->user || options->steer.kind != POLICY_HASH || options->join ||
	       options->pin || options->incoming_cpu || options->exclusive || options->duration ||
	       options->ready_fd >= 0;
}

static enum options_result check_stdin(const struct receive_options *options)
{
	if (options->listen)
		return options_refuse(&receive_program,
				      "unexpected argument \"%s\": --stdin takes no address",
				      options->listen);
	if (wants_pool(options))
		return options_refuse(&receive_program, "--stdin: there is no pool, and options "
							"for one have no meaning");
	if (options->on_full.what != ON_FULL_BLOCK)
		return options_refuse(&receive_program,
				      "--on-full is for sockets: standard input can wait");
	return OPTIONS_RUN;
}

enum options_result receive_options_parse(struct receive_options *options, int argc, char **argv)
{
	int first;
	enum options_result result = options_parse(&receive_program, options, argc, argv, &first);
	const struct model *model;
	const char *unfit;

	if (result != OPTIONS_RUN)
		return result;
	if (argc - first > 1)
		return options_refuse(&receive_program, "unexpected argument \"%s\"",
				      argv[first + 1]);
	if (options->database && !is_set(sink_names, options->sink, "postgres"))
		return options_refuse(&receive_program, "--database goes with --sink postgres");
	unfit = check_lines(options);
	if (unfit)
		return options_refuse(&receive_program, "%s", unfit);
	options->listen = argc > first ? argv[first] : NULL;
	if (options->from_stdin)
		return check_stdin(options);
	model = model_by_index(options->model);
	unfit = check_model(options, model);
	if (options->workers == 0)
		options->workers = model->one_worker ? 1 : 4;
	if (!unfit)
		unfit = policy_unfit(&options->steer, options->workers,
				     options->protocol == PROTOCOL_TCP);
	if (unfit)
		return options_refuse(&receive_program, "%s", unfit);
	if (!options->listen && !getenv("LISTEN_FDS"))
		return options_refuse(&receive_program,
				      "what to listen on is missing (expected [ADDR:]PORT)");
	return OPTIONS_RUN;
}

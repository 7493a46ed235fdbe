#include "probes/probe/source.h"

#include <errno.h>
#include <string.h>

#include "common/exit.h"
#include "common/message.h"
#include "probes/probe/processes.h"
#include "probes/tap/cgroup.h"
#include "probes/tap/host.h"

static bool wants_process(const struct probe_options *options, const struct socket_owner *owner)
{
	return processes_pass(options, owner->pid, owner->command) &&
	       (!options->cgroup || tap_cgroup_has(options->cgroup, owner->pid));
}

bool source_takes(const struct source *source, const struct socket_info *socket)
{
	const struct probe_options *options = source->options;

	if (!processes_limited(options))
		return true;
	for (size_t i = 0; i < socket->owner_count; i++)
		if (wants_process(options, &source->owned.owners[socket->first_owner + i]))
			return true;
	return false;
}

/* Lists the sockets anew, and where no ports were given, finds those of the processes. */
static int refresh(struct source *source)
{
	bool given = source->options->ports.text != NULL;
	int error;

	socket_list_free(&source->owned);
	error = sockets_list(&source->owned, given ? &source->ports : NULL);
	if (error || given)
		return error;
	for (size_t i = 0; i < source->owned.count; i++)
		if (source_takes(source, &source->owned.items[i]))
			ports_add(&source->ports, address_port(&source->owned.items[i].local));
	return source->tap ? tap_add_ports(source->tap, &source->ports) : 0;
}

/* Whether there is somebody to watch. */
static bool check_presence(const struct source *source)
{
	const struct probe_options *options = source->options;

	if (options->wait)
		return true;
	if (options->ports.text) {
		if (source->owned.count == 0)
			sockets_explain_absent(&source->ports);
		return source->owned.count > 0;
	}
	if (!ports_empty(&source->ports))
		return true;
	message_error("no such process has a UDP socket or a TCP listener in this network "
		      "namespace");
	message_hint("look with 'fairport groups --all' who has; --wait waits for one%s",
		     source->owned.all_visible ? "" : "; not all processes are visible to you");
	return false;
}

/* With no tier may a control group that is not there seem to be an empty one. */
static bool check_cgroup(const char *path)
{
	struct tap_cgroup cgroup;
	int error = path ? tap_cgroup_open(&cgroup, path, false) : 0;

	if (error == -ENOTSUP)
		message_error("\"%s\" is no control group of version 2", path);
	else if (error)
		message_error("could not look at control group \"%s\": %s", path, strerror(-error));
	return error == 0;
}

static int begin_polling(struct source *source)
{
	source->tier = TIER_NONE;
	if (poll_begin(&source->known, &source->owned) == 0)
		return EXIT_DONE;
	message_error("could not remember the sockets: %s", strerror(ENOMEM));
	return EXIT_CANNOT_RUN;
}

/* Without BPF. Says so in one line, and how to have more. */
static int go_without(struct source *source, const char *step, int error)
{
	const struct probe_options *options = source->options;

	bool go_on = !options->with.text && options->by == BY_WORKER && options->tier != TIER_BPF;
	int status;

	if (go_on && (error == -EPERM || error == -EACCES)) {
		message_note("tier none: queues and drops only, for want of CAP_BPF and "
			     "CAP_PERFMON; as root it counts who receives what");
		return begin_polling(source);
	}
	status = host_explain(step, error, go_on);
	if (!go_on || status != EXIT_HOST_CANNOT)
		return status;
	message_note("tier none: counting queues and drops only");
	return begin_polling(source);
}

/* Outside of the first pid namespace, processes have other numbers than the kernel's. */
static bool check_pids(const struct probe_options *options)
{
	if (!options->pids.count || owners_first_namespace())
		return true;
	message_error("--pid cannot be told from here: this is not the first pid namespace, and "
		      "the kernel counts by the numbers of that");
	message_hint("take --comm, --cgroup or --port, or run it outside of the container");
	return false;
}

int source_open(struct source *source, const struct probe_options *options, uint32_t netns)
{
	struct tap_options tap = { .arrivals = options->with.arrivals,
				   .flows = options->with.flows,
				   .waits = options->with.waits,
				   .cpus = options->by == BY_CPU,
				   .netns = netns,
				   .ports = &source->ports,
				   .cgroup = options->cgroup };
	const char *step;
	int error;

	*source = (struct source){ .tier = TIER_BPF, .options = options, .ports = options->ports };
	if (!check_cgroup(options->cgroup))
		return EXIT_CANNOT_RUN;
	error = refresh(source);
	if (error) {
		message_error("could not list the sockets of this network namespace: %s",
			      strerror(-error));
		return EXIT_CANNOT_RUN;
	}
	if (!check_presence(source))
		return EXIT_CANNOT_RUN;
	if (options->tier == TIER_NONE)
		return begin_polling(source);
	if (!check_pids(options))
		return EXIT_HOST_CANNOT;
	error = tap_open(&source->tap, &tap, &step);
	return error ? go_without(source, step, error) : EXIT_DONE;
}

const struct socket_info *source_socket(const struct source *source, uint64_t cookie)
{
	for (size_t i = 0; i < source->owned.count; i++)
		if (source->owned.items[i].cookie == cookie)
			return &source->owned.items[i];
	return NULL;
}

/* Whether there is a socket of which nothing is known yet. */
static bool has_unknown(const struct source *source, const struct sample *sample)
{
	for (size_t i = TAP_FIRST; i < sample->member_count; i++)
		if (sample->members[i].open && !source_socket(source, sample->members[i].cookie))
			return true;
	return false;
}

int source_read(struct source *source, struct sample *sample, bool last)
{
	int error = 0;

	/* The last time, no port may be added to those that are counted no more. */
	if (!source->tap || (!source->options->ports.text && !last))
		error = refresh(source);
	if (error)
		return error;
	if (!source->tap)
		return poll_sample(&source->known, &source->owned, sample);
	error = tap_read(source->tap, sample, last);
	if (!error && !last && has_unknown(source, sample))
		error = refresh(source);
	return error;
}

void source_stop(struct source *source)
{
	if (source->tap)
		tap_stop(source->tap);
}

void source_close(struct source *source)
{
	tap_close(source->tap);
	poll_forget(&source->known);
	socket_list_free(&source->owned);
}

#include "faker/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/rng.h"
#include "common/units.h"
#include "faker/lines/dataset.h"
#include "faker/engines/engine.h"
#include "faker/limits.h"
#include "faker/options.h"
#include "faker/packet.h"
#include "faker/lines/replay.h"
#include "faker/lines/schema.h"

/* Of a range, so many addresses are tried beside the first and the last. */
#define SAMPLES 16

/* An IPv4 address in the clothes of IPv6 is one of IPv4, with its headers and sources. */
static void unmap(struct address *address)
{
	struct address plain = { .length = sizeof(plain.v4) };

	if (address->any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr))
		return;
	plain.v4.sin_family = AF_INET;
	plain.v4.sin_port = address->v6.sin6_port;
	plain.v4.sin_addr.s_addr = address->v6.sin6_addr.s6_addr32[3];
	*address = plain;
}

/* A dry run has a target for its family and limits only. */
static bool resolve_target(struct plan *plan)
{
	const struct fake_options *options = plan->options;
	const char *why;

	if (address_resolve_target(&plan->target, options->target ? options->target : "127.0.0.1:9",
				   &why) != 0) {
		message_error("invalid target \"%s\": %s", options->target, why);
		return false;
	}
	unmap(&plan->target);
	if (options->allow_public || options->dry_run || address_is_private(&plan->target))
		return true;
	message_error("target \"%s\" is neither loopback nor private", options->target);
	message_hint("load belongs on hosts that expect it; if this one does, add --allow-public");
	return false;
}

/* What the kernel would send from, and how much at a time. */
static bool ask_route(struct plan *plan)
{
	const bool v4 = plan->target.any.sa_family == AF_INET;
	char text[ADDRESS_TEXT];
	int fd, mtu = UINT16_MAX + 1;
	socklen_t length = sizeof(mtu);
	bool ok;

	plan->local = plan->target;
	plan->mtu = (uint32_t)mtu;
	if (plan->options->dry_run)
		return true;
	fd = socket(plan->target.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ok = fd >= 0 && connect(fd, &plan->target.any, plan->target.length) == 0;
	plan->local.length = sizeof(plan->local.v6);
	ok = ok && getsockname(fd, &plan->local.any, &plan->local.length) == 0 &&
	     getsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MTU : IPV6_MTU, &mtu,
			&length) == 0;
	if (!ok) {
		message_error("could not find a way to %s: %s", address_text(text, &plan->target),
			      strerror(errno));
		if (errno == EAGAIN)
			message_hint("all source ports of net.ipv4.ip_local_port_range are taken; "
				     "see 'ss -s'");
	}
	if (fd >= 0)
		close(fd);
	address_set_port(&plan->local, 0);
	plan->mtu = (uint32_t)mtu;
	return ok;
}

uint32_t plan_unfragmented(const struct plan *plan)
{
	return plan->mtu - (plan->target.any.sa_family == AF_INET ? 28 : 48);
}

/* A link-local address says nothing without its interface, and that is the target's. */
static void set_scope(const struct plan *plan, struct address *address)
{
	if (address->any.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&address->v6.sin6_addr) &&
	    address->v6.sin6_scope_id == 0)
		address->v6.sin6_scope_id = plan->target.v6.sin6_scope_id;
}

/* Sockets cannot be bound to others' addresses, and raw packets must not pretend to have them. */
static bool check_owned(const struct plan *plan, const struct address_range *range)
{
	struct rng rng;
	struct address address;
	char text[ADDRESS_TEXT];

	rng_seed(&rng, plan->options->seed, 0);
	if (plan->options->dry_run)
		return true;
	for (uint64_t i = 0; i < SAMPLES + 2 && i < range->size; i++) {
		uint64_t at = i == 0 ? 0 : i == 1 ? range->size - 1 : rng_below(&rng, range->size);

		address_range_at(range, at, &address);
		if (origin_is_local(&address))
			continue;
		message_error("cannot send from %s, which is in %s%s: %s",
			      address_host(text, &address),
			      plan->options->source_addr ? "--source-addr " : "",
			      plan->options->source_addr ? plan->options->source_addr
							 : plan->options->source.path,
			      strerror(EADDRNOTAVAIL));
		message_hint("the host must own every address of it; 127.0.0.0/8 belongs to every "
			     "host's loopback, others can be added with 'ip address add'");
		return false;
	}
	return true;
}

static bool resolve_list(struct plan *plan)
{
	if (!origins_read(&plan->origins, plan->options->source.path, plan->target.any.sa_family))
		return false;
	for (size_t i = 0; i < plan->origins.block_count; i++) {
		struct address_range *addresses = &plan->origins.blocks[i].addresses;

		set_scope(plan, &addresses->first);
		if (!check_owned(plan, addresses))
			return false;
	}
	return true;
}

static bool resolve_origins(struct plan *plan)
{
	const struct fake_options *options = plan->options;
	const char *why;

	plan->ports = ports_ephemeral();
	if (options->source.path)
		return resolve_list(plan);
	if (!options->source_addr)
		return true;
	if (address_range_parse(&plan->origins.range, options->source_addr, &why) != 0) {
		message_error("invalid value \"%s\" for --source-addr: %s", options->source_addr,
			      why);
		return false;
	}
	if (plan->origins.range.first.any.sa_family != plan->target.any.sa_family) {
		message_error("--source-addr %s and target %s are of different families",
			      options->source_addr,
			      options->target ? options->target : "127.0.0.1 (the default)");
		return false;
	}
	set_scope(plan, &plan->origins.range.first);
	return check_owned(plan, &plan->origins.range);
}

static bool resolve_sources(struct plan *plan)
{
	const struct fake_options *options = plan->options;
	const enum popularity_kind kind = options->popularity.kind;

	plan->slots = 1;
	if (source_is_pool(&options->source))
		plan->slots = options->source.path ? plan->origins.count : options->source.number;
	plan->divided = options->threads == 1 ||
			(plan->slots % options->threads == 0 &&
			 (kind == POPULARITY_IN_TURN || kind == POPULARITY_UNIFORM));
	if (kind == POPULARITY_IN_TURN)
		return true;
	if (popularity_open(&plan->popularity, &options->popularity,
			    (uint32_t)(plan->divided ? plan->slots / options->threads
						     : plan->slots)) == 0)
		return true;
	message_error("%s", strerror(ENOMEM));
	return false;
}

struct dataset_options plan_dataset(const struct plan *plan, uint32_t thread)
{
	static const uint64_t units[] = { 1, 1000, 1000000, 1000000000 }; /* ns, us, ms, s */
	const struct fake_options *options = plan->options;

	return (struct dataset_options){
		.schema = plan->schema,
		.series = options->series,
		.seed = options->seed,
		.sender = options->sender,
		.step = options->timestamps.step,
		.unit = units[options->precision],
		.thread = thread,
		.threads = (uint32_t)options->threads,
		.invalid = options->invalid,
		.timestamps = (enum timestamps)options->timestamps.kind,
		.sequence = options->sequence,
	};
}

/* The fields that --sequence adds must not be there already. */
static bool check_sequence(const struct schema *schema)
{
	for (size_t i = 0; i < schema->measurement_count; i++) {
		const struct schema_measurement *measurement = &schema->measurements[i];

		for (size_t j = 0; j < measurement->tag_count + measurement->field_count; j++) {
			const char *key =
				j < measurement->tag_count
					? measurement->tags[j].key
					: measurement->fields[j - measurement->tag_count].key;

			if (strcmp(key, "sender") != 0 && strcmp(key, "sequence") != 0)
				continue;
			message_error("--sequence adds a field \"%s\", which measurement %s of "
				      "schema %s has already",
				      key, measurement->name, schema->name);
			return false;
		}
	}
	return true;
}

static bool load_schema(struct plan *plan)
{
	const struct fake_options *options = plan->options;
	char text[UNITS_TEXT];
	uint64_t series;

	plan->schema = schema_load(options->schema);
	if (!plan->schema || (options->sequence && !check_sequence(plan->schema)))
		return false;
	series = schema_series(plan->schema);
	if (options->series <= series || schema_grows(plan->schema))
		return true;
	message_error("--series %" PRIu64 " is more than the %s that the tags of schema %s make",
		      options->series, units_grouped(text, series), plan->schema->name);
	message_hint("give a tag of it more values, or \"count N+\", which grows");
	return false;
}

/* How long packets can get, and whether the lines that were asked for fit into them. */
static bool size_packets(struct plan *plan)
{
	const struct fake_options *options = plan->options;
	const uint64_t size = options->packet_size;
	struct dataset_options data;
	size_t line;

	plan->lines = options->lines;
	plan->equal_sizes = size > 0;
	plan->packet_max = size ? (uint32_t)size : DATAGRAM_MAX;
	if (options->replay)
		return replay_check(options->replay, options->loop, (uint32_t)options->threads);
	if (!load_schema(plan))
		return false;
	data = plan_dataset(plan, 0);
	plan->line_max = line = dataset_line_max(&data);
	if (line == 0) {
		message_error("%s", strerror(ENOMEM));
		return false;
	}
	if (size == 0 && plan->lines * line < DATAGRAM_MAX)
		plan->packet_max = (uint32_t)(plan->lines * line);
	if (line > DATAGRAM_MAX) {
		message_error("a line of schema %s can have %zu bytes: more than the %d that a "
			      "packet holds",
			      plan->schema->name, line, DATAGRAM_MAX);
		return false;
	}
	if (line <= plan->packet_max &&
	    (size == 0 || plan->lines == 0 || plan->lines * line <= size))
		return true;
	message_error("--packet-size %" PRIu64 " is too small: %" PRIu64 " line%s of schema %s "
		      "can have %zu bytes",
		      size, plan->lines ? plan->lines : 1, plan->lines > 1 ? "s" : "",
		      plan->schema->name, line * (plan->lines ? plan->lines : 1));
	return false;
}

static void warn_of_fragments(const struct plan *plan)
{
	bool known = plan->schema || plan->equal_sizes;

	if (plan->options->protocol == PROTOCOL_TCP || plan->options->dry_run || !known ||
	    plan->packet_max <= plan_unfragmented(plan))
		return;
	message_warning("packets of up to %u bytes do not fit the MTU of %u on the way to the "
			"target: they are sent in fragments, and one that is lost loses all",
			plan->packet_max, plan->mtu);
}

/* Threads that cannot have a part of the sources each must be able to share them. */
static bool check_threads(struct plan *plan)
{
	const struct fake_options *options = plan->options;

	if (plan->divided || source_renews(&options->source) || options->dry_run)
		return true;
	plan->shared = plan->engine != &engine_raw && plan->engine != &engine_tcp;
	if (plan->shared)
		return true;
	message_error("--threads %" PRIu64 " cannot share the source%s of --source %s%s",
		      options->threads, plan->slots == 1 ? "" : "s", options->source.text,
		      plan->engine == &engine_tcp ? " over TCP" : " with --engine raw");
	message_hint("each thread needs a part of its own: a pool whose number is a multiple of "
		     "--threads, in turn or uniform");
	return false;
}

static bool check_start(const struct plan *plan)
{
	const struct start_option *start = &plan->options->start_at;

	if (!start->text || start->time > clock_wall())
		return true;
	message_error("--start-at %s has passed", start->text);
	return false;
}

/* Records must not be written over what is to be read. */
static bool check_json(const struct plan *plan)
{
	const struct fake_options *options = plan->options;
	const char *const inputs[] = { options->replay, options->schema, options->source.path };
	struct stat json, input;

	if (!options->json || stat(options->json, &json) != 0 || !S_ISREG(json.st_mode))
		return true;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		if (!inputs[i] || stat(inputs[i], &input) != 0 || input.st_dev != json.st_dev ||
		    input.st_ino != json.st_ino)
			continue;
		message_error("--json %s would overwrite the input %s", options->json, inputs[i]);
		return false;
	}
	return true;
}

bool plan_make(struct plan *plan, const struct fake_options *options)
{
	*plan = (struct plan){ .options = options };
	if (!check_start(plan) || !check_json(plan) || !resolve_target(plan) || !ask_route(plan) ||
	    !resolve_origins(plan) || !resolve_sources(plan) || !size_packets(plan) ||
	    !engine_choose(plan) || !check_threads(plan) || !limits_check_ports(plan) ||
	    !limits_check_files(plan)) {
		plan_free(plan);
		return false;
	}
	warn_of_fragments(plan);
	return true;
}

void plan_free(struct plan *plan)
{
	origins_free(&plan->origins);
	popularity_close(&plan->popularity);
	schema_free((struct schema *)plan->schema);
}

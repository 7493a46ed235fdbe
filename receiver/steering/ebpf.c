#include "receiver/steering/ebpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "receiver/steering/policy.h"
#include "receiver/steering/sockets.h"
#include "receiver/steering/steering.h"
#include "receiver/steering/tables.h"

/* Generated; it uses the types of steer_shared.h. */
#include "receiver/steering/least_queue.skel.h"
#include "receiver/steering/steer.skel.h"

/* Where the program of each policy is. */
static const struct row {
	const void *(*bytes)(size_t *size);
	const char *program;
	const char *finder; /* another program that finds the members; NULL: not needed */
} rows[] = {
	[POLICY_ROUND_ROBIN] = { steer_bpf__elf_bytes, "in_turn", NULL },
	[POLICY_WEIGHTED] = { steer_bpf__elf_bytes, "in_turn", NULL },
	[POLICY_LEAST_QUEUE] = { least_queue_bpf__elf_bytes, "least_queue", "find" },
	[POLICY_SERIES] = { steer_bpf__elf_bytes, "by_series", NULL },
	[POLICY_CONSISTENT] = { steer_bpf__elf_bytes, "by_flow", NULL },
};

static int say_as_detail(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char text[512];
	size_t length;

	if (level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(text, sizeof(text), format, arguments);
	length = strlen(text);
	if (length > 0 && text[length - 1] == '\n')
		text[length - 1] = '\0';
	message_detail("%s", text);
	return 0;
}

int ebpf_decisions(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "decisions", sizeof(uint32_t),
				sizeof(struct steer_decisions), 1, NULL);

	return fd >= 0 ? fd : -errno;
}

static int configure(struct steer_config *config, const struct ebpf_source *source)
{
	static const uint16_t alike[STEER_SLOTS] = { [0 ... STEER_SLOTS - 1] = 1 };
	const struct policy *policy = source->policy;
	const uint16_t *weights = policy->kind == POLICY_WEIGHTED ? policy->weights : alike;

	config->slots = (uint32_t)source->count;
	config->tcp = source->tcp;
	memcpy(config->keys, source->keys->by_slot, sizeof(config->keys));
	if (policy->kind == POLICY_CONSISTENT || policy->kind == POLICY_SERIES) {
		config->length = STEER_TABLE;
		tables_buckets(config->table, STEER_TABLE, source->count);
	} else {
		config->length =
			(uint32_t)tables_turns(config->table, STEER_TABLE, weights, source->count);
	}
	return config->length > 0 ? 0 : -EINVAL;
}

static int reuse(struct bpf_object *object, const char *name, int fd)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	return map ? bpf_map__reuse_fd(map, fd) : -ENOENT;
}

static int enable(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	return program ? bpf_program__set_autoload(program, true) : -ENOENT;
}

static int prepare(struct bpf_object *object, const struct ebpf_source *source)
{
	const struct row *row = &rows[source->policy->kind];
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata.config");
	struct steer_config config = { 0 };
	int error = configure(&config, source);

	if (!error)
		error = map ? bpf_map__set_initial_value(map, &config, sizeof(config)) : -ENOENT;
	if (!error)
		error = reuse(object, "sockets", source->sockets);
	if (!error)
		error = reuse(object, "decisions", source->decisions);
	if (!error)
		error = enable(object, row->program);
	if (!error && row->finder)
		error = enable(object, row->finder);
	return error;
}

/* What the program was to the verifier and is in the kernel. */
static void describe(const struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t length = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) == 0)
		message_detail("program %s: %u instructions, %u looked at by the verifier, "
			       "%u bytes of machine code",
			       bpf_program__name(program), (unsigned int)(info.xlated_prog_len / 8),
			       info.verified_insns, info.jited_prog_len);
}

/* How many sockets a finder finds, or -errno. Reading what it writes is what makes it run. */
static int count_found(int fd)
{
	uint32_t slots[64];
	ssize_t length;
	size_t sum = 0;

	while ((length = read(fd, slots, sizeof(slots))) > 0)
		sum += (size_t)length;
	return length < 0 ? -errno : (int)(sum / sizeof(slots[0]));
}

static int run_finder(const struct bpf_program *finder, int map)
{
	union bpf_iter_link_info info;
	/* cppcheck-suppress unknownMacro */
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info,
		    .link_info_len = sizeof(info));
	struct bpf_link *link;
	int fd, result;

	/* Behind the member that is used there has to be 0, which an initialiser need not leave. */
	memset(&info, 0, sizeof(info));
	info.map.map_fd = (uint32_t)map;
	link = bpf_program__attach_iter(finder, &options);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	result = fd < 0 ? -errno : count_found(fd);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return result;
}

/*
 * Has the kernel note where its side of each member is. To that end each socket gets its slot
 * stored with it, and the finder is run over what is stored.
 */
static int find_members(struct bpf_object *object, const struct ebpf_source *source)
{
	const struct row *row = &rows[source->policy->kind];
	int map = bpf_object__find_map_fd_by_name(object, "slots"), found;

	if (map < 0)
		return map;
	for (uint32_t slot = 0; slot < source->count; slot++)
		if (bpf_map_update_elem(map, &source->members[slot].fd, &slot, BPF_NOEXIST) != 0)
			return -errno;
	found = run_finder(bpf_object__find_program_by_name(object, row->finder), map);
	if (found < 0)
		return found;
	return (size_t)found == source->count ? 0 : -ENOENT;
}

static int load(struct bpf_object *object, const struct ebpf_source *source)
{
	const struct row *row = &rows[source->policy->kind];
	int error = prepare(object, source);

	if (!error)
		error = bpf_object__load(object);
	if (error)
		return error;
	describe(bpf_object__find_program_by_name(object, row->program));
	return row->finder ? find_members(object, source) : 0;
}

int ebpf_load(struct ebpf_program *program, const struct ebpf_source *source)
{
	const struct row *row = &rows[source->policy->kind];
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "steer");
	size_t size;
	const void *bytes = row->bytes(&size);
	int error;

	libbpf_set_print(say_as_detail);
	program->object = bpf_object__open_mem(bytes, size, &options);
	if (!program->object)
		return -errno;
	error = load(program->object, source);
	if (error) {
		ebpf_close(program);
		return error;
	}
	program->fd =
		bpf_program__fd(bpf_object__find_program_by_name(program->object, row->program));
	return 0;
}

void ebpf_close(struct ebpf_program *program)
{
	bpf_object__close(program->object);
	program->object = NULL;
}

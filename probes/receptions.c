#include "probes/receptions.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "common/message.h"
#include "common/tracefs.h"
#include "probes/receptions_shared.h"
#include "probes/table.h"

/* Generated; it uses the types of receptions_shared.h. */
#include "probes/receptions.skel.h"

struct receptions {
	struct receptions_bpf *bpf;
	struct bpf_program *on_return; /* the one of two that sees recvmmsg(2) return */
	struct bpf_link *return_link;
	struct reception_value *by_cpu; /* room to read one pair */
	int cpus;
};

static int say_as_detail(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char text[512];
	size_t length;

	(void)level;
	vsnprintf(text, sizeof(text), format, arguments);
	length = strlen(text);
	if (length > 0 && text[length - 1] == '\n')
		text[length - 1] = '\0';
	message_detail("%s", text);
	return 0;
}

static int load(struct receptions *receptions, uint16_t port, uint32_t netns, const char **step)
{
	struct receptions_bpf *bpf;

	*step = "open";
	bpf = receptions->bpf = receptions_bpf__open();
	if (!bpf)
		return -errno;
	bpf->rodata->port = port;
	bpf->rodata->netns = netns;
	bpf->rodata->syscalls.recvfrom = SYS_recvfrom;
	bpf->rodata->syscalls.recvmsg = SYS_recvmsg;
	bpf->rodata->syscalls.recvmmsg = SYS_recvmmsg;
	bpf->rodata->syscalls.read = SYS_read;
	bpf->rodata->syscalls.readv = SYS_readv;
	receptions->on_return =
		tracefs_prepare() == 0 ? bpf->progs.on_recvmmsg : bpf->progs.on_return;
	bpf_program__set_autoload(receptions->on_return, true);
	*step = "load";
	return receptions_bpf__load(bpf);
}

/* The returns first: a recvmmsg(2) whose messages are seen is then seen to return, too. */
static int attach(struct receptions *receptions, const char **step)
{
	struct receptions_bpf *bpf = receptions->bpf;

	*step = "attach";
	receptions->return_link = bpf_program__attach(receptions->on_return);
	if (!receptions->return_link)
		return -errno;
	bpf->links.on_message = bpf_program__attach(bpf->progs.on_message);
	return bpf->links.on_message ? 0 : -errno;
}

/* What each program was to the verifier and is in the kernel: for --verbose and "make info". */
static void describe_programs(const struct receptions_bpf *bpf)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, bpf->obj) {
		struct bpf_prog_info info = { 0 };
		uint32_t length = sizeof(info);

		if (bpf_program__autoload(program) &&
		    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) == 0)
			message_detail("program %s: %u instructions, %u looked at by the "
				       "verifier, %u bytes of machine code",
				       bpf_program__name(program),
				       (unsigned int)(info.xlated_prog_len / 8),
				       info.verified_insns, info.jited_prog_len);
	}
}

int receptions_open(struct receptions **out, uint16_t port, uint32_t netns, const char **step)
{
	struct receptions *receptions = calloc(1, sizeof(*receptions));
	int error;

	*out = NULL;
	*step = "prepare";
	if (!receptions)
		return -ENOMEM;
	libbpf_set_print(say_as_detail);
	error = receptions->cpus = libbpf_num_possible_cpus();
	if (error < 0)
		goto cleanup;
	receptions->by_cpu = calloc((size_t)receptions->cpus, sizeof(*receptions->by_cpu));
	error = receptions->by_cpu ? 0 : -ENOMEM;
	if (error)
		goto cleanup;
	error = load(receptions, port, netns, step);
	if (error)
		goto cleanup;
	describe_programs(receptions->bpf);
	error = attach(receptions, step);
	if (error)
		goto cleanup;
	*out = receptions;
	return 0;
cleanup:
	receptions_close(receptions);
	return error;
}

void receptions_stop(struct receptions *receptions)
{
	bpf_link__destroy(receptions->return_link);
	receptions->return_link = NULL;
	receptions_bpf__detach(receptions->bpf);
}

int receptions_read(const struct receptions *receptions, struct table *table)
{
	struct bpf_map *map = receptions->bpf->maps.receptions;
	size_t size = (size_t)receptions->cpus * sizeof(*receptions->by_cpu);
	struct reception_key key, *previous = NULL;
	int error;

	table_clear(table);
	while ((error = bpf_map__get_next_key(map, previous, &key, sizeof(key))) == 0) {
		previous = &key;
		error = bpf_map__lookup_elem(map, &key, sizeof(key), receptions->by_cpu, size, 0);
		if (!error)
			error = table_append(table, &key, receptions->by_cpu, receptions->cpus);
		if (error)
			return error;
	}
	table_sort(table);
	return error == -ENOENT ? 0 : error;
}

/* How often a CPU was already inside the program and the kernel left the event out. */
static uint64_t skipped_runs(const struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) == 0
		       ? info.recursion_misses
		       : 0;
}

struct receptions_lost receptions_lost(const struct receptions *receptions)
{
	const struct receptions_bpf *bpf = receptions->bpf;

	return (struct receptions_lost){
		.lost_events = __atomic_load_n(&bpf->bss->lost_events, __ATOMIC_RELAXED),
		.missed_events =
			skipped_runs(bpf->progs.on_message) + skipped_runs(receptions->on_return),
	};
}

void receptions_close(struct receptions *receptions)
{
	if (!receptions)
		return;
	bpf_link__destroy(receptions->return_link);
	receptions_bpf__destroy(receptions->bpf);
	free(receptions->by_cpu);
	free(receptions);
}

/* Which programs are loaded, with which settings, and where they are attached. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/tracefs.h"
#include "probes/tap/cgroup.h"
#include "probes/tap/internal.h"

/* What CLOCK_TAI is ahead of CLOCK_REALTIME: whole seconds, most often 0. */
static int64_t tai_offset(void)
{
	struct timespec tai, real;

	clock_gettime(CLOCK_TAI, &tai);
	clock_gettime(CLOCK_REALTIME, &real);
	/* The second was read a little later, so this is just below the whole number. */
	return ((tai.tv_sec - real.tv_sec) * (int64_t)NS_PER_SECOND + tai.tv_nsec - real.tv_nsec +
		(int64_t)NS_PER_SECOND / 2) /
	       (int64_t)NS_PER_SECOND * (int64_t)NS_PER_SECOND;
}

/* Whether the tracepoint skb:kfree_skb names the socket: the fourth argument, behind the context.
 */
static bool drops_name_socket(const struct btf *kernel)
{
	const struct btf_type *type;
	int id = kernel ? btf__find_by_name_kind(kernel, "btf_trace_kfree_skb", BTF_KIND_TYPEDEF)
			: -1;

	if (id <= 0)
		return false;
	type = btf__type_by_id(kernel, btf__type_by_id(kernel, (uint32_t)id)->type);
	type = btf__type_by_id(kernel, type->type); /* what the pointer points to */
	return btf_is_func_proto(type) && btf_vlen(type) >= 5;
}

static void configure(const struct tap *tap, const struct tap_options *options,
		      const struct tap_cgroup *cgroup)
{
	struct tap_config config = {
		.netns = options->netns,
		.arrivals = options->arrivals,
		.flows = options->flows,
		.waits = options->waits,
		.cpus = options->cpus,
		.cgroup = cgroup->named >= 0,
		.unseen_reasons = { reasons_number(&tap->reasons, "UDP_CSUM"),
				    reasons_number(&tap->reasons, "XFRM_POLICY") },
		.tai_offset = tai_offset(),
		.syscalls = { .recvfrom = SYS_recvfrom,
			      .recvmsg = SYS_recvmsg,
			      .recvmmsg = SYS_recvmmsg,
			      .read = SYS_read,
			      .readv = SYS_readv,
			      .io_uring_enter = SYS_io_uring_enter,
			      .accept = SYS_accept,
			      .accept4 = SYS_accept4 },
	};

	memcpy((void *)&tap->bpf->rodata->config, &config, sizeof(config));
}

static void choose_programs(struct tap *tap, const struct tap_options *options,
			    const struct btf *kernel)
{
	struct tap_bpf *bpf = tap->bpf;
	bool tracefs = tracefs_prepare() == 0;

	bpf_program__set_autoload(bpf->progs.on_recvmmsg, tracefs);
	bpf_program__set_autoload(bpf->progs.on_accept, tracefs);
	bpf_program__set_autoload(bpf->progs.on_accept4, tracefs);
	bpf_program__set_autoload(bpf->progs.on_return, !tracefs);
	bpf_program__set_autoload(bpf->progs.on_arrival, options->arrivals);
	if (drops_name_socket(kernel))
		bpf_program__set_autoload(bpf->progs.on_drop, true);
	else
		bpf_program__set_autoload(bpf->progs.on_full, true);
	/* What is not asked for takes no memory. */
	if (!options->flows)
		bpf_map__set_max_entries(bpf->maps.flows, 1);
	if (!options->waits)
		bpf_map__set_max_entries(bpf->maps.waits, 1);
	if (!options->cpus)
		bpf_map__set_max_entries(bpf->maps.cpus, 1);
}

/* What each program was to the verifier and is in the kernel: for --verbose and "make info". */
static void describe_programs(const struct tap_bpf *bpf)
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

static int name_cgroup(const struct tap *tap, const struct tap_cgroup *cgroup)
{
	uint32_t index = 0;

	if (cgroup->named < 0)
		return 0;
	return bpf_map__update_elem(tap->bpf->maps.cgroup, &index, sizeof(index), &cgroup->named,
				    sizeof(cgroup->named), BPF_ANY);
}

int tap_load(struct tap *tap, const struct tap_cgroup *cgroup, const char **step)
{
	struct btf *kernel;
	int error;

	*step = "open";
	tap->bpf = tap_bpf__open();
	if (!tap->bpf)
		return -errno;
	kernel = btf__load_vmlinux_btf();
	reasons_load(&tap->reasons, kernel);
	configure(tap, &tap->options, cgroup);
	choose_programs(tap, &tap->options, kernel);
	btf__free(kernel);
	*step = "load";
	error = tap_bpf__load(tap->bpf);
	if (error)
		return error;
	describe_programs(tap->bpf);
	return name_cgroup(tap, cgroup);
}

static int attach(struct tap *tap, const struct bpf_program *program, int cgroup)
{
	struct bpf_link *link = program == tap->bpf->progs.on_arrival
					? bpf_program__attach_cgroup(program, cgroup)
					: bpf_program__attach(program);

	if (!link)
		return -errno;
	tap->links[tap->link_count++] = link;
	if (program == tap->bpf->progs.look_udp)
		tap->look_udp = link;
	if (program == tap->bpf->progs.look_tcp)
		tap->look_tcp = link;
	return 0;
}

/*
 * The returns first: a recvmmsg(2) whose messages are seen is then seen to return, too. Nothing is
 * counted before the sockets are marked, so the others need no order.
 */
int tap_attach(struct tap *tap, const struct tap_cgroup *cgroup)
{
	struct bpf_program *program;
	struct bpf_program *last = tap->bpf->progs.on_message;
	int error = 0;

	bpf_object__for_each_program (program, tap->bpf->obj) {
		if (!error && bpf_program__autoload(program) && program != last)
			error = attach(tap, program, cgroup->root);
	}
	return error ? error : attach(tap, last, -1);
}

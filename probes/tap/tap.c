#include "probes/tap/tap.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net_tstamp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/tracefs.h"
#include "probes/sockets/bpf_details.h"
#include "probes/sockets/ports.h"
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
static bool drops_name_socket(void)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	const struct btf_type *type;
	bool named = false;
	int id;

	if (!kernel)
		return false;
	id = btf__find_by_name_kind(kernel, "btf_trace_kfree_skb", BTF_KIND_TYPEDEF);
	if (id > 0) {
		type = btf__type_by_id(kernel, btf__type_by_id(kernel, (uint32_t)id)->type);
		type = btf__type_by_id(kernel, type->type); /* what the pointer points to */
		named = btf_is_func_proto(type) && btf_vlen(type) >= 5;
	}
	btf__free(kernel);
	return named;
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

static void choose_programs(struct tap *tap, const struct tap_options *options)
{
	struct tap_bpf *bpf = tap->bpf;
	bool tracefs = tracefs_prepare() == 0;

	bpf_program__set_autoload(bpf->progs.on_recvmmsg, tracefs);
	bpf_program__set_autoload(bpf->progs.on_accept, tracefs);
	bpf_program__set_autoload(bpf->progs.on_accept4, tracefs);
	bpf_program__set_autoload(bpf->progs.on_return, !tracefs);
	bpf_program__set_autoload(bpf->progs.on_arrival, options->arrivals);
	if (drops_name_socket())
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

/*
 * The returns first: a recvmmsg(2) whose messages are seen is then seen to return, too. Nothing is
 * counted before the sockets are marked, so the others need no order.
 */
static int attach(struct tap *tap, int cgroup)
{
	struct bpf_program *program;
	struct bpf_program *last = tap->bpf->progs.on_message;

	bpf_object__for_each_program (program, tap->bpf->obj) {
		if (!bpf_program__autoload(program) || program == last)
			continue;
		if (program == tap->bpf->progs.on_arrival)
			tap->links[tap->link_count] = bpf_program__attach_cgroup(program, cgroup);
		else
			tap->links[tap->link_count] = bpf_program__attach(program);
		if (!tap->links[tap->link_count])
			return -errno;
		if (program == tap->bpf->progs.look_udp)
			tap->look_udp = tap->links[tap->link_count];
		if (program == tap->bpf->progs.look_tcp)
			tap->look_tcp = tap->links[tap->link_count];
		tap->link_count++;
	}
	tap->links[tap->link_count] = bpf_program__attach(last);
	if (!tap->links[tap->link_count])
		return -errno;
	tap->link_count++;
	return 0;
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

/*
 * The kernel notes when packets arrive as long as somebody has such a socket open. 0 or -errno.
 */
static int ask_for_timestamps(struct tap *tap)
{
	int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;

	tap->timestamps = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (tap->timestamps < 0 ||
	    setsockopt(tap->timestamps, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) != 0)
		return -errno;
	return 0;
}

static int map_table(struct tap_table *table, const struct bpf_map *map)
{
	size_t size = (bpf_map__value_size(map) + 7) / 8 * 8;

	table->size = size * bpf_map__max_entries(map);
	table->data = mmap(NULL, table->size, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
	if (table->data != MAP_FAILED)
		return 0;
	table->data = NULL;
	return -errno;
}

static int map_tables(struct tap *tap)
{
	int error = map_table(&tap->members, tap->bpf->maps.members);

	if (!error)
		error = map_table(&tap->rows, tap->bpf->maps.rows);
	if (!error)
		error = map_table(&tap->waits, tap->bpf->maps.waits);
	if (!error)
		error = map_table(&tap->cpus, tap->bpf->maps.cpus);
	return error;
}

static void set_ports(uint64_t *bits, const uint64_t *more)
{
	for (size_t i = 0; i < TAP_PORT_WORDS; i++)
		__atomic_or_fetch(&bits[i], more[i], __ATOMIC_SEQ_CST);
}

/*
 * Marks the sockets that are there; from then on every other one of these ports is a new one. What
 * came up while the last of them were marked is found by two more looks. 0 or -errno.
 */
int tap_add_ports(struct tap *tap, const struct ports *ports)
{
	struct tap_state *state = &tap->bpf->data->state;
	uint64_t fresh[TAP_PORT_WORDS], any = 0;
	int error = 0;

	for (size_t i = 0; i < TAP_PORT_WORDS; i++)
		any |= fresh[i] = ports->bits[i] & ~state->ports[i];
	if (!any)
		return 0;
	set_ports(state->ports, fresh);
	for (int i = 0; i < TAP_FIRST_LOOKS && !error; i++)
		error = tap_look_at_sockets(tap);
	set_ports(state->settling, fresh);
	set_ports(state->marked, fresh);
	for (int i = 0; i < 2 && !error; i++)
		error = tap_look_at_sockets(tap);
	memset(state->settling, 0, sizeof(state->settling));
	return error;
}

static int name_cgroup(const struct tap *tap, const struct tap_cgroup *cgroup)
{
	uint32_t index = 0;

	if (cgroup->named < 0)
		return 0;
	return bpf_map__update_elem(tap->bpf->maps.cgroup, &index, sizeof(index), &cgroup->named,
				    sizeof(cgroup->named), BPF_ANY);
}

static int start(struct tap *tap, const struct tap_options *options, const char **step)
{
	struct tap_cgroup cgroup = { .root = -1, .named = -1 };
	int error;

	*step = "find the control groups for";
	error = tap_cgroup_open(&cgroup, options->cgroup, options->arrivals);
	if (error)
		goto cleanup;
	*step = "open";
	tap->bpf = tap_bpf__open();
	error = tap->bpf ? 0 : -errno;
	if (error)
		goto cleanup;
	reasons_load(&tap->reasons);
	configure(tap, options, &cgroup);
	choose_programs(tap, options);
	*step = "load";
	error = tap_bpf__load(tap->bpf);
	if (error)
		goto cleanup;
	describe_programs(tap->bpf);
	error = name_cgroup(tap, &cgroup);
	if (error)
		goto cleanup;
	*step = "map the tables of";
	error = map_tables(tap);
	if (error)
		goto cleanup;
	*step = "attach";
	error = options->waits ? ask_for_timestamps(tap) : 0;
	if (!error)
		error = attach(tap, cgroup.root);
	if (!error)
		error = tap_add_ports(tap, options->ports);
cleanup:
	tap_cgroup_close(&cgroup);
	return error;
}

int tap_open(struct tap **out, const struct tap_options *options, const char **step)
{
	struct tap *tap = calloc(1, sizeof(*tap));
	int error;

	*out = NULL;
	*step = "prepare";
	if (!tap)
		return -ENOMEM;
	tap->timestamps = -1;
	tap->options = *options;
	tap->looks = calloc(TAP_MEMBERS, sizeof(*tap->looks));
	error = tap->looks ? 0 : -ENOMEM;
	bpf_details_show();
	if (!error)
		error = start(tap, options, step);
	if (error)
		tap_close(tap);
	else
		*out = tap;
	return error;
}

void tap_stop(struct tap *tap)
{
	for (size_t i = 0; i < tap->link_count; i++)
		/* The iterators do nothing by themselves, and are needed for the last look. */
		if (tap->links[i] && !tap_is_iterator(tap, i)) {
			bpf_link__destroy(tap->links[i]);
			tap->links[i] = NULL;
		}
	if (tap->timestamps >= 0)
		close(tap->timestamps);
	tap->timestamps = -1;
}

uint64_t tap_memory(const struct tap *tap)
{
	struct bpf_map *map;
	uint64_t bytes = 0;

	bpf_object__for_each_map(map, tap->bpf->obj)
	{
		char path[64], line[128];
		unsigned long long value;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bpf_map__fd(map));
		file = fopen(path, "re");
		while (file && fgets(line, sizeof(line), file))
			if (sscanf(line, "memlock: %llu", &value) == 1)
				bytes += value;
		if (file)
			fclose(file);
	}
	return bytes;
}

/* How often a CPU was already inside the program and the kernel left the event out. */
static uint64_t skipped_runs(const struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t length = sizeof(info);

	return bpf_program__autoload(program) &&
			       bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) == 0
		       ? info.recursion_misses
		       : 0;
}

struct tap_lost tap_lost(struct tap *tap)
{
	const struct tap_state *state = &tap->bpf->data->state;
	struct tap_lost lost = { .events = __atomic_load_n(&state->lost_events, __ATOMIC_RELAXED) };
	uint64_t added = __atomic_load_n(&state->flows_added, __ATOMIC_RELAXED);
	struct tap_flow_entry *flows = NULL;
	struct bpf_program *program;
	size_t kept = 0;

	bpf_object__for_each_program (program, tap->bpf->obj) {
		lost.missed += skipped_runs(program);
	}
	/* Read later than ADDED, KEPT may be too many: what was evicted once stays so. */
	if (tap->options.flows && tap_read_flows(tap, &flows, &kept) == 0 &&
	    added > kept + tap->evicted)
		tap->evicted = added - kept;
	lost.evicted = tap->evicted;
	lost.sockets = tap->unplaced;
	free(flows);
	return lost;
}

static void unmap_table(const struct tap_table *table)
{
	if (table->data)
		munmap(table->data, table->size);
}

void tap_close(struct tap *tap)
{
	if (!tap)
		return;
	tap_stop(tap);
	for (size_t i = 0; i < tap->link_count; i++)
		bpf_link__destroy(tap->links[i]);
	unmap_table(&tap->members);
	unmap_table(&tap->rows);
	unmap_table(&tap->waits);
	unmap_table(&tap->cpus);
	tap_bpf__destroy(tap->bpf);
	reasons_free(&tap->reasons);
	free(tap->looks);
	free(tap);
}

const struct reasons *tap_reasons(const struct tap *tap)
{
	return &tap->reasons;
}

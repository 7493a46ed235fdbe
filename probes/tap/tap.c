#include "probes/tap/tap.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/net_tstamp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/sockets/bpf_details.h"
#include "probes/sockets/ports.h"
#include "probes/tap/cgroup.h"
#include "probes/tap/internal.h"

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

static int start(struct tap *tap, const struct tap_options *options, const char **step)
{
	struct tap_cgroup cgroup = { .root = -1, .named = -1 };
	int error;

	*step = "find the control groups for";
	error = tap_cgroup_open(&cgroup, options->cgroup, options->arrivals);
	if (error)
		goto cleanup;
	error = tap_load(tap, &cgroup, step);
	if (error)
		goto cleanup;
	*step = "map the tables of";
	error = map_tables(tap);
	if (error)
		goto cleanup;
	*step = "attach";
	error = options->waits ? ask_for_timestamps(tap) : 0;
	if (!error)
		error = tap_attach(tap, &cgroup);
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

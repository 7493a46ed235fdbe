#include "faker/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp.h"
#include "common/rng.h"

#define HOSTS  8
#define CPUS   8
#define DISKS  3
#define DRIVES 2
#define GIB    (1ull << 30)

struct name {
	char text[16];
	size_t length;
};

struct disk_kind {
	const char *device, *fstype, *mode, *path;
	uint64_t total, inodes;
};

static const struct disk_kind disk_kinds[DISKS] = {
	{ "sda1", "ext4", "rw", "/", 100 * GIB, 6553600 },
	{ "sda2", "vfat", "ro", "/boot/efi", GIB / 2, 0 },
	{ "nvme0n1p1", "xfs", "rw", "/var/lib", 1800 * GIB, 943718400 },
};

static const char *const drive_names[DRIVES] = { "sda", "nvme0n1" };

struct host {
	struct name name;
	uint64_t disk_used[DISKS], inodes_used[DISKS];
	uint64_t io_time[DRIVES], read_bytes[DRIVES], write_bytes[DRIVES];
	uint64_t swap_total, swap_used;
};

struct dataset {
	struct rng rng;
	struct name cpus[CPUS + 1]; /* cpu0 ... and cpu-total */
	struct host hosts[HOSTS];
};

static void set_name(struct name *name, const char *prefix, unsigned int number)
{
	name->length = (size_t)snprintf(name->text, sizeof(name->text), "%s%u", prefix, number);
}

static void open_host(struct dataset *dataset, struct host *host, unsigned int number)
{
	struct rng *rng = &dataset->rng;

	set_name(&host->name, "host", number);
	for (size_t i = 0; i < DISKS; i++) {
		host->disk_used[i] = rng_below(rng, disk_kinds[i].total / 4096) * 4096;
		host->inodes_used[i] =
			disk_kinds[i].inodes ? rng_below(rng, disk_kinds[i].inodes) : 0;
	}
	for (size_t i = 0; i < DRIVES; i++) {
		host->io_time[i] = rng_below(rng, 100000000);
		host->read_bytes[i] = rng_below(rng, 4000 * GIB / 4096) * 4096;
		host->write_bytes[i] = rng_below(rng, 4000 * GIB / 4096) * 4096;
	}
	host->swap_total = GIB << rng_below(rng, 5);
	host->swap_used = rng_below(rng, host->swap_total / 4096) * 4096;
}

struct dataset *dataset_open(uint64_t seed)
{
	struct dataset *dataset = calloc(1, sizeof(*dataset));

	if (!dataset)
		return NULL;
	rng_seed(&dataset->rng, seed, 0);
	for (unsigned int i = 0; i < CPUS; i++)
		set_name(&dataset->cpus[i], "cpu", i);
	strcpy(dataset->cpus[CPUS].text, "cpu-total");
	dataset->cpus[CPUS].length = strlen("cpu-total");
	for (unsigned int i = 0; i < HOSTS; i++)
		open_host(dataset, &dataset->hosts[i], i + 1);
	return dataset;
}

void dataset_close(struct dataset *dataset)
{
	free(dataset);
}

/* A step of a random walk in whole blocks that stays within [0, total]. */
static uint64_t walk(struct rng *rng, uint64_t value, uint64_t total, uint64_t block)
{
	uint64_t step = rng_below(rng, 256) * block;

	if (rng_next(rng) >> 63)
		return value + step <= total ? value + step : value;
	return value >= step ? value - step : value;
}

static void tag(struct lp_encoder *line, const char *key, const char *value)
{
	lp_encode_tag(line, key, strlen(key), value, strlen(value));
}

static void host_tag(struct lp_encoder *line, const struct host *host)
{
	lp_encode_tag(line, "host", 4, host->name.text, host->name.length);
}

static void whole(struct lp_encoder *line, const char *key, uint64_t value)
{
	lp_encode_integer(line, key, strlen(key), (int64_t)value);
}

static void number(struct lp_encoder *line, const char *key, double value)
{
	lp_encode_float(line, key, strlen(key), value);
}

/* Four decimals, as an agent would round it. */
static double percent(uint64_t part, uint64_t total)
{
	return total ? round((double)part / (double)total * 1e6) / 1e4 : 0;
}

/* The five shares are drawn in hundredths of a percent, so that they add up to exactly 100 %. */
static void cpu_line(struct dataset *dataset, struct host *host, struct lp_encoder *line)
{
	struct rng *rng = &dataset->rng;
	const struct name *cpu = &dataset->cpus[rng_below(rng, CPUS + 1)];
	uint64_t left = 10000, user, system, iowait, nice;

	left -= user = rng_below(rng, 6000);
	left -= system = rng_below(rng, left / 3);
	left -= iowait = rng_below(rng, left / 10);
	left -= nice = rng_below(rng, left / 20);
	lp_encode_tag(line, "cpu", 3, cpu->text, cpu->length);
	host_tag(line, host);
	number(line, "usage_idle", (double)left / 100);
	number(line, "usage_iowait", (double)iowait / 100);
	number(line, "usage_nice", (double)nice / 100);
	number(line, "usage_system", (double)system / 100);
	number(line, "usage_user", (double)user / 100);
}

static void disk_line(struct dataset *dataset, struct host *host, struct lp_encoder *line)
{
	struct rng *rng = &dataset->rng;
	size_t i = rng_below(rng, DISKS);
	const struct disk_kind *kind = &disk_kinds[i];
	uint64_t used, inodes;

	used = host->disk_used[i] = walk(rng, host->disk_used[i], kind->total, 4096);
	inodes = host->inodes_used[i] = walk(rng, host->inodes_used[i], kind->inodes, 1);
	tag(line, "device", kind->device);
	tag(line, "fstype", kind->fstype);
	host_tag(line, host);
	tag(line, "mode", kind->mode);
	tag(line, "path", kind->path);
	whole(line, "free", kind->total - used);
	whole(line, "inodes_free", kind->inodes - inodes);
	whole(line, "inodes_total", kind->inodes);
	whole(line, "inodes_used", inodes);
	whole(line, "total", kind->total);
	whole(line, "used", used);
	number(line, "used_percent", percent(used, kind->total));
}

static void diskio_line(struct dataset *dataset, struct host *host, struct lp_encoder *line)
{
	struct rng *rng = &dataset->rng;
	size_t i = rng_below(rng, DRIVES);

	host->io_time[i] += rng_below(rng, 1000);
	host->read_bytes[i] += rng_below(rng, 4096) * 4096;
	host->write_bytes[i] += rng_below(rng, 4096) * 4096;
	host_tag(line, host);
	tag(line, "name", drive_names[i]);
	whole(line, "io_time", host->io_time[i]);
	whole(line, "read_bytes", host->read_bytes[i]);
	whole(line, "write_bytes", host->write_bytes[i]);
}

static void swap_line(struct dataset *dataset, struct host *host, struct lp_encoder *line)
{
	host->swap_used = walk(&dataset->rng, host->swap_used, host->swap_total, 4096);
	host_tag(line, host);
	whole(line, "free", host->swap_total - host->swap_used);
	whole(line, "total", host->swap_total);
	whole(line, "used", host->swap_used);
	number(line, "used_percent", percent(host->swap_used, host->swap_total));
}

static const struct measurement {
	const char *name;
	void (*write)(struct dataset *dataset, struct host *host, struct lp_encoder *line);
} measurements[] = {
	{ "cpu", cpu_line },
	{ "disk", disk_line },
	{ "diskio", diskio_line },
	{ "swap", swap_line },
};

int64_t dataset_line(struct dataset *dataset, int64_t time, char *buffer, size_t size)
{
	const struct measurement *measurement = &measurements[rng_below(&dataset->rng, 4)];
	struct host *host = &dataset->hosts[rng_below(&dataset->rng, HOSTS)];
	struct lp_encoder line;

	lp_encode_begin(&line, buffer, size, measurement->name, strlen(measurement->name));
	measurement->write(dataset, host, &line);
	return lp_encode_end(&line, &time);
}

/*
 * The default data: the four measurements of Telegraf's basic host metrics (cpu, disk, diskio,
 * swap), mixed at random, from a few hosts whose values move on as they are reported.
 */
#ifndef FAIRPORT_FAKER_DATASET_H
#define FAIRPORT_FAKER_DATASET_H

#include <stddef.h>
#include <stdint.h>

struct dataset;

/* No line is longer than this, line feed included. */
#define DATASET_LINE_MAX 512

/* The same seed gives the same lines. NULL when out of memory. */
struct dataset *dataset_open(uint64_t seed);
void dataset_close(struct dataset *dataset);

/*
 * Writes one line, stamped TIME (ns since 1970), with its line feed and no terminator into the
 * SIZE bytes at BUFFER. Returns its length, or -ENOSPC when SIZE is less than the line.
 */
int64_t dataset_line(struct dataset *dataset, int64_t time, char *buffer, size_t size);

#endif

/* The file of a spool, and its headers: what spool.c and spool_check.c share. */
#ifndef FAIRPORT_RECEIVER_SPOOL_FILE_H
#define FAIRPORT_RECEIVER_SPOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "receiver/sinks/spool.h"

#define SPOOL_SUFFIX ".spool"
#define SPOOL_START  ((uint64_t)4096) /* of the records */

/*
 * What stands at the beginning, and before each record's data: in the order of bytes of this
 * machine, so that on another one the file is no spool.
 */
struct spool_file_header {
	uint32_t magic, version;
	uint64_t head; /* offset of the first record that waits */
	struct spool_note note;
};

struct spool_record_header {
	uint32_t magic, crc; /* of all that is below */
	uint64_t length, number, items, data_crc;
};

struct spool_name {
	struct timespec changed; /* st_mtim */
	char name[SPOOL_ID_MAX + sizeof(SPOOL_SUFFIX)];
};

/*
 * The files in DIRECTORY that are named as spools are, the one first that was not changed for the
 * longest time. 0, or -errno; what is in NAMES, from malloc, is the caller's in any case.
 */
int spool_files(const char *directory, struct spool_name **names, size_t *count);

/* flock(2), which signals do not end. */
bool spool_lock(int fd, int how);

/*
 * False when it is no spool. One whose *SIZE is 0 is: a process was ended before it wrote the
 * header.
 */
bool spool_read_file_header(int fd, struct spool_file_header *header, uint64_t *size);

/* All return 0, or -errno; after an error, some of what was to be written may stand there. */
int spool_write_file_header(int fd, uint64_t head, const struct spool_note *note);
int spool_write_record(int fd, uint64_t at, const struct spool_record *record);

/* The record at AT, which ends at END or before. -EBADMSG: there is none. */
int spool_read_record_header(int fd, uint64_t at, uint64_t end, struct spool_record_header *header);

/* What stands behind the HEADER at AT, in memory from malloc. -EBADMSG: it is damaged. */
int spool_read_record_data(int fd, uint64_t at, const struct spool_record_header *header,
			   char **data);

#endif

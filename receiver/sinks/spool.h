/*
 * A queue of records on disk, for one writer and one reader in one process: what does not fit into
 * memory waits here, in order, and outlives the process (not the machine: nothing is synced).
 *
 * A spool is a file DIRECTORY/ID.spool. Who has it open holds its lock (flock(2)), so a file
 * without a lock was left by a process that has ended, and may be adopted. What a crash cut short
 * at the end of a file is recognised by its checksum, and cut off. A record that was dropped just
 * before a crash may come again: who adopts must be able to tell, by its number.
 *
 * Where files are limited (RLIMIT_FSIZE), SIGXFSZ must be ignored: else it ends the process.
 */
#ifndef FAIRPORT_RECEIVER_SPOOL_H
#define FAIRPORT_RECEIVER_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SPOOL_ID_MAX 63

/* How far the appender's business with the records has got; kept in the file for who adopts it. */
struct spool_note {
	uint64_t number;
	int64_t item;
	uint64_t left_out; /* items, wherever they are in the record */
};

struct spool {
	char *path, id[SPOOL_ID_MAX + 1];
	int fd;
	uint64_t head, tail;     /* offsets of the first record that waits, and behind the last */
	uint64_t records, items; /* that wait; what an item is says who appends */
	uint64_t saved;          /* the head that stands in the file */
	struct spool_note note;
	uint64_t punched; /* up to here, disk space was given back */
	char *data;       /* of the record that was read last */
};

struct spool_record {
	uint64_t number; /* the appender's, rising */
	uint64_t items;
	const char *data; /* owned by the spool, until the next call on it */
	size_t length;
};

/*
 * Whether USER and GROUP, who may be others than those of this process, can make files in
 * DIRECTORY, which is made for them if it is not there. Says what is wrong, and warns of files that
 * spool_adopt() will leave alone.
 */
bool spool_check(const char *directory, uid_t user, gid_t group);

/* A new, empty spool with this id, locked. NULL, and errno says why. */
struct spool *spool_create(const char *directory, const char *id);

/*
 * The spool in DIRECTORY, of those whose id ends with SUFFIX, that no process has locked, and none
 * has changed for the longest time, locked, with its records. NULL: there is none, and errno is 0,
 * or why the directory, or one in it, could not be read. Files that are empty are removed on the
 * way, and what is no spool, or cannot be opened, is left alone. *CUT is how many bytes were cut
 * off, there and in files that were removed, because a crash or damage left them useless.
 */
struct spool *spool_adopt(const char *directory, const char *suffix, uint64_t *cut);

/*
 * Puts a record at the end. 0, or -errno (-ENOSPC), and then nothing has changed. RECORD->data is
 * the caller's here.
 */
int spool_append(struct spool *spool, const struct spool_record *record);

/* The first record that waits. 0, -ENOENT when there is none, or -errno; -EBADMSG: damaged. */
int spool_peek(struct spool *spool, struct spool_record *record);

/*
 * The first record is not needed any more. Its disk space is given back. One that is damaged goes
 * alone if the next one can be found, else with all behind it: how many items went is what
 * SPOOL->items was before, less what it is then.
 */
void spool_drop(struct spool *spool);

/* Sets spool->note. Where it cannot be written, who adopts the spool finds an older one. */
void spool_note(struct spool *spool, const struct spool_note *note);

/* Closes it. A file with records stays; one without is removed. */
void spool_close(struct spool *spool);

#endif

/*
 * The file: a page that says what it is and where its first record stands, then the records. A
 * process that is killed leaves it as it was between two calls, or in the middle of a write at the
 * end.
 */
#include "receiver/sinks/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/message.h"
#include "receiver/sinks/spool_file.h"

/* Disk space is given back in steps of so much: each takes a while in the file system. */
#define PUNCH_STEP ((uint64_t)8 << 20)

/*
 * Where it fails, the head in the file stays an older one: records that were dropped would come
 * again. It may not be one to come: see spool_append().
 */
static int save_head(struct spool *spool)
{
	int error = spool_write_file_header(spool->fd, spool->head, &spool->note);

	if (!error)
		spool->saved = spool->head;
	return error;
}

/* Whether the file has not been removed, or replaced, since it was opened. */
static bool is_at_path(const struct spool *spool)
{
	struct stat open, named;

	return fstat(spool->fd, &open) == 0 && lstat(spool->path, &named) == 0 &&
	       open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/* What stands behind the HEADER at AT, into spool->data. */
static int read_data(struct spool *spool, uint64_t at, const struct spool_record_header *header)
{
	free(spool->data);
	return spool_read_record_data(spool->fd, at, header, &spool->data);
}

static struct spool *new_spool(const char *directory, const char *id, size_t id_length)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool)
		return NULL;
	spool->fd = -1;
	spool->head = spool->tail = spool->punched = SPOOL_START;
	snprintf(spool->id, sizeof(spool->id), "%.*s", (int)id_length, id);
	if (asprintf(&spool->path, "%s/%s" SPOOL_SUFFIX, directory, spool->id) < 0) {
		free(spool);
		return NULL;
	}
	return spool;
}

static void free_spool(struct spool *spool)
{
	if (spool->fd >= 0)
		close(spool->fd);
	free(spool->data);
	free(spool->path);
	free(spool);
}

/*
 * Before it is locked, who adopts may find it, empty, and remove it. That takes a moment, so the
 * lock is waited for here.
 */
static int make_file(struct spool *spool)
{
	do {
		if (spool->fd >= 0)
			close(spool->fd);
		spool->fd = open(spool->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (spool->fd < 0)
			return -errno;
		if (!spool_lock(spool->fd, LOCK_EX))
			return -errno;
	} while (!is_at_path(spool));
	return 0;
}

struct spool *spool_create(const char *directory, const char *id)
{
	struct spool *spool = new_spool(directory, id, strlen(id));
	int error = spool ? make_file(spool) : -ENOMEM;

	if (!error)
		error = save_head(spool);
	if (!error)
		return spool;
	if (spool && spool->fd >= 0)
		spool_close(spool);
	else if (spool)
		free_spool(spool);
	errno = -error;
	return NULL;
}

/*
 * Finds the records, from the saved head on, by their headers. If the last one is whole, so are
 * those before it, as far as a crash goes; their data is checked when it is read.
 */
static int find_records(struct spool *spool, uint64_t size)
{
	struct spool_record_header header, last = { .length = 0 };
	uint64_t last_at = 0;
	int error;

	while ((error = spool_read_record_header(spool->fd, spool->tail, size, &header)) == 0) {
		last_at = spool->tail;
		last = header;
		spool->tail += sizeof(header) + header.length;
		spool->records++;
		spool->items += header.items;
	}
	if (error != -EBADMSG || spool->records == 0)
		return error == -EBADMSG ? 0 : error;
	error = read_data(spool, last_at, &last);
	if (error != -EBADMSG)
		return error;
	spool->tail = last_at;
	spool->records--;
	spool->items -= last.items;
	return 0;
}

/* Takes over what is in the file. 0, or -errno; -EINVAL: it is no spool. */
static int load(struct spool *spool, uint64_t *cut)
{
	struct spool_file_header header;
	uint64_t size;
	int error;

	if (!spool_read_file_header(spool->fd, &header, &size))
		return -EINVAL;
	spool->note = header.note;
	/* All was dropped, and perhaps cut off already. */
	if (header.head >= size)
		return 0;
	spool->head = spool->tail = spool->saved = header.head;
	error = find_records(spool, size);
	if (error)
		return error;
	*cut += size - spool->tail;
	/* Where this fails, the next record is written over it. */
	if (spool->tail < size)
		(void)!ftruncate(spool->fd, (off_t)spool->tail);
	return 0;
}

/* NULL: not that one. *ERROR is left alone but where something goes wrong. */
static struct spool *adopt_file(const char *directory, const char *name, uint64_t *cut, int *error)
{
	struct spool *spool = new_spool(directory, name, strlen(name) - strlen(SPOOL_SUFFIX));
	int why = -EINVAL;

	if (!spool) {
		*error = -ENOMEM;
		return NULL;
	}
	spool->fd = open(spool->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (spool->fd >= 0 && spool_lock(spool->fd, LOCK_EX | LOCK_NB))
		why = load(spool, cut);
	if (why) {
		if (why != -EINVAL)
			*error = why;
		free_spool(spool);
		return NULL;
	}
	if (spool->records > 0)
		return spool;
	spool_close(spool);
	return NULL;
}

/* Whether the id of the file NAME ends with SUFFIX. */
static bool ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name) - strlen(SPOOL_SUFFIX), tail = strlen(suffix);

	return length >= tail && memcmp(name + length - tail, suffix, tail) == 0;
}

struct spool *spool_adopt(const char *directory, const char *suffix, uint64_t *cut)
{
	struct spool *spool = NULL;
	struct spool_name *names;
	size_t count;
	int error = spool_files(directory, &names, &count);

	*cut = 0;
	for (size_t i = 0; i < count && !spool; i++)
		if (ends_with(names[i].name, suffix))
			spool = adopt_file(directory, names[i].name, cut, &error);
	free(names);
	errno = -error;
	return spool;
}

int spool_append(struct spool *spool, const struct spool_record *record)
{
	/* Behind a saved head that is too high, the record would not be found. */
	int error = spool->saved > spool->head ? save_head(spool) : 0;

	if (!error)
		error = spool_write_record(spool->fd, spool->tail, record);
	if (error) {
		/* Where this fails, the next one is written over it. */
		(void)!ftruncate(spool->fd, (off_t)spool->tail);
		return error;
	}
	spool->tail += sizeof(struct spool_record_header) + record->length;
	spool->records++;
	spool->items += record->items;
	return 0;
}

int spool_peek(struct spool *spool, struct spool_record *record)
{
	struct spool_record_header header;
	int error;

	if (spool->records == 0)
		return -ENOENT;
	error = spool_read_record_header(spool->fd, spool->head, spool->tail, &header);
	if (!error)
		error = read_data(spool, spool->head, &header);
	if (error)
		return error;
	*record = (struct spool_record){
		.number = header.number,
		.items = header.items,
		.data = spool->data,
		.length = header.length,
	};
	return 0;
}

/* File systems that cannot do it keep what they have until the spool is empty. */
static void punch(struct spool *spool)
{
	uint64_t end = spool->saved < spool->head ? spool->saved : spool->head;

	if (end - spool->punched < PUNCH_STEP)
		return;
	/* The hole outlives a power cut: a head in it would find nothing of all that waits. */
	(void)sync_file_range(spool->fd, 0, (off_t)SPOOL_START,
			      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				      SYNC_FILE_RANGE_WAIT_AFTER);
	(void)!fallocate(spool->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			 (off_t)spool->punched, (off_t)(end - spool->punched));
	spool->punched = end;
}

void spool_drop(struct spool *spool)
{
	struct spool_record_header header;

	if (spool->records == 0)
		return;
	if (spool->records > 1 &&
	    spool_read_record_header(spool->fd, spool->head, spool->tail, &header) == 0) {
		spool->head += sizeof(header) + header.length;
		spool->records--;
		spool->items -= header.items;
	} else {
		spool->head = spool->tail;
		spool->records = spool->items = 0;
	}
	free(spool->data);
	spool->data = NULL;
	/* First the end, then the head: between them, a head behind the end says the same. */
	if (spool->records == 0 && ftruncate(spool->fd, (off_t)SPOOL_START) == 0)
		spool->head = spool->tail = spool->punched = SPOOL_START;
	if (spool->saved != spool->head)
		(void)save_head(spool);
	punch(spool);
}

void spool_note(struct spool *spool, const struct spool_note *note)
{
	spool->note = *note;
	(void)save_head(spool);
}

void spool_close(struct spool *spool)
{
	/*
	 * While it is locked, so that nobody else has begun to use it. But between open and lock,
	 * another process may have removed it, and a third one made a file of that name.
	 */
	if (spool->records == 0 && is_at_path(spool))
		unlink(spool->path);
	free_spool(spool);
}

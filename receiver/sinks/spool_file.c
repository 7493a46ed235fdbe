#include "receiver/sinks/spool_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

#include "receiver/sinks/spool.h"

#define FILE_MAGIC   0x50534646 /* "FFSP" */
#define FILE_VERSION 1
#define RECORD_MAGIC 0x52534646 /* "FFSR" */

static bool is_named_so(const char *name)
{
	size_t length = strlen(name), suffix = strlen(SPOOL_SUFFIX);

	return name[0] != '.' && length > suffix && length <= SPOOL_ID_MAX + suffix &&
	       strcmp(name + length - suffix, SPOOL_SUFFIX) == 0;
}

static int by_age(const void *one, const void *other)
{
	const struct spool_name *a = one, *b = other;

	if (a->changed.tv_sec != b->changed.tv_sec)
		return a->changed.tv_sec < b->changed.tv_sec ? -1 : 1;
	if (a->changed.tv_nsec != b->changed.tv_nsec)
		return a->changed.tv_nsec < b->changed.tv_nsec ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int add_name(struct spool_name **names, size_t count, int directory, const char *name)
{
	struct stat status;
	struct spool_name *more = reallocarray(*names, count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	*names = more;
	/* Gone in the meantime: who opens it will see. */
	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		status.st_mtim = (struct timespec){ 0, 0 };
	more[count].changed = status.st_mtim;
	strcpy(more[count].name, name);
	return 0;
}

int spool_files(const char *directory, struct spool_name **names, size_t *count)
{
	DIR *stream = opendir(directory);
	const struct dirent *entry;
	int error = 0;

	*names = NULL;
	*count = 0;
	if (!stream)
		return -errno;
	while (!error && (errno = 0, entry = readdir(stream))) {
		if (!is_named_so(entry->d_name))
			continue;
		error = add_name(names, *count, dirfd(stream), entry->d_name);
		*count += !error;
	}
	if (!error)
		error = -errno;
	closedir(stream);
	if (*count > 0)
		qsort(*names, *count, sizeof(**names), by_age);
	return error;
}

bool spool_lock(int fd, int how)
{
	int result;

	do
		result = flock(fd, how);
	while (result != 0 && errno == EINTR);
	return result == 0;
}

static uint64_t crc_of(const void *data, size_t length)
{
	return crc32_z(0, data, length);
}

static uint32_t header_crc(const struct spool_record_header *header)
{
	size_t above = offsetof(struct spool_record_header, length);

	return (uint32_t)crc_of((const char *)header + above, sizeof(*header) - above);
}

/* Writes two parts, one behind the other. */
static int write_fully(int fd, struct iovec parts[static 2], uint64_t at)
{
	struct iovec *part = parts, *end = parts + 2;

	while (part < end) {
		ssize_t written = pwritev(fd, part, (int)(end - part), (off_t)at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written < 0 ? -errno : -EIO;
		at += (uint64_t)written;
		for (; part < end && (size_t)written >= part->iov_len; part++)
			written -= (ssize_t)part->iov_len;
		if (part < end) {
			part->iov_base = (char *)part->iov_base + written;
			part->iov_len -= (size_t)written;
		}
	}
	return 0;
}

/* -EBADMSG: the file ends before. */
static int read_fully(int fd, void *buffer, size_t length, uint64_t at)
{
	char *to = buffer;

	while (length > 0) {
		ssize_t got = pread(fd, to, length, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EBADMSG;
		to += got;
		at += (uint64_t)got;
		length -= (size_t)got;
	}
	return 0;
}

bool spool_read_file_header(int fd, struct spool_file_header *header, uint64_t *size)
{
	struct stat status;

	*header = (struct spool_file_header){ .head = SPOOL_START };
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return false;
	*size = (uint64_t)status.st_size;
	if (*size == 0)
		return true;
	return read_fully(fd, header, sizeof(*header), 0) == 0 && header->magic == FILE_MAGIC &&
	       header->version == FILE_VERSION && header->head >= SPOOL_START;
}

int spool_write_file_header(int fd, uint64_t head, const struct spool_note *note)
{
	struct spool_file_header header = { FILE_MAGIC, FILE_VERSION, head, *note };
	struct iovec parts[2] = { { &header, sizeof(header) }, { NULL, 0 } };

	return write_fully(fd, parts, 0);
}

int spool_write_record(int fd, uint64_t at, const struct spool_record *record)
{
	struct spool_record_header header = {
		.magic = RECORD_MAGIC,
		.length = record->length,
		.number = record->number,
		.items = record->items,
		.data_crc = crc_of(record->data, record->length),
	};
	struct iovec parts[2] = { { &header, sizeof(header) },
				  { (void *)record->data, record->length } };

	header.crc = header_crc(&header);
	return write_fully(fd, parts, at);
}

int spool_read_record_header(int fd, uint64_t at, uint64_t end, struct spool_record_header *header)
{
	int error;

	if (end - at < sizeof(*header))
		return -EBADMSG;
	error = read_fully(fd, header, sizeof(*header), at);
	if (!error && (header->magic != RECORD_MAGIC || header->crc != header_crc(header) ||
		       header->length > end - at - sizeof(*header)))
		error = -EBADMSG;
	return error;
}

int spool_read_record_data(int fd, uint64_t at, const struct spool_record_header *header,
			   char **data)
{
	int error;

	*data = malloc(header->length ? header->length : 1);
	if (!*data)
		return -ENOMEM;
	error = read_fully(fd, *data, header->length, at + sizeof(*header));
	if (!error && crc_of(*data, header->length) != header->data_crc)
		error = -EBADMSG;
	if (error) {
		free(*data);
		*data = NULL;
	}
	return error;
}

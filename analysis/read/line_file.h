/*
 * Reads a file line by line, through one buffer: however large the file is, no more of it is in
 * memory than its longest line, and of a line that is longer than any record, nothing.
 */
#ifndef FAIRPORT_ANALYSIS_LINE_FILE_H
#define FAIRPORT_ANALYSIS_LINE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_FILE_LONGEST (16 * 1024 * 1024) /* an interval of 4096 workers has 4 MiB */

enum line_result {
	LINE_WHOLE,
	LINE_CUT,  /* the file ends without a line feed */
	LINE_LONG, /* longer than LINE_FILE_LONGEST: skipped */
	LINE_END,  /* there are no more */
	LINE_FAILED,
};

struct line_file {
	int fd;
	char *buffer;
	size_t room, start, end; /* what was read and not yet handed out: from START to END */
	int error;               /* -errno once LINE_FAILED was returned */
	bool ended;
};

/* 0 or -errno; -EISDIR and -EINVAL where PATH is no file but a directory or anything else. */
int line_file_open(struct line_file *file, const char *path);

/* The warning that PATH could not be opened for this reason. */
void line_file_say(const char *path, int error);

/* *LINE, without its line feed, is valid until the next call. */
enum line_result line_file_next(struct line_file *file, const char **line, size_t *length);

void line_file_close(struct line_file *file);

#endif

/*
 * Messages for people, on standard error; results go to standard output.
 *
 * An error says in lower case what was tried, on what, and why it failed; a hint is a sentence
 * that says what to do about it.
 */
#ifndef FAIRPORT_MESSAGE_H
#define FAIRPORT_MESSAGE_H

#include <stdbool.h>

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* NAME stands before every message; it is kept, not copied. Call once, first thing in main. */
void message_program(const char *name);

/* QUIET silences notes; VERBOSE shows details. Errors, warnings and hints always show. */
void message_level(bool quiet, bool verbose);

void message_error(const char *format, ...) PRINTF_LIKE(1, 2);
void message_warning(const char *format, ...) PRINTF_LIKE(1, 2);
/* The text of the last error, as long as it is the last; empty: there was none. */
const char *message_last_error(void);

void message_hint(const char *format, ...) PRINTF_LIKE(1, 2);
void message_note(const char *format, ...) PRINTF_LIKE(1, 2);
void message_detail(const char *format, ...) PRINTF_LIKE(1, 2);

/* A line that is rewritten in place on a terminal; the next message takes its place. */
void message_progress(const char *format, ...) PRINTF_LIKE(1, 2);
void message_progress_end(void);

/* Flushes standard output, so that what comes on standard error stands behind it. */
void message_flush_output(void);

/*
 * Flushes and closes standard output. Returns STATUS, or EXIT_INCOMPLETE with a message when
 * something written there was lost (full disk, closed pipe) and STATUS was EXIT_DONE.
 */
int message_close_output(int status);

#endif

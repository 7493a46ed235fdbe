#include "common/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/exit.h"

static const char *program_name = "fairport";
static bool show_notes = true;
static bool show_details;
static bool progress_shown;
static char last_error[512];
static int output_error; /* errno of the first failed flush of standard output */

void message_program(const char *name)
{
	program_name = name;
	/* Else a socket or a file gets the number of a closed stream, and its text. */
	for (int fd = open("/dev/null", O_RDWR); fd >= 0; fd = open("/dev/null", O_RDWR))
		if (fd > STDERR_FILENO) {
			close(fd);
			break;
		}
}

void message_level(bool quiet, bool verbose)
{
	show_notes = !quiet;
	show_details = verbose;
}

/* Names from packets may stand in a message: nothing in it may steer a terminal. */
static void make_harmless(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at; at++) {
		if ((*at < 0x20 && *at != '\n' && *at != '\t') || *at == 0x7f)
			*at = '?';
		else if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) /* U+0080 to U+009F */
			at[0] = at[1] = '?';
	}
}

/* One write per message, so that lines of several processes do not mix. */
static void say(const char *kind, const char *format, va_list arguments)
{
	char text[1024];

	message_progress_end();
	vsnprintf(text, sizeof(text), format, arguments);
	make_harmless(text);
	fprintf(stderr, "%s: %s%s\n", program_name, kind, text);
}

void message_progress(const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(stderr, "\r\033[K%s", text);
	progress_shown = true;
}

void message_progress_end(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}

const char *message_last_error(void)
{
	return last_error;
}

void message_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(last_error, sizeof(last_error), format, arguments);
	va_end(arguments);
	va_start(arguments, format);
	say("error: ", format, arguments);
	va_end(arguments);
}

void message_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("warning: ", format, arguments);
	va_end(arguments);
}

void message_hint(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("hint: ", format, arguments);
	va_end(arguments);
}

void message_note(const char *format, ...)
{
	va_list arguments;

	if (!show_notes)
		return;
	va_start(arguments, format);
	say("", format, arguments);
	va_end(arguments);
}

void message_detail(const char *format, ...)
{
	va_list arguments;

	if (!show_details)
		return;
	va_start(arguments, format);
	say("", format, arguments);
	va_end(arguments);
}

void message_flush_output(void)
{
	if (fflush(stdout) != 0 && output_error == 0)
		output_error = errno;
}

int message_close_output(int status)
{
	bool failed = ferror(stdout) != 0;

	errno = 0;
	if (fclose(stdout) != 0)
		failed = true;
	if (!failed)
		return status;
	if (errno == 0)
		errno = output_error;
	message_error("could not write to standard output: %s",
		      errno ? strerror(errno) : "an earlier write failed");
	return status == EXIT_DONE ? EXIT_INCOMPLETE : status;
}

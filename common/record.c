#include "common/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "common/ndjson.h"
#include "common/options.h"
#include "common/version.h"

bool record_open(struct ndjson *out, const char *path, const char *program, const char *run)
{
	int error = ndjson_open(out, path, program, run);

	if (error)
		message_error("could not open %s for records: %s", path, strerror(-error));
	return error == 0;
}

bool record_close(struct ndjson *out)
{
	int error = ndjson_close(out);

	if (error)
		message_error("could not write records to %s: %s", out->path, strerror(-error));
	return error == 0;
}

bool record_leaves_stdout(const struct ndjson *out)
{
	return !out->path || strcmp(out->path, "-") != 0;
}

const char *record_run_id(char buffer[static RECORD_RUN_ID])
{
	time_t now = time(NULL);
	struct tm utc;
	size_t length;

	gmtime_r(&now, &utc);
	length = strftime(buffer, RECORD_RUN_ID, "%Y%m%dT%H%M%SZ", &utc);
	snprintf(buffer + length, RECORD_RUN_ID - length, "-%d", (int)getpid());
	return buffer;
}

void record_begin_header(struct ndjson *out, const struct program *program, const void *values,
			 int argc, char **argv)
{
	struct utsname host;

	uname(&host);
	ndjson_begin(out, "header");
	ndjson_string(out, "version", FAIRPORT_VERSION);
	ndjson_open_array(out, "argv");
	for (int i = 0; i < argc; i++)
		ndjson_text(out, NULL, argv[i], options_showable(program, values, argv[i]));
	ndjson_close_array(out);
	options_record(program, values, out);
	ndjson_string(out, "host", host.nodename);
	ndjson_string(out, "kernel", host.release);
	ndjson_string(out, "machine", host.machine);
	ndjson_int(out, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
	ndjson_int(out, "pid", getpid());
}

void record_begin_interval(struct ndjson *out, uint64_t elapsed, uint64_t interval)
{
	ndjson_begin(out, "interval");
	ndjson_uint(out, "elapsed_ns", elapsed);
	ndjson_uint(out, "interval_ns", interval);
}

void record_ready(int fd, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	message_note("ready: %s", text);
	if (fd < 0)
		return;
	if (write(fd, "\n", 1) != 1)
		message_warning("could not write to --ready-fd %d", fd);
	close(fd);
}

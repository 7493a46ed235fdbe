#include "probes/sockets/bpf_details.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"

/* The verifier's log is one text of many lines. */
static int say_as_detail(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char *text, *rest, *line;

	(void)level;
	if (vasprintf(&text, format, arguments) < 0)
		return 0;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		message_detail("%s", line);
	free(text);
	return 0;
}

void bpf_details_show(void)
{
	libbpf_set_print(say_as_detail);
}

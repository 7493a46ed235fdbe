#include "probes/sockets/bpf_details.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/message.h"

static int say_as_detail(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char text[512];

	(void)level;
	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\n")] = '\0';
	message_detail("%s", text);
	return 0;
}

void bpf_details_show(void)
{
	libbpf_set_print(say_as_detail);
}

#include "probes/sockets/ports.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads a port at *TEXT and moves on behind it; 0 if there is none. */
static unsigned long read_port(const char **text)
{
	unsigned long port;
	char *end;

	if (!isdigit((unsigned char)**text))
		return 0;
	port = strtoul(*text, &end, 10);
	*text = end;
	return port <= 65535 ? port : 0;
}

int ports_parse(void *value, const char **expected)
{
	struct ports *ports = value;
	const char *text = ports->text;

	*expected = "ports from 1 to 65535, e.g. 8089, 53,8089 or 9000-9003";
	for (;;) {
		unsigned long first = read_port(&text), last = first;

		if (*text == '-') {
			text++;
			last = read_port(&text);
		}
		if (first == 0 || last < first)
			return -EINVAL;
		for (unsigned long port = first; port <= last; port++)
			ports_add(ports, (uint16_t)port);
		if (*text == '\0')
			return 0;
		if (*text++ != ',')
			return -EINVAL;
	}
}

bool ports_empty(const struct ports *ports)
{
	for (size_t i = 0; i < PORTS_WORDS; i++)
		if (ports->bits[i])
			return false;
	return true;
}

/* The last of the run of ports that begins with PORT. */
static unsigned int end_of_run(const struct ports *ports, unsigned int port)
{
	while (port < 65535 && ports_has(ports, (uint16_t)(port + 1)))
		port++;
	return port;
}

const char *ports_text(char buffer[static PORTS_TEXT], const struct ports *ports)
{
	char list[PORTS_TEXT - 8] = "";
	bool several = false;
	size_t used = 0;

	for (unsigned int port = 1; port <= 65535; port++) {
		unsigned int last;
		char run[16];

		if (!ports_has(ports, (uint16_t)port))
			continue;
		last = end_of_run(ports, port);
		if (last > port)
			snprintf(run, sizeof(run), "%u-%u", port, last);
		else
			snprintf(run, sizeof(run), "%u", port);
		several |= used > 0 || last > port;
		if (used + strlen(run) + 12 > sizeof(list)) {
			snprintf(list + used, sizeof(list) - used, ", ...");
			break;
		}
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
					 run);
		port = last;
	}
	snprintf(buffer, PORTS_TEXT, "port%s %s", several ? "s" : "", list);
	return used ? buffer : "any port";
}

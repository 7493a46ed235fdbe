#include "analysis/assert/resets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number in the line VALUES that stands where NAME stands in the line NAMES; 0: nowhere. */
static uint64_t value_of(const char *names, const char *values, const char *name)
{
	size_t length = strlen(name);

	while (*names && *values) {
		size_t word = strcspn(names, " \n");

		if (word == length && strncmp(names, name, length) == 0)
			return strtoull(values, NULL, 10);
		names += word;
		names += strspn(names, " \n");
		values += strcspn(values, " \n");
		values += strspn(values, " \n");
	}
	return 0;
}

bool resets_read(struct resets *out, const char *netns)
{
	char path[64], names[1024], values[1024];
	bool found = false;
	FILE *file;

	if (netns && netns[strspn(netns, "0123456789")])
		return false;
	snprintf(path, sizeof(path), "/proc/%.20s/net/snmp", netns ? netns : "self");
	file = fopen(path, "re");
	while (file && !found && fgets(names, sizeof(names), file))
		found = strncmp(names, "Tcp:", 4) == 0 && fgets(values, sizeof(values), file);
	if (file)
		fclose(file);
	if (found)
		*out = (struct resets){ .sent = value_of(names, values, "OutRsts"),
					.broken = value_of(names, values, "EstabResets"),
					.failed = value_of(names, values, "AttemptFails") };
	return found;
}

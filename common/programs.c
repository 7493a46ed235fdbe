#include "common/programs.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool programs_find(char *path, size_t size, const char *name)
{
	const char *search = getenv("PATH");
	char *copy = strdup(search ? search : ""), *state = NULL;
	bool found = false;

	for (char *part = copy ? strtok_r(copy, ":", &state) : NULL; part && !found;
	     part = strtok_r(NULL, ":", &state)) {
		snprintf(path, size, "%s/%s", part, name);
		found = access(path, X_OK) == 0;
	}
	free(copy);
	return found;
}

bool programs_find_postgres(char *path, size_t size, const char *name)
{
	static const char *const patterns[] = { "/usr/lib/postgresql/*/bin/%s",
						"/usr/pgsql-*/bin/%s" };
	char pattern[256];
	bool found = programs_find(path, size, name);

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]) && !found; i++) {
		glob_t matches;

		snprintf(pattern, sizeof(pattern), patterns[i], name);
		if (glob(pattern, 0, NULL, &matches) != 0)
			continue;
		for (size_t k = 0, longest = 0; k < matches.gl_pathc; k++)
			/* "9.6" sorts behind "15": the longer version number is the newer. */
			if (strlen(matches.gl_pathv[k]) >= longest) {
				longest = strlen(matches.gl_pathv[k]);
				snprintf(path, size, "%s", matches.gl_pathv[k]);
				found = true;
			}
		globfree(&matches);
	}
	return found;
}

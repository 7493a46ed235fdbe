#include "analysis/compare/label.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Where the last name of PATH begins; *LENGTH is its own. */
static const char *last_name(const char *path, size_t *length)
{
	const char *end = path + strlen(path), *name;

	while (end > path + 1 && end[-1] == '/')
		end--;
	name = end;
	while (name > path && name[-1] != '/')
		name--;
	*length = (size_t)(end - name);
	return name;
}

const char *label_base(char *buffer, size_t size, const char *path)
{
	size_t length;
	const char *name = last_name(path, &length);

	snprintf(buffer, size, "%.*s", length ? (int)length : 1, length ? name : ".");
	return buffer;
}

const char *label_parent(char *buffer, size_t size, const char *path)
{
	size_t length;
	const char *name = last_name(path, &length);
	char parent[4096];

	if (name == path || (size_t)(name - path) >= sizeof(parent)) {
		snprintf(buffer, size, ".");
		return buffer;
	}
	snprintf(parent, sizeof(parent), "%.*s", (int)(name - path), path);
	return label_base(buffer, size, parent);
}

/* The length of "20260131T235959Z-4711-" at NAME: as 'fairport run' names runs; 0: it is not. */
static size_t run_name(const char *name)
{
	static const char form[] = "00000000T000000Z-";
	size_t at = 0;

	for (; form[at]; at++)
		if (form[at] == '0' ? !isdigit((unsigned char)name[at]) : name[at] != form[at])
			return 0;
	while (isdigit((unsigned char)name[at]))
		at++;
	return name[at] == '-' ? at + 1 : 0;
}

const char *label_of(char *buffer, size_t size, const char *directory)
{
	char name[256];
	const char *start;
	size_t length;

	label_base(name, sizeof(name), directory);
	start = name + run_name(name);
	length = strlen(start);
	while (length && isdigit((unsigned char)start[length - 1]))
		length--;
	/* "run3" and "run-3" are repeats; in "v2" only a separator tells, so it is one, too. */
	while (length && strchr("-_.", start[length - 1]))
		length--;
	if (length) {
		snprintf(buffer, size, "%.*s", (int)length, start);
		return buffer;
	}
	/* "before/3": the number says which repeat it is, and where it stands of what. */
	label_parent(buffer, size, directory);
	if (strcmp(buffer, ".") == 0 || strcmp(buffer, "..") == 0)
		snprintf(buffer, size, "%s", name);
	return buffer;
}

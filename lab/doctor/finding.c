#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lab/doctor/check.h"

const char *const level_names[LEVELS] = {
	[LEVEL_OK] = "ok",
	[LEVEL_NOTE] = "note",
	[LEVEL_PROBLEM] = "problem",
};

void found(struct finding *finding, enum level level, const char *format, ...)
{
	va_list arguments;

	finding->level = level;
	va_start(arguments, format);
	vsnprintf(finding->text, sizeof(finding->text), format, arguments);
	va_end(arguments);
}

void found_remedy(struct finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(finding->remedy, sizeof(finding->remedy), format, arguments);
	va_end(arguments);
}

static void add(struct finding *finding, const struct value *value)
{
	if (finding->count < FINDING_VALUES)
		finding->values[finding->count++] = *value;
}

void found_count(struct finding *finding, const char *key, uint64_t value)
{
	add(finding, &(struct value){ .key = key, .kind = VALUE_COUNT, .count = value });
}

void found_bool(struct finding *finding, const char *key, bool value)
{
	add(finding, &(struct value){ .key = key, .kind = VALUE_BOOL, .count = value });
}

void found_text(struct finding *finding, const char *key, const char *value)
{
	struct value copy = { .key = key, .kind = VALUE_TEXT };

	snprintf(copy.text, sizeof(copy.text), "%s", value);
	add(finding, &copy);
}

void found_untried(struct finding *finding, const char *what, int error)
{
	found(finding, LEVEL_NOTE, "%s could not be tried: %s", what,
	      error == -ETIMEDOUT ? "packets on loopback got lost" : strerror(-error));
	switch (-error) {
	case EADDRNOTAVAIL:
	case ENETUNREACH:
	case ENETDOWN:
		found_remedy(finding, "ip link set lo up");
		break;
	case EMFILE:
	case ENFILE:
		found_remedy(finding, "allow more open files: ulimit -n 4096");
		break;
	default:
		found_remedy(finding, "find out what keeps packets from 127.0.0.1, e.g. with "
				      "'nft list ruleset'");
	}
}

#include "analysis/history/grouping.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "analysis/history/facts.h"
#include "common/labels.h"

static const char *const names[] = {
	[GROUPING_NAME] = "name", [GROUPING_SCENARIO] = "scenario", [GROUPING_VERSION] = "version",
	[GROUPING_HOST] = "host", [GROUPING_KERNEL] = "kernel",
};

int grouping_parse(void *value, const char **expected)
{
	struct grouping *grouping = value;

	*expected = "name, scenario, version, host, kernel or the key of a label";
	grouping->kind = GROUPING_LABEL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(grouping->text, names[i]) == 0)
			grouping->kind = (enum grouping_kind)i;
	return labels_is_key(grouping->text, strlen(grouping->text)) ? 0 : -EINVAL;
}

static const char *label(const struct run_facts *facts, const char *key)
{
	return json_string_value(json_object_get(facts->labels, key));
}

const char *grouping_of(const struct grouping *grouping, const struct run_facts *facts)
{
	const char *version;

	switch (grouping->kind) {
	case GROUPING_SCENARIO:
		return facts->scenario;
	case GROUPING_VERSION:
		version = label(facts, "version");
		if (version)
			return version;
		return facts->commit ? facts->commit : facts->version;
	case GROUPING_HOST:
		return facts->host;
	case GROUPING_KERNEL:
		return facts->kernel;
	case GROUPING_LABEL:
		return label(facts, grouping->text);
	default:
		return NULL;
	}
}

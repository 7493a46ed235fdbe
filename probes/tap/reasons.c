#include "probes/tap/reasons.h"

#include <bpf/btf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "SKB_DROP_REASON_"

/* Numbers above are of subsystems, or nonsense. */
#define REASONS_MOST 1024

static void take_names(struct reasons *reasons, const struct btf *kernel,
		       const struct btf_type *type)
{
	const struct btf_enum *values = btf_enum(type);

	for (uint16_t i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(kernel, values[i].name_off);

		if (values[i].val >= 0 && (size_t)values[i].val < reasons->count &&
		    strncmp(name, PREFIX, strlen(PREFIX)) == 0)
			snprintf(reasons->names[values[i].val], REASON_NAME, "%s",
				 name + strlen(PREFIX));
	}
}

void reasons_load(struct reasons *reasons, const struct btf *kernel)
{
	int id = kernel ? btf__find_by_name_kind(kernel, "skb_drop_reason", BTF_KIND_ENUM) : -1;

	*reasons = (struct reasons){ .names = NULL };
	if (id > 0)
		reasons->names = calloc(REASONS_MOST, sizeof(*reasons->names));
	if (reasons->names) {
		reasons->count = REASONS_MOST;
		take_names(reasons, kernel, btf__type_by_id(kernel, (uint32_t)id));
	}
}

const char *reasons_name(const struct reasons *reasons, char buffer[static REASON_NAME],
			 uint32_t reason)
{
	if (reason == 0)
		snprintf(buffer, REASON_NAME, "RCVBUF");
	else if (reason < reasons->count && reasons->names[reason][0])
		snprintf(buffer, REASON_NAME, "%s", reasons->names[reason]);
	else
		snprintf(buffer, REASON_NAME, "%" PRIu32, reason);
	return buffer;
}

uint32_t reasons_number(const struct reasons *reasons, const char *name)
{
	for (uint32_t i = 1; i < reasons->count; i++)
		if (strcmp(reasons->names[i], name) == 0)
			return i;
	return 0;
}

void reasons_free(struct reasons *reasons)
{
	free(reasons->names);
	*reasons = (struct reasons){ .names = NULL };
}

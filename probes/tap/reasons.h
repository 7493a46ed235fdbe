/* The kernel's names for the reasons of drops, which differ from kernel to kernel. */
#ifndef FAIRPORT_TAP_REASONS_H
#define FAIRPORT_TAP_REASONS_H

#include <stddef.h>
#include <stdint.h>

#define REASON_NAME 48

struct btf;

struct reasons {
	char (*names)[REASON_NAME]; /* by number; empty: none */
	size_t count;
};

/* Reads them from the KERNEL's type information; NULL: numbers have to do. */
void reasons_load(struct reasons *reasons, const struct btf *kernel);

/* "SOCKET_RCVBUFF"; "77" where there is no name; "RCVBUF" for what has no number before 6.11. */
const char *reasons_name(const struct reasons *reasons, char buffer[static REASON_NAME],
			 uint32_t reason);

/* The number of a name; 0: this kernel has none. */
uint32_t reasons_number(const struct reasons *reasons, const char *name);

void reasons_free(struct reasons *reasons);

#endif

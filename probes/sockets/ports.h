/* A set of local ports, as --port takes it: "8089", "53,8089", "9000-9003". */
#ifndef FAIRPORT_PORTS_H
#define FAIRPORT_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#define PORTS_WORDS (65536 / 64)

/* For OPTION_PARSED: the text comes first. */
struct ports {
	const char *text; /* NULL: not given */
	uint64_t bits[PORTS_WORDS];
};

/* Fills BITS from TEXT; 0, or -EINVAL and in *EXPECTED the form. For option rows
 * (common/options.h). */
int ports_parse(void *ports, const char **expected);

static inline bool ports_has(const struct ports *ports, uint16_t port)
{
	return ports->bits[port / 64] >> port % 64 & 1;
}

static inline void ports_add(struct ports *ports, uint16_t port)
{
	ports->bits[port / 64] |= 1ull << port % 64;
}

bool ports_empty(const struct ports *ports);

#define PORTS_TEXT 64

/* "port 8089", "ports 53, 8089, 9000-9003", shortened with "..."; "any port" where there is none.
 */
const char *ports_text(char buffer[static PORTS_TEXT], const struct ports *ports);

#endif

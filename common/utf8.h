/* Well-formed UTF-8, as RFC 3629, section 4, defines it. */
#ifndef FAIRPORT_UTF8_H
#define FAIRPORT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length in bytes of the character at AT, of which LEFT bytes may be read; 0: none there. */
size_t utf8_length(const char *at, size_t left);

bool utf8_valid(const char *text, size_t length);

#endif

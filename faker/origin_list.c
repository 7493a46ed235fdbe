/* The list of --source list:FILE: its lines, and what they may not say together. */
#include "faker/origin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "common/units.h"

#define SOURCES_MAX (1u << 20)
#define BLANKS      " \t\r\n"
#define FORMS       "ADDR, ADDR:PORT, ADDR:PORT-PORT, ADDR/BITS:PORT; IPv6 in brackets"

/* "[", the longest IPv6 address, "/128", "]:" and two ports are shorter. */
#define SOURCE_TEXT_MAX 80

/* A list that is being read. */
struct reading {
	const char *path;
	struct origins *origins;
	size_t room;   /* for so many blocks */
	uint64_t line; /* this one, 1-based */
	int family;
};

/* One source of a list, by which all are sorted: IPv4 in the first four bytes. */
struct entry {
	uint8_t address[16];
	uint16_t port;
	uint32_t block;
};

/* A port of 1 to 65535: 0 would be the kernel's choice. */
static bool parse_port(const char *text, size_t length, uint16_t *out)
{
	char digits[6];
	uint64_t port;

	if (length >= sizeof(digits) || strspn(text, "0123456789") < length)
		return false;
	memcpy(digits, text, length);
	digits[length] = '\0';
	if (units_count(digits, &port) != 0 || port == 0 || port > UINT16_MAX)
		return false;
	*out = (uint16_t)port;
	return true;
}

static bool parse_ports(const char *text, struct port_range *out, const char **expected)
{
	size_t length = strcspn(text, "-");
	const char *dash = text[length] ? text + length + 1 : NULL;

	if (!parse_port(text, length, &out->first))
		return false;
	out->last = out->first;
	if (dash && !parse_port(dash, strlen(dash), &out->last))
		return false;
	*expected = "the lower port first";
	return out->first <= out->last;
}

/* False with *EXPECTED set to the form that was expected. */
static bool parse_source(const char *text, struct origin_block *out, const char **expected)
{
	char host[SOURCE_TEXT_MAX];
	bool brackets = *text == '[';
	size_t length;
	const char *why, *behind;

	*expected = FORMS;
	*out = (struct origin_block){ .before = 0 };
	text += brackets;
	length = strcspn(text, brackets ? "]" : ":");
	behind = text + length;
	if (length >= sizeof(host) || (brackets && *behind++ != ']'))
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	if (address_range_parse_whole(&out->addresses, host, &why) != 0 ||
	    brackets != (out->addresses.first.any.sa_family == AF_INET6))
		return false;
	if (*behind == ':')
		return parse_ports(behind + 1, &out->ports, expected);
	return *behind == '\0';
}

static bool add_block(struct reading *reading, const struct origin_block *block)
{
	struct origins *origins = reading->origins;

	if (origins->block_count == reading->room) {
		size_t room = reading->room ? 2 * reading->room : 16;
		void *blocks = reallocarray(origins->blocks, room, sizeof(*block));

		if (!blocks) {
			message_error("could not read %s: %s", reading->path, strerror(ENOMEM));
			return false;
		}
		origins->blocks = blocks;
		reading->room = room;
	}
	origins->blocks[origins->block_count++] = *block;
	return true;
}

/* TEXT has no blanks around it and is not empty. */
static bool read_source(struct reading *reading, const char *text)
{
	struct origins *origins = reading->origins;
	struct origin_block block;
	const char *expected;
	uint64_t ports;

	if (!parse_source(text, &block, &expected)) {
		message_error("%s:%ju: invalid source \"%s\" (expected %s)", reading->path,
			      (uintmax_t)reading->line, text, expected);
		return false;
	}
	if (block.addresses.first.any.sa_family != reading->family) {
		message_error("%s:%ju: source \"%s\" is not an %s address, which the target is",
			      reading->path, (uintmax_t)reading->line, text,
			      reading->family == AF_INET6 ? "IPv6" : "IPv4");
		return false;
	}
	ports = ports_count(block.ports);
	if (block.addresses.size > (SOURCES_MAX - origins->count) / ports) {
		message_error("%s:%ju: with \"%s\" there are more than %u sources", reading->path,
			      (uintmax_t)reading->line, text, SOURCES_MAX);
		return false;
	}
	block.line = reading->line;
	block.before = origins->count;
	origins->count += block.addresses.size * ports;
	return add_block(reading, &block);
}

static bool read_line(struct reading *reading, char *line, size_t length)
{
	char *text = line + strspn(line, BLANKS);

	/* Behind a zero byte something would go unread. */
	if (strlen(line) != length) {
		message_error("%s:%ju: invalid zero byte", reading->path, (uintmax_t)reading->line);
		return false;
	}
	text[strcspn(text, "#")] = '\0';
	length = strlen(text);
	while (length > 0 && strchr(BLANKS, text[length - 1]))
		text[--length] = '\0';
	return length == 0 || read_source(reading, text);
}

static bool read_lines(struct reading *reading)
{
	FILE *file = fopen(reading->path, "re");
	bool good = true;
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	if (!file) {
		message_error("could not open %s: %s", reading->path, strerror(errno));
		return false;
	}
	while (good && (length = getline(&line, &room, file)) >= 0) {
		reading->line++;
		good = read_line(reading, line, (size_t)length);
	}
	if (good && !feof(file)) {
		message_error("could not read %s: %s", reading->path, strerror(errno));
		good = false;
	}
	free(line);
	fclose(file);
	return good;
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = memcmp(a->address, b->address, sizeof(a->address));

	if (order == 0 && a->port != b->port)
		order = a->port < b->port ? -1 : 1;
	if (order == 0 && a->block != b->block)
		order = a->block < b->block ? -1 : 1;
	return order;
}

static struct entry *sorted_entries(const struct origins *origins)
{
	struct entry *entries = calloc(origins->count, sizeof(*entries)), *entry = entries;

	if (!entries)
		return NULL;
	for (uint32_t i = 0; i < origins->block_count; i++) {
		const struct origin_block *block = &origins->blocks[i];
		uint64_t count = block->addresses.size * ports_count(block->ports);

		for (uint64_t k = 0; k < count; k++, entry++) {
			struct address source;

			origin_block_at(block, k, &source);
			entry->port = address_port(&source);
			entry->block = i;
			if (source.any.sa_family == AF_INET6)
				memcpy(entry->address, &source.v6.sin6_addr, 16);
			else
				memcpy(entry->address, &source.v4.sin_addr, 4);
		}
	}
	qsort(entries, origins->count, sizeof(*entries), compare_entries);
	return entries;
}

static void refuse_repeated(const struct reading *reading, const struct entry *first,
			    const struct entry *again)
{
	const struct origin_block *blocks = reading->origins->blocks;
	struct address source = blocks[again->block].addresses.first;
	char text[ADDRESS_TEXT];

	if (source.any.sa_family == AF_INET6)
		memcpy(&source.v6.sin6_addr, again->address, 16);
	else
		memcpy(&source.v4.sin_addr, again->address, 4);
	address_set_port(&source, again->port);
	message_error("%s:%ju: source %s stands in line %ju already", reading->path,
		      (uintmax_t)blocks[again->block].line, address_text(text, &source),
		      (uintmax_t)blocks[first->block].line);
}

/*
 * Counts the different addresses, and refuses an address and port that two lines have: only one
 * socket can be bound to it. Of several the one is told that stands first in the file.
 */
static bool check_entries(const struct reading *reading)
{
	struct origins *origins = reading->origins;
	struct entry *entries = sorted_entries(origins), *again = NULL;
	bool good;

	if (!entries) {
		message_error("could not read %s: %s", reading->path, strerror(ENOMEM));
		return false;
	}
	origins->addresses = 1;
	for (struct entry *entry = entries + 1; entry < entries + origins->count; entry++) {
		if (memcmp(entry->address, entry[-1].address, sizeof(entry->address)) != 0)
			origins->addresses++;
		else if (entry->port != 0 && entry->port == entry[-1].port &&
			 (!again || entry->block < again->block))
			again = entry;
	}
	good = !again;
	if (again)
		refuse_repeated(reading, again - 1, again);
	free(entries);
	return good;
}

bool origins_read(struct origins *origins, const char *path, int family)
{
	struct reading reading = { .path = path, .origins = origins, .family = family };
	bool good;

	*origins = (struct origins){ .blocks = NULL };
	good = read_lines(&reading);
	if (good && origins->count == 0) {
		message_error("%s holds no source", path);
		good = false;
	}
	good = good && check_entries(&reading);
	if (!good)
		origins_free(origins);
	return good;
}

void origins_free(struct origins *origins)
{
	free(origins->blocks);
	*origins = (struct origins){ .blocks = NULL };
}

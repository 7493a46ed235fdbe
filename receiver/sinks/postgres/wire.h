/* Numbers in network byte order, at any address. */
#ifndef FAIRPORT_RECEIVER_POSTGRES_WIRE_H
#define FAIRPORT_RECEIVER_POSTGRES_WIRE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* Write a number and return the byte behind it. */
static inline char *pg_put16(char *at, uint16_t value)
{
	value = htobe16(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static inline char *pg_put32(char *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static inline char *pg_put64(char *at, uint64_t value)
{
	value = htobe64(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static inline uint16_t pg_get16(const char *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return be16toh(value);
}

static inline uint32_t pg_get32(const char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static inline uint64_t pg_get64(const char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return be64toh(value);
}

#endif

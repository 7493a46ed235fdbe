#include "common/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#define HOST_MAX 256

struct parts {
	char host[HOST_MAX];
	char service[HOST_MAX];
};

static int split(struct parts *out, const char *text, const char **why)
{
	const char *colon = strrchr(text, ':');
	const char *host = text, *host_end = colon, *service = colon ? colon + 1 : text;

	if (text[0] == '[') {
		const char *bracket = strchr(text, ']');

		if (!bracket || bracket[1] != ':') {
			*why = "expected ']:' and a port after the IPv6 address";
			return -EINVAL;
		}
		host = text + 1;
		host_end = bracket;
		service = bracket + 2;
	} else if (colon && memchr(text, ':', (size_t)(colon - text))) {
		*why = "an IPv6 address stands in brackets: [::1]:8089";
		return -EINVAL;
	} else if (!colon) {
		host_end = text;
	}
	if (*service == '\0') {
		*why = "the port is missing";
		return -EINVAL;
	}
	if (host_end - host >= HOST_MAX || strlen(service) >= HOST_MAX) {
		*why = "it is too long";
		return -EINVAL;
	}
	memcpy(out->host, host, (size_t)(host_end - host));
	out->host[host_end - host] = '\0';
	strcpy(out->service, service);
	return 0;
}

/* getaddrinfo takes "70000" and keeps 16 bits of it, and takes what strtoul(3) skips: "+80". */
static bool port_in_range(const char *service)
{
	size_t digits = strspn(service, "0123456789");
	unsigned int port = 0;

	if (service[digits] != '\0')
		return !strchr("+- \t\n\v\f\r", service[0]);
	for (size_t i = 0; i < digits; i++) {
		port = port * 10 + (unsigned int)(service[i] - '0');
		if (port > 65535)
			return false;
	}
	return true;
}

static int resolve(struct address *out, const struct parts *parts, int flags, const char **why)
{
	struct addrinfo hints = { .ai_flags = flags,
				  .ai_family = AF_UNSPEC,
				  .ai_socktype = SOCK_DGRAM };
	const char *host = parts->host[0] ? parts->host : NULL;
	struct addrinfo *found = NULL;
	int error;

	if (!port_in_range(parts->service)) {
		*why = "a port is a number from 0 to 65535 or a service name";
		return -EINVAL;
	}
	error = getaddrinfo(host, parts->service, &hints, &found);
	if (error) {
		*why = error == EAI_SERVICE ? "there is no such service" : gai_strerror(error);
		return -EADDRNOTAVAIL;
	}
	memset(out, 0, sizeof(*out));
	memcpy(&out->any, found->ai_addr, found->ai_addrlen);
	out->length = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

int address_resolve_target(struct address *out, const char *text, const char **why)
{
	struct parts parts;
	int error = split(&parts, text, why);

	if (error)
		return error;
	if (parts.host[0] == '\0') {
		*why = "expected HOST:PORT, e.g. 127.0.0.1:8089";
		return -EINVAL;
	}
	error = resolve(out, &parts, 0, why);
	if (error == 0 && address_port(out) == 0) {
		*why = "nothing can be sent to port 0";
		return -EINVAL;
	}
	return error;
}

int address_resolve_listener(struct address *out, const char *text, bool *wildcard,
			     const char **why)
{
	struct parts parts;
	int error = split(&parts, text, why);

	if (error)
		return error;
	*wildcard = parts.host[0] == '\0';
	if (*wildcard)
		strcpy(parts.host, "::");
	return resolve(out, &parts, AI_PASSIVE, why);
}

const char *address_host(char buffer[static ADDRESS_TEXT], const struct address *address)
{
	if (getnameinfo(&address->any, address->length, buffer, ADDRESS_TEXT, NULL, 0,
			NI_NUMERICHOST) != 0)
		strcpy(buffer, "?");
	return buffer;
}

const char *address_text(char buffer[static ADDRESS_TEXT], const struct address *address)
{
	char host[ADDRESS_TEXT];

	address_host(host, address);
	snprintf(buffer, ADDRESS_TEXT,
		 address->any.sa_family == AF_INET6 ? "[%.80s]:%u" : "%.80s:%u", host,
		 address_port(address));
	return buffer;
}

uint16_t address_port(const struct address *address)
{
	/* Both families keep the port in the same place. */
	return ntohs(address->v4.sin_port);
}

void address_set_port(struct address *address, uint16_t port)
{
	address->v4.sin_port = htons(port);
}

static bool v4_is_private(uint32_t ip)
{
	return (ip >> 24) == 127 || (ip >> 24) == 10 || (ip >> 20) == 0xac1 ||
	       (ip >> 16) == 0xc0a8 || (ip >> 16) == 0xa9fe || (ip >> 22) == 0x191;
}

/* The IPv4 address that ADDRESS is, in host byte order. False for one of IPv6. */
static bool as_v4(const struct address *address, uint32_t *ip)
{
	const struct in6_addr *v6 = &address->v6.sin6_addr;

	if (address->any.sa_family == AF_INET)
		*ip = ntohl(address->v4.sin_addr.s_addr);
	else if (IN6_IS_ADDR_V4MAPPED(v6))
		*ip = ntohl(v6->s6_addr32[3]);
	else
		return false;
	return true;
}

bool address_is_loopback(const struct address *address)
{
	uint32_t ip;

	return as_v4(address, &ip) ? ip >> 24 == 127 : IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

bool address_is_private(const struct address *address)
{
	const struct in6_addr *v6 = &address->v6.sin6_addr;
	uint32_t ip;

	if (as_v4(address, &ip))
		return v4_is_private(ip);
	return IN6_IS_ADDR_LOOPBACK(v6) || IN6_IS_ADDR_LINKLOCAL(v6) ||
	       (v6->s6_addr[0] & 0xfe) == 0xfc;
}

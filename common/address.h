/* Socket addresses, as users write them and as messages show them. */
#ifndef FAIRPORT_ADDRESS_H
#define FAIRPORT_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t length;
};

#define ADDRESS_TEXT 96

/*
 * Reads HOST:PORT or HOST:SERVICE, where HOST is a name, an IPv4 address or an IPv6 address in
 * brackets; the first result of getaddrinfo(3) for datagram sockets is taken. On failure returns
 * -EINVAL (bad form) or -EADDRNOTAVAIL (does not resolve) and sets *WHY to a phrase.
 */
int address_resolve_target(struct address *out, const char *text, const char **why);

/*
 * The same for an address to listen on: the host may be missing ("8089", ":8089", "syslog"),
 * and then the address is [::], which takes IPv4 too where the socket is dual stack.
 * *WILDCARD tells that no host was given.
 */
int address_resolve_listener(struct address *out, const char *text, bool *wildcard,
			     const char **why);

/* "127.0.0.1:8089" or "[::1]:8089". Returns BUFFER. */
const char *address_text(char buffer[static ADDRESS_TEXT], const struct address *address);

/* The host part alone, without brackets. Returns BUFFER. */
const char *address_host(char buffer[static ADDRESS_TEXT], const struct address *address);

uint16_t address_port(const struct address *address);
void address_set_port(struct address *address, uint16_t port);

/* 127.0.0.0/8 or ::1, IPv4-mapped too. */
bool address_is_loopback(const struct address *address);

/*
 * Whether packets to it stay in reach of whoever runs this: loopback, private (RFC 1918), shared
 * (RFC 6598), link-local, unique local (RFC 4193), or IPv4-mapped of these.
 */
bool address_is_private(const struct address *address);

#endif
